//! What a picker does with a line. Each is one form and one transaction; sent twice, it changes
//! nothing more.

use super::deed::with_order;
use super::dossier::Dossier;
use super::way::{Way, address};
use super::words;
use crate::catalog::{self, SoldBy};
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber, ProductId, Sku};
use crate::lifecycle::{self, PickError, Settled};
use crate::orders::{self, OrderLine, Substitutions};
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use diesel::PgConnection;
use serde::Deserialize;

/// A scale shows no more.
const MOST_GRAMS: i64 = 99_999;

#[derive(Deserialize)]
pub(super) struct PickForm {
    #[serde(default)]
    units: String,
    #[serde(default)]
    grams: String,
}

fn grams(text: &str) -> Option<i64> {
    let plain = text.trim().trim_end_matches('g').trim();
    plain.parse().ok().filter(|g| (1..=MOST_GRAMS).contains(g))
}

/// The line's own product lies in the bag.
pub(super) async fn pick(
    shop: Data<Shop>,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
    form: Form<PickForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, position) = at.into_inner();
    let how = Settled::Picked { units: form.units.trim().parse().unwrap_or(0), grams: grams(&form.grams) };
    settle(&shop, &who, number, position, how).await
}

/// Nothing lies in the bag.
pub(super) async fn leave_out(
    shop: Data<Shop>,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, position) = at.into_inner();
    settle(&shop, &who, number, position, Settled::LeftOut).await
}

async fn settle(
    shop: &Shop,
    who: &Staffer,
    number: OrderNumber,
    position: i32,
    how: Settled,
) -> Result<HttpResponse, AppError> {
    let (picker, now) = (who.id, shop.app.clock.now());
    let step = move |conn: &mut PgConnection, order: OrderId| {
        lifecycle::settle_line(conn, order, position, how, picker, now)?;
        asks_for_more(conn, order, position, how)
    };
    let deed = with_order(shop, &number, step, words::of_pick).await?;
    Ok(match deed.done {
        Ok(true) => crate::web::redirect(&short_page(&number, position), []),
        Ok(false) => crate::web::redirect(&deed.way.on(&number), []),
        Err(why) => done(shop, &deed.way.before(&number, position), &Said::bad(why)),
    })
}

/// Whether fewer were there than ordered, and something may stand in for the rest.
fn asks_for_more(
    conn: &mut PgConnection,
    order: OrderId,
    position: i32,
    how: Settled,
) -> Result<bool, PickError> {
    let Settled::Picked { units, .. } = how else { return Ok(false) };
    let order = orders::order(conn, order)?;
    let line = orders::lines(conn, order.id)?.into_iter().find(|line| line.position == position);
    Ok(line.is_some_and(|l| units < l.quantity && l.wish(&order) != Substitutions::LeaveOut))
}

#[derive(Deserialize)]
pub(super) struct SwapForm {
    /// What was chosen among the suggestions.
    #[serde(default)]
    product: String,
    /// What was scanned or typed instead.
    #[serde(default)]
    code: String,
    #[serde(default)]
    units: String,
    #[serde(default)]
    grams: String,
}

/// What a form about a swap means: the product, or the page that says why none.
async fn swapped(
    shop: &Shop,
    number: &OrderNumber,
    position: i32,
    form: &SwapForm,
) -> Result<Result<ProductId, HttpResponse>, AppError> {
    let short = short_page(number, position);
    let code = [form.code.trim(), form.product.trim()].into_iter().find(|c| !c.is_empty()).map(str::to_owned);
    let Some(code) = code else {
        return Ok(Err(done(shop, &short, &Said::bad("Choose what is to stand in, or scan it."))));
    };
    let read = code.clone();
    let found = shop.app.read(move |conn| product_of(conn, &read)).await?;
    Ok(found.ok_or_else(|| {
        let words = format!("“{code}” is none of our products. Nothing was changed.");
        done(shop, &short, &Said::bad(words))
    }))
}

fn short_page(number: &OrderNumber, position: i32) -> String {
    format!("{}/lines/{position}/short", address(number))
}

/// Something else lies in the bag.
pub(super) async fn substitute(
    shop: Data<Shop>,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
    form: Form<SwapForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, position) = at.into_inner();
    let product = match swapped(&shop, &number, position, &form).await? {
        Ok(product) => product,
        Err(page) => return Ok(page),
    };
    let (units, grams) = (form.units.trim().parse().unwrap_or(0), grams(&form.grams));
    let how = Settled::Substituted { product, units, grams };
    let answer = settle(&shop, &who, number.clone(), position, how).await?;
    // Whoever was refused stands before the line again.
    let location = answer.headers().get("location").and_then(|to| to.to_str().ok());
    let went_on = location.is_some_and(|to| !to.contains("line="));
    if went_on { Ok(answer) } else { back_to(answer, &short_page(&number, position)) }
}

/// The customer is asked whether it may.
pub(super) async fn ask(
    shop: Data<Shop>,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
    form: Form<SwapForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, position) = at.into_inner();
    let product = match swapped(&shop, &number, position, &form).await? {
        Ok(product) => product,
        Err(page) => return Ok(page),
    };
    let wish = (product, form.units.trim().parse().unwrap_or(0), grams(&form.grams));
    let (picker, now) = (who.id, shop.app.clock.now());
    let step = move |conn: &mut PgConnection, order: OrderId| {
        lifecycle::ask_substitute(conn, order, position, wish, picker, now)
    };
    let deed = with_order(&shop, &number, step, words::of_pick).await?;
    Ok(match deed.done {
        Ok(ask) => done(&shop, &deed.way.on(&number), &Said::good(words::asked(&shop, &ask).1)),
        Err(why) => done(&shop, &short_page(&number, position), &Said::bad(why)),
    })
}

