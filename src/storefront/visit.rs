//! One request of a shopper: which basket is theirs, what they chose, what is to be said to them.

use super::notice::Notice;
use super::shop::Shop;
use crate::accounts::{self, Token};
use crate::app::App;
use crate::error::AppError;
use crate::ids::{BasketId, CustomerId};
use crate::journeys::{Choice, Kind, SESSION_COOKIE, VISITOR_COOKIE, Walker};
use crate::web::{Client, cookies};
use actix_web::dev::Payload;
use actix_web::http::header::{HeaderValue, REFERER};
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use serde_json::Value;
use std::cell::{OnceCell, RefCell};
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

const BASKET_COOKIE: &str = "basket";
const BASKET: &str = "basket";
/// The basket of a guest who has signed in since, where it has ordered something that is not the account's.
const BEFORE_COOKIE: &str = "before";
const BEFORE: &str = "before";
/// A header, and the purpose of the key made of what it says.
const FIRST_BASKET: &str = "x-first-basket";
const NOTICE_COOKIE: &str = "notice";
/// The name of a session's cookie. Over https a browser takes the prefixed one from nobody but us.
const CUSTOMER_COOKIES: [&str; 2] = ["customer", "__Host-customer"];
const THIRTY_DAYS: u32 = 30 * 86_400;
const NINETY_DAYS: u32 = 90 * 86_400;
const HALF_AN_HOUR: u32 = 1_800;
/// A notice is for the very next page.
const NOTICE_SECONDS: u32 = 60;

pub(crate) struct Visit {
    pub(crate) basket: Option<BasketId>,
    /// What they ordered from in this browser before they signed in.
    pub(crate) before: Option<BasketId>,
    /// The basket to be of who has none, where their page says what its requests have in common: two
    /// that are under way at once fill one basket.
    first: Option<BasketId>,
    pub(crate) notice: Option<Notice>,
    /// What they say proves who they are. [`Shop::customer`] knows whether it does.
    pub(crate) token: Option<Token>,
    customer: OnceCell<Option<CustomerId>>,
    pub(crate) choice: Choice,
    pub(crate) walker: Option<Walker>,
    /// The page of ours that the request came from.
    came_from: Option<String>,
    /// Whether they only look, and change nothing.
    pub(crate) looks: bool,
    /// What is to be noted once they have been shown the page they asked for.
    pub(crate) steps: RefCell<Vec<(Kind, Value)>>,
}

impl Visit {
    /// Whether the page as everybody sees it is right for them.
    pub(crate) fn is_a_stranger(&self) -> bool {
        self.basket.is_none()
            && self.token.is_none()
            && self.notice.is_none()
            && self.choice == Choice::Unsaid
    }

    /// Their basket, or the id of one to be.
    pub(crate) fn basket_or_new(&self) -> BasketId {
        self.basket.or(self.first).unwrap_or_else(|| BasketId(Uuid::now_v7()))
    }

    /// The page to go back to once a form has done its work.
    pub(crate) fn back(&self) -> &str {
        self.came_from.as_deref().unwrap_or("/basket")
    }

    /// What goes along with a page: a notice that has been said, the end of a session moved on.
    pub(crate) fn cookies_to_set(&self, shop: &Shop, session: Option<&str>) -> Vec<HeaderValue> {
        let mut set = Vec::new();
        if self.notice.is_some() {
            set.push(shop.cookie(NOTICE_COOKIE, "", 0));
        }
        // The session slides at our side; the browser is to keep its half as long.
        if let (Some(token), Some(Some(_))) = (&self.token, self.customer.get()) {
            set.push(shop.customer_cookie(token));
        }
        if self.choice == Choice::Yes
            && let (Some(walker), Some(session)) = (&self.walker, session)
        {
            if walker.is_new() {
                set.push(shop.cookie(VISITOR_COOKIE, &walker.visitor, NINETY_DAYS * 4));
            }
            set.push(shop.cookie(SESSION_COOKIE, session, HALF_AN_HOUR));
        }
        set
    }

    fn read(request: &HttpRequest, shop: &Shop) -> Self {
        let client = request
            .extensions()
            .get::<Client>()
            .copied()
            .unwrap_or(Client { address: IpAddr::V4(Ipv4Addr::LOCALHOST) });
        let app = &shop.app;
        Self {
            basket: cookies::get(request, BASKET_COOKIE)
                .and_then(|t| app.signer.open(BASKET, t))
                .map(BasketId),
            before: cookies::get(request, BEFORE_COOKIE)
                .and_then(|t| app.signer.open(BEFORE, t))
                .map(BasketId),
            first: first_basket(request, app),
            notice: cookies::get(request, NOTICE_COOKIE).and_then(Notice::read),
            token: cookies::get(request, shop.customer_cookie_name()).and_then(Token::read),
            customer: OnceCell::new(),
            choice: Choice::of(request),
            walker: Walker::of(request, client, &app.signer, app.clock.now()),
            came_from: came_from(request),
            looks: request.method().is_safe(),
            steps: RefCell::default(),
        }
    }
}

