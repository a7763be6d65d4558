//! Orders: what was ordered, by whom, for when, and where it stands.
//!
//! Owns `orders`, `order_contacts`, `order_lines`, `order_links`, `order_codes` and `coupons`. The verbs in which
//! an order changes together with stock, money and window are in `lifecycle`.

mod code;
mod coupons;
mod links;
mod model;
mod numbers;
mod store;
mod trust;

pub use code::delivery_code;
pub use coupons::{Coupon, CouponProblem, coupon, give_back_coupon, spend_coupon};
pub use links::{LINK_DAYS, Opened, forget_link, make_link, open_link, open_links_of, revoke_links};
pub use model::{CancelledWhy, Contact, Instructions, Order, OrderLine, OrderState, Substitutions};
pub use numbers::numbers_of;
pub use store::*;
pub use trust::{CODE_MINUTES, TRUST_HOURS, Typed, has_code, new_code, type_code};
