//! Gzip for pages: made at once, and the header that says who takes it.

use crc32fast::Hasher;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use std::cell::RefCell;

/// Deflate, no name, no time, system unknown (RFC 1952).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// An empty block that says that it is the last one (RFC 1951).
const LAST_BLOCK: [u8; 2] = [3, 0];

thread_local! {
    /// A third of a megabyte of tables, so one for each thread and not one for each page.
    static PRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// The text as one gzip file, fast: a page of 40 kB takes about 30 microseconds.
pub(super) fn fast(text: &[u8]) -> Vec<u8> {
    PRESS.with_borrow_mut(|press| whole(press, text))
}

/// The text as one gzip file, small: four times the work for a quarter less.
pub(super) fn small(text: &[u8]) -> Vec<u8> {
    whole(&mut Compress::new(Compression::new(7), false), text)
}

/// The text inside a gzip file of ours.
pub(super) fn unpack(file: &[u8]) -> String {
    // The last four bytes say how long it is (RFC 1952).
    let length = file.last_chunk().map_or(0, |n| u32::from_le_bytes(*n) as usize);
    let mut text = Vec::with_capacity(length);
    let body = file.get(HEADER.len()..).unwrap_or_default();
    // It was made here; what cannot be read would be a page without its end, not a failure.
    let _ = Decompress::new(false).decompress_vec(body, &mut text, FlushDecompress::Finish);
    String::from_utf8(text).unwrap_or_default()
}

/// A text that stands in many files, compressed small and once for all of them.
#[derive(Debug)]
pub(super) struct Packed {
    /// Ends on a whole byte and refers to nothing before it, so it fits behind anything.
    deflated: Box<[u8]>,
    sum: Hasher,
}

impl Packed {
    pub(super) fn new(text: &[u8]) -> Self {
        let (mut deflated, mut sum) = (Vec::new(), Hasher::new());
        sum.update(text);
        deflate(&mut Compress::new(Compression::new(7), false), text, FlushCompress::Sync, &mut deflated);
        Self { deflated: deflated.into(), sum }
    }

    pub(super) fn weight(&self) -> usize {
        self.deflated.len()
    }
}

/// One gzip file put together from texts, compressed fast, and packed ones.
pub(super) struct Joined {
    out: Vec<u8>,
    sum: Hasher,
    length: usize,
}

impl Joined {
    pub(super) fn new(room: usize) -> Self {
        let mut out = Vec::with_capacity(room);
        out.extend_from_slice(&HEADER);
        Self { out, sum: Hasher::new(), length: 0 }
    }

    pub(super) fn add(&mut self, text: &[u8]) {
        PRESS.with_borrow_mut(|press| deflate(press, text, FlushCompress::Sync, &mut self.out));
        self.sum.update(text);
        self.length += text.len();
    }

    pub(super) fn add_packed(&mut self, packed: &Packed, length: usize) {
        self.out.extend_from_slice(&packed.deflated);
        self.sum.combine(&packed.sum);
        self.length += length;
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&LAST_BLOCK);
        end(&mut self.out, self.sum.finalize(), self.length);
        self.out
    }
}

fn whole(press: &mut Compress, text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 2 + 128);
    out.extend_from_slice(&HEADER);
    deflate(press, text, FlushCompress::Finish, &mut out);
    end(&mut out, crc32fast::hash(text), text.len());
    out
}

fn end(out: &mut Vec<u8>, sum: u32, length: usize) {
    out.extend_from_slice(&sum.to_le_bytes());
    out.extend_from_slice(&(length as u32).to_le_bytes());
}

fn deflate(press: &mut Compress, text: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
    press.reset();
    loop {
        let read = usize::try_from(press.total_in()).unwrap_or(text.len());
        match press.compress_vec(&text[read..], out, flush) {
            Ok(Status::StreamEnd) => break,
            // A flush is whole when it has left room.
            Ok(Status::Ok) if matches!(flush, FlushCompress::Sync) && out.len() < out.capacity() => break,
            // No room left: text that hardly shrinks.
            Ok(Status::Ok | Status::BufError) => out.reserve(text.len() / 2 + 128),
            Err(e) => unreachable!("compressing into memory does not fail: {e}"),
        }
    }
}

/// Whether an `Accept-Encoding` header (RFC 9110, 12.5.3) allows gzip. A name outweighs `*`; a weight of nought
/// or one that cannot be read is a refusal.
pub(super) fn accepts(accept_encoding: &str) -> bool {
    let mut named = None;
    let mut any = false;
    for item in accept_encoding.split(',') {
        let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
        let coding = coding.trim();
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            named = Some(named.unwrap_or(false) || wanted(parameters));
        } else if coding == "*" {
            any = wanted(parameters);
        }
    }
    named.unwrap_or(any)
}

fn wanted(parameters: &str) -> bool {
    let weight = parameters.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    weight.is_none_or(|weight| thousandths(weight).is_some_and(|weight| weight > 0))
}

/// `qvalue` of RFC 9110, 12.4.2: at most 1, at most three decimals.
fn thousandths(weight: &str) -> Option<u32> {
    let (units, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let readable = decimals.len() <= 3 && decimals.bytes().all(|digit| digit.is_ascii_digit());
    let part: u32 = if readable { format!("{decimals:0<3}").parse().ok()? } else { return None };
    match units {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn opened(file: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn a_whole_file_opens_again() {
        let noise: Vec<u8> = (0..200_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for text in [Vec::new(), b"<p>Bread</p>".repeat(9_000), noise, b"x".to_vec()] {
            assert_eq!(opened(&fast(&text)), text);
            assert_eq!(opened(&small(&text)), text);
            if let Ok(words) = String::from_utf8(text) {
                assert_eq!(unpack(&fast(words.as_bytes())), words);
            }
        }
    }

    #[test]
    fn texts_and_packed_ones_join_to_one_file() {
        let noise: Vec<u8> = (0..90_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let texts = [Vec::new(), b"<p>Bread</p>".repeat(900), noise, b"<p>Bread</p>".to_vec(), b"x".to_vec()];
        let (mut file, mut all) = (Joined::new(0), Vec::new());
        for text in &texts {
            file.add(text);
            file.add_packed(&Packed::new(text), text.len());
            file.add_packed(&Packed::new(text), text.len());
            all.extend(text.repeat(3));
        }
        assert_eq!(opened(&file.finish()), all);
        assert_eq!(opened(&Joined::new(0).finish()), b"");
    }

    #[test]
    fn accept_encoding_is_read_as_written() {
        let yes = [
            "gzip",
            "GZIP",
            "x-gzip",
            "gzip, deflate, br, zstd",
            "deflate , gzip;q=1.0, *;q=0.5",
            "*",
            "br;q=1.0,*;q=0.1",
            "gzip;q=0.001",
            "gzip ; Q=0.5",
            "*;q=0, gzip",
            "gzip;q=0, x-gzip",
            "gzip;q=1.",
            "identity;q=1, gzip;q=0.5",
            ", ,gzip",
        ];
        let no = [
            "",
            "identity",
            "br, deflate",
            "gzip;q=0",
            "gzip;q=0.000",
            "gzip;q=0, *",
            "*;q=0",
            "gzipped",
            "not gzip",
            "gzip;q=2",
            "gzip;q=1.001",
            "gzip;q=0.0001",
            "gzip;q=-1",
            "gzip;q=",
            "gzip;q=abc",
            "gzip;q=0.\u{661}",
        ];
        for header in yes {
            assert!(accepts(header), "{header:?}");
        }
        for header in no {
            assert!(!accepts(header), "{header:?}");
        }
    }
}
