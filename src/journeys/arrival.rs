//! How somebody came to a page: told by the first step of their session, the first touch.

use crate::web::text::clean_line;
use crate::web::without_secrets;
use actix_web::HttpRequest;
use actix_web::http::header::{HOST, HeaderName, REFERER};
use serde_json::{Map, Value};

const CAMPAIGN: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
const LONGEST: usize = 100;

/// As the request said it: most requests are no first touch, and these need no more work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrival {
    /// The page, without what follows the `?`.
    page: String,
    query: String,
    /// Another site's host.
    referrer: Option<String>,
}

impl Arrival {
    /// A form says nothing of how one came: it was sent from a page, and that counts.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let host = header(request, &HOST);
        let from = header(request, &REFERER).and_then(host_and_path);
        let ours = from.filter(|(of, _)| host.is_some_and(|host| of.eq_ignore_ascii_case(host)));
        let (page, query) = match (request.method().is_safe(), ours) {
            (false, Some((_, page))) => (page, ""),
            (false, None) => (request.path(), ""),
            (true, _) => (request.path(), request.query_string()),
        };
        let elsewhere = if ours.is_some() { None } else { from };
        Self {
            page: without_secrets(page).into_owned(),
            query: query.to_owned(),
            referrer: elsewhere.map(|(host, _)| host.to_ascii_lowercase()),
        }
    }

    /// The page, the other site's host, and the campaign named in the address; no more of either address.
    pub(super) fn touch(&self) -> Value {
        let mut touch = Map::new();
        touch.insert("page".into(), clean(&self.page));
        if let Some(referrer) = &self.referrer {
            touch.insert("referrer".into(), clean(referrer));
        }
        for (key, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let value = clean(&value);
            if CAMPAIGN.contains(&&*key) && value != "" {
                touch.entry(key).or_insert(value);
            }
        }
        Value::Object(touch)
    }
}

fn header<'r>(request: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// `https://name@host/path?query` in two: host and path.
fn host_and_path(address: &str) -> Option<(&str, &str)> {
    let (_, rest) = address.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next()?;
    (!host.is_empty()).then_some((host, if path.is_empty() { "/" } else { path }))
}

fn clean(text: &str) -> Value {
    Value::String(clean_line(text, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn touch(request: TestRequest, referer: &str) -> String {
        let request = request.insert_header(("host", "shop.test")).insert_header(("referer", referer));
        Arrival::of(&request.to_http_request()).touch().to_string()
    }

    #[test]
    fn a_first_touch_tells_the_campaign_and_no_more_of_the_address() {
        let request = TestRequest::with_uri("/d/bakery?utm_source=mail&email=a@b.ie");
        let told = touch(request, "https://me:word@Search.test/q?x=secret");
        assert_eq!(told, r#"{"page":"/d/bakery","referrer":"search.test","utm_source":"mail"}"#);
    }

    #[test]
    fn a_campaign_is_decoded_cleaned_and_told_once() {
        let long = "x".repeat(300);
        let uri =
            format!("/?utm_source=caf%C3%A9%0a+news&utm_source=other&utm_medium=&utm_term={long}&utm_id=9");
        let told = touch(TestRequest::with_uri(&uri), "nonsense");
        let cut = "x".repeat(100);
        assert_eq!(told, format!(r#"{{"page":"/","utm_source":"café news","utm_term":"{cut}"}}"#));
    }

    #[test]
    fn our_own_pages_lead_nobody_here() {
        assert_eq!(touch(TestRequest::with_uri("/help"), "http://SHOP.test/d/bakery"), r#"{"page":"/help"}"#);
        assert_eq!(
            touch(TestRequest::with_uri("/help"), "http://shop.test.evil.test"),
            r#"{"page":"/help","referrer":"shop.test.evil.test"}"#
        );
    }

    #[test]
    fn a_form_was_sent_from_a_page() {
        let form = || TestRequest::post().uri("/basket/lines/DE-MIL-001?utm_source=no");
        assert_eq!(touch(form(), "http://shop.test/d/dairy?sort=name"), r#"{"page":"/d/dairy"}"#);
        assert_eq!(touch(form(), "nonsense"), r#"{"page":"/basket/lines/DE-MIL-001"}"#);
    }
}
