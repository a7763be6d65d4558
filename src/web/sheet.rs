//! A finished page with holes: rendered once for everybody, filled for each visitor.
//!
//! Measured on a department page of 40 kB with 26 holes: putting the fillings in takes
//! under a microsecond and compressing the result fast about 28, against hundreds for
//! rendering it anew. Compressing the pieces beforehand and joining them was faster
//! still (10) but doubled what goes over the wire. Product pages are so many that most are
//! made for one reader: there the two largest parts are pieces compressed once for all
//! ([`Piece`]), an eighth less work in all for a tenth more bytes.

use super::gzip;
use super::page::Marked;
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Noncharacters, which no text of a person or a catalogue holds (see `text::clean_line`).
const EDGE: char = '\u{FDD0}';
const MIDDLE: char = '\u{FDD1}';
const SEAM: char = '\u{FDD2}';

/// Marks a part of a page that may differ by visitor, with what most of them see.
pub(super) fn mark(name: &str, otherwise: &str) -> String {
    format!("{EDGE}{name}{MIDDLE}{otherwise}{EDGE}")
}

/// The place of the next [`Piece`] in a page.
pub fn seam() -> Marked {
    Marked(SEAM.to_string())
}

/// How much work to spend on making the page small for those who have nothing of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Only ever shown filled, to one person.
    Once,
    /// One of very many: kept as gzip alone, and unpacked for those who have something of their own.
    Quick,
    /// Shown to many.
    Best,
}

#[derive(Debug)]
pub struct Sheet {
    /// The page with what most see in the holes; `None` where it is kept as gzip alone.
    text: Option<Box<str>>,
    holes: Box<[Hole]>,
    /// The same, as gzip.
    plain: Bytes,
}

#[derive(Debug, Clone)]
struct Hole {
    /// Shared with the piece that it is in, if any.
    name: Arc<str>,
    /// Where it lies in the text.
    place: Range<usize>,
}

/// A part that very many pages share, taken apart and compressed once for all of them.
#[derive(Debug, Clone)]
pub struct Piece(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    length: usize,
    holes: Vec<Hole>,
    packed: gzip::Packed,
}

impl Piece {
    pub fn new(marked: &str) -> Self {
        let (text, holes) = take_apart(marked);
        Self(Arc::new(Taken { length: text.len(), holes, packed: gzip::Packed::new(text.as_bytes()) }))
    }
}

impl Sheet {
    /// Takes a rendered page apart. A broken mark leaves its text and loses its hole.
    pub fn new(marked: &str, effort: Effort) -> Self {
        let (text, holes) = take_apart(marked);
        let plain = match effort {
            Effort::Once => Vec::new(),
            Effort::Quick => gzip::fast(text.as_bytes()),
            Effort::Best => gzip::small(text.as_bytes()),
        };
        // Boxed, since `Bytes` would keep the room that compressing did not need.
        let plain: Bytes = plain.into_boxed_slice().into();
        let text = (effort != Effort::Quick).then(|| text.into());
        Self { text, holes: holes.into(), plain }
    }

    /// One of very many pages that share these pieces, in this order: a page says by a [`seam`]
    /// where the next one goes. A seam too many is nothing.
    pub fn joined(marked: &str, pieces: &[Piece]) -> Self {
        let mut file =
            gzip::Joined::new(marked.len() / 2 + pieces.iter().map(|p| p.0.packed.weight()).sum::<usize>());
        let (mut holes, mut length) = (Vec::new(), 0);
        let mut pieces = pieces.iter();
        for (i, own) in marked.split(SEAM).enumerate() {
            if i > 0
                && let Some(Piece(piece)) = pieces.next()
            {
                holes.extend(piece.holes.iter().cloned().map(|hole| hole.moved(length)));
                file.add_packed(&piece.packed, piece.length);
                length += piece.length;
            }
            let (text, own_holes) = take_apart(own);
            holes.extend(own_holes.into_iter().map(|hole| hole.moved(length)));
            file.add(text.as_bytes());
            length += text.len();
        }
        Self { text: None, holes: holes.into(), plain: file.finish().into_boxed_slice().into() }
    }

