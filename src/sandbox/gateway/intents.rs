//! A payment's life: made, confirmed, perhaps asked of its payer, captured or given up.

use super::cards::{Behaviour, Decline};
use super::draft::Draft;
use super::methods::used_before;
use super::model::{Capture, Charge, Intent, Method, Status, new_id};
use super::refusal::Refusal;
use super::terms::{NewIntent, Terms};
use super::view;
use crate::money::Money;
use chrono::Duration;
use serde_json::{Value, json};

/// How long a payment that is not at once certain takes.
const PROCESSING_SECONDS: i64 = 5;

/// What the payer said on the page that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Approve,
    /// Approved, and certain only after a while.
    ApproveSlowly,
    Refuse,
}

impl Draft<'_> {
    pub(super) fn make_intent(&mut self, new: NewIntent) -> Result<Intent, Refusal> {
        if let Some(customer) = &new.customer {
            self.customer(customer)?;
        }
        let id = new_id("pi");
        let mut intent = Intent {
            n: self.books.next_number(),
            secret: format!("{id}_secret_{}", &new_id("s")[2..]),
            id,
            created: self.now,
            amount: new.amount,
            currency: new.currency,
            capture: Capture::Automatic,
            status: Status::RequiresPaymentMethod,
            method: None,
            method_types: vec!["card".to_owned()],
            customer: new.customer,
            setup_future_usage: None,
            off_session: false,
            return_url: None,
            metadata: new.metadata,
            description: new.description,
            receipt_email: None,
            charge: None,
            last_error: None,
            canceled_at: None,
            cancellation_reason: None,
            settles: None,
        };
        new.terms.apply(&mut intent);
        let method = self.chosen(&new.terms, &mut intent)?;
        match (method, new.confirm) {
            (Some(method), true) => self.attempt(intent, method),
            (None, true) => Err(Refusal::unexpected_state(no_method(), self.view(&intent))),
            (Some(method), false) => {
                self.check_usable(&intent, &method)?;
                self.put_method(&method);
                (intent.method, intent.status) = (Some(method.id), Status::RequiresConfirmation);
                self.put_intent(&intent);
                Ok(intent)
            }
            (None, false) => {
                self.put_intent(&intent);
                Ok(intent)
            }
        }
    }

    pub(super) fn confirm(&mut self, id: &str, terms: &Terms) -> Result<Intent, Refusal> {
        let mut intent = self.intent(id)?;
        match intent.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {}
            Status::Processing | Status::RequiresCapture | Status::Succeeded | Status::Canceled => {
                return Err(self.wrong_state("confirm", &intent));
            }
        }
        terms.apply(&mut intent);
        let method = match self.chosen(terms, &mut intent)? {
            Some(method) => method,
            None => match &intent.method {
                Some(id) => self.method(id)?,
                None => return Err(Refusal::unexpected_state(no_method(), self.view(&intent))),
            },
        };
        self.attempt(intent, method)
    }

    pub(super) fn capture(&mut self, id: &str, amount: Option<i64>) -> Result<Intent, Refusal> {
        let mut intent = self.intent(id)?;
        let Some(charge) = intent.charge.as_mut().filter(|_| intent.status == Status::RequiresCapture) else {
            return Err(self.wrong_state("capture", &intent));
        };
        let amount = amount.map_or(charge.amount, Money);
        if amount > charge.amount {
            let words = format!(
                "Amount to capture ({}) is greater than the capturable amount ({}).",
                amount.plain(),
                charge.amount.plain()
            );
            return Err(Refusal::invalid(Some("amount_too_large"), "amount_to_capture", words));
        }
        (charge.captured, charge.capture_before) = (amount, None);
        intent.status = Status::Succeeded;
        self.put_intent(&intent);
        if let Some(charge) = &intent.charge {
            self.tell("charge.captured", &view::charge(charge, &intent));
        }
        self.tell_of_intent("succeeded", &intent);
        Ok(intent)
    }

    pub(super) fn cancel(&mut self, id: &str, reason: Option<String>) -> Result<Intent, Refusal> {
        let intent = self.intent(id)?;
        match intent.status {
            Status::RequiresPaymentMethod
            | Status::RequiresConfirmation
            | Status::RequiresAction
            | Status::RequiresCapture => Ok(self.give_up(intent, reason)),
            Status::Processing | Status::Succeeded | Status::Canceled => {
                Err(self.wrong_state("cancel", &intent))
            }
        }
    }

    /// The authorisation was not captured in time.
    pub(super) fn expire(&mut self, id: &str) {
        if let Ok(intent) = self.intent(id) {
            self.give_up(intent, Some("automatic".to_owned()));
        }
    }

    fn give_up(&mut self, mut intent: Intent, reason: Option<String>) -> Intent {
        intent.status = Status::Canceled;
        (intent.canceled_at, intent.cancellation_reason) = (Some(self.now), reason);
        self.put_intent(&intent);
        self.tell_of_intent("canceled", &intent);
        intent
    }

    /// The payer came back from the page that asks. An intent that is not waiting stays as it is.
    pub(super) fn said(&mut self, id: &str, said: Said) -> Result<Intent, Refusal> {
        let mut intent = self.intent(id)?;
        let Some(method) = intent.method.as_ref().filter(|_| intent.status == Status::RequiresAction) else {
            return Ok(intent);
        };
        let method = self.method(method)?;
        if said == Said::Refuse {
            return self.decline(intent, method, Decline::NotAuthenticated);
        }
        if method.behaviour == Behaviour::AsksThenDeclines {
            return self.decline(intent, method, Decline::Generic);
        }
        if said == Said::ApproveSlowly && method.behaviour == Behaviour::Redirects {
            intent.status = Status::Processing;
            intent.settles = Some(self.now + Duration::seconds(PROCESSING_SECONDS));
            self.put_intent(&intent);
            self.tell_of_intent("processing", &intent);
            return Ok(intent);
        }
        self.authorise(intent, method)
    }

    /// What was processing has been paid.
    pub(super) fn paid(&mut self, id: &str) {
        let Ok(mut intent) = self.intent(id) else { return };
        intent.settles = None;
        if let Some(Ok(method)) = intent.method.as_ref().map(|id| self.method(id)) {
            // Declined or not, what became of it is in the draft.
            let _ = self.authorise(intent, method);
        }
    }

    /// The method that was named, made if it is new; remembered by the intent.
    fn chosen(&mut self, terms: &Terms, intent: &mut Intent) -> Result<Option<Method>, Refusal> {
        let method = match (&terms.method, &terms.method_kind) {
            (Some(id), _) => self.method(id)?,
            (None, Some(kind)) => self.method_of_kind(kind),
            (None, None) => return Ok(None),
        };
        if !intent.method_types.contains(&method.kind) {
            // As with methods chosen automatically: what is offered is what is accepted.
            if !terms.method_types.is_empty() {
                let words = format!(
                    "The PaymentMethod provided ({}) is not allowed for this PaymentIntent.",
                    method.kind
                );
                return Err(Refusal::invalid(None, "payment_method", words));
            }
            intent.method_types.push(method.kind.clone());
        }
        Ok(Some(method))
    }

    fn check_usable(&self, intent: &Intent, method: &Method) -> Result<(), Refusal> {
        if let Some(owner) = &method.customer {
            return match &intent.customer {
                Some(customer) if customer == owner => Ok(()),
                _ => {
                    let words = "The payment method you provided is attached to a customer so for security purposes you must provide the customer in the request.";
                    Err(Refusal::invalid(None, "payment_method", words))
                }
            };
        }
        if method.detached || method.used_by.as_ref().is_some_and(|used| *used != intent.id) {
            return Err(used_before());
        }
        Ok(())
    }

    /// Tries to pay: refused before anything happens, asked of the payer, or decided.
    fn attempt(&mut self, mut intent: Intent, method: Method) -> Result<Intent, Refusal> {
        self.check_usable(&intent, &method)?;
        intent.method = Some(method.id.clone());
        intent.last_error = None;
        match method.behaviour {
            Behaviour::Redirects if intent.return_url.is_none() => Err(Refusal::missing("return_url")),
            Behaviour::Redirects => Ok(self.ask(intent, &method)),
            Behaviour::Asks | Behaviour::AsksThenDeclines if intent.off_session => {
                self.decline(intent, method, Decline::AuthenticationRequired)
            }
            Behaviour::AsksUntilSetUp if method.set_up => self.authorise(intent, method),
            Behaviour::AsksUntilSetUp if intent.off_session => {
                self.decline(intent, method, Decline::AuthenticationRequired)
            }
            Behaviour::Asks | Behaviour::AsksThenDeclines | Behaviour::AsksUntilSetUp => {
                Ok(self.ask(intent, &method))
            }
            Behaviour::Declines(decline) => self.decline(intent, method, decline),
            Behaviour::Pays | Behaviour::RefundFails | Behaviour::RefundWaits => {
                self.authorise(intent, method)
            }
        }
    }

    fn ask(&mut self, mut intent: Intent, method: &Method) -> Intent {
        self.put_method(method);
        intent.status = Status::RequiresAction;
        self.put_intent(&intent);
        self.tell_of_intent("requires_action", &intent);
        intent
    }

    fn authorise(&mut self, mut intent: Intent, mut method: Method) -> Result<Intent, Refusal> {
        if self.house.temper.declines() {
            return self.decline(intent, method, Decline::Generic);
        }
        self.keep_method(&intent, &mut method);
        let holds = intent.capture == Capture::Manual;
        intent.charge = Some(Charge {
            id: new_id("ch"),
            created: self.now,
            amount: intent.amount,
            captured: if holds { Money::ZERO } else { intent.amount },
            refunded: Money::ZERO,
            paid: true,
            failure: None,
            capture_before: holds.then(|| self.now + Duration::days(self.house.authorisation_days)),
            method,
        });
        intent.status = if holds { Status::RequiresCapture } else { Status::Succeeded };
        self.put_intent(&intent);
        self.tell_of_intent(if holds { "amount_capturable_updated" } else { "succeeded" }, &intent);
        Ok(intent)
    }

    /// A method that is to be used again becomes its customer's; any other is used up.
    fn keep_method(&mut self, intent: &Intent, method: &mut Method) {
        let kept = intent.setup_future_usage.is_some() && method.kind == "card";
        if let (None, Some(customer), true) = (&method.customer, &intent.customer, kept) {
            method.customer = Some(customer.clone());
        }
        method.set_up |= kept && method.customer.is_some();
        if method.customer.is_none() {
            method.used_by = Some(intent.id.clone());
        }
        self.put_method(method);
    }

    fn decline(
        &mut self,
        mut intent: Intent,
        mut method: Method,
        decline: Decline,
    ) -> Result<Intent, Refusal> {
        if method.customer.is_none() {
            method.used_by = Some(intent.id.clone());
        }
        self.put_method(&method);
        let charge = Charge {
            id: new_id("ch"),
            created: self.now,
            amount: intent.amount,
            captured: Money::ZERO,
            refunded: Money::ZERO,
            paid: false,
            failure: Some(decline),
            capture_before: None,
            method: method.clone(),
        };
        intent.status = Status::RequiresPaymentMethod;
        intent.method = None;
        intent.settles = None;
        intent.last_error = Some(error_of(decline, &charge.id, &method));
        let charge_id = charge.id.clone();
        intent.charge = Some(charge);
        self.put_intent(&intent);
        self.tell_of_intent("payment_failed", &intent);
        Err(Refusal::declined(decline, self.view(&intent), Some(charge_id)))
    }

    fn wrong_state(&self, verb: &str, intent: &Intent) -> Refusal {
        let words = format!(
            "You cannot {verb} this PaymentIntent because it has a status of {}.",
            intent.status.word()
        );
        Refusal::unexpected_state(words, self.view(intent))
    }
}

fn no_method() -> &'static str {
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method."
}

fn error_of(decline: Decline, charge: &str, method: &Method) -> Value {
    let mut error = json!({
        "type": "card_error",
        "code": decline.code(),
        "message": decline.message(),
        "charge": charge,
        "payment_method": view::method(method),
    });
    if let Some(code) = decline.decline_code() {
        error["decline_code"] = json!(code);
    }
    error
}
