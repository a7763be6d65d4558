//! A page with one form, and a page that says something.

use crate::accounts::{Customer, SignedIn, sign_in};
use crate::error::AppError;
use crate::ids::{BasketId, CustomerId};
use crate::orders;
use crate::storefront::asker::Asker;
use crate::storefront::layout::Layout;
use crate::storefront::notice::Notice;
use crate::storefront::parts::{Field, problems};
use crate::storefront::shop::Shop;
use crate::storefront::visit::Visit;
use crate::throttle::Wait;
use crate::web::{Effort, Marked, Sheet, is_own_path, render};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::prelude::*;

/// A form and what stands around it.
#[derive(Default)]
pub(super) struct Form {
    pub(super) title: &'static str,
    pub(super) lede: String,
    /// Where one goes on without an account.
    pub(super) guest: Option<String>,
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
    /// Where to go once it is done.
    pub(super) back: String,
    pub(super) button: &'static str,
    /// Other ways, by words and address.
    pub(super) ways: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "account/form.html")]
struct FormPage {
    layout: Layout,
    problems: Marked,
    fields: Vec<Marked>,
    form: Form,
}

/// Something that is said, and where to go on.
pub(super) struct Said {
    pub(super) title: &'static str,
    pub(super) words: String,
    pub(super) ways: Vec<(&'static str, &'static str)>,
    /// Whether a letter was sent, which a demonstration shows.
    pub(super) letter: bool,
}

#[derive(Template)]
#[template(path = "account/said.html")]
struct SaidPage {
    layout: Layout,
    said: Said,
}

impl Shop {
    pub(super) fn account_layout(&self, title: &str, is_wrong: bool) -> Layout {
        let title = format!("{}{title} · SmartShop", if is_wrong { "Error: " } else { "" });
        Layout::new(self, self.head(&title, "Your account at SmartShop.", ""))
    }

    /// The form, as it is or with what is wrong.
    pub(super) async fn form(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        form: Form,
    ) -> Result<HttpResponse, AppError> {
        let is_wrong = form.fields.iter().any(|f| f.wrong.is_some());
        let page = FormPage {
            layout: self.account_layout(form.title, is_wrong),
            problems: Marked(problems(&form.fields)),
            fields: form.fields.iter().map(|f| Marked(f.html())).collect(),
            form,
        };
        let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let sheet = Sheet::new(&render(&page)?, Effort::Quick);
        self.answer(request, visit, status, &sheet).await
    }

    pub(super) async fn said(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        status: StatusCode,
        said: Said,
    ) -> Result<HttpResponse, AppError> {
        let page = SaidPage { layout: self.account_layout(said.title, false), said };
        let sheet = Sheet::new(&render(&page)?, Effort::Quick);
        self.answer(request, visit, status, &sheet).await
    }

    pub(super) fn wait_words(&self, wait: Wait) -> String {
        wait.words(self.app.config.shop.zone, self.app.clock.now())
    }

    /// Signs somebody in who has proved who they are. Gives the cookies that say so.
    pub(super) async fn begin_session(
        &self,
        visit: &Visit,
        asker: &Asker,
        id: CustomerId,
        notice: Option<Notice>,
    ) -> Result<Vec<HeaderValue>, AppError> {
        let (guest, valid_for, now) = (visit.basket, self.quote_valid_for(), self.app.clock.now());
        let old = visit.token.clone();
        let SignedIn { customer, token, joined } = self
            .app
            .db(move |conn| {
                if let Some(old) = &old {
                    crate::accounts::end_session(conn, old)?;
                }
                sign_in(conn, id, guest, claim, valid_for, now)
            })
            .await?;
        for changed in guest.into_iter().chain([joined.basket]) {
            self.baskets.forget(changed);
        }
        let notice = notice.unwrap_or_else(|| joined_notice(&joined.added));
        let cookies = [
            self.customer_cookie(&token),
            self.basket_cookie(joined.basket),
            self.known_cookie(customer.id),
            self.notice_cookie(&notice),
        ];
        // Under another mail it is not the account's, and this browser goes on seeing it.
        let before = joined.left.map(|guest| self.before_cookie(guest));
        Ok(cookies.into_iter().chain(before).chain(asker.cookie(self)).collect())
    }
}

/// What they ordered before they signed in goes along with them. Says whether something under another mail is
/// left.
fn claim(conn: &mut PgConnection, guest: BasketId, customer: &Customer) -> QueryResult<bool> {
    orders::claim(conn, guest, customer.id, &customer.email)?;
    orders::has_guests_orders(conn, guest)
}

fn joined_notice(added: &[crate::ids::ProductId]) -> Notice {
    if added.is_empty() {
        return Notice::SignedIn;
    }
    let product = |i: usize| added.get(i).map_or(0, |p| p.0);
    let more = i32::try_from(added.len().saturating_sub(3)).unwrap_or(0);
    Notice::Joined { products: [product(0), product(1), product(2)], more }
}

/// An answer to somebody who has tried too often: the page says it, and programs read it here.
pub(super) fn too_many(mut response: HttpResponse, shop: &Shop, wait: Wait) -> HttpResponse {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds(shop.app.clock.now())));
    response
}

/// The same answer, and the browser is known the next time.
pub(super) fn known_device(mut response: HttpResponse, shop: &Shop, asker: &Asker) -> HttpResponse {
    if let Some(cookie) = asker.cookie(shop) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// A path of ours that one may be sent to; all else is `/account`.
pub(super) fn way_back(asked: &str) -> &str {
    let again = ["/signin", "/signup", "/signout", "/reset"].iter().any(|own| asked.starts_with(own));
    if is_own_path(asked) && !again { asked } else { "/account" }
}

/// The address of one of these pages, which leads back to where one was.
pub(super) fn with_return(page: &str, back: &str) -> String {
    if back == "/account" {
        return page.to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{page}?{}", query.append_pair("return", back).finish())
}

#[cfg(test)]
mod tests {
    use super::way_back;

    #[test]
    fn one_is_sent_back_to_our_own_pages_only() {
        for good in ["/", "/checkout/delivery", "/d/bakery?sort=name&page=2"] {
            assert_eq!(way_back(good), good);
        }
        for bad in [
            "",
            "https://evil.test/",
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/a b",
            "/\r\nSet-Cookie: x=y",
            "javascript:alert(1)",
            "/signin?return=/signin",
            "/reset",
            "/é",
            &format!("/{}", "a".repeat(600)),
        ] {
            assert_eq!(way_back(bad), "/account", "{bad}");
        }
    }
}
