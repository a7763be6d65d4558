//! A picture as the proof that an order was left at its door: how it comes, what is left of it, who sees it,
//! and when it goes.

use crate::common::placing::{shopper_with_basket, staffer};
use crate::common::{Answer, Shopper, TestShop, parts};
use crate::riders::{only_rider, packed_for, story, upload, word};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::Duration;
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use smartshop::delivery::{Heard, Proof};
use smartshop::ids::{Actor, DropId, StaffId};
use smartshop::lifecycle::{self, AtTheDoor, Stage};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use smartshop::{darkroom, rebuild, worker};
use std::io::Cursor;
use uuid::Uuid;

type Transactions = <PgConnection as Connection>::TransactionManager;

/// An order in the hands of the demo's rider, who is at its door.
struct AtADoor<'s> {
    shop: &'s TestShop,
    customer: Shopper<'s>,
    rider: Shopper<'s>,
    rider_id: StaffId,
    order: Order,
    drop: DropId,
}

async fn at_a_door(shop: &TestShop) -> AtADoor<'_> {
    let rider_id = only_rider(shop, "rider@demo.test");
    let customer = shopper_with_basket(shop).await;
    let (order, drop) = packed_for(shop, &customer);
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    let rider = staffer(shop, "rider@demo.test").await;
    AtADoor { shop, customer, rider, rider_id, order, drop }
}

impl AtADoor<'_> {
    fn page(&self) -> String {
        format!("/orders/{}", self.order.number)
    }

    fn picture(&self) -> String {
        format!("{}/picture", self.page())
    }

    fn delivery(&self) -> String {
        format!("/rider/drops/{}/delivery", self.drop)
    }

    /// What the page's form sends.
    async fn says(&self, by: &Shopper<'_>, picture: &[u8]) -> Answer {
        let id = Uuid::new_v4().to_string();
        by.post_parts(&self.delivery(), &said(&id), ("picture", picture)).await
    }

    /// The same, and what the rider reads then.
    async fn leaves(&self, picture: &[u8]) -> Answer {
        let id = Uuid::new_v4().to_string();
        self.rider.submit_parts(&self.delivery(), &said(&id), ("picture", picture)).await
    }

    fn photos(&self) -> i64 {
        self.shop.count("SELECT count(*) FROM drop_photos")
    }

    fn stage(&self) -> Stage {
        story(self.shop, self.order.id).goods.stage()
    }
}

fn said(id: &str) -> [(&str, &str); 4] {
    [("id", id), ("kind", "delivered"), ("proof", "photo"), ("paid_by", "cash_at_door")]
}

/// What the script sends once the net is back: decision and words.
async fn queued(by: &Shopper<'_>, drop: DropId, said: &[(&str, &str)], picture: &[u8]) -> (String, String) {
    let answer = send_queued(by, drop, said, picture).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told: Value = serde_json::from_str(&answer.text).expect("json");
    let text = |name: &str| told[name].as_str().expect("text").to_owned();
    (text("decision"), text("words"))
}

async fn send_queued(by: &Shopper<'_>, drop: DropId, said: &[(&str, &str)], picture: &[u8]) -> Answer {
    let request = TestRequest::post().uri(&format!("/rider/drops/{drop}/delivery"));
    let kind = "multipart/form-data; boundary=----what-no-file-has-in-it";
    let headers = [("origin", "http://shop.test"), ("accept", "application/json"), ("content-type", kind)];
    let request = headers.into_iter().fold(request, TestRequest::insert_header);
    by.send(request.set_payload(parts(said, ("picture", picture)))).await
}

/// A door as a telephone shows it: `shade` tells one from another.
fn door(shade: u8) -> Vec<u8> {
    picture(800, 600, shade, ImageFormat::Jpeg)
}

fn picture(width: u32, height: u32, shade: u8, format: ImageFormat) -> Vec<u8> {
    let points = RgbImage::from_fn(width, height, |x, y| Rgb([shade, (x % 256) as u8, (y % 256) as u8]));
    let mut file = Cursor::new(Vec::new());
    points.write_to(&mut file, format).expect("a file");
    file.into_inner()
}

