//! Pictures of what was left at doors, the newest first: for whoever is asked where an order is.

use crate::delivery::{self, PhotoFacts};
use crate::error::AppError;
use crate::ids::{DropId, OrderId, OrderNumber};
use crate::orders::{self, Order};
use crate::staffroom::{Area, Room, Staffer, answer, moment};
use crate::storefront::Shop;
use crate::web::{paging, private_jpeg};
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
    let mut read = shop.app.read(move |conn| read(conn, behind)).await?;
    let next = paging::cut(&mut read.photos, A_PAGE, |(photo, _)| {
        paging::query(photo.stored_at, "after", photo.drop_id)
    });
    let page = PicturesPage {
        room: who.room(Some(Area::Dispatch), "Left at the door"),
        pictures: read.photos.iter().filter_map(|taken| read.taken(&shop, taken)).collect(),
        days: shop.app.config.shop.photo_days,
        is_first: behind.is_none(),
        next,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(conn: &mut PgConnection, behind: Option<(DateTime<Utc>, DropId)>) -> QueryResult<Read> {
    let photos = delivery::newest_photos(conn, behind, paging::with_one_more(A_PAGE))?;
    let ids: Vec<OrderId> = photos.iter().map(|(_, order)| *order).collect();
    let orders = orders::orders_by_ids(conn, &ids)?.into_iter().map(|order| (order.id, order)).collect();
    Ok(Read { photos, orders })
}

impl Read {
    fn taken(&self, shop: &Shop, (photo, order): &(PhotoFacts, OrderId)) -> Option<Taken> {
        Some(Taken {
            number: self.orders.get(order)?.number.to_string(),
            at: moment(shop, photo.taken_at),
            width: photo.width,
            height: photo.height,
        })
    }
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
