//! The code by which a customer shows the rider that the order is theirs.

use crate::ids::OrderId;
use crate::sign::Signer;

const PURPOSE: &str = "delivery code";

/// Four figures, the same for an order's whole life. Nothing is kept: whoever may see it has it
/// reckoned. Pages of riders never show it.
pub fn delivery_code(signer: &Signer, order: OrderId) -> String {
    format!("{:04}", signer.number(PURPOSE, order.0, 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_order_has_one_code_of_four_figures() {
        let signer = Signer::new(b"a key of a test, thirty-two bytes");
        let codes: Vec<String> =
            (0..50).map(|n| delivery_code(&signer, OrderId(Uuid::from_u128(n)))).collect();
        assert!(codes.iter().all(|c| c.len() == 4 && c.bytes().all(|b| b.is_ascii_digit())));
        assert_eq!(codes[7], delivery_code(&signer, OrderId(Uuid::from_u128(7))));
        assert!(codes.iter().collect::<std::collections::BTreeSet<_>>().len() > 40);
    }
}
