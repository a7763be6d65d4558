//! A file as a stream of rows, whatever its delimiter, line ends and byte order mark.

use super::fields::{Columns, Row};
use super::line_ends::LineEnds;
use super::product::NewProduct;
use super::report::{Format, ImportError};
use super::{ours, shopify};
use chrono::NaiveDate;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use std::io::{Chain, Cursor, Read};

/// Enough to see the whole header.
const HEAD: u64 = 64 * 1024;

/// A row that describes a product, or what is wrong with it.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) product: Result<NewProduct, String>,
}

enum Layout {
    Ours,
    Shopify(Option<Box<shopify::Parent>>),
}

pub(super) struct Source<R> {
    reader: Reader<LineEnds<Chain<Cursor<Vec<u8>>, R>>>,
    columns: Columns,
    width: usize,
    layout: Layout,
    today: NaiveDate,
}

impl<R: Read> Source<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is not a CSV file of a known kind.
    pub(super) fn open(mut input: R, today: NaiveDate) -> Result<Self, ImportError> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD).read_to_end(&mut head).map_err(ImportError::Read)?;
        let delimiter = check_head(&mut head)?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(LineEnds::new(Cursor::new(head).chain(input)));
        let mut header = StringRecord::new();
        reader.read_record(&mut header).map_err(|e| unreadable(e, 1))?;
        let (columns, layout) = recognise(&header)?;
        Ok(Self { reader, columns, width: header.len(), layout, today })
    }

    pub(super) const fn format(&self) -> Format {
        match self.layout {
            Layout::Ours => Format::Ours,
            Layout::Shopify(_) => Format::Shopify,
        }
    }

    /// The columns of `products` that this file speaks of.
    pub(super) fn speaks_of(&self) -> Vec<&'static str> {
        let of_layout: &[(&'static str, &[&str])] = match self.layout {
            Layout::Ours => ours::SPEAKS_OF,
            Layout::Shopify(_) => shopify::SPEAKS_OF,
        };
        let given = |needs: &&[&str]| needs.is_empty() || needs.iter().any(|column| self.columns.has(column));
        of_layout.iter().filter(|(_, needs)| given(needs)).map(|(column, _)| *column).collect()
    }

    /// The next row that describes a product, or nothing at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or is not UTF-8 text.
    pub(super) fn next_line(&mut self, record: &mut StringRecord) -> Result<Option<Line>, ImportError> {
        while self.reader.read_record(record).map_err(|e| unreadable(e, self.lines_read()))? {
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let number = self.first_line_of(record);
            if let Some(product) = self.read(record) {
                let product = product.map(|p| NewProduct { line: number, ..p }.with_slug());
                return Ok(Some(Line { number, product }));
            }
        }
        Ok(None)
    }

    /// The reader's own mark of a row is before the empty lines above it.
    fn first_line_of(&self, record: &StringRecord) -> u64 {
        let within = record.iter().flat_map(str::bytes).filter(|b| *b == b'\n').count();
        let ends = u64::try_from(within).unwrap_or(0) + u64::from(!self.is_unclosed(record));
        self.reader.position().line().saturating_sub(ends)
    }

    /// Whether the last quoted text has swallowed the rest of the file.
    fn is_unclosed(&self, record: &StringRecord) -> bool {
        let at_the_end = self.reader.get_ref().is_end(self.reader.position().byte());
        at_the_end && record.iter().next_back().is_some_and(|cell| cell.ends_with('\n'))
    }

    fn lines_read(&self) -> u64 {
        self.reader.position().line().saturating_sub(1)
    }

    fn read(&mut self, record: &StringRecord) -> Option<Result<NewProduct, String>> {
        if self.is_unclosed(record) {
            return Some(Err("a quote (\") that is opened here is never closed".into()));
        }
        if let Some(why) = self.wrong_width(record) {
            return Some(Err(why));
        }
        let mut row = Row::new(&self.columns, record);
        let product = match &mut self.layout {
            Layout::Ours => Some(ours::read(&mut row, self.today)),
            Layout::Shopify(parent) => shopify::read(&mut row, parent),
        };
        match row.verdict() {
            Some(why) => Some(Err(why)),
            None => product.map(Ok),
        }
    }

    fn wrong_width(&self, record: &StringRecord) -> Option<String> {
        let too_many = record.iter().skip(self.width).any(|cell| !cell.trim().is_empty());
        let wrong = record.len() < self.width || too_many;
        wrong.then(|| {
            let (has, width) = (record.len(), self.width);
            format!("{has} cells where the header has {width}; put a text with a comma in it in \"quotes\"")
        })
    }
}

