//! Something is done with an order: one transaction, and where it was refused, why, in words.

use super::way::Way;
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber};
use crate::orders;
use crate::storefront::Shop;
use diesel::PgConnection;

/// What came of it.
pub(super) struct Deed<T> {
    /// `Err`: why not, as a picker reads it.
    pub(super) done: Result<T, String>,
    /// Where a picker goes on.
    pub(super) way: Way,
}

/// Does something with the order of this number. `words` says what a refusal means.
///
/// # Errors
/// `NotFound` when there is no such order; else when the database does not answer.
pub(super) async fn with_order<T: Send + 'static, E>(
    shop: &Shop,
    number: &OrderNumber,
    deed: impl FnOnce(&mut PgConnection, OrderId) -> Result<T, E> + Send + 'static,
    words: fn(&mut PgConnection, E) -> Result<String, AppError>,
) -> Result<Deed<T>, AppError>
where
    E: 'static,
{
    let number = number.clone();
    let work = move |conn: &mut PgConnection| {
        let order = orders::order_by_number(conn, &number)?.id;
        let done = match deed(conn, order) {
            Ok(done) => Ok(done),
            Err(e) => Err(words(conn, e)?),
        };
        Ok::<_, AppError>(Deed { done, way: Way::of(conn, order)? })
    };
    shop.app.db(work).await
}
