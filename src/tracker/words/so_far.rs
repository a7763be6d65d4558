//! Everything that has happened to an order so far, in words.

use super::{Dossier, Voice};
use crate::delivery::Failure;
use crate::events::{
    Event, LineChange, Recorded, about_a_question, about_no_order, about_the_customer, about_the_way,
};
use crate::ids::DropId;
use crate::payments::failure_words;
use chrono::{DateTime, Utc};
use std::collections::HashSet;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    pub at: DateTime<Utc>,
    pub words: String,
}

impl Voice {
    /// What has happened, the newest first. By when it happened: a word that came late stands where
    /// it belongs.
    pub fn so_far(&self, dossier: &Dossier) -> Vec<Happened> {
        let told = |r: &Recorded| {
            let of_the_goods = || self.of_the_drop(dossier, &r.event);
            let words = self.of_the_order(dossier, r).or_else(of_the_goods);
            let words = words.or_else(|| Self::of_the_customer(&r.event))?;
            Some((when(dossier, r), r.id, words))
        };
        let mut all: Vec<_> = dossier.history.iter().filter_map(told).collect();
        all.sort_by_key(|(at, id, _)| (*at, *id));
        // A fact that is in the log twice happened once.
        let mut known = HashSet::new();
        all.retain(|(at, _, words)| known.insert((*at, words.clone())));
        all.into_iter().rev().map(|(at, _, words)| Happened { at, words }).collect()
    }

    /// Of the order, its money and its picking.
    fn of_the_order(&self, dossier: &Dossier, recorded: &Recorded) -> Option<String> {
        let name = |position: &i32| name_of(dossier, *position);
        Some(match &recorded.event {
            Event::OrderPlaced { total, .. } => format!("Order placed, {total}."),
            Event::OrderConfirmed => "Order confirmed.".to_owned(),
            Event::OrderCancelled { .. } => "Order cancelled.".to_owned(),
            Event::PaymentAuthorised { amount, .. } => format!("Payment of up to {amount} approved."),
            Event::PaymentFailed { reason, .. } => {
                format!("Payment did not go through: {}", failure_words(reason).0)
            }
            Event::PaymentAbandoned { attempt, .. } => {
                let of = dossier.story.tries.iter().find(|of| of.id == *attempt)?;
                let is_gone = of.reserved_at.is_some() && of.release.is_none();
                return is_gone.then(|| format!("What was reserved on {} has been let go.", of.label));
            }
            Event::CaptureSucceeded { amount, .. } => format!("{amount} paid."),
            Event::RefundAsked { amount, .. } => format!("{amount} on its way back to you."),
            Event::RefundSucceeded { amount, .. } => format!("{amount} has gone back to you."),
            Event::PickingStarted { .. } => {
                let is_first = dossier.story.goods.picking_at == Some(recorded.happened_at);
                return is_first.then(|| "Picking began.".to_owned());
            }
            Event::LinePicked { position, grams: Some(grams), sum, .. } => {
                format!("{} weighed {grams} g: {sum}.", name(position))
            }
            Event::LineSubstituted { position, .. } | Event::RestSubstituted { position, .. } => {
                swapped(&recorded.event, name(position))
            }
            about_a_question!() => asked(&recorded.event, name),
            Event::LineLeftOut { position } => format!("{} left out: there was none.", name(position)),
            Event::OrderPacked { total, .. } => format!("Packed. It comes to {total}."),
            Event::OrderHandedOver { .. } => "Handed to the rider.".to_owned(),
            Event::OrderCompleted
            | Event::PaymentStarted { .. }
            | Event::PaymentProcessing { .. }
            | Event::PaymentReplaced { .. }
            | Event::CaptureAsked { .. }
            | Event::CaptureFailed { .. }
            | Event::DoorMethodChosen { .. }
            | Event::ReleaseAsked { .. }
            | Event::RefundFailed { .. }
            | Event::PickingLeft
            | Event::LinePicked { .. }
            | Event::LineReopened { .. }
            | Event::OrderChanged { .. }
            | about_the_way!()
            | about_the_customer!()
            | about_no_order!() => return None,
        })
    }

