//! Staff: who may open what, where they are signed in, and how they come and go.

use crate::common::{Answer, Shopper, TestShop, tuesday};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::Duration;
use diesel::connection::SimpleConnection;
use smartshop::ids::StaffId;
use smartshop::staff::{self, Area, Decided, Role};
use smartshop::{accounts, demo, worker};

async fn try_in(shopper: &Shopper<'_>, email: &str, password: &str) -> Answer {
    shopper.post("/staff/sign-in", &[("email", email), ("password", password)]).await
}

async fn sign_in(shopper: &Shopper<'_>, email: &str) -> Answer {
    shopper.submit("/staff/sign-in", &[("email", email), ("password", demo::PASSWORD)]).await
}

/// Somebody of the demo, signed in.
async fn staffer<'s>(shop: &'s TestShop, email: &str) -> Shopper<'s> {
    let shopper = shop.shopper();
    sign_in(&shopper, email).await;
    shopper
}

fn account_of(role: Role) -> &'static str {
    demo::ACCOUNTS.iter().find(|(.., r)| *r == role).expect("one of each role").0
}

#[actix_web::test]
async fn each_role_opens_its_areas_and_is_told_who_can_open_the_rest() {
    let shop = TestShop::demo();
    for role in Role::ALL {
        let who = staffer(&shop, account_of(*role)).await;
        for (area, page) in Area::ALL.into_iter().filter_map(|area| Some((area, area.page()?))) {
            let answer = who.get(page).await;
            if area.is_open_to(*role) {
                assert_eq!(answer.status, StatusCode::OK, "{role} at {page}");
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} at {page}");
                answer.must_say(&area.who_can());
            }
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[test]
fn the_table_of_roles_and_areas_is_this_one() {
    use Area::{Dispatch, Insights, People, Rider, Stock, Support, Warehouse};
    let table: [(Role, &[Area]); 6] = [
        (Role::Admin, &[People, Warehouse, Stock, Dispatch, Rider, Support, Insights]),
        (Role::Manager, &[Warehouse, Stock, Dispatch, Support, Insights]),
        (Role::Support, &[Support]),
        (Role::Warehouse, &[Warehouse, Stock]),
        (Role::Dispatch, &[Dispatch]),
        (Role::Rider, &[Rider]),
    ];
    for (role, opened) in table {
        for area in Area::ALL {
            assert_eq!(area.is_open_to(role), opened.contains(&area), "{role} and {area:?}");
        }
    }
}

#[actix_web::test]
async fn who_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let shop = TestShop::demo();
    let stranger = shop.shopper();
    let answer = stranger.get("/staff/people?x=1").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let sign_in = answer.location.expect("an address");
    assert_eq!(sign_in, "/staff/sign-in?then=%2Fstaff%2Fpeople%3Fx%3D1");
    let page = stranger.get(&sign_in).await;
    assert_eq!(page.all_after("name=\"then\" value=\""), ["/staff/people?x=1"]);
    let form = [("email", "admin@demo.test"), ("password", demo::PASSWORD), ("then", "/staff/people?x=1")];
    let answer = stranger.post("/staff/sign-in", &form).await;
    assert_eq!(answer.location.as_deref(), Some("/staff/people?x=1"));
    assert_eq!(
        stranger.get(&sign_in).await.location.as_deref(),
        Some("/staff/people?x=1"),
        "once in, at once"
    );
}

#[actix_web::test]
async fn a_script_is_told_in_its_own_way() {
    let shop = TestShop::demo();
    let facts = || TestRequest::get().uri("/staff/people").insert_header(("accept", "application/json"));
    let answer = shop.shopper().send(facts()).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::UNAUTHORIZED, "application/json")
    );
    let answer = staffer(&shop, "rider@demo.test").await.send(facts()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::FORBIDDEN, "application/json"));
    assert!(answer.text.contains("Only admins can open this."), "{}", answer.text);
}

