//! Counting, receiving, throwing away, putting elsewhere. Nobody writes over a number they have not
//! seen.

use super::stock::{self, Refused, address};
use crate::catalog;
use crate::error::AppError;
use crate::ids::{Actor, ProductId, Sku};
use crate::inventory::{self, Shelf, StockError};
use crate::lifecycle::{self, Seen};
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Deserialize;

/// More of one thing no shelf holds.
const MOST: i32 = 99_999;

#[derive(Deserialize)]
pub(super) struct UnitsForm {
    #[serde(default)]
    units: String,
    version: i32,
}

impl UnitsForm {
    fn units(&self, least: i32) -> Option<i32> {
        self.units.trim().parse().ok().filter(|n| (least..=MOST).contains(n))
    }
}

/// What the address of a form names.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Deed {
    Count,
    Receipt,
    Spoilage,
}

/// What somebody says about a shelf.
#[derive(Debug, Clone, Copy)]
enum Word {
    Counted(i32),
    Received(i32),
    Spoiled(i32),
}

impl Word {
    fn refused(self, why: String) -> Refused {
        let mut refused = Refused { why, counted: None, received: None, spoiled: None };
        match self {
            Self::Counted(n) => refused.counted = Some(n),
            Self::Received(n) => refused.received = Some(n),
            Self::Spoiled(n) => refused.spoiled = Some(n),
        }
        refused
    }

    fn write(
        self,
        conn: &mut PgConnection,
        seen: Seen,
        by: Actor,
        now: DateTime<Utc>,
    ) -> Result<String, StockError> {
        Ok(match self {
            Self::Counted(n) => match lifecycle::count_shelf(conn, seen, n, by, now)? {
                0 => format!("{n} it is, as we thought."),
                off if off < 0 => format!("Saved: {n} on hand, {} fewer than we thought.", -off),
                off => format!("Saved: {n} on hand, {off} more than we thought."),
            },
            Self::Received(n) => {
                lifecycle::receive_goods(conn, seen, n, by, now)?;
                format!("Saved: {n} received.")
            }
            Self::Spoiled(n) => {
                lifecycle::take_spoiled(conn, seen, n, by, now)?;
                format!("Saved: {n} taken off as spoiled.")
            }
        })
    }

    const fn typed(self) -> (&'static str, i32) {
        match self {
            Self::Counted(n) => ("you counted", n),
            Self::Received(n) => ("you wanted to add", n),
            Self::Spoiled(n) => ("you wanted to take off", n),
        }
    }
}

pub(super) async fn say(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    at: Path<(Sku, Deed)>,
    form: Form<UnitsForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Stock)?;
    let (sku, deed) = at.into_inner();
    let said = match deed {
        Deed::Count => form.units(0).map(Word::Counted),
        Deed::Receipt => form.units(1).map(Word::Received),
        Deed::Spoilage => form.units(1).map(Word::Spoiled),
    };
    write(&shop, &request, &who, sku, form.version, said).await
}

async fn write(
    shop: &Shop,
    request: &HttpRequest,
    who: &Staffer,
    sku: Sku,
    version: i32,
    said: Option<Word>,
) -> Result<HttpResponse, AppError> {
    let page = address(sku.as_ref());
    let Some(said) = said else {
        return Ok(done(shop, &page, &Said::bad("Nothing was saved: type a whole number, such as 12.")));
    };
    let (by, now, wanted) = (Actor::Staff(who.id), shop.app.clock.now(), sku.clone());
    let written = move |conn: &mut PgConnection| {
        let product = catalog::ware_by_sku(conn, &wanted)?.ok_or(AppError::NotFound)?.id;
        match said.write(conn, Seen { product, version }, by, now) {
            Ok(words) => Ok::<_, AppError>(Ok(words)),
            Err(e) => why(conn, product, said, e).map(Err),
        }
    };
    match shop.app.db(written).await? {
        Ok(words) => Ok(done(shop, &page, &Said::good(words))),
        Err(why) => stock::show(shop, request, who, sku, None, Some(said.refused(why))).await,
    }
}

fn why(conn: &mut PgConnection, product: ProductId, said: Word, e: StockError) -> Result<String, AppError> {
    Ok(match e {
        StockError::ChangedSince(row) => since(conn, product, said, &row)?,
        StockError::BelowHeld { held } => format!(
            "Nothing was saved: {held} are promised to orders. Let those be picked or left out first, then count again."
        ),
        StockError::Unknown => return Err(AppError::NotFound),
        StockError::Db(e) => return Err(e.into()),
    })
}

/// Both numbers, and whose the other one is.
fn since(conn: &mut PgConnection, product: ProductId, said: Word, row: &Shelf) -> Result<String, AppError> {
    let (typed, units) = said.typed();
    let last = inventory::movements_of(conn, product, None, 1)?;
    let names = stock::names(conn, &last)?;
    let who = last.first().map(|m| {
        let name = names.get(&m.actor).map_or("the shop itself", String::as_str);
        format!(" ({name}, {})", stock::reason(m.reason).2)
    });
    Ok(format!(
        "Nothing was saved. It was changed since you looked: {} on hand now{}, while {typed} {units}. Look again, then press once more if yours is right.",
        row.on_hand,
        who.unwrap_or_default()
    ))
}

#[derive(Deserialize)]
pub(super) struct ShelfForm {
    #[serde(default)]
    shelf: String,
    #[serde(default)]
    seen: String,
}

/// It stands elsewhere from now on.
pub(super) async fn put_elsewhere(
    shop: Data<Shop>,
    who: Staffer,
    sku: Path<Sku>,
    form: Form<ShelfForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Stock)?;
    let (sku, form) = (sku.into_inner(), form.into_inner());
    let (page, shelf) = (address(sku.as_ref()), form.shelf.trim().to_ascii_uppercase());
    if !is_shelf(&shelf) {
        let words = "Nothing was saved: a shelf looks like A03-12, with letters, digits and dashes.";
        return Ok(done(&shop, &page, &Said::bad(words)));
    }
    let (to, from) = (shelf.clone(), form.seen);
    let written = move |conn: &mut PgConnection| {
        let product = catalog::ware_by_sku(conn, &sku)?.ok_or(AppError::NotFound)?.id;
        match inventory::put_on_shelf(conn, product, &from, &to) {
            Ok(()) => Ok(Ok(())),
            Err(StockError::ChangedSince(row)) => Ok(Err(row.shelf)),
            Err(StockError::Db(e)) => Err(AppError::from(e)),
            Err(StockError::BelowHeld { .. } | StockError::Unknown) => Err(AppError::NotFound),
        }
    };
    let said = match shop.app.db(written).await? {
        Ok(()) => Said::good(format!("It stands at {shelf} from now on.")),
        Err(other) => Said::bad(format!(
            "Nothing was saved: somebody has put it at {other} meanwhile, and you wanted {shelf}. Press once more if yours is right."
        )),
    };
    Ok(done(&shop, &page, &said))
}

fn is_shelf(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
