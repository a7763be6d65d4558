//! The wire itself.

use super::folder;
use super::model::Claimed;
use crate::config::Mail;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Message, SmtpTransport, Transport};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For each answer of the mail server.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where letters go.
pub enum Mailer {
    /// To a mail server.
    Smtp { transport: Box<SmtpTransport>, from: Box<Mailbox> },
    /// Into a folder, a file for each: a demonstration writes to nobody.
    Folder(PathBuf),
    /// No server is named: letters wait until one is.
    Nowhere,
}

/// Why a letter did not leave.
#[derive(Debug)]
pub(super) enum Refusal {
    ForNow(String),
    /// It would be no better another time.
    ForGood(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::ForNow(why) | Self::ForGood(why)) = self;
        f.write_str(why)
    }
}

impl Mailer {
    /// As the settings say: a server; else, in a demonstration, a folder under `data_dir`.
    ///
    /// # Errors
    /// When the server's address or the sender cannot be read, as one sentence with the remedy.
    pub fn new(settings: &Mail, data_dir: &Path, demo: bool) -> Result<Self, String> {
        let Some(url) = &settings.smtp_url else {
            return Ok(if demo { Self::Folder(data_dir.join("mail")) } else { Self::Nowhere });
        };
        let from = settings.from.parse().map_err(|_| {
            format!("mail_from: “{}” does not do; write SmartShop <shop@example.com>", settings.from)
        })?;
        // The error is not repeated: it may hold the password.
        let transport = SmtpTransport::from_url(url)
            .map_err(|_| "mail_smtp_url does not do; write smtps://user:password@mail.example.com")?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self::Smtp { transport: Box::new(transport), from: Box::new(from) })
    }

    /// The folder that letters go to, if they go to one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Smtp { .. } | Self::Nowhere => None,
        }
    }

    pub(super) fn send(&self, letter: &Claimed) -> Result<(), Refusal> {
        match self {
            Self::Smtp { transport, from } => {
                let message = message(letter, from)?;
                // A server that says "never" may be set up wrongly just now: it is asked again.
                transport.send(&message).map(drop).map_err(|e| Refusal::ForNow(e.to_string()))
            }
            Self::Folder(folder) => {
                folder::put(folder, letter).map_err(|e| Refusal::ForNow(format!("{}: {e}", folder.display())))
            }
            Self::Nowhere => Err(Refusal::ForNow("no mail server is named".into())),
        }
    }
}

fn message(letter: &Claimed, from: &Mailbox) -> Result<Message, Refusal> {
    let to = letter.to_address.parse().map_err(|e| Refusal::ForGood(format!("the address: {e}")))?;
    // Of the row's id, so that a letter that went twice can be recognised as one.
    let id = format!("<{}@{}>", letter.id, from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(to)
        .subject(&letter.subject)
        .date(letter.made_at.into())
        .message_id(Some(id))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        ))
        .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
        .map_err(|e| Refusal::ForGood(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MailId;
    use uuid::Uuid;

    fn letter(to: &str, subject: &str) -> Claimed {
        Claimed {
            id: MailId(Uuid::from_u128(7)),
            to_address: to.into(),
            subject: subject.into(),
            text: "Hello\n".into(),
            html: "<p>Hello</p>".into(),
            made_at: "2026-11-24T14:20:00Z".parse().expect("a time"),
            tries: 1,
            leased_until: None,
            order_id: None,
        }
    }

    fn from() -> Mailbox {
        "SmartShop <shop@example.com>".parse().expect("a sender")
    }

    #[test]
    fn a_letter_sent_twice_carries_one_number() {
        let text = |l: &Claimed| {
            String::from_utf8(message(l, &from()).expect("a message").formatted()).expect("text")
        };
        let letter = letter("nora@example.com", "New password");
        assert!(text(&letter).contains("Message-ID: <00000000-0000-0000-0000-000000000007@example.com>"));
        assert!(text(&letter).contains("Auto-Submitted: auto-generated"));
    }

    #[test]
    fn nothing_typed_can_add_a_header_or_a_reader() {
        let text = message(&letter("nora@example.com", "Hi\r\nBcc: all@example.com"), &from());
        let text = String::from_utf8(text.expect("a message").formatted()).expect("text");
        assert!(!text.contains("\r\nBcc:"), "{text}");
        for bad in ["", "nora", "a@b.ie, c@d.ie", "a@b.ie\r\nBcc: c@d.ie"] {
            assert!(matches!(message(&letter(bad, "Hi"), &from()), Err(Refusal::ForGood(_))), "{bad}");
        }
    }

    #[test]
    fn settings_that_do_not_do_are_said_without_the_password() {
        let settings = |url: &str, from: &str| Mail { smtp_url: Some(url.into()), from: from.into() };
        let new = |s: &Mail| Mailer::new(s, Path::new("var"), true).err().unwrap_or_default();
        assert!(new(&settings("smtp://mail.example.com", "nobody")).contains("mail_from"));
        let said = new(&settings("pigeon://u:hunter2@mail", "a@b.ie"));
        assert!(said.contains("mail_smtp_url") && !said.contains("hunter2"), "{said}");
        assert_eq!(new(&settings("smtps://u:p@mail.example.com", "Shop <a@b.ie>")), "");
    }
}