/// The same words on another page.
fn back_to(mut answer: HttpResponse, page: &str) -> Result<HttpResponse, AppError> {
    let to = page.parse().map_err(AppError::internal)?;
    answer.headers_mut().insert(actix_web::http::header::LOCATION, to);
    Ok(answer)
}

fn product_of(conn: &mut PgConnection, code: &str) -> Result<Option<ProductId>, AppError> {
    let Ok(sku) = Sku::try_from(code.to_owned()) else { return Ok(None) };
    Ok(catalog::id_by_sku(conn, &sku)?)
}

/// Takes the last step, or any other one, back.
pub(super) async fn reopen(
    shop: Data<Shop>,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, position) = at.into_inner();
    let (picker, now) = (who.id, shop.app.clock.now());
    let step = move |conn: &mut PgConnection, order: OrderId| {
        lifecycle::reopen_line(conn, order, position, picker, now)
    };
    let deed = with_order(&shop, &number, step, words::of_pick).await?;
    let said = match deed.done {
        Ok(()) => Said::good("Undone: put it back on its shelf, or pick it once more."),
        Err(why) => Said::bad(why),
    };
    Ok(done(&shop, &deed.way.before(&number, position), &said))
}

#[derive(Deserialize)]
pub(super) struct ScanForm {
    #[serde(default)]
    code: String,
    line: i32,
    #[serde(default)]
    pieces: String,
}

/// What a scanned code means before a line.
enum Heard {
    /// One more piece of it; so many so far.
    Piece(i32),
    /// The right one, to be weighed.
    Weigh,
    /// All of it is there.
    All(Settled),
    Wrong(String),
}

/// The scanner has read something before a line.
pub(super) async fn scan(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
    form: Form<ScanForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, form) = (number.into_inner(), form.into_inner());
    let (position, code) = (form.line, form.code.trim().to_owned());
    let (wanted, pieces) = (number.clone(), form.pieces.trim().parse().unwrap_or(0));
    let heard = shop.app.read(move |conn| hear(conn, &wanted, position, &code, pieces)).await?;
    let (heard, way) = heard;
    let at = way.before(&number, position);
    Ok(match heard {
        Heard::Piece(n) => crate::web::redirect(&format!("{at}&scanned={n}"), []),
        Heard::Weigh => {
            done(&shop, &format!("{at}&scanned=1"), &Said::good("The right one. Put it on the scale."))
        }
        Heard::All(how) => return settle(&shop, &who, number, position, how).await,
        Heard::Wrong(why) => done(&shop, &at, &Said::bad(why)),
    })
}

fn hear(
    conn: &mut PgConnection,
    number: &OrderNumber,
    position: i32,
    code: &str,
    pieces: i32,
) -> Result<(Heard, Way), AppError> {
    let dossier = Dossier::read(conn, number)?;
    let way = dossier.way();
    let Some(line) = dossier.line(position) else {
        return Ok((Heard::Wrong(words::of_pick(conn, PickError::NoSuchLine)?), way));
    };
    if !code.eq_ignore_ascii_case(&line.sku) {
        return Ok((Heard::Wrong(wrong(conn, &dossier, line, code)?), way));
    }
    let pieces = pieces.clamp(0, line.quantity - 1) + 1;
    let heard = match line.sold_by {
        SoldBy::Weight => Heard::Weigh,
        SoldBy::Each if pieces == line.quantity => {
            Heard::All(Settled::Picked { units: line.quantity, grams: None })
        }
        SoldBy::Each => Heard::Piece(pieces),
    };
    Ok((heard, way))
}

/// What it is, and what was wanted.
fn wrong(
    conn: &mut PgConnection,
    dossier: &Dossier,
    line: &OrderLine,
    code: &str,
) -> Result<String, AppError> {
    let shelf = dossier.shelf_of(line.product_id);
    let wanted = format!("Wanted: {} ({}){}.", line.name, line.sku, at_shelf(shelf));
    if let Some(other) = dossier.lines.iter().find(|l| code.eq_ignore_ascii_case(&l.sku)) {
        let when = if dossier.pick_of(other).is_some() { "done already" } else { "to come later" };
        return Ok(format!("That is {}, of this order too and {when}. {wanted}", other.name));
    }
    let ware = match Sku::try_from(code.to_owned()) {
        Ok(sku) => catalog::ware_by_sku(conn, &sku)?,
        Err(_) => None,
    };
    if let Some(ware) = ware {
        return Ok(format!("That is {} ({}), which is not in this order. {wanted}", ware.name, ware.sku));
    }
    if let Some(id) = crate::fulfilment::order_of_bag(conn, &code.to_ascii_uppercase())? {
        return Ok(format!("That is a bag of {}. {wanted}", orders::order(conn, id)?.number));
    }
    Ok(format!("“{code}” is none of our codes. {wanted}"))
}

fn at_shelf(shelf: &str) -> String {
    if shelf.is_empty() { String::new() } else { format!(", shelf {shelf}") }
}
