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
    /// Sent from the open page, which leads on to where it is approved.
    ToApprove,
    /// Another try is open, and the gateway does not say what became of it.
    StillOpen,
    /// It has been handed to the rider.
    TooLateToCancel,
    CannotCancelNow,
    /// What the customer chose is done.
    OtherTime,
    Instructed,
    WindowFull,
    WindowClosed,
    BeyondCard,
    /// It is on the way, or over.
    TooLateToChange,
    OrderChanged,
    WishesChanged,
    TooLateToPick,
    /// What the customer said to something else in a line's place.
    Agreed,
    Declined,
    TooLateToAnswer,
    /// Only whoever placed it shuts links.
    OwnerShuts,
    LinksShut,
    Reported,
    TooManyReports,
    /// The letter that finishes an account is on its way.
    AccountAsked,
    PasswordTooShort,
    PasswordTooLong,
}

/// Something that was refused.
pub(super) struct Problem {
    pub(super) words: &'static str,
    /// The field it is about, where there is one.
    pub(super) field: Option<&'static str>,
}

impl Problem {
    /// Without the field, where the page has it no more.
    pub(super) fn where_it_stands(self, can_pay: bool, has_offer: bool) -> Self {
        let is_there = if self.field == Some("password") { has_offer } else { can_pay };
        Self { field: self.field.filter(|_| is_there), ..self }
    }
}

impl Said {
    const ALL: [(Self, &str); 27] = [
        (Self::AlreadyPaid, "paid"),
        (Self::ChooseAWay, "choose"),
        (Self::NoCard, "card"),
        (Self::Over, "over"),
        (Self::ToApprove, "approve"),
        (Self::StillOpen, "open"),
        (Self::TooLateToCancel, "late"),
        (Self::CannotCancelNow, "stuck"),
        (Self::OtherTime, "moved"),
        (Self::Instructed, "told"),
        (Self::WindowFull, "full"),
        (Self::WindowClosed, "closed"),
        (Self::BeyondCard, "beyond"),
        (Self::TooLateToChange, "fixed"),
        (Self::OrderChanged, "changed"),
        (Self::WishesChanged, "wishes"),
        (Self::TooLateToPick, "picked"),
        (Self::Agreed, "yes"),
        (Self::Declined, "no"),
        (Self::TooLateToAnswer, "answered"),
        (Self::OwnerShuts, "whose"),
        (Self::LinksShut, "shut"),
        (Self::Reported, "reported"),
        (Self::TooManyReports, "enough"),
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

    /// What is said of it first of all, where it is a refusal; its field is said to be wrong as well.
    pub(super) fn problem(self) -> Option<Problem> {
        let fields = [(Self::ChooseAWay, "ways"), (Self::NoCard, "card")];
        let field = fields.iter().find(|(said, _)| *said == self).map(|(_, field)| *field);
        let field = field.or(self.is_about_password().then_some("password"));
        (self.tone() == Tone::Bad).then(|| Problem { words: self.words(), field })
    }

    pub(super) fn line(self) -> Line {
        let (icon, tone) = match self.tone() {
            tone @ Tone::Good => ("circle-check", tone),
            tone @ (Tone::Info | Tone::Plain) => ("info", tone),
            tone @ Tone::Warn => ("triangle-alert", tone),
            tone @ Tone::Bad => ("circle-alert", tone),
        };
        Line { tone, icon, point: "", words: self.words().to_owned() }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::AlreadyPaid
            | Self::OtherTime
            | Self::Instructed
            | Self::OrderChanged
            | Self::WishesChanged
            | Self::Agreed
            | Self::Declined
            | Self::LinksShut
            | Self::Reported
            | Self::AccountAsked => Tone::Good,
            Self::ChooseAWay
            | Self::NoCard
            | Self::WindowFull
            | Self::WindowClosed
            | Self::BeyondCard
            | Self::PasswordTooShort
            | Self::PasswordTooLong => Tone::Bad,
            Self::Over
            | Self::TooLateToCancel
            | Self::CannotCancelNow
            | Self::TooLateToChange
            | Self::TooLateToPick
            | Self::TooLateToAnswer
            | Self::TooManyReports
            | Self::OwnerShuts => Tone::Warn,
            Self::StillOpen | Self::ToApprove => Tone::Info,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Agreed => "Thank you. Your picker takes it.",
            Self::Declined => "Thank you. It is left out, and costs nothing.",
            Self::TooLateToAnswer => "Too late to answer: it is settled, as this page says.",
            Self::AlreadyPaid => "This order is paid already. Nothing was charged a second time.",
            Self::ChooseAWay => "Choose one of the ways to pay below. Nothing was charged.",
            Self::NoCard => {
                "The card’s details did not reach the payment service. Enter them again. Nothing was charged."
            }
            Self::Over => "This order is over, so nothing was charged for it.",
            Self::ToApprove => "Approve the payment there. Then you come back here.",
            Self::StillOpen => {
                "Your first payment has not been answered yet, so we did not start a second one. You cannot be charged twice."
            }
            Self::TooLateToCancel => {
                "It is too late to cancel this order: it has been handed to the rider. Nothing has changed."
            }
            Self::CannotCancelNow => {
                "The payment service does not answer, so we could not stop the payment. Nothing has changed. Please try again in a minute."
            }
            Self::OtherTime => "Your new time is kept for you. The old one goes to somebody else.",
            Self::Instructed => "Your rider reads this from now on.",
            Self::WindowFull => {
                "Somebody else has just taken the last room in that time. Nothing has changed: choose another one."
            }
            Self::WindowClosed => {
                "That time cannot be chosen any more. Nothing has changed: choose another one."
            }
            Self::BeyondCard => {
                "What is reserved on your card does not last until then, and we did not keep the card. Nothing has changed: choose an earlier time."
            }
            Self::TooLateToChange => {
                "It is too late to change that: your order is on the way, or it is over. Nothing has changed."
            }
            Self::OrderChanged => "Your order is changed. We have written to you what it comes to now.",
            Self::WishesChanged => "Your picker keeps to what you chose for what has run out.",
            Self::TooLateToPick => {
                "It is too late to change what is in it: somebody picks it already, or it is over. Nothing has changed."
            }
            Self::OwnerShuts => {
                "Links are shut in the browser you ordered in, or by signing in. Nothing has changed."
            }
            Self::LinksShut => {
                "No link made before opens this order any more. This browser, and your account, still do."
            }
            Self::Reported => {
                "Thank you. Somebody of ours looks into it; the answer comes by mail and stands here."
            }
            Self::TooManyReports => {
                "You have told us ten times about this order. Ring us, and somebody looks at all of it. Nothing has changed."
            }
            Self::AccountAsked => {
                "Look into your mail: one press in the letter we sent you, and your account is ready."
            }
            Self::PasswordTooShort => {
                "This password is too short. Use 8 characters or more, for example three words."
            }
            Self::PasswordTooLong => "This password is too long. Use at most 200 characters.",
        }
    }
}

fn set(shop: &Shop, number: &OrderNumber, word: &str, seconds: u32) -> HeaderValue {
    let secure = shop.app.config.server.public_url.starts_with("https://");
    cookies::set_below(&address(number), COOKIE, word, seconds, secure)
}
