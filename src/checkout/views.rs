//! What every step shows around its own questions, in finished words.

use super::draft::Said;
use super::fields::Problem;
use super::gone::GoneLine;
use super::tell;
use super::till::{Hold, Step, Till};
use crate::catalog::PictureFit;
use crate::clock;
use crate::storefront::{Asker, Less, NO_NOTICE, Shop, TotalsBlock, changes_of, items_words};
use crate::web::{Marked, assets, hole};
use actix_web::HttpResponse;
use actix_web::http::header::SET_COOKIE;
use askama::Template;

/// The page around a step.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) css: &'static str,
    pub(super) js: &'static str,
    pub(super) font: &'static str,
    pub(super) icon: &'static str,
    /// A script of the gateway's, where its card fields need one.
    pub(super) script: Option<String>,
    pub(super) notice: Marked,
    pub(super) number: usize,
    pub(super) steps: Vec<StepMark>,
    pub(super) lines: Vec<ShortLine>,
    pub(super) items: String,
    pub(super) totals: String,
    pub(super) total: String,
    pub(super) most: Option<String>,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<Note>,
    pub(super) changes: Vec<(String, String)>,
    pub(super) before: Option<String>,
    pub(super) gone: Vec<GoneView>,
    /// The step's own form.
    pub(super) form: &'static str,
}

/// What is gone, with the ways on.
pub(super) struct GoneView {
    pub(super) line: GoneLine,
    /// How one hears that it is back; not for what is only short.
    pub(super) tell: Option<String>,
}

pub(super) struct StepMark {
    pub(super) number: usize,
    pub(super) name: &'static str,
    pub(super) href: Option<&'static str>,
    pub(super) current: bool,
}

pub(super) struct ShortLine {
    pub(super) picture: String,
    pub(super) fresh: bool,
    pub(super) words: String,
    /// Before offers, so that the lines add up to the items in the block of sums.
    pub(super) sum: String,
}

/// Something that is to be said above the questions.
pub(super) struct Note {
    /// `good`, `info`, `warn` or `bad`.
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) words: String,
}

impl Note {
    pub(super) fn new(tone: &'static str, title: impl Into<String>, words: impl Into<String>) -> Self {
        let icon = match tone {
            "good" => "circle-check",
            "bad" => "circle-alert",
            "warn" => "triangle-alert",
            _ => "info",
        };
        Self { tone, icon, title: title.into(), words: words.into() }
    }
}

/// Before the title of a page that comes back because what was sent was refused.
const ERROR: &str = "Error: ";

const STEPS: [(Step, &str, &str); 3] = [
    (Step::Delivery, "Delivery", "/checkout/delivery"),
    (Step::Payment, "Payment", "/checkout/payment"),
    (Step::Review, "Review", "/checkout/review"),
];

fn step_marks(at: usize) -> Vec<StepMark> {
    let mark = |(i, (_, name, href)): (usize, &(Step, &'static str, &'static str))| StepMark {
        number: i + 1,
        name,
        href: (i + 1 < at).then_some(*href),
        current: i + 1 == at,
    };
    STEPS.iter().enumerate().map(mark).collect()
}

