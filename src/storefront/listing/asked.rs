//! What the address of a list asks for: filters, sorting, where to go on.

use super::super::shop::Shop;
use super::{PAGE, Scope};
use crate::catalog::browse::{Ask, Filter, Key, PriceBand, Sort};
use crate::catalog::{ALLERGENS, LABELS, Tree};
use crate::error::AppError;
use crate::web::text::clean_line;

pub(in crate::storefront) const SORTS: [(&str, &str); 4] = [
    ("", "Most bought"),
    ("price", "Price, low to high"),
    ("unit", "Price per kg, low to high"),
    ("name", "Name"),
];
pub(in crate::storefront) const SEARCH_SORTS: [(&str, &str); 4] = [
    ("", "Best match"),
    ("price", "Price, low to high"),
    ("unit", "Price per kg, low to high"),
    ("name", "Name"),
];

pub(in crate::storefront) const PRICES: [(&str, &str, PriceBand); 4] = [
    ("to-2", "Up to €2", PriceBand::UpTo2),
    ("2-5", "€2 to €5", PriceBand::From2To5),
    ("5-10", "€5 to €10", PriceBand::From5To10),
    ("10-up", "Over €10", PriceBand::Over10),
];

/// Filters an address may hold. Each may stand several times.
const FILTERS: [&str; 8] = ["department", "category", "price", "brand", "offer", "stock", "without", "label"];
const MOST_CHOICES: usize = 40;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::storefront) struct Asked {
    pub(in crate::storefront) text: String,
    pub(in crate::storefront) sort: String,
    pub(in crate::storefront) after: String,
    /// Name and value, in the order of the names.
    pub(in crate::storefront) choices: Vec<(String, String)>,
}

impl Asked {
    /// Reads a query string. What it does not know it leaves out: old links go on working.
    ///
    /// # Errors
    /// When there are more choices than any page offers.
    pub(in crate::storefront) fn read(query: &str) -> Result<Self, AppError> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = clean_line(&value, 100);
            match name.as_ref() {
                "q" => asked.text = value,
                "sort" if SORTS.iter().any(|(s, _)| *s == value) => asked.sort = value,
                "after" => asked.after = value,
                name if FILTERS.contains(&name) && !value.is_empty() => {
                    let choice = (name.to_owned(), value);
                    if !asked.choices.contains(&choice) {
                        asked.choices.push(choice);
                    }
                }
                _ => {}
            }
            if asked.choices.len() > MOST_CHOICES {
                return Err(AppError::bad("That is more filters than we have. Clear them and choose again."));
            }
        }
        asked.choices.sort();
        Ok(asked)
    }

    /// Nothing chosen, nothing sorted: the list as it is.
    pub(in crate::storefront) fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    pub(in crate::storefront) fn has(&self, name: &str, value: &str) -> bool {
        self.choices.iter().any(|(n, v)| n == name && v == value)
    }

    /// The one address of this list.
    pub(in crate::storefront) fn address(&self, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.all() {
            query.append_pair(&name, &value);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    #[must_use]
    pub(in crate::storefront) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        if name == "after" {
            value.clone_into(&mut other.after);
        }
        other
    }

    #[must_use]
    pub(in crate::storefront) fn without(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.after.clear();
        other.choices.retain(|(n, v)| !(n == name && v == value));
        other
    }

    #[must_use]
    pub(in crate::storefront) fn cleared(&self) -> Self {
        Self { text: self.text.clone(), sort: self.sort.clone(), ..Self::default() }
    }

    /// What a change of sorting keeps: all but the sorting, from the start.
    pub(in crate::storefront) fn kept(&self) -> Vec<(String, String)> {
        self.all().into_iter().filter(|(name, _)| name != "sort" && name != "after").collect()
    }

    fn all(&self) -> Vec<(String, String)> {
        let one = |name: &str, value: &String| (!value.is_empty()).then(|| (name.to_owned(), value.clone()));
        one("q", &self.text)
            .into_iter()
            .chain(self.choices.iter().cloned())
            .chain(one("sort", &self.sort))
            .chain(one("after", &self.after))
            .collect()
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.choices.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The question for the index.
    pub(in crate::storefront) fn ask(&self, shop: &Shop, scope: &Scope, on_offer: bool) -> Ask {
        let tree = shop.shelf.tree();
        let sort = match self.sort.as_str() {
            "price" => Sort::PriceUp,
            "unit" => Sort::UnitPriceUp,
            "name" => Sort::Name,
            _ => Sort::Best,
        };
        Ask {
            text: self.text.clone(),
            filter: Filter {
                scope_department: scope.department,
                scope_category: scope.category,
                departments: self
                    .values("department")
                    .map(|s| tree.department(s).map_or(0, |d| d.id))
                    .collect(),
                categories: self.values("category").map(|s| category_number(&tree, s)).collect(),
                brands: self.values("brand").map(|b| shop.shelf.brand_named(b).unwrap_or(u16::MAX)).collect(),
                price: self.values("price").filter_map(band).collect(),
                on_offer: on_offer || self.has("offer", "1"),
                in_stock: self.has("stock", "1"),
                without: bits(self.values("without"), |v| ALLERGENS.iter().position(|a| a.name == v)),
                labels: bits(self.values("label"), |v| LABELS.iter().position(|(name, _)| *name == v)),
            },
            sort,
            after: self.after.parse::<Key>().ok(),
            limit: PAGE,
        }
    }
}

fn category_number(tree: &Tree, value: &str) -> u16 {
    let all = || tree.departments.iter().flat_map(|d| d.categories.iter().map(move |c| (d, c)));
    all().find(|(d, c)| category_value(&d.slug, &c.slug) == value).map_or(0, |(_, c)| c.id)
}

/// How a category is written in an address.
pub(in crate::storefront) fn category_value(department: &str, category: &str) -> String {
    format!("{department}/{category}")
}

fn band(value: &str) -> Option<PriceBand> {
    PRICES.iter().find(|(name, _, _)| *name == value).map(|(_, _, band)| *band)
}

fn bits<'a>(values: impl Iterator<Item = &'a str>, position: impl Fn(&str) -> Option<usize>) -> u16 {
    values.filter_map(position).fold(0, |bits, i| bits | 1 << i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_one_thing_in_one_way() {
        let one = Asked::read("price=2-5&brand=Nature%E2%80%99s+Peak&sort=name&x=1&price=2-5").expect("read");
        let other = Asked::read("sort=name&brand=Nature%E2%80%99s+Peak&price=2-5").expect("read");
        assert_eq!(one, other);
        assert_eq!(one.address("/d/fruit"), "/d/fruit?brand=Nature%E2%80%99s+Peak&price=2-5&sort=name");
        assert_eq!(Asked::read(&one.address("").replacen('?', "", 1)).expect("read"), one);
    }

    #[test]
    fn too_many_filters_are_refused_in_words() {
        let query: String = (0..60).map(|i| format!("brand=b{i}&")).collect();
        assert!(matches!(Asked::read(&query), Err(AppError::BadRequest(_))));
    }

    #[test]
    fn nonsense_is_left_out() {
        let asked = Asked::read("sort=%27%3BDROP&after=%00%00&unknown=1&=&&&&").expect("read");
        assert!(asked.is_plain());
    }
}
