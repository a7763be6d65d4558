//! Reading a carrier's objects, without minding what else is in them.

use super::model::{Said, Shipment, Stage};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Longer than any carrier's number or word.
const LONGEST: usize = 120;

/// What a webhook says, or nothing where it is no word at all.
pub fn said(body: &Value) -> Option<Said> {
    let word = text(&body["state"])?;
    let reason = text(&body["reason"]).unwrap_or_default();
    Some(Said {
        id: text(&body["id"])?,
        shipment: text(&body["shipment"])?,
        stage: stage(&word, reason),
        at: time(&body["at"]),
        word,
    })
}

pub(super) fn shipment(body: &Value) -> Option<Shipment> {
    let url = text_up_to(&body["tracking_url"], 500);
    // Whatever else a carrier writes there is no place to send a customer to.
    let url = url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    Some(Shipment {
        id: text(&body["id"])?,
        tracking_url: url,
        is_cancelled: body["cancelled"].as_bool().unwrap_or(false),
        said: body["events"].as_array().into_iter().flatten().filter_map(said).collect(),
    })
}

fn stage(word: &str, reason: String) -> Stage {
    match word {
        "booked" => Stage::Booked,
        "collected" => Stage::Collected,
        "on_the_way" => Stage::OnTheWay,
        "at_the_door" => Stage::AtTheDoor,
        "delivered" => Stage::Delivered,
        "failed" => Stage::Failed(reason),
        "cancelled" => Stage::Cancelled,
        _ => Stage::Unknown,
    }
}

fn text(value: &Value) -> Option<String> {
    text_up_to(value, LONGEST)
}

fn text_up_to(value: &Value, longest: usize) -> Option<String> {
    let fits = |t: &&str| !t.is_empty() && t.len() <= longest && !t.contains('\0');
    value.as_str().filter(fits).map(str::to_owned)
}

fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_word_is_read_with_anything_around_it_and_a_new_one_decides_nothing() {
        let heard =
            said(&json!({"id": "evt_1", "shipment": "SB-1", "state": "failed", "reason": "nobody_there",
            "at": "2026-11-24T14:20:00Z", "weather": {"rain": true}}))
            .expect("a word");
        assert_eq!((heard.stage, heard.shipment.as_str()), (Stage::Failed("nobody_there".into()), "SB-1"));
        assert_eq!(heard.at.map(|at| at.timestamp()), Some(1_795_530_000));
        let strange = said(&json!({"id": "evt_2", "shipment": "SB-1", "state": "teleported"}));
        assert_eq!(strange.map(|s| s.stage), Some(Stage::Unknown));
        for none in
            [json!(null), json!([]), json!({"id": "", "shipment": "x", "state": "y"}), json!({"id": 7})]
        {
            assert_eq!(said(&none), None, "{none}");
        }
    }

    #[test]
    fn a_link_leads_to_the_web_or_nowhere() {
        let of = |url: &str| {
            shipment(&json!({"id": "SB-1", "tracking_url": url})).expect("a shipment").tracking_url
        };
        assert_eq!(of("https://carrier.example/SB-1").as_deref(), Some("https://carrier.example/SB-1"));
        for bad in ["javascript:alert(1)", "//x", "", "ftp://x"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
