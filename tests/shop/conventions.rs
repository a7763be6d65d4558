//! The rules of the house, where a machine can check them.

use crate::common::TestShop;
use crate::common::placing::{place, shopper_with_basket};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::MigrationHarness;
use smartshop::db;
use smartshop::payments::PayBy;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The crate as a ladder: a module may name the modules listed beside it, and
/// those stand on lower rungs, so no circle can form.
const LADDER: &[(&str, &[&str])] = &[
    ("ids", &[]),
    ("money", &[]),
    ("clock", &[]),
    ("config", &[]),
    ("logs", &[]),
    ("error", &[]),
    ("darkroom", &[]),
    ("db", &["ids"]),
    ("sign", &["db"]),
    ("throttle", &["clock", "db", "sign"]),
    ("outside", &["clock", "config", "db", "ids", "money"]),
    ("events", &["db", "ids", "money"]),
    ("app", &["clock", "config", "db", "error", "outside", "sign"]),
    ("web", &["config", "db", "error"]),
    ("sandbox", &["clock", "error", "money", "outside", "web"]),
    ("standin", &["clock", "config", "sandbox"]),
    ("catalog", &["clock", "db", "events", "ids", "money", "web"]),
    ("delivery", &["clock", "darkroom", "db", "events", "ids", "money"]),
    ("basket", &["catalog", "db", "delivery", "ids", "money"]),
    ("inventory", &["db", "ids"]),
    ("awaited", &["db", "ids", "outside"]),
    ("promises", &["db", "ids"]),
    ("payments", &["db", "ids", "money"]),
    ("orders", &["catalog", "db", "ids", "money", "payments", "sign"]),
    ("fulfilment", &["catalog", "db", "ids", "money", "orders"]),
    ("town", &["db", "ids", "orders"]),
    ("care", &["db", "events", "ids", "orders"]),
    ("accounts", &["basket", "db", "delivery", "ids", "outside"]),
    ("staff", &["accounts", "db", "ids", "outside", "sign"]),
    (
        "lifecycle",
        &[
            "basket",
            "catalog",
            "darkroom",
            "delivery",
            "events",
            "fulfilment",
            "ids",
            "inventory",
            "money",
            "orders",
            "outside",
            "payments",
            "promises",
        ],
    ),
    ("rebuild", &["delivery", "events", "fulfilment", "ids", "lifecycle", "money", "orders", "payments"]),
    (
        "carriers",
        &["app", "delivery", "error", "events", "fulfilment", "ids", "lifecycle", "orders", "outside"],
    ),
    (
        "cashier",
        &[
            "app",
            "config",
            "error",
            "events",
            "ids",
            "lifecycle",
            "money",
            "orders",
            "outside",
            "payments",
            "sign",
            "throttle",
        ],
    ),
    ("journeys", &["db", "sign", "web"]),
    (
        "storefront",
        &[
            "accounts", "app", "awaited", "basket", "catalog", "clock", "db", "delivery", "error", "ids",
            "journeys", "money", "orders", "sign", "throttle", "web",
        ],
    ),
    (
        "staffroom",
        &[
            "accounts",
            "clock",
            "db",
            "error",
            "events",
            "ids",
            "outside",
            "payments",
            "staff",
            "storefront",
            "web",
        ],
    ),
    (
        "dispatch",
        &[
            "carriers",
            "clock",
            "db",
            "delivery",
            "error",
            "events",
            "fulfilment",
            "ids",
            "lifecycle",
            "orders",
            "outside",
            "promises",
            "staff",
            "staffroom",
            "storefront",
            "town",
            "web",
        ],
    ),
    (
        "forecast",
        &[
            "app",
            "config",
            "db",
            "delivery",
            "dispatch",
            "error",
            "fulfilment",
            "ids",
            "lifecycle",
            "orders",
            "promises",
        ],
    ),
    (
        "rider",
        &[
            "catalog",
            "clock",
            "darkroom",
            "delivery",
            "dispatch",
            "error",
            "fulfilment",
            "ids",
            "lifecycle",
            "orders",
            "payments",
            "promises",
            "sign",
            "staffroom",
            "storefront",
            "web",
        ],
    ),
    (
        "warehouse",
        &[
            "catalog",
            "clock",
            "delivery",
            "error",
            "events",
            "fulfilment",
            "ids",
            "inventory",
            "lifecycle",
            "orders",
            "payments",
            "staff",
            "staffroom",
            "storefront",
            "web",
        ],
    ),
    (
        "checkout",
        &[
            "accounts",
            "basket",
            "cashier",
            "catalog",
            "clock",
            "config",
            "db",
            "delivery",
            "error",
            "fulfilment",
            "ids",
            "journeys",
            "lifecycle",
            "money",
            "orders",
            "payments",
            "sign",
            "storefront",
            "throttle",
            "web",
        ],
    ),
    (
        "tracker",
        &[
            "accounts",
            "app",
            "basket",
            "care",
            "cashier",
            "catalog",
            "checkout",
            "clock",
            "config",
            "db",
            "delivery",
            "error",
            "events",
            "fulfilment",
            "ids",
            "inventory",
            "lifecycle",
            "money",
            "orders",
            "outside",
            "payments",
            "promises",
            "storefront",
            "throttle",
            "web",
        ],
    ),
    (
        "support",
        &[
            "care",
            "clock",
            "delivery",
            "error",
            "events",
            "ids",
            "orders",
            "staff",
            "staffroom",
            "storefront",
            "tracker",
            "web",
        ],
    ),
    (
        "notifications",
        &[
            "clock",
            "config",
            "events",
            "ids",
            "lifecycle",
            "money",
            "orders",
            "outside",
            "payments",
            "storefront",
            "tracker",
        ],
    ),
    ("demo", &["accounts", "catalog", "clock", "db", "delivery", "ids", "money", "staff"]),
    (
        "backoffice",
        &[
            "accounts",
            "error",
            "events",
            "ids",
            "lifecycle",
            "notifications",
            "orders",
            "outside",
            "payments",
            "staff",
            "staffroom",
            "storefront",
            "throttle",
            "web",
        ],
    ),
    (
        "autopilot",
        &[
            "app",
            "catalog",
            "clock",
            "config",
            "delivery",
            "demo",
            "dispatch",
            "error",
            "events",
            "fulfilment",
            "ids",
            "lifecycle",
            "orders",
            "payments",
            "staff",
            "staffroom",
            "storefront",
            "town",
            "web",
        ],
    ),
    ("ops", &["db", "error", "storefront", "web"]),
    (
        "worker",
        &[
            "accounts",
            "app",
            "awaited",
            "carriers",
            "cashier",
            "checkout",
            "db",
            "delivery",
            "dispatch",
            "error",
            "events",
            "forecast",
            "notifications",
            "outside",
            "payments",
            "staff",
            "storefront",
            "throttle",
            "web",
        ],
    ),
    (
        "routes",
        &[
            "autopilot",
            "backoffice",
            "carriers",
            "cashier",
            "checkout",
            "dispatch",
            "error",
            "ops",
            "outside",
            "rider",
            "sandbox",
            "storefront",
            "support",
            "tracker",
            "warehouse",
            "web",
        ],
    ),
    (
        "serve",
        &[
            "accounts",
            "app",
            "autopilot",
            "basket",
            "catalog",
            "clock",
            "config",
            "db",
            "delivery",
            "journeys",
            "notifications",
            "outside",
            "routes",
            "sign",
            "storefront",
            "tracker",
            "web",
            "worker",
        ],
    ),
    ("lib", &[]),
    (
        "main",
        &[
            "accounts", "catalog", "clock", "config", "db", "demo", "dispatch", "forecast", "logs",
            "rebuild", "serve", "staff", "standin", "town",
        ],
    ),
];

