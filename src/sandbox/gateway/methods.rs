//! Ways to pay, and whose they are.

use super::cards::{self, Behaviour, TestCard};
use super::draft::Draft;
use super::form::Fields;
use super::model::{Billing, Card, Customer, Method, new_id};
use super::refusal::Refusal;
use super::view::{self, Expand};
use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Ways to pay on a page of their own.
pub(super) const REDIRECTS: [&str; 3] = ["sandbox_redirect", "paypal", "ideal"];
const WALLETS: [&str; 3] = ["apple_pay", "google_pay", "samsung_pay"];
/// The card behind a wallet, where none is named.
const IN_THE_WALLET: &str = "4242424242424242";

/// What a new method is to be.
#[derive(Debug)]
pub(super) struct NewMethod {
    kind: String,
    number: Option<String>,
    exp_month: Option<i64>,
    exp_year: Option<i64>,
    cvc: Option<String>,
    wallet: Option<String>,
    billing: Billing,
}

impl NewMethod {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Refusal> {
        let kinds: Vec<&str> = std::iter::once("card").chain(REDIRECTS).collect();
        let kind = fields.one_of("type", &kinds)?.ok_or_else(|| Refusal::missing("type"))?;
        let new = Self {
            number: fields.text("card[number]")?,
            exp_month: fields.integer("card[exp_month]")?,
            exp_year: fields.integer("card[exp_year]")?,
            cvc: fields.text("card[cvc]")?,
            wallet: fields.one_of("card[wallet][type]", &WALLETS)?,
            billing: read_billing(&mut fields, "billing_details")?,
            kind,
        };
        fields.ignore(&["metadata", "allow_redisplay", "key", "expand", "ideal", "paypal"]);
        fields.finish()?;
        if new.kind == "card" && new.wallet.is_none() {
            for (given, name) in [
                (new.number.is_some(), "card[number]"),
                (new.exp_month.is_some(), "card[exp_month]"),
                (new.exp_year.is_some(), "card[exp_year]"),
            ] {
                if !given {
                    return Err(Refusal::missing(name));
                }
            }
        }
        Ok(new)
    }

    fn make(self, now: DateTime<Utc>) -> Result<Method, Refusal> {
        if self.kind != "card" {
            return Ok(redirect_method(&self.kind, self.billing, now));
        }
        let number: String = self.number.as_deref().unwrap_or(IN_THE_WALLET).split([' ', '-']).collect();
        let test_card = check_number(&number)?;
        let (default_month, default_year) = far_from(now);
        let exp_month = self.exp_month.unwrap_or(default_month);
        let exp_year = self.exp_year.map_or(default_year, |y| if y < 100 { y + 2000 } else { y });
        check_expiry(exp_month, exp_year, now)?;
        check_cvc(self.cvc.as_deref(), test_card.brand)?;
        let mut method = card_method(test_card, now);
        method.billing = self.billing;
        if let Some(card) = &mut method.card {
            (card.exp_month, card.exp_year, card.wallet) = (exp_month, exp_year, self.wallet);
        }
        Ok(method)
    }
}

fn read_billing(fields: &mut Fields, at: &str) -> Result<Billing, Refusal> {
    let mut text = |name: &str| fields.text(&format!("{at}[{name}]"));
    let billing = Billing {
        name: text("name")?,
        email: text("email")?,
        phone: text("phone")?,
        postal_code: text("address][postal_code")?,
        country: text("address][country")?,
    };
    for unused in ["line1", "line2", "city", "state"] {
        text(&format!("address][{unused}"))?;
    }
    Ok(billing)
}

fn check_number(number: &str) -> Result<&'static TestCard, Refusal> {
    let plausible = (12..=19).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    if !plausible {
        return Err(Refusal::card("invalid_number", "number", "The card number is not a valid card number."));
    }
    if !cards::has_check_digit(number) {
        return Err(Refusal::card("incorrect_number", "number", "Your card number is incorrect."));
    }
    cards::by_number(number).ok_or_else(Refusal::not_a_test_card)
}

fn check_expiry(month: i64, year: i64, now: DateTime<Utc>) -> Result<(), Refusal> {
    if !(1..=12).contains(&month) {
        let words = "Your card's expiration month is invalid.";
        return Err(Refusal::card("invalid_expiry_month", "exp_month", words));
    }
    let (this_month, this_year) = (i64::from(now.month()), i64::from(now.year()));
    if (year, month) < (this_year, this_month) || year > this_year + 50 {
        let words = "Your card's expiration year is invalid.";
        return Err(Refusal::card("invalid_expiry_year", "exp_year", words));
    }
    Ok(())
}

fn check_cvc(cvc: Option<&str>, brand: &str) -> Result<(), Refusal> {
    let Some(cvc) = cvc else { return Ok(()) };
    let lengths = if brand == "amex" { 3..=4 } else { 3..=3 };
    if lengths.contains(&cvc.len()) && cvc.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err(Refusal::card("invalid_cvc", "cvc", "Your card's security code is invalid."))
}

/// An expiry date for cards that are named and not typed.
fn far_from(now: DateTime<Utc>) -> (i64, i64) {
    (12, i64::from(now.year()) + 3)
}

