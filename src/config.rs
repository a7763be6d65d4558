//! Settings: the built-in defaults, a file over them, the environment over both.
//! All mistakes are named at once, each with what to write instead.

use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

const DEFAULTS: &str = include_str!("../config/default.toml");
const PREFIX: &str = "SMARTSHOP_";

#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub mail: Mail,
    pub limits: Limits,
    pub shop: Shop,
    pub payments: Payments,
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
    pub journeys: bool,
    /// What stands on receipts: name and address.
    pub details: String,
    /// Stands there too, unless it is empty.
    pub vat_number: String,
    /// Whom people ring who need a hand.
    pub phone: String,
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

/// A way to pay that is offered: where, and up to what sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayToPay {
    pub kind: PayKind,
    /// Codes of the zones in which it is offered; empty: everywhere.
    pub zones: Vec<String>,
    pub up_to_cents: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayKind {
    Card,
    /// Apple Pay, Google Pay, Samsung Pay: where gateway and browser have them.
    Wallets,
    /// Leave, approve, come back. By the gateway's name for it: `paypal`, `ideal`.
    Redirect(String),
    CashAtDoor,
    CardAtDoor,
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

impl FromStr for WayToPay {
    type Err = String;

    /// `cash_at_door <= 150.00 @ A + B`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, zones) = text.split_once('@').map_or((text, ""), |(a, b)| (a, b));
        let (name, up_to) = text.split_once("<=").map_or((text, None), |(a, b)| (a, Some(b)));
        let kind = match name.trim() {
            "card" => PayKind::Card,
            "wallets" => PayKind::Wallets,
            "cash_at_door" => PayKind::CashAtDoor,
            "card_at_door" => PayKind::CardAtDoor,
            other => match other.strip_prefix("redirect:") {
                Some(kind) if !kind.is_empty() => PayKind::Redirect(kind.to_owned()),
                Some(_) | None => {
                    return Err(format!(
                        "“{other}” is no way to pay; write card, wallets, redirect:paypal, cash_at_door or card_at_door"
                    ));
                }
            },
        };
        let up_to_cents = up_to.map(|sum| cents(sum.trim())).transpose()?;
        let zones = zones.split('+').map(str::trim).filter(|z| !z.is_empty()).map(str::to_owned).collect();
        Ok(Self { kind, zones, up_to_cents })
    }
}

fn cents(sum: &str) -> Result<i64, String> {
    let wrong = || format!("“{sum}” is no sum; write it like 150.00");
    let (euros, cents) = sum.split_once('.').unwrap_or((sum, "00"));
    if cents.len() != 2 || euros.len() > 7 {
        return Err(wrong());
    }
    format!("{euros}{cents}").parse().map_err(|_| wrong())
}

/// An address, or a network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(a)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                u32::from(base) & mask == u32::from(a) & mask
            }
            (IpAddr::V6(base), IpAddr::V6(a)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                u128::from(base) & mask == u128::from(a) & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("“{text}” is no address or network; write 10.0.0.1 or 10.0.0.0/8");
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let base: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |b| b.trim().parse().map_err(|_| wrong()))?;
        if bits > most { Err(wrong()) } else { Ok(Self { base, bits }) }
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

/// The settings as text by name, and what was found wrong with them so far.
struct Values {
    texts: BTreeMap<String, String>,
    mistakes: Vec<String>,
}

impl Values {
    fn defaults() -> Self {
        let texts = parse_file(DEFAULTS).unwrap_or_default();
        Self { texts, mistakes: Vec::new() }
    }

    fn overlay_file(&mut self, text: &str) {
        match parse_file(text) {
            Ok(values) => values.into_iter().for_each(|(name, value)| self.set(&name, &name, value)),
            Err(e) => self.mistakes.push(format!("the settings file is not TOML: {e}")),
        }
    }

