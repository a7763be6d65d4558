//! Search: results, what to offer when there are none, and suggestions while typing.

use super::card::{Card, Cards};
use super::layout::{Layout, upper_first};
use super::listing::{self, Asked, Scope};
use super::shop::Shop;
use super::visit::Visit;
use crate::catalog::browse::Answer;
use crate::catalog::{self, PictureFit};
use crate::error::AppError;
use crate::ids::Sku;
use crate::journeys::Kind;
use crate::web::text::clean_line;
use crate::web::{Counted, Effort, Marked, Sheet, assets, render};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;
use serde_json::json;

const SUGGESTED: usize = 5;

/// A page of results, or of what to do without any.
struct Found {
    html: String,
    total: usize,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(request.query_string())?;
    let text = asked.text.clone();
    let make = {
        let shop = shop.clone();
        move |conn: &mut PgConnection| results(&shop, conn, &asked)
    };
    let found = shop.app.read(make).await?;
    if !text.is_empty() {
        shop.step(&visit, Kind::Search, json!({"words": text, "results": found.total}));
        if found.total == 0 {
            shop.count(Counted::SearchWithoutResult);
        }
    }
    shop.answer(&request, &visit, StatusCode::OK, &Sheet::new(&found.html, Effort::Quick)).await
}

fn results(shop: &Shop, conn: &mut PgConnection, asked: &Asked) -> Result<Found, AppError> {
    let mut scope = scope(asked);
    let mut answer = shop.shelf.browse(&asked.ask(shop, &scope, false));
    // The number on the shelf edge names one product; no words are looked for.
    if asked.choices.is_empty()
        && let Some(id) = by_number(conn, &asked.text)?
    {
        answer = Answer { ids: vec![id], total: 1, ..Answer::default() };
    }
    let unfiltered = asked.choices.is_empty();
    if answer.ids.is_empty() && unfiltered {
        return Ok(Found { html: nothing(shop, conn, asked, &answer.meant)?, total: 0 });
    }
    scope.said = said(&answer, asked);
    let total = if answer.relaxed { 0 } else { answer.total };
    let items = listing::items_in_order(shop, conn, &answer.ids)?;
    Ok(Found { html: listing::page(shop, asked, scope, &answer, &items)?, total })
}

fn by_number(conn: &mut PgConnection, text: &str) -> Result<Option<i64>, AppError> {
    let Ok(sku) = Sku::try_from(text.to_owned()) else { return Ok(None) };
    Ok(catalog::id_by_sku(conn, &sku)?.map(|id| id.0))
}

fn scope(asked: &Asked) -> Scope {
    let title =
        if asked.text.is_empty() { "All products".to_owned() } else { format!("“{}”", asked.text) };
    Scope {
        path: "/search".into(),
        title,
        description: "Search results".into(),
        department: None,
        category: None,
        crumbs: Vec::new(),
        chips: Vec::new(),
        said: None,
        public: false,
    }
}

fn said(answer: &Answer, asked: &Asked) -> Option<String> {
    if answer.relaxed {
        return Some(format!("Nothing has all the words of “{}”. This comes closest.", asked.text));
    }
    if answer.corrected.is_empty() {
        return None;
    }
    let words: Vec<String> =
        answer.corrected.iter().map(|(typed, used)| format!("“{used}” for “{typed}”")).collect();
    Some(format!("We looked for {}.", words.join(", ")))
}

#[derive(Template)]
#[template(path = "shop/nothing.html")]
struct NothingPage {
    layout: Layout,
    title: String,
    words: String,
    ways: Vec<(String, String)>,
    often: Marked,
}

fn nothing(
    shop: &Shop,
    conn: &mut PgConnection,
    asked: &Asked,
    meant: &[String],
) -> Result<String, AppError> {
    let title = format!("Nothing found for “{}”", asked.text);
    let often = catalog::best_sellers(conn, 6, shop.app.clock.now())?;
    let cards = Card::all(&often);
    let mut layout = Layout::new(shop, shop.head(&format!("{title} · SmartShop"), "Search results", ""));
    layout.query.clone_from(&asked.text);
    render(&NothingPage {
        layout,
        title,
        words: if meant.is_empty() {
            "We do not have it at the moment, or know it by another name. Try one word, or the kind of thing it is."
                .into()
        } else {
            "We do not have it by that name. Did you mean one of these?".into()
        },
        ways: ways(meant),
        often: Cards { cards: &cards, heading: "h3", row: true }.html(),
    })
}

