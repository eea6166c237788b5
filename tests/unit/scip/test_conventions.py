"""What an index has as the languages' own indexers write it: locals, accessors, `impl` blocks, interfaces of Go."""

from __future__ import annotations

from codegraph import CodeGraph, IndexingConfig
from codegraph_plugins.scip import scip_pb2 as scip
from codegraph_plugins.scip.grammar import parse_symbol
from codegraph_plugins.scip.reading import read_index

KOTLIN = """package p
class Class(private var banana: Int, apple: String) {
    val asdf = apple
    val size: Int get() = banana
    var both: Int = 1
        get() = field
        private set
    fun run() {
        banana = asdf.length
        both = size
    }
}
"""
JAVA = """package p;
class Methods {
    int overload(int value) { int more = value; return more; }
    int app(int n) { return overload(n); }
}
"""
GO = """package m

type Closer interface{ Close(force bool) error }
type File struct{}

func (f File) Close(force bool) error { return nil }
func shut(c Closer) { c.Close(true) }
"""
RUST = """pub trait Named { fn name(&self) -> u8; }
pub struct Pair<T> { held: T }
impl<T> Pair<T> { pub fn new(held: T) -> Self { Pair { held } } pub const MAX: u8 = 2; }
impl std::ops::Add for Pair<u8> { type Output = u8; fn add(self, other: Self) -> u8 { self.held } }
impl From<u8> for Pair<u8> { fn from(value: u8) -> Self { Pair::new(value) } }
impl From<u16> for Pair<u16> { fn from(value: u16) -> Self { Pair::new(value) } }
mod inner {
    use super::*;
    impl Named for Pair<u8> { fn name(&self) -> u8 { let one = 1; one } }
}
pub fn use_it(pair: Pair<u8>) -> u8 { pair.name() }
"""


def _documents(root, files):
    for name, text in files.items():
        (root / name).write_text(text)
    output = root / "index.scip"
    CodeGraph(config=IndexingConfig(root_path=root)).export("scip", output=output)
    return {one.relative_path: one for one in read_index(output) if isinstance(one, scip.Document)}


def _named(document, text):
    """Return which symbols the places of a document have: line, the word there, `=` where it is defined."""
    lines = text.splitlines()
    found = []
    for one in document.occurrences:
        line, start, end = one.range
        mark = "=" if one.symbol_roles & scip.Definition else ":"
        symbol = parse_symbol(one.symbol)
        name = f"local {symbol.local}" if symbol.local else "".join(map(str, symbol.descriptors))
        found.append(f"{line + 1} {lines[line][start:end]}{mark} {name}")
    return found


def test_properties_of_kotlin_have_accessors_where_scip_kotlin_has_them(tmp_path):
    document = _documents(tmp_path, {"a.kt": KOTLIN})["a.kt"]
    found = _named(document, KOTLIN)
    assert [one for one in found if "banana" in one.casefold()] == [
        "2 banana= p/Class#`<init>`().(banana)",
        "2 banana= p/Class#banana.",
        "2 banana= p/Class#getBanana().",
        "2 banana= p/Class#setBanana().",
        *(f"4 banana: p/Class#{name}" for name in ("banana.", "getBanana().", "setBanana().")),
        *(f"9 banana: p/Class#{name}" for name in ("banana.", "getBanana().", "setBanana().")),
    ]
    assert [one for one in found if "asdf" in one.casefold()] == [
        "3 asdf= p/Class#asdf.",
        "3 asdf= p/Class#getAsdf().",
        "9 asdf: p/Class#asdf.",
        "9 asdf: p/Class#getAsdf().",
    ]
    written = [one for one in found if "size" in one.casefold() or "both" in one.casefold()]
    assert written == [
        "4 size= p/Class#size.",
        "4 get= p/Class#getSize().",
        "5 both= p/Class#both.",
        "6 get= p/Class#getBoth().",
        "7 set= p/Class#setBoth().",
        "10 both: p/Class#both.",
        "10 size: p/Class#size.",
    ]
    kinds = {one.symbol.rpartition("#")[2]: one.kind for one in document.symbols}
    assert kinds["getBanana()."] == scip.SymbolInformation.Getter
    assert kinds["setBanana()."] == scip.SymbolInformation.Setter
    assert kinds["`<init>`().(apple)"] == scip.SymbolInformation.Parameter


def test_only_written_accessors_of_kotlin_are_defined_at_their_words(tmp_path):
    text = """package p
class Class {
    val lazyOne by lazy { get("a") }
    val asked by get("b")
    val listed: Map<Int, () -> Unit> =
        get("c")
    val told: String /* get( */ = run(
        1, "{"
    ) { "}"
        get("d")
    }
        @Deprecated("x") get() = field + "${set("e")}"
    var plain = 1
        private set
    var same = listOf(1)
        // set(
        set(value) { field = value }
    val line: Int get() = 1
    fun get(a: String) = a
}
"""
    found = _named(_documents(tmp_path, {"a.kt": text})["a.kt"], text)
    functions = [one.replace("p/Class#", "") for one in found if "= " in one and one.endswith("().")]
    accessors = [one for one in functions if "= get" in one or "= set" in one]
    assert sorted(accessors, key=lambda one: int(one.partition(" ")[0])) == [
        "3 lazyOne= getLazyOne().",
        "4 asked= getAsked().",
        "5 listed= getListed().",
        "12 get= getTold().",
        "13 plain= getPlain().",
        "14 set= setPlain().",
        "15 same= getSame().",
        "17 set= setSame().",
        "18 get= getLine().",
        "19 get= get().",
    ]


