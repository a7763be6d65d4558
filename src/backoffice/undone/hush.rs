//! Words of servers that refused something, without whom they are about and without keys: what is shown of an
//! error says why, and never who.

/// More than this tells nobody more.
const LONGEST: usize = 240;
/// A word as long as this that is made of letters and figures alike is a key, or might be one.
const LIKE_A_KEY: usize = 20;
/// So many figures in a row may be somebody's number.
const LIKE_A_NUMBER: usize = 6;

/// An error as staff may read it.
pub(super) fn hush(words: &str) -> String {
    let hushed: Vec<&str> = words.split_whitespace().map(word).collect();
    let line = hushed.join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let short: String = line.chars().take(LONGEST).collect();
    format!("{short} …")
}

fn word(word: &str) -> &str {
    let figures = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if word.contains('@') {
        "(an address)"
    } else if word.contains("://") || word.contains("key=") {
        "(a link)"
    } else if word.chars().count() >= LIKE_A_KEY && figures > 0 && letters > 0 {
        "(a key)"
    } else if figures >= LIKE_A_NUMBER {
        "(a number)"
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::hush;
    use proptest::prelude::*;

    #[test]
    fn an_error_says_why_and_never_who() {
        assert_eq!(
            hush("permanent error (550): 5.1.1 <nora@example.com>: Recipient address rejected"),
            "permanent error (550): 5.1.1 (an address) Recipient address rejected"
        );
        assert_eq!(hush("no route to smtps://user:pass@mail.example.com"), "no route to (an address)");
        assert_eq!(hush("see https://x.ie/o?key=abc"), "see (a link)");
        assert_eq!(hush("token sk_test_51Hx9aQ2eZvKYlo2C refused"), "token (a key) refused");
        assert_eq!(hush("call +353861234567"), "call (a number)");
        assert_eq!(hush("the database closed the connection"), "the database closed the connection");
    }

    proptest! {
        #[test]
        fn nothing_with_an_at_sign_is_ever_shown(words in ".{0,400}") {
            let said = hush(&words);
            prop_assert!(!said.contains('@'));
            prop_assert!(said.chars().count() <= super::LONGEST + 2);
        }
    }
}
