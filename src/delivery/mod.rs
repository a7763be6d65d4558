//! Delivery: where we go, what that costs, and when.
//!
//! Owns `zones`, `places`, `place_names`, `window_templates`, `delivery_windows`,
//! `window_holds`, `quotes` and `place_wishes`; in `drops` its `drops`, `drop_photos`, `riders` and
//! `rider_uploads`, in `carriers` `carrier_bookings` and `carrier_words`, in `incidents` its `incidents` and
//! `incident_orders`. A fee once shown is a stored [`Quote`]; windows are
//! made ahead from a week's templates, reckoned in the shop's own clock.

mod actions;
mod atlas;
mod carriers;
mod drops;
mod find;
mod holds;
mod incidents;
mod model;
mod store;
mod upcoming;
mod windows;

pub use actions::{WishError, give_quote, note_wish, renew};
pub use atlas::{Area, Atlas};
pub use carriers::*;
pub use drops::*;
pub(crate) use find::fold;
pub use find::{Answer, Query, find, routing_key};
pub use holds::{
    HOLD_FOR, Held, WindowError, hold_instead, hold_window, keep_for_order, move_to, release_elsewhere,
    release_expired, release_window, take_again, window_of_order,
};
pub use incidents::*;
pub use model::{Place, Quote, Terms, Window, WindowTemplate, Zone};
pub use store::{all_zones, place, places_of, quote, window, windows_between};
pub use upcoming::Upcoming;
pub use windows::open_windows;
