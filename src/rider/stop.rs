//! One drop, for the rider who brings it and for nobody else.

use super::heard::{Decided, Teller, hear};
use super::run::RUN;
use super::word::{Details, Kind, Word};
use crate::catalog::Storage;
use crate::clock;
use crate::delivery::{self, Drop, DropState, Failure, Heard};
use crate::dispatch;
use crate::error::AppError;
use crate::fulfilment::{self, Bag};
use crate::ids::{DropId, StaffId};
use crate::lifecycle;
use crate::orders::{self, Contact, Order};
use crate::payments::PayBy;
use crate::promises::{self, Promise};
use crate::staffroom::{Area, Room, Said, Staffer, answer, done};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;
use uuid::Uuid;

/// What lies in the van for a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bags {
    all: usize,
    cold: usize,
    frozen: usize,
}

impl Bags {
    /// `3 bags, 1 cold, 1 frozen`
    pub(super) fn words(self) -> String {
        let mut words = if self.all == 1 { "1 bag".to_owned() } else { format!("{} bags", self.all) };
        for (count, kind) in [(self.cold, "cold"), (self.frozen, "frozen")] {
            if count > 0 {
                words.push_str(&format!(", {count} {kind}"));
            }
        }
        words
    }
}

pub(super) fn bags(bags: &[Bag]) -> Bags {
    let of = |storage| bags.iter().filter(|bag| bag.storage == storage).count();
    Bags { all: bags.len(), cold: of(Storage::Chilled), frozen: of(Storage::Frozen) }
}

pub(super) fn window(shop: &Shop, drop: &Drop) -> String {
    let zone = shop.app.config.shop.zone;
    let (starts, ends) = (clock::time_label(zone, drop.starts_at), clock::time_label(zone, drop.ends_at));
    match clock::near_day(zone, shop.app.clock.now(), drop.starts_at) {
        Some("today") => format!("{starts}–{ends}"),
        Some(_) | None => clock::window_label(zone, drop.starts_at, drop.ends_at),
    }
}

/// What only whoever still has to go there may see.
struct Door {
    contact: Contact,
    bags: Bags,
    due: Option<String>,
    pays_card: bool,
    age: i32,
    may_leave: bool,
    /// What a picture of it may show: nothing where somebody has to show their age.
    picture_of: Option<String>,
    map: String,
    has_left: bool,
    has_arrived: bool,
}

#[derive(Template)]
#[template(path = "rider/drop.html")]
struct DropPage {
    room: Room,
    id: DropId,
    number: String,
    window: String,
    /// What the customer was told instead of it.
    told: Option<String>,
    state: &'static str,
    door: Option<Door>,
    /// Ids for what is pressed here; the same one sent twice is one.
    keys: [Uuid; 4],
    reasons: &'static [(Failure, &'static str)],
}

