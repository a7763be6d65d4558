//! Limits that hold over instances and restarts, and stop nobody who only errs.

use crate::common::TestShop;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use smartshop::db::schema::throttles;
use smartshop::sign::Signer;
use smartshop::throttle::{Key, Limited, give_back, settle, spend, sweep};
use std::net::IpAddr;
use uuid::Uuid;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn now() -> DateTime<Utc> {
    crate::common::tuesday()
}

/// How many of so many tries pass.
fn passed(conn: &mut PgConnection, what: Limited, keys: &[Key], tries: usize, at: DateTime<Utc>) -> usize {
    (0..tries).filter(|_| spend(conn, what, keys, at).expect("a count").is_ok()).count()
}

#[test]
fn a_limit_holds_for_its_window_and_then_begins_anew() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let keys = [Key::device(&Signer::new(b"k"), Uuid::from_u128(1))];
    assert_eq!(passed(&mut conn, Limited::Coupon, &keys, 20, now()), 15);
    let wait = spend(&mut conn, Limited::Coupon, &keys, now() + Duration::minutes(14)).expect("a count");
    assert_eq!(wait.expect_err("too many").until, now() + Duration::minutes(15));
    assert_eq!(passed(&mut conn, Limited::Coupon, &keys, 20, now() + Duration::minutes(15)), 15);
    assert_eq!(passed(&mut conn, Limited::Pay, &keys, 1, now()), 1, "another limit counts by itself");
}

#[test]
fn who_is_stopped_by_one_limit_uses_up_nothing_of_another() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let signer = Signer::new(b"k");
    let account = Key::subject(&signer, "mail", "nora@example.com");
    let from = |ip: &str| {
        [
            Key::address(&signer, address(ip)),
            Key::subject_here(&signer, "mail", "nora@example.com", address(ip)),
            account.clone(),
        ]
    };
    // A stranger goes on and on; the owner is at home.
    assert_eq!(passed(&mut conn, Limited::SignIn, &from("203.0.113.9"), 300, now()), 10);
    assert_eq!(passed(&mut conn, Limited::SignIn, &from("192.0.2.7"), 300, now()), 10);
    let hits: i32 = throttles::table
        .select(diesel::dsl::max(throttles::hits))
        .first::<Option<i32>>(&mut conn)
        .expect("rows")
        .expect("a row");
    assert_eq!(hits, 20, "of the account's hundred");
}

#[test]
fn a_try_that_was_right_is_given_back() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let keys = [Key::device(&Signer::new(b"k"), Uuid::from_u128(1))];
    for _ in 0..50 {
        assert_eq!(passed(&mut conn, Limited::SignIn, &keys, 1, now()), 1);
        give_back(&mut conn, Limited::SignIn, &keys).expect("given back");
    }
    assert_eq!(shop.count("SELECT sum(hits)::bigint FROM throttles"), 0);
    give_back(&mut conn, Limited::SignIn, &keys).expect("never less than none");
}

#[test]
fn tries_at_the_same_moment_are_all_counted() {
    let shop = TestShop::open();
    let signer = Signer::new(b"k");
    let keys = [
        Key::device(&signer, Uuid::from_u128(1)),
        Key::address(&signer, address("192.0.2.7")),
        Key::subject(&signer, "basket", "x"),
    ];
    let mut holder = shop.conn();
    spend(&mut holder, Limited::Pay, &keys, now()).expect("a count").expect("the first");
    let passed = std::thread::scope(|scope| {
        let mut tries = Vec::new();
        holder
            .transaction(|conn| {
                // Hold the counts until all stand in line, so that they truly meet.
                throttles::table.select(throttles::hits).for_update().load::<i32>(conn)?;
                for i in 0..16 {
                    let (mut conn, mut keys) = (shop.conn(), keys.clone());
                    keys.rotate_left(i % 3);
                    tries.push(scope.spawn(move || {
                        spend(&mut conn, Limited::Pay, &keys, now()).expect("a count").is_ok()
                    }));
                }
                shop.wait_until_blocked(16);
                QueryResult::Ok(())
            })
            .expect("let go");
        tries.into_iter().map(|t| t.join().expect("a try")).filter(|passed| *passed).count()
    });
    assert_eq!(passed, 11, "twelve in all");
}

