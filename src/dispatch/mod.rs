//! Who brings what: riders and carriers are found for what is packed, and the board on which a dispatcher sees
//! and changes it.

mod alarm;
mod assign;
mod board;
mod carriers;
pub(crate) mod chart;
mod deeds;
mod hands;
mod incidents;
mod map;
mod pictures;
mod positions;
mod reasons;
mod risks;
mod route;
mod store;
mod views;
mod windows;
mod words;

pub(crate) use assign::home;
pub use assign::{Found, GiveError, act, give, offer_waiting};
pub(crate) use deeds::end_shift;
pub(crate) use hands::{goes_to, has_room};
pub use incidents::{move_some, note_newcomers};
pub(crate) use route::{Point, Run, Stop, arrivals, way};
pub(crate) use words::{refusal, told};

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(incidents::routes)
        .route("/dispatch", get().to(board::show))
        .route("/dispatch/drops/{id}/rider", post().to(deeds::give_to))
        .route("/dispatch/drops/{id}/rider/ending", post().to(deeds::take_off))
        .route("/dispatch/drops/{id}/carrier", post().to(deeds::book))
        .route("/dispatch/drops/{id}/label", get().to(carriers::label))
        .route("/dispatch/carriers", get().to(carriers::show))
        .route("/dispatch/carriers/seen", post().to(carriers::see))
        .route("/dispatch/pictures", get().to(pictures::show))
        .route("/dispatch/orders/{number}/picture", get().to(pictures::one))
        .route("/dispatch/drops/{id}/next", post().to(deeds::plan_again))
        .route("/dispatch/riders/{id}/shift/ending", post().to(deeds::send_home))
        .route("/dispatch/riders/{id}/zone", post().to(deeds::send_to_zone));
}
