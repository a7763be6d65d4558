use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const BYTES: usize = 32;
const LETTERS: usize = 43;

/// What a browser or a letter carries to prove something: 244 random bits that nobody else
/// knows, the database neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    pub(crate) fn fresh() -> Self {
        let mut bytes = [0; BYTES];
        let (left, right) = bytes.split_at_mut(BYTES / 2);
        left.copy_from_slice(Uuid::new_v4().as_bytes());
        right.copy_from_slice(Uuid::new_v4().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What has the form of a token.
    pub fn read(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (text.len() == LETTERS && plain).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it. A plain hash will do: there is nothing to guess in 244 random bits.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_nothing_else_is() {
        let token = Token::fresh();
        assert_eq!(Token::read(token.as_str()), Some(token.clone()));
        assert_ne!(token, Token::fresh());
        assert!(!format!("{token:?}").contains(token.as_str()));
        for strange in ["", "x", &"a".repeat(44), &"é".repeat(21), &format!("{} ", "a".repeat(42))] {
            assert_eq!(Token::read(strange), None, "{strange}");
        }
    }
}
