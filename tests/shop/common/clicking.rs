//! A page under somebody's finger: its links, its forms and their buttons, and nothing that is not on it.

use super::{Answer, Shopper};

/// A form as a browser would send it.
#[derive(Debug, Default)]
struct Form {
    id: String,
    action: String,
    /// Whether it is sent in parts, a file being one.
    in_parts: bool,
    fields: Vec<Field>,
    buttons: Vec<Button>,
}

/// A named field, with what the page has put into it.
#[derive(Debug)]
struct Field {
    name: String,
    value: String,
    /// Only then it is sent: a radio or a box that is not ticked is not.
    is_on: bool,
    /// Whether its values can be chosen among and not be typed.
    is_choice: bool,
}

#[derive(Debug)]
struct Button {
    words: String,
    name: String,
    value: String,
}

impl Shopper<'_> {
    /// Presses the first button that says so, after typing or choosing in its form's own fields.
    pub(crate) async fn press(&self, page: &Answer, words: &str, typed: &[(&str, &str)]) -> Answer {
        let forms = forms(&page.text);
        let pressed =
            forms.iter().find_map(|f| Some((f, f.buttons.iter().find(|b| b.words.contains(words))?)));
        let Some((form, button)) = pressed else {
            panic!("no button “{words}”, but {:?}\n{}", page.buttons(), page.words())
        };
        let mut sent = form.filled(typed);
        if !button.name.is_empty() {
            sent.push((&button.name, &button.value));
        }
        let answer = if form.in_parts {
            self.submit_parts(&form.action, &sent, ("picture", b"")).await
        } else {
            self.submit(&form.action, &sent).await
        };
        self.led_on(answer).await
    }

    /// Goes where the first link that says so leads.
    pub(crate) async fn follow(&self, page: &Answer, words: &str) -> Answer {
        let links = links(&page.text);
        let found = links.iter().find(|(says, _)| says.contains(words));
        let (_, to) = found.unwrap_or_else(|| panic!("no link “{words}”, but {links:?}"));
        let answer = self.get(to).await;
        self.led_on(answer).await
    }

    /// The page that an address leads on to.
    async fn led_on(&self, mut answer: Answer) -> Answer {
        for _ in 0..5 {
            let Some(to) = answer.location.take() else { break };
            answer = self.get(&to).await;
        }
        answer
    }
}

impl Answer {
    pub(crate) fn buttons(&self) -> Vec<String> {
        forms(&self.text).into_iter().flat_map(|f| f.buttons).map(|b| b.words).collect()
    }

    /// What can be chosen in a field: the value and its words.
    pub(crate) fn choices(&self, name: &str) -> Vec<String> {
        let fields = forms(&self.text).into_iter().flat_map(|f| f.fields);
        fields.filter(|f| f.is_choice && f.name == name && !f.value.is_empty()).map(|f| f.value).collect()
    }
}

impl Form {
    /// What is sent: what was typed, and what the page has filled in beside it.
    fn filled<'a>(&'a self, typed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        for (name, value) in typed {
            let may = |f: &Field| f.name == *name && (!f.is_choice || f.value == *value);
            assert!(self.fields.iter().any(may), "{name} cannot be {value} in {self:?}");
        }
        let is_typed = |f: &Field| typed.iter().any(|(name, _)| *name == f.name);
        let left = self.fields.iter().filter(|f| f.is_on && !is_typed(f));
        left.map(|f| (f.name.as_str(), f.value.as_str())).chain(typed.iter().copied()).collect()
    }
}

/// One tag of a page and the text that follows it.
struct Tag<'a> {
    /// Without its signs: `input type="hidden"`, `/form`.
    inside: &'a str,
    text: &'a str,
}

