//! What is said of what was typed.

pub(super) const EMAIL_WORDS: &str = "Enter a mail address such as name@example.com.";

/// What is wrong with a password that was typed to prove something.
pub(super) fn no_password(typed: &str) -> Option<&'static str> {
    typed.is_empty().then_some("Enter your password.")
}
