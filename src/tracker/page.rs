//! The page of one order: the answer first, in every state it can be in.

use super::access::{Caller, Sight, address, clock_words, key_cookie, private, voice};
use super::account::{self, AccountOffer};
use super::ahead::{calm, instead_of_paying, look_again, may_be_paid_later};
use super::approval::{leads_on, let_pay};
use super::asks::{AskView, open_asks};
use super::dossier::Dossier;
use super::live;
use super::next::next;
use super::pay_again::{self, CardFrame, PayAgain};
use super::picture::{self, Left};
use super::problem::{CaseView, cases};
use super::said::{Problem, Said};
use super::views::{Fact, LineView, TotalsView, facts};
use super::way::Way;
use super::words::{Answer, Happened, HowFar, Line, Step, Voice, delay};
use crate::cashier::{self, CardFields, SavedCard};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{Stage, Status};
use crate::orders::{self, Order, OrderState};
use crate::storefront::{Layout, NO_NOTICE, Shop, Viewer, Visit, items_words};
use crate::web::{Marked, hole, redirect};
use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct LinkQuery {
    pub(super) key: Option<String>,
    /// Without scripts: not to be loaded again by itself.
    pub(super) still: Option<String>,
}

#[derive(Template)]
#[template(path = "order/page.html")]
struct OrderPage {
    layout: Layout,
    /// For the calm header of an order that is not paid: what is said of the basket.
    notice: Marked,
    /// It waits for its money: nothing leads away from that.
    is_unpaid: bool,
    /// The gateway's frame may come onto it.
    lets_pay: bool,
    number: String,
    here: String,
    version: String,
    answer: Answer,
    /// Of the answer: the day, and the time, each of which stays in one line.
    big: Vec<String>,
    /// What one hears when it changes.
    say: String,
    said: Option<Line>,
    /// What was refused of what was just sent.
    problem: Option<Problem>,
    /// The open page goes where the payment is approved.
    leads_on: bool,
    /// The payment was refused, and that is the first thing to read.
    is_declined: bool,
    /// Beneath the answer: what one need not worry about.
    calm: Option<Line>,
    fresh: String,
    again: Option<Again>,
    look_again: Option<u32>,
    approve: Option<Approve>,
    steps: Vec<StepView>,
    /// `Second attempt`
    attempt: Option<String>,
    is_late: bool,
    rider: Option<Rider>,
    code: Option<String>,
    left: Option<Left>,
    asks: Vec<AskView>,
    so_far: Vec<Moment>,
    can_move: bool,
    can_instruct: bool,
    can_report: bool,
    can_change: bool,
    /// Whoever looks may shut the links to it.
    has_links: bool,
    cases: Vec<CaseView>,
    pay: Option<PayAgain>,
    /// What stands in its place where somebody was typing.
    instead: Line,
    /// Whether it may come back.
    comes_back: bool,
    /// The gateway's own script, as long as a card may have to be asked for.
    script: Option<&'static str>,
    account: Option<AccountOffer>,
    /// The letter for it has just been asked for: it is not offered again at once.
    has_asked: bool,
    next: Vec<Line>,
    money: Vec<Line>,
    facts: Vec<Fact>,
    lines: Vec<LineView>,
    items: String,
    totals: TotalsView,
    /// What its receipt is called, once it is sure to be brought.
    paper: Option<&'static str>,
    can_cancel: bool,
    is_over: bool,
    phone: String,
}

/// When the gateway is asked next about a payment that is not known yet.
struct Again {
    words: String,
    /// Until then.
    seconds: i64,
}

impl Again {
    fn of(voice: &Voice, dossier: &Dossier) -> Self {
        let open = dossier.attempts.iter().rfind(|a| !a.standby && a.state.is_open());
        let at = open.and_then(|a| a.ask_at).filter(|at| *at > voice.now);
        match at {
            Some(at) => {
                let words = format!(", looking again at {}", clock_words(voice, at));
                Self { words, seconds: (at - voice.now).num_seconds() }
            }
            None => Self { words: ", looking again now".to_owned(), seconds: 0 },
        }
    }
}

struct Approve {
    href: String,
    words: String,
}

struct StepView {
    step: Step,
    when: String,
}

/// Something that has happened.
struct Moment {
    iso: String,
    when: String,
    words: String,
}

