//! Reading Stripe's form encoding: `amount=1299&metadata[order]=77&payment_method_types[]=card`.
//!
//! What is read is taken out; what is left over at the end is a field nobody knows.

use super::refusal::Refusal;
use std::collections::BTreeMap;

const METADATA_KEYS: usize = 50;
const METADATA_KEY_LENGTH: usize = 40;
const METADATA_VALUE_LENGTH: usize = 500;

#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    pub(super) fn read(text: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(text).into_owned().collect() }
    }

    /// The fields in an order of their own, for telling whether two requests say the same.
    pub(super) fn sorted(&self) -> Vec<(String, String)> {
        let mut pairs = self.pairs.clone();
        pairs.sort();
        pairs
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let found = self.take(|key| key == name).pop().map(|(_, value)| value);
        if found.as_deref() == Some("") {
            let words = format!(
                "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset."
            );
            return Err(Refusal::invalid(Some("parameter_invalid_empty"), name, words));
        }
        Ok(found)
    }

    pub(super) fn required(&mut self, name: &str) -> Result<String, Refusal> {
        self.text(name)?.ok_or_else(|| Refusal::missing(name))
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let plain = text.strip_prefix('-').unwrap_or(&text);
        let digits = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        let wrong =
            || Refusal::invalid(Some("parameter_invalid_integer"), name, format!("Invalid integer: {text}"));
        number.map(Some).ok_or_else(wrong)
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Refusal> {
        match self.text(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Refusal::invalid(None, name, format!("Invalid boolean: {other}"))),
        }
    }

    pub(super) fn one_of(&mut self, name: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if words.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let words = format!("Invalid {name}: must be one of {}", words.join(", "));
        Err(Refusal::invalid(None, name, words))
    }

    /// `name[]=…` or `name[0]=…`
    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let is_item = |key: &str| {
            let index =
                key.strip_prefix(name).and_then(|k| k.strip_prefix('[')).and_then(|k| k.strip_suffix(']'));
            index.is_some_and(|index| index.bytes().all(|b| b.is_ascii_digit()))
        };
        self.take(is_item).into_iter().map(|(_, value)| value).collect()
    }

    /// `metadata[key]=value`, within Stripe's limits.
    pub(super) fn metadata(&mut self) -> Result<BTreeMap<String, String>, Refusal> {
        let inside = |key: &str| {
            let inner = key.strip_prefix("metadata[")?.strip_suffix(']')?;
            (!inner.is_empty() && !inner.contains(['[', ']'])).then(|| inner.to_owned())
        };
        let pairs = self.take(|key| inside(key).is_some());
        let data: BTreeMap<_, _> =
            pairs.into_iter().filter_map(|(key, value)| Some((inside(&key)?, value))).collect();
        let too_long = data.iter().any(|(key, value)| {
            key.chars().count() > METADATA_KEY_LENGTH || value.chars().count() > METADATA_VALUE_LENGTH
        });
        if data.len() > METADATA_KEYS || too_long {
            let words = "Metadata has at most 50 keys of 40 characters with values of 500 characters.";
            return Err(Refusal::invalid(None, "metadata", words));
        }
        Ok(data)
    }

    /// Fields Stripe knows and this gateway has no use for, with all that is nested in them.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        self.take(|key| names.contains(&key.split('[').next().unwrap_or_default()));
    }

    /// To be called last: refuses what was not asked for.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => {
                let words = format!("Received unknown parameter: {name}");
                Err(Refusal::invalid(Some("parameter_unknown"), name, words))
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let (taken, left) = std::mem::take(&mut self.pairs).into_iter().partition(|(key, _)| wanted(key));
        self.pairs = left;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(refused: &Refusal) -> String {
        refused.body()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn nested_fields_lists_and_metadata_are_read() {
        let text = b"amount=1299&metadata[order]=7%2F7&metadata[a%20b]=x&payment_method_types[]=card\
            &payment_method_types[1]=ideal&payment_method_data[type]=paypal&confirm=true";
        let mut fields = Fields::read(text);
        assert_eq!(fields.integer("amount").expect("amount"), Some(1299));
        assert_eq!(fields.list("payment_method_types"), ["card", "ideal"]);
        assert_eq!(fields.text("payment_method_data[type]").expect("type").as_deref(), Some("paypal"));
        let metadata = fields.metadata().expect("metadata");
        assert_eq!((metadata["order"].as_str(), metadata["a b"].as_str()), ("7/7", "x"));
        assert!(fields.flag("confirm").expect("flag"));
        fields.finish().expect("nothing is left");
    }

    #[test]
    fn what_is_malformed_missing_or_unknown_is_refused_by_name() {
        for bad in ["1.5", "12a", "", "-", "٣", "99999999999999999999"] {
            let mut fields = Fields { pairs: vec![("amount".to_owned(), bad.to_owned())] };
            let refused = fields.integer("amount").expect_err(bad);
            let expected =
                if bad.is_empty() { "parameter_invalid_empty" } else { "parameter_invalid_integer" };
            assert_eq!(code(&refused), expected, "{bad}");
        }
        let mut fields = Fields::read(b"metadata[a=1&metadata[]=2&amount[x]=3&colour=red");
        assert_eq!(code(&fields.required("amount").expect_err("none")), "parameter_missing");
        assert!(fields.metadata().expect("none").is_empty());
        let refused = fields.finish().expect_err("fields are left");
        assert_eq!(code(&refused), "parameter_unknown");
    }

    #[test]
    fn metadata_has_stripes_limits() {
        let long = format!("metadata[{}]=x", "k".repeat(41));
        assert!(Fields::read(long.as_bytes()).metadata().is_err());
        let many: String = (0..51).map(|i| format!("metadata[k{i}]=x&")).collect();
        assert!(Fields::read(many.as_bytes()).metadata().is_err());
    }
}
