//! The addresses under `/v1`: what each call is, read before anything is done.

use super::draft::Draft;
use super::form::Fields;
use super::methods::{NewCustomer, NewMethod};
use super::model::Intent;
use super::refunds::NewRefund;
use super::refusal::Refusal;
use super::terms::{self, NewIntent, Terms};
use super::view::{self, Expand};
use serde_json::Value;

const PAGE: i64 = 10;
const LONGEST_PAGE: i64 = 100;

/// A call as it came in.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: String,
    /// Under `/v1/`, without a slash at the end.
    pub(super) path: String,
    pub(super) fields: Fields,
    pub(super) key: Option<String>,
}

/// What a call asks for.
#[derive(Debug)]
pub(super) enum Asked {
    MakeMethod(NewMethod),
    ShowMethod(String),
    Attach(String, String),
    Detach(String),
    MakeCustomer(NewCustomer),
    ShowCustomer(String),
    Customers(Page),
    MethodsOf(String, Option<String>),
    MakeIntent(Box<NewIntent>, Expand),
    ShowIntent(String, Expand),
    Intents(Page, Option<String>, Expand),
    Confirm(String, Box<Terms>, Expand),
    Capture(String, Option<i64>, Expand),
    Cancel(String, Option<String>, Expand),
    Refund(NewRefund),
    ShowRefund(String),
    Refunds(Page, Option<String>),
    ShowCharge(String),
    ShowEvent(String),
}

/// Which part of a list.
#[derive(Debug)]
pub(super) struct Page {
    limit: usize,
    starting_after: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
}

impl Page {
    fn read(fields: &mut Fields) -> Result<Self, Refusal> {
        let limit = fields.integer("limit")?.unwrap_or(PAGE);
        if !(1..=LONGEST_PAGE).contains(&limit) {
            let words = format!("limit must be between 1 and {LONGEST_PAGE}");
            return Err(Refusal::invalid(Some("parameter_invalid_integer"), "limit", words));
        }
        let after = fields.integer("created[gt]")?.map(|t| t + 1);
        let before = fields.integer("created[lt]")?.map(|t| t - 1);
        Ok(Self {
            limit: usize::try_from(limit).unwrap_or_default(),
            starting_after: fields.text("starting_after")?,
            from: fields.integer("created[gte]")?.max(after),
            to: fields.integer("created[lte]")?.or(before),
        })
    }

    /// A page of a list that comes newest first.
    fn of<T>(
        &self,
        address: &str,
        newest_first: impl Iterator<Item = T>,
        created: impl Fn(&T) -> i64,
        show: impl Fn(T) -> Value,
    ) -> Value {
        let mut wanted = newest_first
            .skip_while(|x| self.to.is_some_and(|to| created(x) > to))
            .take_while(|x| self.from.is_none_or(|from| created(x) >= from));
        let data = wanted.by_ref().take(self.limit).map(show).collect();
        let more = wanted.next().is_some();
        view::list(address, data, more)
    }
}

impl Call {
    /// The object that a writing call is about to change.
    pub(super) fn object(&self) -> Option<&str> {
        (self.method == "POST").then(|| self.path.split('/').nth(1)).flatten()
    }

    /// Reads what is asked; nothing has been done when this refuses.
    pub(super) fn read(&self) -> Result<Asked, Refusal> {
        let mut fields = self.fields.clone();
        let parts: Vec<&str> = self.path.split('/').collect();
        match (self.method.as_str(), parts.as_slice()) {
            ("POST", ["payment_intents", ..]) | ("GET", ["payment_intents", ..]) => {
                let expand = Expand::read(&fields.list("expand"))?;
                self.read_intents(&parts[1..], fields, expand)
            }
            (_, ["payment_methods", ..]) => self.read_methods(&parts[1..], fields),
            (_, ["customers", ..]) => self.read_customers(&parts[1..], fields),
            (_, ["refunds", ..]) => self.read_refunds(&parts[1..], fields),
            ("GET", ["events", id]) => {
                fields.finish()?;
                Ok(Asked::ShowEvent((*id).to_owned()))
            }
            ("GET", ["charges", id]) => {
                fields.ignore(&["expand"]);
                fields.finish()?;
                Ok(Asked::ShowCharge((*id).to_owned()))
            }
            _ => Err(self.nothing_here()),
        }
    }

