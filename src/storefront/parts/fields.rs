//! Fields of forms, each with its label, hint and what is wrong with it.

use super::html;
use askama::Template;

#[derive(Debug, Clone, Default, Template)]
#[template(path = "parts/field.html")]
pub(in crate::storefront) struct Field {
    /// Also the name under which it is sent.
    pub(in crate::storefront) id: &'static str,
    pub(in crate::storefront) label: &'static str,
    pub(in crate::storefront) hint: &'static str,
    pub(in crate::storefront) kind: &'static str,
    pub(in crate::storefront) autocomplete: &'static str,
    pub(in crate::storefront) inputmode: &'static str,
    /// Never that of a password.
    pub(in crate::storefront) value: String,
    pub(in crate::storefront) most: usize,
    pub(in crate::storefront) least: usize,
    pub(in crate::storefront) optional: bool,
    pub(in crate::storefront) short: bool,
    /// What is said when the browser finds it wrong as it is left.
    pub(in crate::storefront) check: &'static str,
    pub(in crate::storefront) wrong: Option<String>,
}

impl Field {
    pub(in crate::storefront) fn wrong(mut self, words: Option<impl Into<String>>) -> Self {
        self.wrong = words.map(Into::into);
        self
    }

    pub(in crate::storefront) fn html(&self) -> String {
        html(self)
    }

    fn has_least(&self) -> bool {
        self.least > 0
    }

    /// Whether a keyboard that means well only spoils it.
    fn is_plain(&self) -> bool {
        self.kind == "email" || self.is_password()
    }

    fn is_password(&self) -> bool {
        self.kind == "password"
    }
}

#[derive(Template)]
#[template(path = "parts/problems.html")]
struct Problems<'a> {
    /// The field and what is wrong with it.
    items: Vec<(&'a str, &'a str)>,
}

/// "There is a problem", with a link to each field; nothing where all is well.
pub(in crate::storefront) fn problems(fields: &[Field]) -> String {
    let items: Vec<(&str, &str)> = fields.iter().filter_map(|f| Some((f.id, f.wrong.as_deref()?))).collect();
    if items.is_empty() { String::new() } else { html(&Problems { items }) }
}