struct Rider {
    name: String,
    first: String,
    /// A carrier's own page.
    follow: Option<String>,
    /// The carrier's number for it.
    tracking: Option<String>,
    far: Option<HowFar>,
    way: Option<Way>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    query: Query<LinkQuery>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let LinkQuery { key, still } = query.into_inner();
    if key.is_none() && request.match_info().get("number") != Some(number.as_ref()) {
        return Ok(private(redirect(&address(&number), [])));
    }
    let caller = Caller::of(&shop, &request, &visit).await?.with_key(key.clone());
    if let Some(key) = key {
        return open_link(&shop, caller, number, voice, &key).await;
    }
    let (load, is_known) = (Viewer::loader(&shop, &visit), caller.customer().is_some());
    let (voice_there, asked) = (voice.clone(), number.clone());
    let (dossier, saved, sight, viewer) = shop
        .app
        .db(move |conn| {
            let (order, sight) = caller.find(conn, &asked, &voice_there)?;
            let dossier = Dossier::read(conn, order)?;
            let saved = if waits_for_money(&dossier) {
                pay_again::cards_of(conn, &caller, sight)?
            } else {
                Vec::new()
            };
            Ok::<_, AppError>((dossier, saved, sight, load(conn)?))
        })
        .await?;
    // An open page that looks for news takes no words that are on their way to another.
    let looks = request.headers().contains_key("x-looks");
    let said = Said::read(&request).filter(|_| !looks);
    let page = page(&shop, &voice, &dossier, saved, (sight, is_known), (said, still.is_some()));
    let mut response = private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?);
    if said.is_some() {
        response.headers_mut().append(SET_COOKIE, Said::forget(&shop, &number));
    }
    if waits_for_money(&dossier) {
        // From the start: the card's frame may come with news, on the page that is open.
        let_pay(&shop, &mut response);
    }
    Ok(response)
}

/// Whether somebody may be asked for a card on its page.
fn waits_for_money(dossier: &Dossier) -> bool {
    dossier.order.state == OrderState::Placed || dossier.story.owed().is_some()
}

/// Somebody comes by the link of a letter: the address is cleaned, a cookie keeps the key.
async fn open_link(
    shop: &Data<Shop>,
    caller: Caller,
    number: OrderNumber,
    voice: Voice,
    key: &str,
) -> Result<HttpResponse, AppError> {
    let asked = number.clone();
    let (_, sight) = shop.app.db(move |conn| caller.find(conn, &asked, &voice)).await?;
    let cookie = (!sight.is_owner()).then(|| key_cookie(shop, &number, key));
    Ok(private(redirect(&address(&number), cookie)))
}

fn page(
    shop: &Shop,
    voice: &Voice,
    dossier: &Dossier,
    saved: Vec<SavedCard>,
    (sight, caller_is_known): (Sight, bool),
    (said, still): (Option<Said>, bool),
) -> OrderPage {
    let (order, status) = (&dossier.order, &dossier.story.money());
    let answer = voice.answer(dossier);
    let waits = status.is_unsettled();
    let big = answer.big.as_deref().map_or_else(Vec::new, parts);
    let account = account::offer(dossier, sight, caller_is_known, said, still);
    let title = format!("{} {}", answer.title, big.join(" ")).trim_end().to_owned();
    let pay = pay_again::offered(shop, dossier, sight, saved, said);
    let problem = said.and_then(Said::problem).map(|p| p.where_it_stands(pay.is_some(), account.is_some()));
    let is_declined = problem.is_none() && matches!(status, Status::NotPaid { reason: Some(_) });
    OrderPage {
        layout: layout(shop, &title, order, problem.is_some() || is_declined),
        notice: hole("notice", NO_NOTICE),
        is_unpaid: order.state == OrderState::Placed,
        lets_pay: waits_for_money(dossier),
        number: order.number.to_string(),
        here: address(&order.number),
        version: live::version(dossier.story.version, dossier.forecast.as_ref()),
        say: format!("{title}. {}", answer.lead.join(" ")),
        answer,
        big,
        said: said.filter(|said| said.problem().is_none()).map(Said::line),
        leads_on: said == Some(Said::ToApprove),
        is_declined,
        problem,
        calm: calm(dossier, sight),
        fresh: clock_words(voice, voice.now),
        again: waits.then(|| Again::of(voice, dossier)),
        approve: approve(dossier),
        steps: steps(voice, dossier),
        attempt: voice.attempt(&dossier.story.goods),
        is_late: delay(&dossier.story.goods).is_some(),
        rider: rider(voice, dossier),
        code: code(shop, dossier, sight),
        left: picture::left(voice, dossier, sight),
        asks: open_asks(voice, dossier, sight),
        so_far: so_far(voice, dossier),
        can_move: dossier.can_be_moved(),
        // Before it is paid there is one thing to do.
        can_instruct: dossier.can_be_instructed() && *status == Status::Confirmed,
        can_report: dossier.can_be_reported(),
        can_change: dossier.can_be_changed(),
        has_links: sight.is_owner(),
        cases: cases(voice, dossier, sight),
        pay,
        script: script(shop, dossier),
        has_asked: said == Some(Said::AccountAsked),
        instead: instead_of_paying(dossier),
        comes_back: may_be_paid_later(dossier),
        look_again: look_again(dossier, account.as_ref().is_some_and(|offer| offer.stands_still)),
        account,
        next: next(voice, dossier, sight, &shop.app.config.forecast),
        money: voice.money(&dossier.story),
        facts: facts(voice, dossier, sight),
        lines: dossier.lines.iter().map(|line| LineView::picked(voice, dossier, line)).collect(),
        items: items_words(dossier.count()),
        totals: TotalsView::new(voice, dossier),
        paper: matches!(order.state, OrderState::Confirmed | OrderState::Completed).then(|| dossier.paper()),
        can_cancel: dossier.can_be_cancelled(),
        is_over: order.state == OrderState::Cancelled,
        phone: voice.phone.clone(),
    }
}

