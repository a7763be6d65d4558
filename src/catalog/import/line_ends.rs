//! Line ends of any system become `\n`, and two more follow the last line: only then does
//! the CSV reader's count tell on which line a row stands, and a quote that is never
//! closed shows by reaching to the very end.

use std::io::{self, Read};

pub(super) struct LineEnds<R> {
    input: R,
    after_return: bool,
    ends_to_come: u8,
    given: u64,
}

impl<R> LineEnds<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, after_return: false, ends_to_come: 2, given: 0 }
    }

    /// Whether this is the position behind the last byte there is.
    pub(super) const fn is_end(&self, position: u64) -> bool {
        self.ends_to_come == 0 && position == self.given
    }

    /// Says how many bytes are left.
    fn unify(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for i in 0..bytes.len() {
            let byte = bytes[i];
            let second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if !second_half {
                bytes[kept] = if byte == b'\r' { b'\n' } else { byte };
                kept += 1;
            }
        }
        kept
    }
}

impl<R: Read> Read for LineEnds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.input.read(buffer)?;
            let kept = if read == 0 { self.last_end(buffer) } else { self.unify(&mut buffer[..read]) };
            self.given += u64::try_from(kept).unwrap_or(0);
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> LineEnds<R> {
    fn last_end(&mut self, buffer: &mut [u8]) -> usize {
        match buffer.first_mut() {
            Some(first) if self.ends_to_come > 0 => {
                *first = b'\n';
                self.ends_to_come -= 1;
                1
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, so that every pair is cut in two.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    #[test]
    fn all_line_ends_are_one() {
        for (text, same) in [("a\r\nb\r\n", "a\nb\n"), ("a\rb", "a\nb"), ("a\n\r\n\rb", "a\n\n\nb"), ("", "")]
        {
            let mut read = String::new();
            LineEnds::new(Dribble(text.as_bytes())).read_to_string(&mut read).expect("text");
            assert_eq!(read, same.to_owned() + "\n\n", "{text:?}");
        }
    }
}
