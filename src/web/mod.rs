//! HTTP glue every page module uses: addresses of static files, cookies, limits,
//! the front door all requests pass, and pages that are filled for each visitor.

pub mod assets;
pub mod cookies;
pub mod front;
mod gzip;
mod limits;
mod metrics;
mod page;
pub mod paging;
mod sheet;
mod stream;
pub mod text;

pub use crate::error::OwnWords;
pub use front::{Client, Front, Sources, content_policy, get, without_secrets};
pub use metrics::{Counted, Metrics};
pub use page::{
    Answer, CachedPages, Head, Marked, hole, icon, is_own_path, private_jpeg, redirect, render, staff_icon,
};
pub use sheet::{Effort, Piece, Sheet, seam};
pub(crate) use stream::{AT_ONCE, Listens, PING, Sent, stream};
