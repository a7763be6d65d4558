//! From what was typed to what an order needs; every cause of a refusal in words of its own.

use super::draft::Typed;
use crate::delivery::{self, Answer, Area, Place, Query};
use crate::orders::{Contact, Substitutions};
use crate::web::text::mail_address;
use diesel::prelude::*;

/// What is wrong with a field: its name, and the words beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(super) field: &'static str,
    pub(super) words: String,
}

impl Problem {
    pub(super) fn new(field: &'static str, words: impl Into<String>) -> Self {
        Self { field, words: words.into() }
    }
}

/// Where an Eircode leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spotted {
    Nothing,
    /// The place, and the whole Eircode where it was typed whole.
    Here {
        place: Place,
        eircode: Option<String>,
    },
    Outside {
        name: String,
    },
    Unknown,
}

/// # Errors
/// When the database does not answer.
pub(super) fn spot(conn: &mut PgConnection, area: &Area, typed: &Typed) -> QueryResult<Spotted> {
    if typed.eircode.is_empty() {
        return Ok(Spotted::Nothing);
    }
    if delivery::routing_key(&typed.eircode).is_none() {
        return Ok(Spotted::Unknown);
    }
    Ok(match area.find(conn, &Query::Text(typed.eircode.clone()))? {
        Answer::Here { place, eircode } => Spotted::Here { place, eircode },
        Answer::Outside { name, .. } => Spotted::Outside { name },
        Answer::Unknown { .. } => Spotted::Unknown,
    })
}

/// Everything an order needs to know about who it goes to.
///
/// # Errors
/// What is wrong, in the order of the fields on the page.
pub(super) fn contact(typed: &Typed, spotted: &Spotted) -> Result<Contact, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut take = |field, read: Result<String, String>| match read {
        Ok(text) => text,
        Err(words) => {
            problems.push(Problem::new(field, words));
            String::new()
        }
    };
    let (eircode, town) = match eircode(typed, spotted) {
        Ok((code, town)) => (Ok(code), town),
        Err(words) => (Err(words), String::new()),
    };
    let contact = Contact {
        eircode: take("eircode", eircode),
        line: take("line", line(&typed.line)),
        company: take("company", at_most(&typed.company, 80)),
        note: take("note", at_most(&typed.note, 300)),
        preferred_time: take("preferred_time", at_most(&typed.preferred_time, 60)),
        gate_code: take("gate_code", at_most(&typed.gate_code, 40)),
        name: take("name", name(&typed.name)),
        email: take("email", mail_address(&typed.email)),
        phone: take("phone", phone(&typed.phone)),
        gift_note: at_most(&typed.gift_note, 300).unwrap_or_default(),
        leave_at: leave_words(&typed.leave_at).to_owned(),
        town,
    };
    if problems.is_empty() { Ok(contact) } else { Err(problems) }
}

fn at_most(text: &str, most: usize) -> Result<String, String> {
    let letters = text.chars().count();
    if letters > most {
        return Err(format!("This is {} letters too long. {most} fit.", letters - most));
    }
    Ok(text.to_owned())
}

/// The gift note's problem is said on the second step.
pub(super) fn gift_note(typed: &Typed) -> Option<Problem> {
    at_most(&typed.gift_note, 300).err().map(|words| Problem::new("gift_note", words))
}

fn eircode(typed: &Typed, spotted: &Spotted) -> Result<(String, String), String> {
    match spotted {
        Spotted::Nothing => {
            Err("Enter your Eircode, for example D06 X4P7. It is on every bill and letter.".into())
        }
        Spotted::Unknown => Err(format!(
            "“{}” is no Eircode. One has seven letters and figures, for example D06 X4P7.",
            shortened(&typed.eircode)
        )),
        Spotted::Outside { name } => {
            Err(format!("We do not come to {name} yet. Enter an Eircode in Dublin, for example D06 X4P7."))
        }
        Spotted::Here { place, eircode: None } => Err(format!(
            "{} is only the first part. Add the four signs after it, for example {} X4P7.",
            place.routing_key, place.routing_key
        )),
        Spotted::Here { place, eircode: Some(code) } => Ok((code.clone(), town(place))),
    }
}

