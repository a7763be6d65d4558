//! What all pages of the staff share: who looks, what they may open, and what stands around a page.
//!
//! Pages of areas (`backoffice`, and those of picking, dispatch, riders) stand on this one and know
//! nothing of each other.

mod field;
mod live;
mod refused;
mod room;
mod said;
mod times;
mod undone;
mod who;

pub(crate) use crate::staff::{Area, Role};
pub(crate) use field::{Field, problems};
pub(crate) use live::{listen, watch};
pub(crate) use room::{Room, answer};
pub(crate) use said::{Said, done};
pub(crate) use times::moment;
pub(crate) use undone::{may_see_undone, undone_count};
pub(crate) use who::{Staffer, session_cookie, way_on};
