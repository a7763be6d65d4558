//! Where an order's goods are, as everybody reads it: page, list, JSON and letters.

use super::reading::Reading;
use super::{Answer, Dossier, Line, Tone, Voice};
use crate::clock;
use crate::delivery::Proof;
use crate::lifecycle::{Delay, Goods, Stage, StandIn, Story, Told};
use crate::orders::OrderState;
use chrono::{DateTime, Utc};

/// A delay that was foreseen and still holds: no other time was promised since, it is not there, and
/// no try has come to nothing since.
pub(crate) fn delay(goods: &Goods) -> Option<&Delay> {
    let delay = goods.delay.as_ref()?;
    let failed = goods.last_try().and_then(|t| t.failed).map(|(_, at)| at);
    let holds = match goods.stage() {
        Stage::Delivered => false,
        Stage::NotDelivered => failed.is_none_or(|at| at <= delay.at),
        Stage::Waiting | Stage::Picking | Stage::Packed | Stage::RiderAssigned | Stage::OnTheWay => true,
    };
    Some(delay).filter(|_| holds && goods.promise().is_none_or(|p| p.at <= delay.at))
}

/// Who brings it, by the first name; or whoever it will be.
pub(crate) fn by_whom(goods: &Goods) -> &str {
    goods.last_try().and_then(|t| t.by.as_deref()).unwrap_or("Your rider")
}

impl Voice {
    /// `Tue 24 Nov, 18:00–20:00`
    pub fn span(&self, starts: DateTime<Utc>, ends: DateTime<Utc>) -> String {
        let time = |at| clock::time_label(self.zone, at);
        format!("{}, {}–{}", self.day(starts), time(starts), time(ends))
    }

    /// The window that holds now.
    pub fn promised(&self, dossier: &Dossier) -> String {
        let told = |p: &Told| self.span(p.starts, p.ends);
        dossier.story.goods.promise().map_or_else(|| self.window(&dossier.order), told)
    }

    /// The first one, where another holds now.
    pub fn first_promised(&self, goods: &Goods) -> Option<String> {
        let (first, now) = (goods.first_promise()?, goods.promise()?);
        let moved = (first.starts, first.ends) != (now.starts, now.ends);
        moved.then(|| self.span(first.starts, first.ends))
    }

    /// The answer for an order that is paid, reserved or due at the door.
    pub(super) fn of_the_goods(&self, dossier: &Dossier) -> Answer {
        let goods = &dossier.story.goods;
        let reading = Reading::of(&dossier.story);
        if reading == Reading::NotDelivered {
            return self.not_delivered(dossier);
        }
        let late = delay(goods);
        let (tone, icon, _) = reading.badge();
        let (tone, icon) = match (reading, late) {
            (Reading::Delivered, _) => (Tone::Good, "circle-check"),
            (_, Some(_)) => (Tone::Warn, "triangle-alert"),
            (_, None) => (tone, icon),
        };
        let mut lead: Vec<String> = late.map(|delay| delay.sentence.clone()).into_iter().collect();
        lead.extend(self.expected(dossier).map(|expected| expected.words));
        lead.extend(dossier.proof().and_then(|proof| Self::left(dossier, proof)));
        lead.extend(self.first_promised(goods).map(|first| format!("First promised {first}.")));
        lead.push(self.sum(dossier));
        let big = match reading {
            Reading::Delivered => self.delivered_at(&dossier.story).map(|at| self.time(at)),
            Reading::Confirmed
            | Reading::Picking
            | Reading::Packed
            | Reading::AnotherRider
            | Reading::RiderAssigned
            | Reading::OnTheWay
            | Reading::NotDelivered => Some(self.promised(dossier)),
        };
        Answer { tone, icon, title: title(reading, goods, late.is_some()), big, lead }
    }

    /// Where it stands, when nobody took it. Where exactly that is, is nobody's but the customer's.
    pub(super) fn left(dossier: &Dossier, proof: Proof) -> Option<String> {
        let place = if dossier.contact.leave_at.is_empty() { "at the door" } else { "where you asked" };
        let pictured = if dossier.photo.is_some() { ", with a picture" } else { "" };
        match proof {
            Proof::Photo => Some(format!("Left {place}{pictured}.")),
            Proof::SafePlace => Some(format!("Left {place}.")),
            Proof::Code | Proof::Name | Proof::Carrier => None,
        }
    }

    fn not_delivered(&self, dossier: &Dossier) -> Answer {
        let goods = &dossier.story.goods;
        let failed = goods.last_try().and_then(|t| t.failed);
        let why = failed.map_or("something went wrong", |(why, _)| why.words());
        let when = failed.map(|(_, at)| format!(" {}", self.at(at))).unwrap_or_default();
        let lead = format!("We were there{when} and have taken your things back with us. We are sorry.");
        let lead = if failed.is_some_and(|(why, _)| why.was_at_the_door()) {
            lead
        } else {
            format!("We had to turn back{when}. We are sorry.")
        };
        let mut lead = vec![lead];
        if let Some(delay) = delay(goods) {
            lead.extend([delay.sentence.clone(), format!("New time: {}.", self.promised(dossier))]);
        }
        Answer {
            tone: Tone::Warn,
            icon: "triangle-alert",
            title: format!("We could not deliver: {why}"),
            big: None,
            lead,
        }
    }

