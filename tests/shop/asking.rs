//! Customers who want to be asked before something else comes in a line's place.

use crate::common::placing::{basket_of, place, shopper_with_basket};
use crate::common::{Shopper, TestShop};
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use smartshop::demo;
use smartshop::events;
use smartshop::fulfilment::{self, PickState};
use smartshop::ids::{ProductId, StaffId};
use smartshop::lifecycle::{self, AnswerError, Ask, PickError, Settled, Story};
use smartshop::money::Money;
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use smartshop::rebuild::rebuild;
use smartshop::worker;

const SPAGHETTI: &str = "PP-PAS-001";

struct Asking<'s> {
    shop: &'s TestShop,
    shopper: Shopper<'s>,
    kasia: Shopper<'s>,
    order: Order,
    /// The line there is none of.
    position: i32,
    sum: Money,
}

/// An order of somebody who wants to be asked, in Kasia's hands, and no spaghetti.
async fn asking(shop: &TestShop) -> Asking<'_> {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::CashAtDoor, None).order;
    shop.state().shop.baskets.forget(basket_of(shop, &shopper));
    shop.conn().batch_execute("UPDATE orders SET substitutions = 'ask'").expect("their wish");
    let kasia = shop.shopper();
    kasia.submit("/staff/sign-in", &[("email", "warehouse@demo.test"), ("password", demo::PASSWORD)]).await;
    kasia.submit(&format!("/warehouse/orders/{}/picking", order.number), &[]).await;
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let line = lines.into_iter().find(|l| l.sku == SPAGHETTI).expect("a line");
    Asking { shop, shopper, kasia, order, position: line.position, sum: line.sum_cents }
}

impl Asking<'_> {
    fn line(&self, verb: &str) -> String {
        format!("/warehouse/orders/{}/lines/{}/{verb}", self.order.number, self.position)
    }

    /// What stands first among the suggestions.
    async fn suggested(&self) -> String {
        let short = self.kasia.get(&self.line("short")).await;
        short.must_say("They get a letter and have ten minutes; no answer is no.");
        short.all_after("name=\"product\" value=\"").first().expect("a suggestion").clone()
    }

    async fn ask(&self) -> String {
        let sku = self.suggested().await;
        let page = self.kasia.submit(&self.line("asking"), &[("product", &sku), ("units", "6")]).await;
        page.must_say("and has until 14:30. Go on with the other lines.");
        page.must_say("0 of 2 lines done");
        sku
    }

    fn page(&self) -> String {
        format!("/orders/{}", self.order.number)
    }

    async fn answer(&self, answer: &str) -> crate::common::Answer {
        let page = self.shopper.get(&self.page()).await;
        let product =
            page.all_after("name=\"product\" value=\"").first().cloned().unwrap_or_else(|| "0".into());
        let to = format!("{}/substitutes/{}", self.page(), self.position);
        self.shopper.submit(&to, &[("product", &product), ("answer", answer)]).await
    }

    /// So many are there after all; gives the page that follows.
    async fn finds(&self, units: &str) -> crate::common::Answer {
        self.kasia.submit(&self.line("pick"), &[("units", units)]).await
    }

    async fn packs(&self) -> crate::common::Answer {
        let lines = orders::lines(&mut self.shop.conn(), self.order.id).expect("lines");
        let other = lines.iter().find(|l| l.position != self.position).expect("another line").position;
        let here = format!("/warehouse/orders/{}", self.order.number);
        self.kasia.submit(&format!("{here}/lines/{other}/leaving-out"), &[]).await;
        self.kasia.submit(&format!("{here}/packing"), &[("ambient", "1")]).await
    }

    /// Of each letter about the question its subject, the oldest first.
    async fn letters(&self) -> Vec<String> {
        worker::work_outbox(&self.shop.state().shop.app).await.expect("letters");
        self.shop.send_mail();
        let about = |s: &String| s.starts_with("Yes or no") || s.starts_with("Found after all");
        self.shop.letters().into_iter().rev().map(|l| l.subject).filter(about).collect()
    }

    fn picker(&self) -> StaffId {
        let picker = self.shop.text("SELECT id FROM staff_members WHERE email = 'warehouse@demo.test'");
        StaffId(picker.parse().expect("an id"))
    }

    fn ask_now(&self) -> Option<Ask> {
        let history = events::history(&mut self.shop.conn(), self.order.id.0).expect("a history");
        Story::tell(&history, &[]).goods.ask(self.position).cloned()
    }

    #[track_caller]
    fn assert_told(&self) {
        let report = rebuild(&mut self.shop.conn()).expect("a rebuild");
        assert!(report.agrees(), "{report}");
    }

    fn pick(&self) -> Option<fulfilment::Pick> {
        let picks = fulfilment::picks_of(&mut self.shop.conn(), self.order.id).expect("picks");
        picks.into_iter().find(|p| p.position == self.position)
    }
}

