//! SmartShop: a supermarket's whole online shop. One binary, one database, one crate.
//! Each module below owns its own tables; ARCHITECTURE.md says which may name which.

pub mod accounts;
pub mod app;
pub mod basket;
pub mod cashier;
pub mod catalog;
pub mod checkout;
pub mod clock;
pub mod config;
pub mod db;
pub mod delivery;
pub mod demo;
pub mod error;
pub mod events;
pub mod ids;
pub mod inventory;
pub mod journeys;
pub mod lifecycle;
pub mod logs;
pub mod money;
pub mod notifications;
pub mod ops;
pub mod orders;
pub mod outside;
pub mod payments;
pub mod routes;
pub mod sandbox;
pub mod serve;
pub mod sign;
pub mod standin;
pub mod storefront;
pub mod throttle;
pub mod tracker;
pub mod web;
pub mod worker;