def test_functions_of_kotlin_keep_the_symbols_that_accessors_would_have(tmp_path):
    first = 'package p\nclass A { private val name = "x"; fun getName() = name }\nprivate val one = 1\n'
    other = "package p\nfun getOne() = 2\nclass B { var name = 1 }\n"
    documents = _documents(tmp_path, {"a.kt": first, "b.kt": other})
    listed = [one.symbol.rpartition(" ")[2] for document in documents.values() for one in document.symbols]
    assert [one for one in sorted(listed) if "Name()" in one or "One()" in one] == [
        "p/A#getName().",
        "p/B#getName().",
        "p/B#setName().",
        "p/getOne().",
    ]
    defined = [one for one in _named(documents["a.kt"], first) if one.endswith("getName().")]
    assert defined == ["2 getName= p/A#getName()."]


def test_parameters_are_locals_in_java_go_and_rust(tmp_path):
    files = {"Methods.java": JAVA, "m.go": GO, "lib.rs": RUST}
    documents = _documents(tmp_path, files)
    for path, text in files.items():
        assert [one for one in _named(documents[path], text) if one.endswith(")")] == []
        listed = [one.symbol for one in documents[path].symbols]
        assert len(set(listed)) == len(listed)
    found = _named(documents["Methods.java"], JAVA)
    assert [one for one in found if "local" in one] == [
        "3 value= local 1",
        "3 more= local 0",
        "3 value: local 1",
        "3 more: local 0",
        "4 n= local 2",
        "4 n: local 2",
    ]
    value = next(one for one in documents["Methods.java"].symbols if one.display_name == "value")
    assert (value.symbol, value.kind) == ("local 1", scip.SymbolInformation.Parameter)


def test_methods_of_interfaces_of_go_are_terms(tmp_path):
    found = _named(_documents(tmp_path, {"m.go": GO})["m.go"], GO)
    assert [one for one in found if " Close" in one] == [
        "3 Closer= m/Closer#",
        "3 Close= m/Closer#Close.",
        "6 Close= m/File#Close().",
        "7 Closer: m/Closer#",
        "7 Close: m/Closer#Close.",
    ]


def test_members_of_impl_blocks_are_named_by_type_and_trait(tmp_path):
    found = _named(_documents(tmp_path, {"lib.rs": RUST})["lib.rs"], RUST)
    assert [one.partition("impl#")[2] for one in found if "impl#" in one and " Self: " not in one] == [
        "[`Pair<T>`]new().",
        "[`Pair<T>`]MAX.",
        "[`Pair<u8>`][`Add<Self>`]Output#",
        "[`Pair<u8>`][`Add<Self>`]add().",
        "[`Pair<u8>`][`From<u8>`]from().",
        "[`Pair<T>`]new().",
        "[`Pair<u16>`][`From<u16>`]from().",
        "[`Pair<T>`]new().",
        "[`Pair<u8>`][Named]name().",
        "[`Pair<u8>`][Named]name().",
    ]
    inner = [one for one in found if "inner/impl#" in one]
    assert [one.partition(" ")[0] for one in inner] == ["9", "11"]


def test_self_in_an_impl_block_of_rust_is_the_block_and_an_associated_type_the_trait_s(tmp_path):
    text = """pub trait Visit { type Output; fn visit(&self) -> Self::Output; }
pub struct A;
impl A { pub fn new() -> Self { Self } fn boxed(self: Box<Self>) -> Self { Self::new() } }
impl Visit for A {
    type Output = Option<Self>;
    fn visit(&self) -> Self::Output { None }
}
"""
    document = _documents(tmp_path, {"a.rs": text})["a.rs"]
    found = [one for one in _named(document, text) if one.split(" ")[1] in {"Self:", "Output:", "Output="}]
    assert found == [
        "1 Output= a/Visit#Output#",
        "1 Self: a/Visit#",
        "1 Output: a/Visit#Output#",
        "3 Self: a/impl#[A]",
        "3 Self: a/impl#[A]",
        "3 Self: a/impl#[A]",
        "3 Self: a/impl#[A]",
        "3 Self: a/impl#[A]",
        "5 Output= a/impl#[A][Visit]Output#",
        "5 Self: a/impl#[A][Visit]",
        "6 Self: a/impl#[A][Visit]",
        "6 Output: a/Visit#Output#",
    ]
    related = {one.symbol.rpartition(" ")[2]: len(one.relationships) for one in document.symbols}
    assert related["a/A#"] == 1
    assert "a/impl#[A]" not in related
