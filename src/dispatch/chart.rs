//! What drawn maps share: how coordinates become points of a picture, and where names stand so that nothing that is
//! drawn covers them.

mod labels;
mod projection;

pub(crate) use labels::{Area, Letters, Side, place};
pub(crate) use projection::{Frame, Projection, Spot};
