//! The window is kept for the shopper while they are on the way.

use super::draft::{Draft, Said};
use super::gone::back;
use super::store::{self, Standing};
use super::views::with_device;
use crate::basket;
use crate::delivery::{self, Held, WindowError};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::storefront::{Asker, Shop, Visit};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::redirect;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Deserialize;

/// Holds the window that the draft names, or keeps it longer. What stands in the way is said on the
/// next page. The caller holds the basket's row, has read what it holds since, and keeps the draft.
/// `None`: it is not held.
pub(super) fn hold_chosen(
    conn: &mut PgConnection,
    id: BasketId,
    draft: &mut Draft,
    held: Option<(i64, DateTime<Utc>)>,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Option<Held>, AppError> {
    let Some(window) = draft.typed().window_id() else { return Ok(None) };
    let label = |conn: &mut PgConnection| {
        let found = delivery::window(conn, window)?;
        Ok::<_, AppError>(found.map_or_else(|| "That time".to_owned(), |w| w.label(zone)))
    };
    match delivery::hold_instead(conn, id, held, window, now) {
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

/// Who asks for a window to be held, and for which: the chosen one, where none is named.
pub(super) struct Holding {
    id: BasketId,
    /// Of browser, address and basket.
    keys: Vec<Key>,
    asked: Option<String>,
    now: DateTime<Utc>,
}

impl Holding {
    pub(super) fn new(shop: &Shop, asker: &Asker, id: BasketId, asked: Option<String>) -> Self {
        let keys = asker.keys(&shop.app, "basket", &id.to_string());
        Self { id, keys, asked, now: shop.app.clock.now() }
    }

    /// Counts it, or says until when no more windows are held for this browser, address or basket. One that is
    /// held already is not counted: who goes on with it, or keeps it longer, takes nothing more from anybody.
    ///
    /// Outside the transaction that holds: its rollback must not take the count along.
    pub(super) fn count(&self, conn: &mut PgConnection) -> QueryResult<Result<(), Wait>> {
        let Standing { draft, held, .. } = store::standing(conn, self.id, self.now)?;
        let asked = self.asked.as_deref();
        let window = asked.map_or_else(|| draft.typed().window_id(), |asked| asked.parse().ok());
        if window.is_none() || window == running(held, self.now) {
            return Ok(Ok(()));
        }
        throttle::spend(conn, Limited::HoldWindow, &self.keys, self.now)
    }
}

/// The window of a hold whose time is not over.
pub(super) fn running(held: Option<(i64, DateTime<Utc>)>, now: DateTime<Utc>) -> Option<i64> {
    held.filter(|(_, until)| *until > now).map(|(window, _)| window)
}

/// Why a time is not held, and how one goes on all the same. `own`: the one that is held meanwhile.
pub(super) fn refused_words(wait: Wait, own: Option<&str>, zone: Tz, now: DateTime<Utc>) -> String {
    let words = wait.words(zone, now);
    match own {
        Some(own) => format!("{words} {own} is still held for you."),
        None => format!("{words} No time can be held for you until then, but you can order for a free one."),
    }
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
    let holding = Holding::new(&shop, &asker, id, None);
    let (now, zone, of_age) = (shop.app.clock.now(), shop.app.config.shop.zone, form.age.is_some());
    let work = move |conn: &mut PgConnection, may_hold: Result<(), Wait>| {
        basket::hold(conn, id, now)?;
        let Standing { mut draft, held, .. } = store::standing(conn, id, now)?;
        let stays = match may_hold {
            Ok(()) => keep_chosen(conn, id, &mut draft, held, zone, now)?.is_some(),
            Err(wait) => {
                draft.content.said = Some(Said::HoldRefused { words: refused_words(wait, None, zone, now) });
                true
            }
        };
        draft.content.of_age = of_age;
        store::keep(conn, id, &draft, now)?;
        Ok::<_, AppError>(stays)
    };
    let counted = move |conn: &mut PgConnection| {
        let may_hold = holding.count(conn)?;
        conn.transaction(|conn| work(conn, may_hold))
    };
    let stays = shop.app.db(counted).await?;
    let to = if stays { back(&visit) } else { "/checkout/delivery" };
    Ok(with_device(&shop, &asker, redirect(to, [])))
}

/// Keeps the chosen window longer, and says so on the next page.
pub(super) fn keep_chosen(
    conn: &mut PgConnection,
    id: BasketId,
    draft: &mut Draft,
    held: Option<(i64, DateTime<Utc>)>,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<Option<Held>, AppError> {
    let kept = hold_chosen(conn, id, draft, held, zone, now)?;
    if kept.is_some() {
        draft.content.said = Some(Said::HeldLonger);
    }
    Ok(kept)
}