/// What to do next: search for what was meant, else look around.
fn ways(meant: &[String]) -> Vec<(String, String)> {
    let search = |word: &String| {
        (upper_first(word), Asked { text: word.clone(), ..Asked::default() }.address("/search"))
    };
    let around = [
        ("See all departments".to_owned(), "/#aisles".to_owned()),
        ("See the offers".to_owned(), "/offers".to_owned()),
    ];
    meant.iter().map(search).chain(around).take(4).collect()
}

#[derive(Deserialize)]
pub(super) struct Typed {
    q: String,
}

struct Suggestion {
    href: String,
    icon: &'static str,
    text: Marked,
    inside: String,
}

struct SuggestedProduct {
    href: String,
    picture: String,
    fresh: bool,
    name: Marked,
    meta: String,
    price: String,
    unit: String,
}

#[derive(Template)]
#[template(path = "parts/suggestions.html")]
struct SuggestionList {
    words: Vec<Suggestion>,
    products: Vec<SuggestedProduct>,
    all: String,
    query: String,
    count: usize,
}

/// The list under the search field, as a fragment.
pub(super) async fn suggest(shop: Data<Shop>, typed: Query<Typed>) -> Result<HttpResponse, AppError> {
    let text = clean_line(&typed.q, 100);
    let list = {
        let shop = shop.clone();
        shop.clone().app.read(move |conn| suggestions(&shop, conn, &text)).await?
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("private, max-age=30")))
        .body(render(&list)?))
}

fn suggestions(shop: &Shop, conn: &mut PgConnection, text: &str) -> Result<SuggestionList, AppError> {
    let mut found = shop.shelf.suggest(text, SUGGESTED);
    if let Some(id) = by_number(conn, text)? {
        found.products = vec![id];
    }
    let tree = shop.shelf.tree();
    let completions = found.completions.iter().map(|words| Suggestion {
        href: Asked { text: words.clone(), ..Asked::default() }.address("/search"),
        icon: "search",
        text: emphasised(words, text),
        inside: String::new(),
    });
    let categories = found.categories.iter().filter_map(|id| tree.category(*id)).map(|(d, c)| Suggestion {
        href: format!("/d/{}/{}", d.slug, c.slug),
        icon: "list",
        text: emphasised(&c.name, text),
        inside: format!("in {}", d.name),
    });
    let words: Vec<Suggestion> = completions.chain(categories).collect();
    let items = listing::items_in_order(shop, conn, &found.products)?;
    let products: Vec<SuggestedProduct> = items.iter().map(|item| suggested(item, text)).collect();
    Ok(SuggestionList {
        count: words.len() + products.len(),
        words,
        products,
        all: Asked { text: text.to_owned(), ..Asked::default() }.address("/search"),
        query: text.to_owned(),
    })
}

fn suggested(item: &catalog::Item, text: &str) -> SuggestedProduct {
    let card = Card::new(item);
    SuggestedProduct {
        href: card.href,
        picture: assets::picture(&item.article.picture).into_owned(),
        fresh: item.article.picture_fit == PictureFit::Fresh,
        name: emphasised(&item.article.name, text),
        meta: format!("{}, {}", item.article.brand, item.article.size_label()),
        price: card.price,
        unit: card.unit,
    }
}

/// The text with what was typed set off, escaped.
fn emphasised(text: &str, typed: &str) -> Marked {
    let escape =
        |s: &str| s.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let typed = typed.trim().to_lowercase();
    // Lower case may change the length of a text; then nothing is set off.
    let lower = text.to_lowercase();
    let at = (lower.len() == text.len() && !typed.is_empty()).then(|| lower.find(&typed)).flatten();
    let parts = at.and_then(|at| {
        Some((text.get(..at)?, text.get(at..at + typed.len())?, text.get(at + typed.len()..)?))
    });
    Marked(match parts {
        Some((before, hit, after)) => {
            format!("{}<mark>{}</mark>{}", escape(before), escape(hit), escape(after))
        }
        None => escape(text),
    })
}

#[cfg(test)]
mod tests {
    use super::emphasised;

    #[test]
    fn what_was_typed_is_set_off_and_nothing_gets_through() {
        assert_eq!(emphasised("Whole Milk", "mil").0, "Whole <mark>Mil</mark>k");
        assert_eq!(emphasised("<b>Milk</b>", "<b>").0, "<mark>&lt;b&gt;</mark>Milk&lt;/b&gt;");
        assert_eq!(emphasised("Crème", "rè").0, "C<mark>rè</mark>me");
        assert_eq!(emphasised("İstanbul", "i").0, "İstanbul");
    }
}
