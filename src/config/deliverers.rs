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
    /// Codes of the zones whose drops it is asked for by itself; empty: only where somebody says so.
    pub zones: Vec<String>,
    pub key: String,
    /// What its webhooks are signed with.
    pub secret: String,
}

impl fmt::Debug for CarrierSettings {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CarrierSettings")
            .field("name", &self.name)
            .field("label", &self.label)
            .field("base", &self.base)
            .field("zones", &self.zones)
            .finish_non_exhaustive()
    }
}

/// Reads `swift (Swift Parcels) https://api.swift.example @ C + D; …`; keys and secrets are lists of
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
                "carriers: “{text}” does not do; write swift (Swift Parcels) https://api.swift.example @ C + D"
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
    let (text, zones) = text.split_once('@').map_or((text, ""), |(text, zones)| (text, zones));
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
        zones: zones.split('+').map(str::trim).filter(|z| !z.is_empty()).map(str::to_owned).collect(),
        key: String::new(),
        secret: String::new(),
    })
}

/// What stands behind `name=` in a list.
fn of<'a>(list: &'a str, name: &str) -> Option<&'a str> {
    let pairs = list.split(',').filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(of, _)| of.trim() == name).map(|(_, text)| text.trim()).filter(|t| !t.is_empty())
}