/// `Rathmines, Dublin 6`
pub(super) fn town(place: &Place) -> String {
    match place.routing_key.strip_prefix('D') {
        Some(district) => format!("{}, Dublin {}", place.short_name, district.trim_start_matches('0')),
        None => format!("{}, {}", place.short_name, place.routing_key),
    }
}

fn line(typed: &str) -> Result<String, String> {
    let has = |test: fn(char) -> bool| typed.chars().any(test);
    if typed.is_empty() {
        return Err("Enter your street and number, for example 14 Leinster Road.".into());
    }
    if !has(char::is_alphabetic) {
        return Err("The name of the street is missing, for example 14 Leinster Road.".into());
    }
    if typed.chars().count() < 4 {
        return Err("That is too short for an address, for example 14 Leinster Road.".into());
    }
    at_most(typed, 120)
}

fn name(typed: &str) -> Result<String, String> {
    if typed.is_empty() {
        return Err("Enter your name, for example Aoife Byrne.".into());
    }
    if typed.contains('@') {
        return Err("That is a mail address. Enter your name here, for example Aoife Byrne.".into());
    }
    if typed.chars().filter(|c| c.is_alphabetic()).count() < 2 {
        return Err("A name has two letters at least, for example Aoife Byrne.".into());
    }
    at_most(typed, 80)
}

/// The address that was probably meant.
pub(super) fn meant_email(typed: &str) -> Option<String> {
    const SLIPS: [(&str, &str); 16] = [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmail.ie", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmai.com", "hotmail.com"),
        ("hotmail.co", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("outloo.com", "outlook.com"),
        ("yaho.com", "yahoo.com"),
        ("iclod.com", "icloud.com"),
        ("eircom.ent", "eircom.net"),
    ];
    let (local, host) = typed.split_once('@')?;
    let host = host.to_ascii_lowercase();
    let meant = SLIPS
        .iter()
        .find(|(slip, _)| *slip == host)
        .map(|(_, meant)| (*meant).to_owned())
        .or_else(|| host.strip_suffix(".con").map(|rest| format!("{rest}.com")))?;
    Some(format!("{local}@{meant}"))
}

/// As it is dialled from anywhere: `+353 87 555 0142`.
pub(crate) fn phone(typed: &str) -> Result<String, String> {
    const EXAMPLE: &str = "for example 087 555 0142.";
    let wrong = |words: &str| Err(format!("{words} {EXAMPLE}"));
    if typed.is_empty() {
        return wrong("Enter your mobile number,");
    }
    if let Some(odd) = typed.chars().find(|c| !(c.is_ascii_digit() || " +-–().,/".contains(*c))) {
        return wrong(&format!("“{odd}” cannot stand in a telephone number,"));
    }
    let typed = typed.replace("(0)", "");
    let figures: String = typed.chars().filter(char::is_ascii_digit).collect();
    let abroad = if typed.trim_start().starts_with('+') {
        Some(figures.clone())
    } else {
        figures.strip_prefix("00").map(str::to_owned)
    };
    let national = match &abroad {
        Some(number) => number.strip_prefix("353").map(|n| n.trim_start_matches('0').to_owned()),
        None if figures.starts_with("353") && figures.len() >= 11 => Some(figures[3..].to_owned()),
        None => Some(figures.trim_start_matches('0').to_owned()),
    };
    let Some(national) = national else {
        return match figures.trim_start_matches('0').len() {
            0..8 => wrong("This number has too few figures,"),
            8..=15 => Ok(format!("+{}", figures.trim_start_matches('0'))),
            _ => wrong("This number has too many figures,"),
        };
    };
    irish(&national).ok_or(()).or_else(|()| match national.len() {
        n if n < if national.starts_with('8') { 9 } else { 7 } => wrong("This number has too few figures,"),
        _ => wrong("This number has too many figures,"),
    })
}

