//! The products as rows of small numbers, and the way from a product's id to its row.

use super::words::push_lean;

/// A product as the caller describes it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub id: i64,
    pub name: &'a str,
    /// As printed; spellings that differ in case or accents only count as one brand. May be empty.
    pub brand: &'a str,
    pub department: u16,
    pub category: u16,
    pub department_name: &'a str,
    pub category_name: &'a str,
    /// Further words it should be found by: kind of product, article number, barcode.
    pub kind: &'a str,
    pub price_cents: u32,
    /// Per kilogram, litre or piece: what `Sort::UnitPriceUp` sorts by.
    pub unit_price_cents: u32,
    /// The higher, the more bought; the caller's own scale.
    pub popularity: u16,
    /// One bit for each allergen it contains; the caller gives the bits their meaning.
    pub allergens: u16,
    /// One bit for each label it bears, such as organic; the caller gives the bits their meaning.
    pub labels: u16,
    pub in_stock: bool,
    pub on_offer: bool,
}

/// One product's row.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub id: i64,
    pub name_rank: [u64; 2],
    pub price_cents: u32,
    pub unit_price_cents: u32,
    /// Of all its words: tells whether a new description needs new postings.
    pub text_hash: u32,
    pub brand: u16,
    pub department: u16,
    pub category: u16,
    pub popularity: u16,
    pub allergens: u16,
    pub labels: u16,
    /// Content words of the name, stop words not counted; at most 255.
    pub name_words: u8,
    pub in_stock: bool,
    pub on_offer: bool,
    /// Removed or replaced, but not yet cleared away.
    pub dead: bool,
}

/// An empty place in the table; also the limit on the number of rows, far beyond what a posting can number.
const FREE: u32 = u32::MAX;

/// All rows. The way from id to row is a table of row numbers with open addressing: a `HashMap` that repeats the
/// ids takes four times the memory.
#[derive(Debug, Default)]
pub(super) struct Docs {
    rows: Vec<Doc>,
    table: Vec<u32>,
    dead: usize,
}

impl Docs {
    pub(super) fn rows(&self) -> &[Doc] {
        &self.rows
    }

    pub(super) fn rows_mut(&mut self) -> &mut [Doc] {
        &mut self.rows
    }

    pub(super) fn alive(&self) -> usize {
        self.rows.len() - self.dead
    }

    pub(super) fn get(&self, doc: u32) -> &Doc {
        &self.rows[doc as usize]
    }

    pub(super) fn get_mut(&mut self, doc: u32) -> &mut Doc {
        &mut self.rows[doc as usize]
    }

    /// The living row of a product.
    pub(super) fn find(&self, id: i64) -> Option<u32> {
        let doc = *self.table.get(self.slot(id)?)?;
        (doc != FREE && !self.get(doc).dead).then_some(doc)
    }

    /// Appends a row; an earlier row of the same product must be dead by now.
    pub(super) fn push(&mut self, doc: Doc) -> u32 {
        let number = self.rows.len() as u32;
        let id = doc.id;
        push_lean(&mut self.rows, doc);
        if self.rows.len() * 4 > self.table.len() * 3 {
            self.rebuild_table();
        } else if let Some(slot) = self.slot(id) {
            self.table[slot] = number;
        }
        number
    }

    /// Marks a row as removed. Its place in the table stays, and is taken again if the product comes back.
    pub(super) fn bury(&mut self, doc: u32) {
        self.get_mut(doc).dead = true;
        self.dead += 1;
    }

    /// Whether enough rows are dead to be worth clearing away.
    pub(super) fn wants_compaction(&self) -> bool {
        self.dead * 4 > self.rows.len()
    }

    /// Clears the dead rows away and tells each row's new number.
    pub(super) fn compact(&mut self) -> Vec<Option<u32>> {
        let mut next = 0..;
        let moved = self.rows.iter().map(|doc| if doc.dead { None } else { next.next() }).collect();
        self.rows.retain(|doc| !doc.dead);
        self.dead = 0;
        self.rebuild_table();
        moved
    }

    fn rebuild_table(&mut self) {
        let places = (self.rows.len() * 3 / 2 + 8).next_power_of_two();
        self.table = vec![FREE; places];
        for number in 0..self.rows.len() {
            // In the order of the rows: of a product with a dead and a living row, the living one comes later.
            if let Some(slot) = self.slot(self.rows[number].id) {
                self.table[slot] = number as u32;
            }
        }
    }

    /// Where the id stands in the table, or where it would be put. None only for an empty table: it is never
    /// more than three quarters full.
    fn slot(&self, id: i64) -> Option<usize> {
        let mask = self.table.len().checked_sub(1)?;
        let start = (id.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize;
        (0..=mask).map(|step| (start + step) & mask).find(|&slot| {
            let doc = self.table[slot];
            doc == FREE || self.get(doc).id == id
        })
    }
}
