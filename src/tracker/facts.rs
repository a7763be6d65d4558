//! An order's facts for programs: the same words as its page, and the same rule of who may read them.

use super::access::{Caller, Sight, private, voice};
use super::dossier::Dossier;
use super::page::LinkQuery;
use super::views::facts;
use super::words::{Moving, Voice, badge, code, delay, rider_of};
use crate::config::Forecast as Pace;
use crate::delivery::Proof;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::money::Money;
use crate::storefront::{Shop, Visit};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    query: Query<LinkQuery>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?.with_key(query.into_inner().key);
    let there = voice.clone();
    let (dossier, sight) = shop.app.db(move |conn| caller.read(conn, &number, &there)).await?;
    Ok(private(HttpResponse::Ok().json(order(&voice, &dossier, sight, &shop.app.config.forecast))))
}

/// Sums are whole cents, times are UTC.
fn order(voice: &Voice, dossier: &Dossier, sight: Sight, pace: &Pace) -> Value {
    let (order, story) = (&dossier.order, &dossier.story);
    let answer = voice.answer(dossier);
    let words: Vec<String> = [Some(answer.title), answer.big].into_iter().flatten().collect();
    let words = words.join(" ");
    let told: Vec<Value> = story
        .goods
        .promises
        .iter()
        .map(|p| json!({"version": p.version, "starts_at": p.starts, "ends_at": p.ends, "made_at": p.at}))
        .collect();
    json!({
        "number": order.number.to_string(),
        "version": story.version,
        "as_of": voice.now,
        "state": code(story),
        "state_words": badge(story).words,
        "answer": words,
        "lead": answer.lead,
        "attempt": story.goods.last_try().map_or(1, |t| t.attempt),
        "steps": steps(voice, dossier),
        "window": voice.promised(dossier),
        "promises": told,
        "forecast": voice.expected(dossier).map(|e| json!({
            "expected_at": e.at, "from": e.from, "to": e.to, "as_of": e.as_of, "words": e.words})),
        "delay": delay(&story.goods).map(|d| json!({
            "cause": d.cause, "words": d.sentence, "expected_at": d.expected, "choices": voice.choices(dossier)})),
        "picking_starts_at": voice.picking_starts(dossier, pace),
        "on_time": story.goods.was_on_time(),
        "proof": dossier.proof().map(Proof::as_str),
        "rider": rider(voice, dossier),
        "events": events(voice, dossier),
        "items": items(voice, dossier),
        "sums": sums(voice, dossier),
        "facts": facts(voice, dossier, sight).into_iter().map(|f| (f.name.to_owned(), f.value.into()))
            .collect::<serde_json::Map<String, Value>>(),
        "next": voice.then(dossier).into_iter().map(|line| line.words).collect::<Vec<_>>(),
        "help": { "phone": voice.phone },
    })
}

fn steps(voice: &Voice, dossier: &Dossier) -> Vec<Value> {
    let step = |s: super::words::Step| json!({"name": s.name, "at": s.at, "is_done": s.class == "done", "is_now": s.is_now, "inside": s.inside});
    voice.steps(dossier).into_iter().map(step).collect()
}

fn rider(voice: &Voice, dossier: &Dossier) -> Option<Value> {
    let last = dossier.story.goods.last_try().filter(|t| t.by.is_some())?;
    let far = voice.how_far(dossier);
    Some(json!({
        "name": rider_of(&dossier.story.goods),
        "is_a_carrier": last.tracking_number.is_some(),
        "tracking_number": last.tracking_number,
        "tracking_url": last.tracking_url,
        "stop": far.as_ref().map(|f| f.stop),
        "stops": far.as_ref().map(|f| f.of),
        "how_far": far.as_ref().map(|f| format!("{} {}", f.point, f.words)),
        "metres": far.as_ref().and_then(|f| f.metres),
        "seen_at": far.as_ref().and_then(|f| f.seen_at),
    }))
}

fn events(voice: &Voice, dossier: &Dossier) -> Vec<Value> {
    let event = |(at, words): (DateTime<Utc>, String)| json!({"at": at, "words": words});
    voice.so_far(dossier).into_iter().map(|h| event((h.at, h.words))).collect()
}

fn items(voice: &Voice, dossier: &Dossier) -> Vec<Value> {
    let item = |line: &crate::orders::OrderLine| {
        json!({
            "sku": line.sku, "name": line.name, "size": line.size_label, "quantity": line.quantity,
            "full_cents": line.full_cents.cents(), "sum_cents": line.sum_cents.cents(),
            "became": voice.picked(dossier, line.position),
        })
    };
    dossier.lines.iter().map(item).collect()
}

fn sums(voice: &Voice, dossier: &Dossier) -> Value {
    let (order, story) = (&dossier.order, &dossier.story);
    let rows = voice.moved(dossier);
    let sum =
        |how: Moving| rows.iter().filter(|row| row.how == how).map(|row| row.sum).sum::<Money>().cents();
    let moved: Vec<Value> = rows
        .iter()
        .map(|row| json!({"what": row.how.code(), "words": row.name, "sum_cents": row.sum.cents(), "at": row.at}))
        .collect();
    json!({
        "currency": "EUR",
        "total_cents": order.total_cents.cents(),
        "maximum_cents": order.maximum_cents.cents(),
        "delivery_cents": order.fee_cents.cents(),
        "real_total_cents": story.goods.came_to.map(|(_, total)| total.cents()),
        "reserved_cents": sum(Moving::Reserved),
        "paid_cents": story.captured().cents(),
        "let_go_cents": sum(Moving::LetGo),
        "on_its_way_back_cents": sum(Moving::OnItsWayBack),
        "given_back_cents": story.refunded().cents(),
        "moved": moved,
        "words": voice.sum(dossier),
    })
}
