//! Puts the sandbox gateway and the sandbox carrier beside the shop where none is configured, or alone
//! into a process of their own. Never beside live keys.

use crate::clock::Clock;
use crate::config::{CarrierSettings, Config, Payments};
use crate::sandbox::carrier::{self, Carrier};
use crate::sandbox::gateway::{Gateway, Listening, Mood, Settings};
use crate::sandbox::listen;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Why it did not start, as one sentence with the remedy.
pub type Sorry = Box<dyn std::error::Error + Send + Sync>;

/// Days after which the sandbox lets go of what is reserved, as card schemes do.
const AUTHORISATION_DAYS: i64 = 7;
/// The sandbox carrier as settings name it, and as everybody reads it.
const CARRIER: &str = "sandbox";
const CARRIER_LABEL: &str = "Sandbox carrier";

/// A sandbox gateway that this process keeps.
pub struct StandIn {
    /// Its pages are shown at the shop's own address too, so that one port is enough.
    pub gateway: Gateway,
    pub carrier: Carrier,
    listening: Listening,
}

impl StandIn {
    pub fn stop(self) {
        self.gateway.stop();
        self.carrier.stop();
        self.listening.stop();
    }
}

/// Keys made for one data folder, so that nobody else can speak to its sandbox.
struct Keys {
    secret: String,
    publishable: String,
    webhook: String,
}

/// How the keys of the sandbox begin, and no other's.
const OF_THE_SANDBOX: &str = "sk_sandbox_";

/// Whether keys are set with which money may be real.
fn has_other_keys(payments: &Payments) -> bool {
    payments.secret_key.as_ref().is_some_and(|key| !key.starts_with(OF_THE_SANDBOX))
}

/// Refuses to make a demonstration of a shop that may take real money: everybody knows its accounts' password,
/// and its letters lie open.
///
/// # Errors
/// One sentence with the remedy.
pub fn may_be_a_demo(payments: &Payments) -> Result<(), Sorry> {
    if has_other_keys(payments) {
        return Err(
            "payment keys are set that are not the sandbox's: a demonstration, whose password everybody \
                    knows, does not open beside them; unset SMARTSHOP_PAYMENT_SECRET_KEY to try the shop, or \
                    leave --demo out to open it in earnest"
                .into(),
        );
    }
    Ok(())
}

