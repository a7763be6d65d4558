//! Words from outside in every order there is: whatever comes first, and however often, one end is told,
//! by the rows that staff look at and by all that the customer reads.

use crate::common::TestShop;
use crate::common::placing::{colleague, intent, place, rider, settle, shopper_with_basket};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use smartshop::catalog::Storage;
use smartshop::delivery::{self, Failure, Proof};
use smartshop::fulfilment;
use smartshop::ids::{Actor, DropId, OrderId};
use smartshop::lifecycle::{self, AtTheDoor, Settled, Source, Stage, Status};
use smartshop::orders::{self, OrderState};
use smartshop::outside::gateway::IntentStatus;
use smartshop::payments::{self, PayBy};
use smartshop::tracker::{Dates, Dossier, Voice, badge};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A word from outside: of the gateway, and of a rider's phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Processing,
    Authorised,
    Captured,
    Left,
    Arrived,
    Delivered,
    Failed,
}

const WORDS: [Word; 7] = [
    Word::Processing,
    Word::Authorised,
    Word::Captured,
    Word::Left,
    Word::Arrived,
    Word::Delivered,
    Word::Failed,
];

/// An order that is paid for, packed and with its rider.
async fn with_its_rider(shop: &TestShop) -> (OrderId, DropId, Actor) {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::Card, None).order;
    settle(shop, &order, IntentStatus::RequiresCapture);
    let (picker, conor) = (colleague(shop, "Maeve", "warehouse"), rider(shop, "Conor"));
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::start_picking(conn, order.id, picker, now).expect("taken");
    for line in orders::lines(conn, order.id).expect("lines") {
        let how = Settled::Picked { units: line.quantity, grams: None };
        lifecycle::settle_line(conn, order.id, line.position, how, picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1)];
    let drop = lifecycle::pack(conn, order.id, &bags, picker, now).expect("packed").drop;
    lifecycle::assign_rider(conn, drop, conor, Actor::System, now).expect("assigned");
    shop.clock.advance(Duration::minutes(10));
    (order.id, drop, Actor::Staff(conor))
}

fn door() -> AtTheDoor {
    let (proof, detail) = (Proof::Name, "Aoife".to_owned());
    AtTheDoor { proof, detail, photo: None, age_checked: true, paid_by: Some(PayBy::CardAtDoor) }
}

/// What the customer reads on the page, in the list, by programs and in letters, which share these words.
pub(crate) fn words(dossier: &Dossier, now: DateTime<Utc>) -> String {
    let (zone, phone) = (chrono_tz::Europe::Dublin, "01 555 0100".to_owned());
    let voice = Voice { zone, now, phone, dates: Dates::OfOtherDays };
    let steps: Vec<_> = voice.steps(dossier).into_iter().map(|s| (s.name, s.at, s.class, s.inside)).collect();
    let so_far: Vec<_> = voice.so_far(dossier).into_iter().map(|h| (h.at, h.words)).collect();
    format!(
        "{:?} {:?} {steps:?} {:?} {:?} {} {so_far:?}",
        voice.answer(dossier),
        badge(&dossier.story),
        voice.then(dossier),
        voice.money(&dossier.story),
        voice.sum(dossier),
    )
}

/// One order to which everything from outside is told in every order there is.
struct Telling {
    order: OrderId,
    drop: DropId,
    rider: Actor,
    now: DateTime<Utc>,
    /// What was said in the end, by what had been heard.
    ends: BTreeMap<BTreeSet<Word>, String>,
    orderings: usize,
}

#[actix_web::test]
async fn in_whatever_order_words_from_outside_come_and_however_often_one_end_is_told() {
    let shop = TestShop::demo();
    let (order, drop, rider) = with_its_rider(&shop).await;
    let (now, begun) = (shop.clock.now(), Instant::now());
    let mut telling = Telling { order, drop, rider, now, ends: BTreeMap::new(), orderings: 0 };
    telling.go_on(&mut shop.conn(), &mut Vec::new());
    println!("{} orderings in {:.1} s", telling.orderings, begun.elapsed().as_secs_f64());
    assert_eq!(telling.orderings, 13_700, "every order of any of the seven");
    assert_eq!(telling.ends.len(), 128, "one end for whatever was heard");
    assert!(telling.ends.values().any(|end| end.contains("Completed")), "{:?}", telling.ends);
}

