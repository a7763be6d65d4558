//! What is in an order, changed by its customer until picking starts.

use super::access::{Caller, address, private, voice};
use super::change::back;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::rest::{self, Rest};
use super::said::Said;
use super::wishes::{self as swaps, Wishes as Swaps};
use super::words::Voice;
use crate::cashier;
use crate::catalog::{self, Item};
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber, ProductId, Sku};
use crate::inventory::Wanted;
use crate::lifecycle::{self, ChangeError, Confirming, Plan};
use crate::money::Money;
use crate::orders::OrderLine;
use crate::payments::PayBy;
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::web::text::clean_line;
use crate::web::{Effort, Sheet, assets, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Things found for what was searched.
const FOUND: usize = 8;
/// New things looked up at once; more is a new order.
const MOST_NEW: usize = 40;

/// What was typed: how many of each product, by its number, and what is searched for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wishes {
    units: BTreeMap<String, i32>,
    search: String,
    total: Money,
    maximum: Money,
}

impl Wishes {
    pub(super) fn read(fields: Vec<(String, String)>) -> Self {
        let mut wishes = Self::default();
        let cents = |text: &str| Money(text.parse().unwrap_or(0));
        for (name, value) in fields {
            match name.as_str() {
                "q" => wishes.search = clean_line(&value, 100),
                "total" => wishes.total = cents(&value),
                "maximum" => wishes.maximum = cents(&value),
                other => {
                    let sku = other.strip_prefix("n.").filter(|sku| sku.len() <= 40);
                    if let (Some(sku), Ok(units)) = (sku, value.trim().parse::<i32>()) {
                        wishes.units.insert(sku.to_owned(), units.max(0));
                    }
                }
            }
        }
        wishes
    }

    fn of(&self, line: &OrderLine) -> i32 {
        self.units.get(&line.sku).copied().unwrap_or(line.quantity)
    }

    fn agreed(&self) -> Confirming {
        Confirming { total: self.total, maximum: self.maximum }
    }
}

struct Row {
    sku: String,
    words: String,
    picture: String,
    fresh: bool,
    units: i32,
    hint: String,
}

/// What it would become.
struct Preview {
    changes: Vec<String>,
    total: String,
    before: String,
    most: Option<String>,
    delivery: String,
    money: String,
    coupon_gone: Option<String>,
    /// What is sent when it is agreed to.
    fields: Vec<(String, i32)>,
    agreed: (i64, i64),
    /// What is offered instead, where the money cannot become more.
    rest: Option<Rest>,
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
    swaps: Swaps,
    phone: String,
}

/// All that the page needs, read together.
struct Read {
    dossier: Dossier,
    swaps: Swaps,
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
    let wishes = Wishes::read(fields.into_inner());
    page(&shop, &request, &visit, number.into_inner(), wishes, None).await
}

async fn page(
    shop: &Data<Shop>,
    request: &HttpRequest,
    visit: &Visit,
    number: OrderNumber,
    wishes: Wishes,
    refused: Option<String>,
) -> Result<HttpResponse, AppError> {
    let voice = voice(shop);
    let caller = Caller::of(shop, request, visit).await?;
    let (asked, there, sought, load) =
        (number.clone(), voice.clone(), wishes.clone(), Viewer::loader(shop, visit));
    let ids = if wishes.search.is_empty() {
        Vec::new()
    } else {
        shop.shelf.suggest(&wishes.search, FOUND).products
    };
    let few_left = shop.app.config.shop.few_left;
    let work = move |conn: &mut PgConnection| {
        let (dossier, sight) = caller.read(conn, &asked, &there)?;
        if !sight.may_act() {
            return Ok((None, load(conn)?));
        }
        let swaps = swaps::read(conn, &dossier, few_left)?;
        let read = Some(read(conn, (dossier, swaps), &sought, &ids, there.now)?);
        Ok::<_, AppError>((read, load(conn)?))
    };
    let (read, viewer) = shop.app.db(work).await?;
    let Some(read) = read else { return Ok(prove(&number, Act::Lines)) };
    if matches!(read.plan, Err(ChangeError::TooLate)) {
        return Ok(back(shop, &number, Said::TooLateToPick));
    }
    let page = view(shop, &voice, &number, &wishes, read, refused);
    let is_wrong = page.wrong.is_some();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(request, visit, status, &sheet, &viewer)))
}

