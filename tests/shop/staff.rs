//! Staff: who may open what, where they are signed in, and how they come and go.

use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use smartshop::demo;
use smartshop::staff::{Area, Role};

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