#[test]
fn modules_name_only_lower_rungs() {
    for (rung, (module, uses)) in LADDER.iter().enumerate() {
        for used in *uses {
            assert!(LADDER[..rung].iter().any(|(lower, _)| lower == used), "{module} reaches up to {used}");
        }
    }
    let mut offences = Vec::new();
    for file in files(Path::new("src"), "rs") {
        let module = file.iter().nth(1).expect("under src").to_string_lossy().replace(".rs", "");
        let Some((_, uses)) = LADDER.iter().find(|(m, _)| *m == module) else {
            offences.push(format!("{module} is on no rung"));
            continue;
        };
        for used in modules_named(&code_of(&file)) {
            if used != module && !uses.contains(&used.as_str()) {
                offences.push(format!("{} names {used}", file.display()));
            }
        }
    }
    assert!(offences.is_empty(), "{offences:#?}");
}

#[test]
fn templates_name_the_web_and_no_other_module() {
    for file in files(Path::new("templates"), "html") {
        let named = modules_named(&read(&file));
        assert!(named.iter().all(|module| module == "web"), "{} names {named:?}", file.display());
    }
}

/// The modules a text names, by `crate::x`, `crate::{x, y}` or, in `main`, `smartshop::x`.
fn modules_named(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for root in ["crate::", "smartshop::"] {
        for rest in code.split(root).skip(1) {
            if let Some(list) = rest.strip_prefix('{') {
                named.extend(top_level(list));
            } else {
                named.insert(first_word(rest));
            }
        }
    }
    named.remove("");
    named
}

