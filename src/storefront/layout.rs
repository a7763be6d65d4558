//! What every page of the shop has around it.

use super::parts;
use super::shop::Shop;
use crate::catalog::Tree;
use crate::web::{Head, Marked, Piece, assets, hole, seam};
use std::sync::Arc;

pub(crate) struct Layout {
    pub(crate) head: Head,
    pub(crate) tree: Arc<Tree>,
    pub(crate) top: Marked,
    /// What was searched for, to stand in the field.
    pub(crate) query: String,
    pub(crate) products: String,
    pub(crate) css: &'static str,
    pub(crate) js: &'static str,
    pub(crate) font: &'static str,
    pub(crate) bar: Marked,
    pub(crate) consent: Marked,
    pub(crate) demo: bool,
}

impl Layout {
    pub(crate) fn new(shop: &Shop, head: Head) -> Self {
        Self::in_department(shop, head, None)
    }

    /// With the department marked in the menus that one is in.
    pub(crate) fn in_department(shop: &Shop, head: Head, id: Option<u16>) -> Self {
        Self::below(shop, head, |tree| Marked(shop.tops.of(tree, id).to_string()))
    }

    /// With a seam for the piece at its top, for [`Sheet::joined`](crate::web::Sheet::joined).
    pub(crate) fn joined(shop: &Shop, head: Head, id: Option<u16>) -> (Self, Piece) {
        let layout = Self::below(shop, head, |_| seam());
        let piece = shop.tops.of(&layout.tree, id).piece;
        (layout, piece)
    }

    fn below(shop: &Shop, head: Head, top: impl FnOnce(&Arc<Tree>) -> Marked) -> Self {
        let (demo, tree) = (shop.demo, shop.shelf.tree());
        Self {
            head,
            top: top(&tree),
            tree,
            query: String::new(),
            products: thousands(shop.shelf.count()),
            css: assets::address("site.css"),
            js: assets::address("site.js"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
            bar: hole("bar", parts::NO_BAR),
            consent: hole("consent", &parts::consent_question()),
            demo,
        }
    }

    /// The address of a picture of ours.
    pub(crate) fn picture(&self, name: &str) -> String {
        assets::picture(name).into_owned()
    }
}

/// `50,000`
pub(crate) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `about 400 g` at the start of a line.
pub(crate) fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Shop {
    /// The whole address of a page of ours.
    pub(crate) fn whole(&self, path: &str) -> String {
        format!("{}{path}", self.app.config.server.public_url)
    }

    pub(crate) fn head(&self, title: &str, description: &str, path: &str) -> Head {
        Head {
            title: title.to_owned(),
            description: description.to_owned(),
            canonical: if path.is_empty() { String::new() } else { self.whole(path) },
            picture: self.whole(assets::address("icons/shopping-bags.webp")),
            json_ld: String::new(),
        }
    }
}

/// Breadcrumbs for search engines: name and whole address of each page above this one.
pub(crate) fn breadcrumbs(crumbs: &[(String, String)]) -> serde_json::Value {
    let items: Vec<_> = crumbs
        .iter()
        .enumerate()
        .map(|(i, (name, address))| {
            serde_json::json!({"@type": "ListItem", "position": i + 1, "name": name, "item": address})
        })
        .collect();
    serde_json::json!({"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items})
}

/// JSON that cannot end the script element it stands in.
pub(crate) fn json_ld(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_commas() {
        assert_eq!([thousands(696), thousands(50_000), thousands(1_234_567)], ["696", "50,000", "1,234,567"]);
    }

    #[test]
    fn structured_data_cannot_end_its_script() {
        assert!(!json_ld(&serde_json::json!({"name": "</script><b>"})).contains('<'));
    }
}
