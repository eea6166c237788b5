//! Byte offsets to lines and columns.

use crate::text::Encoding;

/// Where each line starts. Lookups are fast when offsets come roughly in order.
#[derive(Debug, Default)]
pub struct Lines {
    starts: Vec<u32>,
    hint: usize,
}

impl Lines {
    /// Find the lines of a source.
    pub fn reset(&mut self, source: &[u8], encoding: Encoding) {
        self.starts.clear();
        self.starts.push(0);
        self.hint = 0;
        match encoding {
            Encoding::Utf8 | Encoding::Latin1 => {
                self.starts.extend(memchr::memchr_iter(b'\n', source).map(|position| position as u32 + 1));
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let newline: [u8; 2] = if encoding == Encoding::Utf16Le { [b'\n', 0] } else { [0, b'\n'] };
                let units = source.chunks_exact(2).enumerate();
                self.starts.extend(units.filter(|(_, pair)| **pair == newline).map(|(unit, _)| unit as u32 * 2 + 2));
            }
        }
    }

    /// Return the 0-based line and the column in bytes.
    #[inline]
    pub fn point(&mut self, byte: u32) -> (i32, i32) {
        let line = self.line(byte, self.hint);
        self.hint = line;
        (line as i32, (byte - self.starts[line]) as i32)
    }

    /// Return the points of a range; what is asked for next is looked for from its start on.
    #[inline]
    pub fn span(&mut self, start: u32, end: u32) -> ((i32, i32), (i32, i32)) {
        let first = self.point(start);
        let line = self.line(end, self.hint);
        (first, (line as i32, (end - self.starts[line]) as i32))
    }

    /// The line of a byte, which is looked for around another line.
    #[inline]
    fn line(&self, byte: u32, near: usize) -> usize {
        let starts = &self.starts;
        let mut line = near;
        if starts[line] > byte {
            return starts[..line].partition_point(|start| *start <= byte) - 1;
        }
        // Mostly on the same line or one of the next.
        let limit = (line + 8).min(starts.len());
        while line + 1 < limit && starts[line + 1] <= byte {
            line += 1;
        }
        let mut step = 8;
        while line + 1 < starts.len() && starts[line + 1] <= byte {
            let end = (line + step).min(starts.len());
            line += starts[line..end].partition_point(|start| *start <= byte) - 1;
            step *= 8;
        }
        line
    }

    /// Number of lines as a reader counts them: a last line without an end counts.
    pub fn count(&self, length: usize) -> i32 {
        let last = *self.starts.last().expect("the first line") as usize;
        (self.starts.len() - 1 + usize::from(last < length)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_found_in_any_order() {
        let mut lines = Lines::default();
        let source = b"ab\n\ncd\ne";
        lines.reset(source, Encoding::Utf8);
        for (byte, point) in [(0, (0, 0)), (7, (3, 0)), (3, (1, 0)), (5, (2, 1)), (8, (3, 1)), (2, (0, 2))] {
            assert_eq!(lines.point(byte), point);
        }
        assert_eq!(lines.count(source.len()), 4);
        assert_eq!((lines.span(1, 8), lines.point(4)), (((0, 1), (3, 1)), (2, 0)));
        lines.reset("\n".repeat(1_000).as_bytes(), Encoding::Utf8);
        for byte in [0, 7, 8, 9, 17, 90, 999, 1_000, 5] {
            assert_eq!(lines.point(byte), (byte as i32, 0));
        }
    }
}
