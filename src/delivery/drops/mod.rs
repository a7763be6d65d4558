//! Drops: single tries to deliver an order, and the riders who make them.
//!
//! Owns `drops`, `drop_photos`, `riders` and `rider_uploads`.

mod model;
mod photos;
mod riders;
mod store;

pub use model::{Drop, DropState, Failure, Heard, Proof, Upload, metres};
pub use photos::{PhotoFacts, forget_photos, insert_photo, newest_photos, photo_facts, photo_of_order};
pub use riders::{
    Rider, all_riders, forget_uploads, heard_of, insert_upload, lock_rider, put_rider, refused_uploads,
    rider, riders_at_work, riders_on_shift, set_on_shift, set_position, set_zone, upload,
};
pub use store::{
    delivered_by, drop_by_id, drops_of, drops_of_orders, failed_drops, insert_drop, last_doors, last_drop,
    lock_drop, open_drops, set_arrived, set_asked, set_assigned, set_booked, set_delivered, set_failed,
    set_left, set_rider, set_stop, set_unassigned, set_window, stops_of, stops_of_riders, unassigned_drops,
};
