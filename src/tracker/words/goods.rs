//! Where an order's goods are, as everybody reads it: page, list, JSON and letters.

use super::{Answer, Dossier, Line, Tone, Voice};
use crate::clock;
use crate::delivery::Proof;
use crate::lifecycle::{Delay, Goods, Stage, StandIn, Status, Story, Told};
use crate::orders::OrderState;
use crate::tracker::dossier::Run;
use chrono::{DateTime, Utc};

/// Where a confirmed order is, in the words of its customer. Finer than the four steps, and of one
/// try to deliver it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Confirmed,
    Picking,
    Packed,
    /// The one who was to bring it cannot.
    AnotherRider,
    RiderAssigned,
    OnTheWay,
    NotDelivered,
    Delivered,
}

impl Reading {
    fn of(story: &Story) -> Self {
        let goods = &story.goods;
        if story.status == Status::Completed {
            return Self::Delivered;
        }
        let had_a_rider = goods.last_try().is_some_and(|t| t.first_assigned_at.is_some());
        match goods.stage() {
            Stage::Waiting => Self::Confirmed,
            Stage::Picking => Self::Picking,
            Stage::Packed if had_a_rider => Self::AnotherRider,
            Stage::Packed => Self::Packed,
            Stage::RiderAssigned => Self::RiderAssigned,
            Stage::OnTheWay => Self::OnTheWay,
            Stage::NotDelivered => Self::NotDelivered,
            Stage::Delivered => Self::Delivered,
        }
    }

    /// Which of the four steps that is.
    const fn step(self) -> usize {
        match self {
            Self::Confirmed | Self::Picking | Self::Packed => 0,
            Self::AnotherRider | Self::RiderAssigned => 1,
            Self::OnTheWay => 2,
            Self::NotDelivered | Self::Delivered => 3,
        }
    }

    const fn badge(self) -> (Tone, &'static str, &'static str) {
        match self {
            Self::Confirmed => (Tone::Good, "circle-check", "Confirmed"),
            Self::Picking => (Tone::Good, "shopping-basket", "Being picked"),
            Self::Packed => (Tone::Good, "shopping-basket", "Packed"),
            Self::AnotherRider => (Tone::Info, "bike", "Finding another rider"),
            Self::RiderAssigned => (Tone::Good, "bike", "Rider assigned"),
            Self::OnTheWay => (Tone::Good, "bike", "On the way"),
            Self::NotDelivered => (Tone::Warn, "triangle-alert", "Not delivered yet"),
            Self::Delivered => (Tone::Plain, "check", "Delivered"),
        }
    }

    /// For programs.
    const fn code(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Picking => "picking",
            Self::Packed => "packed",
            Self::AnotherRider => "finding_rider",
            Self::RiderAssigned => "rider_assigned",
            Self::OnTheWay => "on_the_way",
            Self::NotDelivered => "not_delivered",
            Self::Delivered => "delivered",
        }
    }
}

/// One of the four steps of an order's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: &'static str,
    pub icon: &'static str,
    pub at: Option<DateTime<Utc>>,
    /// `done`, `now`, `failed` or nothing yet.
    pub class: &'static str,
    /// What is happening inside, of the step it stands at.
    pub inside: String,
    pub is_now: bool,
}

/// How far the rider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HowFar {
    pub stop: usize,
    pub of: usize,
    /// `Stop 2 of 4.`
    pub point: String,
    pub words: String,
    /// What the picture shows, for those who do not see it.
    pub picture: String,
    /// From the door, in a straight line, when they were last seen.
    pub metres: Option<i64>,
    pub seen_at: Option<DateTime<Utc>>,
}

/// The state in a word or three, for lists.
pub fn badge(story: &Story) -> Line {
    let (tone, icon, words) = match &story.status {
        Status::Checking => (Tone::Info, "clock", "Checking your payment"),
        Status::ToApprove { .. } => (Tone::Warn, "triangle-alert", "Waits for your approval"),
        Status::NotPaid { .. } => (Tone::Bad, "circle-alert", "Not paid yet"),
        Status::Confirmed | Status::Completed => Reading::of(story).badge(),
        Status::Cancelled(_) => (Tone::Plain, "circle-x", "Cancelled"),
    };
    Line { tone, icon, point: "", words: words.to_owned() }
}

