//! Shopify's product export: a row per variant or picture, of which the first of a
//! product carries what its variants share.

use super::fields::{Row, thousandths};
use super::ours::{USUAL_VAT, is_https};
use super::plain::plain_text;
use super::product::{NEUTRAL_PICTURE, NewProduct};
use super::size::Size;
use crate::catalog::LABELS;
use crate::ids::{Sku, slugify};
use crate::money::Money;

pub(super) const NEEDED: [&str; 3] = ["handle", "title", "variant price"];

/// Each with the name that newer exports use.
pub(super) const COLUMNS: [(&str, &[&str]); 18] = [
    ("handle", &["url handle"]),
    ("title", &[]),
    ("body (html)", &["description"]),
    ("vendor", &[]),
    ("product category", &[]),
    ("type", &[]),
    ("tags", &[]),
    ("published", &["published on online store"]),
    ("status", &[]),
    ("option1 value", &[]),
    ("option2 value", &[]),
    ("option3 value", &[]),
    ("variant sku", &["sku"]),
    ("variant grams", &["weight value (grams)"]),
    ("variant inventory qty", &["inventory quantity"]),
    ("variant price", &["price"]),
    ("image src", &["product image url"]),
    ("variant image", &["variant image url"]),
];

const GRAMS: &[&str] = &["variant grams"];
const PICTURES: &[&str] = &["image src", "variant image"];

/// Which columns of `products` follow from which of the file's. Of tax, allergens and
/// the like the export says nothing, so what we know of them stays.
pub(super) const SPEAKS_OF: &[(&str, &[&str])] = &[
    ("name", &[]),
    ("category_id", &[]),
    ("kind", &[]),
    ("price_cents", &[]),
    ("brand", &["vendor"]),
    ("size_text", GRAMS),
    ("size_amount", GRAMS),
    ("size_unit", GRAMS),
    ("description", &["body (html)"]),
    ("picture", PICTURES),
    ("picture_fit", PICTURES),
    ("labels", &["tags"]),
    ("withdrawn_at", &["published", "status"]),
];

/// What the variants of a product share.
#[derive(Debug, Default)]
pub(super) struct Parent {
    handle: String,
    title: String,
    variants: usize,
    /// Brand, department, description and so on, as its variants have them.
    shared: NewProduct,
    /// What is wrong with it, told with each of its variants.
    wrong: Option<String>,
}

/// The product of a row, or nothing where the row only has one more picture. Whether it
/// is any good, the row's verdict tells.
pub(super) fn read(row: &mut Row<'_>, parent: &mut Option<Box<Parent>>) -> Option<NewProduct> {
    if !row.cell("title").is_empty() {
        *parent = Some(Box::new(begin(row)));
    } else if !continues(row, parent.as_deref()) {
        row.mistake("title", "missing, and the row does not continue the product above; repeat its Handle");
        return None;
    } else if row.cell("variant price").is_empty() && row.cell("variant sku").is_empty() {
        return None;
    }
    let parent = parent.as_mut()?;
    if let (Some(wrong), None) = (&parent.wrong, row.verdict()) {
        row.mistake("title", format_args!("the product it belongs to will not do ({wrong})"));
    }
    parent.variants += 1;
    Some(variant(row, parent))
}

fn continues(row: &Row<'_>, parent: Option<&Parent>) -> bool {
    parent.is_some_and(
        |parent| matches!(row.cell("handle"), handle if handle.is_empty() || handle == parent.handle),
    )
}

fn begin(row: &mut Row<'_>) -> Parent {
    let title = row.needed("title", 120);
    let (department, category, kind) = shelf(row);
    let (picture, picture_fit) = picture(row.cell("image src"));
    let shared = NewProduct {
        brand: row.text("vendor", 60),
        department,
        category,
        kind,
        description: plain_text(row.cell("body (html)"), 2000),
        picture,
        picture_fit,
        labels: labels(row.cell("tags")),
        withdrawn: is_withdrawn(row),
        vat_percent: USUAL_VAT,
        storage: "ambient",
        sold_by: "each",
        ..NewProduct::default()
    };
    Parent { handle: row.cell("handle").to_owned(), title, variants: 0, shared, wrong: row.verdict() }
}