/// A number within Ireland, without the nought before it.
fn irish(national: &str) -> Option<String> {
    let is_mobile = national.starts_with('8');
    if !national.is_ascii() || national.is_empty() {
        return None;
    }
    match (is_mobile, national.len()) {
        (true, 9) => Some(format!("+353 {} {} {}", &national[..2], &national[2..5], &national[5..])),
        (false, 7..=9) if national.starts_with('1') => {
            Some(format!("+353 1 {} {}", &national[1..4], &national[4..]))
        }
        (false, 7..=9) => Some(format!("+353 {} {}", &national[..2], &national[2..])),
        _ => None,
    }
}

/// Where it may be left: what the choice is called, and what the rider reads.
pub(crate) const LEAVE: [(&str, &str); 4] = [
    ("", "Only hand it to me"),
    ("door", "Leave it at the door"),
    ("neighbour", "Leave it with a neighbour"),
    ("safe", "Leave it in a safe place"),
];

pub(crate) fn leave_words(choice: &str) -> &'static str {
    match choice {
        "door" => "At the door",
        "neighbour" => "With a neighbour",
        "safe" => "In a safe place",
        _ => "",
    }
}

pub(super) fn substitutions(typed: &Typed) -> Substitutions {
    typed.substitutions.parse().unwrap_or(Substitutions::Similar)
}

/// So that a message stays readable.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 24 {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(22).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_read_however_it_is_typed() {
        for (typed, number) in [
            ("087 555 0142", "+353 87 555 0142"),
            ("0875550142", "+353 87 555 0142"),
            ("87-555-0142", "+353 87 555 0142"),
            ("+353 (0)87 555 0142", "+353 87 555 0142"),
            ("00353875550142", "+353 87 555 0142"),
            ("353 87 555 0142", "+353 87 555 0142"),
            ("01 234 5678", "+353 1 234 5678"),
            ("+44 20 7946 0958", "+442079460958"),
        ] {
            assert_eq!(phone(typed).as_deref(), Ok(number), "{typed}");
        }
    }

    #[test]
    fn each_cause_has_words_of_its_own() {
        let say = |read: Result<String, String>| read.expect_err("a refusal");
        let mails = ["", "aoife", "a b@c.ie", "a@b@c.ie", "@c.ie", "a@c", "ä@c.ie", "a@c_d.ie"];
        let phones = ["", "call me", "087 555", "087 555 0142 99 8", "+44 20"];
        let lines = ["", "14", "Rd"];
        let names = ["", "aoife@example.ie", "A", &"A".repeat(90)];
        let eircodes = ["", "Rathmines"];
        for said in [
            mails.iter().map(|m| say(mail_address(m))).collect::<Vec<_>>(),
            phones.iter().map(|p| say(phone(p))).collect(),
            lines.iter().map(|l| say(line(l))).collect(),
            names.iter().map(|n| say(name(n))).collect(),
            eircodes
                .iter()
                .map(|e| {
                    let typed = Typed { eircode: (*e).to_owned(), ..Typed::default() };
                    let spotted = if e.is_empty() { Spotted::Nothing } else { Spotted::Unknown };
                    eircode(&typed, &spotted).expect_err("a refusal")
                })
                .collect(),
        ] {
            let mut different = said.clone();
            different.sort();
            different.dedup();
            assert!(different.len() + 1 >= said.len(), "{said:?}");
        }
    }

    #[test]
    fn a_mistyped_host_is_asked_about() {
        assert_eq!(meant_email("aoife@gmial.com").as_deref(), Some("aoife@gmail.com"));
        assert_eq!(meant_email("aoife@example.con").as_deref(), Some("aoife@example.com"));
        assert_eq!(meant_email("aoife@example.ie"), None);
    }
}
