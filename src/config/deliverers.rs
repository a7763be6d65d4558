//! Outside carriers: who they are, how they are reached, and what they bring by themselves.

use std::fmt;

/// Who brings what our own riders do not.
#[derive(Debug, Clone, Default)]
pub struct Deliverers {
    pub carriers: Vec<CarrierSettings>,
    /// How long after one question about a booking the next one is asked.
    pub poll_seconds: i64,
}

#[derive(Clone)]
pub struct CarrierSettings {
    /// Letters, figures and `-`: it stands in the address of its webhook.
    pub name: String,
    /// As people read it.
    pub label: String,
    /// Without a slash at the end.
    pub base: String,
    /// Which drops it is asked for by itself; empty: only those that somebody gives it.
    pub reach: Vec<Reach>,
    pub key: String,
    /// What its webhooks are signed with.
    pub secret: String,
}

/// The drops of a zone whose windows begin at some time of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The zone's code; `None`: of every zone.
    pub zone: Option<String>,
    /// Minutes of the day in the shop's zone: the first one, and the first one that is not meant any more.
    pub from: u32,
    pub to: u32,
}

impl Reach {
    /// Whether a drop of that zone, whose window begins at that minute of the day, is meant.
    pub fn covers(&self, zone: &str, minute: u32) -> bool {
        self.zone.as_deref().is_none_or(|code| code == zone) && (self.from..self.to).contains(&minute)
    }

    /// `C`, `C 18:00-22:00`, `* 20:00-24:00`
    fn read(text: &str) -> Option<Self> {
        let (zone, hours) =
            text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), "0:00-24:00"));
        let (from, to) = hours.split_once(['-', '–'])?;
        let (from, to) = (minute(from)?, minute(to)?);
        let zone = (zone != "*").then(|| zone.to_owned());
        (from < to && zone.as_deref() != Some("")).then_some(Self { zone, from, to })
    }
}

/// The minute of the day that `18:30` is; `24:00` is the day's end.
fn minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some(hours * 60 + minutes).filter(|all| minutes < 60 && *all <= 24 * 60)
}

impl fmt::Debug for CarrierSettings {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierSettings")
            .field("name", &self.name)
            .field("label", &self.label)
            .field("base", &self.base)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

/// Reads `swift (Swift Parcels) https://api.swift.example @ C + D 18:00-22:00; …`; keys and secrets are lists of
/// `swift=…`. What is wrong is added to `mistakes`, without any key.
pub(super) fn read(
    carriers: &str,
    keys: &str,
    secrets: &str,
    mistakes: &mut Vec<String>,
) -> Vec<CarrierSettings> {
    let mut found: Vec<CarrierSettings> = Vec::new();
    for text in carriers.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        let Some(mut carrier) = carrier(text) else {
            mistakes.push(format!(
                "carriers: “{text}” does not do; write swift (Swift Parcels) https://api.swift.example @ C + D 18:00-22:00"
            ));
            continue;
        };
        if found.iter().any(|other| other.name == carrier.name) {
            mistakes.push(format!("carriers: {} is named twice", carrier.name));
        }
        for (setting, list, value) in
            [("carrier_keys", keys, &mut carrier.key), ("carrier_secrets", secrets, &mut carrier.secret)]
        {
            match of(list, &carrier.name) {
                Some(text) => text.clone_into(value),
                None => mistakes.push(format!("{setting}: {} has none; write {0}=…", carrier.name)),
            }
        }
        found.push(carrier);
    }
    found
}

fn carrier(text: &str) -> Option<CarrierSettings> {
    let (text, reach) = text.split_once('@').map_or((text, ""), |(text, reach)| (text, reach));
    let reach = reach.split('+').map(str::trim).filter(|part| !part.is_empty()).map(Reach::read);
    let reach: Vec<Reach> = reach.collect::<Option<_>>()?;
    let (name, rest) = text.trim().split_once(char::is_whitespace)?;
    let (label, base) = match rest.trim().strip_prefix('(') {
        Some(rest) => rest.split_once(')')?,
        None => (name, rest),
    };
    let (label, base) = (label.trim(), base.trim().trim_end_matches('/'));
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=40).contains(&name.len())
        && name.chars().all(is_plain)
        && (1..=60).contains(&label.len())
        && (base.starts_with("https://") || base.starts_with("http://"));
    fits.then(|| CarrierSettings {
        name: name.to_owned(),
        label: label.to_owned(),
        base: base.to_owned(),
        reach,
        key: String::new(),
        secret: String::new(),
    })
}

/// What stands behind `name=` in a list.
fn of<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let pairs = list.split(',').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(of, _)| of.trim() == name).map(|(_, text)| text.trim()).filter(|t| !t.is_empty())
}