/// The first word of each entry of `a::{b, c}, d}`.
fn top_level(list: &str) -> BTreeSet<String> {
    let (mut depth, mut entry, mut found) = (0, String::new(), BTreeSet::new());
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => {
                found.insert(first_word(entry.trim()));
                entry.clear();
            }
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                entry.push(c);
            }
        }
    }
    found.insert(first_word(entry.trim()));
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// A source file without its comments.
fn code_of(file: &Path) -> String {
    read(file).lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).expect("directory") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

/// Each `db_enum!` and the `CHECK` that guards its column.
const GUARDS: [(&str, &str); 41] = [
    ("Part", "town_parts_part_known"),
    ("Trouble", "town_troubles_kind_known"),
    ("Problem", "cases_kind_known"),
    ("CaseState", "cases_state_known"),
    ("Cause", "forecasts_cause_known"),
    ("IncidentKind", "incidents_kind_known"),
    ("Outcome", "incident_orders_outcome_known"),
    ("FulfilmentState", "fulfilments_state_known"),
    ("PickState", "picks_state_known"),
    ("Storage", "bags_storage_known"),
    ("DropState", "drops_state_known"),
    ("Failure", "drops_failure_known"),
    ("Proof", "drops_proof_known"),
    ("Heard", "rider_uploads_decision_known"),
    ("BookingState", "carrier_bookings_state_known"),
    ("WordDecision", "carrier_words_decision_known"),
    ("Reason", "stock_movements_reason_known"),
    ("Topic", "events_topic_known"),
    ("Role", "staff_members_role_known"),
    ("Access", "staff_members_state_known"),
    ("Consumer", "outbox_consumer_known"),
    ("PayBy", "orders_pay_by_known"),
    ("PayBy", "payment_attempts_method_known"),
    ("AttemptState", "payment_attempts_state_known"),
    ("CaptureState", "captures_state_known"),
    ("RefundState", "refunds_state_known"),
    ("RefundReason", "refunds_reason_known"),
    ("Decision", "gateway_events_decision_known"),
    ("OrderState", "orders_state_known"),
    ("CancelledWhy", "orders_cancelled_why_known"),
    ("Substitutions", "orders_substitutions_known"),
    ("Substitutions", "order_lines_substitutions_known"),
    ("PictureFit", "order_lines_picture_fit_known"),
    ("SoldBy", "order_lines_sold_by_known"),
    ("SoldBy", "products_sold_by_known"),
    ("SizeUnit", "products_size_unit_known"),
    ("Storage", "products_storage_known"),
    ("PictureFit", "products_picture_fit_known"),
    ("OfferKind", "offers_kind_known"),
    ("Kind", "journey_events_kind_known"),
    ("Limited", "throttles_what_known"),
];

