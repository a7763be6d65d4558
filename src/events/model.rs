//! The facts themselves: every event there is, what it may be about and who may have to act on it.

use super::lines::{LineChange, Ordered};
use crate::db::db_enum;
use crate::ids::{AttemptId, BookingId, CaptureId, CaseId, DropId, MailId, OrderNumber, RefundId, StaffId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

db_enum! {
    /// What an event is about.
    pub enum Topic {
        Quote = "quote",
        Order = "order",
        Payment = "payment",
        /// What the warehouse does with an order.
        Fulfilment = "fulfilment",
        /// One try to deliver it.
        Drop = "drop",
        /// When it was said to come.
        Promise = "promise",
        /// What stands on a shelf; the subject is the product.
        Stock = "stock",
        /// What is written to its customer.
        Message = "message",
    }
}

db_enum! {
    /// Who has to act on an event, after its transaction and at least once.
    pub enum Consumer {
        /// Asks the payment gateway to move or release money.
        Gateway = "gateway",
        /// Writes to people.
        Notifications = "notifications",
        /// Finds a rider for what is packed.
        Dispatch = "dispatch",
        /// Books at outside carriers, and tells them what is not wanted any more.
        Carriers = "carriers",
    }
}

/// A fact, in the past tense, with just enough detail to tell it again.
///
/// The subject of those about an order and its money is the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A delivery fee was promised for a place. Amounts in cents.
    QuoteGiven {
        place: String,
        zone: String,
        fee: i64,
        free_from: i64,
        minimum: i64,
        valid_until: DateTime<Utc>,
    },
    OrderPlaced {
        number: OrderNumber,
        pay_by: String,
        window: i64,
        window_starts: DateTime<Utc>,
        window_ends: DateTime<Utc>,
        lines: Vec<Ordered>,
        goods: Money,
        coupon: Money,
        fee: Money,
        total: Money,
        maximum: Money,
        unpaid_until: DateTime<Utc>,
    },
    /// The order will be picked: its money is reserved, paid, or due at the door.
    OrderConfirmed,
    OrderCancelled {
        why: String,
    },
    /// It was handed over and its money is settled.
    OrderCompleted,
    PaymentStarted {
        attempt: AttemptId,
        method: String,
        label: String,
        amount: Money,
        standby: bool,
    },
    /// The gateway has it and has not decided, or waits for the shopper's approval.
    PaymentProcessing {
        attempt: AttemptId,
        intent: String,
        approve_at: Option<String>,
    },
    PaymentAuthorised {
        attempt: AttemptId,
        intent: Option<String>,
        amount: Money,
        good_until: Option<DateTime<Utc>>,
    },
    PaymentFailed {
        attempt: AttemptId,
        reason: String,
    },
    /// No money can come of this attempt any more.
    PaymentAbandoned {
        attempt: AttemptId,
        why: String,
    },
    /// A renewed authorisation took the place of the one before.
    PaymentReplaced {
        attempt: AttemptId,
        by: AttemptId,
    },
    CaptureAsked {
        attempt: AttemptId,
        capture: CaptureId,
        amount: Money,
    },
    /// Money has come. `capture` is at the gateway, or at the door.
    CaptureSucceeded {
        attempt: AttemptId,
        capture: CaptureId,
        amount: Money,
    },
    CaptureFailed {
        attempt: AttemptId,
        capture: CaptureId,
        reason: String,
    },
    /// What is due at the door is paid there in another way than was said: in cash, or by card.
    DoorMethodChosen {
        attempt: AttemptId,
        method: String,
    },
    /// The gateway is to let go of what is reserved.
    ReleaseAsked {
        attempt: AttemptId,
    },
    RefundAsked {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
        reason: String,
    },
    RefundSucceeded {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
    },
    RefundFailed {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
        reason: String,
    },
    /// A picker has it in hand.
    PickingStarted {
        picker: StaffId,
    },
    /// Nobody has it in hand any more; what is picked stays picked.
    PickingLeft,
    /// A line lies in its bag; `grams` where it was weighed.
    LinePicked {
        position: i32,
        product: i64,
        units: i32,
        grams: Option<i64>,
        sum: Money,
    },
    /// Something else lies in the bag in its place.
    LineSubstituted {
        position: i32,
        product: i64,
        name: String,
        units: i32,
        grams: Option<i64>,
        sum: Money,
    },
    /// Some of a line lie in the bag, and something else for what is missing of it.
    RestSubstituted {
        position: i32,
        product: i64,
        name: String,
        units: i32,
        grams: Option<i64>,
        sum: Money,
    },
    /// The customer is asked whether something else may come in a line's place; `sum` is the most they
    /// pay for it. No answer until then is no.
    SubstituteAsked {
        position: i32,
        product: i64,
        name: String,
        units: i32,
        sum: Money,
        until: DateTime<Utc>,
    },
    /// What they said to it.
    SubstituteAnswered {
        position: i32,
        product: i64,
        yes: bool,
    },
    /// All of the line was there after all: what was asked about it is over.
    SubstituteWithdrawn {
        position: i32,
    },
    /// There is none, and nothing came in its place.
    LineLeftOut {
        position: i32,
    },
    /// A slip of the hand: the line is to be picked once more.
    LineReopened {
        position: i32,
    },
    /// All lines are settled; `goods` after the coupon, `total` with the fee.
    OrderPacked {
        bags: i32,
        goods: Money,
        total: Money,
    },
    /// It has left the warehouse.
    OrderHandedOver {
        drop: DropId,
    },
    DropPlanned {
        drop: DropId,
        attempt: i32,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
    },
    /// `name`: the first name, as the customer reads it.
    RiderAssigned {
        drop: DropId,
        rider: StaffId,
        name: String,
    },
    /// An outside carrier is to be asked to bring it. `carrier`: as people read its name.
    CarrierAsked {
        drop: DropId,
        booking: BookingId,
        carrier: String,
    },
    /// An outside carrier has taken it on; `reference` is its tracking number.
    CarrierBooked {
        drop: DropId,
        carrier: String,
        reference: String,
        tracking_url: Option<String>,
    },
    /// No carrier brings it: asked and refused, or taken back before the answer.
    CarrierRefused {
        drop: DropId,
        booking: BookingId,
        reason: String,
    },
    /// The carrier is to be told that it is not wanted any more.
    CarrierEndAsked {
        drop: DropId,
        booking: BookingId,
        why: String,
    },
    RiderUnassigned {
        drop: DropId,
        why: String,
    },
    /// The rider is on the way to this door.
    DropLeft {
        drop: DropId,
    },
    /// At the door: an event, no state.
    DropArrived {
        drop: DropId,
    },
    /// `photo`: of the picture that is the proof, its SHA-256 in hexadecimal figures.
    DropDelivered {
        drop: DropId,
        proof: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        photo: Option<String>,
    },
    DropFailed {
        drop: DropId,
        reason: String,
    },
    /// `version` 1 is the checkout's; each later one is a new promise beside it.
    PromiseMade {
        version: i32,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
        who: String,
        why: String,
    },
    /// It is expected later than promised; `cause` is one sentence, as everybody reads it.
    DelayForeseen {
        cause: String,
        sentence: String,
        expected: DateTime<Utc>,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
    },
    /// It comes sooner than the delay that was told; the new window is a promise beside it.
    DelayEased {
        expected: DateTime<Utc>,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
    },
    /// The customer has changed where to leave it, the note, the telephone or the gate code. What they
    /// are now is personal, and stands in the order's contact alone.
    InstructionsChanged,
    /// The customer has changed what is in it. `lines`: all of it as it is now, each with its position.
    OrderChanged {
        lines: Vec<(i32, Ordered)>,
        changes: Vec<LineChange>,
        goods: Money,
        coupon: Money,
        fee: Money,
        total: Money,
        maximum: Money,
    },
    /// The customer has chosen anew what may come where something has run out: for all, and by the positions
    /// of those lines for which it is otherwise.
    WishesChanged {
        all: String,
        lines: Vec<(i32, String)>,
    },
    /// No link made before opens the order any more.
    LinksRevoked,
    /// The customer says that something is not right. What they wrote stands in the case alone.
    ProblemReported {
        case: CaseId,
        what: String,
    },
    CaseTaken {
        case: CaseId,
    },
    CaseAnswered {
        case: CaseId,
    },
    CaseClosed {
        case: CaseId,
    },
    /// What stands on shelves was set: counted, or by a catalogue's import.
    StockSet {
        products: Vec<(i64, i32)>,
        reason: String,
    },
    /// Units came or went.
    StockMoved {
        product: i64,
        units: i32,
        reason: String,
    },
    /// A letter to its customer waits to be sent. To whom and in which words is not for the log.
    LetterWritten {
        letter: MailId,
        /// What it is about: `confirmed`, `late` ...
        about: String,
    },
    /// A mail server has taken it.
    LetterSent {
        letter: MailId,
    },
    /// No mail server would take it; it is not tried again.
    LetterGivenUp {
        letter: MailId,
    },
    /// Somebody has it tried once more.
    LetterTriedAgain {
        letter: MailId,
    },
}

/// An event as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub id: i64,
    pub subject: uuid::Uuid,
    pub event: Event,
    pub actor: String,
    pub happened_at: DateTime<Utc>,
}
