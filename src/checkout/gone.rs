//! What is in the basket and not there any more: named, with ways on.

use super::draft::Said;
use super::store;
use crate::basket::{self, Basket, SetError, Wish};
use crate::catalog::{self, PictureFit};
use crate::error::AppError;
use crate::ids::{Sku, Slug};
use crate::storefront::{Shop, Visit};
use crate::web::{assets, redirect};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;

const SIMILAR: usize = 3;

/// A line of which there is less than is wanted.
#[derive(Clone)]
pub(super) struct GoneLine {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) wanted: i32,
    pub(super) left: i32,
    pub(super) similar: Vec<Similar>,
}

/// Something like it that is there.
#[derive(Clone)]
pub(super) struct Similar {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) picture: String,
    pub(super) fresh: bool,
    pub(super) meta: String,
    pub(super) price: String,
}

pub(super) fn lines(
    conn: &mut PgConnection,
    basket: &Basket,
    now: DateTime<Utc>,
) -> QueryResult<Vec<GoneLine>> {
    let short = basket.lines.iter().filter(|l| l.counted < l.quantity());
    short
        .map(|line| {
            let article = &line.item.article;
            Ok(GoneLine {
                sku: article.sku.clone(),
                name: article.name.clone(),
                wanted: line.quantity(),
                left: line.counted,
                similar: similar(conn, basket, &article.slug, line.quantity(), now)?,
            })
        })
        .collect()
}

fn similar(
    conn: &mut PgConnection,
    basket: &Basket,
    slug: &str,
    wanted: i32,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Similar>> {
    let Ok(slug) = Slug::try_from(slug.to_owned()) else { return Ok(Vec::new()) };
    let Some((item, details)) = catalog::by_slug(conn, &slug, now, |_| false).optional()? else {
        return Ok(Vec::new());
    };
    let all = catalog::best_of_kind(conn, item.article.category_id, &details.kind, 12, now)?;
    let fit = all.iter().filter(|i| i.available() >= wanted && basket.quantity_of(i.article.id.0) == 0);
    let similar = fit.take(SIMILAR).map(|item| Similar {
        sku: item.article.sku.clone(),
        name: item.article.name.clone(),
        href: format!("/p/{}", item.article.slug),
        picture: assets::picture(&item.article.picture).into_owned(),
        fresh: item.article.picture_fit == PictureFit::Fresh,
        meta: item.article.size_label(),
        price: item.unit_price().to_string(),
    });
    Ok(similar.collect())
}

#[derive(Deserialize)]
pub(super) struct SwapForm {
    #[serde(default)]
    gone: String,
    #[serde(default)]
    instead: String,
}

/// Takes one thing out of the basket and as many of another in.
pub(super) async fn swap(
    shop: Data<Shop>,
    visit: Visit,
    form: Form<SwapForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else { return Ok(redirect("/basket", [])) };
    let form = form.into_inner();
    let (Ok(gone), Ok(instead)) = (Sku::try_from(form.gone), Sku::try_from(form.instead)) else {
        return Err(AppError::bad("Choose what you would like instead and try again."));
    };
    let (now, valid_for) = (shop.app.clock.now(), shop.quote_valid_for());
    let swapped = move |conn: &mut PgConnection| {
        basket::lock(conn, id, now)?;
        let (old, new) = (catalog::by_sku(conn, &gone, now)?, catalog::by_sku(conn, &instead, now)?);
        let before = basket::load(conn, id, valid_for, now)?;
        let wanted = before.map_or(0, |b| b.quantity_of(old.article.id.0));
        if wanted == 0 {
            return Ok::<_, AppError>(());
        }
        let quantity = wanted.min(new.available().max(0));
        match basket::set_quantity(conn, id, &new, Wish::exactly(quantity), now) {
            Ok(_) => {}
            Err(SetError::OnlyLeft { .. } | SetError::Full) => return Ok(()),
            Err(SetError::Db(e)) => return Err(e.into()),
        }
        match basket::set_quantity(conn, id, &old, Wish::exactly(0), now) {
            Ok(_) | Err(SetError::OnlyLeft { .. } | SetError::Full) => {}
            Err(SetError::Db(e)) => return Err(e.into()),
        }
        let mut draft = store::draft(conn, id, now)?;
        let (from, to) = (old.article.name, format!("{quantity} × {}", new.article.name));
        draft.content.said = Some(Said::Swapped { from, to });
        store::keep(conn, id, &draft, now)?;
        Ok(())
    };
    shop.app.db(move |conn| conn.transaction(swapped)).await?;
    shop.baskets.forget(id);
    Ok(redirect(back(&visit), []))
}

/// The step the form was on.
pub(super) fn back(visit: &Visit) -> &str {
    Some(visit.back()).filter(|path| path.starts_with("/checkout/")).unwrap_or("/checkout/review")
}
