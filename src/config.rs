//! Settings: the built-in defaults, a file over them, the environment over both.
//! All mistakes are named at once, each with what to write instead.

mod deliverers;
mod network;
mod values;
mod ways;

use chrono::Duration;
use chrono_tz::Tz;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use values::Values;

pub use deliverers::{CarrierSettings, Deliverers};
pub use network::Network;
pub use ways::{PayKind, WayToPay};

#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub mail: Mail,
    pub limits: Limits,
    pub shop: Shop,
    pub payments: Payments,
    pub deliverers: Deliverers,
    pub forecast: Forecast,
    /// A filter as env_logger reads it.
    pub log: String,
}

#[derive(Debug, Clone)]
pub struct Server {
    pub listen: SocketAddr,
    /// Without a slash at the end.
    pub public_url: String,
    pub workers: usize,
    pub trusted_proxies: Vec<Network>,
    pub client_seconds: u64,
    pub shutdown_seconds: u64,
    pub page_cache_bytes: u64,
    pub picture_hosts: String,
}

#[derive(Clone)]
pub struct Database {
    /// Of the serving role; `None`: a private Postgres under `data_dir`.
    pub url: Option<String>,
    pub owner_url: Option<String>,
    pub connections: u32,
    pub data_dir: PathBuf,
    pub postgres_binaries: Option<PathBuf>,
}

#[derive(Clone)]
pub struct Mail {
    /// `None`: letters go into a folder in a demonstration, and wait otherwise.
    pub smtp_url: Option<String>,
    /// `name@host` or `Name <name@host>`.
    pub from: String,
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub requests_per_second: u32,
    pub requests_at_once: u32,
    pub writes_per_minute: u32,
    pub writes_at_once: u32,
    pub form_bytes: usize,
    /// Pages that one address may have open with word of their order coming in by itself.
    pub streams_at_once: u32,
}

#[derive(Debug, Clone)]
pub struct Shop {
    pub zone: Tz,
    pub quote_minutes: i64,
    pub window_days: i64,
    pub delivery_vat_percent: i32,
    /// So few left free after an order, and it is asked what may stand in.
    pub few_left: i32,
    pub journeys: bool,
    /// Whether a demonstration's orders are picked and brought by themselves.
    pub autopilot: bool,
    /// How many times as fast as usual.
    pub autopilot_speed: i32,
    /// How long the picture of what was left at a door is kept.
    pub photo_days: i64,
    /// What stands on receipts: name and address.
    pub details: String,
    /// Stands there too, unless it is empty.
    pub vat_number: String,
    /// Whom people ring who need a hand.
    pub phone: String,
}

/// What is known of how long things take, until they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub every_seconds: i64,
    pub far_seconds: i64,
    pub batch: i64,
    pub ahead_hours: i64,
    pub seconds_a_line: i64,
    pub seconds_an_order: i64,
    pub short_minutes: i64,
    pub loading_minutes: i64,
    pub payment_minutes: i64,
    pub rider_minutes: i64,
    pub silent_minutes: i64,
    pub stopped_minutes: i64,
    pub again_minutes: i64,
    pub window_minutes: i64,
}

impl Forecast {
    /// How long one picker usually takes for so many lines.
    pub fn picking(&self, lines: i32) -> Duration {
        Duration::seconds(self.seconds_an_order + self.seconds_a_line * i64::from(lines))
    }
}

/// How money comes in.
#[derive(Clone)]
pub struct Payments {
    /// Where the gateway answers, without a slash at the end: `https://api.stripe.com`. `None`: no
    /// gateway (in a demonstration the sandbox takes its place).
    pub api_base: Option<String>,
    /// Where browsers find the sandbox gateway's pages; empty: at the shop's own address.
    pub pages_base: String,
    pub secret_key: Option<String>,
    pub publishable_key: String,
    pub webhook_secret: Option<String>,
    /// In the order they are offered.
    pub ways: Vec<WayToPay>,
}

impl Shop {
    /// Whose a receipt is: name, address and, where there is one, VAT number.
    pub fn on_receipts(&self) -> String {
        match self.vat_number.as_str() {
            "" => self.details.clone(),
            number => format!("{} · VAT number {number}", self.details),
        }
    }
}

/// Everything that is wrong with the settings, one sentence each.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the settings have {} mistake(s):", self.0.len())?;
        self.0.iter().try_for_each(|mistake| writeln!(f, "  - {mistake}"))
    }
}

impl Config {
    /// Reads the settings. `file` is the text of a file given with `--config`.
    ///
    /// # Errors
    /// Names every unknown setting and every bad value at once.
    pub fn load(
        file: Option<&str>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut values = Values::defaults();
        if let Some(text) = file {
            values.overlay_file(text);
        }
        values.overlay_environment(environment);
        let config = values.build();
        if values.mistakes.is_empty() { Ok(config) } else { Err(ConfigError(values.mistakes)) }
    }
}

