//! Text that people type, made fit to keep and to show.

/// Drops what has no business in a line of text (control characters, noncharacters,
/// direction overrides), folds white space, and cuts to a number of characters.
pub fn clean_line(text: &str, longest: usize) -> String {
    let plain = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_unfit(*c));
    let mut line = String::new();
    for c in plain {
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    line.chars().take(longest).collect::<String>().trim_end().to_owned()
}

/// What to say of a text that is longer than so many letters.
pub fn too_long(text: &str, most: usize) -> Option<String> {
    let over = text.chars().count().saturating_sub(most);
    (over > 0).then(|| format!("This is {over} letters too long. {most} fit."))
}

fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{FDD0}'..='\u{FDEF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_what_can_be_read_and_nothing_else() {
        assert_eq!(clean_line("  oat \t milk\r\n\0\u{FDD0} ", 40), "oat milk");
        assert_eq!(clean_line("crème 日本", 40), "crème 日本");
        assert_eq!(clean_line(&"x".repeat(200), 5), "xxxxx");
    }
}