/// What telephones write into their pictures: who made it, and where it was taken.
fn with_position(jpeg: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat()
    };
    // The camera's maker, at 38, and the part with the position, at 50.
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(0x010f, 2, 12, 38u32.to_le_bytes()));
    tiff.extend(entry(0x8825, 4, 1, 50u32.to_le_bytes()));
    tiff.extend(0u32.to_le_bytes());
    tiff.extend(b"Spyphone 12\0");
    // N 53° 19' 40.8", as three fractions at 80.
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(2, 5, 3, 80u32.to_le_bytes()));
    tiff.extend(0u32.to_le_bytes());
    for (above, below) in [(53u32, 1u32), (19, 1), (408, 10)] {
        tiff.extend([above.to_le_bytes(), below.to_le_bytes()].concat());
    }
    let length = u16::try_from(2 + 6 + tiff.len()).expect("short").to_be_bytes();
    let behind = b"53.3280,-6.2650 written behind the picture";
    [&jpeg[..2], b"\xff\xe1", &length, b"Exif\0\0", &tiff, &jpeg[2..], behind].concat()
}

/// The parts of a JPEG before its points, each by its mark.
fn marks(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    while jpeg[at] == 0xff && jpeg[at + 1] != 0xda {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

#[actix_web::test]
async fn an_order_is_left_with_a_form_and_a_picture_and_its_customer_sees_it() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    it.rider.get(&format!("/rider/drops/{}", it.drop)).await.must_say("with a picture");
    it.leaves(&door(90)).await.must_say("Delivered. Thank you.");
    assert_eq!(it.stage(), Stage::Delivered);

    let page = it.customer.get(&it.page()).await;
    page.must_say("Left where you asked, with a picture.");
    assert!(page.text.contains(&format!("src=\"{}\"", it.picture())), "{}", page.text);
    let shown = it.customer.get(&it.picture()).await;
    assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "image/jpeg"));
    assert_eq!(shown.header("cache-control"), "private, no-store");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
    let seen = image::load_from_memory(&shown.bytes).expect("a picture");
    assert_eq!((seen.width(), seen.height()), (800, 600));

    let facts = it.customer.get(&format!("/api/v1{}", it.page())).await;
    let facts: Value = serde_json::from_str(&facts.text).expect("json");
    assert_eq!(facts["proof"], "photo");
    let sha256 = shop.text("SELECT sha256 FROM drop_photos");
    assert!(!facts.to_string().contains(&sha256), "programs learn of its kind alone");
    assert_eq!(sha256, shop.text("SELECT detail->>'photo' FROM events WHERE kind = 'drop_delivered'"));
    let kept = shop.text("SELECT encode(sha256(jpeg), 'hex') FROM drop_photos");
    assert_eq!(kept, sha256);
    assert!(rebuild::rebuild(&mut shop.conn()).expect("a rebuild").agrees(), "the log has the proof too");
}

#[actix_web::test]
async fn the_letter_says_that_there_is_a_picture_and_brings_none() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    it.leaves(&door(90)).await.must_say("Delivered. Thank you.");
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    let letters = shop.letters();
    let letter = letters.iter().find(|l| l.subject.starts_with("Delivered")).expect("a letter");
    for words in ["Left where you asked, with a picture.", "The picture is on your order’s page.", &it.page()]
    {
        assert!(letter.text.contains(words), "{words}: {}", letter.text);
    }
    assert!(
        !letter.html.contains("/picture") && !letter.html.contains("image/jpeg"),
        "no picture goes by mail"
    );
}

#[actix_web::test]
async fn what_was_queued_in_a_tunnel_counts_once_by_its_own_time() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let taken_at = shop.clock.now() + Duration::minutes(4);
    shop.clock.advance(Duration::minutes(20));
    let (id, at) = (Uuid::new_v4().to_string(), taken_at.to_rfc3339());
    let said = [said(&id).as_slice(), &[("happened_at", at.as_str())]].concat();
    for _ in 0..2 {
        let told = queued(&it.rider, it.drop, &said, &door(90)).await;
        assert_eq!(told, ("applied".to_owned(), "Delivered. Thank you.".to_owned()), "each time the same");
    }
    assert_eq!((it.photos(), shop.count("SELECT count(*) FROM rider_uploads")), (1, 1));
    let brought = story(&shop, it.order.id).goods.last_try().and_then(|t| t.delivered_at);
    assert_eq!(brought, Some(taken_at));
    let first = shop.text("SELECT sha256 FROM drop_photos");

    let late = self::said("00000000-0000-4000-8000-000000000001");
    assert_eq!(queued(&it.rider, it.drop, &late, &door(10)).await.0, "already_true");
    let left = word(it.drop, "failed", shop.clock.now(), json!({"reason": "no_access"}));
    assert_eq!(upload(&it.rider, &[left]).await[0].0, "too_late");
    assert_eq!((it.stage(), shop.text("SELECT sha256 FROM drop_photos")), (Stage::Delivered, first));
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'drop_delivered'"), 1);
}

