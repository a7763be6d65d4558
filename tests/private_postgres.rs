//! The private Postgres against the real programs of this machine. Without them these tests fail, as they should.

use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query};
use smartshop::db::private::{PrivatePostgres, Settings, StartError};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const HOLD: &str = "SMARTSHOP_TEST_HOLD_CLUSTER";

/// A folder of its own for one test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let folder = env::temp_dir().join(format!("shop-pg-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a scratch folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("a folder all may enter");
        Scratch(folder)
    }

    fn cluster(&self) -> PathBuf {
        self.0.join("pg")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_else(|error| eprintln!("{} stays: {error}", self.0.display()));
    }
}

fn settings() -> Settings {
    Settings { binaries: None, max_connections: 20, durable: false }
}

fn durable() -> Settings {
    Settings { durable: true, ..settings() }
}

fn start(root: &Path) -> PrivatePostgres {
    PrivatePostgres::start(root, &settings()).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(root: &Path, settings: &Settings) -> StartError {
    PrivatePostgres::start(root, settings).err().expect("a refusal")
}

fn connect(postgres: &PrivatePostgres) -> PgConnection {
    PgConnection::establish(&postgres.url("smartshop_owner", "smartshop")).expect("a connection")
}

fn write_an_apple(postgres: &PrivatePostgres) {
    let mut connection = connect(postgres);
    sql_query("CREATE TABLE IF NOT EXISTS apples (id bigint)").execute(&mut connection).expect("a table");
    sql_query("INSERT INTO apples VALUES (1)").execute(&mut connection).expect("a row");
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn apples(postgres: &PrivatePostgres) -> i64 {
    let query = sql_query("SELECT count(*) AS n FROM apples");
    query.get_result::<Count>(&mut connect(postgres)).expect("a count").n
}

fn server_process(root: &Path) -> Option<u32> {
    let notes = fs::read_to_string(root.join("data/postmaster.pid")).ok()?;
    notes.lines().next()?.parse().ok()
}

/// All server processes of the folder: the first one has it on its command line.
fn servers_of(root: &Path) -> usize {
    let data = root.join("data").to_string_lossy().into_owned();
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains("postgres\0") && line.contains(&data)).count()
}

fn we_are_root() -> bool {
    fs::metadata("/proc/self").expect("/proc").uid() == 0
}

#[test]
fn a_cold_start_makes_the_database_and_answers() {
    let scratch = Scratch::new("cold");
    let begun = Instant::now();
    let postgres = start(&scratch.cluster());
    eprintln!("cold start: {:?}", begun.elapsed());
    assert!(!postgres.joined());
    write_an_apple(&postgres);
    assert_eq!(apples(&postgres), 1);
}

#[test]
fn the_data_survives_a_stop_and_a_start() {
    let scratch = Scratch::new("again");
    let postgres = start(&scratch.cluster());
    write_an_apple(&postgres);
    postgres.stop();
    let begun = Instant::now();
    let postgres = start(&scratch.cluster());
    eprintln!("warm start: {:?}", begun.elapsed());
    assert_eq!(apples(&postgres), 1);
}

#[test]
fn dropping_the_guard_leaves_no_server_behind() {
    let scratch = Scratch::new("drop");
    let postgres = start(&scratch.cluster());
    assert_eq!(servers_of(&scratch.cluster()), 1);
    let connection = connect(&postgres);
    drop(postgres);
    assert_eq!(servers_of(&scratch.cluster()), 0);
    assert_eq!(server_process(&scratch.cluster()), None);
    drop(connection);
}

/// Not a test of its own: the body of the process that `hold` starts and that is killed or joined.
#[test]
fn helper_that_holds_a_cluster() {
    let Some(root) = env::var_os(HOLD) else { return };
    let postgres =
        PrivatePostgres::start(Path::new(&root), &durable()).unwrap_or_else(|error| panic!("{error}"));
    write_an_apple(&postgres);
    println!("HOLDING");
    sleep(Duration::from_secs(60));
}

/// Starts another process that owns the cluster; returns once it is ready.
fn hold(root: &Path) -> Child {
    let mut helper = Command::new(env::current_exe().expect("our own path"))
        .args(["--exact", "helper_that_holds_a_cluster", "--nocapture"])
        .env(HOLD, root)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a helper process");
    let lines = BufReader::new(helper.stdout.take().expect("its output")).lines();
    let holding = lines.map_while(Result::ok).any(|line| line.contains("HOLDING"));
    assert!(holding, "the helper ended early");
    helper
}

#[test]
fn after_a_hard_kill_of_the_owner_the_next_start_finds_the_data() {
    let scratch = Scratch::new("killed");
    let mut owner = hold(&scratch.cluster());
    owner.kill().expect("a kill");
    owner.wait().expect("an end");
    let begun = Instant::now();
    let postgres =
        PrivatePostgres::start(&scratch.cluster(), &durable()).unwrap_or_else(|error| panic!("{error}"));
    eprintln!("start after a kill: {:?}", begun.elapsed());
    assert!(!postgres.joined());
    assert_eq!(apples(&postgres), 1);
    assert_eq!(servers_of(&scratch.cluster()), 1);
}

#[test]
fn a_hard_kill_of_the_owner_ends_the_server_by_itself() {
    let scratch = Scratch::new("orphan");
    let mut owner = hold(&scratch.cluster());
    owner.kill().expect("a kill");
    owner.wait().expect("an end");
    let killed = Instant::now();
    while servers_of(&scratch.cluster()) > 0 {
        assert!(killed.elapsed() < Duration::from_secs(5), "the server outlives its owner");
        sleep(Duration::from_millis(20));
    }
    eprintln!("gone after the kill: {:?}", killed.elapsed());
}

#[test]
fn a_second_process_joins_the_first() {
    let scratch = Scratch::new("join");
    let mut owner = hold(&scratch.cluster());
    let begun = Instant::now();
    let joined = start(&scratch.cluster());
    eprintln!("joined: {:?}", begun.elapsed());
    assert!(joined.joined());
    assert_eq!(apples(&joined), 1);
    drop(joined);
    assert_eq!(servers_of(&scratch.cluster()), 1, "the one that joined does not stop the server");
    owner.kill().expect("a kill");
    owner.wait().expect("an end");
    // Owns the cluster once more, so that nothing runs when the folder goes.
    drop(start(&scratch.cluster()));
}

#[test]
fn of_many_that_start_at_once_one_owns_and_the_others_join() {
    let scratch = Scratch::new("crowd");
    let root = scratch.cluster();
    let all: Vec<PrivatePostgres> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6).map(|_| scope.spawn(|| start(&root))).collect();
        starts.into_iter().map(|one| one.join().expect("a start")).collect()
    });
    assert_eq!(all.iter().filter(|postgres| !postgres.joined()).count(), 1);
    assert_eq!(servers_of(&root), 1);
}

