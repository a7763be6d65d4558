//! The command line.

use clap::{Parser, Subcommand};
use smartshop::clock::Clock;
use smartshop::config::Config;
use smartshop::serve::{self, Reached, Sorry};
use smartshop::staff::{self, Role};
use smartshop::{accounts, catalog, db, demo, dispatch, forecast, logs, rebuild, standin, town};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

// Against the C library's: a sixth less work for a page that has to be made, a quarter less memory.
#[global_allocator]
static HEAP: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A supermarket's whole online shop in one binary.
///
/// Without a SMARTSHOP_DATABASE_URL the shop keeps a private Postgres of its own under its
/// data folder; with one it uses that. Every setting stands, explained, in config/default.toml
/// and is overridden by a variable: SMARTSHOP_LISTEN, SMARTSHOP_DATA_DIR, and so on.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    /// A file with settings, over the built-in ones and under the environment.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open the shop: answer requests until told to stop (Ctrl-C, SIGTERM).
    Serve {
        /// Load the demo data first (a catalogue, offers, places in Dublin) and show the style guide.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database to this binary's schema and make the role that serves.
    Migrate,
    /// Load the demo data. Doing it again changes nothing.
    Demo,
    /// Read data into the shop.
    Import {
        #[command(subcommand)]
        what: Import,
    },
    /// Run the sandbox payment gateway (no real money) and the sandbox carrier (nothing is brought) as a
    /// process of their own.
    ///
    /// The gateway speaks Stripe's protocol. Both keep their books under the data folder, and the settings that a
    /// shop needs to use them are printed. `serve --demo` without keys starts both inside.
    Sandbox {
        /// Where it answers.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
        listen: std::net::SocketAddr,
        /// Where it sends its webhooks: the shop's /webhooks/payments.
        #[arg(long, value_name = "URL")]
        webhook_url: Option<String>,
        /// Where the carrier sends its webhooks: the shop's /webhooks/carriers/sandbox.
        #[arg(long, value_name = "URL")]
        carrier_webhook_url: Option<String>,
        /// The shop's address, whose pages may hold the card frame.
        #[arg(long, value_name = "URL")]
        parent: Option<String>,
        /// In its worst mood: lost, late and doubled webhooks, lost answers, errors; by this seed.
        #[arg(long, value_name = "SEED")]
        chaos: Option<u64>,
    },
    /// Say who works here.
    Staff {
        #[command(subcommand)]
        what: Staff,
    },
    /// Build states, stock, balances, promises and timelines anew from the log alone, and compare.
    ///
    /// It builds in a schema of its own, `rebuilt`, and changes nothing else. Every row that differs
    /// from the live one is counted and the first are printed; the exit code is 1 then.
    Rebuild,
    /// Play deliveries through the forecast, and print how far off it is beside the end of the window.
    #[command(hide = true)]
    ForecastTrial {
        #[arg(long, default_value_t = 500)]
        deliveries: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Check the settings and the database, and say what is wrong.
    Check,
}

#[derive(Subcommand)]
enum Staff {
    /// Give somebody access, without asking anybody: for the first admin.
    ///
    /// The password is the first line of standard input. Where that is a terminal, or empty, one is
    /// made and printed once.
    Add {
        /// What they sign in with.
        #[arg(long, value_name = "ADDRESS")]
        email: String,
        /// As colleagues know them.
        #[arg(long)]
        name: String,
        /// admin, support, warehouse, dispatch, rider or manager.
        #[arg(long)]
        role: Role,
    },
}

#[derive(Subcommand)]
enum Import {
    /// Products from a CSV file: our own columns, or a Shopify product export.
    ///
    /// Nothing is loaded if one row is bad, and each bad row is named by line and reason.
    /// Importing the same file again changes nothing.
    Products {
        /// The file; `-` for standard input.
        file: PathBuf,
        /// Load the good rows even if some are bad.
        #[arg(long)]
        partial: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = run(&cli).unwrap_or_else(|sorry| {
        eprintln!("smartshop: {sorry}");
        ExitCode::FAILURE
    });
    logs::finish();
    code
}

fn run(cli: &Cli) -> Result<ExitCode, Sorry> {
    let file = cli.config.as_ref().map(read_settings).transpose()?;
    let environment =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let config = Config::load(file.as_deref(), environment).map_err(|e| e.to_string())?;
    logs::start(&config.log);
    log::debug!("{config:?}");
    match &cli.command {
        Command::Serve { demo } => open(config, *demo),
        Command::Migrate => migrate(&config),
        Command::Demo => load_demo(&config),
        Command::Import { what: Import::Products { file, partial } } => import(&config, file, *partial),
        Command::Sandbox { listen, webhook_url, carrier_webhook_url, parent, chaos } => {
            let listener = std::net::TcpListener::bind(listen)
                .map_err(|e| format!("{listen} cannot be used: {e}; choose another with --listen"))?;
            let (webhook_url, parent, chaos) = (webhook_url.clone(), parent.clone(), *chaos);
            let carrier_webhook_url = carrier_webhook_url.clone();
            let how = standin::Alone { listener, webhook_url, carrier_webhook_url, parent, chaos };
            standin::alone(&config, how)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Staff { what: Staff::Add { email, name, role } } => add_staff(&config, email, name, *role),
        Command::Rebuild => rebuild_all(&config),
        Command::ForecastTrial { deliveries, seed } => try_forecast(&config, *deliveries, *seed),
        Command::Check => check(&config),
    }
}

/// Touches no database.
fn try_forecast(config: &Config, deliveries: usize, seed: u64) -> Result<ExitCode, Sorry> {
    println!("{}", serde_json::to_string(&forecast::play(deliveries, seed, &config.forecast))?);
    Ok(ExitCode::SUCCESS)
}

fn read_settings(path: &PathBuf) -> Result<String, Sorry> {
    std::fs::read_to_string(path)
        .map_err(|e| format!("the settings file {} cannot be read: {e}", path.display()).into())
}

fn open(mut config: Config, demo: bool) -> Result<ExitCode, Sorry> {
    if demo {
        standin::may_be_a_demo(&config.payments)?;
    }
    serve::take_all_files();
    let listener = serve::listen(&config)?;
    let reached = serve::reach_database(&config.database)?;
    prepare(&config, &reached, demo)?;
    let standin = if demo { standin::beside(&mut config)? } else { None };
    if demo && config.shop.vat_number.is_empty() {
        demo::VAT_NUMBER.clone_into(&mut config.shop.vat_number);
    }
    let mut assembled = serve::assemble(config.clone(), &reached.url, Clock::Real, demo)?;
    assembled.state.sandbox = standin.as_ref().map(|s| s.gateway.clone());
    assembled.state.sandbox_carrier = standin.as_ref().map(|s| s.carrier.clone());
    if demo {
        introduce(&config.server.public_url);
    }
    actix_web::rt::System::new().block_on(serve::serve(assembled, &config, listener))?;
    if let Some(standin) = standin {
        standin.stop();
    }
    if let Some(private) = reached.private {
        private.stop();
    }
    Ok(ExitCode::SUCCESS)
}

/// Everybody may know these: sign-in refuses them outside a demonstration.
fn introduce(url: &str) {
    println!("The town of this demonstration: {url}/sandbox");
    println!("Staff pages: {url}/staff/sign-in, password {}, as one of", demo::PASSWORD);
    for (email, name, role) in demo::ACCOUNTS {
        println!("  {email:<20} {name}, {role}");
    }
}

/// A private database is migrated at once, and so is one for the demo; any other one is
/// the administrator's to migrate, when they choose.
fn prepare(config: &Config, reached: &Reached, demo: bool) -> Result<(), Sorry> {
    let mut conn = serve::connect_owner(&reached.owner_url)?;
    if reached.private.is_some() || demo {
        db::migrate(&mut conn).map_err(|e| e.to_string())?;
    } else if !db::is_up_to_date(&mut conn) {
        return Err(
            "the database lacks migrations of this version; run `smartshop migrate` and start again".into()
        );
    }
    if demo {
        println!("{}", demo::load(&mut conn, config.shop.zone, Clock::Real.now())?);
    }
    if !(demo && config.shop.autopilot) {
        town::hand_back_all(&mut conn)?;
        // What waited for somebody's click.
        dispatch::offer_waiting(&mut conn, Clock::Real.now())?;
    }
    Ok(())
}

fn migrate(config: &Config) -> Result<ExitCode, Sorry> {
    let reached = serve::reach_database(&config.database)?;
    let ran = db::migrate(&mut serve::connect_owner(&reached.owner_url)?).map_err(|e| e.to_string())?;
    match ran.len() {
        0 => println!("Nothing to do: the database is up to date."),
        n => println!("{n} migration(s) run: {}.", ran.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}

fn load_demo(config: &Config) -> Result<ExitCode, Sorry> {
    standin::may_be_a_demo(&config.payments)?;
    let reached = serve::reach_database(&config.database)?;
    prepare(config, &reached, true)?;
    Ok(ExitCode::SUCCESS)
}

fn import(config: &Config, file: &PathBuf, partial: bool) -> Result<ExitCode, Sorry> {
    let source: Box<dyn std::io::Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        let open = std::fs::File::open(file);
        Box::new(open.map_err(|e| format!("{} cannot be read: {e}", file.display()))?)
    };
    let (_reached, mut conn) = migrated(config)?;
    let options =
        catalog::import::Options { partial, demo: false, now: Clock::Real.now(), zone: config.shop.zone };
    let report = catalog::import::import_products(&mut conn, source, &options)?;
    println!("{report}");
    Ok(if report.bad == 0 || partial { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The database, once it has this binary's schema.
fn migrated(config: &Config) -> Result<(Reached, diesel::PgConnection), Sorry> {
    let reached = serve::reach_database(&config.database)?;
    let mut conn = serve::connect_owner(&reached.owner_url)?;
    if !db::is_up_to_date(&mut conn) {
        return Err("the database lacks migrations of this version; run `smartshop migrate` first".into());
    }
    Ok((reached, conn))
}

fn rebuild_all(config: &Config) -> Result<ExitCode, Sorry> {
    let (_reached, mut conn) = migrated(config)?;
    let report = rebuild::rebuild(&mut conn)?;
    println!("{report}");
    Ok(if report.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn add_staff(config: &Config, email: &str, name: &str, role: Role) -> Result<ExitCode, Sorry> {
    let email = accounts::email(email).ok_or("write the mail address like name@example.com")?;
    if staff::is_of_the_demo(&email) {
        return Err("addresses at demo.test are for demonstrations only; take another".into());
    }
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 {
        return Err("write the name in 1 to 80 letters".into());
    }
    let given = given_password()?;
    let password = given.clone().unwrap_or_else(accounts::fresh_password);
    if let Some(problem) = accounts::password_problem(&password) {
        return Err(problem.into());
    }
    let hash = accounts::hash_here(&password).ok_or("the password could not be hashed")?;
    let (_reached, mut conn) = migrated(config)?;
    let added = staff::add(&mut conn, &email, name, &hash, role, Clock::Real.now())?;
    added
        .ok_or_else(|| format!("{email} is there already; an admin can change the role on /staff/people"))?;
    println!("{name} can sign in as {email} with the role {role}.");
    if given.is_none() {
        println!("The password, shown this once: {password}");
    }
    Ok(ExitCode::SUCCESS)
}

/// What stands on the first line of standard input, if somebody has put something there.
fn given_password() -> Result<Option<String>, Sorry> {
    let stdin = std::io::stdin();
    let mut line = String::new();
    if !stdin.is_terminal() {
        stdin.lock().read_line(&mut line).map_err(|e| format!("the password cannot be read: {e}"))?;
    }
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()).filter(|line| !line.is_empty()))
}

fn check(config: &Config) -> Result<ExitCode, Sorry> {
    println!("The settings are good.");
    let reached = serve::reach_database(&config.database)?;
    let mut conn = serve::connect_owner(&reached.owner_url)?;
    println!("The database answers{}.", if reached.private.is_some() { " (a private one)" } else { "" });
    if db::is_up_to_date(&mut conn) {
        println!("Its schema is up to date.");
        return Ok(ExitCode::SUCCESS);
    }
    Err("the database lacks migrations of this version; run `smartshop migrate`".into())
}
