//! Letters about orders: which event tells whom, and in which words.
//!
//! Called for each event that the log keeps for notifications, at least once. A letter's name is
//! made of the order, the event and the channel, so that however often an event is told, one
//! letter leaves.

mod letters;

use crate::config::{Config, Forecast};
use crate::events::{self, Event, Recorded, about_no_order};
use crate::ids::{Actor, AttemptId, MailId, OrderId};
use crate::lifecycle::{Stage, Status};
use crate::orders::{self, Order};
use crate::outside::mail::{self, Fate, Letter};
use crate::tracker::{self, Dates, Dossier, Voice};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use letters::{ASKED, Kind};

/// From where letters are written: what of the settings they need.
#[derive(Clone)]
pub struct Desk {
    pub public_url: String,
    pub zone: chrono_tz::Tz,
    pub phone: String,
    pub details: String,
    /// How long picking takes: until when an order can be changed is said by it.
    pub pace: Forecast,
}

impl Desk {
    pub fn new(config: &Config) -> Self {
        Self {
            public_url: config.server.public_url.clone(),
            zone: config.shop.zone,
            phone: config.shop.phone.clone(),
            details: config.shop.on_receipts(),
            pace: config.forecast,
        }
    }
}

/// Writes what is to be written about an event. Says whether a letter was queued that was not
/// there before. Part of the caller's transaction.
///
/// # Errors
/// When the database does not answer.
pub fn deliver(
    conn: &mut PgConnection,
    desk: &Desk,
    recorded: &Recorded,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let Some(kind) = kind_of(recorded) else { return Ok(false) };
    let order = order_for(conn, kind, OrderId(recorded.subject))?;
    let dossier = Dossier::read(conn, order)?;
    if is_overtaken(kind, &dossier, now) || is_news_of_nothing(conn, kind, &dossier)? {
        return Ok(false);
    }
    let key = orders::make_link(conn, dossier.order.id, now)?;
    let letter = written(kind, desk, &dossier, &key, now)?;
    let name = format!("order {} event {} mail", dossier.order.id, recorded.id);
    let Some(id) = mail::queue_about(conn, dossier.order.id, &letter, &name, now)? else {
        // The link in the letter that has left is the one to keep.
        orders::forget_link(conn, &key)?;
        return Ok(false);
    };
    let written = Event::LetterWritten { letter: id, about: kind.about().to_owned() };
    events::record(conn, recorded.subject, &written, Actor::System, now)?;
    Ok(true)
}

/// Whether something may come and that it need not any more are two letters, of which the second is written
/// only where the first one was: they are written one after the other, and what is asked stands meanwhile.
/// Nor does anybody begin to pay while it is written that nothing is paid.
fn order_for(conn: &mut PgConnection, kind: Kind, id: OrderId) -> QueryResult<Order> {
    if matches!(kind, Kind::Asked(..) | Kind::Found(_) | Kind::ToApprove(_) | Kind::NotPaid(_)) {
        return orders::lock_order(conn, id);
    }
    orders::order(conn, id)
}

/// The letter an event is worth as things stand, with a link that this key opens; nothing where it is worth
/// none, or is overtaken.
///
/// # Errors
/// When the words cannot be written.
pub fn letter(
    desk: &Desk,
    recorded: &Recorded,
    dossier: &Dossier,
    key: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Letter>> {
    let wanted = kind_of(recorded).filter(|kind| !is_overtaken(*kind, dossier, now));
    wanted.map(|kind| written(kind, desk, dossier, key, now)).transpose()
}

fn written(kind: Kind, desk: &Desk, dossier: &Dossier, key: &str, now: DateTime<Utc>) -> QueryResult<Letter> {
    let voice = Voice { zone: desk.zone, now, phone: desk.phone.clone(), dates: Dates::Always };
    letters::write(kind, desk, &voice, dossier, key).map_err(unwritable)
}

/// Writes down what has become of a letter about an order.
///
/// # Errors
/// When the database does not answer.
pub fn note(
    conn: &mut PgConnection,
    order: OrderId,
    letter: MailId,
    fate: Fate,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let event = match fate {
        Fate::Sent => Event::LetterSent { letter },
        Fate::GivenUp => Event::LetterGivenUp { letter },
    };
    events::record(conn, order.0, &event, Actor::System, now)
}

/// Lets a letter that was given up be tried once more, and writes down who wanted that. Says whether it is
/// tried: of two who press at once one is told so, and who has not seen its newest try changes nothing. One
/// transaction.
///
/// # Errors
/// When the database does not answer.
pub fn try_again(
    conn: &mut PgConnection,
    letter: MailId,
    tries: i32,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let Some(once_more) = mail::try_again(conn, letter, tries, now)? else { return Ok(false) };
        if let Some(order) = once_more.order_id {
            events::record(conn, order.0, &Event::LetterTriedAgain { letter }, by, now)?;
        }
        Ok(true)
    })
}