impl Telling {
    /// What all say now has to be what they said when the same had come in another order. Then each word
    /// that has not come yet comes next; afterwards it has not been said.
    fn go_on(&mut self, conn: &mut PgConnection, heard: &mut Vec<Word>) {
        self.orderings += 1;
        let end = self.end(conn);
        let set: BTreeSet<Word> = heard.iter().copied().collect();
        let known = self.ends.entry(set.clone()).or_insert_with(|| end.clone());
        assert_eq!(*known, end, "{heard:?}");
        for word in WORDS.into_iter().filter(|word| !set.contains(word)) {
            let undone = conn.transaction::<(), _, _>(|conn| {
                let told = heard.len();
                self.tell(conn, word, heard);
                // Now and then something that was said is said once more.
                if self.orderings.is_multiple_of(4) {
                    self.tell(conn, heard[self.orderings / 4 % heard.len()], heard);
                }
                self.go_on(conn, heard);
                heard.truncate(told);
                Err(diesel::result::Error::RollbackTransaction)
            });
            assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
        }
    }

    /// Each with the time it happened at, whenever it comes.
    fn tell(&self, conn: &mut PgConnection, word: Word, heard: &mut Vec<Word>) {
        let (drop, by, now) = (self.drop, self.rider, self.now);
        let at = |minutes| now - Duration::minutes(minutes);
        heard.push(word);
        match word {
            Word::Processing => says(conn, self.order, IntentStatus::Processing, now),
            Word::Authorised => says(conn, self.order, IntentStatus::RequiresCapture, now),
            Word::Captured => says(conn, self.order, IntentStatus::Succeeded, now),
            Word::Left => drop_heard(lifecycle::leave_for(conn, drop, by, at(9), now)),
            Word::Arrived => drop_heard(lifecycle::arrive(conn, drop, by, at(3))),
            Word::Delivered => drop_heard(lifecycle::deliver(conn, drop, &door(), by, at(2), now)),
            Word::Failed => drop_heard(lifecycle::fail(conn, drop, Failure::NobodyThere, by, at(1), now)),
        }
    }

    /// What all say: the rows that staff look at, the customer's page, its list and programs, the letters.
    fn end(&self, conn: &mut PgConnection) -> String {
        let order = orders::order(conn, self.order).expect("an order");
        let drop = delivery::drop_by_id(conn, self.drop).expect("db").expect("a drop");
        let picked = fulfilment::of_order(conn, self.order).expect("db").expect("a row");
        let balance = payments::balance(conn, self.order).expect("a balance");
        let (states, paid) = ((order.state, drop.state, picked.state), balance.captured);
        let dossier = Dossier::read(conn, order).expect("a dossier");
        let (status, stage) = (&dossier.story.status, dossier.story.goods.stage());
        assert_eq!(*status == Status::Completed, states.0 == OrderState::Completed);
        assert_eq!(stage == Stage::Delivered, states.1 == delivery::DropState::Delivered);
        let words = words(&dossier, self.now);
        format!("{states:?} {paid} {status:?} {stage:?} {words}")
    }
}

fn says(conn: &mut PgConnection, id: OrderId, status: IntentStatus, now: DateTime<Utc>) {
    let tries = payments::attempts_of(conn, id).expect("db");
    let order = orders::order(conn, id).expect("an order");
    let amount = if status == IntentStatus::Succeeded { order.total_cents } else { order.maximum_cents };
    lifecycle::payment_settled(conn, &intent(tries[0].id, amount, status), Source::Webhook, now).expect("db");
}

fn drop_heard(heard: Result<delivery::Heard, lifecycle::DriveError>) {
    heard.expect("news or none, and never a mistake");
}
