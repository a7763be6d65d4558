//! Lists that go on by key, never by offset: what follows begins behind the last row that was shown.

use chrono::{DateTime, Utc};
use std::fmt::Display;
use uuid::Uuid;

/// How many rows are asked for: a page's, and one more, which tells whether there is another page.
pub fn with_one_more(page: usize) -> i64 {
    i64::try_from(page + 1).unwrap_or(i64::MAX)
}

/// Leaves a page's rows. Says what the last of them is called, where the list goes on behind it.
pub fn cut<T, K>(rows: &mut Vec<T>, page: usize, key: impl FnOnce(&T) -> K) -> Option<K> {
    let goes_on = rows.len() > page;
    rows.truncate(page);
    rows.last().filter(|_| goes_on).map(key)
}

/// What a row of a list by time is called in an address: microseconds, a dot and its key.
pub fn place(at: DateTime<Utc>, id: impl Display) -> String {
    format!("{}.{id}", at.timestamp_micros())
}

/// Reads that. What is no such name begins at the beginning.
pub fn behind<K: From<Uuid>>(after: &str) -> Option<(DateTime<Utc>, K)> {
    let (at, id) = after.split_once('.')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, K::from(id.parse::<Uuid>().ok()?)))
}

/// The same as two fields of an address, `at` and one with a name of its own.
pub fn query(at: DateTime<Utc>, name: &str, id: impl Display) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("at", &at.to_rfc3339())
        .append_pair(name, &id.to_string())
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_behind_the_last_row_that_is_shown_and_ends_with_the_last_there_is() {
        let page = |n: i32| {
            let mut rows: Vec<i32> = (1..=n).collect();
            let next = cut(&mut rows, 3, |row| *row);
            (rows.len(), next)
        };
        assert_eq!(with_one_more(3), 4);
        assert_eq!([page(0), page(3), page(4)], [(0, None), (3, None), (3, Some(3))]);
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_anything_else_is_none() {
        let (at, id) = (DateTime::from_timestamp_micros(1_763_800_000_123_456).expect("a time"), Uuid::nil());
        assert_eq!(behind::<Uuid>(&place(at, id)), Some((at, id)));
        for strange in ["", ".", "1763800000123456", "x.y", "99999999999999999999.0", "1.2"] {
            assert_eq!(behind::<Uuid>(strange), None, "{strange}");
        }
    }
}
