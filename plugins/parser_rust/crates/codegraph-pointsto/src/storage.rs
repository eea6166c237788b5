//! A file's units as bytes, to be kept by the file's hash: [postcard](https://postcard.jamesmunns.com/wire-format).

use serde::{Deserialize, Serialize};

use crate::program::{Symbol, Symbols, Unit};
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