    fn read_intents(&self, rest: &[&str], mut fields: Fields, expand: Expand) -> Result<Asked, Refusal> {
        match (self.method.as_str(), rest) {
            ("POST", []) => Ok(Asked::MakeIntent(Box::new(NewIntent::read(fields)?), expand)),
            ("GET", []) => {
                let (page, customer) = (Page::read(&mut fields)?, fields.text("customer")?);
                fields.finish()?;
                Ok(Asked::Intents(page, customer, expand))
            }
            ("GET", [id]) => {
                fields.ignore(&["client_secret"]);
                fields.finish()?;
                Ok(Asked::ShowIntent((*id).to_owned(), expand))
            }
            ("POST", [id, "confirm"]) => {
                Ok(Asked::Confirm((*id).to_owned(), Box::new(terms::read_confirm(fields)?), expand))
            }
            ("POST", [id, "capture"]) => {
                Ok(Asked::Capture((*id).to_owned(), terms::read_capture(fields)?, expand))
            }
            ("POST", [id, "cancel"]) => {
                Ok(Asked::Cancel((*id).to_owned(), terms::read_cancel(fields)?, expand))
            }
            _ => Err(self.nothing_here()),
        }
    }

    fn read_methods(&self, rest: &[&str], mut fields: Fields) -> Result<Asked, Refusal> {
        match (self.method.as_str(), rest) {
            ("POST", []) => Ok(Asked::MakeMethod(NewMethod::read(fields)?)),
            ("GET", [id]) => {
                fields.finish()?;
                Ok(Asked::ShowMethod((*id).to_owned()))
            }
            ("POST", [id, "attach"]) => {
                let customer = fields.required("customer")?;
                fields.finish()?;
                Ok(Asked::Attach((*id).to_owned(), customer))
            }
            ("POST", [id, "detach"]) => {
                fields.finish()?;
                Ok(Asked::Detach((*id).to_owned()))
            }
            _ => Err(self.nothing_here()),
        }
    }

    fn read_customers(&self, rest: &[&str], mut fields: Fields) -> Result<Asked, Refusal> {
        match (self.method.as_str(), rest) {
            ("POST", []) => Ok(Asked::MakeCustomer(NewCustomer::read(fields)?)),
            ("GET", []) => {
                let page = Page::read(&mut fields)?;
                fields.finish()?;
                Ok(Asked::Customers(page))
            }
            ("GET", [id]) => {
                fields.finish()?;
                Ok(Asked::ShowCustomer((*id).to_owned()))
            }
            ("GET", [id, "payment_methods"]) => {
                let kind = fields.text("type")?;
                fields.ignore(&["limit"]);
                fields.finish()?;
                Ok(Asked::MethodsOf((*id).to_owned(), kind))
            }
            _ => Err(self.nothing_here()),
        }
    }

    fn read_refunds(&self, rest: &[&str], mut fields: Fields) -> Result<Asked, Refusal> {
        match (self.method.as_str(), rest) {
            ("POST", []) => {
                fields.ignore(&["expand"]);
                Ok(Asked::Refund(NewRefund::read(fields)?))
            }
            ("GET", []) => {
                let (page, intent) = (Page::read(&mut fields)?, fields.text("payment_intent")?);
                fields.finish()?;
                Ok(Asked::Refunds(page, intent))
            }
            ("GET", [id]) => {
                fields.finish()?;
                Ok(Asked::ShowRefund((*id).to_owned()))
            }
            _ => Err(self.nothing_here()),
        }
    }

    fn nothing_here(&self) -> Refusal {
        Refusal::no_such_address(&self.method, &format!("/v1/{}", self.path))
    }
}

