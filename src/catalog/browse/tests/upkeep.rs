//! Products that change, go and come back.

use super::*;
use std::collections::HashSet;

#[test]
fn a_replaced_product_is_found_by_its_new_words_only() {
    let mut index = shop(&["Oat Milk", "Rye Bread"]);
    index.put(&Entry { price_cents: 999, ..product(1, "Soy Drink") });
    assert_eq!(found(&index, "soy"), [1]);
    assert!(found(&index, "oat").is_empty());
    assert_eq!(index.len(), 2);
}

#[test]
fn a_new_price_takes_effect_without_new_words() {
    let mut index = shop(&["Oat Milk", "Rye Bread"]);
    index.put(&Entry { price_cents: 1, in_stock: false, ..product(2, "Rye Bread") });
    let cheapest = index.browse(&Ask { sort: Sort::PriceUp, limit: 9, ..Ask::default() });
    assert_eq!((cheapest.ids, cheapest.facets.in_stock), (vec![2, 1], 1));
    assert_eq!(found(&index, "rye"), [2]);
}

#[test]
fn a_removed_product_never_shows_and_its_words_are_unknown() {
    let mut index = shop(&["Oat Milk", "Rye Bread", "Bread", "Toast", "Breat"]);
    index.remove(5);
    index.remove(5);
    index.remove(99);
    assert_eq!(index.len(), 4);
    assert_eq!(search(&index, "breat").corrected, [("breat".to_owned(), "bread".to_owned())]);
    index.put(&product(5, "Breat"));
    assert_eq!(found(&index, "breat"), [5], "it may come back");
}

#[test]
fn after_many_changes_the_index_is_as_if_built_anew() {
    let mut dice = Dice(11);
    let mut changed = Index::new();
    let mut shop: Vec<Option<Entry<'_>>> = vec![None; 120];
    for _ in 0..4000 {
        let id = usize::from(dice.number(120));
        shop[id] = (dice.number(3) > 0).then(|| random_product(&mut dice, id as i64 - 60));
        match &shop[id] {
            Some(entry) => changed.put(entry),
            None => changed.remove(id as i64 - 60),
        }
    }
    let mut anew = Index::new();
    shop.iter().flatten().for_each(|entry| anew.put(entry));
    assert_eq!(changed.len(), anew.len());
    for text in ["", "oat", "milk choc", "bread", "cooky", "oliv oil", "brade", "milk bread"] {
        let (a, b) = (search(&changed, text), search(&anew, text));
        assert_eq!((a.ids, a.corrected, a.total), (b.ids, b.corrected, b.total), "{text}");
    }
}

#[test]
fn offers_are_exactly_the_given_ones() {
    let mut index = shop(&["Oat Milk", "Rye Bread", "Toast"]);
    index.set_on_offer(&HashSet::from([1, 2]));
    index.set_on_offer(&HashSet::from([2, 3, 77]));
    let filter = Filter { on_offer: true, ..Filter::default() };
    assert_eq!(index.browse(&Ask { filter, limit: 9, ..Ask::default() }).ids, [2, 3]);
}

#[test]
fn a_brand_is_one_brand_however_it_is_written() {
    let mut index = Index::new();
    index.put(&Entry { brand: "Häagen-Dazs", ..product(1, "Vanilla") });
    index.put(&Entry { brand: "HAAGEN DAZS", ..product(2, "Caramel") });
    let brand = index.brand_named("haagen-dazs").expect("a brand");
    assert_eq!(index.brand_name(brand), "Häagen-Dazs");
    assert_eq!(found(&index, "haagen dazs"), [1, 2]);
    assert_eq!((index.brand_named("other"), index.brand_named(""), index.brand_name(999)), (None, None, ""));
}

#[test]
fn the_index_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Index::new());
}
