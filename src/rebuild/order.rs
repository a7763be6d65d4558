//! One order's rows, from its events alone: by the story everybody is told, and where that leaves
//! something out that a row has, by a small fold beside it.

use super::shelves::{Shelves, Taken};
use super::tables::Rows;
use crate::delivery::{DropState, Failure};
use crate::events::{Event, Recorded};
use crate::fulfilment::FulfilmentState;
use crate::ids::{AttemptId, CaptureId, StaffId};
use crate::lifecycle::{DeliveryTry, Stage, Status, Story};
use crate::money::Money;
use crate::orders::{CancelledWhy, OrderState};
use crate::payments::CaptureState;
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

/// Adds the rows of one order, and what it took from the shelves.
pub(super) fn tell(subject: Uuid, history: &[Recorded], rows: &mut Rows, shelves: &mut Shelves) {
    let story = Story::tell(history, &[]);
    let mut taken = Taken::default();
    for recorded in history {
        taken.hear(recorded, shelves);
        timeline(recorded, rows);
        promise(recorded, rows);
    }
    order(subject, &story, history, rows);
    money(subject, &story, history, rows);
    warehouse(subject, &story, history, rows);
    for attempt in &story.goods.tries {
        drop_of(subject, attempt, rows);
    }
}

fn timeline(recorded: &Recorded, rows: &mut Rows) {
    let Recorded { id, subject, event, actor, happened_at } = recorded;
    let (topic, kind) = (event.topic().as_str(), event.kind());
    let row = json!({
        "id": id, "subject": subject, "topic": topic, "kind": kind, "actor": actor, "happened_at": happened_at,
    });
    rows.add("events", row);
}

fn promise(recorded: &Recorded, rows: &mut Rows) {
    let (version, starts, ends, who, why) =
        if let Event::OrderPlaced { window_starts, window_ends, .. } = &recorded.event {
            (1, window_starts, window_ends, "customer", "chosen at the checkout")
        } else if let Event::PromiseMade { version, starts, ends, who, why } = &recorded.event {
            (*version, starts, ends, who.as_str(), why.as_str())
        } else {
            return;
        };
    let row = json!({
        "order_id": recorded.subject, "version": version, "starts_at": starts, "ends_at": ends,
        "who": who, "why": why, "made_at": recorded.happened_at,
    });
    rows.add("promises", row);
}

fn order(id: Uuid, story: &Story, history: &[Recorded], rows: &mut Rows) {
    let (state, why): (OrderState, Option<CancelledWhy>) = match &story.status {
        Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } => (OrderState::Placed, None),
        Status::Confirmed => (OrderState::Confirmed, None),
        Status::Completed => (OrderState::Completed, None),
        Status::Cancelled(why) => (OrderState::Cancelled, Some(*why)),
    };
    let sums = history.iter().rev().find_map(sums);
    let row = json!({
        "id": id, "state": state.as_str(), "placed_at": story.placed_at, "confirmed_at": story.confirmed_at,
        "completed_at": story.completed_at, "cancelled_why": why.map(CancelledWhy::as_str),
        "fee_cents": sums.map(|s| s.0), "total_cents": sums.map(|s| s.1), "maximum_cents": sums.map(|s| s.2),
    });
    rows.add("orders", row);
}

/// Fee, total and maximum, where an event says what the order comes to.
fn sums(recorded: &Recorded) -> Option<(Money, Money, Money)> {
    if let Event::OrderPlaced { fee, total, maximum, .. } | Event::OrderChanged { fee, total, maximum, .. } =
        &recorded.event
    {
        return Some((*fee, *total, *maximum));
    }
    None
}

fn money(order: Uuid, story: &Story, history: &[Recorded], rows: &mut Rows) {
    for t in &story.tries {
        let row = json!({
            "id": t.id, "order_id": order, "method": t.method.as_str(), "state": t.state.as_str(),
            "standby": t.standby, "amount_cents": t.amount,
        });
        rows.add("payment_attempts", row);
    }
    for (t, back) in story.refunds() {
        let (state, amount) = (back.state.as_str(), back.amount);
        let row = json!({ "id": back.id, "attempt_id": t.id, "state": state, "amount_cents": amount });
        rows.add("refunds", row);
    }
    for (id, attempt, state, amount) in captures(history) {
        let state = state.as_str();
        rows.add(
            "captures",
            json!({ "id": id, "attempt_id": attempt, "state": state, "amount_cents": amount }),
        );
    }
}

type Captured = (CaptureId, AttemptId, CaptureState, Money);