#[test]
fn what_is_counted_once_it_is_done_is_counted_with_it_or_not_at_all() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let signer = Signer::new(b"k");
    let keys = [Key::device(&signer, Uuid::from_u128(1)), Key::subject(&signer, "mail", "nora@example.com")];
    let held = [Key::device(&signer, Uuid::from_u128(1))];
    let hits = |what: &str| {
        shop.count(&format!("SELECT coalesce(sum(hits), 0)::bigint FROM throttles WHERE what = '{what}'"))
    };
    assert_eq!(passed(&mut conn, Limited::HoldWindow, &held, 3, now()), 3);
    let back: [(Limited, &[Key]); 1] = [(Limited::HoldWindow, &held)];
    for n in 1..=10 {
        let done = settle(&mut conn, (Limited::AtDoor, &keys), &back, now()).expect("a count");
        assert!(done.is_ok(), "{n}");
    }
    assert_eq!((hits("at_door"), hits("hold_window")), (20, 0), "given back, and never less than none");
    let over = conn.transaction(|conn| {
        let refused = settle(conn, (Limited::AtDoor, &keys), &back, now())?;
        assert_eq!(refused.expect_err("too many").until, now() + Duration::minutes(60));
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    assert!(over.is_err());
    assert_eq!(hits("at_door"), 20, "what did not happen is not counted");
    let later = now() + Duration::minutes(61);
    assert!(settle(&mut conn, (Limited::AtDoor, &keys), &back, later).expect("a count").is_ok());
    assert_eq!((hits("at_door"), hits("hold_window")), (2, 0), "a window of time begins anew");
}

#[test]
fn of_those_who_order_at_the_same_moment_no_more_pass_than_may() {
    let shop = TestShop::open();
    let keys = [Key::device(&Signer::new(b"k"), Uuid::from_u128(1))];
    let mut holder = shop.conn();
    settle(&mut holder, (Limited::AtDoor, &keys), &[], now()).expect("a count").expect("the first");
    let passed = std::thread::scope(|scope| {
        let mut orders = Vec::new();
        holder
            .transaction(|conn| {
                throttles::table.select(throttles::hits).for_update().load::<i32>(conn)?;
                for _ in 0..16 {
                    let (mut conn, keys) = (shop.conn(), keys.clone());
                    orders.push(scope.spawn(move || {
                        let order = conn.transaction(|conn| {
                            match settle(conn, (Limited::AtDoor, &keys), &[], now())? {
                                Ok(()) => Ok(()),
                                Err(_) => Err(diesel::result::Error::RollbackTransaction),
                            }
                        });
                        order.is_ok()
                    }));
                }
                shop.wait_until_blocked(16);
                QueryResult::Ok(())
            })
            .expect("let go");
        orders.into_iter().map(|t| t.join().expect("an order")).filter(|passed| *passed).count()
    });
    assert_eq!(passed, 9, "ten in all");
}

#[test]
fn nothing_that_names_somebody_is_kept_and_old_counts_go() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let signer = Signer::new(b"k");
    let keys =
        [Key::address(&signer, address("192.0.2.7")), Key::subject(&signer, "mail", "nora@example.com")];
    spend(&mut conn, Limited::Reset, &keys, now()).expect("a count").expect("the first");
    let all = shop.text("SELECT string_agg(throttles::text, ';') FROM throttles");
    assert!(!all.contains("nora") && !all.contains("192.0.2"), "{all}");
    assert_eq!(sweep(&mut conn, now() + Duration::minutes(59)).expect("swept"), 0);
    assert_eq!(sweep(&mut conn, now() + Duration::minutes(61)).expect("swept"), 2);
}
