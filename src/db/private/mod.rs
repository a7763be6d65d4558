//! The private Postgres of a machine that has no database configured: a cluster in a folder of the shop,
//! made on first use, started and stopped by this process, reachable by unix socket only.
//!
//! One process owns the cluster (a file lock says which) and runs the server; others that start on the same
//! folder join it. However the owner ends, the server ends too: on drop by a fast shutdown, after `kill -9`
//! by the signal that Linux sends to the child of a dead parent. A process that joined loses its database when
//! the owner goes.
//!
//! Started as root, the server runs as the owner of the data, else as `postgres`, else as `nobody`, since
//! Postgres refuses to run as root.

mod account;
mod binaries;
mod cluster;
mod earlier;
mod error;
mod guard;
mod home;
mod launch;
mod logbook;
mod ownership;
mod patience;
mod server;
mod socket;

pub use error::StartError;
pub use guard::{PrivatePostgres, Settings};
