//! What came of an import, for people.

use std::fmt;
use std::time::Duration;

/// Bad rows that are kept and shown; the rest is only counted, so that a file of
/// nothing else does not fill the memory.
pub const MOST_SHOWN: usize = 100;

/// Whose columns a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Ours,
    Shopify,
}

/// A row that was not loaded. Lines count from 1, the header's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    pub line: u64,
    /// Everything that is wrong with the row, with what to write instead.
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub format: Format,
    /// Rows that describe a product, bad ones too.
    pub rows: usize,
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// How many rows were bad.
    pub bad: usize,
    /// The first [`MOST_SHOWN`] of them.
    pub bad_rows: Vec<BadRow>,
    /// Known products for which the file has another number than the warehouse.
    pub stock_left_alone: usize,
    pub took: Duration,
}

impl Report {
    /// Of a file that did not have to be read.
    pub const fn nothing() -> Self {
        Self::new(Format::Ours)
    }

    pub(super) const fn new(format: Format) -> Self {
        Self {
            format,
            rows: 0,
            added: 0,
            changed: 0,
            unchanged: 0,
            bad: 0,
            bad_rows: Vec::new(),
            stock_left_alone: 0,
            took: Duration::ZERO,
        }
    }

    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.bad += 1;
        if self.bad_rows.len() < MOST_SHOWN {
            self.bad_rows.push(BadRow { line, reason });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {:.1} s: ", counted(self.rows, "row"), self.took.as_secs_f64())?;
        let [added, changed, unchanged, bad] =
            [self.added, self.changed, self.unchanged, self.bad].map(thousands);
        write!(f, "{added} added, {changed} changed, {unchanged} unchanged, {bad} bad")?;
        if self.stock_left_alone > 0 {
            let products = counted(self.stock_left_alone, "known product");
            write!(f, "\nStock given for {products} was not taken over: the warehouse counts goods.")?;
        }
        self.write_bad_rows(f)
    }
}

impl Report {
    fn write_bad_rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.bad_rows {
            write!(f, "\n  line {}: {}", row.line, row.reason)?;
        }
        let more = self.bad - self.bad_rows.len();
        if more > 0 { write!(f, "\n  … and {} more", thousands(more)) } else { Ok(()) }
    }
}

/// `1 row`, `10,000 rows`
pub(super) fn counted(n: usize, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {what}{s}", thousands(n))
}

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[derive(Debug)]
pub enum ImportError {
    /// The file could not be read to its end.
    Read(std::io::Error),
    /// Not a CSV file in UTF-8; the text says what to do.
    NotCsv(String),
    /// A CSV file, but neither ours nor Shopify's; the text names what is missing.
    Columns(String),
    /// Some rows were bad, so none was loaded.
    Refused(Box<Report>),
    Db(diesel::result::Error),
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(e) => write!(f, "the file could not be read: {e}"),
            Self::NotCsv(why) | Self::Columns(why) => f.write_str(why),
            Self::Refused(report) => {
                let (bad, rows) = (thousands(report.bad), counted(report.rows, "row"));
                write!(f, "nothing was loaded, since {bad} of {rows} will not do:")?;
                report.write_bad_rows(f)
            }
            Self::Db(e) => write!(f, "nothing was loaded, the database refused: {e}"),
        }
    }
}

impl std::error::Error for ImportError {}

impl From<diesel::result::Error> for ImportError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_like_a_sentence() {
        let mut report = Report { rows: 10_000, added: 9_800, changed: 150, ..Report::new(Format::Ours) };
        report.unchanged = 50;
        report.took = Duration::from_millis(1_910);
        assert_eq!(report.to_string(), "10,000 rows in 1.9 s: 9,800 added, 150 changed, 50 unchanged, 0 bad");
    }

    #[test]
    fn a_file_of_nothing_but_mistakes_is_counted_and_not_kept() {
        let mut report = Report::new(Format::Ours);
        (1..=250).for_each(|line| report.refuse(line, "name: missing".into()));
        assert_eq!((report.bad, report.bad_rows.len()), (250, MOST_SHOWN));
        assert!(report.to_string().ends_with("… and 150 more"));
    }
}