    /// What most see, as gzip.
    pub fn plain(&self) -> Bytes {
        self.plain.clone()
    }

    /// What most see, as text.
    pub fn plain_text(&self) -> Cow<'_, str> {
        match &self.text {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(gzip::unpack(&self.plain)),
        }
    }

    /// The page with each hole filled by `fill`, or left as it is where that says `None`.
    pub fn fill<'a>(&self, mut fill: impl FnMut(&str) -> Option<Cow<'a, str>>) -> String {
        let text = self.plain_text();
        let mut page = String::with_capacity(text.len() + 4096);
        let mut from = 0;
        for hole in &self.holes {
            if let Some(filling) = fill(&hole.name) {
                page.push_str(&text[from..hole.place.start]);
                page.push_str(&filling);
                from = hole.place.end;
            }
        }
        page.push_str(&text[from..]);
        page
    }

    /// Bytes held, for a cache that is bounded.
    pub fn weight(&self) -> usize {
        self.text.as_ref().map_or(0, |t| t.len())
            + self.plain.len()
            + self.holes.iter().map(|h| h.name.len() + 48).sum::<usize>()
            + 96
    }
}

impl Hole {
    fn moved(self, by: usize) -> Self {
        Self { name: self.name, place: self.place.start + by..self.place.end + by }
    }
}

fn take_apart(marked: &str) -> (String, Vec<Hole>) {
    let (mut text, mut holes) = (String::with_capacity(marked.len()), Vec::new());
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once(EDGE) {
        text.push_str(before);
        let Some((name, otherwise, behind)) = hole(after) else {
            rest = after;
            continue;
        };
        let start = text.len();
        text.push_str(otherwise);
        holes.push(Hole { name: name.into(), place: start..text.len() });
        rest = behind;
    }
    text.push_str(rest);
    (text, holes)
}

fn hole(after: &str) -> Option<(&str, &str, &str)> {
    let (inside, behind) = after.split_once(EDGE)?;
    let (name, otherwise) = inside.split_once(MIDDLE)?;
    Some((name, otherwise, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_broken_mark_leaves_its_text() {
        let sheet = Sheet::new("a\u{FDD0}b", Effort::Best);
        assert_eq!(sheet.plain_text(), "ab");
        let late = format!("stray\u{FDD0} text {}end", mark("place", "D06"));
        let sheet = Sheet::new(&late, Effort::Quick);
        assert!(sheet.plain_text().starts_with("stray text "));
    }

    proptest! {
        #[test]
        fn a_filled_page_is_the_page_with_its_holes_replaced(
            parts in prop::collection::vec(("[a-z<>é ]{0,40}", "[a-z]{0,20}", prop::option::of("[A-Z]{0,30}")), 0..12),
            tail in "[a-z]{0,40}",
        ) {
            let (mut marked, mut plain, mut filled) = (String::new(), String::new(), String::new());
            for (i, (lead, otherwise, fill)) in parts.iter().enumerate() {
                marked += &format!("{lead}{}", mark(&i.to_string(), otherwise));
                plain += &format!("{lead}{otherwise}");
                filled += &format!("{lead}{}", fill.as_ref().unwrap_or(otherwise));
            }
            let sheet = Sheet::new(&format!("{marked}{tail}"), Effort::Quick);
            let fill = |name: &str| parts[name.parse::<usize>().ok()?].2.as_deref().map(Cow::Borrowed);
            prop_assert_eq!(sheet.plain_text(), plain + &tail);
            prop_assert_eq!(sheet.fill(fill), filled.clone() + &tail);
            let piece = Piece::new(&(marked.clone() + &tail));
            let joined = format!("{marked}{SEAM}{tail}{SEAM}{marked}{SEAM}");
            let joined = Sheet::joined(&joined, &[piece.clone(), piece]);
            prop_assert_eq!(joined.fill(fill), format!("{filled}{filled}{tail}{tail}{filled}{tail}{filled}"));
        }
    }
}
