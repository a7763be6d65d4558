//! What the programs of Postgres say goes to one file; here it is opened, and read again when one fails.

use super::error::StartError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::Command;

/// How much of a long tale is read to find its cause.
const READ_AT_MOST: u64 = 64 * 1024;

/// The log file, and from where on the words are those of the program about to start.
pub(super) struct Logbook {
    file: File,
    path: PathBuf,
    begin: u64,
}

impl Logbook {
    pub(super) fn new(file: File, path: PathBuf) -> Result<Logbook, StartError> {
        let begin = file.metadata().map_err(StartError::at(&path))?.len();
        Ok(Logbook { file, path, begin })
    }

    /// Lets the program write here.
    pub(super) fn receive(&self, command: &mut Command) -> Result<(), StartError> {
        let copy = || self.file.try_clone().map_err(StartError::at(&self.path));
        command.stdout(copy()?).stderr(copy()?);
        Ok(())
    }

    /// Why the program failed, by its own words; `otherwise` when it left none.
    pub(super) fn failure(&self, program: &'static str, otherwise: &str) -> StartError {
        let words = self.words().unwrap_or_default();
        let words = if words.trim().is_empty() { otherwise } else { &words };
        StartError::from_words(program, words, &self.path)
    }

    fn words(&self) -> io::Result<String> {
        let mut file = File::open(&self.path)?;
        let last_part = file.metadata()?.len().saturating_sub(READ_AT_MOST);
        file.seek(SeekFrom::Start(self.begin.max(last_part)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