impl Tag<'_> {
    fn is(&self, name: &str) -> bool {
        self.inside.split(|c: char| c.is_whitespace() || c == '/').find(|part| !part.is_empty()) == Some(name)
            && !self.inside.starts_with('/')
    }

    fn ends(&self, name: &str) -> bool {
        self.inside.strip_prefix('/') == Some(name)
    }

    fn get(&self, name: &str) -> Option<String> {
        let (_, rest) = self.inside.split_once(&format!(" {name}=\""))?;
        Some(plain(rest.split('"').next()?))
    }

    fn has(&self, name: &str) -> bool {
        self.inside.split_whitespace().any(|word| word == name)
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    html.split('<').skip(1).filter_map(|part| part.split_once('>')).map(|(inside, text)| Tag { inside, text })
}

fn plain(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&"), ("&amp;", "&")]
        .iter()
        .fold(words, |text, (escaped, sign)| text.replace(escaped, sign))
}

/// All links of a page: what each says, and where it leads.
fn links(html: &str) -> Vec<(String, String)> {
    let mut links: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for tag in tags(html) {
        if tag.is("a")
            && let Some(to) = tag.get("href")
        {
            links.push((tag.get("aria-label").unwrap_or_default(), to));
            open = true;
        } else if tag.ends("a") {
            open = false;
        }
        if open && let Some(last) = links.last_mut() {
            last.0 = plain(&format!("{} {}", last.0, tag.text));
        }
    }
    links
}

/// All forms of a page, with those of their fields that stand outside them.
fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for tag in tags(html).filter(|tag| tag.is("form")) {
        let (id, action) = (tag.get("id").unwrap_or_default(), tag.get("action").unwrap_or_default());
        let in_parts = tag.get("enctype").is_some();
        forms.push(Form { id, action, in_parts, ..Form::default() });
    }
    let (mut next, mut inside, mut select) = (0, None, None);
    let mut button = None;
    for tag in tags(html) {
        if tag.is("form") {
            inside = Some(next);
            next += 1;
        } else if tag.ends("form") {
            inside = None;
        } else if tag.is("select") {
            select = tag.get("name");
        }
        let owner = tag.get("form").and_then(|id| forms.iter().position(|f| f.id == id)).or(inside);
        if let Some(form) = owner.map(|n| &mut forms[n]) {
            form.fields.extend(field(&tag, select.as_deref()));
        }
        keep_words(&mut forms, owner, &tag, &mut button);
    }
    forms
}

/// What a tag adds to its form.
fn field(tag: &Tag<'_>, select: Option<&str>) -> Option<Field> {
    if tag.is("option") {
        let (name, value) = (select?.to_owned(), tag.get("value")?);
        return Some(Field { name, value, is_on: tag.has("selected"), is_choice: true });
    }
    let name = tag.get("name").filter(|_| tag.is("input") && !tag.has("disabled"))?;
    let kind = tag.get("type").unwrap_or_default();
    let is_choice = kind == "radio" || kind == "checkbox";
    let is_on = !is_choice || tag.has("checked");
    Some(Field { name, value: tag.get("value").unwrap_or_default(), is_on, is_choice })
}

/// Takes in buttons, with the words up to their end, and boxes for longer text.
fn keep_words(forms: &mut [Form], owner: Option<usize>, tag: &Tag<'_>, button: &mut Option<(usize, String)>) {
    let text = |name: &str| tag.get(name).unwrap_or_default();
    if let Some(n) = owner {
        if tag.is("button") && !tag.has("disabled") && text("type") != "button" {
            forms[n].buttons.push(Button { words: String::new(), name: text("name"), value: text("value") });
            *button = Some((n, text("aria-label")));
        } else if tag.is("textarea") {
            let (name, value) = (text("name"), plain(tag.text));
            forms[n].fields.push(Field { name, value, is_on: true, is_choice: false });
        }
    }
    let Some((n, words)) = button else { return };
    if let Some(last) = forms[*n].buttons.last_mut() {
        *words = plain(&format!("{words} {}", if tag.ends("button") { "" } else { tag.text }));
        last.words.clone_from(words);
    }
    if tag.ends("button") {
        *button = None;
    }
}
