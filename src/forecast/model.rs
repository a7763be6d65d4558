use crate::config::Forecast as Pace;
use crate::promises::Cause;
use chrono::{DateTime, Duration, Utc};

/// What is known of one open order, at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub now: DateTime<Utc>,
    /// The window its customer has chosen last, or was given because we were closed.
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    /// Nobody goes there before.
    pub closed_until: Option<DateTime<Utc>>,
    /// What ended the try before this one.
    pub setback: Option<Cause>,
    /// From the warehouse to its door, without a stop.
    pub way: Duration,
    pub stage: Stage,
}

/// How far it is, and what there is to know about that.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Its payment is not known yet.
    Unpaid {
        since: DateTime<Utc>,
        picking: Picking,
    },
    Unpacked(Picking),
    /// Packed since, and nobody brings it; whether somebody on shift could.
    Packed {
        since: DateTime<Utc>,
        has_riders: bool,
    },
    Riding(Riding),
    /// The last try ended because nobody found the door.
    NotFound {
        since: DateTime<Utc>,
    },
    /// Somebody has to decide first.
    Undecided,
}

/// What is still to be picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picking {
    /// Work of all pickers together before this one is begun, and their number.
    pub ahead: Duration,
    pub pickers: i32,
    /// Lines of its own still to be picked.
    pub lines: i32,
    /// Of these, whose shelf was found empty and not filled since.
    pub short: i32,
    /// Whether the customer is asked before anything stands in.
    pub asks: bool,
    /// When its picker last did something, where it has one.
    pub touched_at: Option<DateTime<Utc>>,
}

/// Who brings it, and how far they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Riding {
    /// When they are there by their run as it stands: stops before this one, ways, doors.
    pub reached: DateTime<Utc>,
    /// Whether they are under way, to this door or to one before it; and whether to this one.
    pub is_away: bool,
    pub has_left: bool,
    pub is_there: bool,
    /// When anything was last heard of them since they have it, or are under way.
    pub heard_at: DateTime<Utc>,
    /// Since when they have not moved, under way and at nobody's door.
    pub stands_since: Option<DateTime<Utc>>,
}

/// When it is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    pub expected: DateTime<Utc>,
    /// "About 18:20–18:40".
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// What makes it late, where it passes the window.
    pub cause: Option<Cause>,
}

/// A stretch of time still to come, and what it is due to where it is longer than planned.
#[derive(Debug, Clone, Copy)]
struct Part {
    cause: Option<Cause>,
    lasts: Duration,
    /// Trouble that somebody can see: it is to blame before whatever only takes its time.
    is_trouble: bool,
}

/// Somebody at the door needs so long.
const AT_THE_DOOR: Duration = Duration::minutes(2);
/// Pieces of a clock that people read.
const ROUND_TO: i64 = 300;

/// When an order is expected and what makes it late, from what is known and from how long things
/// usually take. Nothing where somebody has to decide first.
pub fn foresee(facts: &Facts, pace: &Pace) -> Option<Outlook> {
    let parts = parts(facts, pace)?;
    let by_work = parts.iter().fold(facts.now, |at, part| at + part.lasts);
    let middle = facts.starts + (facts.ends - facts.starts) / 2;
    let open = facts.closed_until.filter(|until| *until > by_work);
    let expected = match facts.stage {
        Stage::Riding(_) | Stage::NotFound { .. } => by_work,
        // Who has no rider yet may be the first or the last of the window.
        Stage::Unpaid { .. } | Stage::Unpacked(_) | Stage::Packed { .. } | Stage::Undecided => {
            by_work.max(middle)
        }
    };
    let expected = open.map_or(expected, |until| expected.max(until));
    let (from, to) = if expected == middle {
        (facts.starts, facts.ends)
    } else {
        let half = spread(facts, expected);
        (rounded(expected - half), rounded(expected + half + Duration::seconds(ROUND_TO - 1)))
    };
    let blamed = if open.is_some() { Some(Cause::Closure) } else { blame(&parts) };
    Some(Outlook { expected, from, to, cause: blamed.filter(|_| expected > facts.ends) })
}

fn parts(facts: &Facts, pace: &Pace) -> Option<Vec<Part>> {
    let now = facts.now;
    let way = [plain(minutes(pace.loading_minutes)), plain(facts.way)];
    Some(match facts.stage {
        Stage::Unpaid { since, picking } => {
            let wait = trouble(Cause::PaymentWaiting, hangs(now, since, pace.payment_minutes));
            [wait].into_iter().chain(picked(now, picking, pace)).chain(way).collect()
        }
        Stage::Unpacked(picking) => picked(now, picking, pace).into_iter().chain(way).collect(),
        Stage::Packed { since, has_riders } => {
            [waiting(facts, since, has_riders, pace)].into_iter().chain(way).collect()
        }
        Stage::Riding(riding) => ridden(facts, riding, pace),
        Stage::NotFound { since } => {
            vec![trouble(Cause::WrongAddress, hangs(now, since, pace.again_minutes))]
        }
        Stage::Undecided => return None,
    })
}

