//! Stripe's published test cards, what each of them does, and the form of a card number.

use serde::{Deserialize, Serialize};

/// What happens to a payment with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Behaviour {
    Pays,
    Declines(Decline),
    /// 3-D Secure is asked every time.
    Asks,
    /// 3-D Secure is asked until the card is set up for later payments.
    AsksUntilSetUp,
    /// 3-D Secure is asked, passed, and the bank says no all the same.
    AsksThenDeclines,
    /// A refund waits, then fails.
    RefundFails,
    /// A refund waits, then comes.
    RefundWaits,
    /// Paid on a page of the method's own.
    Redirects,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decline {
    Generic,
    InsufficientFunds,
    LostCard,
    StolenCard,
    Expired,
    WrongCvc,
    ProcessingError,
    /// Nobody is there to answer 3-D Secure.
    AuthenticationRequired,
    /// The person said no on the bank's page, or it failed there.
    NotAuthenticated,
}

impl Decline {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Generic | Self::InsufficientFunds | Self::LostCard | Self::StolenCard => "card_declined",
            Self::Expired => "expired_card",
            Self::WrongCvc => "incorrect_cvc",
            Self::ProcessingError => "processing_error",
            Self::AuthenticationRequired => "authentication_required",
            Self::NotAuthenticated => "payment_intent_authentication_failure",
        }
    }

    pub(super) fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Generic => Some("generic_decline"),
            Self::InsufficientFunds => Some("insufficient_funds"),
            Self::LostCard => Some("lost_card"),
            Self::StolenCard => Some("stolen_card"),
            Self::AuthenticationRequired => Some("authentication_required"),
            Self::Expired | Self::WrongCvc | Self::ProcessingError | Self::NotAuthenticated => None,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Generic | Self::LostCard | Self::StolenCard => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::Expired => "Your card has expired.",
            Self::WrongCvc => "Your card's security code is incorrect.",
            Self::ProcessingError => {
                "An error occurred while processing your card. Try again in a little bit."
            }
            Self::AuthenticationRequired => {
                "Your card was declined. This transaction requires authentication."
            }
            Self::NotAuthenticated => {
                "We are unable to authenticate your payment method. Please choose a different payment method and try again."
            }
        }
    }
}

#[derive(Debug)]
pub(super) struct TestCard {
    pub(super) number: &'static str,
    /// What it is called where a payment method is named directly.
    pub(super) name: &'static str,
    pub(super) brand: &'static str,
    pub(super) behaviour: Behaviour,
}

const fn card(
    number: &'static str,
    name: &'static str,
    brand: &'static str,
    behaviour: Behaviour,
) -> TestCard {
    TestCard { number, name, brand, behaviour }
}

use Behaviour::{Asks, AsksThenDeclines, AsksUntilSetUp, Declines, Pays, RefundFails, RefundWaits};
use Decline::{Expired, Generic, InsufficientFunds, LostCard, ProcessingError, StolenCard, WrongCvc};

pub(super) const CARDS: [TestCard; 27] = [
    card("4242424242424242", "pm_card_visa", "visa", Pays),
    card("4000056655665556", "pm_card_visa_debit", "visa", Pays),
    card("4000003720000278", "pm_card_ie", "visa", Pays),
    card("5555555555554444", "pm_card_mastercard", "mastercard", Pays),
    card("2223003122003222", "pm_card_mastercard_2_series", "mastercard", Pays),
    card("5200828282828210", "pm_card_mastercard_debit", "mastercard", Pays),
    card("378282246310005", "pm_card_amex", "amex", Pays),
    card("371449635398431", "pm_card_amex_second", "amex", Pays),
    card("6011111111111117", "pm_card_discover", "discover", Pays),
    card("3056930009020004", "pm_card_diners", "diners", Pays),
    card("3566002020360505", "pm_card_jcb", "jcb", Pays),
    card("6200000000000005", "pm_card_unionpay", "unionpay", Pays),
    card("4000000000000002", "pm_card_chargeDeclined", "visa", Declines(Generic)),
    card("4000000000000341", "pm_card_chargeCustomerFail", "visa", Declines(Generic)),
    card("4000000000009995", "pm_card_chargeDeclinedInsufficientFunds", "visa", Declines(InsufficientFunds)),
    card("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "visa", Declines(LostCard)),
    card("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "visa", Declines(StolenCard)),
    card("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "visa", Declines(Expired)),
    card("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "visa", Declines(WrongCvc)),
    card("4000000000000119", "pm_card_chargeDeclinedProcessingError", "visa", Declines(ProcessingError)),
    card("4000002500003155", "pm_card_authenticationRequiredOnSetup", "visa", AsksUntilSetUp),
    card("4000002760003184", "pm_card_authenticationRequired", "visa", Asks),
    card("4000000000003220", "pm_card_threeDSecure2Required", "visa", Asks),
    card("4000000000003063", "pm_card_threeDSecureRequired", "visa", Asks),
    card("4000008400001629", "pm_card_threeDSecureRequiredChargeDeclined", "visa", AsksThenDeclines),
    card("4000000000005126", "pm_card_refundFail", "visa", RefundFails),
    card("4000000000007726", "pm_card_pendingRefund", "visa", RefundWaits),
];

pub(super) fn by_number(number: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.number == number)
}

pub(super) fn by_name(name: &str) -> Option<&'static TestCard> {
    CARDS.iter().find(|card| card.name == name)
}

/// The check digit of a card number (ISO/IEC 7812-1, annex B).
pub(super) fn has_check_digit(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            let weighed = if place % 2 == 1 { digit * 2 } else { digit };
            if weighed > 9 { weighed - 9 } else { weighed }
        })
        .sum();
    number.len() >= 2 && number.bytes().all(|b| b.is_ascii_digit()) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_card_has_its_check_digit_and_a_name_of_its_own() {
        for card in &CARDS {
            assert!(has_check_digit(card.number), "{}", card.number);
            assert_eq!(CARDS.iter().filter(|c| c.name == card.name || c.number == card.number).count(), 1);
        }
        for wrong in ["4242424242424241", "4242", "", "0", "424242424242424x"] {
            assert!(!has_check_digit(wrong) || wrong == "4242", "{wrong}");
        }
    }

    #[test]
    fn the_well_known_cards_do_what_their_lists_say() {
        let of = |number: &str| by_number(number).expect(number).behaviour;
        assert_eq!(of("4000000000009995"), Declines(InsufficientFunds));
        assert_eq!(of("4000000000003220"), Asks);
        assert_eq!(by_name("pm_card_chargeDeclined").map(|c| c.number), Some("4000000000000002"));
        assert_eq!(Decline::InsufficientFunds.code(), "card_declined");
        assert_eq!(Decline::Expired.decline_code(), None);
    }
}