fn layout(shop: &Shop, title: &str, order: &Order, is_refused: bool) -> Layout {
    let error = if is_refused { "Error: " } else { "" };
    Layout::new(shop, shop.head(&format!("{error}{title}: order {}", order.number), title, ""))
}

/// `Tue 24 Nov,` and `18:00–20:00`
fn parts(big: &str) -> Vec<String> {
    match big.split_once(", ") {
        Some((day, time)) => vec![format!("{day},"), time.to_owned()],
        None => vec![big.to_owned()],
    }
}

fn script(shop: &Shop, dossier: &Dossier) -> Option<&'static str> {
    match cashier::card_fields(&shop.app) {
        CardFields::Stripe { js_url, .. } if waits_for_money(dossier) => Some(js_url),
        CardFields::Stripe { .. } | CardFields::Sandbox { .. } | CardFields::None => None,
    }
}

/// The way to where the shopper approves.
fn approve(dossier: &Dossier) -> Option<Approve> {
    let status = dossier.story.money();
    let Status::ToApprove { at } = &status else { return None };
    let words = format!("Approve {}", dossier.order.maximum_cents);
    leads_on(at).then(|| Approve { href: at.clone(), words })
}

/// The four steps, with their times as they are read.
fn steps(voice: &Voice, dossier: &Dossier) -> Vec<StepView> {
    let view = |step: Step| {
        let when = step.at.map_or_else(String::new, |at| voice.time(at));
        let since = if step.class == "now" && step.name == "On the way" { "since " } else { "" };
        StepView { when: if when.is_empty() { when } else { format!("{since}{when}") }, step }
    };
    voice.steps(dossier).into_iter().map(view).collect()
}

fn so_far(voice: &Voice, dossier: &Dossier) -> Vec<Moment> {
    let moment = |h: Happened| Moment { iso: h.at.to_rfc3339(), when: voice.time(h.at), words: h.words };
    voice.so_far(dossier).into_iter().map(moment).collect()
}

/// Who brings it, and how far they are.
fn rider(voice: &Voice, dossier: &Dossier) -> Option<Rider> {
    let goods = &dossier.story.goods;
    let is_coming = dossier.story.status == Status::Confirmed
        && matches!(goods.stage(), Stage::RiderAssigned | Stage::OnTheWay);
    let of = goods.last_try().filter(|_| is_coming)?;
    let name = of.by.clone()?;
    let far = voice.how_far(dossier);
    let way = far.as_ref().map(Way::of);
    Some(Rider {
        first: name.chars().take(1).collect(),
        name,
        follow: of.tracking_url.clone(),
        tracking: of.tracking_number.clone(),
        far,
        way,
    })
}

/// What only the customer is shown: they say it at the door. A carrier does not ask for it.
fn code(shop: &Shop, dossier: &Dossier, sight: Sight) -> Option<String> {
    let is_coming = matches!(dossier.story.goods.stage(), Stage::RiderAssigned | Stage::OnTheWay);
    let by_carrier = dossier.story.goods.last_try().is_some_and(|t| t.tracking_number.is_some());
    let is_theirs = sight == Sight::Owner && dossier.story.status == Status::Confirmed;
    (is_coming && is_theirs && !by_carrier).then(|| orders::delivery_code(&shop.app.signer, dossier.order.id))
}