#[actix_web::test]
async fn a_failure_told_first_gives_way_to_the_picture() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let why = word(it.drop, "failed", shop.clock.now(), json!({"reason": "nobody_there"}));
    assert_eq!(upload(&it.rider, &[why]).await[0].0, "applied");
    let id = Uuid::new_v4().to_string();
    assert_eq!(queued(&it.rider, it.drop, &said(&id), &door(90)).await.0, "applied");
    assert_eq!((it.stage(), it.photos()), (Stage::Delivered, 1));
}

#[actix_web::test]
async fn where_it_was_taken_and_with_what_is_gone() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let file = with_position(&door(90));
    let has = |bytes: &[u8], words: &[u8]| bytes.windows(words.len()).any(|w| w == words);
    assert!(has(&file, b"Spyphone") && has(&file, &[0xff, 0xe1]) && marks(&file).contains(&0xe1));
    it.leaves(&file).await.must_say("Delivered. Thank you.");
    let kept = it.customer.get(&it.picture()).await.bytes;
    for words in [b"Spyphone".as_slice(), b"Exif", b"53.3280", &53u32.to_le_bytes(), &408u32.to_le_bytes()] {
        assert!(!has(&kept, words), "{words:?} is still in it");
    }
    // JFIF, tables, frame, and nothing else: no part of a program, no comment.
    assert!(marks(&kept).iter().all(|m| [0xe0, 0xdb, 0xc0, 0xc4].contains(m)), "{:x?}", marks(&kept));
    assert!(kept.ends_with(b"\xff\xd9"), "nothing hangs behind it");
}

#[actix_web::test]
async fn what_is_no_picture_is_refused_with_words_and_nothing_is_lost() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let mut bomb = picture(64, 64, 1, ImageFormat::Png);
    // It says of itself that it has 50,000 points each way.
    bomb[16..24].copy_from_slice(&[50_000u32.to_be_bytes(), 50_000u32.to_be_bytes()].concat());
    let sum = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    let half = door(3);
    let cases: [(&[u8], &str); 5] = [
        (&vec![0xff; darkroom::LARGEST_FILE + 1], "larger than 8 MB. Nothing is lost"),
        (b"<svg onload=alert(1)>", "no picture that can be read"),
        (&half[..half.len() / 2], "no picture that can be read"),
        (&bomb, "more than 20 megapixels. Nothing is lost"),
        (b"", "The picture did not come with it. Take it again."),
    ];
    for (file, words) in cases {
        it.leaves(file).await.must_say(words);
        let id = Uuid::new_v4().to_string();
        let told = queued(&it.rider, it.drop, &said(&id), file).await;
        assert!(told.0 == "refused" && told.1.contains(words), "{told:?}");
    }
    let without = json!({"proof": "photo", "paid_by": "cash_at_door"});
    let told = upload(&it.rider, &[word(it.drop, "delivered", shop.clock.now(), without)]).await;
    assert_eq!(told[0].0, "refused", "no picture comes by the other way");
    assert_eq!((it.photos(), it.stage()), (0, Stage::RiderAssigned));
    let unpaid = Uuid::new_v4().to_string();
    let told = queued(&it.rider, it.drop, &said(&unpaid)[..3], &door(5)).await;
    assert!(told.0 == "refused" && told.1.contains("is to be paid first"), "{told:?}");
    assert_eq!(it.photos(), 0, "no picture without its delivery");
    it.leaves(&door(5)).await.must_say("Delivered. Thank you.");
    assert_eq!(it.photos(), 1);
}

/// As PNG sums up a part.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

