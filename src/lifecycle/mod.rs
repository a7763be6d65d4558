//! The few verbs in which order, stock, money and window change together.
//!
//! Each is one transaction that takes its rows in one order, always: basket, coupon, stock by key,
//! windows by key; or order, fulfilment, drop, booking, rider, attempts. Nothing here waits for anybody
//! outside: what is to be asked of the gateway is asked before or after, and its answer comes in by
//! [`payment_settled`].

mod arrived;
mod ask;
mod batch;
mod cancel;
mod capture;
mod carrier;
mod change;
mod choose;
mod claim;
mod closure;
mod deliver;
mod drive;
mod foresee;
mod goods;
mod pack;
mod pay;
mod pick;
mod place;
mod promise;
mod refund;
mod regain;
mod renew;
mod reserve;
mod rest;
mod settle;
mod shelves;
mod story;
mod taken;
mod wishes;
mod written;

pub use ask::{AnswerError, answer_substitute, ask_substitute};
pub use batch::{CRATES, take_batch};
pub use cancel::{CancelError, Cancelled, cancel};
pub use capture::{CaptureError, HandedOver, ask_capture, capture_again, capture_failed, settle_at_door};
pub use carrier::{
    CarrierError, CarrierName, ask_carrier, booking_ended, carrier_booked, carrier_collected,
    carrier_refused, give_up_carrier,
};
pub use change::{ChangeError, Plan, change_order, may_be_changed, plan_change};
pub use choose::{ChooseError, MOVED_AHEAD, change_instructions, choose_window, revoke_links};
pub use claim::{Errand, Shut, begin_paying, begin_shutting, errand, given_up, refused};
pub use closure::{MoveError, declare_incident, end_incident, move_by_hand, move_next, try_again};
pub use deliver::{AtTheDoor, deliver, due_at_door};
pub use drive::{DriveError, arrive, assign_rider, fail, leave_for, plan_again, unassign};
pub use foresee::{Eased, Foreseen, ease_delay, foresee_delay};
pub use goods::{Ask, Delay, Goods, Line, Proved, Stage, StandIn, Told, Try as DeliveryTry};
pub use pack::{HandOverError, PackError, Packed, hand_over, pack};
pub use pay::{PayError, start_attempt};
pub use pick::{PickError, Settled, leave_picking, reopen_line, settle_line, start_picking, take_next};
pub use place::{
    Confirming, Gone, Paying, PlaceError, Placed, Placement, Reckoned, place_held, place_order, reckon,
};
pub use promise::{Promised, promise};
pub use refund::{
    AskedBack, RefundError, RefundOf, ask_refund, ask_refund_again, hand_back, refund_failed, refund_settled,
};
pub use regain::regain;
pub use renew::{good_for, renew};
pub use reserve::{ReserveError, reserve_more};
pub use settle::{Source, payment_settled};
pub use shelves::{Seen, count_shelf, receive_goods, take_spoiled};
pub use story::{Back, Owed, RENEW_BEFORE, Release, Status, Story, Try};
pub use wishes::change_wishes;
