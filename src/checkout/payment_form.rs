//! What the form of step 2 says, and what becomes of it.

use super::draft::{Payment, Said, Typed, take_over};
use super::fields::Problem;
use super::hold::{Holding, keep_chosen, refused_words};
use super::payment::{page, payment_problems};
use super::store;
use super::tell;
use super::till::{Step, Till};
use super::views::with_device;
use crate::basket;
use crate::cashier;
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Kind;
use crate::storefront::{Asker, Notice, Shop, Visit};
use crate::throttle::{Limited, Wait};
use crate::web::redirect;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PaymentForm {
    way: Option<String>,
    method: Option<String>,
    brand: Option<String>,
    last4: Option<String>,
    expires: Option<String>,
    wallet: Option<String>,
    keep: Option<String>,
    coupon: Option<String>,
    gift_note: Option<String>,
    #[serde(rename = "do")]
    act: Option<String>,
    /// Where somebody wants to hear of what is gone: `tell.` and its number.
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl PaymentForm {
    /// Whether it has a code or a card: only then it matters whether that is a new one.
    fn tries_something(&self) -> bool {
        [&self.coupon, &self.method].into_iter().flatten().any(|typed| !typed.trim().is_empty())
    }

    fn write_into(&self, typed: &mut Typed) {
        self.write_payment(&mut typed.payment);
        take_over(&mut typed.coupon, self.coupon.as_ref());
        take_over(&mut typed.gift_note, self.gift_note.as_ref());
        if self.act.as_deref() == Some("uncoupon") {
            typed.coupon.clear();
        }
    }

    /// A card that was given before stays, unless another one is given.
    fn write_payment(&self, payment: &mut Payment) {
        let before = payment.clone();
        take_over(&mut payment.way, self.way.as_ref());
        if payment.way == "kept" {
            *payment = before;
            return;
        }
        let gives_card = self.method.as_ref().is_some_and(|m| !m.trim().is_empty());
        if payment.way == "card" && gives_card {
            take_over(&mut payment.method, self.method.as_ref());
            take_over(&mut payment.brand, self.brand.as_ref());
            take_over(&mut payment.last4, self.last4.as_ref());
            take_over(&mut payment.expires, self.expires.as_ref());
            payment.wallet.clear();
            take_over(&mut payment.wallet, self.wallet.as_ref());
            payment.keep = self.keep.is_some();
        } else if payment.way == "card" && self.act.is_none() {
            // Another card was chosen and none came: scripts are off, or the frame did not answer.
            *payment = Payment { way: "card".to_owned(), ..Payment::default() };
        }
    }
}

pub(super) async fn take(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Form<PaymentForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else {
        return Ok(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]));
    };
    let answer = take_step(&shop, &request, &visit, &asker, id, form.into_inner()).await?;
    Ok(with_device(&shop, &asker, answer))
}

async fn take_step(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    asker: &Asker,
    id: BasketId,
    form: PaymentForm,
) -> Result<HttpResponse, AppError> {
    let (act, tells) = (form.act.clone(), tell::pressed(form.act.as_deref(), &form.others));
    if form.tries_something() {
        let before = Till::read(shop, visit, Step::Payment).await?;
        if let Some(wait) = may_try(shop, asker, id, &form, &before).await? {
            return page(shop, request, visit, &before, vec![wait]).await;
        }
    }
    let till = keep(shop, visit, asker, id, form).await?;
    if let Some(asking) = tells {
        return tell::tell(shop, visit, asker, id, asking, "/checkout/payment").await;
    }
    if matches!(act.as_deref(), Some("keep" | "uncoupon")) {
        return Ok(redirect("/checkout/payment", []));
    }
    if let Some(elsewhere) = till.nothing_to_order(shop, Step::Payment) {
        return Ok(elsewhere);
    }
    let mut problems = payment_problems(&till, act.as_deref() == Some("coupon"));
    if problems.is_empty() && act.is_none() {
        problems.extend(keep_card(shop, id, &till).await?);
    }
    if !problems.is_empty() {
        return page(shop, request, visit, &till, problems).await;
    }
    if act.as_deref() == Some("coupon") {
        return Ok(redirect("/checkout/payment", []));
    }
    shop.step(visit, Kind::PaymentDone, json!({"way": till.typed().payment.way}));
    Ok(redirect("/checkout/review", []))
}