#[actix_web::test]
async fn what_needs_an_age_is_left_for_nobody() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let grown_up = format!("UPDATE orders SET minimum_age = 18 WHERE id = '{}'", it.order.id);
    diesel::sql_query(grown_up).execute(&mut shop.conn()).expect("for adults");
    let stop = it.rider.get(&format!("/rider/drops/{}", it.drop)).await;
    stop.must_not_say("with a picture");
    let id = Uuid::new_v4().to_string();
    let said = [said(&id).as_slice(), &[("age_checked", "true")]].concat();
    let told = queued(&it.rider, it.drop, &said, &door(90)).await;
    assert!(told.0 == "refused" && told.1.starts_with("Not left alone"), "{told:?}");
    assert_eq!((it.photos(), it.stage()), (0, Stage::RiderAssigned));
}

#[actix_web::test]
async fn a_picture_comes_from_the_drops_own_rider_alone() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let other = staffer(&shop, "rider2@demo.test").await;
    assert_eq!(it.says(&other, &door(90)).await.status, StatusCode::NOT_FOUND);
    let id = Uuid::new_v4().to_string();
    assert_eq!(queued(&other, it.drop, &said(&id), &door(90)).await.0, "refused");
    let picker = staffer(&shop, "warehouse@demo.test").await;
    assert_eq!(it.says(&picker, &door(90)).await.status, StatusCode::FORBIDDEN);
    let nobody = send_queued(&shop.shopper(), it.drop, &said(&id), &door(90)).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!((it.photos(), it.stage()), (0, Stage::RiderAssigned));
}

#[actix_web::test]
async fn a_picture_is_seen_by_its_customer_and_by_nobody_else() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    assert_eq!(it.customer.get(&it.picture()).await.status, StatusCode::NOT_FOUND, "there is none yet");
    it.leaves(&door(90)).await.must_say("Delivered. Thank you.");
    let other = shopper_with_basket(&shop).await;
    packed_for(&shop, &other);
    for stranger in [shop.shopper(), other] {
        let refused = stranger.get(&it.picture()).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        refused.must_not_say("Left");
    }

    let key = orders::make_link(&mut shop.conn(), it.order.id, shop.clock.now()).expect("a link");
    let altered = shop.shopper();
    altered.set_cookie("order_key", &format!("{key}x"));
    assert_eq!(altered.get(&it.picture()).await.status, StatusCode::NOT_FOUND);
    let guest = shop.shopper();
    guest.set_cookie("order_key", &key);
    let page = guest.get(&it.page()).await;
    page.must_say("Left where you asked, with a picture.");
    page.must_say("See the picture");
    assert!(!page.text.contains(&it.picture()), "a link alone shows none");
    assert_eq!(guest.get(&it.picture()).await.status, StatusCode::NOT_FOUND);

    let signer = shop.state().shop.app.signer.clone();
    let code = orders::new_code(&mut shop.conn(), &signer, &key, shop.clock.now()).expect("a code");
    let check = format!("{}/code/check", it.page());
    let shown = guest.submit(&check, &[("then", "picture"), ("code", &code)]).await;
    assert!(shown.text.contains(&it.picture()), "the order's own mail has shown whose it is");
    shown.must_not_say("14 Leinster Road");
    assert_eq!(guest.get(&it.picture()).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn support_and_dispatch_see_it_where_they_are_asked_about_it() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch/pictures").await.must_say("No pictures yet");
    it.leaves(&door(90)).await.must_say("Delivered. Thank you.");
    let list = board.get("/dispatch/pictures").await;
    list.must_say(it.order.number.as_ref());
    let of_order = format!("/dispatch/orders/{}/picture", it.order.number);
    let shown = board.get(&of_order).await;
    assert_eq!((shown.status, shown.header("cache-control")), (StatusCode::OK, "private, no-store"));
    let nothing = board.get("/dispatch/orders/ZZZZ-ZZZZ/picture").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);

    let form = it.customer.get(&format!("{}/problem", it.page())).await;
    let key = form.all_after("name=\"key\" value=\"").remove(0);
    let typed = [("key", key.as_str()), ("kind", "missing"), ("line", "1"), ("words", "Where is it?")];
    it.customer.submit(&format!("{}/problem", it.page()), &typed).await;
    let desk = staffer(&shop, "support@demo.test").await;
    let case = format!("/support/cases/{key}");
    desk.get(&case).await.must_say("Left at the door");
    let at_the_desk = format!("{case}/picture");
    assert_eq!(desk.get(&at_the_desk).await.header("content-type"), "image/jpeg");
    for closed in [&of_order, &at_the_desk] {
        for email in ["warehouse@demo.test", "rider2@demo.test"] {
            let refused = staffer(&shop, email).await.get(closed).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{email} {closed}");
        }
        let nobody = shop.shopper().get(closed).await;
        assert_ne!(nobody.status, StatusCode::OK, "{closed}");
    }
}

