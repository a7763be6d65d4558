//! The fields of these forms, and what is wrong with what was typed.

use crate::accounts::{Details, password_problem};
use crate::delivery;
use crate::storefront::parts::Field;
use crate::web::text::clean_line;

pub(super) const EMAIL_WORDS: &str = "Enter a mail address such as name@example.com.";
const PASSWORD_WORDS: &str = "Use 8 characters or more, for example three words.";

pub(super) fn email(value: &str, autocomplete: &'static str) -> Field {
    Field {
        id: "email",
        label: "Mail address",
        kind: "email",
        inputmode: "email",
        autocomplete,
        value: clean_line(value, 254),
        most: 254,
        check: EMAIL_WORDS,
        ..Field::default()
    }
}

pub(super) fn password(label: &'static str) -> Field {
    Field {
        id: "password",
        label,
        kind: "password",
        autocomplete: "current-password",
        // Longer ones are refused in words, not cut.
        most: 1_000,
        ..Field::default()
    }
}

pub(super) fn new_password(id: &'static str, label: &'static str) -> Field {
    Field {
        id,
        hint: "8 characters or more, for example three words",
        autocomplete: "new-password",
        least: 8,
        check: PASSWORD_WORDS,
        ..password(label)
    }
}

/// What is wrong with a password that was typed to prove something.
pub(super) fn given_password_problem(password: &str) -> Option<&'static str> {
    if password.is_empty() { Some("Enter your password.") } else { None }
}

pub(super) fn new_password_problem(typed: &str) -> Option<&'static str> {
    password_problem(typed)
}

fn line(id: &'static str, label: &'static str, autocomplete: &'static str, value: Option<&String>) -> Field {
    Field {
        id,
        label,
        kind: "text",
        autocomplete,
        value: value.cloned().unwrap_or_default(),
        most: 120,
        optional: true,
        ..Field::default()
    }
}

/// Name, phone, street, town, Eircode.
pub(super) fn details(known: &Details) -> Vec<Field> {
    vec![
        line("name", "Name", "name", known.name.as_ref()),
        Field {
            kind: "tel",
            inputmode: "tel",
            hint: "The rider rings it only at your door",
            ..line("phone", "Mobile phone", "tel", known.phone.as_ref())
        },
        line("line", "Street and number", "street-address", known.line.as_ref()),
        line("town", "Town", "address-level2", known.town.as_ref()),
        Field {
            hint: "For example D06 X4P7",
            most: 12,
            short: true,
            ..line("eircode", "Eircode", "postal-code", known.eircode.as_ref())
        },
    ]
}

/// Reads what was typed as somebody's details. What is wrong stands at its field, with all
/// that was typed.
pub(super) fn read_details(typed: &Details) -> Result<Details, Vec<Field>> {
    let clean = |text: &Option<String>, most: usize| {
        text.as_deref().map(|t| clean_line(t, most)).filter(|t| !t.is_empty())
    };
    let shown = Details {
        name: clean(&typed.name, 120),
        phone: clean(&typed.phone, 120),
        line: clean(&typed.line, 120),
        town: clean(&typed.town, 120),
        eircode: clean(&typed.eircode, 12),
    };
    let phone = shown.phone.as_deref().map(phone);
    let eircode = shown.eircode.as_deref().map(eircode);
    if let (None | Some(Some(_)), None | Some(Some(_))) = (&phone, &eircode) {
        return Ok(Details { phone: phone.flatten(), eircode: eircode.flatten(), ..shown });
    }
    let wrong = |is_wrong: bool, words: &str| is_wrong.then(|| words.to_owned());
    let mut fields = details(&shown);
    for field in &mut fields {
        field.wrong = match field.id {
            "phone" => wrong(phone == Some(None), "Enter a phone number such as 085 123 4567."),
            "eircode" => wrong(eircode == Some(None), "Enter an Eircode such as D06 X4P7."),
            _ => None,
        };
    }
    Err(fields)
}

/// Digits, with a plus before them where there was one.
fn phone(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| !" -()./".contains(*c)).collect();
    let digits = kept.strip_prefix('+').unwrap_or(&kept);
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(kept)
}

/// `D06 X4P7`, however it was typed; the first part, or `Dublin 6`, will do.
fn eircode(text: &str) -> Option<String> {
    let letters: String =
        text.chars().filter(|c| !" -".contains(*c)).collect::<String>().to_ascii_uppercase();
    let key = delivery::routing_key(text)?;
    match letters.strip_prefix(key.as_str()) {
        Some("") => Some(key),
        Some(rest) if rest.len() == 4 => Some(format!("{key} {rest}")),
        None if letters.starts_with("DUBLIN") => Some(key),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_and_an_eircode_are_read_however_they_are_typed() {
        assert_eq!(phone("085 123-4567"), Some("0851234567".into()));
        assert_eq!(phone("+353 (85) 123 4567"), Some("+353851234567".into()));
        for bad in ["", "12", "phone", "1234567890123456", "085x1234567", "08+51234567"] {
            assert_eq!(phone(bad), None, "{bad}");
        }
        for good in ["D06 X4P7", "d06x4p7", "D06-X4P7"] {
            assert_eq!(eircode(good), Some("D06 X4P7".into()), "{good}");
        }
        for part in ["d06", "Dublin 6"] {
            assert_eq!(eircode(part), Some("D06".into()), "{part}");
        }
        for bad in ["", "Dublin", "D06 X4", "D06 X4P7 9", "12345"] {
            assert_eq!(eircode(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_that_was_typed_is_lost_when_one_thing_is_wrong() {
        let typed = Details {
            name: Some("Nora".into()),
            phone: Some("call me".into()),
            line: Some("14 Leinster Road".into()),
            town: Some(" ".into()),
            eircode: Some("D06 X4P7".into()),
        };
        let fields = read_details(&typed).expect_err("a phone number that is none");
        let values: Vec<&str> = fields.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(values, ["Nora", "call me", "14 Leinster Road", "", "D06 X4P7"]);
        assert_eq!(fields.iter().filter(|f| f.wrong.is_some()).count(), 1);
    }
}