#[actix_web::test]
async fn a_yes_brings_it_and_it_costs_no_more_than_was_said() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    let sku = it.suggested().await;
    let swap = [("product", sku.as_str()), ("units", "6")];
    it.kasia.submit(&it.line("substitution"), &swap).await.must_say("has not said yes to this");
    assert!(it.pick().is_none(), "nobody swaps unasked");
    it.ask().await;
    it.kasia.submit(&it.line("substitution"), &swap).await.must_say("has not said yes to this");
    it.kasia.get(&it.line("short")).await.must_not_say("Ask the customer");

    worker::work_outbox(&shop.state().shop.app).await.expect("letters");
    shop.send_mail();
    let letters = shop.letters();
    let letter = letters.iter().find(|l| l.subject.starts_with("Yes or no by 14:30")).expect("a letter");
    assert!(
        letter.text.contains("Without an answer by 14:30 it is left out and costs nothing."),
        "{}",
        letter.text
    );
    let page = it.shopper.get(&it.page()).await;
    page.must_say("in place of");
    page.must_say("Yes, take it");
    it.answer("yes").await.must_say("Thank you. Your picker takes it.");
    it.answer("no").await.must_say("Too late to answer");

    it.kasia.get(&it.line("short")).await.must_say("The customer said yes to");
    it.kasia.submit(&it.line("substitution"), &swap).await.must_say("1 of 2 lines done");
    let pick = it.pick().expect("a pick");
    assert_eq!(pick.state, PickState::Substituted);
    assert!(pick.sum_cents <= it.sum, "never dearer");
    it.shopper.get(&it.page()).await.must_not_say("Yes, take it");
}

#[actix_web::test]
async fn no_answer_in_time_is_no_and_a_late_yes_changes_nothing() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    let sku = it.ask().await;
    shop.clock.advance(chrono::Duration::minutes(10));
    it.shopper.get(&it.page()).await.must_not_say("Yes, take it");
    it.kasia.get(&it.line("short")).await.must_say("by 14:30: leave it out, as the customer was told.");
    let product =
        it.shop.text(&format!("SELECT id FROM products WHERE sku = '{sku}'")).parse().expect("a key");
    let late = lifecycle::answer_substitute(
        &mut shop.conn(),
        it.order.id,
        it.position,
        product,
        true,
        shop.clock.now(),
    );
    assert!(matches!(late, Err(AnswerError::TooLate)), "{late:?}");
    let swap = [("product", sku.as_str()), ("units", "6")];
    it.kasia.submit(&it.line("substitution"), &swap).await.must_say("has not said yes to this");
    worker::work_outbox(&shop.state().shop.app).await.expect("letters");
    shop.send_mail();
    assert!(!shop.letters().iter().any(|l| l.subject.starts_with("Yes or no")), "it is not asked too late");
    it.kasia.submit(&it.line("leaving-out"), &[]).await.must_say("1 of 2 lines done");
}

