//! Groups of events, for those who tell a part of the story and have to name all others.

/// The events of the topics fulfilment, drop and promise, as a pattern.
macro_rules! about_the_goods {
    () => {
        $crate::events::Event::PickingLeft
            | $crate::events::Event::PickingStarted { .. }
            | $crate::events::Event::LinePicked { .. }
            | $crate::events::Event::LineSubstituted { .. }
            | $crate::events::Event::RestSubstituted { .. }
            | $crate::events::about_a_question!()
            | $crate::events::Event::LineLeftOut { .. }
            | $crate::events::Event::LineReopened { .. }
            | $crate::events::Event::OrderPacked { .. }
            | $crate::events::Event::OrderHandedOver { .. }
            | $crate::events::Event::DropPlanned { .. }
            | $crate::events::Event::RiderAssigned { .. }
            | $crate::events::Event::CarrierAsked { .. }
            | $crate::events::Event::CarrierBooked { .. }
            | $crate::events::Event::CarrierRefused { .. }
            | $crate::events::Event::CarrierEndAsked { .. }
            | $crate::events::Event::RiderUnassigned { .. }
            | $crate::events::Event::DropLeft { .. }
            | $crate::events::Event::DropArrived { .. }
            | $crate::events::Event::DropDelivered { .. }
            | $crate::events::Event::DropFailed { .. }
            | $crate::events::Event::PromiseMade { .. }
            | $crate::events::Event::DelayForeseen { .. }
            | $crate::events::Event::DelayEased { .. }
            | $crate::events::Event::InstructionsChanged
    };
}

/// What a customer is asked about a line, and what became of it, as a pattern.
macro_rules! about_a_question {
    () => {
        $crate::events::Event::SubstituteAsked { .. }
            | $crate::events::Event::SubstituteAnswered { .. }
            | $crate::events::Event::SubstituteWithdrawn { .. }
    };
}

/// The events of the topic payment, as a pattern.
macro_rules! about_the_money {
    () => {
        $crate::events::Event::PaymentStarted { .. }
            | $crate::events::Event::PaymentProcessing { .. }
            | $crate::events::Event::PaymentAuthorised { .. }
            | $crate::events::Event::PaymentFailed { .. }
            | $crate::events::Event::PaymentAbandoned { .. }
            | $crate::events::Event::PaymentReplaced { .. }
            | $crate::events::Event::CaptureAsked { .. }
            | $crate::events::Event::CaptureSucceeded { .. }
            | $crate::events::Event::CaptureFailed { .. }
            | $crate::events::Event::DoorMethodChosen { .. }
            | $crate::events::Event::ReleaseAsked { .. }
            | $crate::events::Event::RefundAsked { .. }
            | $crate::events::Event::RefundSucceeded { .. }
            | $crate::events::Event::RefundFailed { .. }
    };
}

/// What an order is and whether it still is to be, as a pattern.
macro_rules! about_the_order {
    () => {
        $crate::events::Event::OrderConfirmed
            | $crate::events::Event::OrderCancelled { .. }
            | $crate::events::Event::OrderCompleted
            | $crate::events::Event::OrderChanged { .. }
    };
}

/// What is said between a customer and the desk, and who may look; as a pattern.
macro_rules! about_the_customer {
    () => {
        $crate::events::Event::LinksRevoked
            | $crate::events::Event::WishesChanged { .. }
            | $crate::events::Event::ProblemReported { .. }
            | $crate::events::Event::CaseTaken { .. }
            | $crate::events::Event::CaseAnswered { .. }
            | $crate::events::Event::CaseClosed { .. }
            | $crate::events::Event::LetterWritten { .. }
            | $crate::events::Event::LetterSent { .. }
            | $crate::events::Event::LetterGivenUp { .. }
            | $crate::events::Event::LetterTriedAgain { .. }
    };
}

/// The events of no order, as a pattern.
macro_rules! about_no_order {
    () => {
        $crate::events::Event::QuoteGiven { .. }
            | $crate::events::Event::StockSet { .. }
            | $crate::events::Event::StockMoved { .. }
    };
}

pub(crate) use {
    about_a_question, about_no_order, about_the_customer, about_the_goods, about_the_money, about_the_order,
};
