//! Where a shopper approves a payment, away from the shop.

use crate::cashier::{self, CardFields};
use crate::checkout::open_for_gateway;
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

/// Whether an address is one to send a browser to.
pub(super) fn leads_on(at: &str) -> bool {
    let ours = at.starts_with('/') && !at.starts_with("//");
    let fits = ours || at.starts_with("https://") || at.starts_with("http://");
    fits && !at.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Lets the gateway's frame onto an order's page, and lets the form there lead to where the
/// shopper approves: browsers count redirects as the form's.
pub(super) fn let_pay(shop: &Shop, response: &mut HttpResponse) {
    let fields = cashier::card_fields(&shop.app);
    open_for_gateway(shop, &fields, response);
    let gateway = match &fields {
        CardFields::Sandbox { frame_url, .. } => origin(frame_url),
        CardFields::Stripe { .. } => "",
        CardFields::None => return,
    };
    let headers = response.headers_mut();
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|p| p.to_str().ok());
    let wider =
        policy.map(|p| p.replace("form-action 'self'", &format!("form-action 'self' https: {gateway}")));
    if let Some(policy) = wider.and_then(|p| HeaderValue::from_str(&p).ok()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// `http://127.0.0.1:9000` of an address there; nothing of one at our own.
fn origin(url: &str) -> &str {
    let Some(scheme) = url.find("://") else { return "" };
    let host = scheme + 3;
    let end = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host + at);
    url.get(..end).unwrap_or_default()
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

    #[test]
    fn an_origin_is_an_address_up_to_its_path() {
        assert_eq!(origin("http://127.0.0.1:9000/sandbox/card"), "http://127.0.0.1:9000");
        assert_eq!(origin("https://pay.example"), "https://pay.example");
        assert_eq!(origin("/sandbox/card"), "");
    }
}
