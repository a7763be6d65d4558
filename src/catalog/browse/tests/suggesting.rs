//! Suggestions while typing.

use super::*;

#[test]
fn the_last_word_is_completed_to_what_most_products_have() {
    let index =
        shop(&["Oat Milk", "Oat Milkshake", "Oat Milkshake Vanilla", "Whole Milk", "Minced Beef", "Mi"]);
    assert_eq!(index.suggest("oat mi", 5).completions, ["oat milkshake", "oat milk"]);
    assert_eq!(index.suggest("oat milk", 5).completions, ["oat milkshake"], "not what is there already");
    assert!(index.suggest("", 5).completions.is_empty());
}

#[test]
fn completions_are_written_as_the_shop_writes_them() {
    let index = shop(&["Crème Fraîche", "Free Range Eggs", "Large Eggs", "Egg"]);
    assert_eq!(index.suggest("cre", 5).completions, ["crème"]);
    assert_eq!(index.suggest("eg", 5).completions, ["eggs"]);
}

#[test]
fn matching_categories_and_the_best_products_are_offered() {
    let mut index = Index::new();
    for (id, category, name) in [(1, 7, "Breakfast Cereals"), (2, 8, "Cereal Bars"), (3, 9, "Wine")] {
        index.put(&Entry { category, category_name: name, ..product(id, "Crunchy Thing") });
    }
    assert_eq!(index.suggest("cereal", 5).categories, [7, 8]);
    assert_eq!(index.suggest("cer ba", 5).categories, [8]);
    assert_eq!(index.suggest("crunchy", 2).products, [1, 2]);
    assert_eq!(index.suggest("crunchy xylophone", 2), Suggestions::default());
    index.remove(1);
    assert_eq!(index.suggest("cereal", 5).categories, [8], "nothing is left in the other");
}
