//! Every test that needs the database or HTTP, in one binary: it links once.

mod accounts;
mod bad_input;
mod baskets;
mod carriers;
mod checkout;
mod common;
mod conventions;
mod footsteps;
mod front_door;
mod import;
mod life;
mod lifecycle;
mod log;
mod machines;
mod mail;
mod money;
mod orders;
mod places;
mod riders;
mod searching;
mod staff;
mod throttles;
mod tracking;
mod upkeep;
mod warehouse;
mod windows;
