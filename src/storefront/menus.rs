//! The lists of departments on every page, rendered once for each department one may be in.

use crate::catalog::Tree;
use askama::Template;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Finished HTML, shared by all pages.
#[derive(Clone)]
pub(crate) struct Menus(Arc<str>);

impl fmt::Display for Menus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Menus {}

#[derive(Template)]
#[template(path = "parts/menus.html")]
struct MenuLists<'a> {
    tree: &'a Tree,
    department: Option<u16>,
}

impl MenuLists<'_> {
    fn is_in(&self, department: &u16) -> bool {
        self.department == Some(*department)
    }
}

/// The menus of one tree; another tree begins anew.
#[derive(Default)]
pub struct MenuStore(Mutex<Made>);

#[derive(Default)]
struct Made {
    tree: Option<Arc<Tree>>,
    menus: HashMap<Option<u16>, Menus>,
}

impl MenuStore {
    pub(super) fn of(&self, tree: &Arc<Tree>, department: Option<u16>) -> Menus {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.tree.as_ref().is_some_and(|known| Arc::ptr_eq(known, tree)) {
            *made = Made { tree: Some(Arc::clone(tree)), menus: HashMap::new() };
        }
        made.menus.entry(department).or_insert_with(|| render(tree, department)).clone()
    }
}

fn render(tree: &Tree, department: Option<u16>) -> Menus {
    let html = MenuLists { tree, department }.render().unwrap_or_else(|e| {
        log::error!("the menus could not be rendered: {e}");
        String::new()
    });
    Menus(html.into())
}
