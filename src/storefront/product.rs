//! A product's page.

use super::card::{Card, back_words, offer_words};
use super::layout::{Layout, breadcrumbs, json_ld, upper_first};
use super::parts::{Step, Tell};
use super::shop::Shop;
use super::visit::Visit;
use crate::catalog::{self, ALLERGENS, Availability, Details, Item, LABELS, SizeUnit};
use crate::clock;
use crate::error::AppError;
use crate::ids::Slug;
use crate::journeys::Kind;
use crate::web::{Marked, Piece, Sheet, assets, hole, render};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "shop/product.html")]
struct ProductPage {
    layout: Layout,
    crumbs: Vec<(String, String)>,
    sku: String,
    name: String,
    brand: String,
    size: String,
    picture: String,
    fresh: bool,
    price: String,
    was: Option<String>,
    unit: String,
    tax: String,
    weighed: Option<Weighed>,
    offer: Option<String>,
    offer_ends: Option<String>,
    labels: Vec<&'static str>,
    age: Option<String>,
    age_words: Option<String>,
    sold_out: bool,
    stock: String,
    /// How one hears that it is back; one press for those who are signed in.
    tell: Marked,
    when: Marked,
    step: Marked,
    description: String,
    storage: &'static str,
    ingredients: Vec<(String, bool)>,
    allergens: String,
    nutrition: Vec<(&'static str, String, bool)>,
    per: &'static str,
    demo: bool,
    similar: Marked,
    /// Price and button at the thumb; once it is in the basket, the basket's own.
    bar: Marked,
}

/// What stands beside the price of something that is weighed.
struct Weighed {
    per_kg: String,
    about: String,
    most: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    slug: Path<Slug>,
) -> Result<HttpResponse, AppError> {
    let slug = slug.into_inner();
    let address = format!("/p/{}", slug.as_ref());
    // Coming back from the page's own button is not another look.
    if visit.notice.is_none() {
        shop.step(&visit, Kind::ProductSeen, json!({"product": slug.as_ref()}));
    }
    let make = {
        let shop = shop.clone();
        move |conn: &mut PgConnection| -> Result<Sheet, AppError> {
            let now = shop.app.clock.now();
            // The index is no witness while word of changes does not arrive.
            let deaf = shop.pages.epoch().is_none();
            let may_be_on_offer = |id| deaf || shop.shelf.may_be_on_offer(id);
            let (item, details) = catalog::by_slug(conn, &slug, now, may_be_on_offer)?;
            let similar = shop.alike.to(conn, &item.article, &details.kind, now)?;
            let (page, top) = page(&shop, &item, &details, similar.html);
            let pieces: Vec<Piece> = [top].into_iter().chain(similar.piece).collect();
            Ok(Sheet::joined(&render(&page)?, &pieces))
        }
    };
    shop.page_of(&request, &visit, &address, make).await
}

/// The page, and the piece at its top.
fn page(shop: &Shop, item: &Item, details: &Details, similar: Marked) -> (ProductPage, Piece) {
    let article = &item.article;
    let card = Card::new(item);
    let crumbs = crumbs(shop, item);
    let (sold_out, stock) = stock_words(item);
    let (layout, top) = layout(shop, item, details, &crumbs);
    let bar = if sold_out { layout.bar.clone() } else { add_bar(item) };
    let page = ProductPage {
        layout,
        bar,
        crumbs,
        sku: article.sku.clone(),
        name: article.name.clone(),
        brand: article.brand.clone(),
        size: upper_first(&article.size_label()),
        picture: card.picture,
        fresh: card.fresh,
        price: card.price,
        was: card.was,
        unit: card.unit,
        tax: tax_words(article.vat_percent),
        weighed: weighed(item),
        offer: offer_words(item),
        offer_ends: offer_ends(shop, item),
        labels: labels(&details.labels),
        age: (article.minimum_age > 0).then(|| format!("Over {}s only", article.minimum_age)),
        age_words: (article.minimum_age > 0).then(|| {
            format!("Sold only to people of {} or more. We check at the door.", article.minimum_age)
        }),
        sold_out,
        stock,
        tell: hole(&format!("tell:{}", article.sku), &tell(item)),
        when: hole("when", ""),
        step: hole(&format!("step:{}", article.id), &add_button(item)),
        description: details.description.clone(),
        storage: details.storage.advice(),
        ingredients: catalog::emphasised(&details.ingredients, &details.allergens)
            .into_iter()
            .map(|(run, bold)| (run.to_owned(), bold))
            .collect(),
        allergens: allergens(&details.allergens),
        nutrition: nutrition(&details.nutrition),
        per: if article.size_unit == SizeUnit::Millilitre { "ml" } else { "g" },
        demo: details.demo,
        similar,
    };
    (page, top)
}

#[derive(Template)]
#[template(path = "parts/add_bar.html")]
struct AddBar {
    sku: String,
    price: String,
    fine: String,
}

fn add_bar(item: &Item) -> Marked {
    let article = &item.article;
    let fine = if article.is_weighed() {
        format!("{}, at most {}", article.size_label(), item.most())
    } else {
        article.size_label()
    };
    let bar = AddBar { sku: article.sku.clone(), price: item.unit_price().to_string(), fine };
    hole(&format!("addbar:{}", article.id), &render(&bar).unwrap_or_default())
}

fn add_button(item: &Item) -> String {
    Step::new(item, 0).with_words(format!("Add to basket, {}", item.unit_price())).html()
}

fn tell(item: &Item) -> String {
    Tell { sku: &item.article.sku, asks: true, ..Tell::default() }.html()
}

fn stock_words(item: &Item) -> (bool, String) {
    match item.availability() {
        Availability::Plenty => (false, "In stock".into()),
        Availability::Few(1) => (false, "In stock, only 1 left".into()),
        Availability::Few(n) => (false, format!("In stock, only {n} left")),
        Availability::SoldOut { back_on } => (true, back_words(back_on)),
    }
}

fn weighed(item: &Item) -> Option<Weighed> {
    let per_kg = item.per_kg()?;
    Some(Weighed {
        per_kg: per_kg.to_string(),
        about: upper_first(&item.article.size_label()),
        most: item.most().to_string(),
    })
}

fn tax_words(percent: i32) -> String {
    if percent == 0 { "No VAT on this product".to_owned() } else { format!("{percent} % VAT included") }
}

fn offer_ends(shop: &Shop, item: &Item) -> Option<String> {
    let offer = item.offer.as_ref()?;
    // The last day on which it holds is the one before a midnight end.
    let last = offer.ends_at - chrono::Duration::seconds(1);
    Some(format!("{}, until {}", offer.label, clock::day_label(shop.app.config.shop.zone, last)))
}

fn labels(list: &str) -> Vec<&'static str> {
    LABELS
        .iter()
        .filter(|(name, _)| list.split(';').any(|l| l.trim() == *name))
        .map(|(_, words)| *words)
        .collect()
}

