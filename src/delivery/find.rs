//! From what a person types, or where their phone is, to a place.

use super::model::Place;
use super::store;
use crate::ids::PlaceId;
use diesel::prelude::*;
use rapidfuzz::distance::osa;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Farther than this from everywhere we go, the nearest place is no answer.
const NEAR_KM: f64 = 6.0;

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Eircode, routing key or the name of an area.
    Text(String),
    /// Degrees, from the phone.
    Position { latitude: f64, longitude: f64 },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// We go there. The whole Eircode, when one was given.
    Here { place: Place, eircode: Option<String> },
    /// We know where that is and do not go there; and the nearest place where we do.
    Outside { name: String, nearest: Option<Place> },
    /// Nothing by that name; places that sound alike.
    Unknown { alike: Vec<Place> },
}

/// # Errors
/// When the database does not answer.
pub fn find(conn: &mut PgConnection, query: &Query) -> QueryResult<Answer> {
    let places = store::all_places(conn)?;
    find_among(conn, &places, query)
}

/// Names are asked of the database: only who types one needs them.
pub(super) fn find_among(conn: &mut PgConnection, places: &[Place], query: &Query) -> QueryResult<Answer> {
    match query {
        Query::Position { latitude, longitude } => Ok(at_position(places, *latitude, *longitude)),
        Query::Text(text) => {
            if let Some((key, eircode)) = code_within(text) {
                return Ok(by_key(places, &key, eircode));
            }
            Ok(by_name(places, &store::all_names(conn)?, text))
        }
    }
}

/// The routing key in what a person typed, if there is one. The rest may be their door.
pub fn routing_key(text: &str) -> Option<String> {
    code_within(text).map(|(key, _)| key)
}

/// An Eircode, routing key or postal district anywhere in an address: the whole text, else the
/// last two words, else the last one that is one (`12 Rathmines Road, Dublin 6`).
fn code_within(text: &str) -> Option<(String, Option<String>)> {
    let words: Vec<&str> = text.split([' ', ',', ';']).filter(|w| !w.is_empty()).collect();
    let pairs = words.windows(2).rev().map(|pair| pair.join(" "));
    let singles = words.iter().rev().map(|w| (*w).to_owned());
    // A pair first: `D06 X4P7` says more than `D06`.
    std::iter::once(text.to_owned()).chain(pairs).chain(singles).find_map(|part| read_eircode(&part))
}

fn at_position(places: &[Place], latitude: f64, longitude: f64) -> Answer {
    let Some(closest) = nearest(places.iter(), latitude, longitude) else {
        return Answer::Unknown { alike: Vec::new() };
    };
    if closest.zone_id.is_some() && closest.distance_km(latitude, longitude) <= NEAR_KM {
        return Answer::Here { place: closest.clone(), eircode: None };
    }
    Answer::Outside { name: "your location".into(), nearest: nearest_served(places, latitude, longitude) }
}

fn nearest_served(places: &[Place], latitude: f64, longitude: f64) -> Option<Place> {
    nearest(places.iter().filter(|p| p.zone_id.is_some()), latitude, longitude).cloned()
}

fn nearest<'a>(places: impl Iterator<Item = &'a Place>, latitude: f64, longitude: f64) -> Option<&'a Place> {
    places.min_by(|a, b| a.distance_km(latitude, longitude).total_cmp(&b.distance_km(latitude, longitude)))
}

fn by_key(places: &[Place], key: &str, eircode: Option<String>) -> Answer {
    match places.iter().find(|p| p.routing_key == key) {
        Some(place) => known(places, place, eircode),
        None => Answer::Outside { name: key.to_owned(), nearest: None },
    }
}

fn known(places: &[Place], place: &Place, eircode: Option<String>) -> Answer {
    if place.zone_id.is_some() {
        return Answer::Here { place: place.clone(), eircode };
    }
    let nearest = nearest_served(places, place.latitude, place.longitude);
    Answer::Outside { name: place.short_name.clone(), nearest }
}

fn by_name(places: &[Place], names: &[(String, PlaceId)], text: &str) -> Answer {
    let wanted = fold(text);
    let by_id: HashMap<PlaceId, &Place> = places.iter().map(|p| (p.id, p)).collect();
    if let Some(place) = names.iter().find(|(name, _)| *name == wanted).and_then(|(_, id)| by_id.get(id)) {
        return known(places, place, None);
    }
    if let Some((_, id)) = named_within(names, &wanted)
        && let Some(place) = by_id.get(id)
    {
        return known(places, place, None);
    }
    let mut scored: Vec<(usize, &Place)> = names
        .iter()
        .filter_map(|(name, id)| Some((unlikeness(&wanted, name)?, *by_id.get(id)?)))
        .filter(|(_, place)| place.zone_id.is_some())
        .collect();
    scored.sort_by_key(|(score, place)| (*score, place.id));
    let mut alike: Vec<Place> = Vec::new();
    for (_, place) in scored {
        if alike.len() < 4 && !alike.iter().any(|p| p.id == place.id) {
            alike.push(place.clone());
        }
    }
    Answer::Unknown { alike }
}

