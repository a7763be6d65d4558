use super::alike::Alike;
use super::fill::Viewer;
use super::tops::Tops;
use super::visit::Visit;
use crate::accounts::Passwords;
use crate::app::App;
use crate::basket::Kept;
use crate::catalog::Shelf;
use crate::delivery::{Atlas, Upcoming};
use crate::error::AppError;
use crate::journeys::{Kind, Recorder};
use crate::web::{Answer, CachedPages, Counted, Effort, Metrics, Sheet, render};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use diesel::PgConnection;
use serde_json::Value;
use std::sync::Arc;

/// Everything the storefront's pages are made from.
pub struct Shop {
    pub app: App,
    pub shelf: Shelf,
    pub alike: Alike,
    pub pages: CachedPages,
    pub upcoming: Arc<Upcoming>,
    pub atlas: Arc<Atlas>,
    pub baskets: Kept,
    pub recorder: Recorder,
    pub metrics: Data<Metrics>,
    pub tops: Tops,
    pub passwords: Passwords,
    /// Whether this shop shows made-up goods, and its own workings.
    pub demo: bool,
}

impl Shop {
    /// Answers with the page at an address: the finished one if it is still true, otherwise
    /// made anew by `make`; then filled for this visitor.
    ///
    /// # Errors
    /// What `make` says, or the database.
    pub(crate) async fn page(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        address: &str,
        effort: Effort,
        make: impl FnOnce(&mut PgConnection) -> Result<String, AppError> + Send + 'static,
    ) -> Result<HttpResponse, AppError> {
        self.page_of(request, visit, address, move |conn| Ok(Sheet::new(&make(conn)?, effort))).await
    }

    /// As [`Shop::page`], of a page that `make` has finished.
    ///
    /// # Errors
    /// What `make` says, or the database.
    pub(super) async fn page_of(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        address: &str,
        make: impl FnOnce(&mut PgConnection) -> Result<Sheet, AppError> + Send + 'static,
    ) -> Result<HttpResponse, AppError> {
        let sheet = match self.pages.get(address) {
            Some(sheet) => sheet,
            None => {
                let epoch = self.pages.epoch();
                let sheet = Arc::new(self.app.db(make).await?);
                self.pages.keep(address, epoch, &sheet);
                sheet
            }
        };
        self.answer(request, visit, StatusCode::OK, &sheet).await
    }

    /// Sends a finished page, filled for this visitor where they have something of their own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn answer(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        status: StatusCode,
        sheet: &Sheet,
    ) -> Result<HttpResponse, AppError> {
        if visit.is_a_stranger() {
            self.seen(visit, status);
            return Ok(Answer::new(status).plain(request, sheet));
        }
        let viewer = match Viewer::at_hand(self, visit) {
            Some(viewer) => viewer,
            None => self.viewer(visit).await?,
        };
        Ok(self.answer_filled(request, visit, status, sheet, &viewer))
    }

    /// As [`Shop::answer`] when it is known already who is looking.
    pub(crate) fn answer_filled(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        status: StatusCode,
        sheet: &Sheet,
        viewer: &Viewer,
    ) -> HttpResponse {
        let mut answer = Answer::new(status);
        let session = self.seen(visit, status);
        for cookie in visit.cookies_to_set(self, session.as_deref()) {
            answer = answer.cookie(cookie);
        }
        answer.filled(request, sheet, |hole| viewer.fill(hole))
    }

    /// The same of a page that is made for this one visitor, and not kept.
    ///
    /// # Errors
    /// `Internal` when the template fails.
    pub(crate) fn answer_once(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        status: StatusCode,
        page: &impl Template,
        viewer: &Viewer,
    ) -> Result<HttpResponse, AppError> {
        let sheet = Sheet::new(&render(page)?, Effort::Once);
        Ok(self.answer_filled(request, visit, status, &sheet, viewer))
    }

    /// Who is looking: their basket, place, and what is to be said to them, read anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn viewer(&self, visit: &Visit) -> Result<Viewer, AppError> {
        let load = Viewer::loader(self, visit);
        self.app.read(move |conn| load(conn)).await
    }

    pub(crate) fn quote_valid_for(&self) -> Duration {
        Duration::minutes(self.app.config.shop.quote_minutes)
    }

    /// Notes a footstep, of those who may be noted: what a form has done at once, what a page
    /// shows when it has been shown.
    pub(crate) fn step(&self, visit: &Visit, kind: Kind, detail: Value) {
        if visit.looks {
            visit.steps.borrow_mut().push((kind, detail));
        } else {
            self.walk(visit, [(kind, detail)]);
        }
    }

    /// Notes that a page has been shown. Gives the session that it belongs to.
    fn seen(&self, visit: &Visit, status: StatusCode) -> Option<String> {
        if visit.looks && status.is_success() { self.walk(visit, visit.steps.take()) } else { None }
    }

    fn walk(&self, visit: &Visit, steps: impl IntoIterator<Item = (Kind, Value)>) -> Option<String> {
        let walker = visit.walker.as_ref().filter(|_| self.app.config.shop.journeys)?;
        self.recorder.walk(walker, self.app.clock.now(), steps)
    }

    pub(crate) fn count(&self, what: Counted) {
        self.metrics.count(what);
    }
}
