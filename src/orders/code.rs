//! The code with which a customer shows at the door that it is theirs.

use crate::ids::OrderId;
use crate::sign::Signer;

/// Four figures that only this shop can reckon from the order. Kept nowhere.
pub fn delivery_code(signer: &Signer, id: OrderId) -> String {
    let name = signer.pseudonym("door", &id.to_string());
    let folded = name.bytes().fold(0_u32, |code, byte| (code * 31 + u32::from(byte)) % 10_000);
    format!("{folded:04}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_code_is_four_figures_and_the_same_each_time() {
        let signer = Signer::new(b"a key of a test, thirty-two bytes");
        let code = |n| delivery_code(&signer, OrderId(Uuid::from_u128(n)));
        assert!((0..50).all(|n| code(n).len() == 4 && code(n).bytes().all(|b| b.is_ascii_digit())));
        assert_eq!(code(1), code(1));
        assert_ne!(code(1), code(2));
    }
}
