//! The demonstration's dispatcher. Riders are found by the shop itself; what is left is what a dispatcher does.

use super::crew::{MOST, Round};
use crate::delivery::{self, Drop, Failure};
use crate::dispatch;
use crate::events::{self, Event};
use crate::ids::{Actor, StaffId};
use crate::lifecycle::{self, DriveError};
use chrono::Duration;
use diesel::prelude::*;

/// What could not be delivered longer ago is nobody's any more.
const FAILED_WITHIN: Duration = Duration::days(1);

/// Offers what waits once more, and plans another try where a customer has said how to find them.
///
/// # Errors
/// When the database does not answer.
pub(super) fn go_on(conn: &mut PgConnection, dispatcher: StaffId, round: &Round) -> QueryResult<()> {
    let waits_since = round.now - round.pace.unassigned();
    if delivery::unassigned_drops(conn, MOST)?.iter().any(|drop| drop.planned_at <= waits_since) {
        dispatch::offer_waiting(conn, round.now)?;
    }
    for failed in delivery::failed_drops(conn, round.now - FAILED_WITHIN, MOST)? {
        if !is_found_now(conn, &failed)? {
            continue;
        }
        match lifecycle::plan_again(conn, failed.order_id, Actor::Staff(dispatcher), round.now) {
            Err(DriveError::Db(e)) => return Err(e),
            Err(e) => log::info!("the autopilot could not plan another try: {e:?}"),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Whether its customer has said how to find them since nobody did.
fn is_found_now(conn: &mut PgConnection, failed: &Drop) -> QueryResult<bool> {
    let (Some(Failure::WrongAddress | Failure::NoAccess), Some(ended)) = (failed.failure, failed.ended_at)
    else {
        return Ok(false);
    };
    let told = events::history(conn, failed.order_id.0)?;
    Ok(told.iter().any(|r| r.event == Event::InstructionsChanged && r.happened_at >= ended))
}
