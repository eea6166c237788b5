//! Who calls whom in folders of Java files: `java MODELS FOLDER…` prints a line for each callee, with the places of
//! caller, call and callee in bytes.

use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use codegraph_flow::Workspace;
use codegraph_flow::java::syntax::{File, Reader};
use codegraph_pointsto::java;
use codegraph_pointsto::program::NONE;
use codegraph_syntax::core::Grammar;

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "java") {
            files.push(path);
        }
    }
}

fn read(reader: &Reader, folder: &Path) -> Vec<(PathBuf, File)> {
    let mut paths = Vec::new();
    files_below(folder, &mut paths);
    let mut workspace = Workspace::default();
    paths
        .into_iter()
        .filter_map(|path| {
            let source = std::fs::read(&path).ok()?;
            Some((path, reader.read(&mut workspace, &source).ok()?))
        })
        .collect()
}

fn main() {
    // SAFETY: the function takes nothing and returns its crate's constant table.
    let table = unsafe { tree_sitter_java::LANGUAGE.into_raw()() };
    let table = NonNull::new(table.cast_mut()).expect("a grammar");
    // SAFETY: as above, the table lives as long as the process.
    let grammar = unsafe { Grammar::new(table.cast()) }.expect("a supported ABI");
    let reader = Reader::new(grammar);
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let models = read(&reader, &arguments.next().expect("the folder of models"));
    for folder in arguments {
        let own = read(&reader, &folder);
        let files: Vec<(u32, &File)> = own
            .iter()
            .enumerate()
            .map(|(number, (_, file))| (number as u32, file))
            .chain(models.iter().map(|(_, file)| (NONE, file)))
            .collect();
        let found = java::solve(&files);
        eprintln!("{}: {} clones, {} nodes, {} steps", folder.display(), found.clones, found.nodes, found.steps);
        for site in &found.sites {
            let path = own[site.file as usize].0.display();
            let caller = found.units[site.caller as usize].span;
            let call =
                format!("{path}\t{}\t{}\t{}\t{}\t{}", caller.0, caller.1, site.place.0, site.span.0, site.span.1);
            if site.targets.is_empty() {
                println!("{call}\t-\t{}", if site.is_dynamic { "dynamic" } else { "nothing" });
            }
            for (target, written, certainty) in &site.targets {
                let unit = found.units[*target as usize];
                let kind = if unit.is_class { "instantiates" } else { "calls" };
                let target = own[unit.file as usize].0.display();
                println!("{call}\t{kind}\t{target}\t{}\t{}\t{written:?}\t{certainty:?}", unit.span.0, unit.span.1);
            }
        }
    }
}