fn read(
    conn: &mut PgConnection,
    (dossier, swaps): (Dossier, Swaps),
    wishes: &Wishes,
    found: &[i64],
    now: DateTime<Utc>,
) -> Result<Read, AppError> {
    let (wanted, new) = wanted(conn, &dossier.lines, wishes, now)?;
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

/// The order's own things first, in their order, then what is new.
pub(super) fn wanted(
    conn: &mut PgConnection,
    lines: &[OrderLine],
    wishes: &Wishes,
    now: DateTime<Utc>,
) -> QueryResult<(Vec<Wanted>, Vec<Item>)> {
    let mut wanted: Vec<Wanted> =
        lines.iter().map(|l| Wanted { product: l.product_id, units: wishes.of(l) }).collect();
    let is_new = |sku: &String| !lines.iter().any(|l| l.sku == *sku);
    let mut new = Vec::new();
    for (sku, units) in wishes.units.iter().filter(|(sku, units)| **units > 0 && is_new(sku)).take(MOST_NEW) {
        let Ok(sku) = Sku::try_from(sku.clone()) else { continue };
        let Some(item) = catalog::by_sku(conn, &sku, now).optional()? else { continue };
        wanted.push(Wanted { product: item.article.id, units: *units });
        new.push(item);
    }
    Ok((wanted, new))
}

fn view(
    shop: &Shop,
    voice: &Voice,
    number: &OrderNumber,
    wishes: &Wishes,
    read: Read,
    refused: Option<String>,
) -> LinesPage {
    let dossier = &read.dossier;
    let own = dossier.lines.iter().map(|line| Row {
        sku: line.sku.clone(),
        words: format!("{}, {}", line.name, line.size_label),
        picture: assets::picture(&line.picture).into_owned(),
        fresh: line.picture_fit == catalog::PictureFit::Fresh,
        units: wishes.of(line),
        hint: format!("{} each, {} ordered", line.unit_price_cents, line.quantity),
    });
    let new = read.new.iter().map(|item| row(item, wishes));
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
        found: read.found.iter().map(|item| row(item, wishes)).collect(),
        search: wishes.search.clone(),
        preview: read.plan.as_ref().ok().and_then(|plan| preview(voice, dossier, plan, &read.wanted)),
        wrong,
        swaps: read.swaps,
        phone: voice.phone.clone(),
    }
}

fn row(item: &Item, wishes: &Wishes) -> Row {
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
        units: wishes.units.get(&article.sku).copied().unwrap_or(0),
        hint: format!("{} each{left}", item.unit_price()),
    }
}

fn preview(voice: &Voice, dossier: &Dossier, plan: &Plan, wanted: &[Wanted]) -> Option<Preview> {
    if plan.changes.is_empty() || !plan.minimum_missing.is_zero() {
        return None;
    }
    let sku = |id: ProductId| {
        plan.lines.iter().chain(&dossier.lines).find(|l| l.product_id == id).map(|l| l.sku.clone())
    };
    let (order, sums) = (&plan.order, plan.sums());
    Some(Preview {
        changes: plan.changes.iter().map(|c| c.words()).collect(),
        total: order.total_cents.to_string(),
        before: dossier.order.total_cents.to_string(),
        most: (order.maximum_cents > order.total_cents).then(|| order.maximum_cents.to_string()),
        delivery: if order.fee_cents.is_zero() { "free".to_owned() } else { order.fee_cents.to_string() },
        money: money(dossier, order.maximum_cents),
        coupon_gone: plan.coupon_gone.clone(),
        fields: wanted.iter().filter_map(|w| Some((sku(w.product)?, w.units))).collect(),
        agreed: (sums.total.cents(), sums.maximum.cents()),
        rest: rest::offer(voice, dossier, plan),
    })
}