#[actix_web::test]
async fn a_no_leaves_it_out_and_another_one_can_be_asked_about() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    it.ask().await;
    it.answer("no").await.must_say("It is left out, and costs nothing.");
    let short = it.kasia.get(&it.line("short")).await;
    short.must_say("The customer said no to");
    short.must_say("Ask the customer");
    it.kasia
        .submit(&it.line("asking"), &[("code", "DE-MIL-001"), ("units", "1")])
        .await
        .must_say("and has until 14:30");
}

#[actix_web::test]
async fn a_stranger_and_a_link_answer_nothing() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    it.ask().await;
    let to = format!("{}/substitutes/{}", it.page(), it.position);
    let stranger = shop.shopper().post(&to, &[("product", "1"), ("answer", "yes")]).await;
    assert_eq!(stranger.status, actix_web::http::StatusCode::NOT_FOUND);
    let key = orders::make_link(&mut shop.conn(), it.order.id, shop.clock.now()).expect("a link");
    let by_link = shop.shopper();
    let opened = by_link.get(&format!("{}?key={key}", it.page())).await;
    let page = opened.location.clone().unwrap_or_else(|| it.page());
    by_link.get(&page).await.must_say("Answer, with a code we send you");
    let product = it.shopper.get(&it.page()).await.all_after("name=\"product\" value=\"")[0].clone();
    let led = by_link.post(&to, &[("product", &product), ("answer", "yes")]).await;
    assert!(
        led.location.is_some_and(|there| there.ends_with("/code?then=answer")),
        "a link alone answers nothing"
    );
    let kinds = "SELECT count(*) FROM events WHERE kind = 'substitute_answered'";
    assert_eq!(shop.count(kinds), 0);
}

#[actix_web::test]
async fn an_answer_and_the_pickers_leaving_out_at_once_make_one_story() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    let sku = it.ask().await;
    let product: i64 =
        shop.text(&format!("SELECT id FROM products WHERE sku = '{sku}'")).parse().expect("a key");
    let (picker, now) = (it.picker(), shop.clock.now());
    let (order, position) = (it.order.id, it.position);
    let (answered, left_out) = shop.at_once(
        order,
        |conn| lifecycle::answer_substitute(conn, order, position, product, true, now),
        |conn| lifecycle::settle_line(conn, order, position, Settled::LeftOut, picker, now),
    );
    left_out.expect("whoever is first, the line is left out");
    let answers = shop.count("SELECT count(*) FROM events WHERE kind = 'substitute_answered'");
    match answered {
        Ok(()) => assert_eq!(answers, 1),
        Err(AnswerError::TooLate) => assert_eq!(answers, 0),
        Err(other) => panic!("{other:?}"),
    }
    assert_eq!(it.pick().expect("a pick").state, PickState::LeftOut);
    let again = lifecycle::ask_substitute(
        &mut shop.conn(),
        order,
        position,
        (ProductId(product), 1, None),
        picker,
        now,
    );
    assert!(matches!(again, Err(PickError::Settled(_))), "{again:?}");
}

#[actix_web::test]
async fn what_is_found_after_all_is_not_asked_about_any_more() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    it.ask().await;
    assert_eq!(it.letters().await.len(), 1, "they are asked by letter");
    let asked = it.shopper.get(&it.page()).await;
    let product = asked.all_after("name=\"product\" value=\"").remove(0);
    it.finds("6").await.must_say("1 of 2 lines done");
    let page = it.shopper.get(&it.page()).await;
    page.must_not_say("Yes, take it");
    page.must_say("was found after all, and comes as you ordered it.");
    let to = format!("{}/substitutes/{}", it.page(), it.position);
    it.shopper.submit(&to, &[("product", &product), ("answer", "yes")]).await.must_say("Too late to answer");
    let letters = it.letters().await;
    assert!(letters.len() == 2 && letters[1].starts_with("Found after all"), "{letters:?}");
    assert_eq!(it.letters().await.len(), 2, "it is said once");
    it.assert_told();
    it.packs().await.must_say("that is what the customer pays");
    assert_eq!(it.pick().expect("a pick").units, 6);
    it.assert_told();
}

