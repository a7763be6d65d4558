//! What goes to the owner of a mail address, in words.

use super::token::Token;
use crate::outside::mail::Letter;
use askama::Template;

#[derive(Template)]
#[template(path = "mail/sign_up.txt")]
struct SignUpText<'a> {
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/sign_up.html")]
struct SignUpHtml<'a> {
    link: &'a str,
}

/// "One press and it is ready."
pub(super) fn sign_up(email: &str, public_url: &str, token: &Token) -> Letter {
    let link = &format!("{public_url}/signup/{}", token.as_str());
    Letter::of(email, "Your account is one press away", &SignUpText { link }, &SignUpHtml { link }, true)
}

#[derive(Template)]
#[template(path = "mail/known.txt")]
struct KnownText<'a> {
    shop: &'a str,
}

#[derive(Template)]
#[template(path = "mail/known.html")]
struct KnownHtml<'a> {
    shop: &'a str,
}

/// "You have one already."
pub(super) fn known(email: &str, public_url: &str) -> Letter {
    let shop = public_url;
    Letter::of(email, "You have an account already", &KnownText { shop }, &KnownHtml { shop }, false)
}

#[derive(Template)]
#[template(path = "mail/reset.txt")]
struct ResetText<'a> {
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/reset.html")]
struct ResetHtml<'a> {
    link: &'a str,
}

/// "Choose a new password."
pub(super) fn reset(email: &str, public_url: &str, token: &Token) -> Letter {
    let link = &format!("{public_url}/reset/{}", token.as_str());
    Letter::of(email, "Choose a new password", &ResetText { link }, &ResetHtml { link }, true)
}