fn card_method(card: &TestCard, now: DateTime<Utc>) -> Method {
    let (exp_month, exp_year) = far_from(now);
    let digest = Sha256::digest(card.number.as_bytes());
    let kept = Card {
        brand: card.brand.to_owned(),
        last4: card.number[card.number.len() - 4..].to_owned(),
        exp_month,
        exp_year,
        fingerprint: digest.iter().take(8).map(|b| format!("{b:02x}")).collect(),
        wallet: None,
    };
    Method { card: Some(kept), behaviour: card.behaviour, ..redirect_method("card", Billing::default(), now) }
}

fn redirect_method(kind: &str, billing: Billing, now: DateTime<Utc>) -> Method {
    Method {
        id: new_id("pm"),
        created: now,
        kind: kind.to_owned(),
        card: None,
        behaviour: Behaviour::Redirects,
        billing,
        customer: None,
        used_by: None,
        detached: false,
        set_up: false,
    }
}

impl Draft<'_> {
    pub(super) fn make_method(&mut self, new: NewMethod) -> Result<Value, Refusal> {
        let method = new.make(self.now)?;
        self.put_method(&method);
        Ok(view::method(&method))
    }

    /// A new method of a way to pay that needs nothing but its name.
    pub(super) fn method_of_kind(&mut self, kind: &str) -> Method {
        redirect_method(kind, Billing::default(), self.now)
    }

    /// A method by its id, or a new one of a test card by its name.
    pub(super) fn method(&self, id: &str) -> Result<Method, Refusal> {
        if let Some(card) = cards::by_name(id) {
            return Ok(card_method(card, self.now));
        }
        let found = self.books.method(id).cloned();
        found.ok_or_else(|| Refusal::unknown_id("PaymentMethod", id, "payment_method"))
    }

    pub(super) fn show_method(&self, id: &str) -> Result<Value, Refusal> {
        Ok(view::method(&self.method(id)?))
    }

    pub(super) fn attach(&mut self, id: &str, customer: &str) -> Result<Value, Refusal> {
        let owner = self.customer(customer)?.id.clone();
        let mut method = self.method(id)?;
        if method.kind != "card" {
            let words = format!("Payment methods of type {} cannot be attached to a customer.", method.kind);
            return Err(Refusal::invalid(None, "payment_method", words));
        }
        if method.customer.as_ref().is_some_and(|c| *c != owner) {
            let words = "The payment method you provided has already been attached to a customer.";
            return Err(Refusal::invalid(Some("payment_method_unexpected_state"), "payment_method", words));
        }
        if method.detached || method.used_by.is_some() {
            return Err(used_before());
        }
        method.customer = Some(owner);
        self.put_method(&method);
        Ok(view::method(&method))
    }

    pub(super) fn detach(&mut self, id: &str) -> Result<Value, Refusal> {
        let mut method = self.method(id)?;
        if method.customer.take().is_none() {
            let words =
                "The payment method you provided is not attached to a customer so detachment is impossible.";
            return Err(Refusal::invalid(Some("payment_method_unexpected_state"), "payment_method", words));
        }
        method.detached = true;
        self.put_method(&method);
        Ok(view::method(&method))
    }

    pub(super) fn methods_of(&self, customer: &str, kind: Option<&str>) -> Result<Value, Refusal> {
        let owner = self.customer(customer)?;
        let methods = self.books.methods_of(&owner.id).filter(|m| kind.is_none_or(|k| k == m.kind));
        let address = format!("/v1/customers/{}/payment_methods", owner.id);
        Ok(view::list(&address, methods.map(view::method).collect(), false))
    }
}

/// The method is one that a payment has consumed.
pub(super) fn used_before() -> Refusal {
    let words = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";
    Refusal::invalid(Some("payment_method_unexpected_state"), "payment_method", words)
}

/// What a new customer is to be.
#[derive(Debug)]
pub(super) struct NewCustomer {
    email: Option<String>,
    name: Option<String>,
    phone: Option<String>,
    description: Option<String>,
    metadata: super::model::Metadata,
}

impl NewCustomer {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Refusal> {
        let new = Self {
            email: fields.text("email")?,
            name: fields.text("name")?,
            phone: fields.text("phone")?,
            description: fields.text("description")?,
            metadata: fields.metadata()?,
        };
        fields.ignore(&["address", "shipping", "preferred_locales", "expand"]);
        fields.finish()?;
        Ok(new)
    }
}

impl Draft<'_> {
    pub(super) fn make_customer(&mut self, new: NewCustomer) -> Value {
        let customer = Customer {
            id: new_id("cus"),
            n: self.books.next_number(),
            created: self.now,
            email: new.email,
            name: new.name,
            phone: new.phone,
            description: new.description,
            metadata: new.metadata,
        };
        let value = view::customer(&customer);
        self.line.customers.push(customer);
        value
    }

    pub(super) fn show_customer(&self, id: &str) -> Result<Value, Refusal> {
        self.customer(id).map(view::customer)
    }

    /// An intent whole, with what was asked to be expanded.
    pub(super) fn show_intent(&self, id: &str, expand: Expand) -> Result<Value, Refusal> {
        let intent = self.intent(id)?;
        Ok(view::expanded(&intent, expand, self.books, self.house.public_base))
    }
}
