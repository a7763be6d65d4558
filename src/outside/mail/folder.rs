//! A folder that takes letters instead of a mail server, and reading it.

use super::model::Claimed;
use crate::ids::MailId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// A letter as it lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub id: Uuid,
    pub to: String,
    pub subject: String,
    pub at: DateTime<Utc>,
    pub text: String,
    pub html: String,
}

/// Puts a letter into the folder: there in whole or not at all. The same letter again takes
/// its own place.
pub(super) fn put(folder: &Path, letter: &Claimed) -> io::Result<()> {
    let kept = Kept {
        id: letter.id.0,
        to: letter.to_address.clone(),
        subject: letter.subject.clone(),
        at: letter.made_at,
        text: letter.text.clone(),
        html: letter.html.clone(),
    };
    fs::create_dir_all(folder)?;
    let (beside, place) = (folder.join(format!("{}.part", letter.id)), path(folder, letter.id.0));
    fs::write(&beside, serde_json::to_vec_pretty(&kept)?)?;
    fs::rename(beside, place)
}

fn path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{}.json", MailId(id)))
}

/// Whoever reads the letters in such a folder.
#[derive(Debug, Clone)]
pub struct Mailbox(pub PathBuf);

impl Mailbox {
    /// Up to `limit` letters, newest first, from those older than `before` on, and only those
    /// to an address that has these words in it.
    ///
    /// # Errors
    /// When the folder cannot be read. One that is not there yet is empty.
    pub fn letters(&self, to: &str, before: Option<Uuid>, limit: usize) -> io::Result<Vec<Kept>> {
        let wanted = |letter: &Kept| letter.to.contains(to);
        let older = self.ids()?.into_iter().filter(|id| before.is_none_or(|before| *id < before));
        Ok(older.filter_map(|id| self.letter(id)).filter(wanted).take(limit).collect())
    }

    pub fn letter(&self, id: Uuid) -> Option<Kept> {
        serde_json::from_slice(&fs::read(path(&self.0, id)).ok()?).ok()
    }

    /// Newest first: their ids begin with the time.
    fn ids(&self) -> io::Result<Vec<Uuid>> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let id = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
        let mut ids: Vec<Uuid> = entries.flatten().filter_map(id).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ids)
    }
}
