//! Compiles tree-sitter's core and the arena (native/core.c), always optimised: an unoptimised parser
//! makes the tests of a debug build many times slower and finds no more.
//!
//! With GCC the core is compiled for what parsing really does: an instrumented core parses this
//! distribution's own Python files, and the profile guides the final build. That is worth 0.12 to 0.15 of the
//! time that a plain core needs; docs/adr/0006 has the numbers. Nothing is fetched and no profile is
//! kept, so none can grow stale. Where a step fails, the build says so and goes on without a profile.
//! `CODEGRAPH_CORE_PROFILE=off` leaves it out.

use std::env;
use std::ffi::{OsStr, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TRAINING: &str = "../../python/codegraph_parser_rust";
/// Set in the process that trains: this program, started again, so that a crash costs the profile only.
const TRAIN_LIBRARY: &str = "CODEGRAPH_TRAIN_LIBRARY";

fn main() {
    if let Some(library) = env::var_os(TRAIN_LIBRARY) {
        if let Err(error) = train(&library) {
            eprintln!("the training failed: {error}");
            std::process::exit(1);
        }
        return;
    }
    for path in ["build.rs", "native", "vendor/tree-sitter/src", "vendor/tree-sitter/include"] {
        println!("cargo:rerun-if-changed={path}");
    }
    for path in training_files().unwrap_or_default() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    for variable in ["CODEGRAPH_CORE_CFLAGS", "CODEGRAPH_CORE_PROFILE"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let mut build = core_build();
    let profiled = if profile_wanted(&build) { Some(profiled_core(&build)) } else { None };
    match profiled {
        Some(Ok(object)) => {
            build.object(object);
        }
        Some(Err(reason)) => {
            println!("cargo:warning=the core is built without a profile: {reason}");
            build.file("native/core.c");
        }
        None => {
            build.file("native/core.c");
        }
    }
    build.compile("codegraph_core");
}

fn core_build() -> cc::Build {
    let vendor = Path::new("vendor/tree-sitter");
    let mut build = cc::Build::new();
    build
        .std("gnu11")
        .opt_level(3)
        .define("NDEBUG", None)
        .define("TREE_SITTER_HIDE_SYMBOLS", None)
        .flag_if_supported("-fvisibility=hidden")
        .flag_if_supported("-fno-semantic-interposition")
        // One unit is the whole core: worth 6 % of a parse. Only GCC has the option.
        .flag_if_supported("-fwhole-program")
        .include(vendor.join("src"))
        .include(vendor.join("include"))
        .include("native")
        .warnings(false);
    if let Ok(flags) = env::var("CODEGRAPH_CORE_CFLAGS") {
        flags.split_whitespace().for_each(|flag| {
            build.flag(flag);
        });
    }
    build
}

/// Say whether the compiler is GCC and makes programs that run here.
fn profile_wanted(build: &cc::Build) -> bool {
    let native = env::var_os("HOST") == env::var_os("TARGET");
    native
        && build.get_compiler().is_like_gnu()
        && env::var_os("CODEGRAPH_CORE_PROFILE").is_none_or(|value| value != "off")
}

/// Build an instrumented core, train it, and return the object that its profile guided.
fn profiled_core(build: &cc::Build) -> Result<PathBuf, String> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("no OUT_DIR")?).join("profile");
    // Counts are added to those of an earlier build.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let compiler = build.get_compiler();
    let (core, trainer, library) = (folder.join("core.o"), folder.join("train.o"), folder.join("libtrain.so"));
    let compile = |flags: &[&str], source: &str, object: &Path| {
        run(compiler.to_command().args(flags).args(["-fPIC", "-c", source, "-o"]).arg(object))
    };
    compile(&["-fprofile-generate"], "native/core.c", &core)?;
    compile(&["-fno-whole-program"], "native/train.c", &trainer)?;
    let mut link = compiler.to_command();
    link.args(["-shared", "-fno-whole-program", "-fprofile-generate"]).args([&core, &trainer]);
    run(link.arg("-o").arg(&library))?;
    let program = env::current_exe().map_err(|error| error.to_string())?;
    run(Command::new(program).env(TRAIN_LIBRARY, &library))?;
    if !folder.join("core.gcda").is_file() {
        return Err("the training wrote no profile".to_owned());
    }
    // GCC finds the profile by the object's name. Code that the training did not reach is compiled
    // like the rest, not for size.
    compile(&["-fprofile-use", "-fprofile-partial-training"], "native/core.c", &core)?;
    Ok(core)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{:?} ended with {}: {}",
        command.get_program(),
        output.status,
        said.lines().last().unwrap_or_default()
    ))
}

/// Parse this distribution's Python files with the instrumented core, each whole and cut off in the middle.
fn train(library: &OsStr) -> Result<(), Box<dyn std::error::Error>> {
    // SAFETY: the library was linked by `profile`; it has no initialisers but those of the profile.
    let library = unsafe { libloading::Library::new(library)? };
    type Train = unsafe extern "C" fn(*const c_void, *const u8, u32) -> i32;
    // SAFETY: native/train.c declares the function with these types.
    let parse: libloading::Symbol<'_, Train> = unsafe { library.get(b"cg_train")? };
    // SAFETY: the function takes nothing and returns the crate's constant table.
    let language = unsafe { tree_sitter_python::LANGUAGE.into_raw()() }.cast();
    for path in training_files()? {
        let text = fs::read(path)?;
        for (end, times) in [(text.len(), 8), (text.len() / 2, 1)] {
            for _ in 0..times {
                // SAFETY: the language is valid, and the text is readable for that many bytes.
                let status = unsafe { parse(language, text.as_ptr(), u32::try_from(end)?) };
                if status != 0 {
                    return Err(format!("a training parse ended with {status}").into());
                }
            }
        }
    }
    Ok(())
}

/// Return the Python files of this distribution, sorted: one order, one profile.
fn training_files() -> std::io::Result<Vec<PathBuf>> {
    let mut files = fs::read_dir(TRAINING)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension() == Some(OsStr::new("py")));
    files.sort();
    Ok(files)
}
