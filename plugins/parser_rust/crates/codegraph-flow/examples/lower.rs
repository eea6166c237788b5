//! Lower files: `lower FILE` prints its bodies, `lower FOLDER` lowers every file that has a lowering and prints totals.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::time::Instant;

use codegraph_flow::{Lowering, Workspace, dump};
use codegraph_syntax::core::Grammar;

fn lowering(extension: &str) -> Option<Lowering> {
    let (language, function) = match extension {
        "py" => ("python", tree_sitter_python::LANGUAGE),
        "java" => ("java", tree_sitter_java::LANGUAGE),
        "js" | "jsx" | "mjs" | "cjs" => ("javascript", tree_sitter_javascript::LANGUAGE),
        "ts" | "mts" | "cts" => ("typescript", tree_sitter_typescript::LANGUAGE_TYPESCRIPT),
        "tsx" => ("tsx", tree_sitter_typescript::LANGUAGE_TSX),
        _ => return None,
    };
    // SAFETY: the functions take nothing and return their crate's constant table.
    let language_table = unsafe { function.into_raw()() };
    let table = NonNull::new(language_table.cast_mut()).expect("a grammar");
    // SAFETY: as above, the table lives as long as the process.
    let grammar = unsafe { Grammar::new(table.cast()) }.expect("a supported ABI");
    Lowering::new(language, grammar)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("")
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            files_below(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

fn main() {
    let path = PathBuf::from(std::env::args().nth(1).expect("a file or folder"));
    let mut workspace = Workspace::default();
    if path.is_file() {
        let source = std::fs::read(&path).expect("a file");
        let lowering = lowering(extension(&path)).expect("a language with a lowering");
        let file = lowering.lower(&mut workspace, &source).expect("a tree");
        for (body, _) in file.bodies() {
            println!("{}", dump::body(&file, body));
        }
        return;
    }
    let mut files = Vec::new();
    files_below(&path, &mut files);
    let mut lowerings = HashMap::new();
    let (mut count, mut bodies, mut blocks, mut edges, mut instructions, mut failed) = (0, 0, 0, 0, 0, 0);
    let mut seconds = 0.0;
    for path in &files {
        let extension = extension(path);
        let Some(lowering) = lowerings.entry(extension.to_owned()).or_insert_with(|| lowering(extension)) else {
            continue;
        };
        let source = std::fs::read(path).expect("a file");
        count += 1;
        let start = Instant::now();
        let lowered = lowering.lower(&mut workspace, &source);
        seconds += start.elapsed().as_secs_f64();
        let Ok(file) = lowered else {
            failed += 1;
            continue;
        };
        for (_, body) in file.bodies() {
            bodies += 1;
            blocks += body.blocks.len();
            edges += body.edges().len();
            instructions += body.instructions().len();
        }
    }
    println!(
        "{count} files, {failed} failed, {bodies} bodies, {blocks} blocks, {edges} edges, {instructions} instructions, \
         {seconds:.2} s",
    );
}
