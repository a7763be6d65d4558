//! The fourteen allergens that the law wants named (EU 1169/2011, annex II).

/// One of the fourteen: how our lists call it, and the words it goes by in ingredients.
pub struct Allergen {
    pub name: &'static str,
    words: &'static [&'static str],
}

pub const ALLERGENS: [Allergen; 14] = [
    Allergen {
        name: "gluten",
        words: &["wheat", "barley", "rye", "oat", "oats", "spelt", "gluten", "semolina"],
    },
    Allergen {
        name: "milk",
        words: &[
            "milk",
            "cream",
            "butter",
            "cheese",
            "whey",
            "yogurt",
            "yoghurt",
            "buttermilk",
            "lactose",
            "casein",
        ],
    },
    Allergen { name: "egg", words: &["egg", "eggs"] },
    Allergen {
        name: "nuts",
        words: &[
            "almond",
            "almonds",
            "hazelnut",
            "hazelnuts",
            "walnut",
            "walnuts",
            "cashew",
            "cashews",
            "pecan",
            "pecans",
            "pistachio",
            "pistachios",
            "macadamia",
            "nut",
            "nuts",
        ],
    },
    Allergen { name: "peanuts", words: &["peanut", "peanuts"] },
    Allergen { name: "soya", words: &["soya", "soy", "soybean", "soybeans", "tofu"] },
    Allergen {
        name: "fish",
        words: &[
            "fish",
            "salmon",
            "cod",
            "haddock",
            "tuna",
            "anchovy",
            "anchovies",
            "sardines",
            "mackerel",
            "trout",
        ],
    },
    Allergen {
        name: "crustaceans",
        words: &["crustaceans", "prawn", "prawns", "crab", "lobster", "shrimp", "crayfish", "langoustine"],
    },
    Allergen {
        name: "molluscs",
        words: &[
            "molluscs", "mussel", "mussels", "squid", "oyster", "oysters", "scallop", "scallops", "clam",
            "clams", "octopus",
        ],
    },
    Allergen { name: "sulphites", words: &["sulphites", "sulphite", "sulphur"] },
    Allergen { name: "mustard", words: &["mustard"] },
    Allergen { name: "celery", words: &["celery", "celeriac"] },
    Allergen { name: "sesame", words: &["sesame", "tahini"] },
    Allergen { name: "lupin", words: &["lupin"] },
];

/// Which of the fourteen a product lists, as bits in the order of [`ALLERGENS`].
/// The list is as the catalogue has it: `gluten (wheat);milk`.
pub fn listed(list: &str) -> u16 {
    let lower = list.to_lowercase();
    ALLERGENS
        .iter()
        .enumerate()
        .filter(|(_, allergen)| lower.split(';').any(|entry| entry.trim().starts_with(allergen.name)))
        .fold(0, |bits, (i, _)| bits | 1 << i)
}

/// The ingredients cut into runs, each with whether it names an allergen and is to be set in bold.
/// A word counts when the product lists its allergen.
pub fn emphasised<'a>(ingredients: &'a str, list: &str) -> Vec<(&'a str, bool)> {
    let bits = listed(list);
    let strong = |word: &str| {
        let word = word.to_lowercase();
        ALLERGENS.iter().enumerate().any(|(i, a)| bits & 1 << i != 0 && a.words.contains(&word.as_str()))
    };
    let mut runs: Vec<(&str, bool)> = Vec::new();
    let (mut start, mut rest) = (0, ingredients);
    while let Some(at) = rest.find(char::is_alphabetic) {
        let word_start = ingredients.len() - rest.len() + at;
        let tail = &ingredients[word_start..];
        let word = &tail[..tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len())];
        rest = &tail[word.len()..];
        if strong(word) {
            if start < word_start {
                runs.push((&ingredients[start..word_start], false));
            }
            runs.push((word, true));
            start = word_start + word.len();
        }
    }
    if start < ingredients.len() {
        runs.push((&ingredients[start..], false));
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_becomes_bits() {
        assert_eq!(listed(""), 0);
        assert_eq!(listed("gluten (wheat);milk"), 0b11);
        assert_eq!(listed("Nuts; peanuts"), 0b11000);
    }

    #[test]
    fn listed_allergens_stand_out_and_nothing_is_lost() {
        let text = "Wheat flour, butter (milk), sugar, crème, egg.";
        let runs = emphasised(text, "gluten (wheat);milk;egg");
        assert_eq!(runs.iter().map(|(t, _)| *t).collect::<String>(), text);
        let bold: Vec<&str> = runs.iter().filter(|(_, b)| *b).map(|(t, _)| *t).collect();
        assert_eq!(bold, ["Wheat", "butter", "milk", "egg"]);
        assert!(emphasised(text, "").iter().all(|(_, bold)| !bold));
    }
}
