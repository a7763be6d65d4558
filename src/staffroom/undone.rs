//! What the shop has tried for the last time: who looks after it, and how much it is.

use super::who::Staffer;
use crate::error::AppError;
use crate::events;
use crate::outside::mail;
use crate::payments;
use crate::staff::Area;
use diesel::PgConnection;
use diesel::result::QueryResult;

/// Those who open one of these see what was given up, and have it tried again.
const OPEN_IT: [Area; 2] = [Area::Support, Area::Dispatch];

/// # Errors
/// 403 to everybody else.
pub(crate) fn may_see_undone(who: &Staffer) -> Result<(), AppError> {
    who.may_one(OPEN_IT)
}

/// How many jobs, letters and refused sums wait for a person.
///
/// # Errors
/// When the database does not answer.
pub(crate) fn undone_count(conn: &mut PgConnection) -> QueryResult<i64> {
    Ok(events::give_up_count(conn)? + mail::given_up_count(conn)? + payments::unmoved_count(conn)?)
}