/// A `CHECK` that forgot a value, or kept one too many, fails here and not in production.
#[test]
fn the_database_knows_exactly_the_words_rust_knows() {
    let in_rust: BTreeMap<String, BTreeSet<String>> =
        files(Path::new("src"), "rs").iter().flat_map(|file| enums_of(&code_of(file))).collect();
    let guarded: BTreeSet<&str> = GUARDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        in_rust.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        guarded,
        "every db_enum has its CHECK"
    );

    let shop = TestShop::open();
    let in_database = lists_of_words(&shop);
    for (name, constraint) in GUARDS {
        assert_eq!(in_database.get(constraint), in_rust.get(name), "{constraint} and {name}");
    }
    let unguarded: Vec<_> = in_database.keys().filter(|c| !GUARDS.iter().any(|(_, g)| g == c)).collect();
    assert!(unguarded.is_empty(), "a list of words with no db_enum: {unguarded:?}");
}

/// Name and words of each `db_enum!` in a source text.
fn enums_of(code: &str) -> Vec<(String, BTreeSet<String>)> {
    let uses = code.split("db_enum! {").skip(1);
    uses.map(|body| {
        let body = body.split("\n}").next().expect("an end");
        let name = first_word(body.split("enum ").nth(1).expect("a name"));
        (name, body.split('"').skip(1).step_by(2).map(str::to_owned).collect())
    })
    .collect()
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

fn rows(conn: &mut PgConnection, sql: &str) -> Vec<(String, String)> {
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn).unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows.into_iter().map(|row| (row.name, row.value)).collect()
}

fn lists_of_words(shop: &TestShop) -> BTreeMap<String, BTreeSet<String>> {
    let all = "SELECT conname::text AS name, pg_get_constraintdef(oid) AS value FROM pg_constraint WHERE contype = 'c'";
    rows(&mut shop.conn(), all)
        .into_iter()
        .filter(|(_, definition)| is_list_of_words(definition))
        .map(|(name, definition)| {
            (name, definition.split('\'').skip(1).step_by(2).map(str::to_owned).collect())
        })
        .collect()
}

fn is_list_of_words(definition: &str) -> bool {
    // A rule about which columns a state fills is no list.
    !definition.contains(" NULL")
        && (definition.contains("= ANY (ARRAY[")
            || (definition.matches("= '").count() == 1 && !definition.contains(" AND ")))
}

#[test]
fn schema_rs_is_the_schema_of_the_database() {
    let shop = TestShop::open();
    let columns = "SELECT table_name::text AS name,
            column_name || ' ' || udt_name || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END AS value
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> '__diesel_schema_migrations'";
    let keys = "SELECT t.relname::text AS name, 'key ' || string_agg(a.attname, ', ' ORDER BY k.place) AS value
        FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid,
             unnest(c.conkey) WITH ORDINALITY AS k (number, place)
             JOIN pg_attribute a ON a.attnum = k.number
        WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace AND a.attrelid = c.conrelid AND t.relname <> '__diesel_schema_migrations'
        GROUP BY t.relname";
    let mut conn = shop.conn();
    let in_database: BTreeSet<_> =
        rows(&mut conn, columns).into_iter().chain(rows(&mut conn, keys)).collect();
    let in_rust: BTreeSet<_> = tables_of(&code_of(Path::new("src/db/schema.rs"))).into_iter().collect();
    assert!(in_rust.len() > 100, "the file was read");
    let only = |a: &BTreeSet<_>, b: &BTreeSet<_>| a.difference(b).cloned().collect::<Vec<(String, String)>>();
    assert_eq!(only(&in_database, &in_rust), [], "only in the database");
    assert_eq!(only(&in_rust, &in_database), [], "only in schema.rs");
}

