//! Lines of which only some were there: what stands in for the rest of them.

use crate::common::placing::{STAFF, basket_of, place, shopper_with_basket};
use crate::common::{Answer, Shopper, TestShop};
use crate::lifecycle::assert_holds_add_up;
use chrono::Duration;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use smartshop::catalog::Storage;
use smartshop::demo;
use smartshop::fulfilment::{self, Pick};
use smartshop::ids::ProductId;
use smartshop::inventory;
use smartshop::lifecycle::{self, AnswerError, PackError, PickError, Settled};
use smartshop::orders::{self, CancelledWhy, Order, OrderLine};
use smartshop::payments::PayBy;
use smartshop::rebuild::rebuild;
use smartshop::worker;

const MILK: &str = "DE-MIL-001";

struct Picking<'s> {
    shop: &'s TestShop,
    shopper: Shopper<'s>,
    kasia: Shopper<'s>,
    order: Order,
    line: OrderLine,
}

/// Twelve milk and six spaghetti in Kasia's hands.
async fn picking<'s>(shop: &'s TestShop, wish: &str) -> Picking<'s> {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::CashAtDoor, None).order;
    shop.state().shop.baskets.forget(basket_of(shop, &shopper));
    shop.conn().batch_execute(&format!("UPDATE orders SET substitutions = '{wish}'")).expect("their wish");
    let kasia = shop.shopper();
    kasia.submit("/staff/sign-in", &[("email", "warehouse@demo.test"), ("password", demo::PASSWORD)]).await;
    kasia.submit(&format!("/warehouse/orders/{}/picking", order.number), &[]).await;
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let line = lines.into_iter().find(|l| l.sku == MILK).expect("a line");
    Picking { shop, shopper, kasia, order, line }
}

impl Picking<'_> {
    async fn act(&self, verb: &str, form: &[(&str, &str)]) -> Answer {
        let to = format!("/warehouse/orders/{}/lines/{}/{verb}", self.order.number, self.line.position);
        self.kasia.submit(&to, form).await
    }

    /// So many are there; gives the page that follows.
    async fn finds(&self, units: &str) -> Answer {
        self.act("pick", &[("units", units)]).await
    }

    async fn suggested(&self) -> String {
        let to = format!("/warehouse/orders/{}/lines/{}/short", self.order.number, self.line.position);
        let short = self.kasia.get(&to).await;
        short.all_after("name=\"product\" value=\"").first().expect("a suggestion").clone()
    }

    fn pick(&self) -> Pick {
        let picks = fulfilment::picks_of(&mut self.shop.conn(), self.order.id).expect("picks");
        picks.into_iter().find(|p| p.position == self.line.position).expect("a pick")
    }

    fn on_hand(&self, product: ProductId) -> i32 {
        inventory::shelf(&mut self.shop.conn(), product).expect("db").expect("a shelf").on_hand
    }

    async fn packs(&self) -> Answer {
        let to = format!("/warehouse/orders/{}/packing", self.order.number);
        self.kasia.submit(&to, &[("chilled", "1"), ("ambient", "1")]).await
    }

    async fn leaves_the_other_out(&self) {
        let lines = orders::lines(&mut self.shop.conn(), self.order.id).expect("lines");
        let other = lines.iter().find(|l| l.sku != MILK).expect("another line").position;
        let to = format!("/warehouse/orders/{}/lines/{other}/leaving-out", self.order.number);
        self.kasia.submit(&to, &[]).await;
    }

    fn page(&self) -> String {
        format!("/orders/{}", self.order.number)
    }

    #[track_caller]
    fn assert_told(&self) {
        let report = rebuild(&mut self.shop.conn()).expect("a rebuild");
        assert!(report.agrees(), "{report}");
        assert_holds_add_up(self.shop);
    }
}

fn product(shop: &TestShop, sku: &str) -> ProductId {
    ProductId(shop.text(&format!("SELECT id FROM products WHERE sku = '{sku}'")).parse().expect("a key"))
}

