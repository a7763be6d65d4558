//! What a refusal means to somebody with a trolley, and what to do about it.

use crate::catalog::Storage;
use crate::clock;
use crate::error::AppError;
use crate::fulfilment::PickState;
use crate::ids::StaffId;
use crate::lifecycle::{Ask, CaptureError, HandOverError, HandedOver, PackError, PickError};
use crate::orders::OrderState;
use crate::staff;
use crate::storefront::Shop;
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// # Errors
/// When the database does not answer.
pub(super) fn name_of(conn: &mut PgConnection, id: StaffId) -> Result<String, AppError> {
    let found = staff::names_of(conn, &[id])?.pop();
    Ok(found.map_or_else(|| "a colleague".to_owned(), |(_, name)| name))
}

/// Why a step was refused.
///
/// # Errors
/// When it was the database that refused.
pub(super) fn of_pick(conn: &mut PgConnection, e: PickError) -> Result<String, AppError> {
    Ok(match e {
        PickError::NotConfirmed(OrderState::Cancelled) => {
            "This order was cancelled. Put back what you have of it and take the next one.".into()
        }
        PickError::NotConfirmed(OrderState::Completed) => "This order is delivered and paid.".into(),
        PickError::NotConfirmed(OrderState::Placed | OrderState::Confirmed) => {
            "Its money is not there yet, so it is not to be picked. Take the next one.".into()
        }
        PickError::InOtherHands(other) => {
            format!("{} has this order in hand. Take the next one.", name_of(conn, other)?)
        }
        PickError::NotInHand => "Nothing was changed: take the order in hand first.".into(),
        PickError::Packed => "Nothing was changed: this order is packed already.".into(),
        PickError::NoSuchLine => "Nothing was changed: the order has no such line.".into(),
        PickError::Settled(before) => {
            format!("Nothing was changed: this line is {} already. Undo that first.", state(before))
        }
        PickError::Units { ordered } => {
            format!("Nothing was changed: take between 1 and {ordered}, or leave it out.")
        }
        PickError::Weigh => "Put it on the scale and type its weight in grams.".into(),
        PickError::NoSubstitutes => {
            "The customer wants nothing else in its place: pick what there is, or leave it out.".into()
        }
        PickError::AskFirst => {
            "Nothing was changed: the customer wants to be asked first, and has not said yes to this.".into()
        }
        PickError::Asked { .. } => {
            "Nobody was asked: an answer about this line is still awaited. Go on with the others.".into()
        }
        PickError::SameProduct => "That is the one that was ordered. Pick it instead.".into(),
        PickError::TooFew { free: 0 } => {
            "Nothing was changed: none of that is free, others wait for it. Choose another one.".into()
        }
        PickError::TooFew { free } => {
            format!("Nothing was changed: only {free} of that are free. Take fewer, or another one.")
        }
        PickError::Db(e) => return Err(e.into()),
    })
}

/// # Errors
/// When it was the database that refused.
pub(super) fn of_pack(conn: &mut PgConnection, e: PackError) -> Result<String, AppError> {
    Ok(match e {
        PackError::Pick(e) => return of_pick(conn, e),
        PackError::Open(1) => "It is not packed yet: one line is still to be picked.".into(),
        PackError::Open(n) => format!("It is not packed yet: {n} lines are still to be picked."),
        PackError::Nothing => {
            "Nothing of this order was there, so there is nothing to pack. Ask support to cancel it; the customer pays nothing.".into()
        }
        PackError::Asked { .. } => {
            "It is not packed yet: the customer is still asked about what was missing. Pack it once they have answered or their time is over.".into()
        }
        PackError::NoBags => "It is not packed yet: say how many bags there are, at least one.".into(),
    })
}

/// # Errors
/// When it was the database that refused.
pub(super) fn of_hand_over(e: HandOverError) -> Result<String, AppError> {
    Ok(match e {
        HandOverError::NotPacked => "Nothing has left: this order is not packed yet.".into(),
        HandOverError::Money(e) => of_money(e)?,
        HandOverError::Db(e) => return Err(e.into()),
    })
}

fn of_money(e: CaptureError) -> Result<String, AppError> {
    Ok(match e {
        CaptureError::NotConfirmed(OrderState::Cancelled) => {
            "Keep it here: the order was cancelled and its money goes back. Put the goods back on their shelves.".into()
        }
        CaptureError::NotConfirmed(_) => "Keep it here: the order is not confirmed.".into(),
        CaptureError::NothingReserved => {
            "Keep it here: the money that was reserved is not there any more. Support asks the customer to pay anew."
                .into()
        }
        CaptureError::Above(most) => {
            format!("Keep it here: it comes to more than the {most} that may be taken. Tell support.")
        }
        CaptureError::OtherSum(before) => {
            format!("Keep it here: {before} was asked for before, which is another sum. Tell support.")
        }
        CaptureError::NotAtDoor => "Keep it here: it is not paid at the door. Tell support.".into(),
        CaptureError::Db(e) => return Err(e.into()),
    })
}