    /// Of what its customer has done with it, and of the desk.
    fn of_the_customer(event: &Event) -> Option<String> {
        if let Event::OrderChanged { changes, total, .. } = event {
            let each: Vec<String> = changes.iter().map(LineChange::words).collect();
            return Some(format!("You changed your order: {}. It comes to {total}.", each.join("; ")));
        }
        let words = if matches!(event, Event::WishesChanged { .. }) {
            "You chose anew what may come where something has run out."
        } else if matches!(event, Event::LinksRevoked) {
            "Links to this order were shut."
        } else if matches!(event, Event::ProblemReported { .. }) {
            "You told us that something is not right."
        } else if matches!(event, Event::CaseTaken { .. }) {
            "Somebody of ours looks into what you told us."
        } else if matches!(event, Event::CaseAnswered { .. }) {
            "We answered what you told us."
        } else {
            return None;
        };
        Some(words.to_owned())
    }

    /// Of the way to the door, and of what was said about it.
    fn of_the_drop(&self, dossier: &Dossier, event: &Event) -> Option<String> {
        let by = |drop: &DropId| {
            let tries = &dossier.story.goods.tries;
            let name = tries.iter().find(|t| t.id == *drop).and_then(|t| t.by.clone());
            name.unwrap_or_else(|| "The rider".to_owned())
        };
        if let Event::DropPlanned { attempt: 2.., starts, ends, .. } = event {
            return Some(format!("Planned once more for {}.", self.span(*starts, *ends)));
        }
        if let Event::RiderAssigned { name, .. } | Event::CarrierBooked { carrier: name, .. } = event {
            return Some(format!("Rider assigned: {name}."));
        }
        if let Event::RiderUnassigned { .. } = event {
            return Some("We look for another rider.".to_owned());
        }
        if let Event::DropLeft { drop } = event {
            return Some(format!("On the way. {} has set out.", by(drop)));
        }
        if let Event::DropArrived { drop } = event {
            return Some(format!("{} is at the door.", by(drop)));
        }
        if let Event::DropDelivered { proof, .. } = event {
            let left = proof.parse().ok().and_then(|proof| Self::left(dossier, proof));
            return Some(left.map_or_else(|| "Delivered.".to_owned(), |left| format!("Delivered. {left}")));
        }
        if let Event::DropFailed { drop, reason } = event {
            let why: Failure = reason.parse().unwrap_or(Failure::RiderStopped);
            // What was delivered after all did not fail: the page would contradict itself.
            let tries = &dossier.story.goods.tries;
            let is_there = tries.iter().any(|t| t.id == *drop && t.delivered_at.is_some());
            let is_told = why != Failure::Cancelled && !is_there;
            return is_told.then(|| format!("Could not be delivered: {}.", why.words()));
        }
        if let Event::PromiseMade { starts, ends, who, .. } = event {
            let whose = if who == "customer" { "You chose another time" } else { "New time" };
            return Some(format!("{whose}: {}.", self.span(*starts, *ends)));
        }
        if let Event::DelayForeseen { sentence, .. } = event {
            return Some(sentence.clone());
        }
        if matches!(event, Event::DelayEased { .. }) {
            return Some("It comes sooner than we thought.".to_owned());
        }
        matches!(event, Event::InstructionsChanged).then(|| "Instructions for the rider changed.".to_owned())
    }
}

fn name_of(dossier: &Dossier, position: i32) -> &str {
    dossier.lines.iter().find(|l| l.position == position).map_or("An item", |l| l.name.as_str())
}

/// What came in a line's place, or in that of the part of it that was missing.
fn swapped(event: &Event, line: &str) -> String {
    if let Event::RestSubstituted { name, .. } = event {
        return format!("{name} instead of what was missing of {line}.");
    }
    if let Event::LineSubstituted { name, .. } = event {
        format!("{name} instead of {line}.")
    } else {
        String::new()
    }
}

/// A question about a line, and what was said to it.
fn asked<'n>(event: &Event, line: impl Fn(&i32) -> &'n str) -> String {
    if let Event::SubstituteAsked { position, name, .. } = event {
        format!("We asked: {name} in place of {}?", line(position))
    } else if let Event::SubstituteAnswered { position, yes, .. } = event {
        let said = if *yes { "yes" } else { "no" };
        format!("You said {said} to something else in place of {}.", line(position))
    } else if let Event::SubstituteWithdrawn { position } = event {
        format!("{} was found after all, and comes as you ordered it.", line(position))
    } else {
        String::new()
    }
}

/// When it happened. Whoever has left with it was given it before, also where that is only known
/// because they had left.
fn when(dossier: &Dossier, recorded: &Recorded) -> DateTime<Utc> {
    let at = recorded.happened_at;
    let Event::OrderHandedOver { drop } = recorded.event else { return at };
    let left = dossier.story.goods.tries.iter().find(|t| t.id == drop).and_then(|t| t.left_at);
    left.map_or(at, |left| at.min(left))
}