/// Which letter an event is worth.
fn kind_of(recorded: &Recorded) -> Option<Kind> {
    Some(match &recorded.event {
        Event::OrderConfirmed => Kind::Confirmed,
        Event::OrderCancelled { .. } => Kind::Cancelled,
        Event::PaymentProcessing { attempt, approve_at: Some(_), .. } => Kind::ToApprove(*attempt),
        Event::PaymentFailed { attempt, .. } => Kind::NotPaid(*attempt),
        Event::PaymentAbandoned { attempt, .. } => Kind::NotPaid(*attempt),
        Event::RefundSucceeded { refund, .. } => Kind::Refunded(*refund),
        Event::SubstituteAsked { position, .. } => Kind::Asked(*position, recorded.happened_at),
        Event::SubstituteWithdrawn { position } => Kind::Found(*position),
        Event::DropLeft { drop } => Kind::OnTheWay(*drop),
        Event::DropDelivered { .. } => Kind::Delivered,
        Event::DropFailed { drop, .. } => Kind::NotDelivered(*drop),
        Event::DelayForeseen { .. } => Kind::Late(recorded.happened_at),
        Event::DelayEased { .. } => Kind::Sooner(recorded.happened_at),
        Event::CaseAnswered { case } => Kind::Answered(*case),
        Event::OrderChanged { .. } => Kind::Changed(recorded.id),
        Event::OrderPlaced { .. }
        | Event::OrderCompleted
        | Event::PaymentStarted { .. }
        | Event::PaymentProcessing { approve_at: None, .. }
        | Event::PaymentAuthorised { .. }
        | Event::PaymentReplaced { .. }
        | Event::CaptureAsked { .. }
        | Event::CaptureSucceeded { .. }
        | Event::CaptureFailed { .. }
        | Event::DoorMethodChosen { .. }
        | Event::ReleaseAsked { .. }
        | Event::RefundAsked { .. }
        | Event::RefundFailed { .. }
        | about_no_order!()
        | Event::PickingStarted { .. }
        | Event::PickingLeft
        | Event::LinePicked { .. }
        | Event::LineSubstituted { .. }
        | Event::RestSubstituted { .. }
        | Event::SubstituteAnswered { .. }
        | Event::LineLeftOut { .. }
        | Event::LineReopened { .. }
        | Event::OrderPacked { .. }
        | Event::OrderHandedOver { .. }
        | Event::DropPlanned { .. }
        | Event::RiderAssigned { .. }
        | Event::CarrierAsked { .. }
        | Event::CarrierBooked { .. }
        | Event::CarrierRefused { .. }
        | Event::CarrierEndAsked { .. }
        | Event::RiderUnassigned { .. }
        | Event::DropArrived { .. }
        | Event::PromiseMade { .. }
        | Event::WishesChanged { .. }
        | Event::LinksRevoked
        | Event::ProblemReported { .. }
        | Event::CaseTaken { .. }
        | Event::CaseClosed { .. }
        | Event::LetterWritten { .. }
        | Event::LetterSent { .. }
        | Event::LetterGivenUp { .. }
        | Event::LetterTriedAgain { .. }
        | Event::InstructionsChanged => return None,
    })
}

