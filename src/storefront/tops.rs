//! What follows the search at the top of every page (place, basket, message, the lists of
//! departments), made once for each department one may be in.

use super::parts;
use crate::catalog::Tree;
use crate::web::{Marked, Piece, hole};
use askama::Template;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Finished HTML with holes, shared by all pages.
#[derive(Clone)]
pub(super) struct Top {
    html: Arc<str>,
    pub(super) piece: Piece,
}

impl fmt::Display for Top {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.html)
    }
}

#[derive(Template)]
#[template(path = "parts/top.html")]
struct TopOf<'a> {
    place: Marked,
    account: Marked,
    basket: Marked,
    notice: Marked,
    tree: &'a Tree,
    department: Option<u16>,
}

impl TopOf<'_> {
    fn is_in(&self, department: &u16) -> bool {
        self.department == Some(*department)
    }
}

/// The tops of one tree; another tree begins anew.
#[derive(Default)]
pub struct Tops(Mutex<Made>);

#[derive(Default)]
struct Made {
    tree: Option<Arc<Tree>>,
    tops: HashMap<Option<u16>, Top>,
}

impl Tops {
    pub(super) fn of(&self, tree: &Arc<Tree>, department: Option<u16>) -> Top {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.tree.as_ref().is_some_and(|known| Arc::ptr_eq(known, tree)) {
            *made = Made { tree: Some(Arc::clone(tree)), tops: HashMap::new() };
        }
        made.tops.entry(department).or_insert_with(|| top(tree, department)).clone()
    }
}

fn top(tree: &Tree, department: Option<u16>) -> Top {
    let html = parts::html(&TopOf {
        place: hole("place", &parts::unknown_place()),
        account: hole("account", &parts::sign_in_link()),
        basket: hole("basket", &parts::empty_basket()),
        notice: hole("notice", parts::NO_NOTICE),
        tree,
        department,
    });
    Top { piece: Piece::new(&html), html: html.into() }
}