    fn overlay_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (variable, value) in environment {
            if let Some(name) = variable.strip_prefix(PREFIX) {
                self.set(&name.to_ascii_lowercase(), &variable, value);
            }
        }
    }

    fn set(&mut self, name: &str, said_as: &str, value: String) {
        if let Some(text) = self.texts.get_mut(name) {
            *text = value;
        } else {
            self.mistakes.push(format!("{said_as} is no setting; `config/default.toml` lists them all"));
        }
    }

    fn text(&self, name: &str) -> String {
        self.texts.get(name).map(|t| t.trim().to_owned()).unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|t| !t.is_empty())
    }

    fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        example: &str,
        fits: impl Fn(&T) -> bool,
        otherwise: T,
    ) -> T {
        let text = self.text(name);
        match text.parse::<T>() {
            Ok(value) if fits(&value) => value,
            Ok(_) | Err(_) => {
                self.mistakes.push(format!("{name}: “{text}” does not do; write {example}"));
                otherwise
            }
        }
    }

    fn build(&mut self) -> Config {
        let listen =
            self.parsed("listen", "127.0.0.1:8080", |_| true, SocketAddr::from(([127, 0, 0, 1], 8080)));
        Config {
            server: self.server(listen),
            database: self.database(),
            mail: self.mail(),
            limits: self.limits(),
            shop: self.shop(),
            payments: self.payments(),
            log: self.text("log"),
        }
    }

    fn server(&mut self, listen: SocketAddr) -> Server {
        Server {
            listen,
            public_url: self.public_url(listen),
            workers: self.parsed("workers", "0 to 64", |n| *n <= 64, 0),
            trusted_proxies: self.networks(),
            client_seconds: self.parsed("client_seconds", "1 to 300", |n| (1..=300).contains(n), 10),
            shutdown_seconds: self.parsed("shutdown_seconds", "1 to 300", |n| (1..=300).contains(n), 20),
            page_cache_bytes: 1_048_576
                * self.parsed("page_cache_mib", "1 to 4096", |n| (1..=4096).contains(n), 12u64),
            picture_hosts: self.picture_hosts(),
        }
    }

    fn database(&mut self) -> Database {
        for name in ["database_url", "database_owner_url"] {
            if self.filled(name).is_some_and(|url| !url.starts_with("postgres")) {
                self.mistakes.push(format!("{name}: write it like postgres://user@host/database"));
            }
        }
        Database {
            url: self.filled("database_url"),
            owner_url: self.filled("database_owner_url"),
            connections: self.parsed("database_connections", "1 to 200", |n| (1..=200).contains(n), 8),
            data_dir: self.text("data_dir").into(),
            postgres_binaries: self.filled("postgres_binaries").map(Into::into),
        }
    }

    fn mail(&mut self) -> Mail {
        let smtp_url = self.filled("mail_smtp_url");
        if smtp_url.as_ref().is_some_and(|url| !url.starts_with("smtp://") && !url.starts_with("smtps://")) {
            // Not repeated: it may hold a password.
            self.mistakes.push("mail_smtp_url: write it like smtps://user:password@mail.example.com".into());
        }
        let from = self.text("mail_from");
        if !from.contains('@') {
            self.mistakes
                .push(format!("mail_from: “{from}” does not do; write SmartShop <shop@example.com>"));
        }
        Mail { smtp_url, from }
    }

    fn limits(&mut self) -> Limits {
        let count = |n: &u32| (1..=1_000_000).contains(n);
        Limits {
            requests_per_second: self.parsed("requests_per_second", "1 or more", count, 20),
            requests_at_once: self.parsed("requests_at_once", "1 or more", count, 120),
            writes_per_minute: self.parsed("writes_per_minute", "1 or more", count, 240),
            writes_at_once: self.parsed("writes_at_once", "1 or more", count, 60),
            streams_at_once: self.parsed("streams_at_once", "1 or more", count, 100),
            form_bytes: self.parsed(
                "form_bytes",
                "1024 to 1048576",
                |n| (1024..=1_048_576).contains(n),
                32768,
            ),
        }
    }

    fn shop(&mut self) -> Shop {
        Shop {
            zone: self.parsed(
                "time_zone",
                "a name such as Europe/Dublin",
                |_| true,
                chrono_tz::Europe::Dublin,
            ),
            quote_minutes: self.parsed("quote_minutes", "10 to 1440", |n| (10..=1440).contains(n), 30),
            window_days: self.parsed("window_days", "1 to 60", |n| (1..=60).contains(n), 14),
            delivery_vat_percent: self.parsed(
                "delivery_vat_percent",
                "0 to 50",
                |n| (0..=50).contains(n),
                23,
            ),
            journeys: self.parsed("journeys", "true or false", |_| true, true),
            details: self.text("shop_details"),
            vat_number: self.vat_number(),
            phone: self.text("shop_phone"),
        }
    }

    fn vat_number(&mut self) -> String {
        let text = self.text("shop_vat_number");
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ') || text.len() > 20 {
            self.mistakes.push(format!("shop_vat_number: “{text}” does not do; write IE1234567T"));
        }
        text
    }

    fn payments(&mut self) -> Payments {
        let (good, bad): (Vec<_>, Vec<_>) =
            self.text("payment_ways").split(',').map(str::parse::<WayToPay>).partition(Result::is_ok);
        self.mistakes.extend(bad.into_iter().filter_map(Result::err).map(|e| format!("payment_ways: {e}")));
        let api_base = self.filled("payment_api_base").map(|url| url.trim_end_matches('/').to_owned());
        let payments = Payments {
            pages_base: api_base.clone().unwrap_or_default(),
            api_base,
            secret_key: self.filled("payment_secret_key"),
            publishable_key: self.text("payment_publishable_key"),
            webhook_secret: self.filled("payment_webhook_secret"),
            ways: good.into_iter().filter_map(Result::ok).collect(),
        };
        if payments.secret_key.is_some()
            && (payments.publishable_key.is_empty() || payments.webhook_secret.is_none())
        {
            self.mistakes.push(
                "payment_secret_key is set: set payment_publishable_key and payment_webhook_secret too"
                    .to_owned(),
            );
        }
        payments
    }

    fn public_url(&mut self, listen: SocketAddr) -> String {
        let Some(url) = self.filled("public_url") else { return format!("http://{listen}") };
        if !url.starts_with("https://") && !url.starts_with("http://") {
            self.mistakes.push(format!("public_url: “{url}” does not do; write https://shop.example.com"));
        }
        url.trim_end_matches('/').to_owned()
    }

    fn networks(&mut self) -> Vec<Network> {
        let text = self.text("trusted_proxies");
        let (good, bad): (Vec<_>, Vec<_>) = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::parse::<Network>)
            .partition(Result::is_ok);
        self.mistakes
            .extend(bad.into_iter().filter_map(Result::err).map(|e| format!("trusted_proxies: {e}")));
        good.into_iter().filter_map(Result::ok).collect()
    }

    fn picture_hosts(&mut self) -> String {
        let text = self.text("picture_hosts");
        let plain = |host: &str| {
            host.strip_prefix("https://").is_some_and(|h| {
                h.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':'))
            })
        };
        if !text.split_whitespace().all(plain) {
            self.mistakes.push(format!("picture_hosts: “{text}” does not do; write https://cdn.example.com"));
        }
        text
    }
}

