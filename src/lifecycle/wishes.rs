//! What may come where something has run out, chosen anew until somebody begins to pick.

use super::change::{ChangeError, may_be_changed};
use crate::events::{self, Event};
use crate::fulfilment;
use crate::ids::{Actor, OrderId};
use crate::orders::{self, OrderLine, Substitutions};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A customer chooses for the whole order, and for lines by their positions; `None` is as for all, and a
/// line that is not named stays as it is. The same again changes nothing. One transaction; of a picker who
/// takes the order at this moment one of the two comes too late.
///
/// # Errors
/// `TooLate` once it is picked or over.
pub fn change_wishes(
    conn: &mut PgConnection,
    id: OrderId,
    all: Substitutions,
    wanted: &BTreeMap<i32, Option<Substitutions>>,
    now: DateTime<Utc>,
) -> Result<(), ChangeError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        if !may_be_changed(&order, fulfilment::lock(conn, id)?.as_ref()) {
            return Err(ChangeError::TooLate);
        }
        let before = orders::lines(conn, id)?;
        let anew = |line: &OrderLine| OrderLine {
            substitutions: wanted.get(&line.position).copied().unwrap_or(line.substitutions),
            ..line.clone()
        };
        let lines: Vec<OrderLine> = before.iter().map(anew).collect();
        if lines == before && all == order.substitutions {
            return Ok(());
        }
        orders::set_substitutions(conn, id, all)?;
        orders::replace_lines(conn, id, &lines)?;
        let own = lines.iter().filter_map(|l| Some((l.position, l.substitutions?.as_str().to_owned())));
        let event = Event::WishesChanged { all: all.as_str().to_owned(), lines: own.collect() };
        Ok(events::record(conn, id.0, &event, Actor::Customer, now)?)
    })
}
