use super::model::Open;
use crate::outside::mail::Letter;
use askama::Template;

#[derive(Template)]
#[template(path = "mail/back.txt")]
struct BackText<'a> {
    name: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/back.html")]
struct BackHtml<'a> {
    name: &'a str,
    link: &'a str,
}

/// "It is back."
pub(super) fn back(public_url: &str, wish: &Open) -> Letter {
    let (name, link) = (&wish.name, &format!("{public_url}/p/{}", wish.slug));
    let subject = format!("{name} is back");
    Letter::of(&wish.address, &subject, &BackText { name, link }, &BackHtml { name, link }, false)
}