impl Shop {
    pub(crate) fn cookie(&self, name: &str, value: &str, max_age: u32) -> HeaderValue {
        cookies::set(name, value, max_age, self.is_secure())
    }

    fn is_secure(&self) -> bool {
        self.app.config.server.public_url.starts_with("https://")
    }

    fn customer_cookie_name(&self) -> &'static str {
        CUSTOMER_COOKIES[usize::from(self.is_secure())]
    }

    /// The cookie of somebody who has signed in.
    pub(crate) fn customer_cookie(&self, token: &Token) -> HeaderValue {
        self.cookie(self.customer_cookie_name(), token.as_str(), THIRTY_DAYS)
    }

    /// Takes away what made the browser somebody's: the session and the account's basket.
    pub(crate) fn stranger_cookies(&self) -> [HeaderValue; 3] {
        [self.customer_cookie_name(), BASKET_COOKIE, BEFORE_COOKIE].map(|name| self.cookie(name, "", 0))
    }

    /// Who is signed in, asked of the database once a request. Pages that everybody may see do
    /// not ask: their header goes by the cookie alone.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn customer(&self, visit: &Visit) -> Result<Option<CustomerId>, AppError> {
        if let Some(known) = visit.customer.get() {
            return Ok(*known);
        }
        let found = match visit.token.clone() {
            Some(token) => {
                let now = self.app.clock.now();
                self.app.read(move |conn| accounts::customer_of(conn, &token, now)).await?
            }
            None => None,
        };
        Ok(*visit.customer.get_or_init(|| found))
    }

    /// The cookie that makes a basket somebody's own.
    pub(crate) fn basket_cookie(&self, id: BasketId) -> HeaderValue {
        self.cookie(BASKET_COOKIE, &self.app.signer.sign(BASKET, id.0), NINETY_DAYS)
    }

    /// Lets this browser, and no account, go on seeing what was ordered from a guest's basket.
    pub(crate) fn before_cookie(&self, guest: BasketId) -> HeaderValue {
        self.cookie(BEFORE_COOKIE, &self.app.signer.sign(BEFORE, guest.0), THIRTY_DAYS)
    }

    pub(crate) fn notice_cookie(&self, notice: &Notice) -> HeaderValue {
        self.cookie(NOTICE_COOKIE, &notice.to_string(), NOTICE_SECONDS)
    }
}

/// What a page says alike in all its requests is a secret of that page, and the key made of it is ours:
/// nobody names a basket by its key.
fn first_basket(request: &HttpRequest, app: &App) -> Option<BasketId> {
    let said = request.headers().get(FIRST_BASKET)?.to_str().ok()?;
    let said = Uuid::try_parse(said).ok().filter(|id| !id.is_nil())?;
    Some(BasketId(app.signer.key(FIRST_BASKET, said)))
}

/// The path of the page of ours that a request came from, or nothing for another site's.
fn came_from(request: &HttpRequest) -> Option<String> {
    let host = request.headers().get("host")?.to_str().ok()?;
    let referer = request.headers().get(REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    let path = rest.strip_prefix(host)?;
    (path.starts_with('/') && !path.starts_with("//") && path.len() < 2_000).then(|| path.to_owned())
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(shop) = request.app_data::<Data<Shop>>() else {
            return ready(Err(actix_web::error::ErrorInternalServerError("the shop is not set up")));
        };
        ready(Ok(Self::read(request, shop)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn one_goes_back_to_our_own_pages_only() {
        let from = |referer: &str| {
            let request = TestRequest::default()
                .insert_header(("host", "shop.test"))
                .insert_header(("referer", referer))
                .to_http_request();
            came_from(&request)
        };
        assert_eq!(from("http://shop.test/d/bakery?sort=name"), Some("/d/bakery?sort=name".into()));
        assert_eq!(from("http://evil.test/d/bakery"), None);
        assert_eq!(from("http://shop.test//evil.test"), None);
        assert_eq!(from("http://shop.test.evil.test/"), None);
        assert_eq!(from("nonsense"), None);
    }
}
