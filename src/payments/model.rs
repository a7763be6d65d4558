use crate::db::db_enum;
use crate::db::schema::{captures, payment_attempts, refunds};
use crate::ids::{AttemptId, CaptureId, OrderId, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

db_enum! {
    /// What pays.
    pub enum PayBy {
        /// Reserved when the order is placed, captured when it is handed over. Wallets too.
        Card = "card",
        /// Leave, approve, come back; charged at once, a difference goes back.
        Redirect = "redirect",
        CashAtDoor = "cash_at_door",
        CardAtDoor = "card_at_door",
    }
}

impl PayBy {
    /// Whether the money only comes with the delivery.
    pub const fn is_at_door(self) -> bool {
        match self {
            Self::CashAtDoor | Self::CardAtDoor => true,
            Self::Card | Self::Redirect => false,
        }
    }
}

db_enum! {
    pub enum AttemptState {
        Created = "created",
        Processing = "processing",
        /// Reserved or, where the method charges at once, charged.
        Authorised = "authorised",
        Failed = "failed",
        /// Given up before or after it was authorised: no money can come of it.
        Abandoned = "abandoned",
    }
}

impl AttemptState {
    /// Which state may follow. Everything else is late news.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Created, Self::Processing | Self::Authorised | Self::Failed | Self::Abandoned)
            | (Self::Processing, Self::Authorised | Self::Failed | Self::Abandoned)
            | (Self::Authorised, Self::Abandoned) => true,
            (
                Self::Created | Self::Processing | Self::Authorised | Self::Failed | Self::Abandoned,
                Self::Created | Self::Processing | Self::Authorised | Self::Failed | Self::Abandoned,
            ) => false,
        }
    }

    /// Whether it can still bring money.
    pub const fn is_standing(self) -> bool {
        match self {
            Self::Created | Self::Processing | Self::Authorised => true,
            Self::Failed | Self::Abandoned => false,
        }
    }

    /// Whether nobody knows yet.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Created | Self::Processing => true,
            Self::Authorised | Self::Failed | Self::Abandoned => false,
        }
    }
}

db_enum! {
    pub enum CaptureState {
        Requested = "requested",
        Succeeded = "succeeded",
        Failed = "failed",
    }
}

db_enum! {
    pub enum RefundState {
        /// Asked for; the gateway has not said that it is done.
        Requested = "requested",
        Succeeded = "succeeded",
        Failed = "failed",
    }
}

db_enum! {
    pub enum RefundReason {
        Cancelled = "cancelled",
        /// The money came when the order was over.
        LateMoney = "late_money",
        PackedForLess = "packed_for_less",
        Goodwill = "goodwill",
        Returned = "returned",
    }
}

db_enum! {
    /// What was done with a word of the gateway's.
    pub enum Decision {
        /// It came before what it is about.
        Waiting = "waiting",
        Applied = "applied",
        AlreadyTrue = "already_true",
        TooLate = "too_late",
        NotOurs = "not_ours",
    }
}

/// One try to be paid.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = payment_attempts, treat_none_as_default_value = false)]
pub struct Attempt {
    pub id: AttemptId,
    pub order_id: OrderId,
    pub method: PayBy,
    pub state: AttemptState,
    pub amount_cents: Money,
    pub standby: bool,
    /// The gateway is being told to give it up: what it reserves meanwhile is not counted on.
    pub shutting: bool,
    pub gateway_method: Option<String>,
    pub gateway_customer: Option<String>,
    pub label: String,
    pub intent: Option<String>,
    pub failure: Option<String>,
    pub approve_at: Option<String>,
    pub made_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
    pub good_until: Option<DateTime<Utc>>,
    pub ask_at: Option<DateTime<Utc>>,
    pub asks: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = captures)]
pub struct Capture {
    pub id: CaptureId,
    pub attempt_id: AttemptId,
    pub amount_cents: Money,
    pub state: CaptureState,
    pub failure: Option<String>,
    pub asked_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = refunds)]