fn parse_file(text: &str) -> Result<BTreeMap<String, String>, toml::de::Error> {
    let table: toml::Table = text.parse()?;
    Ok(table.into_iter().map(|(name, value)| (name, text_of(&value))).collect())
}

fn text_of(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(n) => n.to_string(),
        toml::Value::Boolean(b) => b.to_string(),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            format!("{value:?}")
        }
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
    fn a_vat_number_stands_on_receipts_where_there_is_one() {
        assert_eq!(load(&[]).expect("good").shop.on_receipts(), "SmartShop, Dublin, Ireland");
        let shop = load(&[("SMARTSHOP_SHOP_VAT_NUMBER", "IE1234567T")]).expect("good").shop;
        assert_eq!(shop.on_receipts(), "SmartShop, Dublin, Ireland · VAT number IE1234567T");
        assert!(load(&[("SMARTSHOP_SHOP_VAT_NUMBER", "<b>")]).is_err());
    }

    #[test]
    fn a_way_to_pay_may_be_bound_to_a_sum_and_to_places() {
        let way: WayToPay = "cash_at_door <= 150.00 @ A + B".parse().expect("a way");
        assert_eq!(way.up_to_cents, Some(15_000));
        assert_eq!(way.zones, ["A", "B"]);
        assert_eq!(
            "redirect:ideal".parse::<WayToPay>().expect("a way").kind,
            PayKind::Redirect("ideal".into())
        );
        for bad in ["", "cheque", "card <= 1.0", "redirect:", "card <= x.00"] {
            assert!(bad.parse::<WayToPay>().is_err(), "{bad}");
        }
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

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let network: Network = "10.1.0.0/16".parse().expect("network");
        assert!(network.contains("10.1.2.3".parse().expect("ip")));
        assert!(!network.contains("10.2.2.3".parse().expect("ip")));
        assert!("0.0.0.0/0".parse::<Network>().expect("all").contains("1.2.3.4".parse().expect("ip")));
    }
}
