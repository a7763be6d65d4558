//! Asks carriers how far their bookings are: no webhook is needed for an order to be right.

use super::hear::take_in;
use super::jobs::ask;
use crate::app::App;
use crate::delivery::{self, Booking};
use crate::error::AppError;
use crate::outside::carrier::{CarrierError, Said, Stage};
use actix_web::rt;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

const AT_ONCE: i64 = 32;
/// What was asked for longer ago is asked about no more.
const FOR_SO_LONG: Duration = Duration::days(2);

/// Asks about all that is due now. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn poll(app: &App) -> Result<usize, AppError> {
    if app.carriers.all().is_empty() {
        return Ok(0);
    }
    let (now, wait) = (app.clock.now(), Duration::seconds(app.carriers.poll_seconds));
    let due = app
        .db(move |conn| {
            let mut ours = Vec::new();
            for booking in delivery::bookings_to_ask(conn, now, AT_ONCE)? {
                let next = (booking.asked_at + FOR_SO_LONG > now).then_some(now + wait);
                if delivery::claim_booking(conn, &booking, next)? {
                    ours.push(booking);
                }
            }
            Ok::<_, AppError>(ours)
        })
        .await?;
    let count = due.len();
    let asking: Vec<_> = due
        .into_iter()
        .map(|booking| {
            let app = app.clone();
            rt::spawn(async move { ask_about(&app, booking, now).await })
        })
        .collect();
    for one in asking {
        if let Ok(Err(e)) = one.await {
            log::warn!("what a carrier was asked could not be written down; it is asked again: {e}");
        }
    }
    Ok(count)
}

async fn ask_about(app: &App, booking: Booking, now: DateTime<Utc>) -> Result<(), AppError> {
    let (Some(carrier), Some(reference)) = (app.carriers.by_name(&booking.carrier), booking.reference) else {
        return Ok(());
    };
    let answer = ask(app, carrier, move |carrier| carrier.shipment(&reference)).await;
    let shipment = match answer {
        Ok(shipment) => shipment,
        Err(e @ CarrierError::Unclear(_)) => {
            log::debug!("a carrier did not say how far a booking is: {e}");
            return Ok(());
        }
        Err(e) => {
            log::warn!("a carrier did not say how far a booking is: {e}");
            return Ok(());
        }
    };
    let name = booking.carrier;
    app.db(move |conn| {
        for said in &shipment.said {
            take_in(conn, &name, said, &as_body(said), now)?;
        }
        Ok::<_, AppError>(())
    })
    .await
}

/// As its webhook would say it.
fn as_body(said: &Said) -> serde_json::Value {
    let reason = if let Stage::Failed(reason) = &said.stage { reason.as_str() } else { "" };
    json!({
        "id": said.id, "shipment": said.shipment, "state": said.word, "reason": reason, "at": said.at,
        "asked_for": true,
    })
}
