//! Hashing passwords: slow on purpose, so never on a thread that answers others, never with a
//! database connection in hand, and never more than two at once.

use super::token::Token;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

/// Each takes 19 MiB and a core for some 30 ms.
const AT_ONCE: usize = 2;
const PATIENCE: Duration = Duration::from_secs(5);

/// Argon2id with the library's figures, which are OWASP's: 19 MiB, two rounds, one lane.
#[derive(Debug, Clone)]
pub struct Passwords(Arc<Semaphore>);

/// Too many want to sign in at this moment.
#[derive(Debug)]
pub struct Crowded;

/// Of a password nobody has. A mail that is unknown is checked against it, so that it takes as
/// long as one that is known.
static NOBODYS: LazyLock<Option<String>> = LazyLock::new(|| hash(&uuid::Uuid::new_v4().to_string()));

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// # Errors
    /// `Crowded` when no turn comes within five seconds.
    pub async fn hash(&self, password: String) -> Result<String, Crowded> {
        self.in_turn(move || hash(&password)).await?.ok_or(Crowded)
    }

    /// Whether it is the password of this hash; of no hash it never is.
    ///
    /// # Errors
    /// `Crowded` when no turn comes within five seconds.
    pub async fn matches(&self, password: String, of: Option<String>) -> Result<bool, Crowded> {
        self.in_turn(move || {
            let nobodys = LazyLock::force(&NOBODYS).as_deref().unwrap_or_default();
            verify(&password, of.as_deref().unwrap_or(nobodys)) && of.is_some()
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Crowded> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Crowded) };
        tokio::task::spawn_blocking(move || {
            // Held to the end of the work, even if nobody waits for it any more.
            let _turn = turn;
            work()
        })
        .await
        .map_err(|_| Crowded)
    }
}

/// The same letters whichever keyboard they come from: one writes é as one sign, another as two.
fn plain(password: &str) -> String {
    password.nfkc().collect()
}

/// The hash of a password on the thread that asks: for the command line, where nobody else waits.
/// Pages go by [`Passwords`].
pub fn hash_here(password: &str) -> Option<String> {
    hash(password)
}

/// A password nobody can guess, for somebody who has chosen none.
pub fn fresh_password() -> String {
    Token::fresh().as_str().chars().filter(char::is_ascii_alphanumeric).take(20).collect()
}

fn hash(password: &str) -> Option<String> {
    match Argon2::default().hash_password(plain(password).as_bytes()) {
        Ok(hash) => Some(hash.to_string()),
        Err(e) => {
            log::error!("a password could not be hashed: {e}");
            None
        }
    }
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(plain(password).as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_matches_and_nobodys_never_does() {
        let passwords = Passwords::default();
        let hash = passwords.hash("café au lait".into()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let matches = async |password: &str, hash: &str| {
            passwords.matches(password.into(), Some(hash.into())).await.expect("a turn")
        };
        assert!(matches("café au lait", &hash).await);
        assert!(matches("cafe\u{301} au lait", &hash).await, "the same letters, typed otherwise");
        assert!(!matches("cafe au lait", &hash).await);
        assert!(!matches("café au lait", "no hash").await);
        assert!(!passwords.matches("café au lait".into(), None).await.expect("a turn"));
    }
}
