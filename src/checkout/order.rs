//! The last button: one order, whatever is pressed how often, and every refusal in words.

use super::declines::{at_door_keys, count_decline, ended_well, keys_of_card, led_away, may_try_card};
use super::draft::{Draft, Typed};
use super::fields;
use super::refused::{Refused, refuse};
use super::store;
use super::views::with_device;
use super::ways;
use crate::basket::{self, Basket};
use crate::cashier::{self, CardFields, Outcome};
use crate::delivery::{Area, Atlas};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Kind;
use crate::lifecycle::{self, Confirming, Paying, PlaceError, Placed, Placement};
use crate::money::Money;
use crate::orders::{self, Contact, Order};
use crate::storefront::{Asker, Notice, Shop, Visit};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::redirect;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OrderForm {
    key: String,
    seen: String,
    total: String,
    maximum: String,
    age: Option<String>,
}

/// What the form says, once it can be read.
#[derive(Clone)]
struct Ordering {
    basket: BasketId,
    key: Uuid,
    seen: String,
    expected: Confirming,
    age_confirmed: bool,
}

impl OrderForm {
    fn read(self, basket: BasketId) -> Option<Ordering> {
        let cents = |text: &str| text.parse::<i64>().ok().map(Money);
        Some(Ordering {
            basket,
            key: self.key.parse().ok()?,
            expected: Confirming { total: cents(&self.total)?, maximum: cents(&self.maximum)? },
            seen: self.seen,
            age_confirmed: self.age.is_some(),
        })
    }
}

pub(super) async fn place(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Form<OrderForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else {
        return Ok(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]));
    };
    let Some(ordering) = form.into_inner().read(id) else {
        return refuse(&shop, &request, &visit, Refused::Outdated).await;
    };
    let keys = asker.keys(&shop.app, "basket", &id.to_string());
    let (placing, of_age) = (Placing::new(&shop, &visit, &asker, &keys).await?, ordering.age_confirmed);
    let here = asker.own_keys(&shop.app);
    let try_of = Try { shop: shop.clone(), id, keys: keys.clone(), here: here.clone() };
    let before = shop.baskets.before(id);
    let work = move |conn: &mut PgConnection| match try_of.may_pay(conn, placing.now)? {
        Ok(card) => Ok::<_, AppError>(match conn.transaction(|conn| placing.place(conn, &ordering)) {
            Ok((placed, basket)) => Pressed::Placed(Box::new(placed), Arc::new(basket), card),
            Err(refused) => Pressed::Refused(refused),
        }),
        Err(wait) => Ok(Pressed::TooOften(wait)),
    };
    match shop.app.db(work).await? {
        Pressed::Placed(placed, basket, card) => {
            // The next page shows it: empty now, and known to be.
            shop.baskets.keep(&basket, before);
            let tried = Tried { keys, card, here };
            Ok(with_device(&shop, &asker, go_on(&shop, &visit, &placed, tried).await))
        }
        Pressed::Refused(refused) => {
            shop.baskets.forget(id);
            keep_age(&shop, id, of_age).await?;
            refuse(&shop, &request, &visit, refused).await
        }
        Pressed::TooOften(wait) => {
            keep_age(&shop, id, of_age).await?;
            refuse(&shop, &request, &visit, Refused::TooOften(wait)).await
        }
    }
}

/// What became of the last button.
enum Pressed {
    /// There is an order; a decline of the card is counted under these.
    Placed(Box<Placed>, Arc<Basket>, Vec<Key>),
    Refused(Refused),
    TooOften(Wait),
}

