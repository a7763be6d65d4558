//! Which products have the words of one reading of the question, and how well.

use super::index::Index;
use super::score::{Grade, Manner, Marks, grades};
use super::words::WordId;

/// A product that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub doc: u32,
    pub relevance: u32,
}

/// The words of the vocabulary that may stand for one word of the question.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub words: Vec<(WordId, Manner)>,
    /// The word of the question was typed in the plural.
    pub plural: bool,
}

impl Index {
    /// The products that have a word for every slot, in the order of their numbers.
    pub(super) fn having_all(&self, slots: &[Slot]) -> Vec<Hit> {
        if slots.is_empty() || slots.iter().any(|slot| slot.words.is_empty()) {
            return Vec::new();
        }
        let graded = self.grade_all(slots);
        let asked = slots.len() as u32;
        self.marked(&graded, asked)
            .filter(|(_, marks)| marks.words == asked)
            .map(|hit| self.hit(hit, asked))
            .collect()
    }

    /// The products that have words for the most slots.
    pub(super) fn having_most(&self, slots: &[Slot]) -> Vec<Hit> {
        let graded = self.grade_all(slots);
        let most = self.marked(&graded, 1).map(|(_, marks)| marks.words).max().unwrap_or(0);
        let asked = slots.len() as u32;
        let best = self.marked(&graded, 1).filter(|(_, marks)| marks.words == most.max(1));
        best.map(|hit| self.hit(hit, asked)).collect()
    }

    fn hit(&self, (doc, marks): (u32, Marks), asked: u32) -> Hit {
        Hit { doc, relevance: marks.relevance(asked, self.docs.get(doc).name_words) }
    }

    /// For each slot the grade of every product. One byte for each product is cheaper than merging the lists of
    /// hundreds of words, and costs the same whatever was typed.
    fn grade_all(&self, slots: &[Slot]) -> Vec<Vec<Grade>> {
        slots.iter().enumerate().map(|(position, slot)| self.grade(slot, position)).collect()
    }

    fn grade(&self, slot: &Slot, position: usize) -> Vec<Grade> {
        let mut best = vec![0; self.docs.rows().len()];
        let [whole, synonym, prefix] = [Manner::Whole, Manner::Synonym, Manner::Prefix]
            .map(|manner| grades(manner, position, slot.plural));
        for &(word, manner) in &slot.words {
            let grades = match manner {
                Manner::Whole => &whole,
                Manner::Synonym => &synonym,
                Manner::Prefix => &prefix,
            };
            for posting in self.words.postings(word) {
                let grade = &mut best[posting.doc() as usize];
                *grade = (*grade).max(grades[posting.spot_code()]);
            }
        }
        best
    }

    /// The living products that have words for at least so many slots.
    fn marked(&self, graded: &[Vec<Grade>], at_least: u32) -> impl Iterator<Item = (u32, Marks)> {
        // A product that lacks more slots than are allowed to be missing is left at the first it lacks.
        let spare = (graded.len() as u32).saturating_sub(at_least);
        (0..).zip(self.docs.rows()).filter(|(_, doc)| !doc.dead).filter_map(move |(number, _)| {
            let mut marks = Marks::default();
            let mut missing = 0;
            for slot in graded {
                match slot[number as usize] {
                    0 => missing += 1,
                    grade => marks.add(grade),
                }
                if missing > spare {
                    return None;
                }
            }
            Some((number, marks))
        })
    }
}