pub struct Refund {
    pub id: RefundId,
    pub attempt_id: AttemptId,
    pub amount_cents: Money,
    pub reason: RefundReason,
    pub state: RefundState,
    pub gateway_refund: Option<String>,
    pub failure: Option<String>,
    pub asked_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
    pub ask_at: Option<DateTime<Utc>>,
    pub asks: i32,
    /// The one that was refused, in whose place this one was asked for.
    pub again_of: Option<RefundId>,
}

/// An order's money, reckoned from its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Reserved and neither captured nor released.
    pub authorised: Money,
    pub captured: Money,
    /// Asked to go back and not there yet.
    pub refunding: Money,
    /// Gone back, as the gateway has said.
    pub refunded: Money,
}

impl Balance {
    pub fn of(attempts: &[Attempt], captures: &[Capture], refunds: &[Refund]) -> Self {
        let succeeded = |c: &&Capture| c.state == CaptureState::Succeeded;
        let captured = captures.iter().filter(succeeded).map(|c| c.amount_cents).sum();
        let is_captured = |a: &Attempt| captures.iter().filter(succeeded).any(|c| c.attempt_id == a.id);
        let refunds_in =
            |state| refunds.iter().filter(move |r| r.state == state).map(|r| r.amount_cents).sum();
        Self {
            authorised: attempts
                .iter()
                .filter(|a| a.state == AttemptState::Authorised && !a.method.is_at_door() && !is_captured(a))
                .map(|a| a.amount_cents)
                .sum(),
            captured,
            refunding: refunds_in(RefundState::Requested),
            refunded: refunds_in(RefundState::Succeeded),
        }
    }

    /// What we have of the customer's and nobody has asked back.
    pub fn refundable(&self) -> Money {
        self.captured - self.refunded - self.refunding
    }

    /// What is ours.
    pub fn kept(&self) -> Money {
        self.captured - self.refunded
    }
}

/// What of an attempt's money we have and nobody has asked back.
pub fn refundable_of(attempt: AttemptId, captures: &[Capture], refunds: &[Refund]) -> Money {
    let captured: Money = captures
        .iter()
        .filter(|c| c.attempt_id == attempt && c.state == CaptureState::Succeeded)
        .map(|c| c.amount_cents)
        .sum();
    let gone: Money = refunds
        .iter()
        .filter(|r| r.attempt_id == attempt && r.state != RefundState::Failed)
        .map(|r| r.amount_cents)
        .sum();
    captured - gone
}

/// The cause of a refusal in plain words, and what to do. By the gateway's code.
pub fn failure_words(code: &str) -> (&'static str, &'static str) {
    match code {
        "insufficient_funds" | "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => {
            ("There is not enough money on this card.", "Pay with another card, or another way.")
        }
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => {
            ("This card has expired.", "Check the date on it, or pay with another card.")
        }
        "incorrect_cvc" | "invalid_cvc" => (
            "The security code is not right.",
            "Check the three or four digits on the card and type it again.",
        ),
        "incorrect_number" | "invalid_number" => {
            ("The card number is not right.", "Check the number and type it again.")
        }
        "authentication_required" | "payment_intent_authentication_failure" | "authentication_failed" => (
            "The payment was not approved with your bank.",
            "Pay again and approve it in your bank’s app or window, or pay another way.",
        ),
        "approval_refused"
        | "payment_method_provider_decline"
        | "payment_method_customer_decline"
        | "payment_intent_payment_attempt_failed" => {
            ("The payment was not approved.", "Try again, or pay another way.")
        }
        "payment_method_provider_timeout" | "payment_intent_payment_attempt_expired" => {
            ("The payment was not approved in time.", "Try again and approve it there, or pay another way.")
        }
        "partial_authorisation" => (
            "Your bank gave less than this order may come to, so the payment was given up.",
            "Nothing is kept. Pay with another card, or another way.",
        ),
        "processing_error" | "issuer_not_available" | "try_again_later" | "reenter_transaction" => {
            ("The bank could not answer just now.", "Try again in a moment, or pay another way.")
        }
        "gateway_down" | "shop_stopped" => {
            ("The payment service could not be reached.", "Try again in a moment, or pay another way.")
        }
        "card_held_off" => (
            "This card was declined too often for now.",
            "Your bank was not asked again. Pay with another card, or another way.",
        ),
        "card_not_kept" => (
            "What was reserved on your card could not be renewed: we did not keep the card.",
            "Pay with a card anew, or another way.",
        ),
        "amount_too_small" => ("This sum is too small to be paid this way.", "Pay another way."),
        "lost_card" | "stolen_card" | "pickup_card" | "restricted_card" | "fraudulent" => {
            // The bank asks not to say more: somebody else may be holding the card.
            ("Your bank declined this card.", "Pay with another card, or another way.")
        }
        ours if is_ours(ours) => (
            "The payment service could not take this payment.",
            "That was not your bank. Pay with another card, or another way.",
        ),
        _ => ("Your bank declined this card.", "Pay with another card, or another way."),
    }
}