/// What was confirmed about age is not asked again because something else stood in the way.
async fn keep_age(shop: &Shop, id: BasketId, of_age: bool) -> Result<(), AppError> {
    let now = shop.app.clock.now();
    let work = move |conn: &mut PgConnection| {
        basket::lock(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        if draft.content.of_age != of_age {
            draft.content.of_age = of_age;
            store::keep(conn, id, &draft, now)?;
        }
        Ok::<_, AppError>(())
    };
    shop.app.db(move |conn| conn.transaction(work)).await
}

/// Whoever presses the last button.
struct Try {
    shop: Data<Shop>,
    id: BasketId,
    /// Of browser, address and basket.
    keys: Vec<Key>,
    /// Of browser and address.
    here: [Key; 2],
}

/// Under what a try was counted, and a decline of its card is.
struct Tried {
    keys: Vec<Key>,
    card: Vec<Key>,
    here: [Key; 2],
}

impl Try {
    /// Cards that are tried again and again are held off before anything is held or charged: by who
    /// tries them, and by the card itself, whoever tries it. Whoever pays at the door tries no card.
    /// Gives back under what a decline of the card is counted.
    fn may_pay(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Result<Vec<Key>, Wait>> {
        let draft = store::draft(conn, self.id, now)?;
        let payment = &draft.typed().payment;
        if payment.way.ends_with("_at_door") {
            return Ok(Ok(Vec::new()));
        }
        let card = keys_of_card(&self.shop, payment);
        let counted = match may_try_card(conn, &card, &self.here, now)? {
            Ok(()) => throttle::spend(conn, Limited::Pay, &self.keys, now)?,
            Err(wait) => Err(wait),
        };
        Ok(counted.map(|()| card))
    }
}

/// What is needed to place an order where there is a connection.
struct Placing {
    customer: Option<crate::ids::CustomerId>,
    atlas: Arc<Atlas>,
    ways: Vec<crate::config::WayToPay>,
    with_gateway: bool,
    quote_valid_for: chrono::Duration,
    vat: i32,
    now: DateTime<Utc>,
    signer: crate::sign::Signer,
    /// Of browser and address.
    here: [Key; 2],
    /// Under what the time was counted that they hold.
    held_under: Vec<Key>,
}

impl Placing {
    async fn new(shop: &Shop, visit: &Visit, asker: &Asker, keys: &[Key]) -> Result<Self, AppError> {
        Ok(Self {
            customer: shop.customer(visit).await?,
            atlas: Arc::clone(&shop.atlas),
            ways: shop.app.config.payments.ways.clone(),
            with_gateway: cashier::card_fields(&shop.app) != CardFields::None,
            quote_valid_for: shop.quote_valid_for(),
            vat: shop.app.config.shop.delivery_vat_percent,
            now: shop.app.clock.now(),
            signer: shop.app.signer.clone(),
            here: asker.own_keys(&shop.app),
            held_under: keys.to_vec(),
        })
    }

    /// The draft is read only when the basket's row is held: what another tab has done is seen. Gives
    /// the basket as it is then, too.
    fn place(&self, conn: &mut PgConnection, ordering: &Ordering) -> Result<(Placed, Basket), Refused> {
        basket::lock(conn, ordering.basket, self.now)?;
        let mut draft = store::draft(conn, ordering.basket, self.now)?;
        let basket = basket::load(conn, ordering.basket, self.quote_valid_for, self.now)?;
        let basket = basket.unwrap_or_else(|| Basket::empty(Some(ordering.basket)));
        let found = orders::order_by_submit_key(conn, ordering.key)?;
        if draft.sent_under(ordering.key).is_none()
            && let Some(order) = ordered_before(conn, &basket, found.as_ref())?
        {
            return Ok((Placed { order, attempt: None, again: true }, basket));
        }
        let placement = self.placement(conn, &draft, &basket, ordering)?;
        let placed = lifecycle::place_held(conn, &placement, &basket, found, self.now)?;
        if placed.again {
            return Ok((placed, basket));
        }
        draft.placed(ordering.key, placed.order.number.clone(), placed.order.minimum_age > 0);
        store::keep(conn, ordering.basket, &draft, self.now)?;
        self.count_at_door(conn, &placement)?;
        Ok((placed, Basket { lines: Vec::new(), ..basket }))
    }

    /// What is brought before it is paid is counted once it is ordered, and the time that was held for it is
    /// held for nothing no more. Over the limit nothing of it happens.
    fn count_at_door(&self, conn: &mut PgConnection, placement: &Placement) -> Result<(), Refused> {
        if !placement.paying.by.is_at_door() {
            return Ok(());
        }
        let keys = at_door_keys(&self.signer, &self.here, &placement.contact);
        let held: &[Key] = &self.held_under;
        let back = [(Limited::HoldWindow, held)];
        throttle::settle(conn, (Limited::AtDoor, &keys), &back, self.now)?.map_err(Refused::TooManyAtDoor)
    }

    fn placement(
        &self,
        conn: &mut PgConnection,
        draft: &Draft,
        basket: &Basket,
        ordering: &Ordering,
    ) -> Result<Placement, Refused> {
        let sent = draft.sent_under(ordering.key);
        let typed = sent.map_or_else(|| draft.typed(), |sent| &sent.typed);
        if typed.fingerprint() != ordering.seen {
            // The same form with other content is refused as such; a page gone stale is shown anew.
            return Err(sent.map_or(Refused::Outdated, |s| PlaceError::OtherContent(s.number.clone()).into()));
        }
        let area = self.atlas.area(conn)?;
        let spotted = fields::spot(conn, &area, typed)?;
        let contact = fields::contact(typed, &spotted).map_err(|_| Refused::Unready)?;
        let of_age = |l: &basket::Line| l.item.article.minimum_age > 0;
        let aged = sent.map_or_else(|| basket.lines.iter().any(of_age), |sent| sent.aged);
        Ok(Placement {
            basket: ordering.basket,
            customer: self.customer,
            submit_key: ordering.key,
            contact: Contact {
                leave_at: if aged { String::new() } else { contact.leave_at.clone() },
                ..contact
            },
            window: typed.window_id().ok_or(Refused::Unready)?,
            paying: self.paying(conn, &area, typed, basket, ordering, sent.is_some())?,
            substitutions: fields::substitutions(typed),
            wishes: typed.wishes(),
            coupon: Some(typed.coupon.clone()).filter(|code| !code.is_empty()),
            expected: ordering.expected,
            age_confirmed: ordering.age_confirmed,
            quote_valid_for: self.quote_valid_for,
            delivery_vat: self.vat,
        })
    }

    fn paying(
        &self,
        conn: &mut PgConnection,
        area: &Area,
        typed: &Typed,
        basket: &Basket,
        ordering: &Ordering,
        again: bool,
    ) -> Result<Paying, Refused> {
        let saved = match self.customer {
            Some(id) => cashier::saved_cards(conn, id)?,
            None => Vec::new(),
        };
        let zone = basket.spot.as_ref().and_then(|s| area.zone(s.quote.zone_id));
        let code = zone.map(|z| z.code.as_str());
        // A form that has ordered already is not asked again whether it may pay so.
        let maximum = if again { Money::ZERO } else { ordering.expected.maximum };
        let offers = ways::offers(&self.ways, self.with_gateway, code, maximum, saved);
        offers.paying(&typed.payment).map_err(|_| Refused::Unready)
    }
}

/// The order that an older form has placed, or another tab with what was in the basket.
fn ordered_before(
    conn: &mut PgConnection,
    basket: &Basket,
    found: Option<&Order>,
) -> QueryResult<Option<Order>> {
    match found {
        Some(order) => Ok(Some(order.clone()).filter(|o| o.basket_id == basket.id)),
        None if basket.is_empty() => orders::newest_of_basket(conn, basket.id),
        None => Ok(None),
    }
}

/// The order is there; where money is to move now, it does.
async fn go_on(shop: &Shop, visit: &Visit, placed: &Placed, tried: Tried) -> HttpResponse {
    let page = format!("/orders/{}", placed.order.number);
    if !placed.again {
        shop.step(visit, Kind::OrderPlaced, json!({"pay_by": placed.order.pay_by.as_str()}));
    }
    let Some(attempt) = placed.attempt else { return redirect(&page, []) };
    match cashier::pay(&shop.app, attempt).await {
        Outcome::Approve(url) => {
            led_away(shop, placed.order.id).await;
            redirect(&url, [])
        }
        Outcome::Failed(code) => {
            count_decline(shop, tried.card, &tried.here, &code).await;
            redirect(&page, [])
        }
        Outcome::Authorised => {
            ended_well(shop, tried.keys).await;
            redirect(&page, [])
        }
        Outcome::NotKnownYet => redirect(&page, []),
    }
}
