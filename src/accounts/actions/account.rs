use crate::accounts::model::Details;
use crate::accounts::store;
use crate::ids::CustomerId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// # Errors
/// When the database does not answer.
pub fn set_details(conn: &mut PgConnection, id: CustomerId, details: &Details) -> QueryResult<()> {
    store::set_details(conn, id, details)
}

/// Fills in, from an order, what the account does not know yet. What they have told it stays.
///
/// # Errors
/// When the database does not answer.
pub fn remember(conn: &mut PgConnection, id: CustomerId, told: &Details) -> QueryResult<()> {
    conn.transaction(|conn| {
        let known = store::hold(conn, id)?.details;
        let address_known = known.line.is_some() || known.town.is_some() || known.eircode.is_some();
        // An address is one thing: half of it from here and half from there leads nowhere.
        let address = if address_known { &known } else { told };
        let details = Details {
            name: known.name.clone().or_else(|| told.name.clone()),
            phone: known.phone.clone().or_else(|| told.phone.clone()),
            line: address.line.clone(),
            town: address.town.clone(),
            eircode: address.eircode.clone(),
        };
        store::set_details(conn, id, &details)
    })
}

/// Ends every session: whoever else may have known the old password is out.
///
/// # Errors
/// When the database does not answer.
pub fn change_password(
    conn: &mut PgConnection,
    id: CustomerId,
    hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        store::hold(conn, id)?;
        store::set_password(conn, id, hash)?;
        store::close_resets(conn, id, now)?;
        super::sessions::end_all(conn, id, now)
    })
}
