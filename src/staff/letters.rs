//! What goes to those who work here, or would like to, in words.

use super::area::Role;
use super::model::Member;
use crate::accounts::Token;
use crate::outside::mail::Letter;
use askama::Template;

#[derive(Template)]
#[template(path = "mail/staff_ask.txt")]
struct AskText<'a> {
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/staff_ask.html")]
struct AskHtml<'a> {
    link: &'a str,
}

/// "Was it you who asked?"
pub(super) fn is_it_you(email: &str, public_url: &str, token: &Token) -> Letter {
    let link = &format!("{public_url}/staff/ask/{}", token.as_str());
    Letter::of(email, "Was it you who asked for staff access?", &AskText { link }, &AskHtml { link }, true)
}

#[derive(Template)]
#[template(path = "mail/staff_known.txt")]
struct KnownText<'a> {
    shop: &'a str,
}

#[derive(Template)]
#[template(path = "mail/staff_known.html")]
struct KnownHtml<'a> {
    shop: &'a str,
}

/// "We know you already."
pub(super) fn known(email: &str, public_url: &str) -> Letter {
    let shop = public_url;
    Letter::of(email, "We know you already", &KnownText { shop }, &KnownHtml { shop }, false)
}

#[derive(Template)]
#[template(path = "mail/staff_reset.txt")]
struct ResetText<'a> {
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/staff_reset.html")]
struct ResetHtml<'a> {
    link: &'a str,
}

/// "Choose a new password."
pub(super) fn reset(email: &str, public_url: &str, key: &str) -> Letter {
    let link = &format!("{public_url}/staff/reset/{key}");
    Letter::of(email, "Choose a new staff password", &ResetText { link }, &ResetHtml { link }, true)
}

#[derive(Template)]
#[template(path = "mail/staff_asks.txt")]
struct AsksText<'a> {
    name: &'a str,
    email: &'a str,
    shop: &'a str,
}

#[derive(Template)]
#[template(path = "mail/staff_asks.html")]
struct AsksHtml<'a> {
    name: &'a str,
    email: &'a str,
    shop: &'a str,
}

/// "Somebody waits for you to decide."
pub(super) fn asks(admin: &Member, asker: &Member, public_url: &str) -> Letter {
    let (name, email, shop) = (asker.name.as_str(), asker.email.as_str(), public_url);
    let subject = format!("{name} asks for staff access");
    Letter::of(
        &admin.email,
        &subject,
        &AsksText { name, email, shop },
        &AsksHtml { name, email, shop },
        false,
    )
}

#[derive(Template)]
#[template(path = "mail/staff_let_in.txt")]
struct LetInText<'a> {
    name: &'a str,
    role: &'a str,
    opens: &'a str,
    shop: &'a str,
}

#[derive(Template)]
#[template(path = "mail/staff_let_in.html")]
struct LetInHtml<'a> {
    name: &'a str,
    role: &'a str,
    opens: &'a str,
    shop: &'a str,
}

/// "You can sign in now."
pub(super) fn let_in(member: &Member, role: Role, public_url: &str) -> Letter {
    let (name, shop) = (member.name.as_str(), public_url);
    let (role, opens) = (role.name(), role.opens());
    let text = LetInText { name, role, opens, shop };
    let html = LetInHtml { name, role, opens, shop };
    Letter::of(&member.email, "You can sign in now", &text, &html, false)
}
