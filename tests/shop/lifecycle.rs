//! The verbs in which order, stock, money and window change together, called as the pages call them.

use crate::common::TestShop;
use crate::common::placing::STAFF;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use smartshop::basket::{self, Wish};
use smartshop::catalog;
use smartshop::delivery::{self, Query};
use smartshop::ids::{Actor, BasketId, Sku};
use smartshop::lifecycle::{
    CancelError, Cancelled, Confirming, Paying, PlaceError, Placed, Placement, Source, cancel,
    payment_settled, place_order, reckon,
};
use smartshop::money::Money;
use smartshop::orders::{self, CancelledWhy, Contact, OrderState, Substitutions};
use smartshop::outside::gateway::{Intent, IntentStatus};
use smartshop::payments::{self, AttemptState, Decision, PayBy};
use uuid::Uuid;

const MILK: &str = "DE-MIL-001";
const SPAGHETTI: &str = "PP-PAS-001";
const VAT: i32 = 23;

fn quote_for() -> Duration {
    Duration::minutes(30)
}

/// A basket with 12 of milk and 6 of spaghetti, for somebody in Rathmines.
pub(crate) fn basket_of(shop: &TestShop, conn: &mut PgConnection) -> BasketId {
    let (id, now) = (BasketId(Uuid::new_v4()), shop.clock.now());
    let delivery::Answer::Here { place, .. } =
        delivery::find(conn, &Query::Text("D06".into())).expect("an answer")
    else {
        panic!("Rathmines is a place of ours")
    };
    let quote = delivery::give_quote(conn, &place, None, quote_for(), now).expect("a quote");
    basket::change_place(conn, id, &quote, now).expect("a place");
    for (sku, quantity) in [(MILK, 12), (SPAGHETTI, 6)] {
        let sku = Sku::try_from(sku.to_owned()).expect("a number");
        let item = catalog::by_sku(conn, &sku, now).expect("an item");
        basket::set_quantity(conn, id, &item, Wish::exactly(quantity), now).expect("room");
    }
    id
}

fn first_window(shop: &TestShop, conn: &mut PgConnection, id: BasketId) -> i64 {
    let basket = basket::load(conn, id, quote_for(), shop.clock.now()).expect("db").expect("a basket");
    let zone = basket.spot.expect("a place").quote.zone_id.0;
    diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!(
        "SELECT id FROM delivery_windows WHERE zone_id = {zone} AND cutoff_at > '{}' AND taken < capacity ORDER BY starts_at LIMIT 1",
        shop.clock.now().to_rfc3339()
    ))
    .get_result(conn)
    .expect("a window")
}

pub(crate) fn placement(shop: &TestShop, conn: &mut PgConnection, id: BasketId, by: PayBy) -> Placement {
    let basket = basket::load(conn, id, quote_for(), shop.clock.now()).expect("db").expect("a basket");
    let reckoned = reckon(&basket, None, VAT, shop.clock.now());
    Placement {
        basket: id,
        customer: None,
        submit_key: Uuid::new_v4(),
        contact: Contact {
            name: "Aoife Byrne".into(),
            email: "aoife@example.ie".into(),
            phone: "+353861234567".into(),
            line: "12 Leinster Road".into(),
            company: String::new(),
            town: "Rathmines, Dublin 6".into(),
            eircode: "D06 X2Y3".into(),
            leave_at: String::new(),
            note: String::new(),
            preferred_time: String::new(),
            gate_code: String::new(),
            gift_note: String::new(),
        },
        window: first_window(shop, conn, id),
        paying: Paying {
            by,
            gateway_method: Some("pm_card_visa".into()),
            gateway_customer: None,
            label: "Visa".into(),
        },
        substitutions: Substitutions::Similar,
        wishes: std::collections::BTreeMap::new(),
        coupon: None,
        expected: Confirming { total: reckoned.total, maximum: reckoned.maximum },
        age_confirmed: false,
        quote_valid_for: quote_for(),
        delivery_vat: VAT,
    }
}

fn intent(placed: &Placed, status: IntentStatus) -> Intent {
    let amount = placed.order.maximum_cents;
    Intent {
        id: format!("pi_{}", placed.order.number),
        attempt: placed.attempt,
        capturable: if status == IntentStatus::RequiresCapture { amount } else { Money::ZERO },
        received: if status == IntentStatus::Succeeded { amount } else { Money::ZERO },
        status,
        amount,
        currency: None,
        failure: None,
        approve_at: None,
        good_until: None,
        label: None,
        customer: None,
        payment_method: None,
        fingerprint: None,
    }
}

fn state(conn: &mut PgConnection, placed: &Placed) -> OrderState {
    orders::order(conn, placed.order.id).expect("an order").state
}

/// Nothing is held by nobody, and nothing is held that is not counted.
pub(crate) fn assert_holds_add_up(shop: &TestShop) {
    assert_eq!(
        shop.count("SELECT count(*) FROM stock s WHERE held <> (SELECT coalesce(sum(units), 0) FROM stock_holds h WHERE h.product_id = s.product_id)"),
        0
    );
    assert_eq!(
        shop.count("SELECT count(*) FROM delivery_windows w WHERE taken <> (SELECT count(*) FROM window_holds h WHERE h.window_id = w.id)"),
        0
    );
}

