//! Line ends of any system become `\n`, and the last line has one too: only then does
//! the CSV reader's count tell on which line a row stands.

use std::io::{self, Read};

pub(super) struct LineEnds<R> {
    input: R,
    after_return: bool,
    ended: bool,
}

impl<R> LineEnds<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, after_return: false, ended: false }
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
            if read == 0 {
                return Ok(self.last_end(buffer));
            }
            let kept = self.unify(&mut buffer[..read]);
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl<R> LineEnds<R> {
    fn last_end(&mut self, buffer: &mut [u8]) -> usize {
        match buffer.first_mut() {
            Some(first) if !self.ended => {
                *first = b'\n';
                self.ended = true;
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
        for (text, same) in
            [("a\r\nb\r\n", "a\nb\n\n"), ("a\rb", "a\nb\n"), ("a\n\r\n\rb", "a\n\n\nb\n"), ("", "\n")]
        {
            let mut read = String::new();
            LineEnds::new(Dribble(text.as_bytes())).read_to_string(&mut read).expect("text");
            assert_eq!(read, same, "{text:?}");
        }
    }
}
