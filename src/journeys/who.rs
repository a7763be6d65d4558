//! Who is walking, as far as they let us know.

use crate::sign::Signer;
use crate::web::{Client, cookies};
use actix_web::HttpRequest;
use actix_web::http::header::{REFERER, USER_AGENT};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

pub const CONSENT_COOKIE: &str = "consent";
pub const VISITOR_COOKIE: &str = "visitor";
pub const SESSION_COOKIE: &str = "session";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Unsaid,
    Yes,
    No,
}

impl Choice {
    pub fn of(request: &HttpRequest) -> Self {
        match cookies::get(request, CONSENT_COOKIE) {
            Some("yes") => Self::Yes,
            Some("no") => Self::No,
            _ => Self::Unsaid,
        }
    }
}

/// Somebody whose steps may be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walker {
    pub visitor: String,
    pub session: String,
}

impl Walker {
    /// Nobody, when they asked not to be tracked (DNT, Global Privacy Control) or said no.
    pub fn of(request: &HttpRequest, client: Client, signer: &Signer, now: DateTime<Utc>) -> Option<Self> {
        if asks_not_to_be_tracked(request) {
            return None;
        }
        match Choice::of(request) {
            Choice::No => None,
            Choice::Yes => {
                Self::by_cookie(request).or_else(|| Some(Self::by_day(request, client, signer, now)))
            }
            Choice::Unsaid => Some(Self::by_day(request, client, signer, now)),
        }
    }

    fn by_cookie(request: &HttpRequest) -> Option<Self> {
        let fit = |v: &&str| {
            (8..=40).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let visitor = cookies::get(request, VISITOR_COOKIE).filter(fit)?;
        let session = cookies::get(request, SESSION_COOKIE).filter(fit).unwrap_or(visitor);
        Some(Self { visitor: visitor.to_owned(), session: session.to_owned() })
    }

    /// The same all day for one browser at one address, and another number tomorrow.
    fn by_day(request: &HttpRequest, client: Client, signer: &Signer, now: DateTime<Utc>) -> Self {
        let agent = request.headers().get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let day = now.date_naive();
        let visitor = signer.pseudonym("walker", &format!("{day} {} {agent}", client.address));
        Self { session: visitor.clone(), visitor }
    }
}

fn asks_not_to_be_tracked(request: &HttpRequest) -> bool {
    ["dnt", "sec-gpc"].iter().any(|name| request.headers().get(*name).is_some_and(|v| v == "1"))
}

/// Where a visit came from: the other site's host, and the campaign named in the address.
/// `None` when this is not the first page of a visit.
pub fn first_touch(request: &HttpRequest) -> Option<Value> {
    let host = request.headers().get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    let referrer = request.headers().get(REFERER).and_then(|r| r.to_str().ok()).and_then(host_of);
    if referrer == Some(host) {
        return None;
    }
    let mut touch = Map::new();
    touch.insert("page".into(), clip(request.path()));
    if let Some(referrer) = referrer {
        touch.insert("referrer".into(), clip(referrer));
    }
    for (key, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
        if matches!(&*key, "utm_source" | "utm_medium" | "utm_campaign" | "utm_term" | "utm_content") {
            touch.insert(key.into_owned(), clip(&value));
        }
    }
    Some(Value::Object(touch))
}

fn host_of(address: &str) -> Option<&str> {
    address.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest))
}

fn clip(text: &str) -> Value {
    Value::String(crate::web::text::clean_line(text, 100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn walker(headers: &[(&str, &str)], day: &str) -> Option<Walker> {
        let request =
            headers.iter().fold(TestRequest::default(), |r, h| r.insert_header(*h)).to_http_request();
        let client = Client { address: "192.0.2.1".parse().expect("ip") };
        Walker::of(&request, client, &Signer::new(b"key"), format!("{day}T10:00:00Z").parse().expect("time"))
    }

    #[test]
    fn nobody_is_followed_who_asked_not_to_be() {
        assert!(walker(&[("dnt", "1")], "2026-11-24").is_none());
        assert!(walker(&[("sec-gpc", "1")], "2026-11-24").is_none());
        assert!(walker(&[("cookie", "consent=no")], "2026-11-24").is_none());
        assert!(walker(&[], "2026-11-24").is_some());
    }

    #[test]
    fn who_said_nothing_is_somebody_else_tomorrow() {
        assert_eq!(walker(&[], "2026-11-24"), walker(&[], "2026-11-24"));
        assert_ne!(walker(&[], "2026-11-24"), walker(&[], "2026-11-25"));
    }

    #[test]
    fn who_said_yes_is_known_by_the_cookie() {
        let known = walker(&[("cookie", "consent=yes; visitor=abcdefgh12; session=s1234567")], "2026-11-24");
        assert_eq!(known, Some(Walker { visitor: "abcdefgh12".into(), session: "s1234567".into() }));
    }

    #[test]
    fn a_visit_tells_the_campaign_and_no_more_of_the_address() {
        let request = TestRequest::with_uri("/?utm_source=mail&email=a@b.ie")
            .insert_header(("host", "shop.test"))
            .insert_header(("referer", "https://search.test/q?x=secret"))
            .to_http_request();
        let touch = first_touch(&request).expect("a first touch").to_string();
        assert!(touch.contains("mail") && touch.contains("search.test"));
        assert!(!touch.contains("secret") && !touch.contains("a@b.ie"));
    }
}
