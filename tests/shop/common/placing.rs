//! Orders as the checkout would place them, and what a gateway would say of their money.

use super::{Answer, Shopper, TestShop};
use chrono::Duration;
use diesel::prelude::*;
use smartshop::basket;
use smartshop::delivery;
use smartshop::demo;
use smartshop::ids::{Actor, AttemptId, BasketId, StaffId};
use smartshop::lifecycle::{
    Confirming, Paying, Placed, Placement, Source, payment_settled, place_order, reckon,
};
use smartshop::money::Money;
use smartshop::orders::{self, Contact, Order, OrderLine, Substitutions};
use smartshop::outside::gateway::{Intent, IntentStatus};
use smartshop::payments::{self, PayBy};
use uuid::Uuid;

const VAT: i32 = 23;

/// Somebody of the shop, where it does not matter who.
pub(crate) const STAFF: Actor = Actor::Staff(StaffId(Uuid::from_u128(42)));

/// Somebody who works here.
pub(crate) fn colleague(shop: &TestShop, name: &str, role: &str) -> StaffId {
    let id = StaffId(Uuid::now_v7());
    diesel::sql_query(
        "INSERT INTO staff_members (id, email, name, password_hash, state, role, made_at)
         VALUES ($1, lower($2) || '@example.ie', $2, 'none', 'active', $3, now())",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .bind::<diesel::sql_types::Text, _>(name)
    .bind::<diesel::sql_types::Text, _>(role)
    .execute(&mut shop.conn())
    .expect("a colleague");
    id
}

/// Somebody of the demo who works here, signed in.
pub(crate) async fn staffer<'s>(shop: &'s TestShop, email: &str) -> Shopper<'s> {
    let who = shop.shopper();
    who.submit("/staff/sign-in", &[("email", email), ("password", demo::PASSWORD)]).await;
    who
}

/// The demo's riders would bring it else.
pub(crate) fn nobody_of_the_demo_rides(shop: &TestShop) {
    diesel::sql_query(
        "UPDATE riders SET on_shift = false FROM staff_members s WHERE s.id = riders.id AND s.email LIKE '%@demo.test'",
    )
    .execute(&mut shop.conn())
    .expect("the demo's riders go home");
}

/// A rider on shift.
pub(crate) fn rider(shop: &TestShop, name: &str) -> StaffId {
    let id = colleague(shop, name, "rider");
    nobody_of_the_demo_rides(shop);
    let conn = &mut shop.conn();
    delivery::put_rider(conn, id, name, "+353 86 000 0000").expect("a rider");
    delivery::set_on_shift(conn, id, true, shop.clock.now()).expect("on shift");
    id
}

pub(crate) fn aoife() -> Contact {
    Contact {
        name: "Aoife Byrne".into(),
        email: "aoife@example.com".into(),
        phone: "+353 86 123 4567".into(),
        line: "14 Leinster Road".into(),
        company: String::new(),
        town: "Rathmines".into(),
        eircode: "D06 X4P7".into(),
        leave_at: "At the door".into(),
        note: "Blue door, bell on the left".into(),
        preferred_time: String::new(),
        gate_code: "4711#".into(),
        gift_note: String::new(),
    }
}

/// Somebody in Rathmines with milk and spaghetti in the basket.
pub(crate) async fn shopper_with_basket(shop: &TestShop) -> Shopper<'_> {
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    for (sku, quantity) in [("DE-MIL-001", "12"), ("PP-PAS-001", "6")] {
        shopper.wants(sku, quantity).await;
    }
    shopper
}

/// Somebody who pays in cash, and their order, which nobody of the demo brings.
pub(crate) async fn ordered(shop: &TestShop) -> (Shopper<'_>, Order) {
    nobody_of_the_demo_rides(shop);
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::CashAtDoor, None).order;
    (shopper, order)
}

/// From a basket to an order by what stands on the pages, as a guest of Rathmines who pays in cash, for the
/// window that is chosen of those on the page. Gives the order's page.
pub(crate) async fn orders_by_clicks(
    aoife: &Shopper<'_>,
    window: impl FnOnce(&[String]) -> String,
    more: (&str, &str),
) -> Answer {
    let basket = aoife.get("/basket").await;
    let start = aoife.follow(&basket, "Checkout").await;
    let delivery = aoife.follow(&start, "Continue as guest").await;
    goes_on_to_order(aoife, &delivery, window, more).await
}

/// The same from the first step on, whoever is signed in.
pub(crate) async fn goes_on_to_order(
    aoife: &Shopper<'_>,
    delivery: &Answer,
    window: impl FnOnce(&[String]) -> String,
    more: (&str, &str),
) -> Answer {
    let windows = delivery.choices("window");
    assert!(!windows.is_empty(), "no times: {}", delivery.words());
    let window = window(&windows);
    let typed = [
        ("window", window.as_str()),
        ("name", "Aoife Byrne"),
        ("email", "aoife.byrne@example.ie"),
        ("phone", "087 555 0142"),
        ("line", "14 Leinster Road"),
        ("eircode", "D06 X4P7"),
        more,
    ];
    let payment = aoife.press(delivery, "Continue to payment", &typed).await;
    let review = aoife.press(&payment, "Continue to review", &[("way", "cash_at_door")]).await;
    review.must_say("Is everything right?");
    aoife.press(&review, "Order", &[]).await
}

