//! Who is walking, as far as they let us know.

use super::arrival::Arrival;
use crate::sign::Signer;
use crate::web::{Client, cookies};
use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::USER_AGENT;
use chrono::{DateTime, Utc};
use uuid::Uuid;

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
    /// What their cookie says, of those who said yes.
    pub(super) session: Option<String>,
    /// The pseudonym of somebody who has said yes and whose number is new with this page.
    pub(super) until_now: Option<String>,
    pub(super) arrival: Arrival,
}

impl Walker {
    /// Nobody, when they asked not to be tracked (DNT, Global Privacy Control) or said no, are a
    /// program, or want the head of a page only, which nobody sees.
    pub fn of(request: &HttpRequest, client: Client, signer: &Signer, now: DateTime<Utc>) -> Option<Self> {
        if request.method() == Method::HEAD || asks_not_to_be_tracked(request) || is_program(request) {
            return None;
        }
        match Choice::of(request) {
            Choice::No => None,
            Choice::Unsaid => Some(Self::by_day(request, client, signer, now)),
            Choice::Yes => Self::by_cookie(request).or_else(|| {
                let walker = Self::by_day(request, client, signer, now);
                // A cookie goes along with a page, not with a form's answer.
                Some(if request.method().is_safe() { walker.known() } else { walker })
            }),
        }
    }

    /// Whether their number is to go into a cookie with this page.
    pub fn is_new(&self) -> bool {
        self.until_now.is_some()
    }

    fn by_cookie(request: &HttpRequest) -> Option<Self> {
        let fit = |v: &&str| {
            (8..=40).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let visitor = cookies::get(request, VISITOR_COOKIE).filter(fit)?.to_owned();
        let session = cookies::get(request, SESSION_COOKIE).filter(fit).map(str::to_owned);
        Some(Self { visitor, session, until_now: None, arrival: Arrival::of(request) })
    }

    /// The same all day for one browser at one address, and another number tomorrow.
    fn by_day(request: &HttpRequest, client: Client, signer: &Signer, now: DateTime<Utc>) -> Self {
        let day = now.date_naive();
        let visitor = signer.pseudonym("walker", &format!("{day} {} {}", client.address, agent(request)));
        Self { visitor, session: None, until_now: None, arrival: Arrival::of(request) }
    }

    /// Known from now on, by a number that has nothing of the pseudonym.
    fn known(self) -> Self {
        Self { visitor: Uuid::new_v4().to_string(), until_now: Some(self.visitor), ..self }
    }
}

fn agent(request: &HttpRequest) -> &str {
    request.headers().get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Programs that say so. A headless browser is none of them: it walks as people do, in our tests.
fn is_program(request: &HttpRequest) -> bool {
    const NAMES: [&str; 7] = ["bot", "crawler", "spider", "preview", "curl", "wget", "python-requests"];
    let agent = agent(request).to_ascii_lowercase();
    NAMES.iter().any(|name| agent.contains(name))
}

fn asks_not_to_be_tracked(request: &HttpRequest) -> bool {
    ["dnt", "sec-gpc"].iter().any(|name| request.headers().get(*name).is_some_and(|v| v == "1"))
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
        let known = known.expect("a walker");
        assert_eq!((known.visitor.as_str(), known.session.as_deref()), ("abcdefgh12", Some("s1234567")));
        assert!(!known.is_new());
    }

    #[test]
    fn who_has_just_said_yes_gets_a_number_that_has_nothing_of_the_pseudonym() {
        let before = walker(&[], "2026-11-24").expect("a walker");
        for cookie in ["consent=yes", "consent=yes; visitor=bad!", "consent=yes; session=s1234567"] {
            let known = walker(&[("cookie", cookie)], "2026-11-24").expect("a walker");
            assert!(known.is_new() && known.visitor != before.visitor && known.session.is_none());
            assert_eq!(known.until_now.as_ref(), Some(&before.visitor));
        }
    }

    #[test]
    fn programs_leave_no_steps_and_headless_browsers_do() {
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
            "Some Crawler",
            "Baiduspider+(+http://www.baidu.com/search/spider.htm)",
            "WhatsApp Link Preview",
            "curl/8.5.0",
            "Wget/1.21",
            "python-requests/2.31",
        ] {
            assert!(walker(&[("user-agent", agent)], "2026-11-24").is_none(), "{agent}");
        }
        for agent in ["Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/130.0", "Mozilla/5.0 (iPhone)", ""] {
            assert!(walker(&[("user-agent", agent)], "2026-11-24").is_some(), "{agent}");
        }
    }
}