impl Frame {
    pub(super) fn new(till: &Till, step: Step, problems: Vec<Problem>) -> Self {
        let number = STEPS.iter().position(|(s, ..)| *s == step).map_or(1, |i| i + 1);
        let name = STEPS.get(number - 1).map_or("", |(_, name, _)| name);
        let is_refused = !problems.is_empty() || till.draft.content.said.as_ref().is_some_and(Said::refuses);
        let error = if is_refused { ERROR } else { "" };
        let basket = &till.viewer.basket;
        let block = till.totals();
        Self {
            title: format!("{error}{name}, step {number} of 3 · SmartShop"),
            css: assets::address("site.css"),
            js: assets::address("site.js"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
            icon: assets::address("images/icon.svg"),
            script: None,
            notice: hole("notice", NO_NOTICE),
            number,
            steps: step_marks(number),
            lines: basket.lines.iter().filter(|l| l.counted > 0).map(ShortLine::new).collect(),
            items: items_words(till.reckoned.totals.count),
            before: block.before.clone(),
            totals: block.html(),
            total: till.reckoned.total.to_string(),
            most: (till.reckoned.maximum > till.reckoned.total).then(|| till.reckoned.maximum.to_string()),
            problems,
            notes: till.draft.content.said.iter().map(said).collect(),
            changes: changes_of(&till.viewer),
            gone: till.gone.iter().map(|line| GoneView::new(line, till, step)).collect(),
            form: step.form(),
        }
    }

    /// Says above all else that what was sent was refused, and why.
    pub(super) fn refuse(&mut self, notes: Vec<Note>) {
        if !notes.is_empty() && !self.title.starts_with(ERROR) {
            self.title.insert_str(0, ERROR);
        }
        self.notes.extend(notes);
    }

    /// What is said at a field, or nothing.
    pub(super) fn wrong(&self, field: &str) -> Option<&str> {
        self.problems.iter().find(|p| p.field == field).map(|p| p.words.as_str())
    }
}

impl GoneView {
    fn new(line: &GoneLine, till: &Till, step: Step) -> Self {
        let tell = (line.left == 0).then(|| tell::part(line, till, step));
        Self { line: line.clone(), tell }
    }
}

impl ShortLine {
    fn new(line: &crate::basket::Line) -> Self {
        let article = &line.item.article;
        Self {
            picture: assets::picture(&article.picture).into_owned(),
            fresh: article.picture_fit == PictureFit::Fresh,
            words: format!("{} × {}, {}", line.counted, article.name, article.size_label()),
            sum: line.full().to_string(),
        }
    }
}

impl Till {
    /// The one block of sums, the same on every step.
    pub(super) fn totals(&self) -> TotalsBlock {
        let (basket, totals) = (&self.viewer.basket, &self.reckoned.totals);
        let block = TotalsBlock::new(basket, totals).without_goal();
        let Some(Ok((coupon, off))) = &self.reckoned.coupon else { return block };
        let vat = self.vat;
        let tax = totals.tax_less(basket, &self.reckoned.coupon_shares, vat);
        let label = format!("Voucher {}, {}", coupon.code, coupon.label);
        block.less(basket, totals, Less { label, off: *off, tax })
    }
}

fn said(said: &Said) -> Note {
    match said {
        Said::PlaceChanged { from, to, old, new, other_times } => {
            let fee = if old == new {
                format!("The fee stays {new}.")
            } else {
                format!("The fee was {old} to {from}. It is {new} now.")
            };
            let times = if *other_times { " The times there are others: choose one." } else { "" };
            Note::new("info", format!("Delivery goes to {to} now"), format!("{fee}{times}"))
        }
        Said::WindowFull { window } => Note::new(
            "bad",
            format!("{window} has just filled up"),
            "Somebody else took the last place. Nothing was ordered or charged. Choose another time below.",
        ),
        Said::WindowClosed { window } => Note::new(
            "bad",
            format!("One cannot order for {window} any more"),
            "Nothing was ordered or charged. Choose another time below.",
        ),
        Said::NoPlace => Note::new(
            "bad",
            "We do not know where it goes",
            "Enter your Eircode below, then the fee and the times are shown.",
        ),
        Said::HeldLonger => {
            Note::new("good", "Your time is held longer", "The new end is shown beside the clock.")
        }
        Said::HoldRefused { words } => Note::new("warn", "Your time is not held", words.clone()),
        Said::CouponGone { words } => Note::new("warn", "The voucher was taken off", words.clone()),
        Said::TellWhere { words, .. } => Note::new("bad", "Nothing was noted yet", words.clone()),
        Said::Swapped { from, to } => {
            Note::new("good", "Swapped", format!("{to} instead of {from}. The total follows."))
        }
    }
}

/// The line with the clock.
#[derive(Template)]
#[template(path = "checkout/hold.html")]
pub(super) struct HoldLine {
    label: String,
    until: String,
    /// How many seconds are left, by the shop's clock.
    seconds: i64,
    state: &'static str,
    /// Whether the button is one of the step's own form.
    inside: bool,
}

impl HoldLine {
    /// Nothing where no window was chosen.
    pub(super) fn html(till: &Till, inside: bool) -> String {
        let Some(window) = &till.chosen else { return String::new() };
        let (state, until) = match till.hold() {
            Hold::Running(until) => ("running", Some(until)),
            Hold::Over => ("over", None),
            Hold::None if window.is_full() || window.cutoff_at <= till.now => return String::new(),
            Hold::None => ("over", None),
        };
        let line = Self {
            label: window.label(till.zone),
            until: until.map_or_else(String::new, |at| clock::time_label(till.zone, at)),
            seconds: until.map_or(0, |at| (at - till.now).num_seconds()),
            state,
            inside,
        };
        line.render().unwrap_or_default()
    }
}

/// Sends a step's page.
pub(super) fn answer(
    shop: &Shop,
    request: &actix_web::HttpRequest,
    visit: &crate::storefront::Visit,
    status: actix_web::http::StatusCode,
    page: &impl Template,
    till: &Till,
) -> Result<actix_web::HttpResponse, crate::error::AppError> {
    let sheet = crate::web::Sheet::new(&crate::web::render(page)?, crate::web::Effort::Once);
    Ok(shop.answer_filled(request, visit, status, &sheet, &till.viewer))
}

#[derive(Template)]
#[template(path = "checkout/again.html")]
struct AgainPage {
    frame: Frame,
    number: String,
    /// Whether something waits in the basket for an order of its own.
    more: bool,
}

/// The page of a form that was sent before with other content.
pub(super) fn already_ordered(
    shop: &Shop,
    request: &actix_web::HttpRequest,
    visit: &crate::storefront::Visit,
    number: &crate::ids::OrderNumber,
    till: &Till,
) -> Result<actix_web::HttpResponse, crate::error::AppError> {
    let mut frame = Frame::new(till, Step::Review, Vec::new());
    "Already ordered · SmartShop".clone_into(&mut frame.title);
    let page = AgainPage { frame, number: number.to_string(), more: !till.viewer.basket.is_empty() };
    answer(shop, request, visit, actix_web::http::StatusCode::CONFLICT, &page, till)
}

/// A browser that is counted is known the next time.
pub(super) fn with_device(shop: &Shop, asker: &Asker, mut response: HttpResponse) -> HttpResponse {
    if let Some(cookie) = asker.cookie(shop) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
