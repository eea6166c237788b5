//! Lower Python files: `lower FILE` prints its bodies, `lower FOLDER` lowers every file and prints totals.

use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::time::Instant;

use codegraph_flow::{Lowering, Workspace, dump};
use codegraph_syntax::core::Grammar;

fn grammar() -> Grammar {
    // SAFETY: the function takes nothing and returns the crate's constant table.
    let language = unsafe { tree_sitter_python::LANGUAGE.into_raw()() };
    let language = NonNull::new(language.cast_mut()).expect("a grammar");
    // SAFETY: as above, the table lives as long as the process.
    unsafe { Grammar::new(language.cast()) }.expect("a supported ABI")
}

fn python_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

fn main() {
    let path = PathBuf::from(std::env::args().nth(1).expect("a file or folder"));
    let lowering = Lowering::new("python", grammar()).expect("a lowering");
    let mut workspace = Workspace::default();
    if path.is_file() {
        let source = std::fs::read(&path).expect("a file");
        let file = lowering.lower(&mut workspace, &source).expect("a tree");
        for (body, _) in file.bodies() {
            println!("{}", dump::body(&file, body));
        }
        return;
    }
    let mut files = Vec::new();
    python_files(&path, &mut files);
    let sources: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    let start = Instant::now();
    let (mut bodies, mut blocks, mut edges, mut instructions, mut failed) = (0, 0, 0, 0, 0);
    for source in &sources {
        let Ok(file) = lowering.lower(&mut workspace, source) else {
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
        "{} files, {failed} failed, {bodies} bodies, {blocks} blocks, {edges} edges, {instructions} instructions, {:.2} s",
        sources.len(),
        start.elapsed().as_secs_f64()
    );
}
