//! Who is signed in, and what they may open.

use super::refused;
use super::said::{self, Said};
use crate::accounts::Token;
use crate::error::AppError;
use crate::ids::{StaffId, StaffSessionId};
use crate::staff::{self, Area, Role};
use crate::storefront::Shop;
use crate::web::{cookies, is_own_path};
use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, HOST, HeaderValue, REFERER};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use std::pin::Pin;

/// Where browsers hold a cookie to a whole host, over TLS, they may say so in its name.
const COOKIES: [&str; 2] = ["staff", "__Host-staff"];
/// The session itself ends sooner; the database knows when.
const A_DAY: u32 = 86_400;

/// Somebody who works here, signed in. A handler that asks for one is answered for by us when there
/// is none: a page leads to the sign-in and back, a script is told 401.
///
/// ```ignore
/// async fn queue(shop: Data<Shop>, request: HttpRequest, who: Staffer) -> Result<HttpResponse, AppError> {
///     who.may(Area::Warehouse)?;
/// ```
#[derive(Debug, Clone)]
pub(crate) struct Staffer {
    pub(crate) id: StaffId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    /// The session they look from.
    pub(crate) session: StaffSessionId,
    /// What the page before wants said.
    pub(super) said: Option<Said>,
    /// Whether a page is looked at, and no script asks for facts.
    wants_page: bool,
}

impl Staffer {
    /// Whoever is signed in in this browser, if somebody is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn find(shop: &Shop, request: &HttpRequest) -> Result<Option<Self>, AppError> {
        let Some(token) = cookies::get(request, cookie_name(shop)).and_then(Token::read) else {
            return Ok(None);
        };
        let (demo, now) = (shop.demo, shop.app.clock.now());
        let who = shop.app.read(move |conn| staff::who_is(conn, &token, demo, now)).await?;
        Ok(who.map(|who| Self {
            id: who.id,
            name: who.name,
            email: who.email,
            role: who.role,
            session: who.session,
            said: said::read(request),
            wants_page: wants_page(request),
        }))
    }

    /// Refuses who may not open an area, in a page that says who can.
    ///
    /// # Errors
    /// 403 where their role does not open it.
    pub(crate) fn may(&self, area: Area) -> Result<(), AppError> {
        if area.is_open_to(self.role) {
            return Ok(());
        }
        Err(if self.wants_page { refused::page(self, area) } else { refused::data(area) })
    }
}

impl Staffer {
    /// Refuses who may open none of some areas; the page says who can open the first.
    ///
    /// # Errors
    /// 403 where their role opens none of them.
    pub(crate) fn may_one(&self, areas: [Area; 2]) -> Result<(), AppError> {
        if areas.into_iter().any(|area| area.is_open_to(self.role)) { Ok(()) } else { self.may(areas[0]) }
    }

    /// Whether a script asks, which is answered with facts, and no page is looked at.
    pub(crate) const fn is_script(&self) -> bool {
        !self.wants_page
    }
}

impl FromRequest for Staffer {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Some(shop) = request.app_data::<Data<Shop>>() else {
                return Err(actix_web::error::ErrorInternalServerError("the shop is not set up"));
            };
            match Self::find(shop, &request).await? {
                Some(who) => Ok(who),
                None if wants_page(&request) => Err(refused::sign_in_first(&way_back(&request)).into()),
                None => Err(refused::nobody().into()),
            }
        })
    }
}

fn cookie_name(shop: &Shop) -> &'static str {
    COOKIES[usize::from(shop.app.config.server.public_url.starts_with("https://"))]
}

/// The cookie of a session that has begun, or of none.
pub(crate) fn session_cookie(shop: &Shop, token: Option<&Token>) -> HeaderValue {
    match token {
        Some(token) => shop.cookie(cookie_name(shop), token.as_str(), A_DAY),
        None => shop.cookie(cookie_name(shop), "", 0),
    }
}

/// A browser that goes somewhere takes HTML. A script that asks for facts says what it takes, or
/// that it is no navigation.
fn wants_page(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    match header(ACCEPT.as_str()) {
        Some(accept) if accept.contains("text/html") => true,
        Some(accept) if accept.contains("json") || accept.contains("event-stream") => false,
        Some(_) | None => header("sec-fetch-mode").is_none_or(|mode| mode == "navigate"),
    }
}

/// Where to go once signed in: the page asked for, or that with the form that was sent.
fn way_back(request: &HttpRequest) -> String {
    if request.method().is_safe() {
        return request.uri().path_and_query().map_or("/staff", |p| p.as_str()).to_owned();
    }
    let header = |name| request.headers().get(name).and_then(|v| v.to_str().ok());
    let ours = header(REFERER).zip(header(HOST)).and_then(|(from, host)| {
        let (_, rest) = from.split_once("://")?;
        rest.strip_prefix(host)
    });
    ours.and_then(way_on).unwrap_or("/staff").to_owned()
}

/// A page of ours that one may be sent to once signed in.
pub(crate) fn way_on(asked: &str) -> Option<&str> {
    let again = ["/staff/sign-in", "/staff/sign-out", "/staff/ask", "/staff/reset"]
        .iter()
        .any(|own| asked.starts_with(own));
    (is_own_path(asked) && !again && asked != "/staff").then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_browser_gets_a_page_and_a_script_its_facts() {
        let wants = |headers: &[(&str, &str)]| {
            let request = headers.iter().fold(TestRequest::get(), |r, (k, v)| r.insert_header((*k, *v)));
            wants_page(&request.to_http_request())
        };
        assert!(wants(&[
            ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
            ("sec-fetch-mode", "navigate")
        ]));
        assert!(
            wants(&[("accept", "text/html"), ("sec-fetch-mode", "cors")]),
            "a form sent in the background"
        );
        assert!(wants(&[]));
        assert!(!wants(&[("accept", "*/*"), ("sec-fetch-mode", "cors")]));
        assert!(!wants(&[("accept", "application/json")]));
        assert!(!wants(&[("accept", "text/event-stream"), ("sec-fetch-mode", "cors")]));
    }

    #[test]
    fn one_is_sent_on_to_our_own_pages_only_and_never_round_in_a_circle() {
        assert_eq!(way_on("/warehouse?zone=A"), Some("/warehouse?zone=A"));
        for bad in
            ["", "https://evil.test/", "//evil.test", "/\\evil.test", "/staff/sign-in", "/staff/ask/abc"]
        {
            assert_eq!(way_on(bad), None, "{bad}");
        }
    }

    #[test]
    fn who_sent_a_form_comes_back_to_its_page_and_not_to_its_address() {
        let back = |from: &str| {
            let request =
                TestRequest::post().uri("/warehouse/orders/1/picker").insert_header(("host", "shop.test"));
            way_back(&request.insert_header(("referer", from)).to_http_request())
        };
        assert_eq!(back("https://shop.test/warehouse"), "/warehouse");
        assert_eq!(back("https://shop.test.evil/x"), "/staff");
        assert_eq!(back("https://evil.test/warehouse"), "/staff");
    }
}
