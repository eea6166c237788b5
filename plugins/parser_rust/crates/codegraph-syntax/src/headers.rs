//! What a Go file says at its top, of its package and of when it is compiled: the twin of `headers.py`.

use crate::pack::Role;
use crate::rows::TextRef;
use crate::walker::Walker;

const SYSTEMS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const ARCHITECTURES: [&str; 24] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// What stands at a file's top.
#[derive(Default)]
pub(crate) struct FileHeader {
    /// The package's name.
    pub(crate) name: Option<String>,
    /// The comment above the clause.
    pub(crate) docstring: Option<TextRef>,
    /// When the file is compiled.
    pub(crate) build: Option<String>,
}

impl Walker<'_> {
    /// Read the comments at a file's top and the package clause below them.
    pub(crate) fn read_header(&mut self) -> FileHeader {
        let mut found = FileHeader::default();
        let mut lines: Vec<String> = Vec::new();
        for child in self.children(0) {
            match self.role(child) {
                Some(Role::Comment) => {
                    self.remember_comment(child);
                    let text = self.text(child);
                    if let Some(constraint) = text.strip_prefix("//go:build ") {
                        found.build = Some(trimmed(constraint));
                    } else if let Some(constraint) = text.strip_prefix("// +build ") {
                        lines.push(trimmed(constraint));
                    }
                }
                Some(Role::Package) => {
                    found.docstring = self.leading_comment(self.record(child).start);
                    let name = self.children(child).next().map(|name| self.text(name).into_owned());
                    found.name = name.filter(|name| !name.is_empty());
                    break;
                }
                _ => break,
            }
        }
        self.forget_comment();
        if found.build.is_none() && !lines.is_empty() {
            found.build = Some(lines.join("; "));
        }
        let module = self.module();
        let constraints = file_constraints(module.fqn, module.suffix);
        if !constraints.is_empty() {
            found.build = Some(match found.build {
                Some(build) => format!("({build}) && {constraints}"),
                None => constraints,
            });
        }
        found
    }
}

fn trimmed(text: &str) -> String {
    text.trim_matches([' ', '\t', '\r']).to_owned()
}

/// What a file's name says of the systems that it is for: `a_linux_arm64_test.go` → "linux && arm64".
fn file_constraints(fqn: &str, suffix: &str) -> String {
    let filename = suffix.rsplit('/').next().unwrap_or(suffix);
    let stem = match filename.split_once('.') {
        Some((stem, _)) => stem,
        None => fqn.rsplit('.').next().unwrap_or(fqn),
    };
    let stem = stem.strip_suffix("_test").unwrap_or(stem);
    let parts: Vec<&str> = stem.split('_').skip(1).collect();
    let system = |part: &str| !part.is_empty() && SYSTEMS.contains(&part);
    let architecture = |part: &str| !part.is_empty() && ARCHITECTURES.contains(&part);
    match parts.as_slice() {
        [.., one, two] if system(one) && architecture(two) => format!("{one} && {two}"),
        [.., last] if system(last) || architecture(last) => (*last).to_owned(),
        _ => String::new(),
    }
}

/// A module's name, given its package's: the folder's, but the clause's where the folder does not say it.
pub(crate) fn package_fqn(fqn: &str, at_top: bool, clause: &str) -> String {
    if at_top {
        clause.to_owned()
    } else if clause.ends_with("_test") && !fqn.ends_with("_test") {
        format!("{fqn}_test")
    } else {
        fqn.to_owned()
    }
}
