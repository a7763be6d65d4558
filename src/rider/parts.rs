//! A form with a file in it, as browsers send it: read piece by piece, within bounds.

use crate::darkroom::{LARGEST_FILE, Unfit};
use crate::error::AppError;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::web::Payload;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::time::Duration;

/// Of the field with the file in it.
const PICTURE: &str = "picture";
/// Of what is typed, in bytes.
const LONGEST_TEXT: usize = 1_000;
const MOST_PARTS: usize = 20;
/// Whoever is not heard to the end does not hear the answer: what is too large is read, and let go.
/// Nobody's camera makes more than this.
const MOST_READ: usize = 4 * LARGEST_FILE;
/// A phone at the edge of its net sends 8 MB in that time.
const PATIENCE: Duration = Duration::from_secs(90);

/// What was filled in.
#[derive(Debug, Default)]
pub(super) struct Parts {
    texts: BTreeMap<String, String>,
    /// The file as it came, where one was chosen.
    pub(super) picture: Option<Result<Vec<u8>, Unfit>>,
}

impl Parts {
    /// What stands in a field; nothing where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    fn keep(&mut self, name: &str, bytes: Option<Vec<u8>>) {
        if name == PICTURE {
            // A field in which no file was chosen is sent empty.
            let file = bytes.ok_or(Unfit::TooLarge);
            let is_chosen = file.as_ref().map_or(true, |bytes| !bytes.is_empty());
            self.picture = Some(file).filter(|_| is_chosen).or(self.picture.take());
        } else if let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            self.texts.insert(name.to_owned(), text);
        }
    }
}

/// Reads a form to its end.
///
/// # Errors
/// When it is no such form, far too large, or does not arrive in time.
pub(super) async fn read(request: &HttpRequest, payload: Payload) -> Result<Parts, AppError> {
    let form = Multipart::new(request.headers(), payload);
    match tokio::time::timeout(PATIENCE, read_all(form)).await {
        Ok(parts) => parts,
        Err(_) => Err(AppError::bad("The picture did not arrive in time. Nothing is lost: send it again.")),
    }
}

async fn read_all(mut form: Multipart) -> Result<Parts, AppError> {
    let (mut parts, mut read) = (Parts::default(), 0);
    for _ in 0..MOST_PARTS {
        let Some(mut field) = form.try_next().await.map_err(unreadable)? else { return Ok(parts) };
        let name = field.name().unwrap_or_default().to_owned();
        let room = if name == PICTURE { LARGEST_FILE } else { LONGEST_TEXT };
        let bytes = take(&mut field, room, &mut read).await?;
        parts.keep(&name, bytes);
    }
    Err(AppError::TooLarge)
}

/// What is in a field; nothing where it is more than there is room for.
async fn take(field: &mut Field, room: usize, read: &mut usize) -> Result<Option<Vec<u8>>, AppError> {
    let mut kept = Some(Vec::new());
    while let Some(piece) = field.try_next().await.map_err(unreadable)? {
        *read += piece.len();
        if *read > MOST_READ {
            return Err(AppError::TooLarge);
        }
        kept = kept.filter(|bytes| bytes.len() + piece.len() <= room);
        if let Some(bytes) = &mut kept {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(kept)
}

fn unreadable(e: MultipartError) -> AppError {
    log::info!("a form with a picture could not be read: {e}");
    AppError::bad("The form could not be read. Nothing is lost: go back and send it again.")
}