/// An order's own page.
pub(crate) fn page_of(order: &Order) -> String {
    format!("/orders/{}", order.number)
}

/// Milk and spaghetti of somebody who wishes that where something has run out, in the hands of Kasia.
pub(crate) async fn in_kasias_hands<'s>(shop: &'s TestShop, wish: &str) -> (Shopper<'s>, Shopper<'s>, Order) {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::CashAtDoor, None).order;
    shop.state().shop.baskets.forget(basket_of(shop, &shopper));
    diesel::sql_query("UPDATE orders SET substitutions = $1")
        .bind::<diesel::sql_types::Text, _>(wish)
        .execute(&mut shop.conn())
        .expect("their wish");
    let kasia = staffer(shop, "warehouse@demo.test").await;
    kasia.submit(&format!("/warehouse/orders/{}/picking", order.number), &[]).await;
    (shopper, kasia, order)
}

/// A line of an order.
pub(crate) fn line_of(shop: &TestShop, order: &Order, sku: &str) -> OrderLine {
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    lines.into_iter().find(|l| l.sku == sku).expect("a line")
}

pub(crate) fn basket_of(shop: &TestShop, shopper: &Shopper<'_>) -> BasketId {
    let cookie = shopper.cookie("basket").expect("a basket");
    BasketId(shop.state().shop.app.signer.open("basket", &cookie).expect("our signature"))
}

/// Places what is in the basket, as the last button would.
pub(crate) fn place(shop: &TestShop, shopper: &Shopper<'_>, by: PayBy, coupon: Option<&str>) -> Placed {
    place_for(shop, shopper, by, coupon, "2 hours")
}

/// Into the next window of that length: those of an hour have begun already.
pub(crate) fn place_for(
    shop: &TestShop,
    shopper: &Shopper<'_>,
    by: PayBy,
    coupon: Option<&str>,
    length: &str,
) -> Placed {
    let (mut conn, now, valid) = (shop.conn(), shop.clock.now(), Duration::minutes(30));
    let id = basket_of(shop, shopper);
    let basket = basket::load(&mut conn, id, valid, now).expect("db").expect("a basket");
    let found = coupon.map(|code| orders::coupon(&mut conn, code).expect("db"));
    let reckoned = reckon(&basket, found, VAT, now);
    let zone = basket.spot.expect("a place").quote.zone_id.0;
    let window = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!(
        "SELECT id FROM delivery_windows WHERE zone_id = {zone} AND cutoff_at > '{}' AND taken < capacity AND ends_at - starts_at = '{length}' ORDER BY starts_at LIMIT 1",
        now.to_rfc3339()
    ))
    .get_result(&mut conn)
    .expect("a window");
    let method = match by {
        PayBy::Card => Some("pm_card_visa".to_owned()),
        PayBy::Redirect => Some("paypal".to_owned()),
        PayBy::CashAtDoor | PayBy::CardAtDoor => None,
    };
    let label = match by {
        PayBy::Card => "Visa ending 4242",
        PayBy::Redirect => "PayPal",
        PayBy::CashAtDoor => "Cash at the door",
        PayBy::CardAtDoor => "Card at the door",
    };
    let paying = Paying { by, gateway_method: method, gateway_customer: None, label: label.into() };
    let placement = Placement {
        basket: id,
        customer: None,
        submit_key: Uuid::new_v4(),
        contact: aoife(),
        window,
        paying,
        substitutions: Substitutions::Similar,
        wishes: std::collections::BTreeMap::new(),
        coupon: coupon.map(str::to_owned),
        expected: Confirming { total: reckoned.total, maximum: reckoned.maximum },
        age_confirmed: true,
        quote_valid_for: valid,
        delivery_vat: VAT,
    };
    let placed = place_order(&mut conn, &placement, now).expect("an order");
    shop.state().shop.baskets.forget(id);
    placed
}

/// What the gateway says of a try.
pub(crate) fn intent(attempt: AttemptId, amount: Money, status: IntentStatus) -> Intent {
    Intent {
        id: format!("pi_{}", attempt.0.simple()),
        attempt: Some(attempt),
        capturable: if status == IntentStatus::RequiresCapture { amount } else { Money::ZERO },
        received: if status == IntentStatus::Succeeded { amount } else { Money::ZERO },
        failure: (status == IntentStatus::RequiresPaymentMethod).then(|| "insufficient_funds".to_owned()),
        approve_at: (status == IntentStatus::RequiresAction)
            .then(|| "https://bank.example/approve/1".to_owned()),
        status,
        amount,
        currency: None,
        good_until: None,
        label: None,
        customer: None,
        payment_method: None,
        fingerprint: None,
    }
}

/// Lets the gateway say something of an order's newest try.
pub(crate) fn settle(shop: &TestShop, order: &Order, status: IntentStatus) {
    let mut conn = shop.conn();
    let tries = payments::attempts_of(&mut conn, order.id).expect("db");
    let newest = tries.last().expect("a try");
    let said = intent(newest.id, newest.amount_cents, status);
    payment_settled(&mut conn, &said, Source::Asked, shop.clock.now()).expect("db");
}
