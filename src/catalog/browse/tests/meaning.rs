//! What is offered where nothing was found.

use super::*;

#[test]
fn near_words_are_offered_but_never_looked_for() {
    let index = shop(&["Whole Milk", "Green Tea", "Bananas", "Pistachio Nuts", "Crème Fraîche", "Tofu"]);
    for (typed, meant) in [
        ("mlik", &["milk"][..]),
        ("tee", &["tea"]),
        ("bnaanan", &["bananas"]),
        ("pisstacioh", &["pistachio"]),
        ("pistou", &["pistachio"]),
        ("mlik tee", &["milk", "tea"]),
        ("xyzzyq", &[]),
        ("xq", &[]),
        ("4711", &[]),
    ] {
        let answer = search(&index, typed);
        assert_eq!(answer.total, 0, "{typed}");
        assert_eq!(answer.meant, meant, "{typed}");
    }
    assert!(search(&index, "cremr").meant.is_empty(), "a slip was forgiven");
}

#[test]
fn at_most_three_are_offered_the_nearest_and_commonest_first() {
    let index = shop(&["Malk", "Mild", "Milk", "Milk Bar", "Silk", "Bulk"]);
    assert_eq!(search(&index, "mulk").meant, ["milk", "malk", "bulk"]);
}

#[test]
fn nothing_is_offered_that_is_not_on_sale_or_where_a_filter_hides_what_was_found() {
    let mut index = shop(&["Milk", "Rye Bread"]);
    let filter = Filter { on_offer: true, ..Filter::default() };
    let hidden = index.browse(&Ask { text: "milk".to_owned(), filter, limit: 9, ..Ask::default() });
    assert_eq!((hidden.total, hidden.meant.len()), (0, 0));
    index.remove(1);
    assert!(search(&index, "mlik").meant.is_empty());
}
