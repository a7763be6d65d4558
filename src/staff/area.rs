//! Roles, areas, and which role opens which.

use crate::db::db_enum;

db_enum! {
    /// What somebody does here. One person has one.
    pub enum Role {
        Admin = "admin",
        Support = "support",
        Warehouse = "warehouse",
        Dispatch = "dispatch",
        Rider = "rider",
        Manager = "manager",
    }
}

/// A part of the staff's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Area {
    /// Who works here, and what they may open.
    People,
    /// Picking, packing, handing over.
    Warehouse,
    /// Counting and receiving goods.
    Stock,
    /// The board: windows, drops, riders.
    Dispatch,
    /// A rider's own run.
    Rider,
    Support,
    Insights,
}

impl Area {
    pub const ALL: [Self; 7] = [
        Self::Support,
        Self::Dispatch,
        Self::Warehouse,
        Self::Stock,
        Self::Rider,
        Self::Insights,
        Self::People,
    ];

    /// Who opens what, in one place. An admin opens everything beside.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::People => &[],
            Self::Warehouse | Self::Stock => &[Role::Warehouse, Role::Manager],
            Self::Dispatch => &[Role::Dispatch, Role::Manager],
            // A manager looks at runs on the board; a run is its rider's.
            Self::Rider => &[Role::Rider],
            Self::Support => &[Role::Support, Role::Manager],
            Self::Insights => &[Role::Manager],
        }
    }

    pub fn is_open_to(self, role: Role) -> bool {
        role == Role::Admin || self.roles().contains(&role)
    }

    /// Where its first page lies; nowhere until it is built.
    pub const fn page(self) -> Option<&'static str> {
        match self {
            Self::People => Some("/staff/people"),
            Self::Warehouse => Some("/warehouse"),
            Self::Stock => Some("/warehouse/stock"),
            Self::Dispatch => Some("/dispatch"),
            Self::Rider => Some("/rider"),
            Self::Support => Some("/support"),
            Self::Insights => None,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::People => "People",
            Self::Warehouse => "Picking",
            Self::Stock => "Stock",
            Self::Dispatch => "Dispatch",
            Self::Rider => "My run",
            Self::Support => "Support",
            Self::Insights => "Insights",
        }
    }

    /// Its line icon.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::People => "users",
            Self::Warehouse => "warehouse",
            Self::Stock => "boxes",
            Self::Dispatch => "route",
            Self::Rider => "bike",
            Self::Support => "headset",
            Self::Insights => "chart-line",
        }
    }

    /// `Dispatchers, managers and admins can open this.`
    pub fn who_can(self) -> String {
        let mut names: Vec<&str> = self.roles().iter().map(|role| role.plural()).collect();
        names.push(Role::Admin.plural());
        let (last, first) = names.split_last().unwrap_or((&"Admins", &[]));
        let list =
            if first.is_empty() { (*last).to_owned() } else { format!("{} and {last}", first.join(", ")) };
        format!("Only {list} can open this.")
    }
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Support => "Support",
            Self::Warehouse => "Warehouse",
            Self::Dispatch => "Dispatch",
            Self::Rider => "Rider",
            Self::Manager => "Manager",
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::Admin => "admins",
            Self::Support => "support agents",
            Self::Warehouse => "pickers",
            Self::Dispatch => "dispatchers",
            Self::Rider => "riders",
            Self::Manager => "managers",
        }
    }

    /// What one reads who is to choose among them.
    pub const fn opens(self) -> &'static str {
        match self {
            Self::Admin => "everything, and who works here",
            Self::Support => "customers, their orders and their talks",
            Self::Warehouse => "picking, packing and stock",
            Self::Dispatch => "the board of windows, drops and riders",
            Self::Rider => "their own run",
            Self::Manager => "support, dispatch, picking, stock and insights",
        }
    }

    /// Where somebody's day begins.
    pub const fn home(self) -> Area {
        match self {
            Self::Admin => Area::People,
            Self::Support | Self::Manager => Area::Support,
            Self::Warehouse => Area::Warehouse,
            Self::Dispatch => Area::Dispatch,
            Self::Rider => Area::Rider,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_opens_all_and_everybody_their_own_day() {
        for role in Role::ALL {
            assert!(role.home().is_open_to(*role), "{role}");
        }
        assert!(Area::ALL.iter().all(|area| area.is_open_to(Role::Admin)));
        let opened = |role| Area::ALL.iter().filter(|area| area.is_open_to(role)).count();
        assert_eq!([Role::Rider, Role::Dispatch, Role::Support].map(opened), [1, 1, 1]);
    }

    #[test]
    fn a_refusal_names_who_can() {
        assert_eq!(Area::People.who_can(), "Only admins can open this.");
        assert_eq!(Area::Dispatch.who_can(), "Only dispatchers, managers and admins can open this.");
    }
}