fn later(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::seconds(1)
}

#[test]
fn a_basket_becomes_an_order_that_holds_what_it_needs() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let id = basket_of(&shop, conn);
    let placement = placement(&shop, conn, id, PayBy::CashAtDoor);
    let placed = place_order(conn, &placement, now).expect("an order");
    assert_eq!(placed.order.state, OrderState::Confirmed, "cash at the door waits for nobody");
    assert_eq!(placed.order.total_cents, placement.expected.total);
    assert_eq!(shop.count("SELECT sum(units) FROM stock_holds"), 18);
    assert_eq!(shop.count("SELECT count(*) FROM window_holds WHERE order_id IS NOT NULL"), 1);
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 0);
    assert_eq!(
        shop.text("SELECT string_agg(kind, ' ' ORDER BY id) FROM events WHERE topic IN ('order', 'payment')"),
        "order_placed payment_started order_confirmed"
    );
    assert_holds_add_up(&shop);
    let cancelled =
        cancel(conn, placed.order.id, CancelledWhy::Customer, Actor::Customer, later(now)).expect("in time");
    assert_eq!(cancelled, Cancelled::NothingTaken);
    assert_eq!(shop.count("SELECT count(*) FROM stock_holds"), 0);
    assert_eq!(shop.count("SELECT sum(held) FROM stock"), 0);
    assert_holds_add_up(&shop);
}

#[test]
fn the_same_form_is_the_same_order_and_another_form_finds_it() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let id = basket_of(&shop, conn);
    let form = placement(&shop, conn, id, PayBy::Card);
    let first = place_order(conn, &form, now).expect("an order");
    let again = place_order(conn, &form, now).expect("the order");
    assert!(again.again && again.order.id == first.order.id && again.attempt.is_none());
    let other_tab = Placement { submit_key: Uuid::new_v4(), ..form.clone() };
    let found = place_order(conn, &other_tab, now).expect("the order");
    assert!(found.again && found.order.id == first.order.id);
    let changed = Placement { window: form.window + 1, ..form };
    assert!(
        matches!(place_order(conn, &changed, now), Err(PlaceError::OtherContent(n)) if n == first.order.number)
    );
    assert_eq!(shop.count("SELECT count(*) FROM orders"), 1);
}

#[test]
fn a_card_is_reserved_and_the_order_confirmed_by_whoever_says_so_first() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let id = basket_of(&shop, conn);
    let form = placement(&shop, conn, id, PayBy::Card);
    let placed = place_order(conn, &form, now).expect("an order");
    assert_eq!(state(conn, &placed), OrderState::Placed);
    let authorised = intent(&placed, IntentStatus::RequiresCapture);
    assert_eq!(payment_settled(conn, &authorised, Source::Webhook, now), Ok(Decision::Applied));
    assert_eq!(payment_settled(conn, &authorised, Source::Asked, now), Ok(Decision::AlreadyTrue));
    let stale = intent(&placed, IntentStatus::RequiresAction);
    assert_eq!(payment_settled(conn, &stale, Source::Webhook, now), Ok(Decision::TooLate));
    assert_eq!(state(conn, &placed), OrderState::Confirmed);
    assert!(matches!(
        cancel(conn, placed.order.id, CancelledWhy::Unpaid, Actor::System, now),
        Err(CancelError::Paid)
    ));
    let balance = payments::balance(conn, placed.order.id).expect("a balance");
    assert_eq!(balance.authorised, placed.order.maximum_cents);
}

#[test]
fn an_open_payment_keeps_its_order_from_being_cancelled_unasked() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let id = basket_of(&shop, conn);
    let form = placement(&shop, conn, id, PayBy::Card);
    let placed = place_order(conn, &form, now).expect("an order");
    let asked = cancel(conn, placed.order.id, CancelledWhy::Unpaid, Actor::System, now);
    assert!(matches!(asked, Err(CancelError::AskFirst(a)) if Some(a) == placed.attempt));
    let gone = intent(&placed, IntentStatus::Canceled);
    payment_settled(conn, &gone, Source::Asked, now).expect("settled");
    let done = cancel(conn, placed.order.id, CancelledWhy::Unpaid, Actor::System, now).expect("now it can");
    assert_eq!(done, Cancelled::NothingTaken);
    assert_holds_add_up(&shop);
}

