//! The unprivileged user that runs the server when the shop itself runs as root.

use super::error::StartError;
use super::launch::Launch;
use super::patience::wait_for_end;
use rustix::process::geteuid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// A user of this machine, as `/etc/passwd` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// Whom the server of the cluster in `data` has to run as; `None` means as ourselves, for only root has to
    /// step down. An existing cluster keeps its owner, so the same folder works with and without root.
    pub(super) fn for_server(data: &Path) -> Result<Option<Account>, StartError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        if let Some(owner) = Self::owner_of(data) {
            return Ok(Some(owner));
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::named(name, &passwd));
        found.map(Some).ok_or(StartError::NoAccount)
    }

    fn owner_of(data: &Path) -> Option<Account> {
        let meta = fs::symlink_metadata(data).ok().filter(|meta| meta.is_dir() && meta.uid() != 0)?;
        Some(Account { name: format!("user number {}", meta.uid()), uid: meta.uid(), gid: meta.gid() })
    }

    fn named(name: &str, passwd: &str) -> Option<Account> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let same = fields.next() == Some(name);
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            (same && uid != 0).then(|| Account { name: name.to_owned(), uid, gid })
        })
    }

    /// Finds out by trying, since mode bits alone do not show access lists.
    pub(super) fn check_reaches(&self, path: &Path) -> Result<(), StartError> {
        if self.reaches(path) {
            return Ok(());
        }
        // The topmost one that is closed is the one to open; those below it only seem closed.
        let closed = path.ancestors().filter(|step| !self.reaches(step)).last();
        let blocked = closed.unwrap_or(path);
        Err(StartError::NotReachable { path: blocked.to_owned(), account: self.name.clone() })
    }

    fn reaches(&self, path: &Path) -> bool {
        let mut probe = Launch::new("/bin/sh").run_by(Some(self)).command();
        probe.args(["-c", "test -x \"$1\"", "sh"]).arg(path);
        // Without a shell there is nothing to ask; the real start will then tell.
        let Ok(mut child) = probe.spawn() else { return true };
        wait_for_end(&mut child, Duration::from_secs(5)).is_none_or(|end| end.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
        broken line\n\
        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn an_account_is_found_by_its_name() {
        let nobody = Account { name: "nobody".to_owned(), uid: 65534, gid: 65533 };
        assert_eq!(Account::named("nobody", PASSWD), Some(nobody));
        assert_eq!(Account::named("postgres", PASSWD), None);
    }

    #[test]
    fn root_is_never_the_account_of_the_server() {
        assert_eq!(Account::named("root", PASSWD), None);
    }
}
