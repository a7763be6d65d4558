//! From the trolley into bags, and out of the door.

use super::take::QUEUE;
use super::way::address;
use super::words;
use crate::catalog::Storage;
use crate::error::AppError;
use crate::ids::{Actor, OrderNumber};
use crate::lifecycle;
use crate::orders;
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use diesel::PgConnection;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct BagsForm {
    #[serde(default)]
    ambient: String,
    #[serde(default)]
    fresh: String,
    #[serde(default)]
    chilled: String,
    #[serde(default)]
    frozen: String,
}

impl BagsForm {
    fn bags(&self) -> Vec<(Storage, i32)> {
        let typed = |storage: Storage| match storage {
            Storage::Ambient => &self.ambient,
            Storage::Fresh => &self.fresh,
            Storage::Chilled => &self.chilled,
            Storage::Frozen => &self.frozen,
        };
        words::TEMPERATURES.into_iter().map(|s| (s, typed(s).trim().parse().unwrap_or(0))).collect()
    }
}

/// All lines are settled and lie in bags.
pub(super) async fn pack(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
    form: Form<BagsForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, bags, now) = (number.into_inner(), form.bags(), shop.app.clock.now());
    let wanted = number.clone();
    let packed = move |conn: &mut PgConnection| {
        let order = orders::order_by_number(conn, &wanted)?.id;
        match lifecycle::pack(conn, order, &bags, who.id, now) {
            Ok(packed) => Ok::<_, AppError>(Ok(packed)),
            Err(e) => words::of_pack(conn, e).map(Err),
        }
    };
    let said = match shop.app.db(packed).await? {
        Ok(packed) => {
            let bags = words::count(packed.bags.len(), "bag", "bags");
            Said::good(format!("{number} is packed in {bags} and comes to {}. Now its labels.", packed.total))
        }
        Err(why) => Said::bad(why),
    };
    Ok(done(&shop, &address(&number), &said))
}

/// It leaves the warehouse.
pub(super) async fn hand_over(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, now) = (number.into_inner(), shop.app.clock.now());
    let wanted = number.clone();
    let left = move |conn: &mut PgConnection| {
        let order = orders::order_by_number(conn, &wanted)?.id;
        match lifecycle::hand_over(conn, order, Actor::Staff(who.id), now) {
            Ok(what) => Ok::<_, AppError>(Ok(what)),
            Err(e) => words::of_hand_over(e).map(Err),
        }
    };
    Ok(match shop.app.db(left).await? {
        Ok(what) => {
            let words = format!("{number} is handed over. {}", words::of_handed_over(what));
            done(&shop, QUEUE, &Said::good(words))
        }
        Err(why) => done(&shop, &address(&number), &Said::bad(why)),
    })
}