impl Draft<'_> {
    /// Does what is asked. What it leaves in the draft stays, refused or not.
    pub(super) fn perform(&mut self, asked: Asked) -> Result<Value, Refusal> {
        match asked {
            Asked::MakeMethod(new) => self.make_method(new),
            Asked::ShowMethod(id) => self.show_method(&id),
            Asked::Attach(id, customer) => self.attach(&id, &customer),
            Asked::Detach(id) => self.detach(&id),
            Asked::MakeCustomer(new) => Ok(self.make_customer(new)),
            Asked::ShowCustomer(id) => self.show_customer(&id),
            Asked::Customers(page) => self.customers(&page),
            Asked::MethodsOf(id, kind) => self.methods_of(&id, kind.as_deref()),
            Asked::MakeIntent(new, expand) => self.make_intent(*new).map(|i| self.whole(&i, expand)),
            Asked::ShowIntent(id, expand) => self.show_intent(&id, expand),
            Asked::Intents(page, customer, expand) => self.intents(&page, customer.as_deref(), expand),
            Asked::Confirm(id, terms, expand) => self.confirm(&id, &terms).map(|i| self.whole(&i, expand)),
            Asked::Capture(id, amount, expand) => self.capture(&id, amount).map(|i| self.whole(&i, expand)),
            Asked::Cancel(id, reason, expand) => self.cancel(&id, reason).map(|i| self.whole(&i, expand)),
            Asked::Refund(new) => self.refund(new),
            Asked::ShowRefund(id) => self.show_refund(&id),
            Asked::Refunds(page, intent) => self.refunds(&page, intent.as_deref()),
            Asked::ShowCharge(id) => self.show_charge(&id),
            // Events are in the journal alone, where the gateway reads them.
            Asked::ShowEvent(id) => Err(Refusal::unknown_id("event", &id, "id")),
        }
    }

    fn whole(&self, intent: &Intent, expand: Expand) -> Value {
        view::expanded(intent, expand, self.books, self.house.public_base)
    }

    fn intents(&self, page: &Page, customer: Option<&str>, expand: Expand) -> Result<Value, Refusal> {
        let before = match &page.starting_after {
            Some(id) => self.intent(id)?.n,
            None => u64::MAX,
        };
        let wanted = |i: &&Intent| customer.is_none_or(|c| i.customer.as_deref() == Some(c));
        let found = self.books.intents_before(before).filter(wanted);
        Ok(page.of("/v1/payment_intents", found, |i| i.created.timestamp(), |i| self.whole(i, expand)))
    }

    fn customers(&self, page: &Page) -> Result<Value, Refusal> {
        let before = match &page.starting_after {
            Some(id) => self.customer(id)?.n,
            None => u64::MAX,
        };
        let found = self.books.customers_before(before);
        Ok(page.of("/v1/customers", found, |c| c.created.timestamp(), view::customer))
    }

    fn refunds(&self, page: &Page, intent: Option<&str>) -> Result<Value, Refusal> {
        let before = match &page.starting_after {
            Some(id) => {
                self.books.refund(id).ok_or_else(|| Refusal::unknown_id("refund", id, "starting_after"))?.n
            }
            None => u64::MAX,
        };
        let Some(intent) = intent else {
            let found = self.books.refunds_before(before);
            return Ok(page.of("/v1/refunds", found, |r| r.created.timestamp(), view::refund));
        };
        let known = self.intent(intent)?.id;
        let found = self.books.refunds_of(&known).filter(|r| r.n < before);
        Ok(page.of("/v1/refunds", found, |r| r.created.timestamp(), view::refund))
    }

    fn show_charge(&self, id: &str) -> Result<Value, Refusal> {
        let intent = self.books.intent_of_charge(id);
        let charge = intent.and_then(|i| Some(view::charge(i.charge.as_ref().filter(|c| c.id == id)?, i)));
        charge.ok_or_else(|| Refusal::unknown_id("charge", id, "id"))
    }
}