/// What becomes of the money, said before it does.
fn money(dossier: &Dossier, most: Money) -> String {
    let Some(payment) = dossier.story.payment().filter(|t| t.state.is_standing()) else {
        return "There is nothing to pay.".to_owned();
    };
    let (has, label) = (payment.amount, &payment.label);
    match payment.method {
        PayBy::CashAtDoor | PayBy::CardAtDoor => "You pay at the door, as before.".to_owned(),
        PayBy::Card if most > has => {
            format!(
                "{has} is reserved on {label}. We ask your bank for {most} first; if it says no, nothing changes."
            )
        }
        PayBy::Card => {
            format!(
                "{has} stays reserved on {label}. You are charged what it comes to, and the rest is let go."
            )
        }
        PayBy::Redirect => {
            format!("You paid {has} with {label}. What it comes to less goes back to you once it is packed.")
        }
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
    let (number, wishes) = (number.into_inner(), Wishes::read(form.into_inner()));
    let Some((order, outcome)) = try_it(&shop, &request, &visit, &number, &wishes).await? else {
        return Ok(prove(&number, Act::Lines));
    };
    let outcome = match outcome {
        Err(ChangeError::More { needed, .. }) => {
            match cashier::reserve_more(&shop.app, order, needed).await {
                Ok(()) => {
                    try_it(&shop, &request, &visit, &number, &wishes).await?.map(|(_, outcome)| outcome)
                }
                Err(why) => return page(&shop, &request, &visit, number, wishes, Some(why.words())).await,
            }
        }
        other => Some(other),
    };
    match outcome {
        None => Ok(prove(&number, Act::Lines)),
        Some(Ok(_)) => Ok(back(&shop, &number, Said::OrderChanged)),
        Some(Err(ChangeError::TooLate)) => Ok(back(&shop, &number, Said::TooLateToPick)),
        Some(Err(ChangeError::Db(e))) => Err(e.into()),
        Some(Err(why)) => page(&shop, &request, &visit, number, wishes, Some(words(&why))).await,
    }
}

type Tried = Option<(OrderId, Result<Plan, ChangeError>)>;

/// Nothing for who has to show first that it is theirs.
async fn try_it(
    shop: &Data<Shop>,
    request: &HttpRequest,
    visit: &Visit,
    number: &OrderNumber,
    wishes: &Wishes,
) -> Result<Tried, AppError> {
    let (number, wishes, voice) = (number.clone(), wishes.clone(), voice(shop));
    let caller = Caller::of(shop, request, visit).await?;
    shop.app
        .db(move |conn| {
            let (dossier, sight) = caller.read(conn, &number, &voice)?;
            if !sight.may_act() {
                return Ok(None);
            }
            let id = dossier.order.id;
            let (wanted, _) = wanted(conn, &dossier.lines, &wishes, voice.now)?;
            let changed = lifecycle::change_order(conn, id, &wanted, wishes.agreed(), voice.now);
            Ok::<_, AppError>(Some((id, changed)))
        })
        .await
}

/// Why not, in plain words.
fn words(why: &ChangeError) -> String {
    let unchanged = "Nothing has changed.";
    match why {
        ChangeError::TooLate => format!("It is being picked already. {unchanged}"),
        ChangeError::Empty => {
            format!("Nothing would be left. You can cancel the order instead. {unchanged}")
        }
        ChangeError::TooMuch => format!("At most 99 of one thing, and 200 things. {unchanged}"),
        ChangeError::NotSold => format!("One of these is not sold any more. {unchanged}"),
        ChangeError::Gone(gone) => {
            let each = gone.iter().map(|g| format!("{}: {} left, {} wanted", g.name, g.left, g.wanted));
            format!("There is not so much any more. {}. {unchanged}", each.collect::<Vec<_>>().join("; "))
        }
        ChangeError::BelowMinimum { missing } => {
            format!("The smallest order we bring needs {missing} more of goods. {unchanged}")
        }
        ChangeError::Age(age) => format!(
            "Something you added is for people aged {age} or over. Place an order of its own for it. {unchanged}"
        ),
        ChangeError::Changed { now } => {
            format!(
                "A price has changed meanwhile: it would come to {}. Look again and agree. {unchanged}",
                now.total
            )
        }
        ChangeError::More { reserved, needed } => {
            format!("Your card is reserved for {reserved}, and this needs {needed}. {unchanged}")
        }
        ChangeError::OnlyLess { paid, label } => format!(
            "You paid {paid} with {label}, so this order can only come to less. Place a second one for more. {unchanged}"
        ),
        ChangeError::Db(_) => unchanged.to_owned(),
    }
}
