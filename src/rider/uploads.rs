//! What a device sends when the net is back: one word or many, each answered by itself.

use super::heard::{Decided, Teller, hear};
use super::word::Word;
use crate::error::AppError;
use crate::staffroom::{Area, Staffer};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};

/// A day in a tunnel is less.
const MOST_WORDS: usize = 200;

#[derive(Deserialize)]
#[serde(untagged)]
enum Sent {
    Many { actions: Vec<Word> },
    One(Word),
}

#[derive(Serialize)]
struct Answers {
    answers: Vec<Decided>,
}

pub(super) async fn take(shop: Data<Shop>, who: Staffer, body: Bytes) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let words = read(&body)?;
    let (signer, rider, now) = (shop.app.signer.clone(), who.id, shop.app.clock.now());
    let hear_all = move |conn: &mut PgConnection| {
        super::run::make_rider(conn, rider, &who.name)?;
        let teller = Teller { rider, signer: &signer, now };
        let answers = words.iter().map(|word| hear(conn, teller, word)).collect::<Result<_, _>>()?;
        Ok::<_, AppError>(Answers { answers })
    };
    let answers = shop.app.db(hear_all).await?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(answers))
}

/// In the order in which they happened.
fn read(body: &[u8]) -> Result<Vec<Word>, AppError> {
    let sent = serde_json::from_slice(body)
        .map_err(|_| AppError::bad("This is no list of what has happened. Load the page again."))?;
    let mut words = match sent {
        Sent::Many { actions } => actions,
        Sent::One(word) => vec![word],
    };
    if words.len() > MOST_WORDS {
        return Err(AppError::TooLarge);
    }
    words.sort_by_key(|word| word.happened_at);
    Ok(words)
}
