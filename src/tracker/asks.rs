//! "May this come in its place?": what pickers ask those who want to be asked, with yes and no, and
//! what holds where no answer comes.

use super::access::Sight;
use super::acting::act;
use super::code::Act;
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::clock;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{self, AnswerError, Ask, Status};
use crate::storefront::{Shop, Visit};
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// A question whose answer is awaited.
pub(super) struct AskView {
    pub(super) position: i32,
    pub(super) product: i64,
    /// `Tesco milk in place of Avonmore milk?`
    pub(super) question: String,
    /// What it costs, and what holds without an answer.
    pub(super) terms: String,
    /// Whether who looks may answer.
    pub(super) may_answer: bool,
}

/// The questions that wait, of an order that is being picked.
pub(super) fn open_asks(voice: &Voice, dossier: &Dossier, sight: Sight) -> Vec<AskView> {
    if dossier.story.status != Status::Confirmed {
        return Vec::new();
    }
    let goods = &dossier.story.goods;
    let ordered = |ask: &Ask| {
        dossier.lines.iter().find(|line| line.position == ask.position).map_or(0, |line| line.quantity)
    };
    let is_settled = |ask: &&Ask| {
        goods.lines.iter().any(|l| l.position == ask.position && l.missing_of(ordered(ask)) == 0)
    };
    let open = goods.asks.iter().filter(|ask| ask.waits(voice.now)).filter(|ask| !is_settled(ask));
    open.map(|ask| AskView {
        position: ask.position,
        product: ask.product,
        question: question(dossier, ask),
        terms: terms(voice, dossier, ask),
        may_answer: sight.may_act(),
    })
    .collect()
}

/// `2 × Own Brand Spaghetti in place of Barilla Spaghetti?`
pub fn question(dossier: &Dossier, ask: &Ask) -> String {
    let line = dossier.lines.iter().find(|line| line.position == ask.position);
    let own = line.map_or("what you ordered", |line| line.name.as_str());
    match rest(dossier, ask) {
        Some(missing) => format!("{} × {} in place of the {missing} missing of {own}?", ask.units, ask.name),
        None => format!("{} × {} in place of {own}?", ask.units, ask.name),
    }
}

/// Of a line of which some are in the bag, how many are missing.
fn rest(dossier: &Dossier, ask: &Ask) -> Option<i32> {
    let ordered = dossier.lines.iter().find(|line| line.position == ask.position)?.quantity;
    let there = dossier.story.goods.lines.iter().find(|line| line.position == ask.position)?;
    Some(there.missing_of(ordered)).filter(|missing| *missing > 0)
}

/// What a yes costs, and what silence means.
pub fn terms(voice: &Voice, dossier: &Dossier, ask: &Ask) -> String {
    let until = clock::time_label(voice.zone, ask.until);
    let silence = match rest(dossier, ask) {
        Some(_) => "what is missing is left out and costs nothing",
        None => "it is left out and costs nothing",
    };
    format!(
        "You would pay {} for it, never more than for what you ordered. Without an answer by {until} {silence}.",
        ask.sum
    )
}

#[derive(Deserialize)]
pub(super) struct AnswerForm {
    product: i64,
    #[serde(default)]
    answer: String,
}

/// Yes or no.
pub(super) async fn answer(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    at: Path<(OrderNumber, i32)>,
    form: Form<AnswerForm>,
) -> Result<HttpResponse, AppError> {
    let (number, position) = at.into_inner();
    let (product, yes) = (form.product, form.answer == "yes");
    act(&shop, &request, &visit, (number, Act::Answer), move |conn, dossier, voice| {
        match lifecycle::answer_substitute(conn, dossier.order.id, position, product, yes, voice.now) {
            Ok(()) => Ok(if yes { Said::Agreed } else { Said::Declined }),
            Err(AnswerError::TooLate | AnswerError::Answered(_)) => Ok(Said::TooLateToAnswer),
            Err(AnswerError::Db(e)) => Err(e.into()),
        }
    })
    .await
}