#[test]
fn a_shopper_cancels_what_is_paid_until_it_is_handed_over_and_what_is_unpaid_at_any_time() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    diesel::sql_query("UPDATE stock SET on_hand = 1000").execute(conn).expect("plenty");
    let ordered = |conn: &mut PgConnection, paid: bool| {
        let id = basket_of(&shop, conn);
        let form = placement(&shop, conn, id, PayBy::Card);
        let placed = place_order(conn, &form, now).expect("an order");
        let word = if paid { IntentStatus::RequiresCapture } else { IntentStatus::Canceled };
        payment_settled(conn, &intent(&placed, word), Source::Asked, now).expect("settled");
        placed
    };
    let (early, late, unpaid) = (ordered(conn, true), ordered(conn, true), ordered(conn, false));
    // Packed is not too late; on the way is.
    let handed_over = "UPDATE fulfilments SET state = 'handed_over', packed_at = now(), goods_cents = 1,
        total_cents = 1, handed_over_at = now() WHERE order_id = ";
    diesel::sql_query(format!("{handed_over} '{}'", late.order.id)).execute(conn).expect("handed over");
    let ends = |conn: &mut PgConnection, placed: &Placed, by, at| {
        cancel(conn, placed.order.id, CancelledWhy::Customer, by, at)
    };
    assert!(matches!(ends(conn, &early, Actor::Customer, now), Ok(Cancelled::Released(_))));
    assert!(matches!(ends(conn, &late, Actor::Customer, now), Err(CancelError::TooLate)));
    assert_eq!(state(conn, &late), OrderState::Confirmed);
    assert!(matches!(ends(conn, &unpaid, Actor::Customer, now), Ok(Cancelled::NothingTaken)));
    assert!(matches!(ends(conn, &late, STAFF, now), Ok(Cancelled::Released(_))), "staff may");
    assert_holds_add_up(&shop);
}

#[test]
fn late_money_is_honoured_while_there_is_stock_and_let_go_when_there_is_none() {
    for stock_is_there in [true, false] {
        let shop = TestShop::demo();
        let (conn, now) = (&mut shop.conn(), shop.clock.now());
        let id = basket_of(&shop, conn);
        let form = placement(&shop, conn, id, PayBy::Card);
        let placed = place_order(conn, &form, now).expect("an order");
        let refused = Intent {
            failure: Some("card_declined".into()),
            ..intent(&placed, IntentStatus::RequiresPaymentMethod)
        };
        payment_settled(conn, &refused, Source::Asked, now).expect("settled");
        cancel(conn, placed.order.id, CancelledWhy::Unpaid, Actor::System, now).expect("unpaid");
        if !stock_is_there {
            diesel::sql_query("UPDATE stock SET on_hand = held").execute(conn).expect("sold out");
        }
        let money = intent(&placed, IntentStatus::RequiresCapture);
        assert_eq!(
            payment_settled(conn, &money, Source::Webhook, now),
            Ok(Decision::TooLate),
            "an old webhook is no proof"
        );
        assert_eq!(payment_settled(conn, &money, Source::Asked, now), Ok(Decision::Applied));
        let attempt = payments::attempt(conn, placed.attempt.expect("one")).expect("one");
        let order = orders::order(conn, placed.order.id).expect("an order");
        let released = shop.count("SELECT count(*) FROM events WHERE kind = 'release_asked'");
        if stock_is_there {
            assert_eq!(
                (order.state, attempt.state, released),
                (OrderState::Confirmed, AttemptState::Authorised, 0)
            );
        } else {
            assert_eq!((order.state, released), (OrderState::Cancelled, 1));
            assert_eq!(order.cancelled_why, Some(CancelledWhy::LateMoney));
        }
        assert_holds_add_up(&shop);
    }
}

#[test]
fn what_is_not_there_is_named_and_nothing_is_held() {
    let shop = TestShop::demo();
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let id = basket_of(&shop, conn);
    let form = placement(&shop, conn, id, PayBy::Card);
    diesel::sql_query(
        "UPDATE stock SET on_hand = 3 WHERE product_id = (SELECT id FROM products WHERE sku = 'DE-MIL-001')",
    )
    .execute(conn)
    .expect("few left");
    let refused = place_order(conn, &form, now);
    assert!(
        matches!(&refused, Err(PlaceError::Gone(gone)) if gone.len() == 1 && gone[0].left == 3 && gone[0].wanted == 12),
        "{refused:?}"
    );
    assert_eq!(shop.count("SELECT count(*) FROM orders"), 0);
    assert_holds_add_up(&shop);
}

/// Each has written its order, which refers to the window, before it meets the other at the stock.
#[test]
fn orders_for_one_window_that_meet_at_the_stock_do_not_wait_for_each_other_for_ever() {
    let shop = TestShop::demo();
    let conn = &mut shop.conn();
    diesel::sql_query("UPDATE stock SET on_hand = 1000").execute(conn).expect("plenty");
    let forms: Vec<Placement> = (0..4)
        .map(|_| {
            let id = basket_of(&shop, conn);
            placement(&shop, conn, id, PayBy::Card)
        })
        .collect();
    let shop = &shop;
    std::thread::scope(|scope| {
        let placing = conn.transaction(|conn| {
            diesel::sql_query("SELECT 1 FROM stock FOR UPDATE").execute(conn)?;
            let placing: Vec<_> = forms
                .iter()
                .map(|form| scope.spawn(|| place_order(&mut shop.conn(), form, shop.clock.now())))
                .collect();
            shop.wait_until_blocked(4);
            QueryResult::Ok(placing)
        });
        for order in placing.expect("let go") {
            let placed = order.join().expect("no panic");
            assert!(placed.is_ok(), "{placed:?}");
        }
    });
    assert_holds_add_up(shop);
}
