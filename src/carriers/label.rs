//! What is stuck on the bags, fetched when somebody wants to print it.

use crate::app::App;
use crate::delivery;
use crate::error::AppError;
use crate::ids::DropId;
use crate::outside::LaneFull;
use crate::outside::carrier::Label;

/// Why there is none, as a sentence for staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoLabel(pub String);

/// Fetches the label of a drop's booking. Somebody waits for it, but no longer than a call may take.
///
/// # Errors
/// When the database does not answer.
pub async fn label(app: &App, drop: DropId) -> Result<Result<Label, NoLabel>, AppError> {
    let no = |words: &str| Ok(Err(NoLabel(words.to_owned())));
    let booking = app.db(move |conn| delivery::booking_of_drop(conn, drop)).await?;
    let Some(booking) = booking.filter(|booking| booking.state.is_live()) else {
        return no("No carrier is booked for it.");
    };
    let (Some(carrier), Some(reference)) = (app.carriers.by_name(&booking.carrier), booking.reference) else {
        return no("The carrier has not answered yet. Look again in a moment.");
    };
    let (carrier, name) = (carrier.clone(), carrier.label().to_owned());
    let answer = app.lane.run(move || carrier.label_of(&reference)).await;
    match answer {
        Ok(Ok(label)) => Ok(Ok(label)),
        Ok(Err(e)) => {
            log::warn!("a label could not be fetched: {e}");
            no(&format!("{name} did not give the label. Try again in a moment."))
        }
        Err(LaneFull) => no("Too many wait for answers from outside. Try again in a moment."),
    }
}
