//! How to find the door: what a customer tells their rider until it is there.

use super::access::{Sight, address, open, private, voice};
use super::acting::{Told, back, fill};
use super::change::refused;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::checkout::{LEAVE, leave_words, phone};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle;
use crate::orders::{Contact, Instructions};
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::web::text::too_long;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;

const LONGEST_NOTE: usize = 300;
const LONGEST_CODE: usize = 40;

#[derive(Template)]
#[template(path = "order/instructions.html")]
struct InstructionsPage {
    layout: Layout,
    number: String,
    here: String,
    typed: InstructionsForm,
    wrong: Wrong,
    leave: Vec<(&'static str, &'static str, bool)>,
    has_code: bool,
    /// What is kept is not shown to who came by a link; what they leave empty stays.
    is_by_link: bool,
    age: i32,
}

#[derive(Deserialize, Clone, Default)]
pub(super) struct InstructionsForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    leave_at: String,
    #[serde(default)]
    note: String,
    /// Empty: as it is.
    #[serde(default)]
    gate_code: String,
}

/// What is wrong, field by field.
#[derive(Default)]
struct Wrong {
    phone: Option<String>,
    note: Option<String>,
    gate_code: Option<String>,
}

impl Wrong {
    /// The field and what is wrong with it.
    fn all(&self) -> Vec<(&'static str, &str)> {
        let all = [("phone", &self.phone), ("note", &self.note), ("gate_code", &self.gate_code)];
        all.into_iter().filter_map(|(id, words)| Some((id, words.as_deref()?))).collect()
    }
}

pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if !sight.may_act() {
        return Ok(prove(&number, Act::Instructions));
    }
    if !dossier.can_be_instructed() {
        return Ok(back(&shop, &number, Said::TooLateToChange));
    }
    let typed = known(&dossier.contact, sight);
    page(&shop, &request, &visit, &viewer, (&dossier, sight), (typed, Wrong::default()))
}

/// What the form begins with.
fn known(contact: &Contact, sight: Sight) -> InstructionsForm {
    let leave = LEAVE.iter().find(|(value, _)| leave_words(value) == contact.leave_at);
    let leave_at = leave.map_or("", |(value, _)| value).to_owned();
    match sight {
        Sight::Owner => InstructionsForm {
            phone: contact.phone.clone(),
            leave_at,
            note: contact.note.clone(),
            gate_code: String::new(),
        },
        Sight::Proven | Sight::Link => InstructionsForm { leave_at, ..InstructionsForm::default() },
    }
}

pub(super) async fn instruct(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<InstructionsForm>,
) -> Result<HttpResponse, AppError> {
    let (number, typed) = (number.into_inner(), form.clone());
    let filled =
        fill(&shop, &request, &visit, (number, Act::Instructions), move |conn, (dossier, sight), voice| {
            tell(conn, dossier, sight, &typed, voice)
        });
    match filled.await? {
        Ok(answer) => Ok(answer),
        Err(again) => {
            let of = (&again.dossier, again.sight);
            page(&shop, &request, &visit, &again.viewer, of, (form.into_inner(), again.wrong))
        }
    }
}

fn tell(
    conn: &mut PgConnection,
    dossier: &Dossier,
    sight: Sight,
    typed: &InstructionsForm,
    voice: &Voice,
) -> Result<Told<Wrong>, AppError> {
    if !dossier.can_be_instructed() {
        return Ok(Told::Said(Said::TooLateToChange));
    }
    let new = match instructions(typed, &dossier.contact, sight) {
        Ok(new) => new,
        Err(wrong) => return Ok(Told::Again(wrong)),
    };
    match lifecycle::change_instructions(conn, dossier.order.id, &new, voice.now) {
        Ok(()) => Ok(Told::Said(Said::Instructed)),
        Err(e) => refused(e).map(Told::Said),
    }
}

fn instructions(typed: &InstructionsForm, known: &Contact, sight: Sight) -> Result<Instructions, Wrong> {
    let (note, code) = (typed.note.trim(), typed.gate_code.trim());
    let keeps = |text: &str| !sight.is_owner() && text.is_empty();
    let number = typed.phone.trim();
    let number = if keeps(number) { Ok(known.phone.clone()) } else { phone(number) };
    let wrong = Wrong {
        phone: number.as_ref().err().cloned(),
        note: too_long(note, LONGEST_NOTE),
        gate_code: too_long(code, LONGEST_CODE),
    };
    let (Ok(phone), true) = (number, wrong.all().is_empty()) else { return Err(wrong) };
    Ok(Instructions {
        phone,
        leave_at: leave_words(&typed.leave_at).to_owned(),
        note: if keeps(note) { known.note.clone() } else { note.to_owned() },
        gate_code: if code.is_empty() { known.gate_code.clone() } else { code.to_owned() },
    })
}

fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    viewer: &Viewer,
    (dossier, sight): (&Dossier, Sight),
    (typed, wrong): (InstructionsForm, Wrong),
) -> Result<HttpResponse, AppError> {
    let number = &dossier.order.number;
    let is_wrong = !wrong.all().is_empty();
    let error = if is_wrong { "Error: " } else { "" };
    let title = format!("{error}For your rider: order {number}");
    let page = InstructionsPage {
        layout: Layout::new(shop, shop.head(&title, "", "")),
        here: address(number),
        number: number.to_string(),
        leave: LEAVE.map(|(value, words)| (value, words, value == typed.leave_at)).to_vec(),
        typed,
        wrong,
        has_code: !dossier.contact.gate_code.is_empty(),
        is_by_link: !sight.is_owner(),
        age: dossier.order.minimum_age,
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(private(shop.answer_once(request, visit, status, &page, viewer)?))
}