/// What a hand-over means for the money.
pub(super) fn of_handed_over(what: HandedOver) -> String {
    match what {
        HandedOver::Capturing(_) => "The card is charged now for what is in the bags.".into(),
        HandedOver::GivingBack(sum) => format!("It was paid before: {sum} goes back to the customer."),
        HandedOver::Settled => "Nothing is left to pay.".into(),
        HandedOver::AtDoor => "The rider takes the money at the door.".into(),
        HandedOver::Already => "It was handed over before; nothing has changed.".into(),
    }
}

pub(super) const fn state(state: PickState) -> &'static str {
    match state {
        PickState::Picked => "picked",
        PickState::Substituted => "swapped",
        PickState::LeftOut => "left out",
    }
}

/// A temperature's word and its line icon.
pub(super) const fn storage(storage: Storage) -> (&'static str, &'static str) {
    match storage {
        Storage::Ambient => ("Ambient", "package"),
        Storage::Fresh => ("Fresh", "leaf"),
        Storage::Chilled => ("Chilled", "milk"),
        Storage::Frozen => ("Frozen", "snowflake"),
    }
}

/// The order in which bags are packed: what melts comes last.
pub(super) const TEMPERATURES: [Storage; 4] =
    [Storage::Ambient, Storage::Fresh, Storage::Chilled, Storage::Frozen];

/// `14:20:08`: when a page was made.
pub(super) fn as_of(shop: &Shop) -> String {
    shop.app.clock.now().with_timezone(&shop.app.config.shop.zone).format("%H:%M:%S").to_string()
}

/// By when an order is to be packed, and how that stands: tone, icon, words.
pub(super) fn due(shop: &Shop, at: DateTime<Utc>) -> (&'static str, &'static str, String) {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let time = clock::time_label(zone, at);
    let minutes = (at - now).num_minutes();
    if at < now {
        return ("bad", "triangle-alert", format!("Late, was due {time}"));
    }
    if minutes < 60 {
        return ("warn", "clock", format!("Due {time}, in {minutes} min"));
    }
    match clock::near_day(zone, now, at) {
        Some("today") => ("idle", "clock", format!("Due {time}")),
        Some(day) => ("idle", "clock", format!("Due {day} {time}")),
        None => ("idle", "clock", format!("Due {}, {time}", clock::day_label(zone, at))),
    }
}

/// `Tue 24 Nov, 18:00–20:00`, or `today, 18:00–20:00`.
pub(super) fn window(shop: &Shop, starts: DateTime<Utc>, ends: DateTime<Utc>) -> String {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    match clock::near_day(zone, now, starts) {
        Some(day) => {
            format!("{day}, {}–{}", clock::time_label(zone, starts), clock::time_label(zone, ends))
        }
        None => clock::window_label(zone, starts, ends),
    }
}

/// `today, from 18:00`: the window something is packed for.
pub(super) fn begins(shop: &Shop, at: DateTime<Utc>) -> String {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let time = clock::time_label(zone, at);
    match clock::near_day(zone, now, at) {
        Some(day) => format!("{day}, from {time}"),
        None => format!("{}, from {time}", clock::day_label(zone, at)),
    }
}

/// `1 line`, `3 lines`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// What became of a question to the customer: tone and words.
pub(super) fn asked(shop: &Shop, ask: &Ask) -> (&'static str, String) {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let until = clock::time_label(zone, ask.until);
    match ask.yes {
        Some(true) => ("ok", format!("The customer said yes to {}, {}×.", ask.name, ask.units)),
        Some(false) => {
            ("warn", format!("The customer said no to {}. Leave it out, or ask about another one.", ask.name))
        }
        None if ask.waits(now) => (
            "info",
            format!(
                "The customer is asked about {} and has until {until}. Go on with the other lines.",
                ask.name
            ),
        ),
        None => (
            "warn",
            format!("No answer about {} by {until}: leave it out, as the customer was told.", ask.name),
        ),
    }
}

/// `1.06 kg` or `412 g`.
pub(super) fn weight(grams: i64) -> String {
    if grams < 1_000 {
        format!("{grams} g")
    } else {
        format!("{}.{:02} kg", grams / 1_000, grams % 1_000 / 10)
    }
}
