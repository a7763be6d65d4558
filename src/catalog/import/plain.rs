//! The words of a piece of HTML, without its tags.

use crate::web::text::clean_line;

const ENTITIES: [(&str, char); 16] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("hellip", '…'),
    ("bull", '•'),
    ("euro", '€'),
    ("deg", '°'),
];

/// One line of at most so many characters; a longer one ends at a word and with `…`.
pub(super) fn plain_text(html: &str, most: usize) -> String {
    let line = clean_line(&decode(&without_tags(html)), usize::MAX);
    if line.chars().count() <= most {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    cut[..end].trim_end().to_owned() + "…"
}

fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        match end_of_tag(rest) {
            Some(end) => {
                // A word must not grow together with the one behind the tag; but `<b>b</b>.` has no space.
                if !is_inline(rest) {
                    text.push(' ');
                }
                rest = &rest[end..];
            }
            None => {
                text.push('<');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// Where what begins with `<` ends; nothing when it is only a “less than”.
fn end_of_tag(rest: &str) -> Option<usize> {
    if rest.starts_with("<!--") {
        return Some(rest.find("-->").map_or(rest.len(), |at| at + 3));
    }
    for silent in ["script", "style"] {
        if name_of(rest).eq_ignore_ascii_case(silent) && !rest.starts_with("</") {
            let closing = rest.to_ascii_lowercase().find(&format!("</{silent}")).unwrap_or(rest.len());
            return Some(closing);
        }
    }
    let opens = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
    if opens { rest.find('>').map(|at| at + 1) } else { None }
}

fn is_inline(rest: &str) -> bool {
    ["a", "b", "i", "em", "strong", "span", "u", "sup", "sub", "small", "font"]
        .iter()
        .any(|name| name_of(rest).eq_ignore_ascii_case(name))
}

fn name_of(tag: &str) -> &str {
    let inner = tag.trim_start_matches(['<', '/']);
    &inner[..inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len())]
}

fn decode(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match entity(rest) {
            Some((c, length)) => {
                plain.push(c);
                rest = &rest[length..];
            }
            None => plain.push('&'),
        }
    }
    plain.push_str(rest);
    plain
}

/// What stands behind a `&`, and how many bytes it takes with its `;`.
fn entity(rest: &str) -> Option<(char, usize)> {
    let end = rest.bytes().take(10).position(|b| b == b';')?;
    let name = &rest[..end];
    let known = ENTITIES.iter().find(|(n, _)| *n == name).map(|(_, c)| *c);
    Some((known.or_else(|| by_number(name))?, end + 1))
}

fn by_number(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    char::from_u32(number.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_go_and_words_stay_apart() {
        for (html, text) in [
            ("<p>Soft &amp; warm.</p><p>Fair&nbsp;trade</p>", "Soft & warm. Fair trade"),
            ("A <b>b</b>old<br/>word", "A bold word"),
            ("<style>p{color:red}</style>Red<script>alert('<p>')</script>!", "Red !"),
            ("1 < 2 &lt; 3 &#39;x&#x27; &unknown; & &", "1 < 2 < 3 'x' &unknown; & &"),
            ("a<!-- <b> -->b <unfinished", "a b <unfinished"),
            ("<ul>\n<li>One</li>\n<li>Two</li></ul>", "One Two"),
            ("é&é;&#xD800;&#0;", "é&é;&#xD800;"),
        ] {
            assert_eq!(plain_text(html, 2000), text, "{html}");
        }
    }

    #[test]
    fn a_long_text_ends_at_a_word() {
        assert_eq!(plain_text("one two three", 9), "one two…");
        assert_eq!(plain_text("one two", 7), "one two");
    }
}