/// What is to be picked before it, and of it.
fn picked(now: DateTime<Utc>, of: Picking, pace: &Pace) -> Vec<Part> {
    let own = pace.picking(of.lines);
    // A picker who has not moved for long will not soon.
    let silence = of.touched_at.map_or(Duration::zero(), |at| now - at);
    let stuck = if silence >= minutes(pace.silent_minutes) { silence } else { Duration::zero() };
    let queue = of.ahead / of.pickers.max(1) + own + stuck;
    let a_short_one = minutes(pace.short_minutes) * if of.asks { 2 } else { 1 };
    vec![due_to(Cause::QueueTooLong, queue), due_to(Cause::StockShort, a_short_one * of.short)]
}

/// Until somebody takes it.
fn waiting(facts: &Facts, since: DateTime<Utc>, has_riders: bool, pace: &Pace) -> Part {
    let patience = minutes(pace.rider_minutes);
    let is_soon = has_riders && facts.now - since < patience;
    match facts.setback {
        Some(cause) if is_soon => trouble(cause, Duration::zero()),
        Some(cause) => trouble(cause, hangs(facts.now, since, pace.rider_minutes)),
        // Somebody is about to take it: if it is late, then because it was packed late.
        None if is_soon => due_to(Cause::QueueTooLong, Duration::zero()),
        None => trouble(Cause::NoRider, hangs(facts.now, since, pace.rider_minutes)),
    }
}

/// The stops before it and the way, and what keeps its rider.
fn ridden(facts: &Facts, riding: Riding, pace: &Pace) -> Vec<Part> {
    if riding.is_there {
        return vec![due_to(Cause::QueueTooLong, AT_THE_DOOR)];
    }
    let run = due_to(Cause::QueueTooLong, (riding.reached - facts.now).max(AT_THE_DOOR));
    // Whoever still waits for the window to begin has nothing to tell.
    let tells_since = if riding.is_away { riding.heard_at } else { riding.heard_at.max(facts.starts) };
    let silence = facts.now - tells_since;
    let stood = riding.stands_since.map_or(Duration::zero(), |since| facts.now - since);
    let mut parts = vec![run];
    if silence >= minutes(pace.silent_minutes) {
        parts.push(trouble(Cause::RiderSilent, silence));
    } else if stood >= minutes(pace.stopped_minutes) {
        parts.push(trouble(Cause::RiderStopped, stood));
    } else if let Some(cause) = facts.setback.filter(|_| !riding.has_left) {
        parts.push(trouble(cause, Duration::zero()));
    }
    parts
}

/// What has lasted longer than usual lasts as long again.
fn hangs(now: DateTime<Utc>, since: DateTime<Utc>, usual: i64) -> Duration {
    (now - since).max(minutes(usual))
}

/// The trouble, where there is some; else what takes longest.
fn blame(parts: &[Part]) -> Option<Cause> {
    let blamable = parts.iter().filter(|part| part.cause.is_some());
    blamable.max_by_key(|part| (part.is_trouble, part.lasts)).and_then(|part| part.cause)
}

/// How far off it may well be, to each side.
fn spread(facts: &Facts, expected: DateTime<Utc>) -> Duration {
    let far = (expected - facts.now) / 4;
    let (least, most) = match facts.stage {
        Stage::Unpaid { .. } | Stage::Unpacked(_) | Stage::NotFound { .. } | Stage::Undecided => (15, 30),
        Stage::Packed { .. } => (10, 20),
        Stage::Riding(Riding { has_left: false, .. }) => (10, 20),
        Stage::Riding(_) => (3, 10),
    };
    far.clamp(minutes(least), minutes(most))
}

fn rounded(at: DateTime<Utc>) -> DateTime<Utc> {
    at - Duration::seconds(at.timestamp().rem_euclid(ROUND_TO))
        - Duration::nanoseconds(i64::from(at.timestamp_subsec_nanos()))
}

const fn minutes(n: i64) -> Duration {
    Duration::minutes(n)
}

const fn plain(lasts: Duration) -> Part {
    Part { cause: None, lasts, is_trouble: false }
}

const fn due_to(cause: Cause, lasts: Duration) -> Part {
    Part { cause: Some(cause), lasts, is_trouble: false }
}

const fn trouble(cause: Cause, lasts: Duration) -> Part {
    Part { cause: Some(cause), lasts, is_trouble: true }
}

#[cfg(test)]
mod tests;
