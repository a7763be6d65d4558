//! What stands around the goods on every page: place, basket, bar, message, question.

use super::{TotalsBlock, html};
use askama::Template;
use std::sync::LazyLock;

pub(in crate::storefront) const NO_BAR: &str = "<div data-live=\"bar\"></div>";
pub(crate) const NO_NOTICE: &str = "<div data-live=\"notice\"></div>";

pub(in crate::storefront) fn unknown_place() -> String {
    html(&UnknownPlace)
}

pub(in crate::storefront) fn empty_basket() -> String {
    html(&BasketLink { count: 0, goods: String::new(), changed: false })
}

pub(in crate::storefront) fn consent_question() -> String {
    html(&Consent)
}

pub(in crate::storefront) fn sign_in_link() -> String {
    html(&AccountLink { signed_in: false })
}

pub(in crate::storefront) fn your_account() -> &'static str {
    static LINK: LazyLock<String> = LazyLock::new(|| html(&AccountLink { signed_in: true }));
    &LINK
}

#[derive(Template)]
#[template(path = "parts/account_link.html")]
pub(in crate::storefront) struct AccountLink {
    pub(in crate::storefront) signed_in: bool,
}

#[derive(Template)]
#[template(path = "parts/place_unknown.html")]
pub(in crate::storefront) struct UnknownPlace;

#[derive(Template)]
#[template(path = "parts/consent.html")]
pub(in crate::storefront) struct Consent;

#[derive(Template)]
#[template(path = "parts/place_known.html")]
pub(in crate::storefront) struct KnownPlace<'a> {
    pub(in crate::storefront) label: String,
    pub(in crate::storefront) routing_key: &'a str,
    pub(in crate::storefront) deal: String,
    pub(in crate::storefront) terms: TermWords,
}

pub(in crate::storefront) struct TermWords {
    pub(in crate::storefront) label: String,
    pub(in crate::storefront) fee: String,
    pub(in crate::storefront) free_from: String,
    pub(in crate::storefront) minimum: String,
    pub(in crate::storefront) next: String,
    /// The windows after the next one.
    pub(in crate::storefront) then: Vec<String>,
    pub(in crate::storefront) zone: String,
    /// Until when the fee holds.
    pub(in crate::storefront) until: String,
}

#[derive(Template)]
#[template(path = "parts/here.html")]
pub(in crate::storefront) struct Here {
    pub(in crate::storefront) terms: TermWords,
}

#[derive(Template)]
#[template(path = "parts/basket_link.html")]
pub(in crate::storefront) struct BasketLink {
    pub(in crate::storefront) count: i32,
    pub(in crate::storefront) goods: String,
    /// Whether something in it changed and has not been read.
    pub(in crate::storefront) changed: bool,
}

#[derive(Template)]
#[template(path = "parts/bar.html")]
pub(in crate::storefront) struct Bar {
    pub(in crate::storefront) sum: String,
    pub(in crate::storefront) fine: String,
}

#[derive(Template)]
#[template(path = "parts/notice.html")]
pub(in crate::storefront) struct NoticeBox {
    pub(in crate::storefront) words: String,
    /// What those hear who do not look.
    pub(in crate::storefront) say: String,
    pub(in crate::storefront) bad: bool,
    /// Article number and the quantity to go back to.
    pub(in crate::storefront) undo: Option<(String, i32)>,
    pub(in crate::storefront) totals: Option<TotalsBlock>,
    pub(in crate::storefront) quiet: bool,
}
