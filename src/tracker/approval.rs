//! Where a shopper approves a payment, away from the shop.

use crate::cashier;
use crate::checkout::{approvals, open_for_gateway};
use crate::storefront::Shop;
use actix_web::HttpResponse;

/// Whether an address is one to send a browser to.
pub(super) fn leads_on(at: &str) -> bool {
    let ours = at.starts_with('/') && !at.starts_with("//");
    let fits = ours || at.starts_with("https://") || at.starts_with("http://");
    fits && !at.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Lets the gateway's frame onto an order's page, and lets the form there lead to where the
/// shopper approves.
pub(super) fn let_pay(shop: &Shop, response: &mut HttpResponse) {
    let fields = cashier::card_fields(&shop.app);
    open_for_gateway(shop, &fields, approvals(&fields), response);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_whole_addresses_only() {
        for good in ["/sandbox/approve/pi_1", "https://bank.example/a?b=c", "http://127.0.0.1:9000/x"] {
            assert!(leads_on(good), "{good}");
        }
        for bad in ["", "//bank.example", "javascript:alert(1)", "bank.example", "https://a b", "/a\r\nb"] {
            assert!(!leads_on(bad), "{bad}");
        }
    }
}
