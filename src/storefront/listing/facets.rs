//! The filters beside a list, each option with how many products it would leave.

use super::asked::{Asked, PRICES, category_value};
use super::{Chip, Scope};
use crate::catalog::browse::{Answer, Facets};
use crate::catalog::{ALLERGENS, LABELS, Tree};
use crate::storefront::Shop;

pub(in crate::storefront) struct Group {
    pub(in crate::storefront) name: &'static str,
    pub(in crate::storefront) open: bool,
    pub(in crate::storefront) options: Vec<Choice>,
    pub(in crate::storefront) note: Option<&'static str>,
}

pub(in crate::storefront) struct Choice {
    pub(in crate::storefront) param: &'static str,
    pub(in crate::storefront) value: String,
    pub(in crate::storefront) name: String,
    pub(in crate::storefront) count: u32,
    pub(in crate::storefront) on: bool,
}

/// All groups that have something to choose.
pub(in crate::storefront) fn groups(
    shop: &Shop,
    tree: &Tree,
    asked: &Asked,
    scope: &Scope,
    answer: &Answer,
) -> Vec<Group> {
    let facets = &answer.facets;
    let departments = if scope.department.is_none() { departments(tree, asked, facets) } else { Vec::new() };
    let kinds = if scope.category.is_none() { kinds(tree, asked, facets) } else { Vec::new() };
    [
        ("Department", true, departments, None),
        ("Kind", true, kinds, None),
        ("Price", true, prices(asked, facets), None),
        ("Brand", false, brands(shop, asked, facets), None),
        ("Good to know", true, labels(asked, facets), None),
        ("Allergens", false, without(asked, facets), Some(NOT_A_PROMISE)),
    ]
    .into_iter()
    .map(|(name, open, options, note)| group(name, open, options, note))
    .filter(|g| g.options.len() > 1 || g.options.iter().any(|o| o.on))
    .collect()
}

const NOT_A_PROMISE: &str = "Not listed is not a promise that there is none. Read the pack.";
/// Kinds and allergens that are shown; more would hide the rest.
const MOST_KINDS: usize = 12;
const MOST_ALLERGENS: usize = 8;

fn choice(asked: &Asked, param: &'static str, value: String, name: String, count: u32) -> Choice {
    let on = asked.has(param, &value);
    Choice { param, value, name, count, on }
}

fn departments(tree: &Tree, asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let known = facets.departments.iter().filter_map(|(id, n)| tree.department_by_id(*id).map(|d| (d, *n)));
    known.map(|(d, n)| choice(asked, "department", d.slug.clone(), d.name.clone(), n)).collect()
}

fn kinds(tree: &Tree, asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let known = facets.categories.iter().filter_map(|(id, n)| tree.category(*id).map(|(d, c)| (d, c, *n)));
    known
        .take(MOST_KINDS)
        .map(|(d, c, n)| choice(asked, "category", category_value(&d.slug, &c.slug), c.name.clone(), n))
        .collect()
}

fn prices(asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let bands = PRICES.iter().zip(facets.price);
    bands
        .map(|((value, name, _), n)| choice(asked, "price", (*value).to_owned(), (*name).to_owned(), n))
        .collect()
}

fn brands(shop: &Shop, asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let ids: Vec<u16> = facets.brands.iter().map(|(id, _)| *id).collect();
    let names = shop.shelf.brand_names(&ids).into_iter().zip(&facets.brands);
    names
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, (_, n))| choice(asked, "brand", name.clone(), name, *n))
        .collect()
}

fn labels(asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let claims = LABELS.iter().zip(facets.labels);
    claims
        .map(|((value, name), n)| choice(asked, "label", (*value).to_owned(), (*name).to_owned(), n))
        .chain([
            choice(asked, "offer", "1".into(), "On offer".into(), facets.on_offer),
            choice(asked, "stock", "1".into(), "In stock".into(), facets.in_stock),
        ])
        .collect()
}

fn without(asked: &Asked, facets: &Facets) -> Vec<Choice> {
    let allergens = ALLERGENS.iter().zip(facets.without).take(MOST_ALLERGENS);
    allergens
        .map(|(a, n)| choice(asked, "without", a.name.to_owned(), format!("No {} listed", a.name), n))
        .collect()
}

fn group(name: &'static str, open: bool, options: Vec<Choice>, note: Option<&'static str>) -> Group {
    let options: Vec<Choice> = options.into_iter().filter(|o| o.count > 0 || o.on).collect();
    let open = open || options.iter().any(|o| o.on);
    Group { name, open, options, note }
}

/// The choices made, each with the address without it.
pub(in crate::storefront) fn chosen(groups: &[Group], asked: &Asked, path: &str) -> Vec<Chip> {
    groups
        .iter()
        .flat_map(|g| &g.options)
        .filter(|o| o.on)
        .map(|o| Chip {
            name: o.name.clone(),
            href: asked.without(o.param, &o.value).address(path),
            on: true,
        })
        .collect()
}