/// Starts the sandbox for a demonstration without keys and points the settings at it. Another
/// process that has the folder already is joined.
///
/// # Errors
/// One sentence with the remedy.
pub fn beside(config: &mut Config) -> Result<Option<StandIn>, Sorry> {
    if config.payments.secret_key.is_some() {
        return Ok(None);
    }
    let folder = config.database.data_dir.join("sandbox");
    let keys = keys(&folder)?;
    let webhook_url = format!("http://{}/webhooks/payments", config.server.listen);
    let settings = settings(&folder, &keys, Some(webhook_url), String::new(), Mood::default());
    let address_file = folder.join("address");
    let gateway = match Gateway::open(settings, Clock::Real) {
        Ok(gateway) => gateway,
        Err(e) => {
            // Somebody else has it: their address, if they have written one down.
            let Ok(address) = fs::read_to_string(&address_file) else { return Err(e) };
            point_at(&mut config.payments, &keys, address.trim(), address.trim());
            point_at_carrier(config, &keys, address.trim());
            return Ok(None);
        }
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let base = format!("http://{}", listener.local_addr()?);
    gateway.allow_parent(&config.server.public_url);
    let webhook_url = format!("http://{}/webhooks/carriers/{CARRIER}", config.server.listen);
    let public_base = config.server.public_url.clone();
    let settings = carrier_settings(&folder, &keys, Some(webhook_url), public_base, Mood::default());
    let carrier = Carrier::open(carrier::Settings { goes_on: true, ..settings }, Clock::Real)?;
    let listening = listen(gateway.clone(), carrier.clone(), listener)?;
    fs::write(&address_file, &base)?;
    point_at(&mut config.payments, &keys, &base, "");
    point_at_carrier(config, &keys, &base);
    Ok(Some(StandIn { gateway, carrier, listening }))
}

/// Where no carrier is configured, the sandbox's is one: drops are given to it by hand.
fn point_at_carrier(config: &mut Config, keys: &Keys, base: &str) {
    if config.deliverers.carriers.is_empty() {
        config.deliverers.carriers.push(CarrierSettings {
            name: CARRIER.to_owned(),
            label: CARRIER_LABEL.to_owned(),
            base: format!("{base}/carrier"),
            reach: Vec::new(),
            key: keys.secret.clone(),
            secret: keys.webhook.clone(),
        });
    }
}

fn point_at(payments: &mut Payments, keys: &Keys, base: &str, pages: &str) {
    payments.api_base = Some(base.to_owned());
    payments.pages_base = pages.to_owned();
    payments.secret_key = Some(keys.secret.clone());
    payments.publishable_key = keys.publishable.clone();
    payments.webhook_secret = Some(keys.webhook.clone());
}

/// How `smartshop sandbox` is to run.
pub struct Alone {
    pub listener: TcpListener,
    pub webhook_url: Option<String>,
    /// Where the carrier sends its own.
    pub carrier_webhook_url: Option<String>,
    /// Where the shop's pages come from that may hold its card frame.
    pub parent: Option<String>,
    pub chaos: Option<u64>,
}

/// Runs the sandbox gateway as a process of its own, until it is stopped. Prints the settings
/// that a shop needs to use it.
///
/// # Errors
/// One sentence with the remedy; beside live keys it refuses.
pub fn alone(config: &Config, how: Alone) -> Result<(), Sorry> {
    if has_other_keys(&config.payments) {
        return Err("live payment keys are set: the sandbox gateway does not run beside them; unset \
                    SMARTSHOP_PAYMENT_SECRET_KEY"
            .into());
    }
    let folder = config.database.data_dir.join("sandbox");
    let keys = keys(&folder)?;
    let base = format!("http://{}", how.listener.local_addr()?);
    let mood = how.chaos.map_or_else(Mood::default, Mood::chaos);
    let of_carrier = carrier_settings(&folder, &keys, how.carrier_webhook_url, base.clone(), mood.clone());
    let gateway = Gateway::open(settings(&folder, &keys, how.webhook_url, base.clone(), mood), Clock::Real)?;
    let carrier = Carrier::open(of_carrier, Clock::Real)?;
    if let Some(parent) = &how.parent {
        gateway.allow_parent(parent);
    }
    let listening = listen(gateway, carrier, how.listener)?;
    fs::write(folder.join("address"), &base)?;
    println!("The sandbox gateway (no real money) is at {base}/sandbox/payments");
    println!("SMARTSHOP_PAYMENT_API_BASE={base}");
    println!("SMARTSHOP_PAYMENT_SECRET_KEY={}", keys.secret);
    println!("SMARTSHOP_PAYMENT_PUBLISHABLE_KEY={}", keys.publishable);
    println!("SMARTSHOP_PAYMENT_WEBHOOK_SECRET={}", keys.webhook);
    println!("The sandbox carrier (nothing is brought) is at {base}/sandbox/carrier");
    println!("SMARTSHOP_CARRIERS={CARRIER} ({CARRIER_LABEL}) {base}/carrier");
    println!("SMARTSHOP_CARRIER_KEYS={CARRIER}={}", keys.secret);
    println!("SMARTSHOP_CARRIER_SECRETS={CARRIER}={}", keys.webhook);
    listening.wait();
    Ok(())
}

fn settings(
    folder: &Path,
    keys: &Keys,
    webhook_url: Option<String>,
    public_base: String,
    mood: Mood,
) -> Settings {
    Settings {
        data_dir: PathBuf::from(folder),
        secret_key: keys.secret.clone(),
        publishable_key: keys.publishable.clone(),
        webhook_secret: keys.webhook.clone(),
        webhook_url,
        public_base,
        merchant: "SmartShop".to_owned(),
        mood,
        authorisation_days: AUTHORISATION_DAYS,
    }
}

fn carrier_settings(
    folder: &Path,
    keys: &Keys,
    webhook_url: Option<String>,
    public_base: String,
    mood: Mood,
) -> carrier::Settings {
    carrier::Settings {
        data_dir: folder.join("carrier"),
        key: keys.secret.clone(),
        secret: keys.webhook.clone(),
        webhook_url,
        public_base,
        mood,
        goes_on: false,
    }
}

/// The folder's keys; made by the first process to come.
fn keys(folder: &Path) -> Result<Keys, Sorry> {
    let file = folder.join("keys");
    fs::create_dir_all(folder).map_err(|e| format!("the folder {} cannot be made: {e}", folder.display()))?;
    let fresh = || Uuid::new_v4().simple().to_string();
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    if let Ok(mut made) = made {
        use std::io::Write;
        write!(made, "{OF_THE_SANDBOX}{}\npk_sandbox_{}\nwhsec_sandbox_{}\n", fresh(), fresh(), fresh())?;
    }
    let text = fs::read_to_string(&file).map_err(|e| format!("{} cannot be read: {e}", file.display()))?;
    let mut lines = text.lines().map(str::to_owned);
    match (lines.next(), lines.next(), lines.next()) {
        (Some(secret), Some(publishable), Some(webhook)) => Ok(Keys { secret, publishable, webhook }),
        _ => Err(format!("{} is not complete; delete it and start again", file.display()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payments(secret: Option<&str>) -> Payments {
        Payments {
            api_base: None,
            pages_base: String::new(),
            secret_key: secret.map(str::to_owned),
            publishable_key: String::new(),
            webhook_secret: None,
            ways: Vec::new(),
        }
    }

    #[test]
    fn a_demonstration_does_not_open_beside_keys_that_may_take_real_money() {
        for key in ["sk_live_1", "sk_test_1", "rk_live_1", "a key", ""] {
            let refused = may_be_a_demo(&payments(Some(key))).expect_err("refused").to_string();
            assert!(refused.contains("unset SMARTSHOP_PAYMENT_SECRET_KEY"), "{key}: {refused}");
            assert!(refused.contains("leave --demo out"), "{key}: {refused}");
        }
        for key in [None, Some("sk_sandbox_1")] {
            assert!(may_be_a_demo(&payments(key)).is_ok(), "{key:?}");
        }
    }
}
