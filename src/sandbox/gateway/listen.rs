//! The gateway on an address of its own.

use super::api::api;
use super::house::{Gateway, Sorry};
use super::pages::pages;
use crate::error::{AppError, ErrorWords};
use crate::web::{assets, get};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{ServiceConfig, route};
use actix_web::{App, Error, HttpResponse, HttpServer};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

const WORKERS: usize = 2;
const DEFAULTS: [(&str, &str); 5] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

/// A gateway that answers on an address of its own. It goes on when this is dropped.
pub struct Listening {
    pub address: SocketAddr,
    server: ServerHandle,
    thread: JoinHandle<()>,
}

/// Serves protocol, pages and their files from a thread of its own. It takes no signals: a
/// process that is told to end may end, what was answered is in the journal.
///
/// # Errors
/// When the listener cannot be used or no thread can be started.
pub fn listen(gateway: Gateway, listener: TcpListener) -> Result<Listening, Sorry> {
    serve(listener, move |cfg| {
        cfg.configure(api(gateway.clone())).configure(pages(gateway.clone()));
    })
}

/// The same for whatever stands on this side of the wires.
pub(in crate::sandbox) fn serve(
    listener: TcpListener,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> Result<Listening, Sorry> {
    let address = listener.local_addr()?;
    let (told, hear) = mpsc::channel();
    let thread = std::thread::Builder::new().name("sandbox-gateway".to_owned()).spawn(move || {
        let system = actix_web::rt::System::new();
        let server = HttpServer::new(move || {
            App::new()
                .configure(routes.clone())
                .route("/assets/{hash}/{name:.+}", get().to(assets::serve))
                .default_service(route().to(nothing_here))
                .wrap(from_fn(dress))
        })
        .workers(WORKERS)
        .disable_signals()
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(1)
        .listen(listener);
        let server = match server {
            Ok(server) => server,
            Err(e) => {
                let _ = told.send(Err(e));
                return;
            }
        };
        system.block_on(async move {
            let server = server.run();
            let _ = told.send(Ok(server.handle()));
            if let Err(e) = server.await {
                log::error!("the sandbox gateway ended: {e}");
            }
        });
    })?;
    let server = hear.recv()??;
    Ok(Listening { address, server, thread })
}

impl Listening {
    /// Stops listening; calls at hand end first, those that hang after a second.
    pub fn stop(self) {
        drop(self.server.stop(true));
        self.wait();
    }

    /// Comes back when it has stopped listening.
    pub fn wait(self) {
        // A thread that panicked has stopped as well.
        let _ = self.thread.join();
    }
}

async fn nothing_here() -> Result<HttpResponse, AppError> {
    Err(AppError::NotFound)
}

/// The headers of answers that set none themselves, and words for refusals that have none.
async fn dress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut response = explain(next.call(request).await?.map_into_boxed_body());
    for (name, value) in DEFAULTS {
        let name = HeaderName::from_static(name);
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

fn explain(response: ServiceResponse) -> ServiceResponse {
    let said = response.response().extensions().get::<ErrorWords>().cloned();
    let Some(words) = said else { return response };
    let text = format!("Sandbox payment gateway. {}: {}\n", words.title, words.advice);
    let status = response.status();
    let page = HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(text);
    response.into_response(page)
}