/// What a rider can say; the rest is for others to say.
const REASONS: [(Failure, &str); 8] = [
    (Failure::NobodyThere, "Nobody is there"),
    (Failure::WrongAddress, "The address is wrong"),
    (Failure::NoAccess, "I cannot get to the door"),
    (Failure::Refused, "They do not want it"),
    (Failure::TooYoung, "Nobody there is old enough"),
    (Failure::NotPaid, "They cannot pay"),
    (Failure::Damaged, "It is damaged"),
    (Failure::RiderStopped, "I have to stop"),
];

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<DropId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let (id, rider) = (id.into_inner(), who.id);
    let read = move |conn: &mut PgConnection| read(conn, id, rider);
    let Seen { drop, order, door, foreseen } = shop.app.read(read).await?.ok_or(AppError::NotFound)?;
    let page = DropPage {
        room: who.room(Some(Area::Rider), &format!("Stop {}", drop.stop)),
        id,
        number: order.number.to_string(),
        window: window(&shop, &drop),
        told: foreseen.and_then(|promise| dispatch::told(&shop, &drop, &promise)),
        state: state(&drop),
        door,
        keys: [(); 4].map(|()| Uuid::new_v4()),
        reasons: &REASONS,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

struct Seen {
    drop: Drop,
    order: Order,
    door: Option<Door>,
    foreseen: Option<Promise>,
}

fn read(conn: &mut PgConnection, id: DropId, rider: StaffId) -> QueryResult<Option<Seen>> {
    let Some(drop) = delivery::drop_by_id(conn, id)?.filter(|drop| drop.rider_id == Some(rider)) else {
        return Ok(None);
    };
    let order = orders::order(conn, drop.order_id)?;
    // Where somebody lives, and their gate's code, are nobody's business once it has ended.
    let door = if drop.state.is_open() { Some(door(conn, &drop, &order)?) } else { None };
    let foreseen = promises::foreseen_of(conn, &[order.id])?.pop();
    Ok(Some(Seen { drop, order, door, foreseen }))
}

fn door(conn: &mut PgConnection, drop: &Drop, order: &Order) -> QueryResult<Door> {
    let contact = orders::contact(conn, order.id)?;
    let place = [&contact.line, &contact.town, &contact.eircode].map(String::as_str).join(", ");
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("query", &place).finish();
    Ok(Door {
        map: format!("https://www.openstreetmap.org/search?{query}"),
        bags: bags(&fulfilment::bags_of(conn, order.id)?),
        due: lifecycle::due_at_door(conn, order)?.map(|due| due.to_string()),
        pays_card: order.pay_by == PayBy::CardAtDoor,
        age: order.minimum_age,
        may_leave: order.minimum_age == 0 && !contact.leave_at.is_empty(),
        picture_of: picture_of(order, &contact),
        has_left: drop.left_at.is_some(),
        has_arrived: drop.arrived_at.is_some(),
        contact,
    })
}

/// Where it is left when nobody takes it, with a picture.
fn picture_of(order: &Order, contact: &Contact) -> Option<String> {
    let place = if contact.leave_at.is_empty() { "at the door" } else { contact.leave_at.as_str() };
    (order.minimum_age == 0).then(|| place.to_owned())
}

const fn state(drop: &Drop) -> &'static str {
    match drop.state {
        DropState::Planned => "Waiting",
        DropState::RiderAssigned => "Next for you",
        DropState::OnTheWay if drop.arrived_at.is_some() => "At the door",
        DropState::OnTheWay => "On the way",
        DropState::Delivered => "Delivered",
        DropState::Failed => "Not delivered",
    }
}

#[derive(Deserialize)]
pub(super) struct WordForm {
    id: Uuid,
    kind: Kind,
    #[serde(default)]
    proof: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    age_checked: bool,
    #[serde(default)]
    paid_by: String,
    #[serde(default)]
    reason: String,
}

impl WordForm {
    fn about(self, drop: DropId) -> Word {
        let Self { id, kind, proof, code, name, age_checked, paid_by, reason } = self;
        let details = Details { proof, code, name, age_checked, paid_by, reason, ..Details::default() };
        Word { id, drop, kind, happened_at: None, details, photo: None }
    }
}

/// The same words without scripts.
pub(super) async fn tell(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<DropId>,
    form: Sent<WordForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let (id, rider) = (id.into_inner(), who.id);
    let (word, signer, now) = (form.into_inner().about(id), shop.app.signer.clone(), shop.app.clock.now());
    let is_last = matches!(word.kind, Kind::Delivered | Kind::Failed);
    let decide = move |conn: &mut PgConnection| {
        // To others there is no such drop.
        if delivery::drop_by_id(conn, id)?.is_none_or(|drop| drop.rider_id != Some(rider)) {
            return Err(AppError::NotFound);
        }
        Ok(hear(conn, Teller { rider, signer: &signer, now }, &word)?)
    };
    let decided: Decided = shop.app.db(decide).await?;
    Ok(led_on(&shop, id, decided, is_last))
}

/// To the run once the stop is over, else back to it, with words.
pub(super) fn led_on(shop: &Shop, id: DropId, decided: Decided, is_last: bool) -> HttpResponse {
    let was_heard = decided.heard != Heard::Refused;
    let here = format!("{RUN}/drops/{id}");
    let target = if is_last && was_heard { RUN } else { here.as_str() };
    let said = if was_heard { Said::good(decided.words) } else { Said::bad(decided.words) };
    done(shop, target, &said)
}
