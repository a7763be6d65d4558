//! Where somebody lives: set it, see what it costs and when we come, or hear that we do not.

use super::layout::Layout;
use super::notice::Notice;
use super::shop::Shop;
use super::visit::Visit;
use crate::basket;
use crate::delivery::{self, Answer, Place, Query, WishError};
use crate::error::AppError;
use crate::journeys::Kind;
use crate::web::text::clean_line;
use crate::web::{Counted, Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query as UrlQuery};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::Connection as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const LONGEST: usize = 60;

#[derive(Deserialize)]
pub(super) struct PlaceForm {
    #[serde(default)]
    place: String,
    /// Degrees, when the phone says where it is.
    latitude: Option<String>,
    longitude: Option<String>,
    /// Set on the way back from a form that was sent empty.
    missing: Option<String>,
}

impl PlaceForm {
    fn query(&self) -> Result<Query, AppError> {
        let text = clean_line(&self.place, LONGEST);
        if !text.is_empty() {
            return Ok(Query::Text(text));
        }
        let degrees = |v: &Option<String>, most: f64| {
            v.as_ref().and_then(|v| v.parse::<f64>().ok()).filter(|d| d.is_finite() && d.abs() <= most)
        };
        match (degrees(&self.latitude, 90.0), degrees(&self.longitude, 180.0)) {
            (Some(latitude), Some(longitude)) => Ok(Query::Position { latitude, longitude }),
            _ => Err(AppError::bad(
                "Type your Eircode, district or area, for example D06, D06 X4P7 or Rathmines.",
            )),
        }
    }
}

/// Sets the place. On success one is back on the page one came from, with the fee in its header;
/// otherwise on a page that says kindly why not.
pub(super) async fn set(
    shop: Data<Shop>,
    visit: Visit,
    form: Form<PlaceForm>,
) -> Result<HttpResponse, AppError> {
    let Ok(query) = form.query() else { return Ok(redirect("/place?missing=place", [])) };
    let id = visit.basket_or_new();
    let (now, valid_for) = (shop.app.clock.now(), shop.quote_valid_for());
    let (asked, atlas) = (query.clone(), Arc::clone(&shop.atlas));
    let answer = shop
        .app
        .db(move |conn| {
            let answer = atlas.area(conn)?.find(conn, &asked)?;
            if let Answer::Here { place, eircode } = &answer {
                conn.transaction(|conn| {
                    let quote = delivery::give_quote(conn, place, eircode.clone(), valid_for, now)?;
                    basket::change_place(conn, id, &quote, now)
                })?;
            }
            Ok::<_, AppError>(answer)
        })
        .await?;
    match answer {
        Answer::Here { place, .. } => {
            shop.baskets.forget(id);
            shop.count(Counted::QuoteGiven);
            shop.step(&visit, Kind::PlaceSet, json!({"place": place.routing_key}));
            let back = if visit.back().starts_with("/place") { "/" } else { visit.back() };
            Ok(redirect(back, [shop.basket_cookie(id), shop.notice_cookie(&Notice::PlaceSet)]))
        }
        Answer::Outside { .. } | Answer::Unknown { .. } => {
            shop.count(Counted::PlaceUnknown);
            shop.step(&visit, Kind::PlaceUnknown, asked_for(&query));
            Ok(redirect(&page_of(&query), []))
        }
    }
}

/// The page that says why a place is none of ours.
fn page_of(query: &Query) -> String {
    let mut address = form_urlencoded::Serializer::new(String::new());
    match query {
        Query::Text(text) => address.append_pair("place", text),
        Query::Position { latitude, longitude } => address
            .append_pair("latitude", &format!("{latitude:.2}"))
            .append_pair("longitude", &format!("{longitude:.2}")),
    };
    format!("/place?{}", address.finish())
}

/// What is noted of a place that is none of ours: its routing key. All else may be somebody's door.
fn asked_for(query: &Query) -> Value {
    match query {
        Query::Text(text) => json!({"routing_key": delivery::routing_key(text)}),
        Query::Position { .. } => json!({"position": true}),
    }
}

#[derive(Template)]
#[template(path = "shop/place.html")]
struct PlacePage {
    layout: Layout,
    title: String,
    words: String,
    asked: String,
    alike: Vec<(String, String)>,
    place_error: Option<&'static str>,
    /// Whether one may ask to be told.
    wish: bool,
    wish_error: Option<&'static str>,
    email: String,
}