#[actix_web::test]
async fn nine_of_twelve_and_three_of_another_are_one_line_that_costs_no_more() {
    let shop = TestShop::demo();
    let it = picking(&shop, "similar").await;
    let short = it.finds("9").await;
    short.must_say("9 instead of 12");
    short.must_say("3 missing.");
    short.must_say("Go on without the rest");
    let sku = it.suggested().await;
    let other = product(&shop, &sku);
    let before = (it.on_hand(it.line.product_id), it.on_hand(other));
    it.act("substitution", &[("product", &sku), ("units", "4")]).await.must_say("between 1 and 3");
    let form = [("product", sku.as_str()), ("units", "3")];
    it.act("substitution", &form).await.must_say("for the rest, 3×");
    it.act("substitution", &form).await.must_say("1 of 2 lines done");
    let (pick, rest) = (it.pick(), it.pick().rest().expect("something for the rest"));
    assert_eq!((pick.units, rest.units, rest.product), (9, 3, other));
    assert!(rest.sum <= fulfilment::share(&it.line, 3) && pick.total() <= it.line.sum_cents, "never dearer");
    assert_eq!((it.on_hand(it.line.product_id), it.on_hand(other)), (before.0, before.1 - 3));
    it.assert_told();

    it.leaves_the_other_out().await;
    let packed = it.packs().await;
    let total = pick.total() + it.order.fee_cents;
    packed.must_say(&format!("It came to {total}"));
    let page = it.shopper.get(&it.page()).await;
    let name = shop.text(&format!("SELECT name FROM products WHERE sku = '{sku}'"));
    let note =
        format!("9 of 12 were there, {}. Instead of the rest: 3 × {name}, {}", pick.sum_cents, rest.sum);
    page.must_say(&note);
    page.must_say(&format!("{name} instead of what was missing of {}.", it.line.name));
    it.shopper.get(&format!("{}/receipt", it.page())).await.must_say(&note);
    it.assert_told();
}

#[actix_web::test]
async fn undone_both_are_back_on_their_shelves_and_cancelled_too() {
    let shop = TestShop::demo();
    let it = picking(&shop, "similar").await;
    let sku = it.suggested().await;
    let other = product(&shop, &sku);
    let before = (it.on_hand(it.line.product_id), it.on_hand(other));
    for _ in 0..2 {
        it.finds("10").await;
        it.act("substitution", &[("product", &sku), ("units", "2")]).await.must_say("1 of 2 lines done");
        let refused = it.act("leaving-out", &[]).await;
        refused.must_say("this line is picked already. Undo that first.");
        it.act("reopening", &[]).await.must_say("0 of 2 lines done");
        assert_eq!((it.on_hand(it.line.product_id), it.on_hand(other)), before);
        it.assert_told();
    }
    it.finds("10").await;
    it.act("substitution", &[("product", &sku), ("units", "2")]).await;
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::cancel(conn, it.order.id, CancelledWhy::Customer, STAFF, now).expect("cancelled");
    // Two of them were missing, and nobody has found them.
    assert_eq!((it.on_hand(it.line.product_id), it.on_hand(other)), (before.0 - 2, before.1));
    it.assert_told();
}

#[actix_web::test]
async fn who_wants_nothing_else_gets_nothing_for_the_rest_either() {
    let shop = TestShop::demo();
    let it = picking(&shop, "leave_out").await;
    it.finds("10").await.must_say("1 of 2 lines done");
    let swap = [("code", "DE-MIL-002"), ("units", "2")];
    it.act("substitution", &swap).await.must_say("wants nothing else in its place");
    assert_eq!(it.pick().rest(), None);
    it.leaves_the_other_out().await;
    it.packs().await.must_say("that is what the customer pays");
}

