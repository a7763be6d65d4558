//! A page with one form, for those who are not signed in.

use crate::error::AppError;
use crate::staffroom::{Field, Room, answer, problems};
use crate::storefront::{Asker, Shop};
use crate::throttle::Wait;
use crate::web::Marked;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Default)]
pub(super) struct Form {
    pub(super) title: &'static str,
    pub(super) lede: String,
    /// `None` where there is only something to read.
    pub(super) action: Option<String>,
    pub(super) fields: Vec<Field>,
    /// Where to go once it is done.
    pub(super) then: Option<String>,
    pub(super) button: &'static str,
    /// Other ways, by words and address.
    pub(super) ways: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "staff/form.html")]
struct FormPage {
    room: Room,
    problems: Marked,
    fields: Vec<Marked>,
    form: Form,
}

impl Form {
    pub(super) fn wrong(mut self, field: usize, words: impl Into<String>) -> Self {
        if let Some(field) = self.fields.get_mut(field) {
            field.wrong = Some(words.into());
        }
        self
    }

    /// The page, as it is or with what is wrong.
    pub(super) fn show(
        self,
        shop: &Shop,
        request: &HttpRequest,
        asker: &Asker,
    ) -> Result<HttpResponse, AppError> {
        let is_wrong = self.fields.iter().any(|f| f.wrong.is_some());
        let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.show_as(shop, request, asker, status)
    }

    /// As [`Form::show`], to somebody who has tried too often.
    pub(super) fn too_many(
        self,
        shop: &Shop,
        request: &HttpRequest,
        asker: &Asker,
        wait: Wait,
    ) -> Result<HttpResponse, AppError> {
        let mut response = self.show_as(shop, request, asker, StatusCode::TOO_MANY_REQUESTS)?;
        let seconds = HeaderValue::from(wait.seconds(shop.app.clock.now()));
        response.headers_mut().insert(RETRY_AFTER, seconds);
        Ok(response)
    }

    pub(super) fn show_as(
        self,
        shop: &Shop,
        request: &HttpRequest,
        asker: &Asker,
        status: StatusCode,
    ) -> Result<HttpResponse, AppError> {
        let page = FormPage {
            room: Room::for_nobody(request, self.title),
            problems: problems(&self.fields),
            fields: self.fields.iter().map(Field::html).collect(),
            form: self,
        };
        let mut response = answer(shop, request, status, &page)?;
        // The browser is known the next time, so that its tries are counted as one's.
        if let Some(cookie) = asker.cookie(shop) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

pub(super) fn wait_words(shop: &Shop, wait: Wait) -> String {
    wait.words(shop.app.config.shop.zone, shop.app.clock.now())
}
