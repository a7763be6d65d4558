use super::html;
use crate::basket;
use crate::catalog::Item;
use askama::Template;

/// The stepper of one product: a plus, or minus, quantity and plus.
#[derive(Template)]
#[template(path = "parts/step.html")]
pub(in crate::storefront) struct Step<'a> {
    id: i64,
    sku: &'a str,
    name: &'a str,
    quantity: i32,
    fewer: i32,
    more: i32,
    /// Whether one more can be had.
    at_most: bool,
    plain: bool,
    /// What the button says where there is room for words, while there is none in the basket.
    words: Option<String>,
}

impl<'a> Step<'a> {
    pub(in crate::storefront) fn new(item: &'a Item, quantity: i32) -> Self {
        let article = &item.article;
        Self {
            id: article.id.0,
            sku: &article.sku,
            name: &article.name,
            quantity,
            fewer: (quantity - 1).max(0),
            more: quantity + 1,
            at_most: quantity >= item.available().min(basket::MAX_QUANTITY),
            plain: false,
            words: None,
        }
    }

    /// For the product's own page, where the button has words.
    #[must_use]
    pub(in crate::storefront) fn with_words(mut self, words: String) -> Self {
        self.words = Some(words);
        self
    }

    /// For a row instead of a card.
    #[must_use]
    pub(in crate::storefront) fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    pub(in crate::storefront) fn html(&self) -> String {
        html(self)
    }
}
