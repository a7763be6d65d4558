//! What a customer changes by themselves: when it comes.

use super::access::{address, open, private, voice};
use super::acting::{act, back};
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::delivery::{self, Window};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{self, ChooseError};
use crate::storefront::{Layout, Shop, Visit};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;

/// How many times are shown.
const MOST_TIMES: usize = 40;

#[derive(Template)]
#[template(path = "order/window.html")]
struct WindowPage {
    layout: Layout,
    number: String,
    here: String,
    now: String,
    /// Key and words of each window with room.
    times: Vec<(i64, String)>,
    /// Later times are not offered: what is reserved on the card does not last.
    until: Option<String>,
    phone: String,
}

#[derive(Deserialize)]
pub(super) struct WindowForm {
    #[serde(default)]
    window: String,
}

pub(super) async fn ask_window(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if !sight.may_act() {
        return Ok(prove(&number, Act::Window));
    }
    if !dossier.can_be_moved() {
        return Ok(back(&shop, &number, Said::TooLateToChange));
    }
    let (zone, now) = (dossier.place.zone_id.ok_or(AppError::NotFound)?, voice.now);
    let order = dossier.order.id;
    let read = move |conn: &mut PgConnection| {
        let windows = delivery::windows_between(conn, zone, now, now + lifecycle::MOVED_AHEAD)?;
        Ok::<_, AppError>((windows, lifecycle::good_for(conn, order)?))
    };
    let (mut windows, good_for) = shop.app.db(read).await?;
    let all = windows.len();
    windows.retain(|window| good_for.is_none_or(|until| window.ends_at <= until));
    let title = format!("Choose another time: order {number}");
    let page = WindowPage {
        layout: Layout::new(&shop, shop.head(&title, "", "")),
        here: address(&number),
        number: number.to_string(),
        now: voice.promised(&dossier),
        until: good_for.filter(|_| windows.len() < all).map(|until| voice.time(until)),
        times: times(&voice, &dossier, &windows),
        phone: voice.phone.clone(),
    };
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
}

/// Those with room, without the one it has.
fn times(voice: &Voice, dossier: &Dossier, windows: &[Window]) -> Vec<(i64, String)> {
    let held = dossier.story.goods.promise().map(|p| (p.starts, p.ends));
    let free = windows.iter().filter(|w| !w.is_full() && Some((w.starts_at, w.ends_at)) != held);
    free.take(MOST_TIMES).map(|w| (w.id, voice.span(w.starts_at, w.ends_at))).collect()
}

pub(super) async fn choose(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<WindowForm>,
) -> Result<HttpResponse, AppError> {
    let (number, window) = (number.into_inner(), form.window.parse().unwrap_or(0));
    act(&shop, &request, &visit, (number, Act::Window), move |conn, dossier, voice| {
        match lifecycle::choose_window(conn, dossier.order.id, window, voice.now) {
            Ok(_) => Ok(Said::OtherTime),
            Err(e) => refused(e),
        }
    })
    .await
}

pub(super) fn refused(e: ChooseError) -> Result<Said, AppError> {
    match e {
        ChooseError::TooLate => Ok(Said::TooLateToChange),
        ChooseError::Full => Ok(Said::WindowFull),
        ChooseError::Closed => Ok(Said::WindowClosed),
        ChooseError::BeyondCard => Ok(Said::BeyondCard),
        ChooseError::Db(e) => Err(e.into()),
    }
}
