use super::{Step, Tell};
use crate::basket;
use crate::catalog::PictureFit;
use crate::web::assets;

/// One line of the basket page.
pub(in crate::storefront) struct LineView {
    pub(in crate::storefront) href: String,
    pub(in crate::storefront) sku: String,
    pub(in crate::storefront) name: String,
    pub(in crate::storefront) picture: String,
    pub(in crate::storefront) fresh: bool,
    pub(in crate::storefront) meta: String,
    pub(in crate::storefront) sum: String,
    pub(in crate::storefront) full: Option<String>,
    pub(in crate::storefront) most: Option<String>,
    pub(in crate::storefront) step: String,
    /// What changed since the shopper last saw it, in words.
    pub(in crate::storefront) changes: Vec<String>,
    /// How one hears that it is back, where it is gone.
    pub(in crate::storefront) tell: Option<String>,
}

impl LineView {
    pub(in crate::storefront) fn new(line: &basket::Line, signed_in: bool) -> Self {
        let article = &line.item.article;
        let per_unit = line.item.per_kg().unwrap_or_else(|| article.per_unit(line.item.unit_price()));
        let offer = line.item.offer.as_ref().map_or(String::new(), |o| format!(". {}", o.label));
        Self {
            href: format!("/p/{}", article.slug),
            sku: article.sku.clone(),
            name: article.name.clone(),
            picture: assets::picture(&article.picture).into_owned(),
            fresh: article.picture_fit == PictureFit::Fresh,
            meta: format!("{}, {per_unit}{}{offer}", article.size_label(), article.unit_suffix()),
            sum: line.sum().to_string(),
            full: (!line.off.is_zero()).then(|| line.full().to_string()),
            most: article.is_weighed().then(|| line.most().to_string()),
            step: Step::new(&line.item, line.quantity()).plain().html(),
            changes: line_changes(line),
            tell: (line.counted == 0).then(|| {
                Tell {
                    sku: &article.sku,
                    name: &article.name,
                    out: true,
                    asks: !signed_in,
                    ..Tell::default()
                }
                .html()
            }),
        }
    }
}

pub(in crate::storefront) fn line_changes(line: &basket::Line) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(old) = line.old_price() {
        words.push(format!("The price was {old} when you added it. It is {} now.", line.item.unit_price()));
    }
    if let Some(offer) = line.old_offer() {
        words.push(format!("The offer “{}” has ended since you added it.", offer.label));
    }
    if line.counted == 0 {
        words.push("Sold out since you added it. It does not count in the total.".to_owned());
    } else if line.counted < line.quantity() {
        words.push(format!(
            "Only {} left. You wanted {}; the total counts {}.",
            line.counted,
            line.quantity(),
            line.counted
        ));
    } else if line.old_counted().is_some() {
        words.push(format!("There are enough again: all {} count.", line.quantity()));
    }
    words
}
