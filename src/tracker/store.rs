//! SQL over what hangs on one order. No decisions here.

use crate::db::schema::{coupons, forecasts, fulfilments, order_contacts, places, zones};
use crate::delivery::Place;
use crate::orders::{Contact, Order};
use crate::promises::Forecast;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Who and where it goes to, and what there is one of.
pub(super) struct About {
    pub(super) contact: Contact,
    pub(super) place: Place,
    /// The code of the zone it lies in.
    pub(super) zone: Option<String>,
    /// By when it is to be packed, once it is to be.
    pub(super) due_at: Option<DateTime<Utc>>,
    pub(super) forecast: Option<Forecast>,
    /// What the voucher it was paid with is called.
    pub(super) voucher: Option<String>,
}

/// Read in one go: this is asked at each look at an order and for each letter about one.
pub(super) fn about(conn: &mut PgConnection, order: &Order) -> QueryResult<About> {
    type Row = (Contact, Place, Option<String>, Option<DateTime<Utc>>, Option<Forecast>, Option<String>);
    let (contact, place, zone, due_at, forecast, voucher): Row = order_contacts::table
        .inner_join(places::table.on(places::id.eq(order.place_id)))
        .left_join(zones::table.on(zones::id.nullable().eq(places::zone_id)))
        .left_join(fulfilments::table.on(fulfilments::order_id.eq(order_contacts::order_id)))
        .left_join(forecasts::table.on(forecasts::order_id.eq(order_contacts::order_id)))
        .left_join(coupons::table.on(coupons::code.nullable().eq(&order.coupon_code)))
        .filter(order_contacts::order_id.eq(order.id))
        .select((
            Contact::as_select(),
            Place::as_select(),
            zones::code.nullable(),
            fulfilments::due_at.nullable(),
            Option::<Forecast>::as_select(),
            coupons::label.nullable(),
        ))
        .first(conn)?;
    Ok(About { contact, place, zone, due_at, forecast, voucher })
}
