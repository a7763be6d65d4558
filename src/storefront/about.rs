//! Pages about the shop itself.

use super::card::{Card, Cards};
use super::layout::Layout;
use super::notice::Notice;
use super::shop::Shop;
use super::visit::Visit;
use crate::catalog;
use crate::error::AppError;
use crate::journeys::{CONSENT_COOKIE, Choice, SESSION_COOKIE, VISITOR_COOKIE};
use crate::web::{Effort, Marked, redirect, render};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const HALF_A_YEAR: u32 = 182 * 86_400;

#[derive(Template)]
#[template(path = "shop/privacy.html")]
struct PrivacyPage {
    layout: Layout,
    photo_days: i64,
}

pub(super) async fn privacy(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let head = shop.head("Privacy · SmartShop", "What we keep, why, and your choice.", "/privacy");
    let make = {
        let shop = shop.clone();
        move |_: &mut diesel::PgConnection| {
            let photo_days = shop.app.config.shop.photo_days;
            render(&PrivacyPage { layout: Layout::new(&shop, head), photo_days })
        }
    };
    shop.page(&request, &visit, "/privacy", Effort::Best, make).await
}

#[derive(Deserialize)]
pub(super) struct ChoiceForm {
    #[serde(default)]
    choice: String,
}

/// Keeps the choice about footsteps. A "no" takes the cookies of an earlier "yes" away.
pub(super) async fn choose(
    shop: Data<Shop>,
    visit: Visit,
    form: Form<ChoiceForm>,
) -> Result<HttpResponse, AppError> {
    let choice = match form.choice.as_str() {
        "yes" => Choice::Yes,
        "no" => Choice::No,
        _ => return Err(AppError::bad("Choose yes or no.")),
    };
    let kept = if choice == Choice::Yes { "yes" } else { "no" };
    let mut cookies =
        vec![shop.cookie(CONSENT_COOKIE, kept, HALF_A_YEAR), shop.notice_cookie(&Notice::ChoiceKept)];
    if choice == Choice::No {
        cookies.extend([VISITOR_COOKIE, SESSION_COOKIE].map(|name| shop.cookie(name, "", 0)));
    }
    let back = if visit.back() == "/basket" { "/privacy" } else { visit.back() };
    Ok(redirect(back, cookies))
}

#[derive(Template)]
#[template(path = "shop/help.html")]
struct HelpPage {
    layout: Layout,
    quote_minutes: i64,
}

pub(super) async fn help(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let head =
        shop.head("Help · SmartShop", "How delivery, prices, weighed goods and your basket work.", "/help");
    let make = {
        let shop = shop.clone();
        move |_: &mut diesel::PgConnection| {
            render(&HelpPage {
                layout: Layout::new(&shop, head),
                quote_minutes: shop.app.config.shop.quote_minutes,
            })
        }
    };
    shop.page(&request, &visit, "/help", Effort::Best, make).await
}

#[derive(Template)]
#[template(path = "shop/sources.html")]
struct SourcesPage {
    layout: Layout,
}

/// Who made the pictures, the font and the facts.
pub(super) async fn sources(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let head = shop.head(
        "Pictures and sources · SmartShop",
        "Who made the pictures, icons, font and demo facts.",
        "/sources",
    );
    let make = {
        let shop = shop.clone();
        move |_: &mut diesel::PgConnection| render(&SourcesPage { layout: Layout::new(&shop, head) })
    };
    shop.page(&request, &visit, "/sources", Effort::Best, make).await
}

#[derive(Template)]
#[template(path = "shop/styleguide.html")]
struct StyleguidePage {
    layout: Layout,
    cards: Marked,
    colours: Vec<(&'static str, &'static str)>,
}

/// The parts of the house on one page, made by the same templates the shop uses. Only in demo mode.
pub(super) async fn styleguide(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    if !shop.demo {
        return Err(AppError::NotFound);
    }
    let make = {
        let shop = shop.clone();
        move |conn: &mut diesel::PgConnection| {
            let items = catalog::best_sellers(conn, 6, shop.app.clock.now())?;
            let head = shop.head("Style guide · SmartShop", "The parts the shop is built from.", "");
            render(&StyleguidePage {
                layout: Layout::new(&shop, head),
                cards: Cards { cards: &Card::all(&items), heading: "h3", row: true }.html(),
                colours: COLOURS.to_vec(),
            })
        }
    };
    shop.page(&request, &visit, "/styleguide", Effort::Best, make).await
}

/// Name of the token and what it is for.
const COLOURS: [(&str, &str); 12] = [
    ("paper", "the page"),
    ("surface", "what lies on it"),
    ("sunken", "what is set into it"),
    ("plate", "behind a picture"),
    ("ink", "text"),
    ("ink-2", "quieter text"),
    ("edge", "borders of controls"),
    ("leaf", "what can be done, or is done"),
    ("leaf-soft", "good"),
    ("offer-soft", "refused, or less to pay"),
    ("warn-soft", "late, few left, your choice"),
    ("info-soft", "worth knowing"),
];