/// Table and column, in the words of `schema_rs_is_the_schema_of_the_database`.
fn tables_of(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for body in code.split("diesel::table! {").skip(1) {
        let (head, rest) = body.split_once(") {").expect("a head");
        let (table, key) = head.split_once('(').expect("a key");
        let table = table.trim().to_owned();
        found.push((table.clone(), format!("key {key}")));
        for column in rest.split('}').next().expect("columns").split(',').filter(|c| c.contains("->")) {
            let (name, kind) = column.split_once("->").expect("name and type");
            found.push((table.clone(), format!("{} {}", name.trim(), sql_type(kind.trim()))));
        }
    }
    found
}

fn sql_type(kind: &str) -> String {
    if let Some(inner) = kind.strip_prefix("Nullable<").and_then(|k| k.strip_suffix('>')) {
        return format!("{} null", sql_type(inner));
    }
    let name = match kind {
        "Integer" => "int4",
        "BigInt" => "int8",
        "Double" => "float8",
        other => return other.to_lowercase(),
    };
    name.to_owned()
}

#[test]
fn every_foreign_key_has_an_index() {
    let shop = TestShop::open();
    let bare = "SELECT conrelid::regclass::text AS name, conname::text AS value FROM pg_constraint c
        WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index i WHERE i.indrelid = c.conrelid
            AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)";
    assert_eq!(rows(&mut shop.conn(), bare), []);
    assert!(shop.count("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") > 10);
}

#[actix_web::test]
async fn what_is_written_once_is_never_changed_by_anybody() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    place(&shop, &shopper, PayBy::CashAtDoor, None);
    shop.flush();
    let guarded = "SELECT DISTINCT tgrelid::regclass::text AS name, '' AS value FROM pg_trigger t
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'refuse_change'";
    let mut conn = shop.conn();
    let guarded: BTreeSet<String> = rows(&mut conn, guarded).into_iter().map(|(name, _)| name).collect();
    assert_eq!(guarded, db::APPEND_ONLY.iter().map(ToString::to_string).collect());
    for table in db::APPEND_ONLY {
        assert!(shop.count(&format!("SELECT count(*) FROM {table}")) > 0, "{table} has a row to try it on");
        let column = shop.text(&format!(
            "SELECT max(column_name) FROM information_schema.columns WHERE table_name = '{table}' AND column_name <> 'id'"
        ));
        let writes = [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ];
        for sql in writes {
            let owner = conn.batch_execute(&sql).expect_err(&sql).to_string();
            assert!(owner.contains("append-only"), "{sql}: {owner}");
            let serving = conn.batch_execute(&format!("SET ROLE {}; {sql}", db::SERVING_ROLE));
            let serving = serving.expect_err(&sql).to_string();
            assert!(serving.contains("permission denied"), "{sql}: {serving}");
            conn.batch_execute("RESET ROLE").expect("the owner again");
        }
    }
}

#[test]
fn the_serving_role_can_change_neither_the_schema_nor_the_secrets() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    conn.batch_execute("INSERT INTO secrets (name, value) VALUES ('x', decode(repeat('ab', 32), 'hex'))")
        .expect("a secret");
    conn.batch_execute(&format!("SET ROLE {}", db::SERVING_ROLE)).expect("the lesser role");
    for sql in [
        "CREATE TABLE mine (id int)",
        "DROP TABLE products",
        "ALTER TABLE products ADD COLUMN x int",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "UPDATE secrets SET value = value",
        "DELETE FROM secrets",
        "DELETE FROM __diesel_schema_migrations",
        "CREATE ROLE thief",
    ] {
        let refused = conn.batch_execute(sql).expect_err(sql).to_string();
        assert!(
            refused.contains("permission denied") || refused.contains("must be owner"),
            "{sql}: {refused}"
        );
    }
}

