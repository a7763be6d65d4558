//! Words from outside in every order there is: whatever comes first, and however often, one end is told,
//! by the rows that staff look at, by all that the customer reads, and by the letters. For some of these
//! orders the pages of customer and staff are really opened, and letters really leave.

use crate::common::placing::{
    STAFF, colleague, intent, nobody_of_the_demo_rides, place, rider, settle, shopper_with_basket,
};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::web::Bytes;
use chrono::{DateTime, Duration, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use smartshop::catalog::Storage;
use smartshop::delivery::{self, Failure, Proof};
use smartshop::events::Consumer;
use smartshop::ids::{Actor, BookingId, DropId, OrderId, StaffId};
use smartshop::lifecycle::{self, AtTheDoor, CarrierName, Settled, Source, Stage, Status};
use smartshop::notifications::{self, Desk};
use smartshop::orders::{self, OrderState};
use smartshop::outside::gateway::IntentStatus;
use smartshop::payments::{self, PayBy};
use smartshop::tracker::{Dates, Dossier, Voice, badge};
use smartshop::{demo, fulfilment, worker};
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

/// A letter is rendered for all orders of up to so many words, and of the longer ones for every seventh.
const SHORT: usize = 4;
const EVERY: usize = 7;

/// Who works with the orders of a test.
struct Crew {
    picker: StaffId,
    rider: StaffId,
}

/// An order that is paid for, packed and with its rider.
async fn with_its_rider<'s>(shop: &'s TestShop, crew: &Crew) -> (Shopper<'s>, orders::Order, DropId) {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::Card, None).order;
    settle(shop, &order, IntentStatus::RequiresCapture);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::start_picking(conn, order.id, crew.picker, now).expect("taken");
    for line in orders::lines(conn, order.id).expect("lines") {
        let how = Settled::Picked { units: line.quantity, grams: None };
        lifecycle::settle_line(conn, order.id, line.position, how, crew.picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1)];
    let drop = lifecycle::pack(conn, order.id, &bags, crew.picker, now).expect("packed").drop;
    lifecycle::assign_rider(conn, drop, crew.rider, Actor::System, now).expect("assigned");
    shop.clock.advance(Duration::minutes(10));
    (shopper, order, drop)
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
    words: Vec<Word>,
    order: OrderId,
    drop: DropId,
    /// Whoever brings it.
    by: Actor,
    carrier: Option<BookingId>,
    desk: Desk,
    now: DateTime<Utc>,
    /// What was said in the end, by what had been heard.
    ends: BTreeMap<BTreeSet<Word>, String>,
    /// The same of the letters.
    letters: BTreeMap<BTreeSet<Word>, Vec<String>>,
    orderings: usize,
    rendered: usize,
}

impl Telling {
    fn of(shop: &TestShop, (order, drop): (OrderId, DropId), by: Actor, carrier: Option<BookingId>) -> Self {
        Self {
            words: WORDS.to_vec(),
            order,
            drop,
            by,
            carrier,
            desk: Desk::new(&shop.state().shop.app.config),
            now: shop.clock.now(),
            ends: BTreeMap::new(),
            letters: BTreeMap::new(),
            orderings: 0,
            rendered: 0,
        }
    }
}

