//! From texts by name to settings that have been looked at.

use super::{
    Config, Database, Deliverers, Forecast, Limits, Mail, Network, Payments, Server, Shop, WayToPay,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::str::FromStr;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "SMARTSHOP_";

/// The settings as text by name, and what was found wrong with them so far.
pub(super) struct Values {
    texts: BTreeMap<String, String>,
    pub(super) mistakes: Vec<String>,
}

impl Values {
    pub(super) fn defaults() -> Self {
        let texts = parse_file(DEFAULTS).unwrap_or_default();
        Self { texts, mistakes: Vec::new() }
    }

    pub(super) fn overlay_file(&mut self, text: &str) {
        match parse_file(text) {
            Ok(values) => values.into_iter().for_each(|(name, value)| self.set(&name, &name, value)),
            Err(e) => self.mistakes.push(format!("the settings file is not TOML: {e}")),
        }
    }

    pub(super) fn overlay_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
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

    pub(super) fn build(&mut self) -> Config {
        let listen =
            self.parsed("listen", "127.0.0.1:8080", |_| true, SocketAddr::from(([127, 0, 0, 1], 8080)));
        Config {
            server: self.server(listen),
            database: self.database(),
            mail: self.mail(),
            limits: self.limits(),
            shop: self.shop(),
            payments: self.payments(),
            deliverers: self.deliverers(),
            forecast: self.forecast(),
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
            few_left: self.parsed("few_left", "0 to 99", |n| (0..=99).contains(n), 3),
            journeys: self.parsed("journeys", "true or false", |_| true, true),
            autopilot: self.parsed("autopilot", "true or false", |_| true, true),
            autopilot_speed: self.parsed("autopilot_speed", "1 to 20", |n| (1..=20).contains(n), 1),
            photo_days: self.parsed("photo_days", "1 to 3650", |n| (1..=3650).contains(n), 90),
            details: self.text("shop_details"),
            vat_number: self.vat_number(),
            phone: self.text("shop_phone"),
        }
    }

    fn forecast(&mut self) -> Forecast {
        let mut count = |name: &str, most: i64, otherwise: i64| {
            self.parsed(name, &format!("1 to {most}"), |n| (1..=most).contains(n), otherwise)
        };
        Forecast {
            every_seconds: count("forecast_every_seconds", 45, 15),
            far_seconds: count("forecast_far_seconds", 3_600, 300),
            batch: count("forecast_batch", 200, 200),
            ahead_hours: count("forecast_ahead_hours", 24, 3),
            seconds_a_line: count("forecast_seconds_a_line", 600, 45),
            seconds_an_order: count("forecast_seconds_an_order", 3_600, 180),
            short_minutes: count("forecast_short_minutes", 240, 15),
            loading_minutes: count("forecast_loading_minutes", 240, 8),
            payment_minutes: count("forecast_payment_minutes", 240, 5),
            rider_minutes: count("forecast_rider_minutes", 240, 15),
            silent_minutes: count("forecast_silent_minutes", 240, 10),
            stopped_minutes: count("forecast_stopped_minutes", 240, 8),
            again_minutes: count("forecast_again_minutes", 1_440, 45),
            window_minutes: count("forecast_window_minutes", 240, 40),
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

    fn deliverers(&mut self) -> Deliverers {
        let [carriers, keys, secrets] =
            ["carriers", "carrier_keys", "carrier_secrets"].map(|name| self.text(name));
        Deliverers {
            carriers: super::deliverers::read(&carriers, &keys, &secrets, &mut self.mistakes),
            poll_seconds: self.parsed(
                "carrier_poll_seconds",
                "5 to 86400",
                |n| (5..=86_400).contains(n),
                120,
            ),
        }
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
