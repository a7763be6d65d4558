//! Our own columns, one row a product.

use super::fields::Row;
use super::product::{NEUTRAL_PICTURE, NewProduct};
use super::size::Size;
use crate::ids::Sku;
use crate::money::Money;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

pub(super) const NEEDED: [&str; 5] = ["sku", "name", "price", "department", "category"];

/// `currency` is only checked; `unit_price` is reckoned elsewhere and not read at all.
pub(super) const COLUMNS: [(&str, &[&str]); 35] = [
    ("sku", &[]),
    ("name", &[]),
    ("brand", &[]),
    ("department", &[]),
    ("category", &[]),
    ("subcategory", &[]),
    ("price", &[]),
    ("currency", &[]),
    ("size", &[]),
    ("size_value", &[]),
    ("size_unit", &[]),
    ("description", &[]),
    ("image", &[]),
    ("icon", &[]),
    ("ingredients", &[]),
    ("allergens", &[]),
    ("kcal", &[]),
    ("protein_g", &[]),
    ("carbs_g", &[]),
    ("sugars_g", &[]),
    ("fat_g", &[]),
    ("saturates_g", &[]),
    ("fibre_g", &[]),
    ("salt_g", &[]),
    ("vat_rate", &[]),
    ("age_restricted", &[]),
    ("storage", &[]),
    ("sold_by", &[]),
    ("price_per_kg", &[]),
    ("over_percent", &[]),
    ("labels", &[]),
    ("picture", &[]),
    ("stock", &[]),
    ("back_on", &[]),
    ("popularity", &[]),
];

const NUTRIENTS: [&str; 8] =
    ["kcal", "protein_g", "carbs_g", "sugars_g", "fat_g", "saturates_g", "fibre_g", "salt_g"];
const SIZES: &[&str] = &["size", "size_value", "size_unit"];
const PICTURES: &[&str] = &["image", "icon", "picture"];

/// Which columns of `products` follow from which of the file's; always, where none is named.
pub(super) const SPEAKS_OF: &[(&str, &[&str])] = &[
    ("name", &[]),
    ("category_id", &[]),
    ("price_cents", &[]),
    ("brand", &["brand"]),
    ("kind", &["subcategory"]),
    ("sold_by", &["sold_by"]),
    ("per_kg_cents", &["sold_by"]),
    ("over_percent", &["sold_by"]),
    ("size_text", SIZES),
    ("size_amount", SIZES),
    ("size_unit", SIZES),
    ("description", &["description"]),
    ("picture", PICTURES),
    ("picture_fit", PICTURES),
    ("ingredients", &["ingredients"]),
    ("allergens", &["allergens"]),
    ("nutrition", &NUTRIENTS),
    ("vat_percent", &["vat_rate"]),
    ("minimum_age", &["age_restricted"]),
    ("storage", &["storage"]),
    ("labels", &["labels"]),
    ("popularity", &["popularity"]),
];

/// The usual rate, in percent.
pub(super) const USUAL_VAT: i64 = 23;
const GROWN_UP: i64 = 18;
/// How far the weight may be above what was asked for, in percent, when the file does not say.
const USUAL_OVER: i64 = 10;

/// The product of a row. Whether it is any good, the row's verdict tells.
pub(super) fn read(row: &mut Row<'_>, today: NaiveDate) -> NewProduct {
    check_currency(row);
    let category = row.needed("category", 60);
    let kind = row.text("subcategory", 60);
    let (picture, picture_fit) = picture(row);
    let product = NewProduct {
        sku: sku(row),
        name: row.needed("name", 120),
        brand: row.text("brand", 60),
        department: row.needed("department", 60),
        kind: if kind.is_empty() { category.clone() } else { kind },
        category,
        price_cents: row.price("price").map_or(0, Money::cents),
        description: row.text("description", 2000),
        picture,
        picture_fit,
        ingredients: row.text("ingredients", 4000),
        allergens: row.list("allergens", 400),
        nutrition: nutrition(row),
        vat_percent: row.whole("vat_rate", 0..=50).unwrap_or(USUAL_VAT),
        minimum_age: if row.yes("age_restricted") { GROWN_UP } else { 0 },
        storage: row.word("storage", &["ambient", "chilled", "frozen", "fresh"]),
        labels: row.list("labels", 200),
        popularity: row.whole("popularity", 0..=1000).unwrap_or(0),
        stock: row.whole("stock", 0..=1_000_000),
        back_on: back_on(row, today),
        ..NewProduct::default()
    };
    sized_and_sold(row, product)
}

