//! What is to be said on an order's page about what was just tried, carried there in a cookie.

use super::access::address;
use super::words::{Line, Tone};
use crate::ids::OrderNumber;
use crate::storefront::Shop;
use crate::web::cookies;
use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

const COOKIE: &str = "order_said";
const SECONDS: u32 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    AlreadyPaid,
    /// Nothing was chosen, or what is not offered.
    ChooseAWay,
    /// The card's details did not come.
    NoCard,
    /// The order is over: nothing is paid for it any more.
    Over,
    /// Another try is open, and the gateway does not say what became of it.
    StillOpen,
    /// Picking has begun.
    TooLateToCancel,
    /// A link alone shows an order and does not end it.
    OwnerCancels,
    CannotCancelNow,
    /// The letter that finishes an account is on its way.
    AccountAsked,
    PasswordTooShort,
    PasswordTooLong,
}

impl Said {
    const ALL: [(Self, &str); 11] = [
        (Self::AlreadyPaid, "paid"),
        (Self::ChooseAWay, "choose"),
        (Self::NoCard, "card"),
        (Self::Over, "over"),
        (Self::StillOpen, "open"),
        (Self::TooLateToCancel, "late"),
        (Self::OwnerCancels, "owner"),
        (Self::CannotCancelNow, "stuck"),
        (Self::AccountAsked, "account"),
        (Self::PasswordTooShort, "short"),
        (Self::PasswordTooLong, "long"),
    ];

    pub(super) fn read(request: &HttpRequest) -> Option<Self> {
        let word = cookies::get(request, COOKIE)?;
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(said, _)| *said)
    }

    pub(super) fn cookie(self, shop: &Shop, number: &OrderNumber) -> HeaderValue {
        let word = Self::ALL.iter().find(|(said, _)| *said == self).map_or("", |(_, word)| word);
        set(shop, number, word, SECONDS)
    }

    pub(super) fn forget(shop: &Shop, number: &OrderNumber) -> HeaderValue {
        set(shop, number, "", 0)
    }

    /// Whether it is about the field of the account that is offered.
    pub(super) const fn is_about_password(self) -> bool {
        matches!(self, Self::PasswordTooShort | Self::PasswordTooLong)
    }

    pub(super) fn line(self) -> Line {
        let (tone, words) = match self {
            Self::AlreadyPaid => {
                (Tone::Good, "This order is paid already. Nothing was charged a second time.")
            }
            Self::ChooseAWay => (Tone::Bad, "Choose one of the ways to pay below. Nothing was charged."),
            Self::NoCard => (
                Tone::Bad,
                "The card’s details did not reach the payment service. Enter them again. Nothing was charged.",
            ),
            Self::Over => (Tone::Warn, "This order is over, so nothing was charged for it."),
            Self::StillOpen => (
                Tone::Info,
                "Your first payment has not been answered yet, so we did not start a second one. You cannot be charged twice.",
            ),
            Self::TooLateToCancel => {
                (Tone::Warn, "It is too late to cancel this order: picking has begun. Nothing has changed.")
            }
            Self::OwnerCancels => (
                Tone::Warn,
                "A link alone does not cancel an order. Do it in the browser you ordered in, sign in, or ring us. Nothing has changed.",
            ),
            Self::CannotCancelNow => (
                Tone::Warn,
                "The payment service does not answer, so we could not stop the payment. Nothing has changed. Please try again in a minute.",
            ),
            Self::AccountAsked => (
                Tone::Good,
                "Look into your mail: one press in the letter we sent you, and your account is ready.",
            ),
            Self::PasswordTooShort => {
                (Tone::Bad, "This password is too short. Use 8 characters or more, for example three words.")
            }
            Self::PasswordTooLong => (Tone::Bad, "This password is too long. Use at most 200 characters."),
        };
        let icon = match tone {
            Tone::Good => "circle-check",
            Tone::Info | Tone::Plain => "info",
            Tone::Warn => "triangle-alert",
            Tone::Bad => "circle-alert",
        };
        Line { tone, icon, point: "", words: words.to_owned() }
    }
}

fn set(shop: &Shop, number: &OrderNumber, word: &str, seconds: u32) -> HeaderValue {
    let secure = shop.app.config.server.public_url.starts_with("https://");
    cookies::set_below(&address(number), COOKIE, word, seconds, secure)
}
