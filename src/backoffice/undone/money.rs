//! Money that the gateway would not move.

use super::hush::hush;
use super::{A_PAGE, List, PAGE, Row};
use crate::ids::OrderId;
use crate::orders;
use crate::payments::{self, Unmoved};
use crate::staffroom::moment;
use crate::storefront::Shop;
use crate::web::paging;
use diesel::PgConnection;
use diesel::result::QueryResult;
use std::collections::HashMap;

pub(super) fn refused(conn: &mut PgConnection, shop: &Shop, after: &str) -> QueryResult<List> {
    let mut sums = payments::unmoved(conn, paging::behind(after), paging::with_one_more(A_PAGE))?;
    let of: Vec<OrderId> = sums.iter().map(|sum| sum.order_id).collect();
    let numbers = orders::numbers_of(conn, &of)?;
    let next = paging::cut(&mut sums, A_PAGE, |sum| paging::place(sum.settled_at, sum.id));
    Ok(List { rows: sums.iter().map(|sum| row(shop, sum, &numbers)).collect(), next })
}

fn row(shop: &Shop, sum: &Unmoved, numbers: &HashMap<OrderId, String>) -> Row {
    let (of, what) = if sum.is_refund {
        ("refunds", format!("{} did not go back", sum.amount_cents))
    } else {
        ("captures", format!("{} was not charged", sum.amount_cents))
    };
    Row {
        action: format!("{PAGE}/{of}/{}", sum.id),
        tries: 0,
        what,
        number: numbers.get(&sum.order_id).cloned(),
        cause: format!("Asked for {}", moment(shop, sum.asked_at)),
        since: format!("Refused {}", moment(shop, sum.settled_at)),
        why: sum.failure.as_deref().map(|code| hush(&code.replace('_', " "))).unwrap_or_default(),
    }
}
