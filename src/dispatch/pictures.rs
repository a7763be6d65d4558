//! Pictures of what was left at doors, the newest first: for whoever is asked where an order is.

use crate::delivery::{self, PhotoFacts};
use crate::error::AppError;
use crate::ids::{DropId, OrderId, OrderNumber};
use crate::orders::{self, Order};
use crate::staffroom::{Area, Room, Staffer, answer, moment};
use crate::storefront::Shop;
use crate::web::private_jpeg;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 24;

#[derive(Deserialize)]
pub(super) struct Behind {
    at: Option<DateTime<Utc>>,
    after: Option<DropId>,
}

struct Read {
    /// The page's, and one more.
    photos: Vec<(PhotoFacts, OrderId)>,
    orders: HashMap<OrderId, Order>,
}

struct Taken {
    number: String,
    at: String,
    width: i32,
    height: i32,
}

#[derive(Template)]
#[template(path = "dispatch/pictures.html")]
struct PicturesPage {
    room: Room,
    pictures: Vec<Taken>,
    days: i64,
    is_first: bool,
    next: Option<String>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let behind = behind.at.zip(behind.after);
    let read = shop.app.read(move |conn| read(conn, behind)).await?;
    let page = page(&shop, who.room(Some(Area::Dispatch), "Left at the door"), &read, behind.is_none());
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(conn: &mut PgConnection, behind: Option<(DateTime<Utc>, DropId)>) -> QueryResult<Read> {
    let photos = delivery::newest_photos(conn, behind, i64::try_from(A_PAGE + 1).unwrap_or(i64::MAX))?;
    let ids: Vec<OrderId> = photos.iter().map(|(_, order)| *order).collect();
    let orders = orders::orders_by_ids(conn, &ids)?.into_iter().map(|order| (order.id, order)).collect();
    Ok(Read { photos, orders })
}

fn page(shop: &Shop, room: Room, read: &Read, is_first: bool) -> PicturesPage {
    let shown = &read.photos[..read.photos.len().min(A_PAGE)];
    let last = shown.last().filter(|_| read.photos.len() > A_PAGE);
    let taken = |(photo, order): &(PhotoFacts, OrderId)| {
        Some(Taken {
            number: read.orders.get(order)?.number.to_string(),
            at: moment(shop, photo.taken_at),
            width: photo.width,
            height: photo.height,
        })
    };
    PicturesPage {
        room,
        pictures: shown.iter().filter_map(taken).collect(),
        days: shop.app.config.shop.photo_days,
        is_first,
        next: last.map(|(photo, _)| next(photo)),
    }
}

fn next(photo: &PhotoFacts) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("at", &photo.stored_at.to_rfc3339())
        .append_pair("after", &photo.drop_id.to_string())
        .finish()
}

pub(super) async fn one(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let read = move |conn: &mut PgConnection| {
        let order = orders::order_by_number(conn, &number)?;
        delivery::photo_of_order(conn, order.id)
    };
    Ok(private_jpeg(shop.app.read(read).await?.ok_or(AppError::NotFound)?))
}