#[test]
fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let scratch = Scratch::new("long");
    let root = scratch.cluster().join("x".repeat(120));
    let postgres = start(&root);
    assert!(postgres.url("smartshop_owner", "smartshop").contains("%2Ftmp%2Fsmartshop-"));
    write_an_apple(&postgres);
}

#[test]
fn a_folder_without_binaries_is_told_with_its_remedy() {
    let scratch = Scratch::new("nobin");
    let nowhere = Settings { binaries: Some(scratch.0.join("no-such-folder")), ..settings() };
    let refusal = refusal(&scratch.cluster(), &nowhere);
    assert!(matches!(refusal, StartError::NoBinaries { .. }));
    assert!(refusal.to_string().contains("SMARTSHOP_POSTGRES_BINARIES"), "{refusal}");
}

#[test]
fn a_cluster_of_another_version_is_told_with_both_versions() {
    let scratch = Scratch::new("version");
    start(&scratch.cluster()).stop();
    fs::write(scratch.cluster().join("data/PG_VERSION"), "9\n").expect("a forged version");
    let refusal = refusal(&scratch.cluster(), &settings());
    assert!(matches!(refusal, StartError::OtherVersion { .. }));
    assert!(refusal.to_string().contains("was made by Postgres 9,"), "{refusal}");
}

#[test]
fn a_folder_that_can_not_be_made_is_told() {
    let scratch = Scratch::new("unwritable");
    fs::write(scratch.0.join("file"), "").expect("a file in the way");
    let refusal = refusal(&scratch.0.join("file/pg"), &settings());
    assert!(matches!(refusal, StartError::NotWritable { .. }));
    assert!(refusal.to_string().contains("choose another folder"), "{refusal}");
}

#[test]
fn a_folder_below_a_private_home_is_told_by_the_name_of_that_home() {
    if !we_are_root() {
        return;
    }
    let scratch = Scratch::new("home");
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700)).expect("a private home");
    let refusal = refusal(&scratch.cluster(), &settings());
    let StartError::NotReachable { path, .. } = &refusal else { panic!("{refusal}") };
    assert_eq!(path, &scratch.0.canonicalize().expect("an absolute path"));
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let scratch = Scratch::new("foreign");
    fs::write(scratch.0.join("letter.txt"), "dear").expect("a file of somebody");
    let before = fs::metadata(&scratch.0).expect("a folder");
    let refusal = refusal(&scratch.0, &settings());
    assert!(matches!(refusal, StartError::NotOurs { .. }), "{refusal}");
    let after = fs::metadata(&scratch.0).expect("a folder");
    assert_eq!((before.uid(), before.mode()), (after.uid(), after.mode()));
}

#[test]
fn a_server_that_can_not_start_is_told_by_its_own_words() {
    let scratch = Scratch::new("broken");
    start(&scratch.cluster()).stop();
    fs::write(scratch.cluster().join("data/postgresql.conf"), "no_such_setting = 1\n")
        .expect("a broken file");
    let refusal = refusal(&scratch.cluster(), &settings());
    assert!(matches!(refusal, StartError::Failed { .. }), "{refusal}");
    assert!(
        refusal.to_string().contains("no_such_setting") || refusal.to_string().contains("errors"),
        "{refusal}"
    );
}
