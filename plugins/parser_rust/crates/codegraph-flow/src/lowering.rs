//! The door: source bytes of a language to the semantic IR of its file.

use codegraph_syntax::core::{Action, Arena, Grammar, ParseEncoding, ParseStop, Record};
use codegraph_syntax::misreadings::rewritten;
use codegraph_syntax::reading::detect_encoding;
use codegraph_syntax::spent::Deadline;
use codegraph_syntax::text::Encoding;

use crate::constants::{Folding, TruthFolding};
use crate::ecmascript::Ecmascript;
use crate::go::Go;
use crate::ir::FileIr;
use crate::java::Java;
use crate::python::{Python, folding::PythonFolding};

/// Why a file has no semantic IR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoweringError {
    /// The text has NUL bytes.
    Binary,
    /// The text is 4 GiB or longer.
    TooLarge,
    /// The parser gave no tree.
    Parse(ParseStop),
}

impl std::fmt::Display for LoweringError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Binary => "the text has NUL bytes",
            Self::TooLarge => "the text is too long",
            Self::Parse(ParseStop::TimedOut) => "parsing took too long",
            Self::Parse(ParseStop::OutOfMemory) => "parsing needs more memory than one file may take",
            Self::Parse(ParseStop::Grammar) => "the core refuses the grammar",
        })
    }
}

impl std::error::Error for LoweringError {}

/// Memory of one thread's lowerings, used again by the next.
#[derive(Default)]
pub struct Workspace {
    pub(crate) arena: Arena,
    /// Latest moment at which a parse may still run.
    pub deadline: Option<Deadline>,
}

/// A language that can be lowered; shared by threads.
pub struct Lowering {
    grammar: Grammar,
    language: Language,
    is_typescript: bool,
}

enum Language {
    Python(Python),
    Ecmascript(Ecmascript),
    Java(Java),
    Go(Go),
}

impl Lowering {
    /// Languages that have a lowering, by the names of their packs.
    pub const LANGUAGES: [&'static str; 6] = ["python", "javascript", "typescript", "tsx", "java", "go"];

    /// Prepare a language for a grammar; none if it has no lowering.
    pub fn new(language: &str, grammar: Grammar) -> Option<Self> {
        let is_typescript = matches!(language, "typescript" | "tsx");
        let language = match language {
            "python" => Language::Python(Python::new(&grammar)),
            "javascript" | "typescript" | "tsx" => Language::Ecmascript(Ecmascript::new(&grammar)),
            "java" => Language::Java(Java::new(&grammar)),
            "go" => Language::Go(Go::new(&grammar)),
            _ => return None,
        };
        Some(Self { grammar, language, is_typescript })
    }

    /// What the language's operations give on constants.
    pub fn folding(&self) -> &'static dyn Folding {
        match self.language {
            Language::Python(_) => &PythonFolding,
            Language::Ecmascript(_) | Language::Java(_) | Language::Go(_) => &TruthFolding,
        }
    }

    /// Lower a file's text.
    ///
    /// # Errors
    /// The text is binary or too long, or the parser gave no tree. Syntax errors are none: what lies outside them is
    /// lowered, what lies inside is [`crate::ir::Op::Unknown`] with the parts that could be read.
    pub fn lower(&self, workspace: &mut Workspace, source: &[u8]) -> Result<FileIr, LoweringError> {
        if u32::try_from(source.len()).is_err() {
            return Err(LoweringError::TooLarge);
        }
        let encoding = detect_encoding(source).ok_or(LoweringError::Binary)?;
        let parse_encoding = match encoding {
            Encoding::Utf8 | Encoding::Latin1 => ParseEncoding::Utf8,
            Encoding::Utf16Le => ParseEncoding::Utf16Le,
            Encoding::Utf16Be => ParseEncoding::Utf16Be,
        };
        let tree = workspace
            .arena
            .parse(&self.grammar, self.actions(), source, parse_encoding, workspace.deadline)
            .map_err(LoweringError::Parse)?;
        // As a session does, whose trees are lowered too.
        let is_wide = matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be);
        if let Some(text) = (self.is_typescript && tree.errors > 0 && !is_wide).then(|| rewritten(source)).flatten() {
            let mut spare = Arena::default();
            let other = spare.parse(&self.grammar, self.actions(), &text, parse_encoding, workspace.deadline);
            if let Some(other) = other.ok().filter(|other| other.errors < tree.errors) {
                return Ok(self.lower_tree(other.records, source, encoding, other.errors));
            }
        }
        Ok(self.lower_tree(tree.records, source, encoding, tree.errors))
    }

    /// Lower a file whose tree is there: its records by [`Lowering::actions`], its text with its encoding, and the
    /// number of its syntax errors.
    pub fn lower_tree(&self, records: &[Record], source: &[u8], encoding: Encoding, errors: u32) -> FileIr {
        match &self.language {
            Language::Python(language) => language.lower(records, source, encoding, errors),
            Language::Ecmascript(language) => language.lower(records, source, encoding, errors),
            Language::Java(language) => language.lower(records, source, encoding, errors),
            Language::Go(language) => language.lower(records, source, encoding, errors),
        }
    }

    /// How the nodes of a tree have to be recorded that is to be lowered.
    pub fn actions(&self) -> &[Action] {
        match &self.language {
            Language::Python(language) => language.actions(),
            Language::Ecmascript(language) => language.actions(),
            Language::Java(language) => language.actions(),
            Language::Go(language) => language.actions(),
        }
    }
}