#[actix_web::test]
async fn accounts_of_the_demo_are_nobodys_outside_it() {
    let shop = TestShop::demo();
    let signed_in = staffer(&shop, "admin@demo.test").await;
    let earnest = shop.another().in_earnest();
    let there = signed_in.moves_to(&earnest);
    assert_eq!(there.get("/staff/people").await.status, StatusCode::SEE_OTHER, "nor a session of before");
    let shopper = earnest.shopper();
    for (email, ..) in demo::ACCOUNTS {
        let answer = try_in(&shopper, email, demo::PASSWORD).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        answer.must_say("This mail address and password do not go together.");
    }
    assert_eq!(signed_in.get("/staff/people").await.status, StatusCode::OK, "at home they are");
}

const MARY: &str = "mary@example.com";
const PASSWORD: &str = "three green apples";

async fn ask(shopper: &Shopper<'_>, email: &str) -> Answer {
    shopper.post("/staff/ask", &[("name", "Mary Ryan"), ("email", email), ("password", PASSWORD)]).await
}

fn id_of(shop: &TestShop, email: &str) -> String {
    shop.text(&format!("SELECT id FROM staff_members WHERE email = '{email}'"))
}

fn version_of(shop: &TestShop, email: &str) -> String {
    shop.text(&format!("SELECT version FROM staff_members WHERE email = '{email}'"))
}

/// Decides about somebody as they stand now.
async fn decide(admin: &Shopper<'_>, shop: &TestShop, email: &str, role: Option<&str>) -> Answer {
    let (id, version) = (id_of(shop, email), version_of(shop, email));
    match role {
        Some(role) => {
            let form = [("role", role), ("version", version.as_str())];
            admin.submit(&format!("/staff/people/{id}/role"), &form).await
        }
        None => admin.submit(&format!("/staff/people/{id}/ending"), &[("version", &version)]).await,
    }
}

#[actix_web::test]
async fn a_colleague_asks_proves_the_mail_and_is_let_in_with_a_role() {
    let shop = TestShop::demo();
    let (mary, admin) = (shop.shopper(), staffer(&shop, "admin@demo.test").await);
    ask(&mary, " Mary@Example.com ").await.must_say("We have sent a letter to mary@example.com");
    assert_eq!(shop.count("SELECT count(*) FROM staff_members WHERE email = 'mary@example.com'"), 0);
    let link = shop.link_in_letter_to(MARY);
    mary.get(&link).await.must_say("Mary Ryan asks for access with mary@example.com");
    admin.get("/staff/people").await.must_not_say("Mary Ryan");
    mary.post(&link, &[]).await.must_say("An admin decides now");
    assert_eq!(mary.post(&link, &[]).await.status, StatusCode::GONE);
    try_in(&mary, MARY, PASSWORD).await.must_say("An admin has not decided about your access yet.");

    let people = admin.get("/staff/people").await;
    people.must_say("1 asks for access");
    people.must_say("Mary Ryan mary@example.com The address is theirs. Asked today 14:20.");
    decide(&admin, &shop, MARY, Some("")).await.must_say("Nothing was changed: choose a role first.");
    let page = decide(&admin, &shop, MARY, Some("dispatch")).await;
    page.must_say("Mary Ryan has the role Dispatch now.");
    page.must_say("by Siobhán Keane");
    shop.send_mail();
    let letter = shop.letters().into_iter().find(|l| l.to == MARY).expect("a letter");
    assert_eq!(letter.subject, "You can sign in now · SmartShop");
    assert!(letter.text.contains("Your role is Dispatch") && letter.text.contains("/staff/sign-in"));

    let answer = try_in(&mary, MARY, PASSWORD).await;
    assert_eq!(answer.location.as_deref(), Some(Role::Dispatch.home().page().unwrap_or("/staff")));
    mary.get("/staff").await.must_say("Mary Ryan mary@example.com. Your role is Dispatch");
}

