//! What may come where something has run out, chosen anew on the page that changes an order.

use super::acting::act;
use super::code::Act;
use super::dossier::Dossier;
use super::said::Said;
use crate::catalog::SoldBy;
use crate::error::AppError;
use crate::ids::{OrderNumber, ProductId};
use crate::inventory;
use crate::lifecycle::{self, ChangeError};
use crate::orders::{OrderLine, Substitutions};
use crate::storefront::{Shop, Visit};
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Lines asked about at most, as in the checkout.
const MOST_ASKED: usize = 12;

const CHOICES: [(Substitutions, &str); 3] = [
    (Substitutions::Similar, "Swap for something close"),
    (Substitutions::Ask, "Ask me first"),
    (Substitutions::LeaveOut, "Leave it out"),
];

/// What is chosen now, and what can be.
pub(super) struct Wishes {
    pub(super) all: Vec<Choice>,
    pub(super) lines: Vec<LineWish>,
}

/// Value, words, and whether it is chosen.
type Choice = (&'static str, &'static str, bool);

pub(super) struct LineWish {
    pub(super) position: i32,
    pub(super) name: String,
    pub(super) choices: Vec<Choice>,
}

fn choices(chosen: Option<Substitutions>) -> Vec<Choice> {
    CHOICES.iter().map(|(choice, words)| (choice.as_str(), *words, Some(*choice) == chosen)).collect()
}

/// Of the lines those for which something is chosen already, and those that may well run out: of which so
/// few are free for others, of what is weighed twice as many.
///
/// # Errors
/// When the database does not answer.
pub(super) fn read(conn: &mut PgConnection, dossier: &Dossier, few_left: i32) -> QueryResult<Wishes> {
    let products: Vec<ProductId> = dossier.lines.iter().map(|line| line.product_id).collect();
    let free: HashMap<ProductId, i32> = inventory::shelves(conn, &products)?
        .into_iter()
        .map(|shelf| (shelf.product_id, shelf.on_hand - shelf.held))
        .collect();
    let is_asked = |line: &&OrderLine| {
        let few = if line.sold_by == SoldBy::Weight { few_left * 2 } else { few_left };
        line.substitutions.is_some() || free.get(&line.product_id).is_none_or(|free| *free <= few)
    };
    let wish = |line: &OrderLine| LineWish {
        position: line.position,
        name: line.name.clone(),
        choices: [("", "As for the rest", line.substitutions.is_none())]
            .into_iter()
            .chain(choices(line.substitutions))
            .collect(),
    };
    Ok(Wishes {
        all: choices(Some(dossier.order.substitutions)),
        lines: dossier.lines.iter().filter(is_asked).take(MOST_ASKED).map(wish).collect(),
    })
}

/// Chooses anew.
pub(super) async fn choose(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, AppError> {
    let (all, lines) = chosen(&form);
    act(&shop, &request, &visit, (number.into_inner(), Act::Lines), move |conn, dossier, voice| {
        let all = all.unwrap_or(dossier.order.substitutions);
        match lifecycle::change_wishes(conn, dossier.order.id, all, &lines, voice.now) {
            Ok(()) => Ok(Said::WishesChanged),
            Err(ChangeError::Db(e)) => Err(e.into()),
            Err(_) => Ok(Said::TooLateToPick),
        }
    })
    .await
}

/// What a form says: for all, and by position. What is no choice of ours changes nothing.
fn chosen(form: &[(String, String)]) -> (Option<Substitutions>, BTreeMap<i32, Option<Substitutions>>) {
    let all = form.iter().find(|(name, _)| name == "all").and_then(|(_, value)| value.parse().ok());
    let line = |(name, value): &(String, String)| {
        let position = name.strip_prefix("line.")?.parse().ok()?;
        match value.parse() {
            Ok(wish) => Some((position, Some(wish))),
            Err(_) => value.is_empty().then_some((position, None)),
        }
    };
    (all, form.iter().filter_map(line).collect())
}
