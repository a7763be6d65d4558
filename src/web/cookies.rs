//! Cookies: few, short, and only ever ours.

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HeaderValue};

/// The value of a cookie, as the browser sent it.
pub fn get<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request
        .headers()
        .get_all(COOKIE)
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A `Set-Cookie` value. Scripts cannot read it, other sites' forms do not bring it along.
/// `max_age` in seconds; 0 takes the cookie away.
///
/// `value` must be plain: letters, digits and `-_.:`; anything else is dropped.
pub fn set(name: &str, value: &str, max_age: u32, secure: bool) -> HeaderValue {
    set_below("/", name, value, max_age, secure)
}

/// As [`set`], sent along below a path of ours only.
pub fn set_below(path: &str, name: &str, value: &str, max_age: u32, secure: bool) -> HeaderValue {
    let value: String =
        value.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')).collect();
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"
    ))
    .unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_cookie_is_found_among_others_and_broken_ones() {
        let request = TestRequest::default()
            .insert_header(("cookie", "x; a=1;b=2 ; =3; basket=tok.en"))
            .to_http_request();
        assert_eq!(get(&request, "b"), Some("2"));
        assert_eq!(get(&request, "basket"), Some("tok.en"));
        assert_eq!(get(&request, "nothing"), None);
    }

    #[test]
    fn a_value_cannot_break_out_of_its_cookie() {
        let header = set("notice", "a; Domain=evil\r\nX: y", 60, true);
        let text = header.to_str().expect("ascii");
        assert!(text.starts_with("notice=aDomainevilX:y; Path=/"), "{text}");
        assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax") && text.contains("Secure"));
    }
}
