//! The receipt: what was ordered, what it came to, and the tax in it. A summary, until it is paid.

use super::access::{Sight, address, open, private, voice};
use super::dossier::Dossier;
use super::sums::tax_rows;
use super::views::{TotalsView, facts};
use super::words::{Dates, Line, Voice};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::money::Money;
use crate::orders::{OrderLine, OrderState};
use crate::storefront::{Layout, Shop, Visit};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "order/receipt.html")]
struct ReceiptPage {
    layout: Layout,
    name: &'static str,
    number: String,
    here: String,
    shop: String,
    phone: String,
    placed: String,
    window: String,
    deliver_to: String,
    lines: Vec<Row>,
    totals: TotalsView,
    tax: Vec<TaxWords>,
    paid: String,
    money: Vec<Line>,
}

struct Row {
    quantity: i32,
    name: String,
    size: String,
    offer: String,
    vat: i32,
    sum: String,
    /// What became of it.
    note: Option<String>,
}

struct TaxWords {
    rate: String,
    net: String,
    tax: String,
    gross: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if !matches!(dossier.order.state, OrderState::Confirmed | OrderState::Completed) {
        return Ok(private(redirect(&address(&number), [])));
    }
    // It is kept for years.
    let voice = Voice { dates: Dates::WithYear, ..voice };
    let page = page(&shop, &voice, &dossier, sight);
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
}

fn page(shop: &Shop, voice: &Voice, dossier: &Dossier, sight: Sight) -> ReceiptPage {
    let (number, name) = (dossier.order.number.to_string(), dossier.paper());
    let deliver_to = facts(voice, dossier, sight).into_iter().find(|f| f.name == "Deliver to");
    ReceiptPage {
        layout: Layout::new(shop, shop.head(&format!("{name} for order {number} · SmartShop"), "", "")),
        name,
        here: address(&dossier.order.number),
        number,
        shop: shop.app.config.shop.on_receipts(),
        phone: voice.phone.clone(),
        placed: voice.time(dossier.order.placed_at),
        window: voice.promised(dossier),
        deliver_to: deliver_to.map_or_else(String::new, |f| f.value),
        lines: dossier.lines.iter().map(|line| row(line, voice.picked(dossier, line.position))).collect(),
        totals: TotalsView::new(voice, dossier),
        tax: tax_words(dossier),
        paid: voice.sum(dossier),
        money: voice.money(&dossier.story),
    }
}

fn row(line: &OrderLine, note: Option<String>) -> Row {
    Row {
        quantity: line.quantity,
        name: line.name.clone(),
        size: line.size_label.clone(),
        offer: line.offer_label.clone(),
        vat: line.vat_percent,
        sum: line.full_cents.to_string(),
        note,
    }
}

fn tax_words(dossier: &Dossier) -> Vec<TaxWords> {
    let rows = tax_rows(&dossier.order, &dossier.real_lines());
    let words = |rate: String, net: Money, tax: Money, gross: Money| TaxWords {
        rate,
        net: net.to_string(),
        tax: tax.to_string(),
        gross: gross.to_string(),
    };
    let sum = |of: fn(&super::sums::TaxRow) -> Money| rows.iter().map(of).sum::<Money>();
    let total = words("All".to_owned(), sum(|r| r.net), sum(|r| r.tax), sum(|r| r.gross));
    rows.iter().map(|r| words(format!("{} %", r.percent), r.net, r.tax, r.gross)).chain([total]).collect()
}
