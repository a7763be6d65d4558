//! Where the server's socket lies, and its address for libpq.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The system allows 107 bytes for the path of a socket; this leaves room for `/.s.PGSQL.5432`.
const LONGEST_FOLDER: usize = 84;

/// `run` beside the data; where that is too long for a socket, or would need quoting in the server's list of
/// folders, one in `/tmp` whose name every process works out alike.
pub(super) fn folder(root: &Path) -> PathBuf {
    let beside = root.join("run");
    let bytes = beside.as_os_str().as_bytes();
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(byte));
    if plain && bytes.len() <= LONGEST_FOLDER {
        return beside;
    }
    PathBuf::from(format!("/tmp/smartshop-{:016x}", fingerprint(root.as_os_str().as_bytes())))
}

/// FNV-1a: the standard library's hash may change between builds of the shop that share a folder.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// No password: who may enter the folder may connect. The port only names the socket's file.
pub(super) fn url(folder: &Path, role: &str, database: &str) -> String {
    let folder = percent_encoded(folder.as_os_str().as_bytes());
    let (role, database) = (percent_encoded(role.as_bytes()), percent_encoded(database.as_bytes()));
    format!("postgres://{role}@{folder}:5432/{database}")
}

fn percent_encoded(bytes: &[u8]) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let one = |byte: &u8| if kept(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_lies_beside_the_data_when_the_path_is_short_and_plain() {
        assert_eq!(folder(Path::new("/srv/shop")), Path::new("/srv/shop/run"));
    }

    #[test]
    fn a_long_or_odd_path_gets_a_short_folder_of_its_own() {
        let long = PathBuf::from("/srv").join("x".repeat(90));
        let (long, odd) = (folder(&long), folder(Path::new("/srv/a, b")));
        assert!(long.starts_with("/tmp") && odd.starts_with("/tmp"));
        assert_ne!(long, odd);
        assert!(long.as_os_str().len() < LONGEST_FOLDER);
    }

    #[test]
    fn the_fingerprint_is_the_published_one() {
        assert_eq!(fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn the_address_carries_the_folder_of_the_socket() {
        assert_eq!(
            url(Path::new("/srv/my shop/run"), "smartshop_owner", "smartshop"),
            "postgres://smartshop_owner@%2Fsrv%2Fmy%20shop%2Frun:5432/smartshop"
        );
    }
}