#[actix_web::test]
async fn who_wants_to_be_asked_is_asked_about_the_rest_and_nothing_is_packed_before() {
    let shop = TestShop::demo();
    let it = picking(&shop, "ask").await;
    it.finds("10").await.must_say("Ask the customer");
    let sku = it.suggested().await;
    let form = [("product", sku.as_str()), ("units", "2")];
    it.act("substitution", &form).await.must_say("has not said yes to this");
    it.act("asking", &form).await.must_say("Go on with the other lines.");
    it.leaves_the_other_out().await;
    it.packs().await.must_say("the customer is still asked about what was missing");
    worker::work_outbox(&shop.state().shop.app).await.expect("letters");
    shop.send_mail();
    assert!(shop.letters().iter().any(|l| l.subject.starts_with("Yes or no by")), "they are written to");
    let asked = it.shopper.get(&it.page()).await;
    asked.must_say("Yes, take it");
    let product = asked.all_after("name=\"product\" value=\"").remove(0);
    let to = format!("{}/substitutes/{}", it.page(), it.line.position);
    it.shopper
        .submit(&to, &[("product", &product), ("answer", "yes")])
        .await
        .must_say("Your picker takes it.");
    let order = it.kasia.get(&format!("/warehouse/orders/{}", it.order.number)).await;
    order.must_say("The customer said yes to");
    order.must_say("Something for the rest");
    it.act("substitution", &form).await.must_say("for the rest, 2×");
    it.packs().await.must_say("that is what the customer pays");
    it.assert_told();
}

#[actix_web::test]
async fn without_an_answer_it_is_packed_without_the_rest() {
    let shop = TestShop::demo();
    let it = picking(&shop, "ask").await;
    it.finds("10").await;
    let sku = it.suggested().await;
    it.act("asking", &[("product", &sku), ("units", "2")]).await;
    it.leaves_the_other_out().await;
    shop.clock.advance(chrono::Duration::minutes(10));
    it.shopper.get(&it.page()).await.must_not_say("Yes, take it");
    it.packs().await.must_say("that is what the customer pays");
    let late = lifecycle::settle_line(
        &mut shop.conn(),
        it.order.id,
        it.line.position,
        Settled::Substituted { product: product(&shop, &sku), units: 2, grams: None },
        it.order_picker(),
        shop.clock.now(),
    );
    assert!(matches!(late, Err(PickError::Packed)), "{late:?}");
}

impl Picking<'_> {
    fn order_picker(&self) -> smartshop::ids::StaffId {
        let id = self.shop.text("SELECT id FROM staff_members WHERE email = 'warehouse@demo.test'");
        smartshop::ids::StaffId(id.parse().expect("a key"))
    }
}

/// Ten of twelve are there, all else is settled, and a stand-in for two is asked about or free to take.
async fn partly(it: &Picking<'_>, is_asked: bool) -> ProductId {
    it.finds("10").await;
    let sku = it.suggested().await;
    if is_asked {
        it.act("asking", &[("product", &sku), ("units", "2")]).await;
    }
    it.leaves_the_other_out().await;
    product(it.shop, &sku)
}

fn instead(product: ProductId) -> Settled {
    Settled::Substituted { product, units: 2, grams: None }
}

const AMBIENT: [(Storage, i32); 1] = [(Storage::Ambient, 1)];

