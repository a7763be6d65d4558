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

/// A mail address as it was typed, if a letter could go there.
///
/// # Errors
/// What is wrong with it, in words for its field.
pub fn mail_address(typed: &str) -> Result<String, String> {
    const EXAMPLE: &str = "for example aoife.byrne@example.ie.";
    let wrong = |words: &str| Err(format!("{words} {EXAMPLE}"));
    if typed.is_empty() {
        return wrong("Enter your mail address,");
    }
    if typed.contains(' ') {
        return wrong("A mail address has no spaces,");
    }
    let Some((local, host)) = typed.split_once('@') else {
        return wrong("The @ is missing in this mail address,");
    };
    if host.contains('@') {
        return wrong("There is more than one @ in this mail address,");
    }
    if local.is_empty() {
        return wrong("The part before the @ is missing,");
    }
    if !host.contains('.') || host.starts_with('.') || host.ends_with('.') || host.contains("..") {
        return wrong("What stands after the @ is not complete,");
    }
    let plain = |c: char| c.is_ascii_graphic() && !"<>,;:\"()[]\\".contains(c);
    if let Some(odd) = typed.chars().find(|c| !plain(*c)) {
        return wrong(&format!("“{odd}” cannot stand in a mail address,"));
    }
    let host_is_plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if !host_is_plain || local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return wrong("This is no mail address one could write to,");
    }
    if local.len() > 64 || typed.len() > 254 {
        return wrong("This mail address is too long,");
    }
    Ok(typed.to_owned())
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