#[test]
fn migrations_go_up_and_down_and_up_to_the_same_schema() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let first = dump(&mut conn);
    assert!(first.len() > 200, "the dump sees the schema");
    conn.revert_all_migrations(db::MIGRATIONS).expect("all the way down");
    let left: Vec<_> = dump(&mut conn).into_iter().filter(|(name, _)| !name.contains("__diesel")).collect();
    assert_eq!(left, [], "what the way down forgets");
    let ran = db::migrate(&mut conn).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(ran.len(), std::fs::read_dir("migrations").expect("migrations").count());
    assert_eq!(dump(&mut conn), first);
    assert!(db::is_up_to_date(&mut conn));
    assert!(db::migrate(&mut conn).is_ok_and(|ran| ran.is_empty()), "a second time nothing is to be done");
}

/// Everything a migration can make, as text.
fn dump(conn: &mut PgConnection) -> Vec<(String, String)> {
    let of = [
        "SELECT table_name || '.' || column_name AS name,
            concat_ws(' ', data_type, is_nullable, column_default, is_identity) AS value
            FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT conrelid::regclass || '.' || conname AS name, pg_get_constraintdef(oid) AS value FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace",
        "SELECT tablename || '.' || indexname AS name, indexdef AS value FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgrelid::regclass || '.' || tgname AS name, pg_get_triggerdef(oid) AS value FROM pg_trigger
            WHERE NOT tgisinternal",
        "SELECT p.proname::text AS name, pg_get_functiondef(p.oid) AS value FROM pg_proc p
            JOIN pg_language l ON l.oid = p.prolang
            WHERE pronamespace = 'public'::regnamespace AND l.lanname IN ('sql', 'plpgsql')",
        "SELECT extname::text AS name, extversion AS value FROM pg_extension WHERE extname <> 'plpgsql'",
        "SELECT table_name || ' to ' || grantee AS name, privilege_type::text AS value
            FROM information_schema.role_table_grants WHERE table_schema = 'public'",
    ];
    let mut all: Vec<(String, String)> = of.iter().flat_map(|sql| rows(conn, sql)).collect();
    all.sort();
    all
}

#[test]
fn pages_bring_no_style_or_script_of_their_own_and_escape_everything() {
    for file in files(Path::new("templates"), "html") {
        let text = read(&file);
        let name = file.display();
        // A letter carries its style with it: mail programs fetch none.
        if !file.starts_with("templates/mail") {
            assert!(!text.contains("style="), "{name} has a style attribute");
            assert!(!text.contains("<style"), "{name} has a style element");
        }
        for unescaped in ["|safe", "| safe", "|escape(\"none\")"] {
            assert!(!text.contains(unescaped), "{name} has {unescaped}");
        }
        for script in text.split("<script").skip(1) {
            let tag = script.split('>').next().expect("a tag");
            let plain = tag.contains(" src=") || tag.contains("application/ld+json");
            assert!(plain, "{name} has a script of its own: {tag}");
        }
        for handler in [" onclick=", " onload=", " onerror=", " onsubmit=", " onchange=", "javascript:"] {
            assert!(!text.contains(handler), "{name} has{handler}");
        }
    }
}

#[test]
fn no_code_writes_markup_that_the_policy_forbids() {
    for file in files(Path::new("src"), "rs") {
        let text = code_of(&file);
        // What stands behind `mod tests` may hold whatever it has to try.
        let text = text.split("mod tests").next().unwrap_or_default();
        if file.file_stem().is_some_and(|stem| stem == "tests") || file.iter().any(|part| part == "tests") {
            continue;
        }
        for forbidden in ["style=", "<script", "|safe"] {
            assert!(!text.contains(forbidden), "{} has {forbidden}", file.display());
        }
    }
}
