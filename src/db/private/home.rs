//! The folder of one cluster: what lies where in it, and that nobody else gets in.

use super::account::Account;
use super::error::StartError;
use super::logbook::Logbook;
use super::socket;
use rustix::fs::OFlags;
use rustix::process::geteuid;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown};
use std::path::{Path, PathBuf};

const OUR_FILES: [&str; 6] = ["owner.lock", "data", "data.new", "run", "log", "log.old"];
/// What a version control system or a fresh disk leaves in a folder that is otherwise empty.
const HARMLESS_FILES: [&str; 3] = [".gitkeep", ".gitignore", "lost+found"];
const LOG_KEPT: u64 = 10 * 1024 * 1024;

/// A prepared folder with an absolute path, readable by the server's user alone.
pub(super) struct Home {
    root: PathBuf,
    account: Option<Account>,
}

impl Home {
    /// Makes the folder if need be. A folder with somebody else's files is refused, not taken over.
    pub(super) fn open(root: &Path) -> Result<Home, StartError> {
        fs::create_dir_all(root).map_err(StartError::at(root))?;
        let root = root.canonicalize().map_err(StartError::at(root))?;
        refuse_foreign(&root)?;
        let account = Account::for_server(&root.join("data"))?;
        let home = Home { root, account };
        home.hand_over_folder(&home.root)?;
        if let Some(account) = home.account() {
            account.check_reaches(&home.root)?;
        }
        Ok(home)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whom the server runs as; `None` is ourselves.
    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(super) fn socket_folder(&self) -> PathBuf {
        socket::folder(&self.root)
    }

    /// Begins a new log when the old one has grown, and keeps that one beside it.
    pub(super) fn open_log(&self) -> Result<Logbook, StartError> {
        let log = self.log();
        if log.metadata().is_ok_and(|meta| meta.len() > LOG_KEPT) {
            fs::rename(&log, self.root.join("log.old")).map_err(StartError::at(&log))?;
        }
        let file = self.open_file(&log, OpenOptions::new().append(true).create(true))?;
        Logbook::new(file, log)
    }

    /// Opens the file that says who owns the cluster.
    pub(super) fn open_lock(&self) -> Result<File, StartError> {
        let options = &mut OpenOptions::new();
        self.open_file(&self.root.join("owner.lock"), options.read(true).write(true).create(true))
    }

    /// Refuses to follow a link: the server's user could lay one, and we may be root.
    fn open_file(&self, path: &Path, options: &mut OpenOptions) -> Result<File, StartError> {
        let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let file = options.mode(0o600).custom_flags(no_link).open(path).map_err(StartError::at(path))?;
        if let Some(account) = &self.account {
            fchown(&file, Some(account.uid), Some(account.gid)).map_err(StartError::at(path))?;
        }
        Ok(file)
    }

    /// Makes the folder of the socket, or takes the one that is there if it is private to the server's user.
    pub(super) fn make_socket_folder(&self) -> Result<(), StartError> {
        let folder = self.socket_folder();
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(StartError::at(&folder)(error)),
            Ok(()) | Err(_) => self.check_socket_folder(&folder, &[geteuid().as_raw(), self.server_uid()]),
        }?;
        self.hand_over_folder(&folder)
    }

    /// Whether the socket lies in a folder that only the server's user could have filled.
    pub(super) fn socket_folder_is_safe(&self) -> bool {
        self.check_socket_folder(&self.socket_folder(), &[self.server_uid()]).is_ok()
    }

    fn check_socket_folder(&self, folder: &Path, owners: &[u32]) -> Result<(), StartError> {
        let meta = fs::symlink_metadata(folder).map_err(StartError::at(folder))?;
        let private = meta.is_dir() && owners.contains(&meta.uid()) && meta.mode() & 0o077 == 0;
        if private { Ok(()) } else { Err(StartError::SocketFolder { path: folder.to_owned() }) }
    }

    fn server_uid(&self) -> u32 {
        self.account.as_ref().map_or_else(|| geteuid().as_raw(), |account| account.uid)
    }

    fn hand_over_folder(&self, folder: &Path) -> Result<(), StartError> {
        if let Some(account) = &self.account {
            lchown(folder, Some(account.uid), Some(account.gid)).map_err(StartError::at(folder))?;
        }
        fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(StartError::at(folder))
    }
}

/// As root we are about to give the folder away: a slip in the settings must not do that to `/home`.
fn refuse_foreign(root: &Path) -> Result<(), StartError> {
    if root.join("owner.lock").exists() {
        return Ok(());
    }
    let mut entries =
        fs::read_dir(root).map_err(StartError::at(root))?.flatten().map(|entry| entry.file_name());
    let expected = |name: &str| OUR_FILES.contains(&name) || HARMLESS_FILES.contains(&name);
    if entries.all(|name| name.to_str().is_some_and(expected)) {
        return Ok(());
    }
    Err(StartError::NotOurs { path: root.to_owned() })
}