/// Takes the byte order mark away and finds the delimiter.
fn check_head(head: &mut Vec<u8>) -> Result<u8, ImportError> {
    if head.starts_with(&[0xEF, 0xBB, 0xBF]) {
        head.drain(..3);
    }
    let not_csv = |why: &str| Err(ImportError::NotCsv(why.to_owned()));
    if head.iter().all(u8::is_ascii_whitespace) {
        return not_csv("the file is empty");
    }
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        return not_csv("the file is UTF-16; save it as “CSV UTF-8”");
    }
    if head.contains(&0) {
        return not_csv("this is not a CSV file; save the sheet as “CSV UTF-8”");
    }
    let header: Vec<u8> = head.iter().copied().take_while(|b| !matches!(b, b'\n' | b'\r')).collect();
    let count = |delimiter: u8| header.iter().filter(|b| **b == delimiter).count();
    Ok(if count(b';') > count(b',') { b';' } else { b',' })
}

fn recognise(header: &StringRecord) -> Result<(Columns, Layout), ImportError> {
    let titles: Vec<String> = header.iter().map(|title| title.trim().to_ascii_lowercase()).collect();
    if let Some(twice) = titles.iter().enumerate().find(|(i, t)| !t.is_empty() && titles[..*i].contains(t)) {
        return Err(ImportError::Columns(format!("the header has the column “{}” twice", twice.1)));
    }
    let theirs = named(&titles, &shopify::COLUMNS);
    let ours = named(&titles, &ours::COLUMNS);
    let missing_ours = missing(&ours, &ours::NEEDED);
    let missing_theirs = missing(&theirs, &shopify::NEEDED);
    match (missing_ours.is_empty(), missing_theirs.is_empty()) {
        (true, _) => Ok((ours, Layout::Ours)),
        (_, true) => Ok((theirs, Layout::Shopify(None))),
        _ if missing_theirs.len() < shopify::NEEDED.len() && titles.iter().any(|t| t.contains("handle")) => {
            Err(unknown("a Shopify export, but columns are missing", &missing_theirs))
        }
        _ => Err(unknown("no product file of ours or Shopify's: columns are missing", &missing_ours)),
    }
}

fn unknown(what: &str, missing: &[&str]) -> ImportError {
    ImportError::Columns(format!("this is {what} in the header: {}", missing.join(", ")))
}

fn named(titles: &[String], known: &[(&'static str, &[&str])]) -> Columns {
    let mut columns = Columns::default();
    for (name, aliases) in known {
        let place = titles.iter().position(|t| t == name || aliases.contains(&t.as_str()));
        if let Some(place) = place {
            columns.set(name, place, &titles[place]);
        }
    }
    columns
}

fn missing<'a>(columns: &Columns, needed: &[&'a str]) -> Vec<&'a str> {
    needed.iter().copied().filter(|name| !columns.has(name)).collect()
}

fn unreadable(error: csv::Error, line: u64) -> ImportError {
    let why = if matches!(error.kind(), ErrorKind::Utf8 { .. }) {
        format!("line {line} is not UTF-8 text; save the file as “CSV UTF-8”")
    } else {
        format!("line {line} is not CSV: {error}")
    };
    if let ErrorKind::Io(e) = error.into_kind() { ImportError::Read(e) } else { ImportError::NotCsv(why) }
}
