//! What is to be said on the next page: in a cookie, since the page a form leads to is asked for anew.

use crate::storefront::Shop;
use crate::web::{cookies, redirect};
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const COOKIE: &str = "staff-said";
const SECONDS: u32 = 60;
/// A cookie has room for no more.
const LONGEST: usize = 400;

/// A sentence and its tone. Only ever shown, never believed: whoever owns the browser can set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    is_good: bool,
    pub(crate) words: String,
}

impl Said {
    /// It is done.
    pub(crate) fn good(words: impl Into<String>) -> Self {
        Self { is_good: true, words: words.into() }
    }

    /// It was not done, and why.
    pub(crate) fn bad(words: impl Into<String>) -> Self {
        Self { is_good: false, words: words.into() }
    }

    pub(crate) const fn tone(&self) -> &'static str {
        if self.is_good { "ok" } else { "bad" }
    }

    pub(crate) const fn icon(&self) -> &'static str {
        if self.is_good { "circle-check" } else { "circle-alert" }
    }

    fn write(&self) -> String {
        let words: String = self.words.chars().take(LONGEST).collect();
        format!("{}.{}", self.tone(), URL_SAFE_NO_PAD.encode(words))
    }

    fn parse(text: &str) -> Option<Self> {
        let (tone, words) = text.split_once('.')?;
        let words = String::from_utf8(URL_SAFE_NO_PAD.decode(words).ok()?).ok()?;
        Some(Self { is_good: tone == "ok", words })
    }
}

/// Sends the browser to look at what its form has done, with words about it.
pub(crate) fn done(shop: &Shop, target: &str, said: &Said) -> HttpResponse {
    redirect(target, [cookie(shop, said)])
}

fn cookie(shop: &Shop, said: &Said) -> HeaderValue {
    shop.cookie(COOKIE, &said.write(), SECONDS)
}

pub(super) fn read(request: &HttpRequest) -> Option<Said> {
    cookies::get(request, COOKIE).and_then(Said::parse)
}

/// Takes the cookie away once its words are on a page.
pub(super) fn forget(shop: &Shop, request: &HttpRequest) -> Option<HeaderValue> {
    cookies::get(request, COOKIE).map(|_| shop.cookie(COOKIE, "", 0))
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn what_is_said_survives_its_cookie_and_nothing_else_is_said() {
        for said in [Said::good("7KM-492 is yours · “pick” it"), Said::bad("No.")] {
            assert_eq!(Said::parse(&said.write()), Some(said));
        }
        for strange in ["", "ok", "ok.%%%", "ok.w"] {
            assert_eq!(Said::parse(strange), None, "{strange}");
        }
    }
}