/// What a refusal is put down to where that way paid. Without a card no bank has spoken about one: codes that
/// do, and those that are new to us, say no more than "no".
pub fn put_down_to(method: PayBy, code: &str) -> &str {
    let is_about_any_way = is_ours(code)
        || matches!(
            code,
            "approval_refused"
                | "payment_method_provider_decline"
                | "payment_method_customer_decline"
                | "payment_intent_payment_attempt_failed"
                | "payment_method_provider_timeout"
                | "payment_intent_payment_attempt_expired"
                | "authentication_required"
                | "payment_intent_authentication_failure"
                | "authentication_failed"
                | "partial_authorisation"
                | "processing_error"
                | "issuer_not_available"
                | "try_again_later"
                | "reenter_transaction"
                | "gateway_down"
                | "shop_stopped"
                | "amount_too_small"
        );
    if method == PayBy::Card || is_about_any_way { code } else { "payment_method_provider_decline" }
}

/// Whether a code says that the question was wrong, and not that somebody's money was refused.
fn is_ours(code: &str) -> bool {
    code.starts_with("parameter_")
        || matches!(
            code,
            "resource_missing"
                | "invalid_request_error"
                | "idempotency_error"
                | "payment_method_unactivated"
                | "payment_method_not_available"
                | "payment_method_unexpected_state"
                | "payment_intent_unexpected_state"
                | "payment_intent_incompatible_payment_method"
                | "invalid_payment_method_type"
                | "amount_too_large"
                | "refused"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_question_of_ours_is_not_put_down_to_the_bank() {
        let bank = failure_words("card_declined");
        assert_eq!(bank, failure_words("a code that is new to us"));
        for code in ["resource_missing", "parameter_unknown", "parameter_missing", "invalid_request_error"] {
            assert!(!failure_words(code).0.contains("ank declined"), "{code}");
        }
        assert_ne!(failure_words("payment_method_provider_decline"), bank);
    }

    #[test]
    fn no_bank_has_spoken_about_a_card_where_none_paid() {
        for code in
            ["a code that is new to us", "card_declined", "insufficient_funds", "lost_card", "do_not_honor"]
        {
            let (cause, advice) = failure_words(put_down_to(PayBy::Redirect, code));
            assert_eq!(cause, "The payment was not approved.", "{code}");
            assert!(!advice.contains("card"), "{code}");
            assert_eq!(put_down_to(PayBy::Card, code), code);
        }
        for code in ["gateway_down", "shop_stopped", "parameter_missing", "payment_method_provider_timeout"] {
            assert_eq!(put_down_to(PayBy::Redirect, code), code);
        }
    }

    #[test]
    fn where_the_service_is_away_no_way_is_named_that_may_not_be_offered() {
        for code in ["gateway_down", "shop_stopped"] {
            assert!(!failure_words(code).1.contains("door"), "{code}");
        }
    }

    #[test]
    fn what_has_ended_does_not_begin_again() {
        for ended in [AttemptState::Failed, AttemptState::Abandoned] {
            assert!(AttemptState::ALL.iter().all(|next| !ended.may_become(*next)));
        }
        assert!(AttemptState::Authorised.may_become(AttemptState::Abandoned));
        assert!(!AttemptState::Authorised.may_become(AttemptState::Failed));
    }
}
