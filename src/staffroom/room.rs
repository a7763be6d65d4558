//! What stands around a page of the staff.

use super::said::{self, Said};
use super::who::Staffer;
use crate::error::AppError;
use crate::staff::{Area, Role};
use crate::storefront::Shop;
use crate::web::{Answer, Effort, Sheet, assets, render};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// For the templates below `staff/`, as `room`.
pub(crate) struct Room {
    pub(crate) title: String,
    pub(crate) css: &'static str,
    pub(crate) js: &'static str,
    pub(crate) font: &'static str,
    pub(crate) mark: &'static str,
    /// What their role opens, of what is built.
    pub(crate) links: Vec<Link>,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) initials: String,
    pub(crate) said: Option<Said>,
}

pub(crate) struct Link {
    pub(crate) name: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) href: &'static str,
    pub(crate) is_here: bool,
}

/// Of things one knows a shop by.
const TILES: [&str; 8] = ["S0230", "S0220", "S0085", "S0338", "S0121", "S0262", "S0673", "S0315"];

impl Room {
    /// Before anybody has signed in.
    pub(crate) fn for_nobody(request: &HttpRequest, title: &str) -> Self {
        Self {
            title: title.to_owned(),
            css: assets::address("staff.css"),
            js: assets::address("staff.js"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
            mark: assets::address("images/icon.svg"),
            links: Vec::new(),
            name: String::new(),
            role: "",
            initials: String::new(),
            said: said::read(request),
        }
    }

    pub(crate) fn tiles(&self) -> [&'static str; 8] {
        TILES.map(|name| assets::address(&format!("packs/{name}.svg")))
    }
}

impl Staffer {
    /// What stands around a page of theirs. `area` is the one it belongs to, if to one.
    pub(crate) fn room(&self, area: Option<Area>, title: &str) -> Room {
        Room {
            title: title.to_owned(),
            css: assets::address("staff.css"),
            js: assets::address("staff.js"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
            mark: assets::address("images/icon.svg"),
            links: links(self.role, area),
            name: self.name.clone(),
            role: self.role.name(),
            initials: initials(&self.name),
            said: self.said.clone(),
        }
    }
}

fn links(role: Role, here: Option<Area>) -> Vec<Link> {
    let open = Area::ALL.into_iter().filter(|area| area.is_open_to(role));
    open.filter_map(|area| {
        let href = area.page()?;
        Some(Link { name: area.name(), icon: area.icon(), href, is_here: here == Some(area) })
    })
    .collect()
}

/// `ND` for Niamh Doyle.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Sends a page of the staff: one person's, and nobody's to keep.
///
/// # Errors
/// `Internal` when the template fails, which it does only by mistake of ours.
pub(crate) fn answer(
    shop: &Shop,
    request: &HttpRequest,
    status: StatusCode,
    page: &impl Template,
) -> Result<HttpResponse, AppError> {
    let sheet = Sheet::new(&render(page)?, Effort::Once);
    let answer = said::forget(shop, request).into_iter().fold(Answer::new(status), Answer::cookie);
    Ok(answer.filled(request, &sheet, |_| None))
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(["Niamh Doyle", "Tomasz", "Órla de Búrca", ""].map(initials), ["ND", "T", "ÓB", ""]);
    }
}