#[actix_web::test]
async fn a_picture_goes_after_its_days_and_the_log_keeps_what_it_was() {
    let shop = TestShop::demo().with("SMARTSHOP_PHOTO_DAYS", "30");
    let it = at_a_door(&shop).await;
    it.leaves(&door(90)).await.must_say("Delivered. Thank you.");
    let app = shop.state().shop.app.clone();
    shop.clock.advance(Duration::days(30));
    assert_eq!(worker::forget_photos(&app).await.expect("kept"), 0);
    shop.clock.advance(Duration::minutes(1));
    assert_eq!(worker::forget_photos(&app).await.expect("gone"), 1);
    assert_eq!(it.customer.get(&it.picture()).await.status, StatusCode::NOT_FOUND);
    let page = it.customer.get(&it.page()).await;
    page.must_say("Left where you asked.");
    page.must_say("The picture of it is not kept any more.");
    assert!(!page.text.contains(&it.picture()));
    assert_eq!(
        shop.count("SELECT count(*) FROM drops WHERE proof = 'photo' AND photo_sha256 IS NOT NULL"),
        1
    );
    assert!(rebuild::rebuild(&mut shop.conn()).expect("a rebuild").agrees());
}

#[actix_web::test]
async fn two_pictures_of_one_door_at_once_leave_one() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let mut photos = Vec::new();
    for shade in [20, 200] {
        photos.push(darkroom::develop(door(shade)).await.expect("a turn").expect("a picture"));
    }
    let (drop, by, now) = (it.drop, Actor::Staff(it.rider_id), shop.clock.now());
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, it.order.id).expect("the row");
    let heard: Vec<Heard> = std::thread::scope(|scope| {
        let all: Vec<_> = photos
            .into_iter()
            .map(|photo| {
                let (mut conn, paid_by) = (shop.conn(), Some(PayBy::CashAtDoor));
                let (proof, detail, photo) = (Proof::Photo, String::new(), Some(photo));
                let door = AtTheDoor { proof, detail, photo, age_checked: false, paid_by };
                scope.spawn(move || lifecycle::deliver(&mut conn, drop, &door, by, now, now).expect("heard"))
            })
            .collect();
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        all.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_eq!(heard.iter().filter(|h| **h == Heard::Applied).count(), 1, "{heard:?}");
    assert_eq!(it.photos(), 1);
    let agree =
        "SELECT count(*) FROM drop_photos p JOIN drops d ON d.id = p.drop_id AND d.photo_sha256 = p.sha256
        JOIN events e ON e.subject = d.order_id AND e.detail->>'photo' = p.sha256";
    assert_eq!(shop.count(agree), 1, "row, picture and event are of one try");
}

#[actix_web::test]
async fn one_picture_that_comes_twice_at_once_is_one_and_both_are_told_so() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let id = Uuid::new_v4().to_string();
    let (said, file) = (said(&id), door(90));
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, it.order.id).expect("the row");
    let let_go = async {
        wait_for_both(&shop).await;
        Transactions::commit_transaction(&mut holder).expect("let go");
    };
    let ((), first, second) = futures_util::future::join3(
        let_go,
        queued(&it.rider, it.drop, &said, &file),
        queued(&it.rider, it.drop, &said, &file),
    )
    .await;
    assert_eq!((first.0.as_str(), &first), ("applied", &second));
    assert_eq!((it.photos(), shop.count("SELECT count(*) FROM rider_uploads")), (1, 1));
}

/// Until both wait for the order's row, without holding up the thread that they are answered on.
async fn wait_for_both(shop: &TestShop) {
    for _ in 0..1_500 {
        if shop.is_blocked(2) {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the two never met");
}

#[actix_web::test]
async fn nothing_is_delivered_with_a_picture_that_is_not_there() {
    let shop = TestShop::demo();
    let it = at_a_door(&shop).await;
    let bare = format!(
        "UPDATE drops SET state = 'delivered', proof = 'photo', ended_at = now() WHERE id = '{}'",
        it.drop
    );
    let refused = diesel::sql_query(bare).execute(&mut shop.conn()).expect_err("the database holds it too");
    assert!(refused.to_string().contains("drops_photo_facts"), "{refused}");
}
