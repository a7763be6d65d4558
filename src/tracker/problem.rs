//! Something is not right: a customer says so on the order's page, and sees what becomes of it there.

use super::access::{Sight, address, open, private, voice};
use super::acting::{Told, back, fill};
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::{Tone, Voice};
use crate::care::{self, Case, CaseError, CaseState, Problem, Report};
use crate::error::AppError;
use crate::ids::{CaseId, OrderNumber};
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::web::text::too_long;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use uuid::Uuid;

const LONGEST: usize = 1_000;

/// A case as its customer reads it.
pub(super) struct CaseView {
    pub(super) title: &'static str,
    pub(super) told: String,
    /// What they wrote, where that is theirs to read.
    pub(super) words: String,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) state: String,
    pub(super) answer: String,
}

/// All of an order's; what was written only for those who may act.
pub(super) fn cases(voice: &Voice, dossier: &Dossier, sight: Sight) -> Vec<CaseView> {
    let shown = |text: &str| if sight.may_act() { text.to_owned() } else { String::new() };
    let view = |case: &Case| {
        let (tone, icon, state) = state(voice, case);
        CaseView {
            title: case.kind.words(),
            told: voice.time(case.opened_at),
            words: shown(&case.words),
            tone: tone.class(),
            icon,
            state,
            answer: shown(&case.answer),
        }
    };
    dossier.cases.iter().map(view).collect()
}

fn state(voice: &Voice, case: &Case) -> (Tone, &'static str, String) {
    let at = |at| voice.time(at);
    match case.state {
        CaseState::Open => (Tone::Info, "clock", "Received. Somebody of ours reads it soon.".to_owned()),
        CaseState::Taken => {
            let since = case.taken_at.map(at).unwrap_or_default();
            (Tone::Info, "user", format!("Somebody of ours looks into it, since {since}."))
        }
        CaseState::Answered => {
            let when = case.answered_at.map(at).unwrap_or_default();
            (Tone::Good, "message-circle", format!("Answered {when}."))
        }
        CaseState::Closed => {
            let when = case.closed_at.map(at).unwrap_or_default();
            (Tone::Plain, "check", format!("Settled {when}."))
        }
    }
}

/// What was typed, as the fields come: one of each, and any number of lines.
#[derive(Default, Clone)]
struct TypedReport {
    key: String,
    kind: String,
    words: String,
    positions: Vec<i32>,
}

impl TypedReport {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match name.as_str() {
                "key" => typed.key = value,
                "kind" => typed.kind = value,
                "words" => typed.words = value.replace("\r\n", "\n"),
                "line" => typed.positions.extend(value.parse::<i32>()),
                _ => {}
            }
        }
        typed
    }
}

#[derive(Template)]
#[template(path = "order/problem.html")]
struct ProblemPage {
    layout: Layout,
    number: String,
    here: String,
    key: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    /// Position and words of each line; whether it is meant.
    lines: Vec<(i32, String, bool)>,
    words: String,
    wrong: Wrong,
}

#[derive(Default)]
struct Wrong {
    kind: Option<String>,
    words: Option<String>,
}

impl Wrong {
    /// The field and what is wrong with it.
    fn all(&self) -> Vec<(&'static str, &str)> {
        let all = [("kind", &self.kind), ("words", &self.words)];
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
        return Ok(prove(&number, Act::Report));
    }
    if !dossier.can_be_reported() {
        return Ok(back(&shop, &number, Said::TooLateToChange));
    }
    let typed = TypedReport { key: Uuid::now_v7().to_string(), ..TypedReport::default() };
    page(&shop, &request, &visit, &viewer, &dossier, (typed, Wrong::default()))
}

pub(super) async fn report(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, AppError> {
    let typed = TypedReport::read(form.into_inner());
    let (number, sent) = (number.into_inner(), typed.clone());
    let filled = fill(&shop, &request, &visit, (number, Act::Report), move |conn, (dossier, _), voice| {
        tell(conn, dossier, &sent, voice)
    });
    match filled.await? {
        Ok(answer) => Ok(answer),
        Err(again) => page(&shop, &request, &visit, &again.viewer, &again.dossier, (typed, again.wrong)),
    }
}

fn tell(
    conn: &mut PgConnection,
    dossier: &Dossier,
    typed: &TypedReport,
    voice: &Voice,
) -> Result<Told<Wrong>, AppError> {
    if !dossier.can_be_reported() {
        return Ok(Told::Said(Said::TooLateToChange));
    }
    let report = match read(typed, dossier) {
        Ok(report) => report,
        Err(wrong) => return Ok(Told::Again(wrong)),
    };
    match care::report(conn, &report, voice.now) {
        Ok(_) => Ok(Told::Said(Said::Reported)),
        Err(CaseError::TooMany) => Ok(Told::Said(Said::TooManyReports)),
        Err(CaseError::Db(e)) => Err(e.into()),
        // An id of somebody else's, or of no form of ours.
        Err(CaseError::Unknown | CaseError::Full | CaseError::Closed | CaseError::ChangedSince(_)) => {
            Err(AppError::NotFound)
        }
    }
}

fn read(typed: &TypedReport, dossier: &Dossier) -> Result<Report, Wrong> {
    let words = typed.words.trim();
    let kind = typed.kind.parse::<Problem>();
    let says_nothing = words.is_empty() && kind == Ok(Problem::Other);
    let wrong = Wrong {
        kind: kind.is_err().then(|| "Choose what is not right.".to_owned()),
        words: too_long(words, LONGEST)
            .or_else(|| says_nothing.then(|| "Say in a few words what it is.".to_owned())),
    };
    let (Ok(kind), true) = (kind, wrong.all().is_empty()) else { return Err(wrong) };
    let known = |p: &i32| dossier.lines.iter().any(|l| l.position == *p);
    Ok(Report {
        // A form without its key is a form of its own.
        id: CaseId(typed.key.parse().unwrap_or_else(|_| Uuid::now_v7())),
        order: dossier.order.id,
        kind,
        words: words.to_owned(),
        positions: typed.positions.iter().copied().filter(known).collect(),
    })
}

fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    viewer: &Viewer,
    dossier: &Dossier,
    (typed, wrong): (TypedReport, Wrong),
) -> Result<HttpResponse, AppError> {
    let number = &dossier.order.number;
    let is_wrong = !wrong.all().is_empty();
    let error = if is_wrong { "Error: " } else { "" };
    let title = format!("{error}Report a problem: order {number}");
    let line = |l: &crate::orders::OrderLine| {
        let words = format!("{} × {}, {}", l.quantity, l.name, l.size_label);
        (l.position, words, typed.positions.contains(&l.position))
    };
    let page = ProblemPage {
        layout: Layout::new(shop, shop.head(&title, "", "")),
        here: address(number),
        number: number.to_string(),
        kinds: Problem::ALL.iter().map(|k| (k.as_str(), k.words(), k.as_str() == typed.kind)).collect(),
        lines: dossier.lines.iter().map(line).collect(),
        key: typed.key,
        words: typed.words,
        wrong,
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(private(shop.answer_once(request, visit, status, &page, viewer)?))
}
