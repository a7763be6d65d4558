//! Letters that no mail server would take. To whom, and what they say, is not shown.

use super::hush::hush;
use super::{A_PAGE, List, PAGE, Row, tries};
use crate::ids::OrderId;
use crate::orders;
use crate::outside::mail::{self, GivenUp};
use crate::staffroom::moment;
use crate::storefront::Shop;
use crate::web::paging;
use diesel::PgConnection;
use diesel::result::QueryResult;
use std::collections::HashMap;

pub(super) fn given_up(conn: &mut PgConnection, shop: &Shop, after: &str) -> QueryResult<List> {
    let mut letters = mail::given_up(conn, paging::behind(after), paging::with_one_more(A_PAGE))?;
    let of: Vec<OrderId> = letters.iter().filter_map(|letter| letter.order_id).collect();
    let numbers = orders::numbers_of(conn, &of)?;
    let next = paging::cut(&mut letters, A_PAGE, |letter| paging::place(letter.made_at, letter.id));
    Ok(List { rows: letters.iter().map(|letter| row(shop, letter, &numbers)).collect(), next })
}

fn row(shop: &Shop, letter: &GivenUp, numbers: &HashMap<OrderId, String>) -> Row {
    Row {
        action: format!("{PAGE}/letters/{}", letter.id),
        tries: letter.tries,
        what: what(letter),
        number: letter.order_id.and_then(|id| numbers.get(&id).cloned()),
        cause: format!("Written {}", moment(shop, letter.made_at)),
        since: format!("Given up {} after {}", moment(shop, letter.due_at), tries(letter.tries)),
        why: letter.failed.as_deref().map(hush).unwrap_or_default(),
    }
}

/// A key may stand in a subject too.
fn what(letter: &GivenUp) -> String {
    if letter.secret {
        return "A letter with a key in it".to_owned();
    }
    hush(letter.subject.trim_end_matches(" · SmartShop"))
}
