//! Several small orders picked in one walk, each into a crate of its own.

use super::pick::{PickError, start_picking};
use crate::fulfilment::{self, Fulfilment};
use crate::ids::{OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Crates on a trolley.
pub const CRATES: i32 = 6;
/// What fits into one.
const MOST_PIECES: i64 = 20;
const MOST_LINES: i64 = 10;
/// Orders looked at for those that nobody else reaches for.
const AT_ONCE: i64 = 40;

/// A picker takes as many small orders as there are crates free, what is due first at the top; what they
/// have in hand already goes along. Says which orders they walk with: none where nothing small waits.
/// Doing it again fills no crate twice. One transaction: of two pickers who reach for the same orders
/// the second finds them in other hands and gets the next.
///
/// # Errors
/// When the database does not answer.
pub fn take_batch(
    conn: &mut PgConnection,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<Vec<OrderId>, PickError> {
    conn.transaction(|conn| {
        fulfilment::hold_hands(conn, picker)?;
        let own = fulfilment::in_hand_of(conn, picker, i64::from(CRATES))?;
        let mut free = free_crates(&own);
        let mut walked: Vec<OrderId> = Vec::new();
        for row in &own {
            if row.crate_no.is_none() {
                let Some(number) = free.next() else { break };
                fulfilment::set_crate(conn, row.order_id, number)?;
            }
            walked.push(row.order_id);
        }
        for order in fulfilment::small_ones(conn, MOST_PIECES, MOST_LINES, AT_ONCE)? {
            let Some(number) = free.next() else { break };
            match start_picking(conn, order, picker, now) {
                Ok(()) => {
                    fulfilment::set_crate(conn, order, number)?;
                    walked.push(order);
                }
                Err(PickError::Db(e)) => return Err(PickError::Db(e)),
                // Somebody was there first: the crate is for the next one.
                Err(_) => free.put_back(number),
            }
        }
        Ok(walked)
    })
}

/// Numbers of crates that hold nothing, the lowest first.
struct FreeCrates(Vec<i32>);

fn free_crates(own: &[Fulfilment]) -> FreeCrates {
    let is_free = |number: &i32| own.iter().all(|row| row.crate_no != Some(*number));
    FreeCrates((1..=CRATES).rev().filter(is_free).collect())
}

impl FreeCrates {
    fn next(&mut self) -> Option<i32> {
        self.0.pop()
    }

    fn put_back(&mut self, number: i32) {
        self.0.push(number);
    }
}