impl fmt::Debug for Payments {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payments")
            .field("api_base", &self.api_base)
            .field("secret_key", &self.secret_key.as_ref().map(|_| "(set)"))
            .field("publishable_key", &self.publishable_key)
            .field("webhook_secret", &self.webhook_secret.as_ref().map(|_| "(set)"))
            .field("ways", &self.ways)
            .finish()
    }
}

impl fmt::Debug for Database {
    /// Without addresses: they may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("url", &self.url.as_ref().map(|_| "(set)"))
            .field("owner_url", &self.owner_url.as_ref().map(|_| "(set)"))
            .field("connections", &self.connections)
            .field("data_dir", &self.data_dir)
            .field("postgres_binaries", &self.postgres_binaries)
            .finish()
    }
}

impl fmt::Debug for Mail {
    /// Without the server's address: it may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("smtp_url", &self.smtp_url.as_ref().map(|_| "(set)"))
            .field("from", &self.from)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_defaults_are_good() {
        let config = load(&[]).expect("good defaults");
        assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.server.public_url, "http://127.0.0.1:8080");
        assert!(config.database.url.is_none());
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = "listen = \"127.0.0.1:1\"\nquote_minutes = 45\n";
        let environment = [("SMARTSHOP_LISTEN".to_owned(), "127.0.0.1:2".to_owned())];
        let config = Config::load(Some(file), environment.into_iter()).expect("good");
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.shop.quote_minutes, 45);
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let mistakes = load(&[
            ("SMARTSHOP_LISTEN", "nowhere"),
            ("SMARTSHOP_TIME_ZONE", "Mars/Olympus"),
            ("SMARTSHOP_LISTNE", "typo"),
            ("SMARTSHOP_TRUSTED_PROXIES", "10.0.0.0/99"),
        ])
        .expect_err("four mistakes")
        .0;
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
    }

    #[test]
    fn a_password_never_shows() {
        let config = load(&[
            ("SMARTSHOP_DATABASE_URL", "postgres://u:hunter2@h/d"),
            ("SMARTSHOP_MAIL_SMTP_URL", "smtps://u:hunter2@h"),
        ])
        .expect("good");
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_carriers_key_never_shows_and_each_carrier_needs_one() {
        let named = [
            (
                "SMARTSHOP_CARRIERS",
                "swift (Swift Parcels) https://api.swift.example/ @ C + * 18:30-22:00; slow https://slow.example",
            ),
            ("SMARTSHOP_CARRIER_KEYS", "swift=hunter2, slow=hunter22"),
            ("SMARTSHOP_CARRIER_SECRETS", "swift=hunter3, slow=hunter33"),
        ];
        let config = load(&named).expect("good");
        assert!(!format!("{config:?}").contains("hunter"));
        let [swift, slow] = config.deliverers.carriers.as_slice() else { panic!("two carriers") };
        assert_eq!(
            (swift.label.as_str(), swift.base.as_str()),
            ("Swift Parcels", "https://api.swift.example")
        );
        assert_eq!(swift.key, "hunter2");
        let brings = |zone, minute| swift.reach.iter().any(|reach| reach.covers(zone, minute));
        assert_eq!(["C", "D"].map(|zone| brings(zone, 9 * 60)), [true, false], "C all day");
        let evening = [18 * 60 + 29, 18 * 60 + 30, 22 * 60 - 1, 22 * 60];
        assert_eq!(
            evening.map(|minute| brings("D", minute)),
            [false, true, true, false],
            "others in the evening"
        );
        assert_eq!((slow.label.as_str(), slow.reach.len(), slow.secret.as_str()), ("slow", 0, "hunter33"));
        let mistakes = load(&named[..1]).expect_err("without keys").0;
        assert_eq!(mistakes.len(), 4, "{mistakes:?}");
        let hours = ["a https://x @ C 9", "a https://x @ C 18:00-17:00", "a https://x @ C 18:00-24:30"];
        for bad in ["swift", "swift ftp://x", "Swift! https://x", "a https://x; a https://y"]
            .into_iter()
            .chain(hours)
        {
            assert!(load(&[("SMARTSHOP_CARRIERS", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_vat_number_stands_on_receipts_where_there_is_one() {
        assert_eq!(load(&[]).expect("good").shop.on_receipts(), "SmartShop, Dublin, Ireland");
        let shop = load(&[("SMARTSHOP_SHOP_VAT_NUMBER", "IE1234567T")]).expect("good").shop;
        assert_eq!(shop.on_receipts(), "SmartShop, Dublin, Ireland · VAT number IE1234567T");
        assert!(load(&[("SMARTSHOP_SHOP_VAT_NUMBER", "<b>")]).is_err());
    }

    #[test]
    fn a_key_never_shows() {
        let keys = [
            ("SMARTSHOP_PAYMENT_SECRET_KEY", "sk_live_hunter2"),
            ("SMARTSHOP_PAYMENT_PUBLISHABLE_KEY", "pk_live_x"),
            ("SMARTSHOP_PAYMENT_WEBHOOK_SECRET", "whsec_hunter2"),
        ];
        assert!(!format!("{:?}", load(&keys).expect("good")).contains("hunter2"));
        assert!(load(&keys[..1]).is_err(), "a key alone does nothing");
    }
}
