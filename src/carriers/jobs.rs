//! What the outbox asks of carriers: to bring something, and not to bring it any more.

use crate::app::App;
use crate::delivery::{self, Booking, BookingState};
use crate::error::AppError;
use crate::events::{Acted, Event, Job};
use crate::fulfilment;
use crate::ids::BookingId;
use crate::lifecycle::{self, DriveError};
use crate::orders;
use crate::outside::LaneFull;
use crate::outside::carrier::{Address, Carrier, CarrierError, NewShipment, Shipment};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// So often a carrier is asked to bring something, over some two minutes; then a rider is looked for.
const MOST_TRIES: i32 = 6;
/// No call of ours is on its way for so long: what is not there by then was never booked.
const SURELY_NOT: Duration = Duration::minutes(2);

/// Does a job of the consumer "carriers". Doing it again does nothing again.
///
/// # Errors
/// When the database does not answer.
pub async fn act(app: &App, job: &Job) -> Result<Acted, AppError> {
    if let Event::CarrierAsked { booking, .. } = &job.event.event {
        book(app, *booking, job.tries).await
    } else if let Event::CarrierEndAsked { booking, .. } = &job.event.event {
        end(app, *booking, job.event.happened_at).await
    } else {
        Ok(Acted::Done)
    }
}

/// Makes a call in the lane for it.
pub(super) async fn ask<T: Send + 'static>(
    app: &App,
    carrier: &Carrier,
    call: impl FnOnce(&Carrier) -> Result<T, CarrierError> + Send + 'static,
) -> Result<T, CarrierError> {
    let carrier = carrier.clone();
    let answer = app.carriage.run(move || call(&carrier)).await;
    answer.unwrap_or_else(|LaneFull| Err(CarrierError::Unclear("too many calls at once".to_owned())))
}

async fn book(app: &App, id: BookingId, tries: i32) -> Result<Acted, AppError> {
    let Some((name, new)) = app.db(move |conn| errand(conn, id)).await? else { return Ok(Acted::Done) };
    let answer = match app.carriers.by_name(&name) {
        Some(carrier) => ask(app, carrier, move |carrier| carrier.book(&new)).await,
        None => Err(CarrierError::Misconfigured(format!("no carrier {name} is set"))),
    };
    match answer {
        Ok(shipment) if shipment.is_cancelled => {
            refused(app, id, "the carrier has cancelled it".to_owned()).await
        }
        Ok(shipment) => booked(app, id, shipment).await,
        Err(CarrierError::Refused(words)) => refused(app, id, words).await,
        Err(e @ (CarrierError::NotFound | CarrierError::Unclear(_) | CarrierError::Misconfigured(_))) => {
            if tries < MOST_TRIES {
                return Ok(Acted::NotYet(e.to_string()));
            }
            log::warn!("a carrier has not answered for certain and is given up: {e}");
            let now = app.clock.now();
            tell(app, move |conn| lifecycle::give_up_carrier(conn, id, "the carrier did not answer", now))
                .await
        }
    }
}

/// What is to be brought, while it still is to be.
fn errand(conn: &mut PgConnection, id: BookingId) -> QueryResult<Option<(String, NewShipment)>> {
    let Some(booking) = delivery::booking(conn, id)?.filter(|b| b.state == BookingState::Asked) else {
        return Ok(None);
    };
    let Some(drop) = delivery::drop_by_id(conn, booking.drop_id)? else { return Ok(None) };
    let (order, contact) = (orders::order(conn, booking.order_id)?, orders::contact(conn, booking.order_id)?);
    let new = NewShipment {
        key: id,
        reference: order.number,
        to: Address {
            name: contact.name,
            phone: contact.phone,
            line: contact.line,
            company: contact.company,
            town: contact.town,
            eircode: contact.eircode,
            leave_at: contact.leave_at,
            note: contact.note,
        },
        from_time: drop.starts_at,
        until: drop.ends_at,
        bags: fulfilment::bags_of(conn, booking.order_id)?.len(),
    };
    Ok(Some((booking.carrier, new)))
}

