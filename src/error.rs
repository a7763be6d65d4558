//! The few ways a request can end badly, and what the person then reads.
//!
//! Knows no module of the shop: each one says beside its own pages what its
//! refusals become here. The page itself is made in `web`, which knows the
//! request's id.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, ResponseError};
use std::fmt;

#[derive(Debug)]
pub enum AppError {
    NotFound,
    /// The request itself is wrong; the words say what to do.
    BadRequest(String),
    /// More was sent than the form takes.
    TooLarge,
    /// Not from one of our own pages.
    Forged,
    /// Too many requests from one address.
    TooMany,
    /// Tried too often: the words say until when, and so many seconds it takes.
    Later {
        words: String,
        seconds: u32,
    },
    /// With an answer of the module's own: a page that says who may open this, a way to sign in.
    Answered(Box<Finished>),
    /// No connection free. Worth a retry.
    Busy,
    /// Our fault. Logged in full, shown as nothing but an apology.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// An answer that says all there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// First somewhere else, by its address.
    Elsewhere(String),
    Page(StatusCode, String),
    /// For a script that asked: finished JSON.
    Data(StatusCode, String),
}

/// Marks an answer that failed and says so in a page of its own.
pub struct OwnWords;

/// What an error page says: the fact, then what to do.
#[derive(Debug, Clone)]
pub struct ErrorWords {
    pub title: &'static str,
    pub advice: String,
    /// What went wrong with us, for the log; never shown.
    pub cause: Option<String>,
    /// Seconds after which it is worth another try.
    pub retry_after: Option<u32>,
}

impl ErrorWords {
    pub fn new(title: &'static str, advice: &str) -> Self {
        Self { title, advice: advice.to_owned(), cause: None, retry_after: None }
    }
}

impl Finished {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Elsewhere(_) => StatusCode::SEE_OTHER,
            Self::Page(status, _) | Self::Data(status, _) => *status,
        }
    }

    fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.insert_header((CACHE_CONTROL, "no-store"));
        let mut response = match self {
            Self::Elsewhere(address) => response.insert_header((LOCATION, address.as_str())).finish(),
            Self::Page(_, page) => response.content_type("text/html; charset=utf-8").body(page.clone()),
            Self::Data(_, json) => response.content_type("application/json").body(json.clone()),
        };
        response.extensions_mut().insert(OwnWords);
        response
    }
}

impl AppError {
    pub fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }

    pub fn bad(words: impl Into<String>) -> Self {
        Self::BadRequest(words.into())
    }

    fn words(&self) -> ErrorWords {
        let (title, advice) = match self {
            Self::NotFound => (
                "There is nothing at this address",
                "It may have been moved or mistyped. The search below finds everything we have.",
            ),
            Self::BadRequest(words) => {
                return ErrorWords::new("That did not work", words);
            }
            Self::Later { words, seconds } => {
                let words = ErrorWords::new("Please wait a little", words);
                return ErrorWords { retry_after: Some(*seconds), ..words };
            }
            Self::TooLarge => (
                "That is too much at once",
                "What was sent is larger than this form takes. Shorten it and send it again.",
            ),
            Self::Forged => (
                "This came from another site",
                "To keep your basket safe we only take forms from our own pages. Go back to the shop and try it there.",
            ),
            Self::TooMany => (
                "Too many requests at once",
                "Please wait a few seconds and load the page again. Your basket is safe.",
            ),
            Self::Answered(_) => ("This is not for everybody", "Sign in with the right account."),
            Self::Busy => ("The shop is very busy", "Please try again in a moment. Your basket is safe."),
            Self::Internal(_) => (
                "Something went wrong on our side",
                "It has been noted. Please try again; your basket is safe. If it happens again, tell us the number below.",
            ),
        };
        ErrorWords::new(title, advice)
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal(cause) => write!(f, "{cause}"),
            Self::NotFound
            | Self::BadRequest(_)
            | Self::TooLarge
            | Self::Forged
            | Self::TooMany
            | Self::Later { .. }
            | Self::Answered(_)
            | Self::Busy => f.write_str(&self.words().advice),
        }
    }
}

impl From<diesel::result::Error> for AppError {
    fn from(e: diesel::result::Error) -> Self {
        if matches!(e, diesel::result::Error::NotFound) { Self::NotFound } else { Self::internal(e) }
    }
}

impl From<diesel::r2d2::PoolError> for AppError {
    fn from(e: diesel::r2d2::PoolError) -> Self {
        log::warn!("no database connection: {e}");
        Self::Busy
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Answered(finished) => finished.status(),
            Self::TooMany | Self::Later { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Answered(finished) = self {
            return finished.response();
        }
        let mut words = self.words();
        if let Self::Internal(cause) = self {
            words.cause = Some(format!("{cause:?}"));
        }
        let mut response = HttpResponse::new(self.status_code());
        response.extensions_mut().insert(words);
        response
    }
}