/// The page of a place we do not go to or do not know; with nothing asked, the question.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asked: UrlQuery<PlaceForm>,
) -> Result<HttpResponse, AppError> {
    let page = match asked.query() {
        Ok(query) => {
            let answer = shop.app.read(move |conn| delivery::find(conn, &query)).await?;
            place_page(&shop, &clean_line(&asked.place, LONGEST), answer)
        }
        Err(_) if asked.missing.is_some() => nothing_typed(&shop),
        Err(_) => question(&shop),
    };
    let sheet = Sheet::new(&render(&page)?, Effort::Quick);
    shop.answer(&request, &visit, StatusCode::OK, &sheet).await
}

fn question(shop: &Shop) -> PlacePage {
    PlacePage {
        layout: Layout::new(
            shop,
            shop.head("Where do you live? · SmartShop", "Delivery fee and times by place.", ""),
        ),
        title: "Where do you live?".into(),
        words: "With your Eircode, district or area we show the fee and the next free time at once.".into(),
        asked: String::new(),
        alike: Vec::new(),
        place_error: None,
        wish: false,
        wish_error: None,
        email: String::new(),
    }
}

fn nothing_typed(shop: &Shop) -> PlacePage {
    let mut page = question(shop);
    page.layout.head.title = format!("Error: {}", page.layout.head.title);
    page.place_error = Some("Type your Eircode, district or area, for example D06, D06 X4P7 or Rathmines.");
    page
}

fn place_page(shop: &Shop, asked: &str, answer: Answer) -> PlacePage {
    let mut page = question(shop);
    asked.clone_into(&mut page.asked);
    match answer {
        Answer::Here { place, .. } => {
            page.title = format!("We deliver to {}", place.label());
            page.words = "Press the button to see the fee and the next free time.".into();
            page.asked = place.routing_key.clone();
        }
        Answer::Outside { name, nearest } => {
            page.title = format!("We do not come to {name} yet");
            page.words = match &nearest {
                Some(place) => format!(
                    "The nearest place we deliver to is {}. Your basket stays as it is.",
                    place.label()
                ),
                None => "It is outside the area we deliver to. Your basket stays as it is.".into(),
            };
            page.alike = nearest.iter().map(choice).collect();
            page.wish = true;
        }
        Answer::Unknown { alike } => {
            page.title = format!("We do not know “{asked}”");
            page.words = if alike.is_empty() {
                "Try the first three characters of your Eircode, for example D06. Your basket stays as it is."
                    .into()
            } else {
                "Did you mean one of these? Your basket stays as it is.".into()
            };
            page.alike = alike.iter().map(choice).collect();
            page.wish = true;
        }
    }
    page
}

fn choice(place: &Place) -> (String, String) {
    (place.routing_key.clone(), place.label())
}

#[derive(Deserialize)]
pub(super) struct WishForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    place: String,
}

pub(super) async fn wish(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    form: Form<WishForm>,
) -> Result<HttpResponse, AppError> {
    let (email, asked) = (clean_line(&form.email, 254), clean_line(&form.place, LONGEST));
    let now = shop.app.clock.now();
    let (to_note, place) = (email.clone(), asked.clone());
    let noted = shop
        .app
        .db(move |conn| {
            Ok::<_, AppError>(match delivery::note_wish(conn, &to_note, &place, now) {
                Ok(()) => true,
                Err(WishError::Email) => false,
                Err(WishError::Db(e)) => return Err(e.into()),
            })
        })
        .await?;
    if noted {
        return Ok(redirect("/", [shop.notice_cookie(&Notice::WishNoted)]));
    }
    let mut page = question(&shop);
    page.layout.head.title = format!("Error: {}", page.layout.head.title);
    page.title = "One thing is missing".into();
    page.words = "Your mail address did not look like one, so nothing was noted yet.".into();
    page.wish = true;
    page.wish_error = Some("Enter a mail address such as name@example.com.");
    (page.asked, page.email) = (asked, email);
    let sheet = Sheet::new(&render(&page)?, Effort::Quick);
    shop.answer(&request, &visit, StatusCode::UNPROCESSABLE_ENTITY, &sheet).await
}
