//! The gateway's own frames on our pages: where they may come from, and where their forms may lead.

use crate::cashier::CardFields;
use crate::storefront::Shop;
use crate::web::{Sources, content_policy};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue};

/// Where a form may lead that ends where the shopper approves: browsers count redirects as the form's.
pub(crate) fn approvals(fields: &CardFields) -> String {
    match fields {
        CardFields::Sandbox { frame_url, .. } => format!("https: {}", origin(frame_url)),
        CardFields::Stripe { .. } => "https:".to_owned(),
        CardFields::None => String::new(),
    }
}

/// Lets the gateway's frame onto this page, and onto no other. Its forms may lead to `forms` besides.
pub(crate) fn open_for_gateway(shop: &Shop, fields: &CardFields, forms: String, response: &mut HttpResponse) {
    let config = &shop.app.config;
    let sources = match fields {
        CardFields::Sandbox { frame_url, .. } => {
            Sources { frames: origin(frame_url), forms, ..Sources::default() }
        }
        CardFields::Stripe { .. } => Sources {
            scripts: "https://js.stripe.com",
            frames: "https://js.stripe.com https://hooks.stripe.com".to_owned(),
            connections: "https://api.stripe.com",
            forms,
        },
        CardFields::None => return,
    };
    let policy = content_policy(&config.server.picture_hosts, &sources);
    let payment = match fields {
        CardFields::Stripe { .. } => {
            "geolocation=(), camera=(), microphone=(), payment=(self \"https://js.stripe.com\")"
        }
        CardFields::Sandbox { .. } | CardFields::None => {
            "geolocation=(), camera=(), microphone=(), payment=(self)"
        }
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(payment));
}

/// `https://pay.example.com` of a whole address, `'self'` of a path.
fn origin(address: &str) -> String {
    if address.contains("://") {
        return address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    }
    "'self'".to_owned()
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_where_the_gateway_lets_one_approve() {
        let sandbox = |at: &str| CardFields::Sandbox {
            frame_url: at.to_owned(),
            wallets_url: String::new(),
            key: String::new(),
        };
        let elsewhere = sandbox("http://127.0.0.1:9000/sandbox/card");
        assert_eq!(approvals(&elsewhere), "https: http://127.0.0.1:9000");
        assert_eq!(approvals(&sandbox("/sandbox/card")), "https: 'self'");
        assert_eq!(approvals(&CardFields::None), "");
    }
}
