//! Units of files, lowered while their trees are there: until the stage comes for them, they wait with the session
//! that parsed the files.
//!
//! A session lowers nothing until somebody asks for units of files, and from then on all that can be lowered. What
//! nobody comes for is given up.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use codegraph_flow::java::syntax;
use codegraph_flow::{Lowering, Workspace};
use codegraph_pointsto::program::Language;
use codegraph_pointsto::{java, translate};
use codegraph_syntax::core::{Action, Grammar};
use codegraph_syntax::engine::{Beside, Parsed, Taker};
use codegraph_syntax::reading::content_hash;

use crate::lock;

/// A file's units as bytes, or the reason why there are none.
pub(crate) type Units = Result<Vec<u8>, String>;

/// Bytes of units that wait. A session that has more lowers for nobody, and stops.
const MOST_WAITING: usize = 64 << 20;

/// Turns a file's text, or its tree, into its units.
pub(crate) enum Reader {
    /// Static types decide what Java's calls mean, and the semantic IR has none.
    Java(syntax::Reader),
    /// Any other language.
    Ir(Language, Lowering),
}

impl Reader {
    /// Prepare a language for a grammar; none if it has no lowering.
    pub(crate) fn new(language: &str, grammar: Grammar) -> Option<Self> {
        if language == "java" {
            return Some(Self::Java(syntax::Reader::new(grammar)));
        }
        Lowering::new(language, grammar).map(|lowering| Self::Ir(Language::of(language), lowering))
    }

    /// Parse and lower a text.
    pub(crate) fn units(&self, workspace: &mut Workspace, source: &[u8]) -> Units {
        match self {
            Self::Java(reader) => {
                let file = reader.read(workspace, source).map_err(|error| error.to_string())?;
                java::to_bytes(&file)
            }
            Self::Ir(rules, lowering) => {
                let file = lowering.lower(workspace, source).map_err(|error| error.to_string())?;
                translate(*rules, &file, source).to_bytes()
            }
        }
    }

    fn actions(&self) -> &[Action] {
        match self {
            Self::Java(reader) => reader.actions(),
            Self::Ir(_, lowering) => lowering.actions(),
        }
    }

    fn units_of(&self, parsed: Parsed<'_>) -> Units {
        let Parsed { records, errors, text, encoding, .. } = parsed;
        match self {
            Self::Java(reader) => java::to_bytes(&reader.read_tree(records, text, encoding)),
            Self::Ir(rules, lowering) => {
                translate(*rules, &lowering.lower_tree(records, text, encoding, errors), text).to_bytes()
            }
        }
    }
}

/// A language, and the address of a grammar that it has.
type Tongue = (String, usize);

/// What a session has lowered and nobody has taken.
#[derive(Default)]
pub(crate) struct Lowered {
    is_wanted: AtomicBool,
    lowerers: Mutex<HashMap<Tongue, Option<Arc<Lowerer>>>>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    /// With how many files that have that text.
    units: HashMap<(Tongue, [u8; 32]), (Vec<u8>, u32)>,
    bytes: usize,
}

/// Sessions that may have lowered something.
static SESSIONS: Mutex<Vec<Weak<Lowered>>> = Mutex::new(Vec::new());

impl Lowered {
    /// Return what a new session has.
    pub(crate) fn of_session() -> Arc<Self> {
        let new = Arc::new(Self::default());
        let mut sessions = lock(&SESSIONS);
        sessions.retain(|session| session.strong_count() > 0);
        sessions.push(Arc::downgrade(&new));
        new
    }
}

impl Beside for Lowered {
    fn taker(&self, language: &str, grammar: &Grammar) -> Option<Arc<dyn Taker>> {
        if !self.is_wanted.load(Ordering::Relaxed) {
            return None;
        }
        if lock(&self.waiting).bytes > MOST_WAITING {
            self.is_wanted.store(false, Ordering::Relaxed);
            *lock(&self.waiting) = Waiting::default();
            return None;
        }
        let tongue = (language.to_owned(), grammar.address());
        let mut lowerers = lock(&self.lowerers);
        let lowerer = lowerers.entry(tongue.clone()).or_insert_with(|| {
            let reader = Reader::new(language, grammar.clone())?;
            Some(Arc::new(Lowerer { reader, tongue, waiting: Arc::clone(&self.waiting) }))
        });
        lowerer.clone().map(|lowerer| lowerer as Arc<dyn Taker>)
    }
}

struct Lowerer {
    reader: Reader,
    tongue: Tongue,
    waiting: Arc<Mutex<Waiting>>,
}

impl Taker for Lowerer {
    fn actions(&self) -> &[Action] {
        self.reader.actions()
    }

    fn take(&self, parsed: Parsed<'_>) {
        // Who asks for units that are not here lowers the text, and says what is wrong with it.
        let Ok(Ok(units)) = catch_unwind(AssertUnwindSafe(|| self.reader.units_of(parsed))) else { return };
        let mut waiting = lock(&self.waiting);
        waiting.bytes += units.len();
        waiting.units.entry((self.tongue.clone(), parsed.content_hash)).or_insert((units, 0)).1 += 1;
    }
}

/// Take what sessions have lowered of some texts. Where there is nothing for one, they lower from now on.
pub(crate) fn take(language: &str, grammar: &Grammar, sources: &[Vec<u8>]) -> Vec<Option<Vec<u8>>> {
    let sessions: Vec<Arc<Lowered>> = lock(&SESSIONS).iter().filter_map(Weak::upgrade).collect();
    let tongue = (language.to_owned(), grammar.address());
    let found: Vec<_> = sources
        .iter()
        .map(|source| {
            let key = (tongue.clone(), content_hash(source));
            sessions.iter().find_map(|session| lock(&session.waiting).take(&key))
        })
        .collect();
    if found.iter().any(Option::is_none) {
        sessions.iter().for_each(|session| session.is_wanted.store(true, Ordering::Relaxed));
    }
    found
}

impl Waiting {
    fn take(&mut self, key: &(Tongue, [u8; 32])) -> Option<Vec<u8>> {
        let (units, count) = self.units.get_mut(key)?;
        self.bytes -= units.len();
        *count -= 1;
        if *count > 0 {
            return Some(units.clone());
        }
        self.units.remove(key).map(|(units, _)| units)
    }
}
