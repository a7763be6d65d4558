//! Folding, and texts nobody expected.

use super::super::text::{asked_words, fold, name_rank, words};
use super::*;

#[test]
fn singular_and_plural_fold_to_the_same() {
    let pairs = [
        ("berry", "berries"),
        ("tomato", "tomatoes"),
        ("box", "boxes"),
        ("egg", "eggs"),
        ("cookie", "cookies"),
        ("peach", "peaches"),
        ("quiche", "quiches"),
        ("glass", "glasses"),
        ("pie", "pies"),
        ("whisky", "whiskies"),
    ];
    for (one, many) in pairs {
        assert_eq!(fold(one), fold(many), "{one}");
    }
}

#[test]
fn words_that_only_look_like_plurals_stay() {
    for word in ["glass", "houmous", "couscous", "asparagus", "maris", "bus", "500s"] {
        assert_eq!(fold(word), word);
    }
    assert_ne!(fold("pea"), fold("peach"));
}

#[test]
fn marks_apostrophes_and_special_letters_do_not_matter() {
    let plain = |text: &str| words(text).iter().map(|w| w.plain.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(plain("Crème  Fraîche"), "creme fraiche");
    assert_eq!(plain("cre\u{300}me"), "creme");
    assert_eq!(plain("Kellogg’s Weißwurst/Smørrebrød 500 g"), "kelloggs weisswurst smorrebrod 500 g");
    assert_eq!(plain("İÇLİ ½"), "icli 1 2");
}

#[test]
fn a_question_is_cut_and_stop_words_count_only_alone() {
    assert_eq!(asked_words(&"ab cd efg ".repeat(100)).len(), 3);
    assert_eq!(asked_words(&"x".repeat(1000))[0].plain.len(), 100);
    let many: String = ('a'..='z').flat_map(|c| [c, c, ' ']).collect();
    assert_eq!(asked_words(&many).len(), 8);
    assert_eq!(asked_words("the").len(), 1);
    assert_eq!(asked_words("mac and the cheese").len(), 2);
}

#[test]
fn names_sort_by_their_first_24_letters() {
    let names =
        ["", "7 up", "apple", "apple pie", "apples", "baby carrots organic", "baby carrots peeled", "жито"];
    let ranks: Vec<_> = names.iter().map(|name| name_rank(&words(name))).collect();
    assert!(ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn no_text_whatever_makes_it_panic() {
    let mut dice = Dice(5);
    let mut index = with_synonyms(shop(&NAMES), &[("milk", "white gold"), ("white gold", "milk")]);
    for id in 0..3000 {
        let text: String = (0..dice.below(30)).map(|_| random_char(&mut dice)).collect();
        let entry = Entry { kind: &text, brand: &text, category_name: &text, ..product(id % 40, &text) };
        index.put(&entry);
        index.suggest(&text, usize::MAX);
        let limit = if id % 2 == 0 { 0 } else { usize::MAX };
        let after = text.parse().ok();
        index.browse(&Ask { text, limit, after, ..Ask::default() });
    }
    assert_eq!(search(&index, "???").total, 0);
    assert_eq!(search(&index, "  ").total, index.len());
}

/// Half of the time something that words and keys are made of, else anything.
fn random_char(dice: &mut Dice) -> char {
    const USUAL: [char; 16] =
        ['a', 'e', 's', 'y', 'b', '-', '0', ' ', '\'', 'é', '\u{301}', '½', 'ß', 'İ', '\u{fdfa}', '\0'];
    let any = u32::try_from(dice.below(0x11_0000)).ok().and_then(char::from_u32);
    if dice.below(2) == 0 { USUAL[usize::from(dice.number(16))] } else { any.unwrap_or('💥') }
}