#[actix_web::test]
async fn nobody_learns_who_works_here() {
    let shop = TestShop::demo();
    let stranger = shop.shopper();
    shop.conn()
        .batch_execute("UPDATE staff_members SET email = 'orla@example.com' WHERE role = 'manager'")
        .expect("an address that is nobody's of the demo");
    let (known, unknown) = (ask(&stranger, "orla@example.com").await, ask(&stranger, MARY).await);
    assert_eq!(known.words().replace("orla@example.com", ""), unknown.words().replace(MARY, ""));
    shop.send_mail();
    let to = |who: &str| shop.letters().into_iter().find(|l| l.to == who).expect("a letter").subject;
    assert_eq!(to("orla@example.com"), "We know you already · SmartShop");
    assert_eq!(to(MARY), "Was it you who asked for staff access? · SmartShop");
    assert_eq!(shop.count("SELECT count(*) FROM staff_requests"), 1);
    let wrong = async |email: &str| {
        let page = try_in(&stranger, email, "something else").await;
        (page.status, page.words())
    };
    assert_eq!(wrong("orla@example.com").await, wrong("nobody@example.com").await);
}

#[actix_web::test]
async fn a_letter_opened_elsewhere_asks_for_the_password_and_ends_after_a_day() {
    let shop = TestShop::demo();
    let (asker, owner) = (shop.shopper(), shop.shopper().at_address("198.51.100.4"));
    ask(&asker, MARY).await;
    let link = shop.link_in_letter_to(MARY);
    owner.get(&link).await.must_say("Enter the password you chose for mary@example.com");
    for wrong in ["", "something else"] {
        let page = owner.post(&link, &[("password", wrong)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    shop.clock.advance(Duration::hours(24));
    assert_eq!(owner.get(&link).await.status, StatusCode::GONE);
    assert_eq!(owner.post(&link, &[("password", PASSWORD)]).await.status, StatusCode::GONE);
    worker::forget(&shop.state().shop).await.expect("swept");
    assert_eq!(shop.count("SELECT count(*) FROM staff_requests"), 0);
}

#[actix_web::test]
async fn a_form_that_is_refused_says_what_is_wrong_and_keeps_what_was_typed_but_no_password() {
    let shop = TestShop::demo();
    let stranger = shop.shopper();
    let page = stranger.post("/staff/ask", &[("name", " "), ("email", "mary"), ("password", "short")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("There is a problem. Enter your name, as colleagues know it. Enter a mail address");
    assert!(page.text.contains("value=\"mary\"") && !page.text.contains("short\""));
    assert_eq!(page.all_after("aria-invalid=\"").len(), 3);
    ask(&stranger, "me@demo.test").await.must_say("Addresses at demo.test are for demonstrations only.");
    stranger.post("/staff/sign-in", &[]).await.must_say("Enter a mail address");
    try_in(&stranger, MARY, "").await.must_say("Enter your password.");
}

#[actix_web::test]
async fn access_that_ends_is_refused_at_once_and_can_be_given_back() {
    let shop = TestShop::demo();
    let (admin, rider) = (staffer(&shop, "admin@demo.test").await, staffer(&shop, "rider@demo.test").await);
    rider.get("/staff").await.must_say("Tomasz Zieliński");
    decide(&admin, &shop, "rider@demo.test", Some("support")).await.must_say("has the role Support now");
    rider.get("/staff").await.must_say("Your role is Support");
    decide(&admin, &shop, "rider@demo.test", None).await.must_say("Tomasz Zieliński has no access any more.");
    assert_eq!(rider.get("/staff").await.status, StatusCode::SEE_OTHER);
    try_in(&rider, "rider@demo.test", demo::PASSWORD).await.must_say("Your access has ended.");
    decide(&admin, &shop, "rider@demo.test", Some("rider")).await.must_say("has the role Rider now");
    assert_eq!(rider.get("/staff").await.status, StatusCode::SEE_OTHER, "the old session stays ended");
    sign_in(&rider, "rider@demo.test").await;
    rider.get("/staff").await.must_say("Your role is Rider");
}

#[actix_web::test]
async fn of_a_request_that_is_refused_nothing_is_kept() {
    let shop = TestShop::demo();
    let (mary, admin) = (shop.shopper(), staffer(&shop, "admin@demo.test").await);
    ask(&mary, MARY).await;
    mary.post(&shop.link_in_letter_to(MARY), &[]).await;
    decide(&admin, &shop, MARY, None).await.must_say("The request is refused. Nothing is kept of it.");
    assert_eq!(shop.count("SELECT count(*) FROM staff_members WHERE email = 'mary@example.com'"), 0);
    try_in(&mary, MARY, PASSWORD).await.must_say("do not go together");
}

#[actix_web::test]
async fn two_admins_do_not_overwrite_each_other() {
    let shop = TestShop::demo();
    let admin = staffer(&shop, "admin@demo.test").await;
    let (id, seen) = (id_of(&shop, "rider@demo.test"), version_of(&shop, "rider@demo.test"));
    decide(&admin, &shop, "rider@demo.test", Some("dispatch")).await;
    let late = [("role", "manager"), ("version", seen.as_str())];
    let page = admin.submit(&format!("/staff/people/{id}/role"), &late).await;
    page.must_say("Nothing was changed: somebody else has decided meanwhile.");
    admin.get(&format!("/staff/people/{id}")).await.must_say("Change the role");
    assert_eq!(shop.text(&format!("SELECT role FROM staff_members WHERE id = '{id}'")), "dispatch");
}

#[actix_web::test]
async fn the_last_admin_can_neither_go_nor_step_down() {
    let shop = TestShop::demo();
    let admin = staffer(&shop, "admin@demo.test").await;
    for role in [None, Some("rider")] {
        let page = decide(&admin, &shop, "admin@demo.test", role).await;
        page.must_say("Nothing was changed: this is the last admin");
    }
    decide(&admin, &shop, "manager@demo.test", Some("admin")).await.must_say("has the role Admin now");
    let (id, version) = (id_of(&shop, "admin@demo.test"), version_of(&shop, "admin@demo.test"));
    admin.post(&format!("/staff/people/{id}/ending"), &[("version", &version)]).await;
    assert_eq!(admin.get("/staff/people").await.status, StatusCode::SEE_OTHER);
}

#[test]
fn an_admin_of_the_demo_that_was_left_behind_is_nobody_to_go_because_of() {
    let shop = TestShop::demo();
    let mut conn = shop.conn();
    let hash = accounts::hash_here(PASSWORD).expect("a hash");
    let mut add = |email: &str| {
        staff::add(&mut conn, email, "Mary Ryan", &hash, Role::Admin, tuesday())
            .expect("answered")
            .expect("new")
    };
    let (mary, other) = (add(MARY), add("other@example.com"));
    let mut end = |id, by| staff::end_access(&mut conn, (id, 1), by, tuesday()).expect("decided");
    assert!(matches!(end(other.id, mary.id), Decided::Done(_)));
    assert!(matches!(end(mary.id, mary.id), Decided::LastAdmin));
}

#[test]
fn of_two_last_admins_who_end_each_other_at_once_one_stays() {
    let shop = TestShop::demo();
    let mut conn = shop.conn();
    conn.batch_execute("UPDATE staff_members SET role = 'admin' WHERE email = 'manager@demo.test'")
        .expect("two admins");
    let admins: Vec<StaffId> = ["admin@demo.test", "manager@demo.test"]
        .iter()
        .map(|email| staff::by_email(&mut conn, email).expect("answered").expect("somebody").id)
        .collect();
    conn.batch_execute("BEGIN; SELECT FROM staff_members WHERE role = 'admin' FOR UPDATE").expect("held");
    let decided: Vec<Decided> = std::thread::scope(|scope| {
        let ends = [(admins[0], admins[1]), (admins[1], admins[0])].map(|(by, id)| {
            let mut conn = shop.conn();
            scope.spawn(move || staff::end_access(&mut conn, (id, 1), by, tuesday()).expect("decided"))
        });
        shop.wait_until_blocked(2);
        conn.batch_execute("COMMIT").expect("let go");
        ends.into_iter().map(|end| end.join().expect("a thread")).collect()
    });
    assert_eq!(decided.iter().filter(|d| matches!(d, Decided::Done(_))).count(), 1, "{decided:?}");
    assert_eq!(shop.count("SELECT count(*) FROM staff_members WHERE role = 'admin' AND state = 'active'"), 1);
}

#[actix_web::test]
async fn sessions_are_listed_with_where_they_are_and_ended_one_by_one() {
    let shop = TestShop::demo();
    let desk = staffer(&shop, "support@demo.test").await;
    let phone =
        shop.shopper().at_address("198.51.100.4").sending("user-agent", "Mozilla/5.0 (iPhone) Safari/604");
    sign_in(&phone, "support@demo.test").await;
    let page = desk.get("/staff/sessions").await;
    page.must_say("Safari on iPhone Open Signed in today 14:20, last seen today 14:20, from 198.51.100.0/24");
    let buttons = page.all_after("action=\"/staff/sessions/");
    let [end, all] = buttons.as_slice() else { panic!("{buttons:?}") };
    assert_eq!(all, "ending");
    let stranger = staffer(&shop, "rider@demo.test").await;
    stranger.submit(&format!("/staff/sessions/{end}"), &[]).await;
    assert_eq!(phone.get("/staff").await.status, StatusCode::OK, "somebody else's button ends nothing");
    desk.submit(&format!("/staff/sessions/{end}"), &[]).await.must_say("That session has ended.");
    assert_eq!(phone.get("/staff").await.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.get("/staff").await.status, StatusCode::OK);

    sign_in(&phone, "support@demo.test").await;
    desk.submit("/staff/sessions/ending", &[]).await.must_say("You are signed in here alone.");
    assert_eq!(phone.get("/staff").await.status, StatusCode::SEE_OTHER);
    let admin = staffer(&shop, "admin@demo.test").await;
    let id = id_of(&shop, "support@demo.test");
    admin.get(&format!("/staff/people/{id}")).await.must_say("Where they are signed in");
    admin
        .submit(&format!("/staff/people/{id}/sessions/ending"), &[])
        .await
        .must_say("All sessions have ended.");
    assert_eq!(desk.get("/staff").await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn a_session_ends_by_itself_after_a_quiet_half_day_and_at_the_latest_after_a_shift() {
    let shop = TestShop::demo();
    let (idle, busy) = (staffer(&shop, "rider@demo.test").await, staffer(&shop, "rider2@demo.test").await);
    for _ in 0..3 {
        shop.clock.advance(Duration::hours(4));
        let busy = busy.get("/staff").await.status;
        assert_eq!(busy, StatusCode::OK);
    }
    assert_eq!(idle.get("/staff").await.status, StatusCode::SEE_OTHER);
    shop.clock.advance(Duration::hours(6));
    assert_eq!(busy.get("/staff").await.status, StatusCode::SEE_OTHER);
    shop.clock.advance(Duration::days(31));
    worker::forget(&shop.state().shop).await.expect("swept");
    assert_eq!(shop.count("SELECT count(*) FROM staff_sessions"), 0);
}

#[actix_web::test]
async fn a_new_password_signs_out_everywhere_else() {
    let shop = TestShop::demo();
    let (desk, phone) =
        (staffer(&shop, "support@demo.test").await, staffer(&shop, "support@demo.test").await);
    let change = async |old: &str, new: &str| {
        desk.post("/staff/password", &[("password", old), ("new-password", new)]).await
    };
    change("something else", PASSWORD).await.must_say("This is not your password. Check it.");
    change(demo::PASSWORD, "short").await.must_say("This password is too short.");
    assert_eq!(change(demo::PASSWORD, PASSWORD).await.status, StatusCode::SEE_OTHER);
    desk.get("/staff/sessions").await.must_say("Your password is changed. You are signed in here alone.");
    assert_eq!(phone.get("/staff").await.status, StatusCode::SEE_OTHER);
    try_in(&phone, "support@demo.test", demo::PASSWORD).await.must_say("do not go together");
    assert_eq!(try_in(&phone, "support@demo.test", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn wrong_passwords_are_counted_and_right_ones_are_not() {
    let shop = TestShop::demo();
    let guesser = shop.shopper();
    for _ in 0..12 {
        sign_in(&guesser, "rider@demo.test").await;
    }
    for _ in 0..10 {
        let answer = try_in(&guesser, "rider@demo.test", "something else").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = try_in(&guesser, "rider@demo.test", demo::PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    answer.must_say("Too many tries. Try again at 14:35.");
    assert!(!answer.header("retry-after").is_empty());
    let elsewhere = shop.shopper().at_address("198.51.100.4");
    assert_eq!(try_in(&elsewhere, "rider@demo.test", demo::PASSWORD).await.status, StatusCode::SEE_OTHER);
    for _ in 0..4 {
        ask(&guesser, MARY).await.must_say("Look into your mail");
    }
    assert_eq!(ask(&guesser, MARY).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let shop = TestShop::demo();
    let who = staffer(&shop, "rider@demo.test").await;
    let kept = who.cookie("staff").expect("a cookie");
    who.submit("/staff/sign-out", &[]).await.must_say("You are signed out.");
    who.set_cookie("staff", &kept);
    assert_eq!(who.get("/staff").await.status, StatusCode::SEE_OTHER);
    for strange in ["", "x", &"a".repeat(43)] {
        who.set_cookie("staff", strange);
        assert_eq!(who.get("/staff").await.status, StatusCode::SEE_OTHER, "{strange}");
    }
    let customer = shop.shopper();
    customer.set_cookie("customer", &kept);
    assert_eq!(customer.get("/staff").await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn over_tls_the_cookie_is_the_hosts_alone() {
    let shop = TestShop::demo().with("SMARTSHOP_PUBLIC_URL", "https://shop.test");
    let answer = try_in(&shop.shopper(), "rider@demo.test", demo::PASSWORD).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").filter_map(|c| c.to_str().ok()).collect();
    let cookie = cookies.iter().find(|c| c.starts_with("__Host-staff=")).expect("the cookie");
    for attribute in ["Path=/;", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[actix_web::test]
async fn a_strangers_form_decides_nothing() {
    let shop = TestShop::demo();
    let (stranger, rider) = (shop.shopper(), staffer(&shop, "rider@demo.test").await);
    let (id, version) = (id_of(&shop, "rider@demo.test"), version_of(&shop, "rider@demo.test"));
    let session = shop.text("SELECT id FROM staff_sessions LIMIT 1");
    let form = [("role", "admin"), ("version", version.as_str())];
    for what in ["role", "ending", "sessions/ending", &format!("sessions/{session}/ending")] {
        let path = format!("/staff/people/{id}/{what}");
        let answer = stranger.post(&path, &form).await;
        assert_eq!(
            (answer.status, answer.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/staff/sign-in?then=%2Fstaff"))
        );
        assert_eq!(rider.post(&path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(rider.get("/staff").await.status, StatusCode::OK);
    assert_eq!(rider.get(&format!("/staff/people/{id}")).await.status, StatusCode::FORBIDDEN);
    let admin = staffer(&shop, "admin@demo.test").await;
    for nobody in ["00000000-0000-0000-0000-000000000000", "x"] {
        assert_eq!(admin.get(&format!("/staff/people/{nobody}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[actix_web::test]
async fn a_long_list_of_people_goes_on_by_name() {
    let shop = TestShop::demo();
    shop.conn()
        .batch_execute(
            "INSERT INTO staff_members (id, email, name, password_hash, state, role, made_at)
                SELECT gen_random_uuid(), n || '@example.com', 'Rider ' || lpad(n::text, 3, '0'), '', 'active', 'rider', now()
                FROM generate_series(1, 60) n",
        )
        .expect("riders");
    let admin = staffer(&shop, "admin@demo.test").await;
    let first = admin.get("/staff/people").await;
    let next = first.all_after("href=\"/staff/people?after=");
    let second = admin.get(&format!("/staff/people?after={}", next.first().expect("a next page"))).await;
    let names = |page: &Answer| page.all_after("class=\"nm\" href=\"").len();
    assert_eq!((names(&first), names(&second)), (50, 17));
    second.must_say("Rider 060");
    assert!(second.all_after("?after=").is_empty());
}
