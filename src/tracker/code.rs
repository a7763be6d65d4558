//! Acts by link: a code goes to the order's own contact, and the browser that types it may act.

use super::access::{Caller, Sight, address, key_cookie, later, private, voice};
use crate::error::AppError;
use crate::events::{self, Event};
use crate::ids::{Actor, OrderId, OrderNumber};
use crate::orders::{self, CODE_MINUTES, TRUST_HOURS, Typed};
use crate::outside::mail::{self, Letter};
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::throttle::{self, Limited};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

/// What somebody wants to do with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Window,
    Instructions,
    Lines,
    Cancel,
    Report,
    /// Say yes or no to what a picker asks: on the order's own page.
    Answer,
    /// Look at what was left at the door: there too.
    Picture,
    /// Pay it another time, or promise to pay at the door: there too.
    Pay,
}

impl Act {
    const ALL: [Self; 8] = [
        Self::Window,
        Self::Instructions,
        Self::Lines,
        Self::Cancel,
        Self::Report,
        Self::Answer,
        Self::Picture,
        Self::Pay,
    ];

    /// The last part of its address.
    const fn part(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Instructions => "instructions",
            Self::Lines => "lines",
            Self::Cancel => "cancellation",
            Self::Report => "problem",
            Self::Answer => "answer",
            Self::Picture => "picture",
            Self::Pay => "payment",
        }
    }

    fn read(part: &str) -> Self {
        Self::ALL.into_iter().find(|act| act.part() == part).unwrap_or(Self::Instructions)
    }

    /// Behind "to".
    const fn words(self) -> &'static str {
        match self {
            Self::Window => "choose another time",
            Self::Instructions => "tell the rider something",
            Self::Lines => "change what is in this order",
            Self::Cancel => "cancel this order",
            Self::Report => "report a problem",
            Self::Answer => "answer your picker",
            Self::Picture => "see the picture",
            Self::Pay => "pay for this order",
        }
    }

    fn address(self, number: &OrderNumber) -> String {
        match self {
            Self::Window | Self::Instructions | Self::Lines | Self::Cancel | Self::Report => {
                format!("{}/{}", address(number), self.part())
            }
            Self::Answer | Self::Picture | Self::Pay => address(number),
        }
    }
}

/// To where one proves that the order is one's own.
pub(super) fn prove(number: &OrderNumber, act: Act) -> HttpResponse {
    private(redirect(&format!("{}/code?then={}", address(number), act.part()), []))
}

#[derive(Deserialize)]
pub(super) struct CodeForm {
    #[serde(default)]
    then: String,
    #[serde(default)]
    code: String,
}

#[derive(Template)]
#[template(path = "order/code.html")]
struct CodePage {
    layout: Layout,
    number: String,
    here: String,
    then: &'static str,
    act: &'static str,
    is_sent: bool,
    wrong: Option<String>,
    minutes: i64,
    hours: i64,
    phone: String,
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a> {
    number: &'a str,
    code: &'a str,
}

#[derive(Template)]
#[template(path = "mail/code.html")]
struct CodeHtml<'a> {
    number: &'a str,
    code: &'a str,
}

pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Query<CodeForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice, act) = (number.into_inner(), voice(&shop), Act::read(&form.then));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, load) = (number.clone(), Viewer::loader(&shop, &visit));
    let (sight, is_sent, viewer) = shop
        .app
        .db(move |conn| {
            let (_, sight) = caller.find(conn, &asked, &voice)?;
            Ok::<_, AppError>((sight, orders::has_code(conn, caller.key(), voice.now)?, load(conn)?))
        })
        .await?;
    if sight.may_act() {
        return Ok(private(redirect(&act.address(&number), [])));
    }
    page(&shop, &request, &visit, &viewer, &number, (act, is_sent, None))
}

/// Writes a new code to the order's own contact; the one before is worth nothing any more.
pub(super) async fn send(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<CodeForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice, act) = (number.into_inner(), voice(&shop), Act::read(&form.then));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, signer) = (number.clone(), shop.app.signer.clone());
    shop.app
        .db(move |conn| {
            let (order, sight) = caller.find(conn, &asked, &voice)?;
            if sight.may_act() {
                return Ok(());
            }
            let counted = throttle::spend(conn, Limited::OrderCode, &caller.keys(asked.as_ref()), voice.now)?;
            counted.map_err(|wait| later(wait, &voice))?;
            let code = orders::new_code(conn, &signer, caller.key(), voice.now)?;
            let to = orders::contact(conn, order.id)?.email;
            let letter = letter(&to, asked.as_ref(), &code);
            write(conn, order.id, &letter, voice.now)?;
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(prove(&number, act))
}

fn write(conn: &mut PgConnection, order: OrderId, letter: &Letter, now: DateTime<Utc>) -> QueryResult<()> {
    conn.transaction(|conn| {
        let name = format!("order {order} code {}", Uuid::new_v4());
        let Some(letter) = mail::queue_about(conn, order, letter, &name, now)? else { return Ok(()) };
        let written = Event::LetterWritten { letter, about: "code".to_owned() };
        events::record(conn, order.0, &written, Actor::Customer, now)
    })
}

fn letter(to: &str, number: &str, code: &str) -> Letter {
    let subject = format!("{code} is your code for order {number}");
    Letter::of(to, &subject, &CodeText { number, code }, &CodeHtml { number, code }, true)
}

/// The right code lets this browser act, and leads to what was wanted.
pub(super) async fn check(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<CodeForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice, act) = (number.into_inner(), voice(&shop), Act::read(&form.then));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, signer, typed) = (number.clone(), shop.app.signer.clone(), form.into_inner().code);
    let load = Viewer::loader(&shop, &visit);
    let work = move |conn: &mut PgConnection| {
        let (order, sight) = caller.find(conn, &asked, &voice)?;
        let typed = match sight {
            Sight::Owner | Sight::Proven => None,
            Sight::Link => Some(orders::type_code(conn, &signer, order.id, caller.key(), &typed, voice.now)?),
        };
        Ok::<_, AppError>((typed, load(conn)?))
    };
    let (typed, viewer) = shop.app.db(work).await?;
    let (is_sent, wrong) = match typed {
        None => return Ok(private(redirect(&act.address(&number), []))),
        Some(Typed::Right(key)) => {
            return Ok(private(redirect(&act.address(&number), [key_cookie(&shop, &number, &key)])));
        }
        Some(Typed::Wrong { left: 1 }) => (true, "That is not the code. You can try once more.".to_owned()),
        Some(Typed::Wrong { left }) => {
            (true, format!("That is not the code. You can try {left} times more."))
        }
        Some(Typed::Over) => (false, "This code is over. Ask for another one.".to_owned()),
    };
    page(&shop, &request, &visit, &viewer, &number, (act, is_sent, Some(wrong)))
}

fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    viewer: &Viewer,
    number: &OrderNumber,
    (act, is_sent, wrong): (Act, bool, Option<String>),
) -> Result<HttpResponse, AppError> {
    let title = if wrong.is_some() { "Error: a code for" } else { "A code for" };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = CodePage {
        layout: Layout::new(shop, shop.head(&format!("{title} order {number} · SmartShop"), "", "")),
        number: number.to_string(),
        here: address(number),
        then: act.part(),
        act: act.words(),
        is_sent,
        wrong,
        minutes: CODE_MINUTES,
        hours: TRUST_HOURS,
        phone: shop.app.config.shop.phone.clone(),
    };
    Ok(private(shop.answer_once(request, visit, status, &page, viewer)?))
}
