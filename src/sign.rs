//! Signatures for what is given to a browser to keep: it can read it, it cannot change it.

use crate::db::schema::secrets;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;

type HmacSha256 = Hmac<Sha256>;

const KEY_NAME: &str = "cookies";
/// 128 bits of the HMAC: beyond guessing, and short in every request.
const SIGNATURE_BYTES: usize = 16;

#[derive(Clone)]
pub struct Signer {
    keyed: HmacSha256,
}

impl Signer {
    pub fn new(key: &[u8]) -> Self {
        let key: [u8; 64] = std::array::from_fn(|i| key.get(i).copied().unwrap_or(0));
        Self { keyed: HmacSha256::new(&key.into()) }
    }

    /// The key all instances share; the first process to come makes it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn load(conn: &mut PgConnection) -> QueryResult<Self> {
        let fresh: Vec<u8> = (0..4).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
        diesel::insert_into(secrets::table)
            .values((secrets::name.eq(KEY_NAME), secrets::value.eq(fresh)))
            .on_conflict_do_nothing()
            .execute(conn)?;
        let key: Vec<u8> = secrets::table.find(KEY_NAME).select(secrets::value).first(conn)?;
        Ok(Self::new(&key))
    }

    /// The id and its signature, fit for a cookie or an address. `purpose` keeps a
    /// signature made for one use from being taken for another.
    pub fn sign(&self, purpose: &str, id: Uuid) -> String {
        let mut token = URL_SAFE_NO_PAD.encode(id.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(self.signature(purpose, id)));
        token
    }

    /// The id inside a token of ours, or `None` for anything else.
    pub fn open(&self, purpose: &str, token: &str) -> Option<Uuid> {
        let (id, signature) = token.split_once('.')?;
        let id = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if signature.len() != SIGNATURE_BYTES {
            return None;
        }
        self.mac(purpose, id.as_bytes()).verify_truncated_left(&signature).ok()?;
        Some(id)
    }

    /// Our seal over a text, for who gets to see both.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        let full = self.mac(purpose, text.as_bytes()).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode(&full[..SIGNATURE_BYTES])
    }

    /// Whether a seal is ours, made for this purpose over this text.
    pub fn is_sealed(&self, purpose: &str, text: &str, seal: &str) -> bool {
        URL_SAFE_NO_PAD.decode(seal).is_ok_and(|seal| {
            seal.len() == SIGNATURE_BYTES
                && self.mac(purpose, text.as_bytes()).verify_truncated_left(&seal).is_ok()
        })
    }

    /// A number nobody can compute or undo without the key: for pseudonyms.
    pub fn pseudonym(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(purpose, text.as_bytes()).finalize().into_bytes()[..12])
    }

    /// A number that nobody can compute without the key; below `below`.
    pub fn number(&self, purpose: &str, id: Uuid, below: u32) -> u32 {
        let [a, b, c, d, ..] = self.signature(purpose, id);
        u32::from_be_bytes([a, b, c, d]) % below.max(1)
    }

    /// A key that is the same for the same id, and that nobody else can tell from it.
    pub fn key(&self, purpose: &str, id: Uuid) -> Uuid {
        uuid::Builder::from_random_bytes(self.signature(purpose, id)).into_uuid()
    }

    fn signature(&self, purpose: &str, id: Uuid) -> [u8; SIGNATURE_BYTES] {
        let full = self.mac(purpose, id.as_bytes()).finalize().into_bytes();
        std::array::from_fn(|i| full[i])
    }

    fn mac(&self, purpose: &str, of: &[u8]) -> HmacSha256 {
        let mut mac = self.keyed.clone();
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(of);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_only_unchanged_and_for_its_purpose() {
        let signer = Signer::new(b"a key of a test, thirty-two bytes");
        let id = Uuid::from_u128(7);
        let token = signer.sign("basket", id);
        assert_eq!(signer.open("basket", &token), Some(id));
        assert_eq!(signer.open("order", &token), None);
        assert_eq!(Signer::new(b"another").open("basket", &token), None);
        for broken in ["", ".", "a.b", &token[1..], &format!("{token}A"), &token.replace('.', "")] {
            assert_eq!(signer.open("basket", broken), None, "{broken}");
        }
    }

    #[test]
    fn a_seal_is_over_one_text_for_one_purpose() {
        let signer = Signer::new(b"a key of a test, thirty-two bytes");
        let seal = signer.seal("reset", "7 until ten");
        assert!(signer.is_sealed("reset", "7 until ten", &seal));
        assert!(!signer.is_sealed("reset", "7 until two", &seal));
        assert!(!signer.is_sealed("link", "7 until ten", &seal));
        assert!(!signer.is_sealed("reset", "7 until ten", &seal[..8]), "a part of it is none");
        assert!(!Signer::new(b"another").is_sealed("reset", "7 until ten", &seal));
    }
}