async fn booked(app: &App, id: BookingId, shipment: Shipment) -> Result<Acted, AppError> {
    let now = app.clock.now();
    let ask_at = now + Duration::seconds(app.carriers.poll_seconds);
    tell(app, move |conn| {
        let url = shipment.tracking_url.as_deref();
        lifecycle::carrier_booked(conn, id, &shipment.id, url, ask_at, now)
    })
    .await
}

async fn refused(app: &App, id: BookingId, words: String) -> Result<Acted, AppError> {
    let now = app.clock.now();
    log::info!("a carrier has refused a drop: {words}");
    tell(app, move |conn| lifecycle::carrier_refused(conn, id, &words, now)).await
}

/// Tells a carrier that something is not to be brought any more, until it has answered.
async fn end(app: &App, id: BookingId, since: DateTime<Utc>) -> Result<Acted, AppError> {
    let found = app.db(move |conn| delivery::booking(conn, id)).await?;
    let Some(booking) = found.filter(|b| b.state == BookingState::Ending) else { return Ok(Acted::Done) };
    let Some(carrier) = app.carriers.by_name(&booking.carrier) else {
        return Ok(Acted::NotYet(format!("no carrier {} is set", booking.carrier)));
    };
    let now = app.clock.now();
    let reference = match reference(app, carrier, &booking).await {
        Ok(Some(reference)) => reference,
        // Our question may still be on its way.
        Ok(None) if now - since < SURELY_NOT => {
            return Ok(Acted::NotYet("the carrier knows nothing of it so far".to_owned()));
        }
        Ok(None) => return ended(app, id, BookingState::Ended, String::new()).await,
        Err(e) => return Ok(Acted::NotYet(e.to_string())),
    };
    if booking.reference.is_none() {
        // Its words are about something we know from here on, whatever the carrier says to this.
        learn(app, id, reference.clone()).await?;
    }
    match ask(app, carrier, move |carrier| carrier.cancel(&reference)).await {
        Ok(_) | Err(CarrierError::NotFound) => ended(app, id, BookingState::Ended, String::new()).await,
        Err(CarrierError::Refused(words)) => {
            log::warn!("a carrier keeps a drop that is not wanted any more: {words}");
            ended(app, id, BookingState::Kept, words).await
        }
        Err(e @ (CarrierError::Unclear(_) | CarrierError::Misconfigured(_))) => {
            Ok(Acted::NotYet(e.to_string()))
        }
    }
}

async fn learn(app: &App, id: BookingId, reference: String) -> Result<(), AppError> {
    let now = app.clock.now();
    tell(app, move |conn| lifecycle::carrier_booked(conn, id, &reference, None, now, now)).await.map(drop)
}

/// The carrier's number; asked for by our key where the answer has not come.
async fn reference(app: &App, carrier: &Carrier, booking: &Booking) -> Result<Option<String>, CarrierError> {
    if booking.reference.is_some() {
        return Ok(booking.reference.clone());
    }
    let key = booking.id;
    ask(app, carrier, move |carrier| carrier.booked_under(key)).await.map(|found| found.map(|s| s.id))
}

async fn ended(app: &App, id: BookingId, became: BookingState, words: String) -> Result<Acted, AppError> {
    let now = app.clock.now();
    tell(app, move |conn| lifecycle::booking_ended(conn, id, became, &words, now)).await
}

/// The carrier's answer becomes true here. What cannot be any more is nobody's work.
async fn tell(
    app: &App,
    verb: impl FnOnce(&mut PgConnection) -> Result<(), DriveError> + Send + 'static,
) -> Result<Acted, AppError> {
    let told = app
        .db(move |conn| match verb(conn) {
            Err(DriveError::Db(e)) => Err(e),
            other => Ok(other),
        })
        .await?;
    if let Err(e) = told {
        log::warn!("what a carrier has answered is not possible any more: {e:?}");
    }
    Ok(Acted::Done)
}