fn allergens(list: &str) -> String {
    let bits = catalog::listed(list);
    let names: Vec<&str> =
        ALLERGENS.iter().enumerate().filter(|(i, _)| bits & 1 << i != 0).map(|(_, a)| a.name).collect();
    names.join(", ")
}

/// The table in the order the law wants (EU 1169/2011, annex XV); energy in both units.
fn nutrition(facts: &Value) -> Vec<(&'static str, String, bool)> {
    const ROWS: [(&str, &str, bool); 7] = [
        ("fat_g", "Fat", false),
        ("saturates_g", "of which saturates", true),
        ("carbs_g", "Carbohydrate", false),
        ("sugars_g", "of which sugars", true),
        ("fibre_g", "Fibre", false),
        ("protein_g", "Protein", false),
        ("salt_g", "Salt", false),
    ];
    let number = |key: &str| {
        let value = facts.get(key)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    };
    let energy =
        number("kcal").map(|kcal| ("Energy", format!("{:.0} kJ / {kcal:.0} kcal", kcal * 4.184), false));
    let rows = ROWS.iter().filter_map(|(key, name, sub)| {
        let grams = number(key)?;
        let digits = if *key == "salt_g" { 2 } else { 1 };
        Some((*name, format!("{grams:.digits$} g"), *sub))
    });
    energy.into_iter().chain(rows).collect()
}

fn crumbs(shop: &Shop, item: &Item) -> Vec<(String, String)> {
    let tree = shop.shelf.tree();
    let mut crumbs = vec![("Home".to_owned(), "/".to_owned())];
    if let Some((d, c)) = u16::try_from(item.article.category_id).ok().and_then(|id| tree.category(id)) {
        crumbs.push((d.name.clone(), format!("/d/{}", d.slug)));
        crumbs.push((c.name.clone(), format!("/d/{}/{}", d.slug, c.slug)));
    }
    crumbs
}

fn layout(shop: &Shop, item: &Item, details: &Details, crumbs: &[(String, String)]) -> (Layout, Piece) {
    let article = &item.article;
    let path = format!("/p/{}", article.slug);
    let title = format!("{}, {} · SmartShop", article.name, article.size_label());
    let mut head = shop.head(&title, &details.description, &path);
    let picture = assets::picture(&article.picture);
    let address = if picture.starts_with("https://") { picture.into_owned() } else { shop.whole(&picture) };
    // Those who show a shared page take no drawings; the shop's own picture stands for them.
    if !address.ends_with(".svg") {
        head.picture.clone_from(&address);
    }
    let all: Vec<(String, String)> =
        crumbs.iter().map(|(name, path)| (name.clone(), shop.whole(path))).collect();
    head.json_ld = json_ld(&json!([structured(shop, item, details, &address), breadcrumbs(&all)]));
    let department = u16::try_from(article.category_id)
        .ok()
        .and_then(|id| shop.shelf.tree().category(id).map(|(d, _)| d.id));
    Layout::joined(shop, head, department)
}

fn structured(shop: &Shop, item: &Item, details: &Details, picture: &str) -> Value {
    let article = &item.article;
    let state =
        if item.available() > 0 { "https://schema.org/InStock" } else { "https://schema.org/OutOfStock" };
    json!({
        "@context": "https://schema.org", "@type": "Product", "name": article.name, "sku": article.sku,
        "brand": {"@type": "Brand", "name": article.brand}, "description": details.description, "image": picture,
        "offers": {
            "@type": "Offer", "price": item.unit_price().plain(), "priceCurrency": "EUR", "availability": state,
            "url": shop.whole(&format!("/p/{}", article.slug))
        }
    })
}
