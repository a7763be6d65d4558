//! What is in an order, changed by its customer until picking starts.

mod preview;
mod refused;
mod typed;

pub(super) use typed::{Typed, wanted};

use super::access::{Caller, address, private, voice};
use super::change::back;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::wishes::{self, Wishes};
use super::words::Voice;
use crate::cashier;
use crate::catalog::{self, Item};
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber};
use crate::inventory::Wanted;
use crate::lifecycle::{self, ChangeError, Plan};
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::web::{Effort, Sheet, assets, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use preview::{Preview, preview};
use refused::words;

/// Things found for what was searched.
const FOUND: usize = 8;

struct Row {
    sku: String,
    words: String,
    picture: String,
    fresh: bool,
    units: i32,
    hint: String,
}

#[derive(Template)]
#[template(path = "order/lines.html")]
struct LinesPage {
    layout: Layout,
    number: String,
    here: String,
    /// Until when it can be changed.
    until: String,
    wrong: Option<String>,
    rows: Vec<Row>,
    search: String,
    found: Vec<Row>,
    preview: Option<Preview>,
    swaps: Wishes,
    phone: String,
}

/// All that the page needs, read together.
struct Read {
    dossier: Dossier,
    swaps: Wishes,
    wanted: Vec<Wanted>,
    new: Vec<Item>,
    found: Vec<Item>,
    plan: Result<Plan, ChangeError>,
}

pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    fields: Query<Vec<(String, String)>>,
) -> Result<HttpResponse, AppError> {
    let typed = Typed::read(fields.into_inner());
    page(&shop, &request, &visit, number.into_inner(), typed, None).await
}

async fn page(
    shop: &Data<Shop>,
    request: &HttpRequest,
    visit: &Visit,
    number: OrderNumber,
    typed: Typed,
    refused: Option<String>,
) -> Result<HttpResponse, AppError> {
    let voice = voice(shop);
    let caller = Caller::of(shop, request, visit).await?;
    let (asked, there, sought, load) =
        (number.clone(), voice.clone(), typed.clone(), Viewer::loader(shop, visit));
    let ids =
        if typed.search.is_empty() { Vec::new() } else { shop.shelf.suggest(&typed.search, FOUND).products };
    let few_left = shop.app.config.shop.few_left;
    let work = move |conn: &mut PgConnection| {
        let (dossier, sight) = caller.read(conn, &asked, &there)?;
        if !sight.may_act() {
            return Ok((None, load(conn)?));
        }
        let swaps = wishes::read(conn, &dossier, few_left)?;
        let read = Some(read(conn, (dossier, swaps), &sought, &ids, there.now)?);
        Ok::<_, AppError>((read, load(conn)?))
    };
    let (read, viewer) = shop.app.db(work).await?;
    let Some(read) = read else { return Ok(prove(&number, Act::Lines)) };
    if matches!(read.plan, Err(ChangeError::TooLate)) {
        return Ok(back(shop, &number, Said::TooLateToPick));
    }
    let page = view(shop, &voice, &number, &typed, read, refused);
    let is_wrong = page.wrong.is_some();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(request, visit, status, &sheet, &viewer)))
}

fn read(
    conn: &mut PgConnection,
    (dossier, swaps): (Dossier, Wishes),
    typed: &Typed,
    found: &[i64],
    now: DateTime<Utc>,
) -> Result<Read, AppError> {
    let (wanted, new) = wanted(conn, &dossier.lines, typed, now)?;
    let found = catalog::by_ids(conn, found, now)?;
    let is_known = |item: &Item| {
        dossier.lines.iter().any(|l| l.product_id == item.article.id)
            || new.iter().any(|n| n.article.id == item.article.id)
    };
    let found = found.into_iter().filter(|item| !is_known(item)).collect();
    let plan = lifecycle::plan_change(conn, dossier.order.id, &wanted, now);
    if let Err(ChangeError::Db(e)) = plan {
        return Err(e.into());
    }
    Ok(Read { wanted, new, found, plan, dossier, swaps })
}

