//! How much is in a pack: what the shelf says, and the same in g, ml or pieces.

use super::fields::{Row, thousandths};

const MOST: i64 = 1_000_000;

/// What people write, what we keep, and how many of ours are in one of theirs.
const UNITS: [(&str, &str, i64); 7] = [
    ("each", "each", 1),
    ("g", "g", 1),
    ("kg", "g", 1000),
    ("ml", "ml", 1),
    ("cl", "ml", 10),
    ("l", "ml", 1000),
    ("pc", "each", 1),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) text: String,
    pub(super) amount: i64,
    pub(super) unit: &'static str,
}

impl Size {
    fn each(text: String) -> Self {
        let text = if text.is_empty() { "each".into() } else { text };
        Self { text, amount: 1, unit: "each" }
    }

    /// `500g`, `1.5 kg`
    pub(super) fn of_grams(grams: i64) -> Self {
        let text = if grams >= 1000 && grams % 10 == 0 {
            let kilos = format!("{}.{:03}", grams / 1000, grams % 1000);
            format!("{}kg", kilos.trim_end_matches('0').trim_end_matches('.'))
        } else {
            format!("{grams}g")
        };
        Self { text, amount: grams, unit: "g" }
    }

    /// In our units. What is no whole number of them (half a gram of saffron) counts as
    /// one piece: a unit price from a rounded weight would be wrong.
    fn parse(number: &str, unit: &str) -> Option<(i64, &'static str)> {
        let (_, ours, factor) = UNITS.iter().find(|(theirs, ..)| theirs.eq_ignore_ascii_case(unit.trim()))?;
        let amount = thousandths(number.trim())?.checked_mul(*factor)?;
        match (amount / 1000, amount % 1000) {
            (whole, 0) if (1..=MOST).contains(&whole) => Some((whole, *ours)),
            (whole, 1..) if (0..MOST).contains(&whole) && *ours != "each" => Some((1, "each")),
            _ => None,
        }
    }

    /// From `size`, `size_value` and `size_unit`. Without the last two the first is read,
    /// and what it does not tell is one piece.
    pub(super) fn read(row: &mut Row<'_>) -> Self {
        let text = row.text("size", 40);
        let (value, unit) = (row.cell("size_value"), row.cell("size_unit"));
        if value.is_empty() && unit.is_empty() {
            let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
            return match Self::parse(&text[..split], &text[split..]) {
                Some((amount, unit)) => Self { text, amount, unit },
                None => Self::each(text),
            };
        }
        let Some((amount, unit)) = Self::parse(value, if unit.is_empty() { "each" } else { unit }) else {
            row.no_good("size_value", format_args!("of “{unit}” is no size; write 500 and g, ml or each"));
            return Self::each(text);
        };
        let text = match (text.is_empty(), row.cell("size_unit"), amount) {
            (false, ..) => text,
            (true, "" | "each", 1) => "each".into(),
            (true, "" | "each", _) => format!("{amount} pieces"),
            (true, theirs, _) => format!("{value}{theirs}"),
        };
        Self { text, amount, unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_kept_in_grams_millilitres_or_pieces() {
        assert_eq!(Size::parse("500.0", "g"), Some((500, "g")));
        assert_eq!(Size::parse("1.5", "L"), Some((1500, "ml")));
        assert_eq!(Size::parse("0.25", " kg "), Some((250, "g")));
        assert_eq!(Size::parse("0.5", "g"), Some((1, "each")));
        for (number, unit) in
            [("0", "g"), ("-1", "g"), ("1.5", "each"), ("2", "oz"), ("", "g"), ("2000", "kg")]
        {
            assert_eq!(Size::parse(number, unit), None, "{number} {unit}");
        }
    }

    #[test]
    fn grams_are_shown_as_people_say_them() {
        for (grams, text) in
            [(500, "500g"), (1000, "1kg"), (1500, "1.5kg"), (1234, "1234g"), (2250, "2.25kg")]
        {
            assert_eq!(Size::of_grams(grams).text, text);
        }
    }
}
