//! Stand-ins for the companies a shop deals with, for a machine without accounts there.
//! They speak those companies' protocols and share no code with the parts that talk to them.

pub mod gateway;
