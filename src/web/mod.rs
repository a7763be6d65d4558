//! HTTP glue every page module uses: addresses of static files, cookies, limits,
//! the front door all requests pass, and pages that are filled for each visitor.

pub mod assets;
pub mod cookies;
pub mod front;
mod gzip;
mod limits;
mod metrics;
mod page;
mod sheet;
pub mod text;

pub use front::{Client, Front, Sources, content_policy, get, without_secrets};
pub use metrics::{Counted, Metrics};
pub use page::{Answer, CachedPages, Head, Marked, OwnWords, hole, icon, redirect, render};
pub use sheet::{Effort, Piece, Sheet, seam};