#[actix_web::test]
async fn in_whatever_order_words_from_outside_come_and_however_often_one_end_is_told() {
    let shop = TestShop::demo();
    let crew = Crew { picker: colleague(&shop, "Maeve", "warehouse"), rider: rider(&shop, "Conor") };
    let (_, order, drop) = with_its_rider(&shop, &crew).await;
    let begun = Instant::now();
    let mut telling = Telling::of(&shop, (order.id, drop), Actor::Staff(crew.rider), None);
    telling.go_on(&mut shop.conn(), &mut Vec::new());
    println!(
        "{} orderings, letters of {}, in {:.1} s",
        telling.orderings,
        telling.rendered,
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(telling.orderings, 13_700, "every order of any of the seven");
    assert_eq!(telling.ends.len(), 128, "one end for whatever was heard");
    assert!(telling.rendered > 2_500 && telling.letters.len() == 128, "{}", telling.rendered);
    assert!(telling.ends.values().any(|end| end.contains("Completed")), "{:?}", telling.ends);
    let subjects = ["Delivered: order", "Not delivered yet: order", "On the way: order"];
    for subject in subjects {
        assert!(telling.letters.values().flatten().any(|l| l.starts_with(subject)), "no letter “{subject}…”");
    }
}

#[actix_web::test]
async fn in_whatever_order_a_carrier_s_words_come_one_end_is_told() {
    let shop = TestShop::demo();
    let crew = Crew { picker: colleague(&shop, "Maeve", "warehouse"), rider: rider(&shop, "Conor") };
    let (_, order, drop) = with_its_rider(&shop, &crew).await;
    let (swift, now) = (CarrierName { name: "swift", label: "Swift" }, shop.clock.now());
    let conn = &mut shop.conn();
    let booking = lifecycle::ask_carrier(conn, drop, swift, STAFF, now).expect("asked");
    lifecycle::carrier_booked(conn, booking, "SW-1", None, now, now).expect("booked");
    let mut telling = Telling::of(&shop, (order.id, drop), Actor::Carrier, Some(booking));
    telling.words.retain(|word| *word >= Word::Captured);
    telling.go_on(conn, &mut Vec::new());
    assert_eq!((telling.orderings, telling.ends.len()), (326, 32), "every order of any of the five");
}

impl Telling {
    /// What all say now has to be what they said when the same had come in another order. Then each word
    /// that has not come yet comes next; afterwards it has not been said.
    fn go_on(&mut self, conn: &mut PgConnection, heard: &mut Vec<Word>) {
        self.orderings += 1;
        let set: BTreeSet<Word> = heard.iter().copied().collect();
        let (end, dossier) = self.end(conn);
        if set.len() <= SHORT || self.orderings.is_multiple_of(EVERY) {
            self.write(&dossier, &set, heard);
        }
        let known = self.ends.entry(set.clone()).or_insert_with(|| end.clone());
        assert_eq!(*known, end, "{heard:?}");
        for word in self.words.clone().into_iter().filter(|word| !set.contains(word)) {
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
        let (drop, by, now) = (self.drop, self.by, self.now);
        let at = |minutes| now - Duration::minutes(minutes);
        heard.push(word);
        match word {
            Word::Processing => says(conn, self.order, IntentStatus::Processing, now),
            Word::Authorised => says(conn, self.order, IntentStatus::RequiresCapture, now),
            Word::Captured => says(conn, self.order, IntentStatus::Succeeded, now),
            Word::Left => {
                if let Some(booking) = self.carrier {
                    drop_heard(lifecycle::carrier_collected(conn, booking, at(9), now));
                }
                drop_heard(lifecycle::leave_for(conn, drop, by, at(9), now));
            }
            Word::Arrived => drop_heard(lifecycle::arrive(conn, drop, by, at(3))),
            Word::Delivered => drop_heard(lifecycle::deliver(conn, drop, &door(), by, at(2), now)),
            Word::Failed => drop_heard(lifecycle::fail(conn, drop, Failure::NobodyThere, by, at(1), now)),
        }
    }

    /// What all say: the rows that staff look at, the customer's page, its list and programs, the letters.
    fn end(&self, conn: &mut PgConnection) -> (String, Dossier) {
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
        (format!("{states:?} {paid} {status:?} {stage:?} {words}"), dossier)
    }

    /// Every letter that would leave now has to be the one that would have left when the same had come in
    /// another order.
    fn write(&mut self, dossier: &Dossier, set: &BTreeSet<Word>, heard: &[Word]) {
        self.rendered += 1;
        let letter = |recorded| notifications::letter(&self.desk, recorded, dossier, "key", self.now);
        let written = dossier.history.iter().filter_map(|recorded| letter(recorded).expect("words"));
        let mut letters: Vec<_> = written.map(|l| format!("{}\n{}\n{}", l.subject, l.text, l.html)).collect();
        letters.sort();
        let known = self.letters.entry(set.clone()).or_insert_with(|| letters.clone());
        assert_eq!(*known, letters, "{heard:?}");
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

/// Orders of the words for which pages are really opened: as they happen, the other way round, and two in
/// which late ones come first and some come twice.
fn some_ways(words: &[Word]) -> [Vec<Word>; 4] {
    let backwards: Vec<Word> = words.iter().rev().copied().collect();
    let mut from_the_middle = words.to_vec();
    from_the_middle.rotate_left(words.len() / 2);
    let mut in_twos: Vec<Word> = words.chunks(2).rev().flatten().copied().collect();
    in_twos.extend_from_within(..2);
    from_the_middle.extend(&backwards[..3]);
    [words.to_vec(), backwards, from_the_middle, in_twos]
}

/// What stands about an order on a page of many: the rows that name it.
fn rows_of(page: &Answer, number: &str) -> String {
    let rows = page.text.split("<tr").flat_map(|row| row.split("<li"));
    let named = rows.filter(|row| row.contains(number)).map(|row| {
        let row = row.split("</tr>").next().and_then(|row| row.split("</li>").next()).unwrap_or_default();
        Answer {
            status: page.status,
            headers: page.headers.clone(),
            location: None,
            text: format!("<x{row}"),
            bytes: Bytes::new(),
        }
    });
    named.map(|row| row.words()).collect::<Vec<_>>().join(" | ")
}

/// Customer, picker, dispatcher and rider, each in front of their own page.
struct Screens<'s> {
    shop: &'s TestShop,
    crew: Crew,
    warehouse: Shopper<'s>,
    dispatch: Shopper<'s>,
    rider: Shopper<'s>,
}

impl<'s> Screens<'s> {
    async fn of(shop: &'s TestShop) -> Self {
        nobody_of_the_demo_rides(shop);
        let roomy = "UPDATE delivery_windows SET capacity = 1000; UPDATE stock SET on_hand = 5000";
        shop.conn().batch_execute(roomy).expect("all of these orders are alike");
        let sign_in = async |email| {
            let who = shop.shopper();
            who.submit("/staff/sign-in", &[("email", email), ("password", demo::PASSWORD)]).await;
            who
        };
        let rider = sign_in("rider@demo.test").await;
        rider.submit("/rider/shift", &[]).await;
        let id = shop.text("SELECT id FROM staff_members WHERE email = 'rider@demo.test'");
        let crew = Crew {
            picker: colleague(shop, "Maeve", "warehouse"),
            rider: StaffId(id.parse().expect("an id")),
        };
        let (warehouse, dispatch) =
            (sign_in("warehouse@demo.test").await, sign_in("dispatch@demo.test").await);
        Self { shop, crew, warehouse, dispatch, rider }
    }

    /// What all pages and letters say once these words have come to an order of their own, and how the
    /// order is called.
    async fn say_after(&self, words: &[Word]) -> BTreeMap<&'static str, String> {
        let (shopper, order, drop) = with_its_rider(self.shop, &self.crew).await;
        let by = Actor::Staff(self.crew.rider);
        let telling = Telling::of(self.shop, (order.id, drop), by, None);
        let conn = &mut self.shop.conn();
        for word in words {
            telling.tell(conn, *word, &mut Vec::new());
        }
        let number = order.number.to_string();
        let said = self.read(&shopper, &number, drop).await;
        // It ends, so that the next one stands on the board as this one did.
        drop_heard(lifecycle::leave_for(conn, drop, by, telling.now, telling.now));
        drop_heard(lifecycle::fail(conn, drop, Failure::NobodyThere, by, telling.now, telling.now));
        self.shop.clock.advance(Duration::minutes(-10));
        said.into_iter().map(|(name, words)| (name, words.replace(&number, "our number"))).collect()
    }

    async fn read(&self, shopper: &Shopper<'_>, number: &str, drop: DropId) -> Vec<(&'static str, String)> {
        let app = &self.shop.state().shop.app;
        worker::work_for(app, Consumer::Notifications).await.expect("letters");
        self.shop.send_mail();
        let letters = self.shop.letters().into_iter().filter(|letter| letter.subject.contains(number));
        let mut letters: Vec<String> =
            letters.map(|l| format!("{}\n{}", l.subject, without_keys(&l.text))).collect();
        letters.sort();
        let page = shopper.get(&format!("/orders/{number}")).await;
        let json = shopper.get(&format!("/api/v1/orders/{number}")).await;
        let picked = self.warehouse.get(&format!("/warehouse/orders/{number}")).await;
        let stop = self.rider.get(&format!("/rider/drops/{drop}")).await;
        let board = self.dispatch.get("/dispatch").await;
        vec![
            ("letters", letters.join("\n\n")),
            ("page", page.words()),
            ("json", without_versions(&json.text)),
            ("warehouse", format!("{} {}", picked.status, picked.words())),
            ("rider", format!("{} {}", stop.status, stop.words())),
            ("board", rows_of(&board, number)),
        ]
    }
}

/// A letter without what is chance in its link.
fn without_keys(text: &str) -> String {
    let mut parts = text.split("key=");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest =
        parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c)));
    rest.fold(first, |all, part| all + "key" + part)
}

