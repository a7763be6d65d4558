//! "Tell me when it is back", beside what is gone: a button of the step's own form, so that nothing typed there
//! is lost. The thing leaves the basket with it.

use super::draft::Said;
use super::gone::{GoneLine, back};
use super::store;
use super::till::{Step, Till};
use super::views::with_device;
use crate::accounts;
use crate::basket;
use crate::error::AppError;
use crate::ids::{BasketId, Sku};
use crate::storefront::{Asker, Shop, Tell, Visit, Wisher, note_wish, too_often};
use crate::web::redirect;
use crate::web::text::{clean_line, mail_address};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Buttons and fields of ours: this and the number of the thing.
const OURS: &str = "tell.";
/// Longer than any address, so that one that is too long can be said to be.
const LONGEST: usize = 600;

/// What somebody wants to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asking {
    sku: String,
    /// The address beside the button, where one was asked for.
    typed: String,
}

/// What was asked with a form: by its button, or by an address typed beside one and sent by the enter key.
pub(super) fn pressed(act: Option<&str>, fields: &BTreeMap<String, String>) -> Option<Asking> {
    let typed = |sku: &str| fields.get(&format!("{OURS}{sku}")).map(|text| clean_line(text, LONGEST));
    let sku = match act {
        Some(act) => act.strip_prefix(OURS)?,
        None => {
            let filled =
                |(name, text): (&'_ String, &String)| !text.trim().is_empty() && name.starts_with(OURS);
            fields.iter().find(|field| filled(*field))?.0.strip_prefix(OURS)?
        }
    };
    Some(Asking { sku: sku.to_owned(), typed: typed(sku).unwrap_or_default() })
}

/// The button beside a gone thing, and a field where no address is known.
pub(super) fn part(line: &GoneLine, till: &Till, step: Step) -> String {
    let known = mail_address(&till.typed().email).ok();
    let again = match &till.draft.content.said {
        Some(Said::TellWhere { sku, typed, words }) if *sku == line.sku => Some((typed, words)),
        Some(_) | None => None,
    };
    Tell {
        sku: &line.sku,
        name: &line.name,
        form: Some(step.form()),
        // The last step's form orders; the others take whatever is pressed in them.
        action: (step == Step::Review).then_some("/checkout/wishes"),
        out: true,
        asks: again.is_some() || (known.is_none() && till.customer.is_none()),
        address: known.as_deref(),
        typed: again.map_or("", |(typed, _)| typed),
        wrong: again.map(|(_, words)| words.as_str()),
    }
    .html()
}

/// Notes the wish once the form it came with is kept, and leads back to the step.
pub(super) async fn tell(
    shop: &Shop,
    visit: &Visit,
    asker: &Asker,
    id: BasketId,
    asking: Asking,
    step: &str,
) -> Result<HttpResponse, AppError> {
    let Ok(sku) = Sku::try_from(asking.sku.clone()) else { return Ok(redirect(step, [])) };
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    let wisher = match wisher(shop, visit, id, &asking.typed).await? {
        Ok(wisher) => wisher,
        Err(words) => return say(shop, id, asking, words, step).await,
    };
    if let Err(wait) = shop.may_wish(asker, &wisher).await? {
        return say(shop, id, asking, too_often(wait, zone, now), step).await;
    }
    let noted = move |conn: &mut PgConnection| {
        let notice = note_wish(conn, Some(id), &sku, &wisher.address, now)?;
        Ok::<_, AppError>((notice, store::is_empty(conn, id)?))
    };
    let (notice, is_empty) = shop.app.db(noted).await?;
    shop.baskets.forget(id);
    let to = if is_empty { "/basket" } else { step };
    Ok(redirect(to, [shop.notice_cookie(&notice)]))
}

/// Where the letter goes: what was typed beside the button, else what the first step has, else the account's.
async fn wisher(
    shop: &Shop,
    visit: &Visit,
    id: BasketId,
    typed: &str,
) -> Result<Result<Wisher, String>, AppError> {
    let (customer, now) = (shop.customer(visit).await?, shop.app.clock.now());
    if !typed.is_empty() {
        return Ok(mail_address(typed).map(|address| Wisher { address, customer }));
    }
    let known = move |conn: &mut PgConnection| {
        let typed = mail_address(&store::draft(conn, id, now)?.typed().email);
        match (typed, customer) {
            (Err(_), Some(id)) => Ok::<_, AppError>(Ok(accounts::by_id(conn, id)?.email)),
            (typed, _) => Ok(typed),
        }
    };
    let address = shop.app.read(known).await?;
    Ok(address.map(|address| Wisher { address, customer }))
}

/// Says beside the button why nothing was noted, with what was typed there.
async fn say(
    shop: &Shop,
    id: BasketId,
    asking: Asking,
    words: String,
    step: &str,
) -> Result<HttpResponse, AppError> {
    let now = shop.app.clock.now();
    let Asking { sku, typed } = asking;
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        draft.content.said = Some(Said::TellWhere { sku, typed, words });
        store::keep(conn, id, &draft, now)
    };
    shop.app.db(move |conn| conn.transaction(work)).await?;
    Ok(redirect(step, []))
}

/// What the last step had on it when its button was pressed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WishForm {
    age: Option<String>,
    #[serde(rename = "do")]
    act: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

/// The button on the last step, whose form orders; the other steps keep what is typed there.
pub(super) async fn ask(
    shop: Data<Shop>,
    visit: Visit,
    asker: Asker,
    form: Form<WishForm>,
) -> Result<HttpResponse, AppError> {
    let (Some(id), form) = (visit.basket, form.into_inner()) else { return Ok(redirect("/basket", [])) };
    let Some(asking) = pressed(form.act.as_deref(), &form.others) else {
        return Ok(redirect(back(&visit), []));
    };
    let (now, of_age) = (shop.app.clock.now(), form.age.is_some());
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        draft.content.of_age = of_age;
        store::keep(conn, id, &draft, now)
    };
    shop.app.db(move |conn| conn.transaction(work)).await?;
    let answer = tell(&shop, &visit, &asker, id, asking, back(&visit)).await?;
    Ok(with_device(&shop, &asker, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_counts_before_an_address_and_an_address_without_a_button() {
        let fields = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let asking = |sku: &str, typed: &str| Some(Asking { sku: sku.to_owned(), typed: typed.to_owned() });
        let both = fields(&[("swap.A", "ask"), ("tell.A", " a@b.ie "), ("tell.B", "")]);
        assert_eq!(pressed(Some("tell.A"), &both), asking("A", "a@b.ie"));
        assert_eq!(pressed(Some("tell.B"), &both), asking("B", ""));
        assert_eq!(pressed(Some("tell.C"), &both), asking("C", ""));
        assert_eq!(pressed(None, &both), asking("A", "a@b.ie"));
        assert_eq!(pressed(Some("keep"), &both), None);
        assert_eq!(pressed(None, &fields(&[("swap.A", "ask"), ("tell.A", " ")])), None);
    }
}
