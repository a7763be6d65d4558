//! One row's cells, read and checked. Mistakes are gathered, so that a person sees
//! everything that is wrong with a row at once.

use crate::money::Money;
use crate::web::text::clean_line;
use csv::StringRecord;
use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

const PRICES: RangeInclusive<i64> = 1..=10_000_000;

/// Where each column stands, by the names in which the reader asks for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    places: HashMap<&'static str, usize>,
    /// How the file itself calls them, for messages.
    titles: HashMap<&'static str, String>,
}

impl Columns {
    pub(super) fn set(&mut self, name: &'static str, place: usize, title: &str) {
        self.places.insert(name, place);
        self.titles.insert(name, title.to_owned());
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}

pub(super) struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    mistakes: Vec<String>,
}

impl<'a> Row<'a> {
    pub(super) const fn new(columns: &'a Columns, record: &'a StringRecord) -> Self {
        Self { columns, record, mistakes: Vec::new() }
    }

    /// Everything that is wrong, or nothing.
    pub(super) fn verdict(&self) -> Option<String> {
        (!self.mistakes.is_empty()).then(|| self.mistakes.join("; "))
    }

    /// The cell without the space around it; empty when there is none.
    pub(super) fn cell(&self, column: &str) -> &'a str {
        self.columns.places.get(column).and_then(|i| self.record.get(*i)).unwrap_or("").trim()
    }

    pub(super) fn mistake(&mut self, column: &str, why: impl Display) {
        let title = self.columns.titles.get(column).map_or(column, String::as_str);
        self.mistakes.push(format!("{title}: {why}"));
    }

    /// A mistake that shows what stands in the cell.
    pub(super) fn no_good(&mut self, column: &str, why: impl Display) {
        let cell = excerpt(self.cell(column));
        self.mistake(column, format_args!("“{cell}” {why}"));
    }

    /// Text of so many characters at most, or empty.
    pub(super) fn text(&mut self, column: &str, most: usize) -> String {
        let text = clean_line(self.cell(column), usize::MAX);
        self.bounded(column, text, most)
    }

    /// Text that has to be there.
    pub(super) fn needed(&mut self, column: &str, most: usize) -> String {
        let text = self.text(column, most);
        if text.is_empty() && self.verdict_on(column).is_none() {
            self.mistake(column, "missing");
        }
        text
    }

    pub(super) fn bounded(&mut self, column: &str, text: String, most: usize) -> String {
        let letters = text.chars().count();
        if letters <= most {
            return text;
        }
        self.mistake(column, format_args!("{letters} characters; {most} at most"));
        String::new()
    }

    pub(super) fn verdict_on(&self, column: &str) -> Option<&String> {
        let title = self.columns.titles.get(column).map_or(column, String::as_str);
        self.mistakes.iter().find(|m| m.strip_prefix(title).is_some_and(|rest| rest.starts_with(':')))
    }

    /// A price between one cent and 100,000.00.
    pub(super) fn price(&mut self, column: &str) -> Option<Money> {
        if self.cell(column).is_empty() {
            self.mistake(column, "missing; write it like 12.40");
            return None;
        }
        match Money::parse(self.cell(column)) {
            Ok(price) if PRICES.contains(&price.cents()) => Some(price),
            Ok(_) => {
                self.no_good(column, "is out of range; a price is 0.01 to 100000.00");
                None
            }
            Err(_) => {
                self.no_good(column, "is not a price; write it like 12.40");
                None
            }
        }
    }

    /// A whole number (`7` or `7.0`), or nothing when the cell is empty.
    pub(super) fn whole(&mut self, column: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let cell = self.cell(column);
        if cell.is_empty() {
            return None;
        }
        let number = thousandths(cell).filter(|n| n % 1000 == 0).map(|n| n / 1000);
        let good = number.filter(|n| range.contains(n));
        if good.is_none() {
            let why = format!("is not a whole number from {} to {}", range.start(), range.end());
            self.no_good(column, why);
        }
        good
    }

    /// One of the words, in any case; the first when the cell is empty.
    pub(super) fn word(&mut self, column: &str, words: &[&'static str]) -> &'static str {
        let cell = self.cell(column);
        let first = words.first().copied().unwrap_or("");
        if cell.is_empty() {
            return first;
        }
        if let Some(word) = words.iter().find(|w| w.eq_ignore_ascii_case(cell)) {
            return word;
        }
        self.no_good(column, format_args!("is not known; write {}", words.join(", ")));
        first
    }

    pub(super) fn yes(&mut self, column: &str) -> bool {
        matches!(self.word(column, &["0", "1", "no", "yes", "false", "true"]), "1" | "yes" | "true")
    }

    /// A list with `;` between its entries.
    pub(super) fn list(&mut self, column: &str, most: usize) -> String {
        let text = self.text(column, most);
        text.split(';').map(str::trim).filter(|entry| !entry.is_empty()).collect::<Vec<_>>().join(";")
    }
}

/// The beginning of what somebody wrote, for a message.
pub(super) fn excerpt(text: &str) -> String {
    let line = clean_line(text, 41);
    if line.chars().count() > 40 { line.chars().take(40).collect::<String>() + "…" } else { line }
}

/// `1.5` is 1500. Nothing for what is not a number, is too large, or is finer than that.
pub(super) fn thousandths(text: &str) -> Option<i64> {
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fine) = plain.split_once(['.', ',']).unwrap_or((plain, ""));
    let fine = fine.trim_end_matches('0');
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || fine.len() > 3 || !digits(whole) || !digits(fine) {
        return None;
    }
    let number = whole.parse::<i64>().ok()? * 1000 + format!("{fine:0<3}").parse::<i64>().ok()?;
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_to_the_thousandth() {
        for (text, thousandth) in [("500.0", 500_000), ("1,5", 1_500), ("-3", -3_000), ("0.001", 1)] {
            assert_eq!(thousandths(text), Some(thousandth), "{text}");
        }
        for text in ["", ".", "1.2345", "1e3", "1.2.3", "٣", "9999999999999"] {
            assert_eq!(thousandths(text), None, "{text}");
        }
    }
}