fn view(
    shop: &Shop,
    voice: &Voice,
    number: &OrderNumber,
    typed: &Typed,
    read: Read,
    refused: Option<String>,
) -> LinesPage {
    let dossier = &read.dossier;
    let own = dossier.lines.iter().map(|line| Row {
        sku: line.sku.clone(),
        words: format!("{}, {}", line.name, line.size_label),
        picture: assets::picture(&line.picture).into_owned(),
        fresh: line.picture_fit == catalog::PictureFit::Fresh,
        units: typed.of(line),
        hint: format!("{} each, {} ordered", line.unit_price_cents, line.quantity),
    });
    let new = read.new.iter().map(|item| row(item, typed));
    let wrong = refused.or_else(|| match &read.plan {
        Ok(plan) if plan.minimum_missing.is_zero() => None,
        Ok(plan) => Some(words(&ChangeError::BelowMinimum { missing: plan.minimum_missing })),
        Err(why) => Some(words(why)),
    });
    let error = if wrong.is_some() { "Error: " } else { "" };
    LinesPage {
        layout: Layout::new(shop, shop.head(&format!("{error}Change order {number} · SmartShop"), "", "")),
        here: address(number),
        number: number.to_string(),
        until: voice.until_picking(dossier, &shop.app.config.forecast).unwrap_or_default(),
        rows: own.chain(new).collect(),
        found: read.found.iter().map(|item| row(item, typed)).collect(),
        search: typed.search.clone(),
        preview: read.plan.as_ref().ok().and_then(|plan| preview(voice, dossier, plan, &read.wanted)),
        wrong,
        swaps: read.swaps,
        phone: voice.phone.clone(),
    }
}

fn row(item: &Item, typed: &Typed) -> Row {
    let article = &item.article;
    let left = match item.available() {
        0 => ", none left".to_owned(),
        n @ 1..=5 => format!(", {n} left"),
        _ => String::new(),
    };
    Row {
        sku: article.sku.clone(),
        words: format!("{}, {}", article.name, article.size_label()),
        picture: assets::picture(&article.picture).into_owned(),
        fresh: article.picture_fit == catalog::PictureFit::Fresh,
        units: typed.units.get(&article.sku).copied().unwrap_or(0),
        hint: format!("{} each{left}", item.unit_price()),
    }
}

/// Changes it. Where the card has to cover more, the bank is asked first.
pub(super) async fn change(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, AppError> {
    let (number, typed) = (number.into_inner(), Typed::read(form.into_inner()));
    let Some((order, outcome)) = try_it(&shop, &request, &visit, &number, &typed).await? else {
        return Ok(prove(&number, Act::Lines));
    };
    let outcome = match outcome {
        Err(ChangeError::More { needed, .. }) => {
            match cashier::reserve_more(&shop.app, order, needed).await {
                Ok(()) => try_it(&shop, &request, &visit, &number, &typed).await?.map(|(_, outcome)| outcome),
                Err(why) => return page(&shop, &request, &visit, number, typed, Some(why.words())).await,
            }
        }
        other => Some(other),
    };
    match outcome {
        None => Ok(prove(&number, Act::Lines)),
        Some(Ok(_)) => Ok(back(&shop, &number, Said::OrderChanged)),
        Some(Err(ChangeError::TooLate)) => Ok(back(&shop, &number, Said::TooLateToPick)),
        Some(Err(ChangeError::Db(e))) => Err(e.into()),
        Some(Err(why)) => page(&shop, &request, &visit, number, typed, Some(words(&why))).await,
    }
}

type Tried = Option<(OrderId, Result<Plan, ChangeError>)>;

/// Nothing for who has to show first that it is theirs.
async fn try_it(
    shop: &Data<Shop>,
    request: &HttpRequest,
    visit: &Visit,
    number: &OrderNumber,
    typed: &Typed,
) -> Result<Tried, AppError> {
    let (number, typed, voice) = (number.clone(), typed.clone(), voice(shop));
    let caller = Caller::of(shop, request, visit).await?;
    shop.app
        .db(move |conn| {
            let (dossier, sight) = caller.read(conn, &number, &voice)?;
            if !sight.may_act() {
                return Ok(None);
            }
            let id = dossier.order.id;
            let (wanted, _) = wanted(conn, &dossier.lines, &typed, voice.now)?;
            let changed = lifecycle::change_order(conn, id, &wanted, typed.agreed(), voice.now);
            Ok::<_, AppError>(Some((id, changed)))
        })
        .await
}
