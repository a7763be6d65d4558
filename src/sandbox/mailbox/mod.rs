//! Everybody's mailbox: the letters of a demonstration, which go into a folder.

mod pages;

pub(super) use pages::routes;
