//! The one list of who has to act on what.

use super::model::{Consumer, Event};
use super::patterns::about_no_order;
use chrono::Duration;

/// Whoever has pressed a button to pay waits nine seconds for what comes of it, and then sees it.
const SEEN_BY_THEN: Duration = Duration::seconds(15);
/// Whoever went away to approve is mostly back by then.
const BACK_BY_THEN: Duration = Duration::minutes(10);

impl Event {
    /// When this happens, these hear of it.
    pub(super) const fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::OrderConfirmed
            | Self::OrderCancelled { .. }
            | Self::PaymentProcessing { approve_at: Some(_), .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentAbandoned { .. }
            | Self::RefundSucceeded { .. }
            | Self::SubstituteAsked { .. }
            | Self::SubstituteWithdrawn { .. }
            | Self::DropLeft { .. }
            | Self::DropDelivered { .. }
            | Self::DropFailed { .. }
            | Self::DelayForeseen { .. }
            | Self::DelayEased { .. }
            | Self::OrderChanged { .. }
            | Self::CaseAnswered { .. } => &[Consumer::Notifications],
            Self::CaptureAsked { .. } | Self::ReleaseAsked { .. } | Self::RefundAsked { .. } => {
                &[Consumer::Gateway]
            }
            Self::DropPlanned { .. } | Self::RiderUnassigned { .. } | Self::CarrierRefused { .. } => {
                &[Consumer::Dispatch]
            }
            Self::CarrierAsked { .. } | Self::CarrierEndAsked { .. } => &[Consumer::Carriers],
            about_no_order!()
            | Self::OrderPlaced { .. }
            | Self::OrderCompleted
            | Self::PaymentStarted { .. }
            | Self::PaymentProcessing { approve_at: None, .. }
            | Self::PaymentAuthorised { .. }
            | Self::PaymentReplaced { .. }
            | Self::CaptureSucceeded { .. }
            | Self::CaptureFailed { .. }
            | Self::DoorMethodChosen { .. }
            | Self::RefundFailed { .. }
            | Self::PickingStarted { .. }
            | Self::PickingLeft
            | Self::LinePicked { .. }
            | Self::LineSubstituted { .. }
            | Self::RestSubstituted { .. }
            | Self::SubstituteAnswered { .. }
            | Self::LineLeftOut { .. }
            | Self::LineReopened { .. }
            | Self::OrderHandedOver { .. }
            | Self::RiderAssigned { .. }
            | Self::CarrierBooked { .. }
            | Self::DropArrived { .. }
            | Self::PromiseMade { .. }
            | Self::InstructionsChanged
            | Self::WishesChanged { .. }
            | Self::LinksRevoked
            | Self::ProblemReported { .. }
            | Self::CaseTaken { .. }
            | Self::CaseClosed { .. }
            | Self::LetterWritten { .. }
            | Self::LetterSent { .. }
            | Self::LetterGivenUp { .. }
            | Self::LetterTriedAgain { .. }
            | Self::OrderPacked { .. } => &[],
        }
    }

    /// How long those who hear of it leave it be: what somebody is shown in the answer to their own press
    /// ([`told`](super::told)), or has done meanwhile, need not be written to them as well.
    pub(super) const fn rests(&self) -> Duration {
        if matches!(self, Self::PaymentFailed { .. } | Self::PaymentAbandoned { .. }) {
            SEEN_BY_THEN
        } else if matches!(self, Self::PaymentProcessing { .. }) {
            BACK_BY_THEN
        } else {
            Duration::zero()
        }
    }
}
