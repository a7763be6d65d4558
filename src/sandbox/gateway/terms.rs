//! What is asked of the gateway about a payment, read from its form and refused where it is wrong.

use super::form::Fields;
use super::methods::REDIRECTS;
use super::model::{Capture, Intent, Metadata};
use super::refusal::Refusal;
use crate::money::Money;

const SMALLEST: Money = Money(50);
const LARGEST: Money = Money(99_999_999);
const CANCEL_REASONS: [&str; 4] = ["duplicate", "fraudulent", "requested_by_customer", "abandoned"];

/// What is said when an intent is made or confirmed.
#[derive(Debug, Default)]
pub(super) struct Terms {
    pub(super) method: Option<String>,
    pub(super) method_kind: Option<String>,
    pub(super) method_types: Vec<String>,
    pub(super) capture: Option<Capture>,
    pub(super) setup_future_usage: Option<String>,
    pub(super) off_session: bool,
    pub(super) return_url: Option<String>,
    pub(super) receipt_email: Option<String>,
}

impl Terms {
    fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        let terms = Self {
            method: fields.text("payment_method")?,
            method_kind: fields.one_of("payment_method_data[type]", &REDIRECTS)?,
            method_types: fields.list("payment_method_types"),
            capture: match fields
                .one_of("capture_method", &["automatic", "automatic_async", "manual"])?
                .as_deref()
            {
                None => None,
                Some("manual") => Some(Capture::Manual),
                Some(_) => Some(Capture::Automatic),
            },
            setup_future_usage: fields.one_of("setup_future_usage", &["on_session", "off_session"])?,
            off_session: fields.flag("off_session")?,
            return_url: fields.text("return_url")?,
            receipt_email: fields.text("receipt_email")?,
        };
        fields.ignore(&[
            "automatic_payment_methods",
            "confirmation_method",
            "error_on_requires_action",
            "mandate_data",
            "payment_method_data",
            "payment_method_options",
            "shipping",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "use_stripe_sdk",
        ]);
        terms.check()
    }

    fn check(self) -> Result<Self, Refusal> {
        for kind in &self.method_types {
            if kind != "card" && !REDIRECTS.contains(&kind.as_str()) {
                let words = format!("The payment method type provided: {kind} is invalid.");
                return Err(Refusal::invalid(None, "payment_method_types", words));
            }
        }
        if self.return_url.as_deref().is_some_and(|url| !is_address(url)) {
            return Err(Refusal::invalid(Some("url_invalid"), "return_url", "Not a valid URL"));
        }
        if self.method.is_some() && self.method_kind.is_some() {
            let words = "You may only specify one of these parameters: payment_method, payment_method_data.";
            return Err(Refusal::invalid(None, "payment_method_data", words));
        }
        Ok(self)
    }

    pub(super) fn apply(&self, intent: &mut Intent) {
        if let Some(capture) = self.capture {
            intent.capture = capture;
        }
        if !self.method_types.is_empty() {
            intent.method_types.clone_from(&self.method_types);
        }
        for (kept, said) in [
            (&mut intent.setup_future_usage, &self.setup_future_usage),
            (&mut intent.return_url, &self.return_url),
            (&mut intent.receipt_email, &self.receipt_email),
        ] {
            if said.is_some() {
                kept.clone_from(said);
            }
        }
        intent.off_session = self.off_session;
    }
}

/// Where a browser may be sent back to: a page of the web, or of the same origin.
fn is_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let local = url.starts_with('/') && !url.starts_with("//");
    let plain =
        url.len() <= 2048 && !url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    plain && (local || host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')))
}

/// What a new intent is to be.
#[derive(Debug)]
pub(super) struct NewIntent {
    pub(super) amount: Money,
    pub(super) currency: String,
    pub(super) customer: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) description: Option<String>,
    pub(super) confirm: bool,
    pub(super) terms: Terms,
}

impl NewIntent {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Refusal> {
        let amount = fields.integer("amount")?.ok_or_else(|| Refusal::missing("amount"))?;
        // Documented in lower case; capitals are taken all the same, and answered in lower case.
        let currency = fields.required("currency")?.to_ascii_lowercase();
        if !["eur", "gbp", "usd"].contains(&currency.as_str()) {
            let words = format!("Invalid currency: {currency}. The sandbox knows eur, gbp and usd.");
            return Err(Refusal::invalid(None, "currency", words));
        }
        let new = Self {
            amount: check_amount(amount, &currency)?,
            customer: fields.text("customer")?,
            metadata: fields.metadata()?,
            description: fields.text("description")?,
            confirm: fields.flag("confirm")?,
            terms: Terms::take(&mut fields)?,
            currency,
        };
        fields.finish()?;
        if !new.confirm && (new.terms.off_session || new.terms.return_url.is_some()) {
            let name = if new.terms.off_session { "off_session" } else { "return_url" };
            let words = format!(
                "The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true."
            );
            return Err(Refusal::invalid(None, name, words));
        }
        Ok(new)
    }
}

fn check_amount(amount: i64, currency: &str) -> Result<Money, Refusal> {
    if amount < 1 {
        let words = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid(Some("parameter_invalid_integer"), "amount", words));
    }
    if amount < SMALLEST.cents() {
        let words = format!("Amount must be at least {} {currency}", SMALLEST.plain());
        return Err(Refusal::invalid(Some("amount_too_small"), "amount", words));
    }
    if amount > LARGEST.cents() {
        let words = format!("Amount must be no more than {} {currency}", LARGEST.plain());
        return Err(Refusal::invalid(Some("amount_too_large"), "amount", words));
    }
    Ok(Money(amount))
}

pub(super) fn read_confirm(mut fields: Fields) -> Result<Terms, Refusal> {
    let terms = Terms::take(&mut fields)?;
    fields.finish()?;
    Ok(terms)
}

pub(super) fn read_capture(mut fields: Fields) -> Result<Option<i64>, Refusal> {
    let amount = fields.integer("amount_to_capture")?;
    fields.ignore(&["statement_descriptor", "statement_descriptor_suffix"]);
    fields.finish()?;
    if amount.is_some_and(|a| a < 1) {
        let words = "This value must be greater than or equal to 1.";
        return Err(Refusal::invalid(Some("parameter_invalid_integer"), "amount_to_capture", words));
    }
    Ok(amount)
}

pub(super) fn read_cancel(mut fields: Fields) -> Result<Option<String>, Refusal> {
    let reason = fields.one_of("cancellation_reason", &CANCEL_REASONS)?;
    fields.finish()?;
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_back_to_pages_only() {
        for good in ["https://shop.test/pay?x=1", "http://127.0.0.1:8080/", "/checkout/return"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "//evil.test", "javascript:alert(1)", "https://", "ftp://x", "/a\nb", "/\\evil.test"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn an_amount_is_within_the_bounds() {
        assert_eq!(check_amount(50, "eur").ok(), Some(Money(50)));
        for bad in [-1, 0, 49, 100_000_000] {
            assert!(check_amount(bad, "eur").is_err(), "{bad}");
        }
    }
}
