//! What each kind of event is called in the log, and what it is about.

use super::model::{Event, Topic};
use super::patterns::about_a_question;

impl Event {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::QuoteGiven { .. } => "quote_given",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderCancelled { .. } => "order_cancelled",
            Self::OrderCompleted => "order_completed",
            Self::PaymentStarted { .. } => "payment_started",
            Self::PaymentProcessing { .. } => "payment_processing",
            Self::PaymentAuthorised { .. } => "payment_authorised",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentAbandoned { .. } => "payment_abandoned",
            Self::PaymentReplaced { .. } => "payment_replaced",
            Self::CaptureAsked { .. } => "capture_asked",
            Self::CaptureSucceeded { .. } => "capture_succeeded",
            Self::CaptureFailed { .. } => "capture_failed",
            Self::DoorMethodChosen { .. } => "door_method_chosen",
            Self::ReleaseAsked { .. } => "release_asked",
            Self::RefundAsked { .. } => "refund_asked",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::PickingStarted { .. } => "picking_started",
            Self::PickingLeft => "picking_left",
            Self::LinePicked { .. } => "line_picked",
            Self::LineSubstituted { .. } => "line_substituted",
            Self::RestSubstituted { .. } => "rest_substituted",
            about_a_question!() => self.kind_of_question(),
            Self::LineLeftOut { .. } => "line_left_out",
            Self::LineReopened { .. } => "line_reopened",
            Self::OrderPacked { .. } => "order_packed",
            Self::OrderHandedOver { .. } => "order_handed_over",
            Self::DropPlanned { .. } => "drop_planned",
            Self::RiderAssigned { .. } => "rider_assigned",
            Self::CarrierAsked { .. } => "carrier_asked",
            Self::CarrierBooked { .. } => "carrier_booked",
            Self::CarrierRefused { .. } => "carrier_refused",
            Self::CarrierEndAsked { .. } => "carrier_end_asked",
            Self::RiderUnassigned { .. } => "rider_unassigned",
            Self::DropLeft { .. } => "drop_left",
            Self::DropArrived { .. } => "drop_arrived",
            Self::DropDelivered { .. } => "drop_delivered",
            Self::DropFailed { .. } => "drop_failed",
            Self::PromiseMade { .. } => "promise_made",
            Self::DelayForeseen { .. } => "delay_foreseen",
            Self::DelayEased { .. } => "delay_eased",
            Self::InstructionsChanged => "instructions_changed",
            Self::OrderChanged { .. } => "order_changed",
            Self::WishesChanged { .. } => "wishes_changed",
            Self::LinksRevoked => "links_revoked",
            Self::ProblemReported { .. } => "problem_reported",
            Self::CaseTaken { .. } => "case_taken",
            Self::CaseAnswered { .. } => "case_answered",
            Self::CaseClosed { .. } => "case_closed",
            Self::StockSet { .. } => "stock_set",
            Self::StockMoved { .. } => "stock_moved",
            Self::LetterWritten { .. } => "letter_written",
            Self::LetterSent { .. } => "letter_sent",
            Self::LetterGivenUp { .. } => "letter_given_up",
            Self::LetterTriedAgain { .. } => "letter_tried_again",
        }
    }

    const fn kind_of_question(&self) -> &'static str {
        if matches!(self, Self::SubstituteAsked { .. }) {
            "substitute_asked"
        } else if matches!(self, Self::SubstituteAnswered { .. }) {
            "substitute_answered"
        } else {
            "substitute_withdrawn"
        }
    }

    pub const fn topic(&self) -> Topic {
        match self {
            Self::QuoteGiven { .. } => Topic::Quote,
            Self::OrderPlaced { .. }
            | Self::OrderConfirmed
            | Self::OrderCancelled { .. }
            | Self::OrderCompleted
            | Self::OrderChanged { .. }
            | Self::WishesChanged { .. }
            | Self::LinksRevoked
            | Self::ProblemReported { .. }
            | Self::CaseTaken { .. }
            | Self::CaseAnswered { .. }
            | Self::CaseClosed { .. } => Topic::Order,
            Self::PaymentStarted { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentAuthorised { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentAbandoned { .. }
            | Self::PaymentReplaced { .. }
            | Self::CaptureAsked { .. }
            | Self::CaptureSucceeded { .. }
            | Self::CaptureFailed { .. }
            | Self::DoorMethodChosen { .. }
            | Self::ReleaseAsked { .. }
            | Self::RefundAsked { .. }
            | Self::RefundSucceeded { .. }
            | Self::RefundFailed { .. } => Topic::Payment,
            Self::PickingStarted { .. }
            | Self::PickingLeft
            | Self::LinePicked { .. }
            | Self::LineSubstituted { .. }
            | Self::RestSubstituted { .. }
            | about_a_question!()
            | Self::LineLeftOut { .. }
            | Self::LineReopened { .. }
            | Self::OrderPacked { .. }
            | Self::OrderHandedOver { .. } => Topic::Fulfilment,
            Self::DropPlanned { .. }
            | Self::RiderAssigned { .. }
            | Self::CarrierAsked { .. }
            | Self::CarrierBooked { .. }
            | Self::CarrierRefused { .. }
            | Self::CarrierEndAsked { .. }
            | Self::RiderUnassigned { .. }
            | Self::DropLeft { .. }
            | Self::DropArrived { .. }
            | Self::DropDelivered { .. }
            | Self::DropFailed { .. }
            | Self::InstructionsChanged => Topic::Drop,
            Self::PromiseMade { .. } | Self::DelayForeseen { .. } | Self::DelayEased { .. } => Topic::Promise,
            Self::StockSet { .. } | Self::StockMoved { .. } => Topic::Stock,
            Self::LetterWritten { .. }
            | Self::LetterSent { .. }
            | Self::LetterGivenUp { .. }
            | Self::LetterTriedAgain { .. } => Topic::Message,
        }
    }
}