/// The state for programs, one word.
pub(crate) fn code(story: &Story) -> &'static str {
    match &story.status {
        Status::Checking => "checking",
        Status::ToApprove { .. } => "to_approve",
        Status::NotPaid { .. } => "not_paid",
        Status::Confirmed | Status::Completed => Reading::of(story).code(),
        Status::Cancelled(_) => "cancelled",
    }
}

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

    /// The four steps with their times, from when it is certain that it will be brought.
    pub fn steps(&self, dossier: &Dossier) -> Vec<Step> {
        let story = &dossier.story;
        let reading = match story.status {
            Status::Confirmed | Status::Completed => Reading::of(story),
            Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } | Status::Cancelled(_) => {
                return Vec::new();
            }
        };
        let last = story.goods.last_try();
        let failed = last.and_then(|t| t.failed).map(|(_, at)| at);
        let end = if reading == Reading::NotDelivered {
            ("Not delivered", "x", failed)
        } else {
            ("Delivered", "house", self.delivered_at(story))
        };
        let all = [
            ("Order placed", "check", story.placed_at),
            ("Rider assigned", "bike", last.and_then(|t| t.first_assigned_at)),
            ("On the way", "bike", last.and_then(|t| t.left_at)),
            end,
        ];
        let here = reading.step();
        let step = |(i, (name, icon, at)): (usize, (&'static str, &'static str, Option<DateTime<Utc>>))| {
            let class = class_of(i, here, reading);
            Step {
                name,
                icon: if class == "done" { "check" } else { icon },
                at,
                class,
                inside: if i == here { self.inside(dossier, reading) } else { String::new() },
                is_now: i == here,
            }
        };
        all.into_iter().enumerate().map(step).collect()
    }

    /// What happens inside the step it stands at.
    fn inside(&self, dossier: &Dossier, reading: Reading) -> String {
        let goods = &dossier.story.goods;
        match reading {
            Reading::Confirmed => "waits to be picked".to_owned(),
            Reading::Picking => format!("being picked, {} of {}", goods.lines.len(), dossier.lines.len()),
            Reading::Packed => "packed".to_owned(),
            Reading::AnotherRider => "finding another rider".to_owned(),
            Reading::RiderAssigned => goods.last_try().and_then(|t| t.by.clone()).unwrap_or_default(),
            Reading::OnTheWay => {
                let there = goods.last_try().and_then(|t| t.arrived_at);
                there.map(|at| format!("at the door since {}", self.time(at))).unwrap_or_default()
            }
            Reading::NotDelivered | Reading::Delivered => String::new(),
        }
    }

    /// `Second attempt`, from the second one on.
    pub fn attempt(&self, goods: &Goods) -> Option<String> {
        let number = goods.last_try().map_or(1, |t| t.attempt);
        (number > 1).then(|| ordinal(number))
    }

    /// How far the rider is, while there is one.
    pub fn how_far(&self, dossier: &Dossier) -> Option<HowFar> {
        dossier.run.map(|run| self.far(run, by_whom(&dossier.story.goods)))
    }

    /// The same of a run alone: what an open page hears while the rider moves.
    pub fn far(&self, run: Run, name: &str) -> HowFar {
        let before = match run.stop.saturating_sub(1) {
            0 => format!("{name} comes to you next."),
            1 => "1 stop before you.".to_owned(),
            n => format!("{n} stops before you."),
        };
        let seen = run.seen_at.map(|at| {
            let away = run.metres.map_or_else(String::new, |m| format!("{} away, ", distance(m)));
            format!(" {name} was {away}last seen {}.", self.ago(at))
        });
        HowFar {
            stop: run.stop,
            of: run.of,
            point: format!("Stop {} of {}.", run.stop, run.of),
            picture: match run.stop.saturating_sub(1) {
                0 => "You are the next stop".to_owned(),
                1 => "1 stop before yours".to_owned(),
                n => format!("{n} stops before yours"),
            },
            words: format!("{before}{}", seen.unwrap_or_default()),
            metres: run.metres,
            seen_at: run.seen_at,
        }
    }

    fn ago(&self, at: DateTime<Utc>) -> String {
        match (self.now - at).num_minutes() {
            ..=0 => "just now".to_owned(),
            1 => "a minute ago".to_owned(),
            n @ 2..60 => format!("{n} minutes ago"),
            _ => self.at(at),
        }
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
                line("map-pin", "You see here when your rider sets out.".to_owned())
            }
            Reading::Packed | Reading::AnotherRider => {
                line("bike", "We find a rider for it. You see here when they set out.".to_owned())
            }
            Reading::RiderAssigned => line("bike", format!("{name} takes it along. You see here when.")),
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

/// `some 350 m`, `some 1.2 km`
fn distance(metres: i64) -> String {
    if metres < 950 {
        return format!("some {} m", (metres / 50).max(1) * 50);
    }
    let tenths = (metres + 50) / 100;
    format!("some {}.{} km", tenths / 10, tenths % 10)
}

fn class_of(step: usize, here: usize, reading: Reading) -> &'static str {
    // An order is placed once and for all; what goes on inside is said beneath.
    let is_done = step < here || step == 0 || reading == Reading::Delivered;
    match (is_done, step == here) {
        (true, _) => "done",
        (false, true) if reading == Reading::NotDelivered => "failed",
        (false, true) => "now",
        (false, false) => "",
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
