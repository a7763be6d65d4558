//! The window is kept for the shopper while they are on the way.

use super::draft::{Draft, Said};
use super::gone::back;
use super::store;
use crate::basket;
use crate::delivery::{self, Held, WindowError};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::storefront::{Asker, Shop, Visit};
use crate::throttle::Limited;
use crate::web::redirect;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Deserialize;

/// Holds the window that the draft names, or keeps it longer. What stands in the way is said on the
/// next page. The caller holds the basket's row, and keeps the draft. `None`: it is not held.
pub(super) fn hold_chosen(
    conn: &mut PgConnection,
    id: BasketId,
    draft: &mut Draft,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Option<Held>, AppError> {
    let Some(window) = draft.typed().window_id() else { return Ok(None) };
    let label = |conn: &mut PgConnection| {
        let found = delivery::window(conn, window)?;
        Ok::<_, AppError>(found.map_or_else(|| "That time".to_owned(), |w| w.label(zone)))
    };
    match delivery::hold_window(conn, id, window, now) {
        Ok(held) => Ok(Some(held)),
        Err(WindowError::Full) => {
            draft.content.said = Some(Said::WindowFull { window: label(conn)? });
            draft.content.typed.window.clear();
            Ok(None)
        }
        Err(WindowError::Closed) => {
            draft.content.said = Some(Said::WindowClosed { window: label(conn)? });
            draft.content.typed.window.clear();
            Ok(None)
        }
        Err(WindowError::Db(e)) => Err(e.into()),
    }
}

/// Counts a hold, or says until when no more windows are held for this browser, address or basket.
/// Outside the transaction that holds: its rollback must not take the count along.
pub(super) async fn count_hold(shop: &Shop, asker: &Asker, id: BasketId) -> Result<(), AppError> {
    let keys = asker.keys(&shop.app, "basket", &id.to_string());
    let counted = shop.spend(Limited::HoldWindow, keys).await?;
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    counted.map_err(|wait| AppError::Later { words: wait.words(zone, now), seconds: wait.seconds(now) })
}

/// What the last step had on it when its button was pressed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct HoldForm {
    age: Option<String>,
}

/// The button beside the clock on the last step; the other steps keep what is typed there.
pub(super) async fn keep_longer(
    shop: Data<Shop>,
    visit: Visit,
    asker: Asker,
    form: Form<HoldForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else { return Ok(redirect("/basket", [])) };
    count_hold(&shop, &asker, id).await?;
    let (now, zone, of_age) = (shop.app.clock.now(), shop.app.config.shop.zone, form.age.is_some());
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        let held = hold_chosen(conn, id, &mut draft, zone, now)?;
        if held.is_some() {
            draft.content.said = Some(Said::HeldLonger);
        }
        draft.content.of_age = of_age;
        store::keep(conn, id, &draft, now)?;
        Ok::<_, AppError>(held.is_some())
    };
    let held = shop.app.db(move |conn| conn.transaction(work)).await?;
    let to = if held { back(&visit) } else { "/checkout/delivery" };
    Ok(redirect(to, []))
}
