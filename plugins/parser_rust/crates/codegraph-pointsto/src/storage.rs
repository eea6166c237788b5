//! A file's units as bytes, to be kept by the file's hash: [postcard](https://postcard.jamesmunns.com/wire-format).

use serde::{Deserialize, Serialize};

use crate::made_classes::NOWHERE;
use crate::program::{Map, Symbol, Symbols, Unit, place};
use crate::translate::FileUnits;

/// Raised when what is written changes.
const VERSION: u32 = 8;

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    texts: Vec<&'a str>,
    units: &'a [Unit],
    exports: &'a Option<Vec<Symbol>>,
    lines: &'a [u32],
}

#[derive(Deserialize)]
struct Read {
    version: u32,
    texts: Vec<String>,
    units: Vec<Unit>,
    exports: Option<Vec<Symbol>>,
    lines: Vec<u32>,
}

impl FileUnits {
    /// Return the line, from 1, and the column, from 0 in bytes, of a byte.
    pub fn place(&self, byte: u32) -> (u32, u32) {
        place(&self.lines, byte)
    }

    /// Return the units as bytes.
    ///
    /// # Errors
    /// Never, for units that [`crate::translate()`] made.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let texts = self.symbols.texts().collect();
        let written =
            Written { version: VERSION, texts, units: &self.units, exports: &self.exports, lines: &self.lines };
        postcard::to_allocvec(&written).map_err(|error| error.to_string())
    }

    /// Return what the analysis goes by, as bytes: the units without the places at which they are written.
    ///
    /// Equal bytes give an equal analysis, whatever was written in between. The one thing that the analysis asks of a
    /// place is whether something else begins there, so places are numbered as they come.
    ///
    /// # Errors
    /// As [`FileUnits::to_bytes`].
    pub fn constraints(mut self) -> Result<Vec<u8>, String> {
        self.lines.clear();
        let mut numbers: Map<u32, u32> = Map::default();
        for unit in &mut self.units {
            numbers.clear();
            let mut number = |start: u32| {
                let next = numbers.len() as u32;
                *numbers.entry(start).or_insert(next)
            };
            if unit.span != NOWHERE {
                unit.span = (0, 0);
            }
            unit.spans.iter_mut().for_each(|span| *span = (number(span.0), 0));
            unit.stores.iter_mut().for_each(|stored| stored.start = number(stored.start));
        }
        self.to_bytes()
    }

    /// Read what [`FileUnits::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are not that, or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let read: Read = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
        if read.version != VERSION {
            return Err(format!("flow units of version {}, and this engine reads {VERSION}", read.version));
        }
        let mut symbols = Symbols::default();
        for text in &read.texts {
            symbols.intern(text);
        }
        Ok(Self { symbols, units: read.units, exports: read.exports, lines: read.lines })
    }
}
