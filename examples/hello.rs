//! A bare actix-web server with one constant answer: what `make bench` measures the shop
//! against. `hello ADDRESS`, with as many workers as the shop has by default.

use actix_web::web::get;
use actix_web::{App, HttpServer};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    HttpServer::new(|| App::new().route("/", get().to(hello))).workers(workers).bind(address)?.run().await
}

async fn hello() -> &'static str {
    "ok\n"
}