/// Keeps what the form says, and the chosen time longer where that was pressed. Gives the step as it is then.
async fn keep(
    shop: &Shop,
    visit: &Visit,
    asker: &Asker,
    id: BasketId,
    form: PaymentForm,
) -> Result<Till, AppError> {
    let holding = (form.act.as_deref() == Some("keep")).then(|| Holding::new(shop, asker, id, None));
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    let work = move |conn: &mut PgConnection, may_hold: Option<Result<(), Wait>>| {
        basket::hold(conn, id, now)?;
        let mut standing = store::standing(conn, id, now)?;
        let draft = &mut standing.draft;
        form.write_into(&mut draft.content.typed);
        match may_hold {
            Some(Ok(())) => {
                let kept = keep_chosen(conn, id, draft, standing.held, zone, now)?;
                standing.held = kept.map(|held| (held.window.id, held.until)).or(standing.held);
            }
            Some(Err(wait)) => {
                draft.content.said = Some(Said::HoldRefused { words: refused_words(wait, None, zone, now) });
            }
            None => {}
        }
        store::keep(conn, id, draft, now)?;
        draft.is_new = false;
        Ok::<_, AppError>(standing)
    };
    let read = Till::reader(shop, visit, Step::Payment).await?;
    let taken = move |conn: &mut PgConnection| {
        let may_hold = holding.map(|holding| holding.count(conn)).transpose()?;
        let standing = conn.transaction(|conn| work(conn, may_hold))?;
        read(conn, Some(standing))
    };
    shop.app.db(taken).await
}

/// Trying out codes or cards is held off; what was typed before stays as it is.
async fn may_try(
    shop: &Shop,
    asker: &Asker,
    id: BasketId,
    form: &PaymentForm,
    before: &Till,
) -> Result<Option<Problem>, AppError> {
    let typed = before.typed();
    let new = |old: &str, new: &Option<String>| {
        new.as_ref().is_some_and(|n| !n.trim().is_empty() && n.trim() != old)
    };
    let tries = [
        (Limited::Coupon, "coupon", new(&typed.coupon, &form.coupon)),
        (Limited::AddCard, "way", new(&typed.payment.method, &form.method)),
    ];
    for (what, field, _) in tries.into_iter().filter(|(.., tried)| *tried) {
        let keys = asker.keys(&shop.app, "basket", &id.to_string());
        if let Err(wait) = shop.spend(what, keys).await? {
            let ways = if what == Limited::AddCard { before.offers.open_ways(false) } else { String::new() };
            let words = format!("{} {ways}", wait.words(before.zone, before.now));
            return Ok(Some(Problem::new(field, words.trim_end())));
        }
    }
    Ok(None)
}

/// Keeps the card that was just given, for a customer who wants that. It pays as a kept one then.
async fn keep_card(shop: &Shop, id: BasketId, till: &Till) -> Result<Option<Problem>, AppError> {
    let payment = &till.typed().payment;
    let (Some(customer), true) = (till.customer, payment.keep && payment.way == "card") else {
        return Ok(None);
    };
    if payment.label().is_none() || !payment.wallet.is_empty() {
        return Ok(None);
    }
    let known = till.offers.saved.first().map(|c| c.gateway_customer.clone());
    let kept = match cashier::keep_card(&shop.app, customer, known, payment.method.clone()).await {
        Ok((_, card)) => card,
        Err(AppError::BadRequest(words)) => return Ok(Some(Problem::new("way", words))),
        Err(e) => return Err(e),
    };
    let now = till.now;
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        draft.content.typed.payment = Payment { way: format!("saved:{}", kept.id), ..Payment::default() };
        store::keep(conn, id, &draft, now)
    };
    shop.app.db(move |conn| conn.transaction(work)).await?;
    Ok(None)
}
