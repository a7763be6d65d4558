//! The sessions that are running, in memory and bounded.

use super::who::Walker;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// So long without a step ends a session.
const IDLE: Duration = Duration::minutes(30);
/// Of that many visitors it is known, some 250 bytes each.
const MOST: usize = 16_000;

struct Session {
    id: String,
    last_seen: DateTime<Utc>,
    /// As JSON, which takes less room. Unknown of a session that began at another instance.
    touch: Option<Box<str>>,
}

/// Kept in two halves. Whoever takes a step is put among the young. When these are half of
/// all, or half an hour has gone by, they become the old ones, and the old ones, who were not
/// seen since, are forgotten. So nothing has to be searched for what has ended.
pub(super) struct Sessions {
    young: HashMap<String, Session>,
    old: HashMap<String, Session>,
    turned: DateTime<Utc>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), turned: DateTime::UNIX_EPOCH }
    }

    /// The session in which somebody takes a step now, unless it would be the first of a new one.
    pub(super) fn running(&mut self, walker: &Walker, now: DateTime<Utc>) -> Option<String> {
        let known = self.young.get_mut(&walker.visitor);
        // A cookie lives as long as its session: one that is not from here is from another instance.
        if let Some(elsewhere) = &walker.session
            && known.as_ref().is_none_or(|session| session.id != *elsewhere)
            && self.old.get(&walker.visitor).is_none_or(|session| session.id != *elsewhere)
        {
            self.keep(walker, elsewhere.clone(), None, now);
            return Some(elsewhere.clone());
        }
        if let Some(session) = known.filter(|session| session.runs_at(now)) {
            session.last_seen = now;
            return Some(session.id.clone());
        }
        let session = self.old.remove(&walker.visitor).filter(|session| session.runs_at(now))?;
        let id = session.id.clone();
        self.keep(walker, session.id, session.touch, now);
        Some(id)
    }

    /// A number for a session about to begin, and its first touch.
    pub(super) fn next(&self, walker: &Walker, now: DateTime<Utc>) -> (String, Value) {
        let left = walker.until_now.as_ref().and_then(|v| self.young.get(v).or_else(|| self.old.get(v)));
        let touch = left
            .filter(|session| session.runs_at(now))
            .and_then(|session| serde_json::from_str(session.touch.as_deref()?).ok());
        (Uuid::new_v4().to_string(), touch.unwrap_or_else(|| walker.arrival.touch()))
    }

    pub(super) fn begin(&mut self, walker: &Walker, id: String, touch: &Value, now: DateTime<Utc>) {
        self.keep(walker, id, Some(touch.to_string().into()), now);
    }

    fn keep(&mut self, walker: &Walker, id: String, touch: Option<Box<str>>, now: DateTime<Utc>) {
        if self.young.len() >= MOST / 2 || now - self.turned >= IDLE {
            self.old = std::mem::take(&mut self.young);
            self.turned = now;
        }
        self.old.remove(&walker.visitor);
        self.young.insert(walker.visitor.clone(), Session { id, last_seen: now, touch });
    }
}

impl Session {
    fn runs_at(&self, now: DateTime<Utc>) -> bool {
        now - self.last_seen < IDLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journeys::arrival::Arrival;
    use actix_web::test::TestRequest;

    fn walker(visitor: &str, session: Option<&str>) -> Walker {
        let request = TestRequest::with_uri("/help").to_http_request();
        Walker {
            visitor: visitor.into(),
            session: session.map(Into::into),
            until_now: None,
            arrival: Arrival::of(&request),
        }
    }

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(20_000) + Duration::minutes(minute)
    }

    fn step(sessions: &mut Sessions, walker: &Walker, minute: i64) -> String {
        sessions.running(walker, at(minute)).unwrap_or_else(|| {
            let (id, touch) = sessions.next(walker, at(minute));
            sessions.begin(walker, id.clone(), &touch, at(minute));
            id
        })
    }

    #[test]
    fn half_an_hour_without_a_step_ends_a_session_and_others_steps_do_not() {
        let (mut sessions, ann, bob) = (Sessions::new(), walker("ann", None), walker("bob", None));
        let first = step(&mut sessions, &ann, 0);
        for minute in (29..600).step_by(29) {
            step(&mut sessions, &bob, minute - 15);
            assert_eq!(step(&mut sessions, &ann, minute), first, "minute {minute}");
        }
        let last = 29 * 20;
        assert_ne!(step(&mut sessions, &ann, last + 30), first);
        assert_ne!(step(&mut sessions, &bob, 0), first);
    }

    #[test]
    fn a_cookie_of_another_instance_goes_on_and_one_that_ended_here_does_not() {
        let (mut sessions, ann) = (Sessions::new(), walker("ann", Some("elsewhere-1")));
        assert_eq!(sessions.running(&ann, at(0)), Some("elsewhere-1".into()));
        assert_eq!(sessions.running(&walker("ann", None), at(29)), Some("elsewhere-1".into()));
        assert_eq!(sessions.running(&ann, at(59)), None);
        assert_eq!(sessions.running(&walker("ann", Some("elsewhere-2")), at(60)), Some("elsewhere-2".into()));
        assert_eq!(sessions.running(&walker("ann", None), at(61)), Some("elsewhere-2".into()));
    }

    #[test]
    fn a_yes_takes_the_first_touch_along() {
        let mut sessions = Sessions::new();
        let mut ann = walker("ann", None);
        ann.arrival = Arrival::of(&TestRequest::with_uri("/?utm_source=letter").to_http_request());
        let first = step(&mut sessions, &ann, 0);
        let known = Walker { until_now: Some("ann".into()), ..walker("known", None) };
        let (id, touch) = sessions.next(&known, at(5));
        assert_ne!(id, first);
        assert_eq!(touch, serde_json::json!({"page": "/", "utm_source": "letter"}));
        let (_, touch) = sessions.next(&known, at(30));
        assert_eq!(touch, serde_json::json!({"page": "/help"}));
    }

    #[test]
    fn however_many_come_no_more_are_kept_than_there_is_room_for() {
        let mut sessions = Sessions::new();
        let ann = walker("ann", None);
        let first = step(&mut sessions, &ann, 0);
        for n in 0..120_000 {
            step(&mut sessions, &walker(&n.to_string(), None), 0);
            if n % (MOST / 4) == 0 {
                assert_eq!(step(&mut sessions, &ann, 0), first, "after {n}");
            }
        }
        assert!(sessions.young.len() + sessions.old.len() <= MOST);
    }
}