/// The longest name that stands in an address as whole words, or is the text but for its spaces.
fn named_within<'a>(names: &'a [(String, PlaceId)], wanted: &str) -> Option<&'a (String, PlaceId)> {
    let padded = format!(" {wanted} ");
    let squeezed = wanted.replace(' ', "");
    names
        .iter()
        .filter(|(name, _)| {
            name.len() >= 4 && (padded.contains(&format!(" {name} ")) || name.replace(' ', "") == squeezed)
        })
        .max_by_key(|(name, _)| name.len())
}

/// How far two names are apart, or nothing when one would not take one for the other.
fn unlikeness(wanted: &str, name: &str) -> Option<usize> {
    if wanted.len() >= 3 && name.starts_with(wanted) {
        return Some(0);
    }
    if wanted.len() >= 4 && name.split(' ').any(|word| word == wanted) {
        return Some(1);
    }
    let letters = wanted.chars().count();
    let most = if letters >= 8 { 2 } else { 1 };
    if letters < 5 {
        return None;
    }
    let distance = osa::distance(wanted.chars(), name.chars());
    (distance <= most).then_some(distance + 1)
}

/// Plain lower-case words, one space between them: `Harold’s Cross` and `harolds cross` are one.
pub(crate) fn fold(text: &str) -> String {
    let plain: String = text
        .nfkd()
        .filter(|c| !matches!(c, '\'' | '’' | '.') && !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The routing key of an Eircode or of its first part, and the whole when it is whole.
/// Spaces, dashes and small letters are fine; so is `Dublin 6`.
fn read_eircode(text: &str) -> Option<(String, Option<String>)> {
    let typed = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase());
    // The second place is a figure: a letter O there is a nought.
    let code: String = typed.enumerate().map(|(i, c)| if i == 1 && c == 'O' { '0' } else { c }).collect();
    if let Some(district) =
        code.strip_prefix("DUBLIN").or_else(|| code.strip_prefix('D').filter(|d| d.len() < 3))
        && (1..=2).contains(&district.len())
        && district.bytes().next().is_some_and(|b| b.is_ascii_digit())
    {
        return Some((format!("D{district:0>2}"), None));
    }
    let bytes = code.as_bytes();
    let is_key = bytes.len() >= 3
        && bytes[0].is_ascii_alphabetic()
        && bytes[1].is_ascii_digit()
        && (bytes[2].is_ascii_digit() || bytes[2] == b'W');
    if !is_key || !matches!(bytes.len(), 3..=7) || !text.is_ascii() {
        return None;
    }
    let whole = (bytes.len() == 7).then(|| format!("{} {}", &code[..3], &code[3..]));
    Some((code[..3].to_owned(), whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eircode_is_read_however_it_is_typed() {
        for (text, key, whole) in [
            ("D06", "D06", None),
            ("d06 x4p7", "D06", Some("D06 X4P7")),
            (" D06-X4P7 ", "D06", Some("D06 X4P7")),
            ("d6w", "D6W", None),
            ("Dublin 6", "D06", None),
            ("dublin 24", "D24", None),
            ("D6", "D06", None),
            ("A96", "A96", None),
            ("D6W", "D6W", None),
            ("Do6 x4p7", "D06", Some("D06 X4P7")),
        ] {
            assert_eq!(read_eircode(text), Some((key.into(), whole.map(Into::into))), "{text}");
        }
        for text in ["", "Rathmines", "D", "12345", "D06X4P7ZZ", "'; DROP TABLE places; --", "<b>D06</b>xyz"]
        {
            assert_eq!(read_eircode(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_found_in_an_address() {
        for (text, key) in [
            ("Rathmines, D06", Some("D06")),
            ("Ballsbridge, Dublin 4", Some("D04")),
            ("12 Rathmines Road, D06 X4P7", Some("D06")),
            ("D15 Ashtown", Some("D15")),
            ("12 Rathmines Road", None),
            ("Harold's Cross", None),
        ] {
            assert_eq!(routing_key(text).as_deref(), key, "{text}");
        }
    }

    #[test]
    fn a_name_is_one_whatever_its_accents_and_marks() {
        assert_eq!(fold("  Harold’s  CROSS "), "harolds cross");
        assert_eq!(fold("Dún Laoghaire"), "dun laoghaire");
    }

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(unlikeness("rathm", "rathmines"), Some(0));
        assert!(unlikeness("rathminse", "rathmines").is_some());
        assert_eq!(unlikeness("galway", "rathmines"), None);
        assert_eq!(unlikeness("rat", "cat"), None);
    }
}