/// Department, category and kind, from `Food > Bakery > Bread` and the type.
fn shelf(row: &mut Row<'_>) -> (String, String, String) {
    let path = row.cell("product category");
    let parts: Vec<&str> = path.split('>').map(str::trim).filter(|part| !part.is_empty()).collect();
    let kind = row.text("type", 60);
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let department = parts.first().map_or_else(|| or(&kind, "More"), |part| (*part).to_owned());
    let category = match parts.as_slice() {
        [_, .., last] => (*last).to_owned(),
        [] | [_] => or(&kind, &department),
    };
    let kind = or(&kind, &category);
    let column = if parts.is_empty() { "type" } else { "product category" };
    (row.bounded(column, department, 60), row.bounded(column, category, 60), kind)
}

fn picture(address: &str) -> (String, &'static str) {
    if is_https(address) { (address.to_owned(), "pack") } else { (NEUTRAL_PICTURE.to_owned(), "fresh") }
}

/// Of a shop's own tags, those that our filters know.
fn labels(tags: &str) -> String {
    let has = |name: &str| tags.split(',').any(|tag| tag.trim().eq_ignore_ascii_case(name));
    let known: Vec<&str> = LABELS.iter().map(|(name, _)| *name).filter(|name| has(name)).collect();
    known.join(";")
}

fn is_withdrawn(row: &mut Row<'_>) -> bool {
    let published = row.word("published", &["true", "false"]) == "true";
    let status = row.word("status", &["active", "draft", "archived", "unlisted"]);
    !published || matches!(status, "draft" | "archived" | "unlisted")
}

fn variant(row: &mut Row<'_>, parent: &Parent) -> NewProduct {
    let mut name = parent.title.clone();
    for option in ["option1 value", "option2 value", "option3 value"] {
        let value = row.text(option, 120);
        if !value.is_empty() && value != "Default Title" {
            name = format!("{name} {value}");
        }
    }
    let size = size(row);
    let mut product = NewProduct {
        sku: sku(row, parent),
        name: row.bounded("title", name, 120),
        price_cents: row.price("variant price").map_or(0, Money::cents),
        size_text: size.text,
        size_amount: size.amount,
        size_unit: size.unit,
        stock: stock(row),
        ..parent.shared.clone()
    };
    if is_https(row.cell("variant image")) {
        (product.picture, product.picture_fit) = picture(row.cell("variant image"));
    }
    product
}

/// The variant's own number, or one made from the handle, the same in each export.
fn sku(row: &mut Row<'_>, parent: &Parent) -> String {
    // Exports guard numbers from spreadsheets with an apostrophe.
    let given = row.cell("variant sku").trim_start_matches('\'').to_owned();
    if given.is_empty() {
        return from_handle(&parent.handle, parent.variants);
    }
    match Sku::try_from(given) {
        Ok(sku) => sku.to_string(),
        Err(why) => {
            row.no_good("variant sku", format_args!("will not do; {why}"));
            String::new()
        }
    }
}

fn from_handle(handle: &str, variant: usize) -> String {
    let plain = slugify(handle);
    let end = format!("-{variant}");
    if plain == handle && plain.len() + end.len() <= 40 {
        return plain + &end;
    }
    let end = format!("-{:08x}{end}", crc32fast::hash(handle.as_bytes()));
    let begin: String = plain.chars().take(40 - end.len()).collect();
    (begin + &end).trim_start_matches('-').to_owned()
}

fn size(row: &mut Row<'_>) -> Size {
    let cell = row.cell("variant grams");
    let grams = if cell.is_empty() { Some(0) } else { thousandths(cell).map(|n| (n + 500) / 1000) };
    match grams {
        Some(0) => Size { text: "each".into(), amount: 1, unit: "each" },
        Some(grams) if (1..=1_000_000).contains(&grams) => Size::of_grams(grams),
        _ => {
            row.no_good("variant grams", "is no weight; write grams like 500");
            Size::of_grams(1)
        }
    }
}

/// Units on hand. Shopify goes below nothing when more was sold than there was.
fn stock(row: &mut Row<'_>) -> Option<i64> {
    row.whole("variant inventory qty", -1_000_000..=1_000_000).map(|n| n.max(0))
}

#[cfg(test)]
mod tests;