fn check_currency(row: &mut Row<'_>) {
    let currency = row.cell("currency");
    if !currency.is_empty() && !currency.eq_ignore_ascii_case("EUR") {
        row.no_good("currency", "is not our money; prices are in EUR");
    }
}

fn sku(row: &mut Row<'_>) -> String {
    if row.cell("sku").is_empty() {
        row.mistake("sku", "missing");
        return String::new();
    }
    match Sku::try_from(row.cell("sku").to_owned()) {
        Ok(sku) => sku.to_string(),
        Err(why) => {
            row.no_good("sku", format_args!("will not do; {why}"));
            String::new()
        }
    }
}

fn back_on(row: &mut Row<'_>, today: NaiveDate) -> Option<NaiveDate> {
    let days = row.whole("back_on", 0..=366)?;
    today.checked_add_days(Days::new(days.unsigned_abs()))
}

/// A pack's drawing, or the icon of a piece of fresh food.
fn picture(row: &mut Row<'_>) -> (String, &'static str) {
    let (image, icon) = (row.cell("image"), row.cell("icon"));
    if row.word("picture", &["pack", "icon"]) == "icon" {
        if !is_path(icon) || icon.contains('/') {
            row.no_good("icon", "is no icon; write a name such as red-apple");
        }
        return (format!("icons/{icon}.webp"), "fresh");
    }
    if image.is_empty() {
        return (NEUTRAL_PICTURE.into(), "fresh");
    }
    if !is_https(image) && !is_path(image) {
        row.no_good("image", "is no picture; write packs/S0001.svg or an address with https://");
    }
    (image.into(), "pack")
}

fn is_path(text: &str) -> bool {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
    plain && (1..=200).contains(&text.len()) && !text.starts_with('/') && !text.contains("..")
}

/// An address that may stand in a page as it is.
pub(super) fn is_https(text: &str) -> bool {
    let plain =
        text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'\\'));
    plain && text.len() <= 1000 && text.strip_prefix("https://").is_some_and(|host| !host.is_empty())
}

/// Of 100 g or 100 ml. Numbers stay text: `0.5` is what the label says.
fn nutrition(row: &mut Row<'_>) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::new();
    for nutrient in NUTRIENTS {
        let cell = row.cell(nutrient);
        if cell.is_empty() {
            continue;
        }
        match super::fields::thousandths(cell).filter(|n| (0..=10_000_000).contains(n)) {
            Some(n) => {
                let number = format!("{}.{:03}", n / 1000, n % 1000);
                facts.insert(nutrient, number.trim_end_matches('0').trim_end_matches('.').to_owned());
            }
            None => row.no_good(nutrient, "is not a number; write it like 0.5, or nothing"),
        }
    }
    facts
}

fn sized_and_sold(row: &mut Row<'_>, product: NewProduct) -> NewProduct {
    let size = Size::read(row);
    let weighed = row.word("sold_by", &["each", "weight"]) == "weight";
    let per_kg = if weighed { weighed_price(row, &size, product.price_cents) } else { None };
    let over = row.whole("over_percent", 0..=50).unwrap_or(USUAL_OVER);
    NewProduct {
        sold_by: if weighed { "weight" } else { "each" },
        per_kg_cents: per_kg.map(Money::cents),
        over_percent: weighed.then_some(over),
        size_text: size.text,
        size_amount: size.amount,
        size_unit: size.unit,
        ..product
    }
}

/// The price of a kilogram. The price of the estimated weight has to follow from it to
/// the cent, or the shelf and the till would disagree.
fn weighed_price(row: &mut Row<'_>, size: &Size, price_cents: i64) -> Option<Money> {
    if size.unit != "g" {
        row.mistake("size_unit", "what is sold by weight needs its estimated weight in g");
        return None;
    }
    let per_kg = row.price("price_per_kg")?;
    let expected = per_kg.times_ratio(size.amount, 1000);
    if price_cents != 0 && expected.cents() != price_cents {
        let (grams, per_kg, expected) = (size.amount, per_kg.plain(), expected.plain());
        row.no_good("price", format_args!("does not fit: {grams} g at {per_kg} a kg is {expected}"));
    }
    Some(per_kg)
}

#[cfg(test)]
mod tests;