#[actix_web::test]
async fn an_answer_in_the_last_second_and_packing_at_the_end_of_its_time_make_one_story() {
    for is_answered_first in [true, false] {
        let shop = TestShop::demo();
        let it = picking(&shop, "ask").await;
        let other = partly(&it, true).await;
        let (order, position, picker) = (it.order.id, it.line.position, it.order_picker());
        let over = shop.clock.now() + Duration::minutes(10);
        let answer = |conn: &mut PgConnection| {
            let now = over - Duration::seconds(1);
            lifecycle::answer_substitute(conn, order, position, other.0, true, now)
        };
        let pack = |conn: &mut PgConnection| lifecycle::pack(conn, order, &AMBIENT, picker, over);
        let (answered, packed) = if is_answered_first {
            shop.at_once(order, answer, pack)
        } else {
            let (packed, answered) = shop.at_once(order, pack, answer);
            (answered, packed)
        };
        packed.expect("its time is over");
        let kinds = "SELECT string_agg(kind, ' ' ORDER BY id) FROM events
             WHERE kind IN ('substitute_answered', 'order_packed')";
        match answered {
            Ok(()) => assert_eq!(shop.text(kinds), "substitute_answered order_packed"),
            Err(AnswerError::TooLate) => assert_eq!(shop.text(kinds), "order_packed"),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(it.pick().rest(), None);
        it.assert_told();
    }
}

#[actix_web::test]
async fn an_answer_when_its_time_is_over_is_none_and_nobody_packs_a_second_before() {
    let shop = TestShop::demo();
    let it = picking(&shop, "ask").await;
    let other = partly(&it, true).await;
    let (order, position, picker) = (it.order.id, it.line.position, it.order_picker());
    let over = shop.clock.now() + Duration::minutes(10);
    for yes in [true, false] {
        let (answered, packed) = shop.at_once(
            order,
            |conn| lifecycle::answer_substitute(conn, order, position, other.0, yes, over),
            |conn| lifecycle::pack(conn, order, &AMBIENT, picker, over - Duration::seconds(1)),
        );
        assert!(matches!(answered, Err(AnswerError::TooLate)), "{answered:?}");
        assert!(matches!(packed, Err(PackError::Asked { until }) if until == over), "{packed:?}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'substitute_answered'"), 0);
}

#[actix_web::test]
async fn a_yes_for_the_rest_and_the_picker_who_reaches_for_it_at_once_make_one_story() {
    for is_answered_first in [true, false] {
        let shop = TestShop::demo();
        let it = picking(&shop, "ask").await;
        let other = partly(&it, true).await;
        let (order, position, picker) = (it.order.id, it.line.position, it.order_picker());
        let (now, before) = (shop.clock.now(), it.on_hand(other));
        let answer =
            |conn: &mut PgConnection| lifecycle::answer_substitute(conn, order, position, other.0, true, now);
        let take = |conn: &mut PgConnection| {
            lifecycle::settle_line(conn, order, position, instead(other), picker, now)
        };
        let (answered, taken) = if is_answered_first {
            shop.at_once(order, answer, take)
        } else {
            let (taken, answered) = shop.at_once(order, take, answer);
            (answered, taken)
        };
        answered.expect("the question stands until it is answered");
        match taken {
            Ok(()) => {
                assert_eq!((it.pick().rest().map(|r| r.units), it.on_hand(other)), (Some(2), before - 2))
            }
            Err(PickError::AskFirst) => assert_eq!((it.pick().rest(), it.on_hand(other)), (None, before)),
            Err(other) => panic!("{other:?}"),
        }
        it.assert_told();
    }
}

#[actix_web::test]
async fn what_stands_in_for_the_rest_is_taken_once_however_often_it_is_said_at_once() {
    let shop = TestShop::demo();
    let it = picking(&shop, "similar").await;
    let other = partly(&it, false).await;
    let (order, position, picker) = (it.order.id, it.line.position, it.order_picker());
    let (now, before) = (shop.clock.now(), it.on_hand(other));
    let take =
        |conn: &mut PgConnection| lifecycle::settle_line(conn, order, position, instead(other), picker, now);
    let (first, second) = shop.at_once(order, take, take);
    first.expect("it is taken");
    second.expect("and the same again changes nothing");
    assert_eq!((it.pick().rest().map(|r| r.units), it.on_hand(other)), (Some(2), before - 2));
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'rest_substituted'"), 1);
    it.assert_told();
}

#[actix_web::test]
async fn of_two_things_for_one_rest_at_once_one_lies_in_the_bag() {
    let shop = TestShop::demo();
    let it = picking(&shop, "similar").await;
    let one = partly(&it, false).await;
    let spaghetti = product(&shop, "PP-PAS-001");
    let (order, position, picker) = (it.order.id, it.line.position, it.order_picker());
    let (now, before) = (shop.clock.now(), (it.on_hand(one), it.on_hand(spaghetti)));
    let (first, second) = shop.at_once(
        order,
        |conn| lifecycle::settle_line(conn, order, position, instead(one), picker, now),
        |conn| lifecycle::settle_line(conn, order, position, instead(spaghetti), picker, now),
    );
    let taken = match (first, second) {
        (Ok(()), Err(PickError::Settled(_))) => (one, (before.0 - 2, before.1)),
        (Err(PickError::Settled(_)), Ok(())) => (spaghetti, (before.0, before.1 - 2)),
        other => panic!("{other:?}"),
    };
    assert_eq!(it.pick().rest().map(|r| (r.product, r.units)), Some((taken.0, 2)));
    assert_eq!((it.on_hand(one), it.on_hand(spaghetti)), taken.1);
    it.assert_told();
}
