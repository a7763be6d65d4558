//! From the trolley into bags, and out of the door.

use super::deed::with_order;
use super::take::QUEUE;
use super::way::address;
use super::words;
use crate::catalog::Storage;
use crate::error::AppError;
use crate::ids::{Actor, OrderId, OrderNumber};
use crate::lifecycle;
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
    let pack =
        move |conn: &mut PgConnection, order: OrderId| lifecycle::pack(conn, order, &bags, who.id, now);
    let said = match with_order(&shop, &number, pack, words::of_pack).await?.done {
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
    let (number, by, now) = (number.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let hand = move |conn: &mut PgConnection, order: OrderId| lifecycle::hand_over(conn, order, by, now);
    Ok(match with_order(&shop, &number, hand, |_, e| words::of_hand_over(e)).await?.done {
        Ok(what) => {
            let words = format!("{number} is handed over. {}", words::of_handed_over(what));
            done(&shop, QUEUE, &Said::good(words))
        }
        Err(why) => done(&shop, &address(&number), &Said::bad(why)),
    })
}
