//! Browsers that are refused are known the next time: that is how their tries can be counted.

use crate::storefront::{Asker, Shop};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::SET_COOKIE;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, Route};

/// A route whose refusals leave the cookie by which a browser is counted. Whoever sees what they
/// came for has no need of one.
pub(super) fn counted(route: Route) -> Route {
    route.wrap(from_fn(remember))
}

async fn remember(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(shop) = request.app_data::<Data<Shop>>().cloned() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let asker = Asker::read(request.request(), &shop.app);
    request.extensions_mut().insert(asker);
    let mut response = next.call(request).await?.map_into_boxed_body();
    if response.status().is_client_error()
        && let Some(cookie) = asker.cookie(&shop)
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
