//! The parts of pages that are filled or shown in several places, each with its template.

mod around;
mod fields;
mod line;
mod step;
mod tell;
mod totals;

pub(crate) use around::NO_NOTICE;
pub(in crate::storefront) use around::{
    Bar, BasketLink, Here, KnownPlace, NO_BAR, NoticeBox, TermWords, consent_question, empty_basket,
    sign_in_link, unknown_place, your_account,
};
pub(in crate::storefront) use fields::{Field, problems};
pub(in crate::storefront) use line::{LineView, line_changes};
pub(in crate::storefront) use step::Step;
pub(crate) use tell::Tell;
pub(crate) use totals::{Less, TotalsBlock, items_words};

use askama::Template;

/// A part that failed to render is left out; the page stands.
pub(in crate::storefront) fn html(part: &impl Template) -> String {
    part.render().unwrap_or_else(|e| {
        log::error!("a part of a page could not be rendered: {e}");
        String::new()
    })
}
