//! Compiles tree-sitter's core and the arena (native/core.c), always optimised: an unoptimised parser
//! makes the tests of a debug build many times slower and finds no more.

use std::path::Path;

fn main() {
    for folder in ["native", "vendor/tree-sitter/src", "vendor/tree-sitter/include"] {
        println!("cargo:rerun-if-changed={folder}");
    }
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
        .warnings(false)
        .file("native/core.c");
    if let Ok(flags) = std::env::var("CODEGRAPH_CORE_CFLAGS") {
        flags.split_whitespace().for_each(|flag| {
            build.flag(flag);
        });
    }
    println!("cargo:rerun-if-env-changed=CODEGRAPH_CORE_CFLAGS");
    build.compile("codegraph_core");
}
