//! Fields of the staff's forms, each with what is wrong with it.

use crate::web::Marked;
use askama::Template;

#[derive(Debug, Clone, Template)]
#[template(path = "staff/field.html")]
pub(crate) struct Field {
    /// Also the name under which it is sent.
    pub(crate) id: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    /// Never that of a password.
    pub(crate) value: String,
    pub(crate) most: usize,
    pub(crate) wrong: Option<String>,
}

impl Field {
    pub(crate) fn text(id: &'static str, label: &'static str, value: &str) -> Self {
        Self {
            id,
            label,
            hint: "",
            kind: "text",
            autocomplete: "off",
            value: value.to_owned(),
            most: 120,
            wrong: None,
        }
    }

    pub(crate) fn email(value: &str) -> Self {
        Self {
            kind: "email",
            autocomplete: "username",
            most: 254,
            ..Self::text("email", "Mail address", value)
        }
    }

    pub(crate) fn password(id: &'static str, label: &'static str) -> Self {
        // Longer ones are refused in words, not cut.
        Self { kind: "password", autocomplete: "current-password", most: 1_000, ..Self::text(id, label, "") }
    }

    pub(crate) fn new_password(id: &'static str, label: &'static str) -> Self {
        let hint = "8 characters or more, for example three words";
        Self { hint, autocomplete: "new-password", ..Self::password(id, label) }
    }

    #[must_use]
    pub(crate) fn wrong(mut self, words: Option<impl Into<String>>) -> Self {
        self.wrong = words.map(Into::into);
        self
    }

    pub(crate) fn html(&self) -> Marked {
        html(self)
    }

    /// Whether a keyboard that means well only spoils it.
    fn is_plain(&self) -> bool {
        matches!(self.kind, "email" | "password")
    }

    fn is_described(&self) -> bool {
        self.wrong.is_some() || !self.hint.is_empty()
    }
}

#[derive(Template)]
#[template(path = "staff/problems.html")]
struct Problems<'a> {
    /// The field and what is wrong with it.
    items: Vec<(&'a str, &'a str)>,
}

/// "There is a problem", with a link to each field; nothing where all is well.
pub(crate) fn problems(fields: &[Field]) -> Marked {
    let items: Vec<(&str, &str)> = fields.iter().filter_map(|f| Some((f.id, f.wrong.as_deref()?))).collect();
    if items.is_empty() { Marked::default() } else { html(&Problems { items }) }
}

/// These templates hold what was typed and cannot fail to render.
fn html(template: &impl Template) -> Marked {
    Marked(template.render().unwrap_or_else(|e| {
        log::error!("a field could not be rendered: {e}");
        String::new()
    }))
}
