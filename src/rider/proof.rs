//! What shows that an order was handed over: the customer's code, a name, or a picture of where it was
//! left.

use super::word::Word;
use crate::delivery::{self, Drop, DropState, Proof};
use crate::lifecycle::AtTheDoor;
use crate::orders;
use crate::sign::Signer;
use diesel::PgConnection;
use diesel::result::QueryResult;

/// So many wrong codes for one drop, and another proof is asked for: ten thousand are soon tried.
const MOST_WRONG_CODES: i64 = 5;
const WRONG_CODE: &str = "This is not the customer's code. Ask again, or take their name instead.";
const LONGEST_NAME: usize = 80;

type Shown = Result<AtTheDoor, &'static str>;

/// What the rider has seen to at the door, or what they still have to.
pub(super) fn proof(
    conn: &mut PgConnection,
    signer: &Signer,
    drop: &Drop,
    word: &Word,
) -> QueryResult<Shown> {
    let door = |proof, detail: &str| AtTheDoor {
        proof,
        detail: detail.to_owned(),
        photo: word.photo.as_deref().cloned(),
        age_checked: word.details.age_checked,
        paid_by: word.details.paid_by.parse().ok(),
    };
    // Once delivered it stays so, whatever is said of the proof.
    if drop.state == DropState::Delivered {
        return Ok(Ok(door(Proof::Name, "")));
    }
    match word.details.proof.as_str() {
        "code" => Ok(code(conn, signer, drop, &word.details.code)?.map(|()| door(Proof::Code, ""))),
        "name" => {
            let name: String = word.details.name.trim().chars().take(LONGEST_NAME).collect();
            let missing = "Enter the name of whoever takes it.";
            Ok(if name.is_empty() { Err(missing) } else { Ok(door(Proof::Name, &name)) })
        }
        "photo" => {
            let place = orders::contact(conn, drop.order_id)?.leave_at;
            Ok(Ok(door(Proof::Photo, &place)))
        }
        "safe_place" => {
            let order = orders::order(conn, drop.order_id)?;
            let place = orders::contact(conn, drop.order_id)?.leave_at;
            let may = !place.is_empty() && order.minimum_age == 0;
            Ok(if may {
                Ok(door(Proof::SafePlace, &place))
            } else {
                Err("It may only be handed to somebody.")
            })
        }
        _ => Ok(Err("Choose what shows that it was handed over: code, name or picture.")),
    }
}

fn code(
    conn: &mut PgConnection,
    signer: &Signer,
    drop: &Drop,
    typed: &str,
) -> QueryResult<Result<(), &'static str>> {
    if delivery::refused_uploads(conn, drop.id, WRONG_CODE)? >= MOST_WRONG_CODES {
        return Ok(Err("Too many wrong codes. Take the name of whoever takes it instead."));
    }
    let is_right = typed.trim() == orders::delivery_code(signer, drop.order_id);
    Ok(if is_right { Ok(()) } else { Err(WRONG_CODE) })
}