#[actix_web::test]
async fn whom_no_letter_has_asked_none_tells_that_it_was_found_and_a_slip_can_be_asked_about_anew() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    it.ask().await;
    it.finds("6").await;
    assert_eq!(it.letters().await, Vec::<String>::new());
    it.kasia.submit(&it.line("reopening"), &[]).await.must_say("0 of 2 lines done");
    assert_eq!(it.ask_now(), None);
    it.ask().await;
    it.shopper.get(&it.page()).await.must_say("Yes, take it");
    assert_eq!(it.letters().await.len(), 1, "the question that stands");
    it.assert_told();
}

#[actix_web::test]
async fn of_what_is_found_in_part_the_question_is_about_the_rest_and_ends_when_it_would_have() {
    let shop = TestShop::demo();
    let it = asking(&shop).await;
    let sku = it.ask().await;
    let before = it.ask_now().expect("a question");
    assert_eq!(it.letters().await.len(), 1);
    shop.clock.advance(chrono::Duration::minutes(4));
    it.finds("4").await.must_say("and has until 14:30");
    let rest = it.ask_now().expect("the question that stands");
    assert_eq!((rest.product, rest.units, rest.until, rest.yes), (before.product, 2, before.until, None));
    let pick = it.pick().expect("a pick");
    assert!(rest.sum <= before.sum && pick.sum_cents + rest.sum <= it.sum, "never dearer: {rest:?}");
    it.shopper.get(&it.page()).await.must_say("in place of the 2 missing of");
    let letters = it.letters().await;
    assert!(letters.len() == 2 && letters[1].contains("2 missing of"), "{letters:?}");
    it.packs().await.must_say("the customer is still asked about what was missing");
    it.answer("yes").await.must_say("Thank you. Your picker takes it.");
    it.kasia
        .submit(&it.line("substitution"), &[("product", &sku), ("units", "3")])
        .await
        .must_say("has not said yes to this");
    it.kasia.submit(&it.line("substitution"), &[("product", &sku), ("units", "2")]).await;
    it.packs().await.must_say("that is what the customer pays");
    let pick = it.pick().expect("a pick");
    assert!(pick.rest().is_some_and(|given| given.sum <= rest.sum), "{pick:?}");
    it.assert_told();
}

#[actix_web::test]
async fn an_answer_and_the_pickers_finding_it_at_once_make_one_story() {
    for is_answered_first in [true, false] {
        let shop = TestShop::demo();
        let it = asking(&shop).await;
        it.ask().await;
        let (product, now, picker) =
            (it.ask_now().expect("a question").product, shop.clock.now(), it.picker());
        let (order, position) = (it.order.id, it.position);
        let answer =
            |conn: &mut PgConnection| lifecycle::answer_substitute(conn, order, position, product, true, now);
        let whole = Settled::Picked { units: 6, grams: None };
        let find =
            |conn: &mut PgConnection| lifecycle::settle_line(conn, order, position, whole, picker, now);
        let (answered, found) = if is_answered_first {
            shop.at_once(order, answer, find)
        } else {
            let (found, answered) = shop.at_once(order, find, answer);
            (answered, found)
        };
        found.expect("whoever is first, it is found");
        let answers = shop.count("SELECT count(*) FROM events WHERE kind = 'substitute_answered'");
        match answered {
            Ok(()) => assert_eq!(answers, 1),
            Err(AnswerError::TooLate) => assert_eq!(answers, 0),
            Err(other) => panic!("{other:?}"),
        }
        let newest = "SELECT kind FROM events WHERE kind LIKE 'substitute%' ORDER BY id DESC LIMIT 1";
        assert_eq!(shop.text(newest), "substitute_withdrawn", "it has the last word");
        let pick = it.pick().expect("a pick");
        assert_eq!((pick.state, pick.units, it.ask_now()), (PickState::Picked, 6, None));
        it.shopper.get(&it.page()).await.must_not_say("Yes, take it");
        it.packs().await.must_say("that is what the customer pays");
        it.assert_told();
    }
}
