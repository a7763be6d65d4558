//! Every test that needs the database or HTTP, in one binary: it links once.

mod baskets;
mod common;
mod conventions;
mod front_door;
mod import;
mod places;
mod upkeep;
mod windows;