/// A version counts what was recorded, doubles too.
fn without_versions(json: &str) -> String {
    let mut facts: serde_json::Value = serde_json::from_str(json).expect("JSON");
    if let Some(facts) = facts.as_object_mut() {
        facts.remove("version");
    }
    facts.to_string()
}

#[actix_web::test]
async fn pages_and_letters_say_the_same_in_whatever_order_words_came() {
    let shop = TestShop::demo();
    let (screens, begun) = (Screens::of(&shop).await, Instant::now());
    let mut told: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut opened = 0;
    // All seven, and all but one of them.
    let but = |out: Option<Word>| WORDS.into_iter().filter(|word| Some(*word) != out).collect::<Vec<_>>();
    for words in WORDS.into_iter().map(Some).chain([None]).map(but) {
        let mut known: Option<BTreeMap<&'static str, String>> = None;
        for way in some_ways(&words) {
            let said = screens.say_after(&way).await;
            assert!(["page", "json", "letters"].iter().all(|name| !said[name].is_empty()), "{said:?}");
            opened += 1;
            for (screen, words) in &said {
                told.entry(screen).or_default().insert(words.clone());
            }
            let Some(known) = &known else {
                known = Some(said);
                continue;
            };
            for (screen, known) in known {
                assert_eq!(*known, said[screen], "{screen} after {way:?}, of {words:?}");
            }
        }
    }
    for (screen, words) in told {
        // Whichever word is left out, it has left the warehouse.
        let least = if screen == "warehouse" { 1 } else { 2 };
        assert!(words.len() >= least, "{screen} says the same whatever has happened: {words:?}");
    }
    println!("{opened} orders on all pages in {:.1} s", begun.elapsed().as_secs_f64());
}
