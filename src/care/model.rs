use crate::db::db_enum;
use crate::db::schema::cases;
use crate::ids::{CaseId, OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

db_enum! {
    /// What is not right.
    pub enum Problem {
        Missing = "missing",
        Wrong = "wrong",
        Damaged = "damaged",
        Late = "late",
        Other = "other",
    }
}

impl Problem {
    /// As customers and staff read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing => "Something is missing",
            Self::Wrong => "Something else came",
            Self::Damaged => "Something is damaged",
            Self::Late => "It is late",
            Self::Other => "Something else",
        }
    }
}

db_enum! {
    /// How far a case is.
    pub enum CaseState {
        /// Nobody has it yet.
        Open = "open",
        Taken = "taken",
        Answered = "answered",
        Closed = "closed",
    }
}

impl CaseState {
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Open, Self::Taken | Self::Answered | Self::Closed)
            // A colleague takes it over, or says more.
            | (Self::Taken, Self::Taken | Self::Answered | Self::Closed)
            | (Self::Answered, Self::Taken | Self::Answered | Self::Closed) => true,
            (Self::Open | Self::Closed, Self::Open | Self::Taken | Self::Answered | Self::Closed)
            | (Self::Taken | Self::Answered, Self::Open) => false,
        }
    }
}

/// A customer's word about an order, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = cases, treat_none_as_default_value = false)]
pub struct Case {
    pub id: CaseId,
    pub order_id: OrderId,
    pub kind: Problem,
    pub words: String,
    /// The lines it is about: positions.
    pub positions: Value,
    pub state: CaseState,
    pub staff_id: Option<StaffId>,
    /// Empty until there is one.
    pub answer: String,
    pub opened_at: DateTime<Utc>,
    pub taken_at: Option<DateTime<Utc>>,
    pub answered_at: Option<DateTime<Utc>>,
    pub closed_at: Option<DateTime<Utc>>,
    /// Another one after each change: nobody writes over what they have not seen.
    pub version: i32,
}

impl Case {
    pub fn is_about(&self, position: i32) -> bool {
        self.positions.as_array().is_some_and(|all| all.iter().any(|p| p.as_i64() == Some(position.into())))
    }
}

/// What a customer reports. Its id came with the form: the same form twice is one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub id: CaseId,
    pub order: OrderId,
    pub kind: Problem,
    pub words: String,
    pub positions: Vec<i32>,
}

#[cfg(test)]
mod tests {
    use super::CaseState;

    #[test]
    fn a_closed_case_stays_closed_and_none_becomes_new_again() {
        for state in CaseState::ALL {
            assert!(!CaseState::Closed.may_become(*state));
            assert!(!state.may_become(CaseState::Open));
        }
        assert!(CaseState::Open.may_become(CaseState::Closed));
    }
}
