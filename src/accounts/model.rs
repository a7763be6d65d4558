use crate::db::schema::{customers, sign_ups};
use crate::ids::CustomerId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use lettre::Address;
use uuid::Uuid;

/// From the last visit on.
pub(super) const SESSION: Duration = Duration::days(30);
/// A session's end is moved on at most this often, so that looking at pages writes little.
pub(super) const SEEN_EVERY: Duration = Duration::hours(1);
pub(super) const RESET: Duration = Duration::hours(1);
pub(super) const SIGN_UP: Duration = Duration::hours(24);

const LEAST_PASSWORD: usize = 8;
const MOST_PASSWORD: usize = 200;

/// What is known of somebody beside their mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = customers, treat_none_as_null = true)]
pub struct Details {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Street and number.
    pub line: Option<String>,
    pub town: Option<String>,
    pub eircode: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
pub struct Customer {
    pub id: CustomerId,
    pub email: String,
    #[diesel(embed)]
    pub details: Details,
}

/// Whoever can be written to: the form of a sign-up or an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// As [`email`] gives it.
    pub email: String,
    pub details: Details,
}

/// What a password is checked against.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = customers)]
pub struct Secret {
    pub id: CustomerId,
    pub password_hash: String,
}

/// A sign-up whose letter has not been opened.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sign_ups)]
pub struct Pending {
    pub email: String,
    pub password_hash: String,
    /// The browser that asked.
    pub device: Uuid,
    pub ends_at: DateTime<Utc>,
}

/// A mail address as we keep it, in small letters, or nothing where none can be meant.
///
/// Only plain letters: mail programs and databases disagree about which others are the same,
/// and one mailbox must not be two accounts.
pub fn email(text: &str) -> Option<String> {
    let email = text.trim().to_ascii_lowercase();
    let host = email.rsplit_once('@')?.1;
    let fits = email.is_ascii() && email.len() <= 254 && host.contains('.') && !host.starts_with('[');
    (fits && email.parse::<Address>().is_ok()).then_some(email)
}

/// What is wrong with a password to be, in words. Length alone: rules about signs make
/// passwords that are forgotten, not ones that hold.
pub fn password_problem(password: &str) -> Option<&'static str> {
    match password.chars().count() {
        0 => Some("Choose a password of 8 characters or more, for example three words."),
        n if n < LEAST_PASSWORD => {
            Some("This password is too short. Use 8 characters or more, for example three words.")
        }
        n if n > MOST_PASSWORD => Some("This password is too long. Use at most 200 characters."),
        _ => None,
    }
}

/// A password as it was typed to prove something; what is longer than any of ours matches none
/// and costs nothing.
pub fn given_password(typed: &str) -> String {
    typed.chars().take(MOST_PASSWORD + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_kept_small_and_only_if_a_letter_could_go_there() {
        assert_eq!(
            email(" Nora.O'Neill+shop@Mail.Example.com "),
            Some("nora.o'neill+shop@mail.example.com".into())
        );
        for bad in [
            "",
            "nora",
            "@b.ie",
            "a@b",
            "a@@b.ie",
            "a b@c.ie",
            "a@.ie",
            "<a@b.ie>",
            "a@b.ie\r\nBcc: x@y.z",
            "nöra@b.ie",
            "a@[10.0.0.1]",
            "a@b.ie,c@d.ie",
        ] {
            assert_eq!(email(bad), None, "{bad}");
        }
        assert_eq!(email(&format!("{}@example.com", "a".repeat(300))), None);
    }

    #[test]
    fn a_password_is_judged_by_its_length_alone() {
        for good in ["12345678", "        ", "日本語日本語日本", &"x".repeat(200)] {
            assert_eq!(password_problem(good), None, "{good}");
        }
        for bad in ["", "1234567", "éééé", &"x".repeat(201)] {
            assert!(password_problem(bad).is_some(), "{bad}");
        }
    }
}