fn captures(history: &[Recorded]) -> Vec<Captured> {
    let mut known: Vec<Captured> = Vec::new();
    for recorded in history {
        if let Event::CaptureAsked { attempt, capture, amount } = recorded.event {
            known.push((capture, attempt, CaptureState::Requested, amount));
        } else if let Event::CaptureSucceeded { attempt, capture, amount } = recorded.event {
            // What was not asked for came by a method that charges at once, or at the door.
            known.retain(|(id, ..)| *id != capture);
            known.push((capture, attempt, CaptureState::Succeeded, amount));
        } else if let Event::CaptureFailed { capture, .. } = recorded.event
            && let Some(asked) = known.iter_mut().find(|(id, ..)| *id == capture)
        {
            asked.2 = CaptureState::Failed;
        }
    }
    known
}

/// Where the warehouse is with it: begins when the order is confirmed.
struct Warehouse {
    state: FulfilmentState,
    picker: Option<StaffId>,
    stopped_at: Option<DateTime<Utc>>,
}

fn warehouse(order: Uuid, story: &Story, history: &[Recorded], rows: &mut Rows) {
    let mut warehouse = None;
    for recorded in history {
        hear_of_picking(&mut warehouse, recorded);
    }
    let Some(Warehouse { state, picker, stopped_at }) = warehouse else { return };
    let goods = &story.goods;
    let row = json!({
        "order_id": order, "state": state.as_str(), "picker_id": picker, "started_at": goods.picking_at,
        "packed_at": goods.packed_at, "handed_over_at": goods.handed_over_at,
        "goods_cents": goods.came_to.map(|(goods, _)| goods), "total_cents": goods.came_to.map(|(_, total)| total),
        "stopped_at": stopped_at,
    });
    rows.add("fulfilments", row);
}

fn hear_of_picking(warehouse: &mut Option<Warehouse>, recorded: &Recorded) {
    if recorded.event == Event::OrderConfirmed {
        let waiting = Warehouse { state: FulfilmentState::Waiting, picker: None, stopped_at: None };
        warehouse.get_or_insert(waiting).stopped_at = None;
    }
    let Some(row) = warehouse else { return };
    if let Event::PickingStarted { picker } = &recorded.event {
        (row.state, row.picker) = (FulfilmentState::Picking, Some(*picker));
    } else if recorded.event == Event::PickingLeft {
        (row.state, row.picker) = (FulfilmentState::Waiting, None);
    } else if matches!(recorded.event, Event::OrderPacked { .. }) {
        row.state = FulfilmentState::Packed;
    } else if matches!(recorded.event, Event::OrderHandedOver { .. }) {
        row.state = FulfilmentState::HandedOver;
    } else if ends_waiting(&recorded.event, row.state) {
        row.stopped_at.get_or_insert(recorded.happened_at);
    }
}

/// Cancelled, or completed before there was a warehouse: nobody picks it.
fn ends_waiting(event: &Event, state: FulfilmentState) -> bool {
    matches!(event, Event::OrderCancelled { .. })
        || (*event == Event::OrderCompleted && state == FulfilmentState::Waiting)
}

fn drop_of(order: Uuid, attempt: &DeliveryTry, rows: &mut Rows) {
    let (state, ended_at, failure) = match (attempt.stage(), attempt.failed) {
        (Stage::Delivered, _) => (DropState::Delivered, attempt.delivered_at, None),
        (_, Some((why, at))) => (DropState::Failed, Some(at), Some(why)),
        (Stage::OnTheWay, None) => (DropState::OnTheWay, None, None),
        (Stage::RiderAssigned, None) => (DropState::RiderAssigned, None, None),
        (Stage::Waiting | Stage::Picking | Stage::Packed | Stage::NotDelivered, None) => {
            (DropState::Planned, None, None)
        }
    };
    let row = json!({
        "id": attempt.id, "order_id": order, "attempt": attempt.attempt, "state": state.as_str(),
        "rider_id": attempt.rider, "planned_at": attempt.planned_at, "assigned_at": attempt.assigned_at,
        "left_at": attempt.left_at, "arrived_at": attempt.arrived_at, "ended_at": ended_at,
        "failure": failure.map(Failure::as_str), "proof": attempt.proved.as_ref().map(|p| p.by.as_str()),
        "photo_sha256": attempt.proved.as_ref().and_then(|p| p.photo.clone()), "carrier": attempt.carrier,
        "carrier_ref": attempt.tracking_number, "tracking_url": attempt.tracking_url,
    });
    rows.add("drops", row);
}
