//! Reading a source file: regular files only, capped, hashed, its encoding found. The twin of the
//! reference engine's `reading.py`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use crate::text::Encoding;

/// Why a file has no text.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Unreadable {
    /// "skipped" or "failed".
    pub status: &'static str,
    pub code: &'static str,
    pub category: &'static str,
    pub message: String,
}

impl Unreadable {
    fn skipped(code: &'static str, message: String) -> Self {
        Self { status: "skipped", code, category: "permanent", message }
    }

    /// A text over the cap.
    pub fn text_too_large(bytes: usize, max_bytes: u64) -> Self {
        Self::skipped("file-too-large", format!("The text has {bytes} bytes; max_file_bytes is {max_bytes}."))
    }

    /// A text with NUL bytes.
    pub fn binary() -> Self {
        Self::skipped("file-binary", "The file has NUL bytes: binary.".to_owned())
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Read a regular file into `content` without following a link or blocking on a FIFO or device.
///
/// # Errors
/// The status and the diagnostic of a file that cannot be read.
pub fn read_file(path: &Path, max_bytes: u64, content: &mut Vec<u8>) -> Result<(), Unreadable> {
    content.clear();
    let file = open(path).map_err(|error| open_failure(&error))?;
    let status = file.metadata().map_err(|error| read_failure(&error))?;
    if !status.is_file() {
        return Err(Unreadable::skipped("file-not-regular", "Not a regular file.".to_owned()));
    }
    if status.len() > max_bytes {
        let message = format!("The file has {} bytes; max_file_bytes is {max_bytes}.", status.len());
        return Err(Unreadable::skipped("file-too-large", message));
    }
    // One byte more than the cap tells whether the file grew past it.
    content.reserve(status.len() as usize + 1);
    (&file).take(max_bytes + 1).read_to_end(content).map_err(|error| read_failure(&error))?;
    if content.len() as u64 > max_bytes {
        content.clear();
        let message = format!("The file has more than max_file_bytes ({max_bytes}) bytes.");
        return Err(Unreadable::skipped("file-too-large", message));
    }
    Ok(())
}

fn reason(error: &io::Error) -> String {
    // Without Rust's " (os error 13)", which says nothing to a reader.
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

fn read_failure(error: &io::Error) -> Unreadable {
    Unreadable {
        status: "failed",
        code: "file-unreadable",
        category: "infrastructure",
        message: format!("The file cannot be read: {}.", reason(error)),
    }
}

fn open_failure(error: &io::Error) -> Unreadable {
    if error.kind() == io::ErrorKind::NotFound {
        return Unreadable {
            status: "failed",
            code: "file-vanished",
            category: "transient",
            message: "The file vanished during the run.".to_owned(),
        };
    }
    #[cfg(unix)]
    if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO)) {
        return Unreadable::skipped("file-not-regular", "Not a regular file.".to_owned());
    }
    Unreadable {
        status: "failed",
        code: "file-unreadable",
        category: "permanent",
        message: format!("The file cannot be opened: {}.", reason(error)),
    }
}

const LATIN1: [&[u8]; 8] =
    [b"latin-1", b"latin1", b"latin", b"iso-8859-1", b"iso8859-1", b"iso-latin-1", b"l1", b"8859"];

/// Return a file's encoding, or None if it is binary: BOM, coding cookie, UTF-8, Latin-1.
pub fn detect_encoding(content: &[u8]) -> Option<Encoding> {
    if content.starts_with(b"\xff\xfe") {
        return Some(Encoding::Utf16Le);
    }
    if content.starts_with(b"\xfe\xff") {
        return Some(Encoding::Utf16Be);
    }
    if memchr::memchr(0, content).is_some() {
        return None;
    }
    if !content.starts_with(b"\xef\xbb\xbf") {
        let head = &content[..content.len().min(1_000)];
        if head.split(|&byte| byte == b'\n').take(2).filter_map(cookie).any(|name| {
            let name: Vec<u8> = name.iter().map(|byte| byte.to_ascii_lowercase()).collect();
            let name: Vec<u8> = name.iter().map(|&byte| if byte == b'_' { b'-' } else { byte }).collect();
            LATIN1.contains(&name.as_slice())
        }) {
            return Some(Encoding::Latin1);
        }
    }
    Some(if std::str::from_utf8(content).is_ok() { Encoding::Utf8 } else { Encoding::Latin1 })
}

/// The name in a line like `# -*- coding: latin-1 -*-`.
fn cookie(line: &[u8]) -> Option<&[u8]> {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0c)).count();
    let rest = line[blanks..].strip_prefix(b"#")?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    // The first place where the whole pattern matches, like a regular expression's lazy `.*?`.
    (0..rest.len()).find_map(|position| {
        let tail = rest[position..].strip_prefix(b"coding")?;
        let tail = tail.strip_prefix(b":").or_else(|| tail.strip_prefix(b"="))?;
        let tail = &tail[tail.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()..];
        let length = tail.iter().take_while(|byte| is_name(byte)).count();
        (length > 0).then(|| &tail[..length])
    })
}

/// Return the hash of a file's bytes.
pub fn content_hash(content: &[u8]) -> [u8; 32] {
    *blake3::hash(content).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_come_from_bom_then_cookie_then_content() {
        assert_eq!(detect_encoding(b"\xff\xfea\0"), Some(Encoding::Utf16Le));
        assert_eq!(detect_encoding(b"a\0b"), None);
        assert_eq!(detect_encoding(b"#!x\n# -*- coding: Latin_1 -*-\nx"), Some(Encoding::Latin1));
        assert_eq!(detect_encoding(b"\n\n# coding: latin-1\n"), Some(Encoding::Utf8));
        assert_eq!(detect_encoding("é".as_bytes()), Some(Encoding::Utf8));
        assert_eq!(detect_encoding(b"\xe9"), Some(Encoding::Latin1));
    }

    #[test]
    fn only_regular_files_within_the_cap_are_read() {
        let folder = std::env::temp_dir().join(format!("codegraph-reading-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.py");
        std::fs::write(&path, b"12345").unwrap();
        let mut content = Vec::new();
        assert!(read_file(&path, 5, &mut content).is_ok());
        assert_eq!(content, b"12345");
        assert_eq!(read_file(&path, 4, &mut content).unwrap_err().code, "file-too-large");
        assert_eq!(read_file(&folder, 4, &mut content).unwrap_err().code, "file-not-regular");
        assert_eq!(read_file(&folder.join("b"), 4, &mut content).unwrap_err().code, "file-vanished");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&path, folder.join("link")).unwrap();
            let error = read_file(&folder.join("link"), 9, &mut content).unwrap_err();
            assert_eq!(error.code, "file-not-regular");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
