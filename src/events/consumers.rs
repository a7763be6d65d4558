//! The one list of who has to act on what.

use super::model::{Consumer, Event};

impl Event {
    /// When this happens, these hear of it.
    pub(super) const fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::OrderConfirmed
            | Self::OrderCancelled { .. }
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
            Self::QuoteGiven { .. }
            | Self::OrderPlaced { .. }
            | Self::OrderCompleted
            | Self::PaymentStarted { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentAuthorised { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentAbandoned { .. }
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
            | Self::StockSet { .. }
            | Self::StockMoved { .. }
            | Self::LetterWritten { .. }
            | Self::LetterSent { .. }
            | Self::LetterGivenUp { .. }
            | Self::LetterTriedAgain { .. }
            | Self::OrderPacked { .. } => &[],
        }
    }
}
