//! How every program of Postgres is started: stepped down from root, away from the terminal, tied to us.

use super::account::Account;
use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The circumstances of one program; `command` makes it ready for its arguments.
pub(super) struct Launch<'a> {
    program: PathBuf,
    account: Option<&'a Account>,
    death_signal: Option<&'static str>,
}

impl<'a> Launch<'a> {
    pub(super) fn new(program: impl Into<PathBuf>) -> Self {
        Launch { program: program.into(), account: None, death_signal: None }
    }

    pub(super) fn run_by(mut self, account: Option<&'a Account>) -> Self {
        self.account = account;
        self
    }

    /// Linux sends this signal ("INT", "KILL") to the program when the *thread* that starts it ends.
    pub(super) fn tied_to_us(mut self, signal: &'static str) -> Self {
        self.death_signal = Some(signal);
        self
    }

    pub(super) fn command(&self) -> Command {
        let mut command = self.program_or_setpriv();
        // The environment holds the shop's secrets, and PG* variables would bend the server.
        command.env_clear().envs(kept_environment()).env("LC_ALL", "C");
        // The server's user may not be able to enter the folder that we stand in.
        command.current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C reaches the whole group of the terminal; the server has to outlive the shop's own shutdown.
        command.process_group(0);
        if let Some(account) = self.account {
            // Setting the user as root also drops the supplementary groups (std does so).
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// `setpriv` sets the death signal after the change of user, which would clear it, and then becomes the
    /// program: same process, same id.
    fn program_or_setpriv(&self) -> Command {
        let Some(signal) = self.death_signal else { return Command::new(&self.program) };
        let Some(setpriv) = on_path("setpriv") else {
            log::warn!(
                "setpriv (package util-linux) is not installed: if this process is killed hard, its Postgres \
                 keeps running until the next start on the same folder"
            );
            return Command::new(&self.program);
        };
        let mut command = Command::new(setpriv);
        command.args(["--pdeathsig", signal, "--"]).arg(&self.program);
        command
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_file(file))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file())
}

/// Binaries from npm or PyPI may need their library path.
fn kept_environment() -> impl Iterator<Item = (&'static str, OsString)> {
    ["PATH", "LD_LIBRARY_PATH"].into_iter().filter_map(|name| Some((name, env::var_os(name)?)))
}
