//! Somebody with a browser: keeps cookies, says which page a request comes from, sends forms as browsers do.

use super::TestShop;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Bytes;
use smartshop::routes::routes;
use smartshop::web::front;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

pub(crate) const HOST: &str = "shop.test";

const BOUNDARY: &str = "----what-no-file-has-in-it";

/// The name of the field for a file, and what was chosen.
pub(crate) type File<'f> = (&'f str, &'f [u8]);

/// A body as browsers write it.
pub(crate) fn parts(form: &[(&str, &str)], (name, file): File<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in form {
        let part =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.jpg\"\r\n\
         content-type: image/jpeg\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

pub(crate) struct Shopper<'s> {
    shop: &'s TestShop,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The page they look at.
    at: RefCell<Option<String>>,
    headers: Vec<(String, String)>,
    address: SocketAddr,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

impl<'s> Shopper<'s> {
    pub(super) fn new(shop: &'s TestShop) -> Self {
        Self {
            shop,
            cookies: RefCell::default(),
            at: RefCell::default(),
            headers: vec![("user-agent".into(), "Mozilla/5.0 (test)".into())],
            address: "192.0.2.7:4000".parse().expect("an address"),
        }
    }

    /// With a header that goes along with every request.
    pub(crate) fn sending(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn at_address(mut self, address: &str) -> Self {
        self.address = format!("{address}:4000").parse().expect("an address");
        self
    }

    /// The same cookies in front of another instance of the shop.
    pub(crate) fn moves_to<'o>(&self, shop: &'o TestShop) -> Shopper<'o> {
        Shopper {
            shop,
            cookies: self.cookies.clone(),
            at: self.at.clone(),
            headers: self.headers.clone(),
            address: self.address,
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Looks at a page, as by a link on the page before.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        let answer = self.send(TestRequest::get().uri(path)).await;
        if answer.status.is_success() {
            *self.at.borrow_mut() = Some(path.to_owned());
        }
        answer
    }

    /// Sends a form of the page they look at; the answer is what the form's address says itself.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let origin = ("origin", format!("http://{HOST}"));
        self.send(TestRequest::post().uri(path).set_form(form).insert_header(origin)).await
    }

    /// Sends a form that has a field for a file, as browsers do; the answer is what its address says itself.
    pub(crate) async fn post_parts(&self, path: &str, form: &[(&str, &str)], file: File<'_>) -> Answer {
        let request = TestRequest::post().uri(path).insert_header(("origin", format!("http://{HOST}")));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(request.insert_header(("content-type", kind)).set_payload(parts(form, file))).await
    }

    /// Sends such a form and looks at the page it leads to.
    pub(crate) async fn submit_parts(&self, path: &str, form: &[(&str, &str)], file: File<'_>) -> Answer {
        let answer = self.post_parts(path, form, file).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {form:?}: {}", answer.words());
        self.get(answer.location.as_deref().expect("somewhere to look")).await
    }

    /// Sends a form and looks at the page it leads to.
    pub(crate) async fn submit(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {form:?}: {}", answer.words());
        self.get(answer.location.as_deref().expect("somewhere to look")).await
    }

    /// Says where they live.
    pub(crate) async fn lives_at(&self, place: &str) -> Answer {
        self.submit("/place", &[("place", place)]).await
    }

    /// Sets how many of a product they want.
    pub(crate) async fn wants(&self, sku: &str, quantity: &str) -> Answer {
        self.submit(&format!("/basket/lines/{sku}"), &[("quantity", quantity)]).await
    }

    /// Opens a stream and reads it as it comes.
    pub(crate) async fn listen(&self, path: &str) -> Listening {
        let response = self.call(TestRequest::get().uri(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers().get("content-type").expect("a type"), "text/event-stream");
        Listening(Box::pin(response.into_body()))
    }

    pub(crate) async fn send(&self, request: TestRequest) -> Answer {
        let response = self.call(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = read_body(response).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.keep_cookies(&headers);
        let location = headers.get("location").map(|v| v.to_str().expect("ascii").to_owned());
        Answer { status, headers, location, text, bytes }
    }

    async fn call(&self, request: TestRequest) -> ServiceResponse<BoxBody> {
        let mut request = request.peer_addr(self.address).insert_header(("host", HOST));
        if let Some(at) = &*self.at.borrow() {
            request = request.insert_header(("referer", format!("http://{HOST}{at}")));
        }
        let cookies = self.cookies.borrow().iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
        if !cookies.is_empty() {
            request = request.insert_header(("cookie", cookies.join("; ")));
        }
        for (name, value) in &self.headers {
            request = request.insert_header((name.as_str(), value.as_str()));
        }
        let app = actix_web::App::new().configure(routes(self.shop.state().clone()));
        let service = init_service(app.wrap(from_fn(front::pass))).await;
        call_service(&service, request.to_request()).await
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.cookies.borrow_mut();
        for set in headers.get_all("set-cookie") {
            let set = set.to_str().expect("an ascii cookie");
            let (pair, attributes) = set.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("name and value");
            if attributes.contains("Max-Age=0;") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A stream that stays open until it is dropped.
pub(crate) struct Listening(Pin<Box<BoxBody>>);

impl Listening {
    /// What comes next; nothing when it has ended.
    pub(crate) async fn next(&mut self) -> String {
        let next = poll_fn(|cx| self.0.as_mut().poll_next(cx));
        let part = actix_web::rt::time::timeout(Duration::from_secs(10), next).await.expect("news");
        part.map_or_else(String::new, |part| String::from_utf8_lossy(&part.expect("a part")).into_owned())
    }
}

impl Answer {
    /// What can be read on the page: no tags, one space between words.
    pub(crate) fn words(&self) -> String {
        let mut plain = String::new();
        for (i, part) in self.text.split('<').enumerate() {
            let text = if i == 0 { Some(part) } else { part.split_once('>').map(|(_, text)| text) };
            plain.push_str(text.unwrap_or_default());
            plain.push(' ');
        }
        fold(&plain)
    }

    pub(crate) fn says(&self, words: &str) -> bool {
        self.words().contains(&fold(words))
    }

    #[track_caller]
    pub(crate) fn must_say(&self, words: &str) {
        assert!(self.says(words), "{} does not say “{words}”:\n{}", self.status, self.words());
    }

    #[track_caller]
    pub(crate) fn must_not_say(&self, words: &str) {
        assert!(!self.says(words), "{} says “{words}”:\n{}", self.status, self.words());
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().expect("ascii"))
    }

    /// The part of the page that begins with `data-live="{name}"`, up to the next one.
    pub(crate) fn part(&self, name: &str) -> Answer {
        let mark = format!("data-live=\"{name}\"");
        let from = self.text.find(&mark).map_or("", |at| &self.text[at + mark.len()..]);
        let to = from.find("data-live=\"").unwrap_or(from.len());
        let inside = from[..to].split_once('>').map_or("", |(_, rest)| rest);
        let (text, bytes) = (inside.to_owned(), Bytes::copy_from_slice(inside.as_bytes()));
        Answer { status: self.status, headers: self.headers.clone(), location: None, text, bytes }
    }

    /// What follows the mark, up to a quote: of all the marks on the page.
    pub(crate) fn all_after(&self, mark: &str) -> Vec<String> {
        self.text
            .split(mark)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap_or_default().to_owned())
            .collect()
    }

    /// The number inside `data-live="step:…"` of a product's stepper, or nothing where there is none.
    pub(crate) fn stepper(&self, product: i64) -> Option<i32> {
        let step = self.part(&format!("step:{product}"));
        if step.text.is_empty() {
            return None;
        }
        let shown = step.text.split_once("<output").and_then(|(_, rest)| rest.split_once('>'));
        Some(shown.map_or(0, |(_, rest)| rest.split('<').next().expect("text").parse().expect("a number")))
    }
}

/// One space between words, and the signs that templates escape as they were.
fn fold(text: &str) -> String {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .iter()
        .fold(plain, |text, (escaped, sign)| text.replace(escaped, sign))
        .replace(" ,", ",")
        .replace(" .", ".")
}

/// A value fit for an address.
pub(crate) fn encode(value: &str) -> String {
    value
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
