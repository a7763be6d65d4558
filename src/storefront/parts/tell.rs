use super::html;
use askama::Template;

/// "Tell me when it is back": the same part beside a gone item wherever one meets it.
#[derive(Default, Template)]
#[template(path = "parts/tell.html")]
pub(crate) struct Tell<'a> {
    pub(crate) sku: &'a str,
    /// Added to the button for those who listen.
    pub(crate) name: &'a str,
    /// The step's own form that it is a button of, so that nothing typed there is lost; else it is one itself.
    pub(crate) form: Option<&'static str>,
    /// Where that form goes by this button, if elsewhere.
    pub(crate) action: Option<&'static str>,
    /// Whether the thing leaves the basket with it.
    pub(crate) out: bool,
    /// The address is asked for: nobody knows one.
    pub(crate) asks: bool,
    /// The address that is known, or none to be named.
    pub(crate) address: Option<&'a str>,
    /// What was typed, and what is wrong with it.
    pub(crate) typed: &'a str,
    pub(crate) wrong: Option<&'a str>,
}

impl Tell<'_> {
    pub(crate) fn html(&self) -> String {
        html(self)
    }

    fn words(&self) -> String {
        let to = match self.address {
            Some(address) => format!(" to {address}"),
            None if self.asks => String::new(),
            None => " to your account’s address".to_owned(),
        };
        let leaves = if self.out { " It leaves your basket." } else { "" };
        format!("We write once{to}, and use the address for nothing else.{leaves}")
    }
}