    /// When it came to the door.
    pub(crate) fn delivered_at(&self, story: &Story) -> Option<DateTime<Utc>> {
        story.goods.last_try().and_then(|t| t.delivered_at).or(story.completed_at)
    }

    /// `Second attempt`, from the second one on.
    pub fn attempt(&self, goods: &Goods) -> Option<String> {
        let number = goods.last_try().map_or(1, |t| t.attempt);
        (number > 1).then(|| ordinal(number))
    }

    /// What happens next with the goods; the same for whoever reads it.
    pub fn then(&self, dossier: &Dossier) -> Vec<Line> {
        let line = |icon, words: String| Line { tone: Tone::Plain, icon, point: "", words };
        let goods = &dossier.story.goods;
        let (name, most) = (by_whom(goods), dossier.order.maximum_cents);
        let mut lines = Vec::new();
        if dossier.has_weighed() && goods.came_to.is_none() {
            let words = format!("You pay for the real weight, {most} at most. The receipt shows it.");
            lines.push(line("scale", words));
        }
        lines.push(match Reading::of(&dossier.story) {
            Reading::Confirmed | Reading::Picking => {
                line("map-pin", format!("{} when your rider sets out.", self.shown()))
            }
            Reading::Packed | Reading::AnotherRider => {
                line("bike", format!("We find a rider for it. {} when they set out.", self.shown()))
            }
            Reading::RiderAssigned => line("bike", format!("{name} takes it along. {} when.", self.shown())),
            Reading::OnTheWay => line("house", format!("{name} rings at your door.")),
            Reading::NotDelivered => {
                let words = format!("Choose another time and we come again, or ring {}.", self.phone);
                line("clock", words)
            }
            Reading::Delivered => return Vec::new(),
        });
        if dossier.order.minimum_age > 0 {
            let words = format!("Somebody aged {} or over shows an ID.", dossier.order.minimum_age);
            lines.push(line("user", words));
        }
        lines
    }

    /// What may be done about a delay.
    pub fn choices(&self, dossier: &Dossier) -> Vec<String> {
        let mut choices = vec![self.keep(dossier)];
        if dossier.can_be_moved() {
            let words = "Choose another time, on its page.";
            choices.push(words.to_owned());
        }
        choices.push(self.cancelled_elsewhere(dossier));
        choices
    }

    /// The first of the choices: to do nothing.
    pub(crate) fn keep(&self, dossier: &Dossier) -> String {
        let then = if dossier.order.state == OrderState::Placed {
            "We begin as soon as your payment has come through."
        } else if dossier.story.goods.stage() == Stage::NotDelivered {
            "Tell your rider how to find you."
        } else {
            "There is nothing to do."
        };
        format!("Keep it: {}. {then}", self.promised(dossier))
    }

    /// What became of a line, where that is not simply what was ordered.
    pub fn picked(&self, dossier: &Dossier, position: i32) -> Option<String> {
        let line = dossier.story.goods.lines.iter().find(|l| l.position == position)?;
        let ordered = dossier.lines.iter().find(|l| l.position == position)?;
        let sum = line.sum;
        if let Some(instead) = &line.instead {
            return Some(format!("Instead: {} × {instead}, {sum}", line.units));
        }
        let own = match (line.units, line.grams) {
            (0, _) => Some("Left out: there was none. You pay nothing for it.".to_owned()),
            (n, Some(grams)) if n < ordered.quantity && line.rest.is_some() => {
                Some(format!("{n} of {} were there, {grams} g, {sum}", ordered.quantity))
            }
            (_, Some(grams)) => Some(format!("Weighed {grams} g, {sum}")),
            (n, None) if n < ordered.quantity => {
                Some(format!("{n} of {} were there, {sum}", ordered.quantity))
            }
            (_, None) => None,
        };
        match &line.rest {
            Some(rest) => {
                let StandIn { name, units, sum, .. } = rest;
                Some(format!("{}. Instead of the rest: {units} × {name}, {sum}", own.unwrap_or_default()))
            }
            None => own,
        }
    }
}

fn title(reading: Reading, goods: &Goods, is_late: bool) -> String {
    let name = by_whom(goods);
    let words = match reading {
        Reading::Confirmed => "Order confirmed. We come".to_owned(),
        Reading::Picking => "We are picking your order. We come".to_owned(),
        Reading::Packed => "Your order is packed. We come".to_owned(),
        Reading::AnotherRider => "We are finding another rider. We come".to_owned(),
        Reading::RiderAssigned => format!("{name} brings your order"),
        Reading::OnTheWay => "On the way, with you".to_owned(),
        Reading::NotDelivered => "Not delivered yet".to_owned(),
        Reading::Delivered => return "Delivered".to_owned(),
    };
    let words = if is_late { format!("Running late. {words}") } else { words };
    match goods.last_try().map(|t| t.attempt).filter(|n| *n > 1) {
        Some(n) => format!("{}. {words}", ordinal(n)),
        None => words,
    }
}

fn ordinal(attempt: i32) -> String {
    match attempt {
        2 => "Second attempt".to_owned(),
        3 => "Third attempt".to_owned(),
        n => format!("Attempt {n}"),
    }
}
