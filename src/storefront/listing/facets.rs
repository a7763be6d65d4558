//! The filters beside a list, each option with how many products it would leave.

use super::asked::{Asked, PRICES, category_value};
use super::{Chip, Scope};
use crate::catalog::browse::Answer;
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
    let choice = |param: &'static str, value: String, name: String, count: u32| {
        let on = asked.has(param, &value);
        Choice { param, value, name, count, on }
    };
    let departments = facets
        .departments
        .iter()
        .filter(|_| scope.department.is_none())
        .filter_map(|(id, n)| tree.department_by_id(*id).map(|d| (d, *n)))
        .map(|(d, n)| choice("department", d.slug.clone(), d.name.clone(), n))
        .collect();
    let kinds = facets
        .categories
        .iter()
        .filter(|_| scope.category.is_none())
        .take(12)
        .filter_map(|(id, n)| tree.category(*id).map(|(d, c)| (d, c, *n)))
        .map(|(d, c, n)| choice("category", category_value(&d.slug, &c.slug), c.name.clone(), n))
        .collect();
    let prices = PRICES
        .iter()
        .zip(facets.price)
        .map(|((value, name, _), n)| choice("price", (*value).to_owned(), (*name).to_owned(), n))
        .collect();
    let brand_ids: Vec<u16> = facets.brands.iter().map(|(id, _)| *id).collect();
    let brands = shop
        .shelf
        .brand_names(&brand_ids)
        .into_iter()
        .zip(&facets.brands)
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, (_, n))| choice("brand", name.clone(), name, *n))
        .collect();
    let labels = LABELS
        .iter()
        .zip(facets.labels)
        .map(|((value, name), n)| choice("label", (*value).to_owned(), (*name).to_owned(), n))
        .chain([
            choice("offer", "1".into(), "On offer".into(), facets.on_offer),
            choice("stock", "1".into(), "In stock".into(), facets.in_stock),
        ])
        .collect();
    let without = ALLERGENS
        .iter()
        .zip(facets.without)
        .take(8)
        .map(|(a, n)| choice("without", a.name.to_owned(), format!("No {} listed", a.name), n))
        .collect();
    [
        ("Department", true, departments, None),
        ("Kind", true, kinds, None),
        ("Price", true, prices, None),
        ("Brand", false, brands, None),
        ("Good to know", true, labels, None),
        ("Allergens", false, without, Some("Not listed is not a promise that there is none. Read the pack.")),
    ]
    .into_iter()
    .map(|(name, open, options, note)| group(name, open, options, note))
    .filter(|g| g.options.len() > 1 || g.options.iter().any(|o| o.on))
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