/// Whom no letter has asked, none tells that there is nothing to answer.
fn is_news_of_nothing(conn: &mut PgConnection, kind: Kind, dossier: &Dossier) -> QueryResult<bool> {
    let Kind::Found(position) = kind else { return Ok(false) };
    let is_question =
        |r: &&Recorded| matches!(r.event, Event::SubstituteAsked { position: of, .. } if of == position);
    let first = dossier.history.iter().find(is_question).map_or(i64::MAX, |asked| asked.id);
    let asks = |r: &Recorded| matches!(&r.event, Event::LetterWritten { about, .. } if about == ASKED);
    let written = events::messages(conn, dossier.order.id.0)?;
    Ok(!written.iter().any(|letter| letter.id > first && asks(letter)))
}

/// What is not true any more when it comes to be written is not written: another event has its
/// own letter.
fn is_overtaken(kind: Kind, dossier: &Dossier, now: DateTime<Utc>) -> bool {
    let story = &dossier.story;
    let (status, stage) = (&story.status, story.goods.stage());
    let is_at = |wanted: Stage| *status == Status::Confirmed && stage == wanted;
    let is_of_the_last = |drop| story.goods.last_try().is_some_and(|t| t.id == drop);
    match kind {
        Kind::Confirmed => !matches!(status, Status::Confirmed | Status::Completed),
        Kind::Cancelled => !matches!(status, Status::Cancelled(_)),
        Kind::Refunded(_) | Kind::Answered(_) => false,
        Kind::ToApprove(of) => {
            !matches!(status, Status::ToApprove { .. }) || !may_still_pay(dossier, of, now)
        }
        Kind::NotPaid(of) => match story.owed() {
            Some(owed) => !matches!(owed.status, Status::NotPaid { .. }) || owed.since != of,
            None => !matches!(status, Status::NotPaid { .. }) || !may_still_pay(dossier, of, now),
        },
        // Another change after it has its own letter.
        Kind::Changed(id) => *status != Status::Confirmed || last_change(dossier) != Some(id),
        Kind::Asked(position, at) => {
            let asked = story.goods.ask(position).filter(|ask| ask.at == at && ask.waits(now));
            let line = dossier.lines.iter().find(|line| line.position == position);
            let ordered = line.map_or(0, |line| line.quantity);
            let is_settled =
                story.goods.lines.iter().any(|l| l.position == position && l.missing_of(ordered) == 0);
            *status != Status::Confirmed || is_settled || asked.is_none()
        }
        Kind::Found(position) => *status != Status::Confirmed || story.goods.ask(position).is_some(),
        Kind::OnTheWay(drop) => !(is_at(Stage::OnTheWay) && is_of_the_last(drop)),
        Kind::Delivered => !matches!(status, Status::Confirmed | Status::Completed),
        Kind::NotDelivered(drop) => !(is_at(Stage::NotDelivered) && is_of_the_last(drop)),
        Kind::Late(at) => {
            matches!(status, Status::Completed | Status::Cancelled(_))
                || tracker::delay(&story.goods).map(|d| d.at) != Some(at)
        }
        Kind::Sooner(at) => {
            *status != Status::Confirmed
                || stage == Stage::Delivered
                || story.goods.promise().is_none_or(|promise| promise.at != at)
        }
    }
}

/// Whether this is the newest try, and there is time for another one.
fn may_still_pay(dossier: &Dossier, of: AttemptId, now: DateTime<Utc>) -> bool {
    let newest = dossier.story.tries.iter().rfind(|t| !t.standby);
    newest.is_some_and(|t| t.id == of) && dossier.order.unpaid_until.is_some_and(|until| until > now)
}

fn last_change(dossier: &Dossier) -> Option<i64> {
    let is_change = |r: &&Recorded| matches!(r.event, Event::OrderChanged { .. });
    dossier.history.iter().rfind(is_change).map(|r| r.id)
}

fn unwritable(e: askama::Error) -> diesel::result::Error {
    diesel::result::Error::SerializationError(Box::new(e))
}
