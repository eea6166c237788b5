"""Whatever is done to a source text, parsing it gives sound tables, and the same ones each time."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegraph_hookspecs import Parser
from codegraph_hookspecs.testing import check_same_rows
from tests.unit.parsers.parsing import PARSERS, parse_text

TEXTS: Final = {
    "m.py": '''"""Module."""
import os, a.b as c
from .x import y as z, w
__all__ = ["f", "A"]
LIMIT: int = 3


@deco(1)
class A(Base, metaclass=M):
    """Doc."""
    field: int = 1

    def __init__(self, q, *args, k=lambda v: v + 1, **kw):
        self.own = q
        super().__init__(*args)

    @property
    def size(self): return [n for n in self.own if n]


async def f(a, b=LIMIT):
    global G
    G = 1
    async for i in a:
        yield (w := i)
    match b:
        case {"k": v, **rest} if v: return A(v)
        case A(x=1) | None: pass
    try:
        with open(b) as fh: return fh.read()
    except (OSError, E) as err: assert a or b
''',
    "m.ts": """import def, { a as b, type T } from './lib';
import * as ns from './lib';
export * from './other';
/** Doc. */
@Deco({ a: 1 })
export abstract class A<T> extends ns.Base<T> implements I, J {
  #p = 1;
  constructor(private readonly s: S, { x = 1, ...r }: P = {}) { super(s); this.own = x ?? 2; }
  get v(): number { return this.#p; }
  over(a: string): void;
  over(a: any): void { for (const [k, w] of a) { this.v(k); } }
  handlers = { run() { return 1; }, arrow: () => this.over('a') };
}
export enum E { R, G = 'g', 'q' }
namespace N.M { export function deep() {} }
type M<T> = T extends infer U ? { [K in keyof T]: U } : never;
interface I { readonly a?: string; m(x: T): void }
const fn = async <T,>(x: T, ...rest: any[]) => { try { await x; } catch ({ message }) { fn`a${message}`; } };
export default function* () { yield new A(1); label: while (true) break label; }
""",
    "m.js": """const fs = require('fs'), { j, k: l } = require('./x');
module.exports = { f, g: () => 1, h() {} };
exports.q = function named() { return named(); };
function f(a, { b, c: [d = 1] } = {}, ...e) { switch (a) { case 1: return b || d; default: return import('./y'); } }
class C extends f(Object) { static { C.x = 1; } static async *gen() { yield* this.gen(); } ['computed']() {} }
C.prototype.late = function () { this.gen(); };
var el = <ns.Tag on={() => f(1)} {...el}><b>{`t${f(2)}`}</b></ns.Tag>;
export { f as default, el }; export const [p, ...q] = [1, 2];
""",
    "m.rs": """#![no_std]
//! Module.
use std::{fmt::{self, Display as D}, io::*, r#mod};
pub(crate) use self::inner::Deep;
#[cfg(test)]
#[path = "other.rs"]
mod tests;
/// Doc.
#[derive(Debug)]
pub struct S<'a, T: Clone = u8>(pub T, #[x] &'a str) where T: 'a;
enum E { A, B(i32), C { z: u8 } = 3 }
trait Tr<T>: D + fmt::Debug { const N: usize = 1; type I: ?Sized; fn f(&self) -> Self::I; fn g(&self) { self.f(); } }
impl<'a, T> Tr<T> for S<'a, T> where T: for<'b> Fn(&'b T) { type I = [u8]; fn f(&self) -> Self::I { Self::make(1)?.0 } }
impl<T> Tr<T> for (T, &[T; 3]) { fn f(mut self: Box<Self>) { <T as Tr<u8>>::g(&self); } }
impl<T: D> Tr<T> for T {}
impl !Send for other::Far {}
impl E { fn f(&mut self, (a, E::B(b)): (u8, E)) { self.f((a, E::A)); Self::N; } }
mod inner { //! In.
    pub const unsafe extern "C" fn deep<const N: usize>() -> impl Fn() { move || async { vec![1, f(2), "x"] } } }
macro_rules! m { ($a:expr) => { fn $a() {} }; ($b:ident, $($c:tt)*) => {}; }
fn main() -> Result<(), E> {
    let f = |q: i32, w| -> i32 { if q > w && w == 1 { q } else { w } };
    let Some(t) = opt() else { panic!("{} {}", a && b, c,) };
    match t { E::A if x || y => 1, P { l, m: ref k, .. } => ::std::mem::swap::<u8>(l, k), s @ (1..=3 | CONST) => {} }
    for (i, j) in it.iter().map(|x| x.0) { 'l: while let Some(z) = i { break 'l; } }
    #[allow(unused)] impl Far { fn late() {} }
    unsafe { *p = S { x, y: 1, ..Default::default() } };
    Ok(())
}
extern "C" { fn cc(a: i32, ...); static X: u8; }
""",
    "p/m.go": """//go:build linux

// Package p is one.
package p

import (
	"fmt"
	m "math"
	. "os"
	_ "x/go-y/v2"
)

// Limits.
const (
	A, _ = iota, 2 // trailing
	B
)

type Shape interface {
	fmt.Stringer
	~int | Other
	Area(scale float64) (area float64, err error)
}

// Box holds.
type Box[T any] struct {
	sync.Mutex
	*Base
	List[T]
	w, h int `json:"w"`
	in   struct{ X int }
}

var x, y int = 1, len("ab")

func (b *Box[T]) Area(scale float64, rest ...T) (area float64, err error) {
	for i := range rest { _ = i }
	switch v := any(x).(type) { case int: b.Area(v); default: return }
	select { case r := <-ch: use(r) }
	if a, ok := b.w, true; ok && a > 0 || !ok { go func() { recover() }() }
	local := func(k int) Box[T] { return Box[T]{w: k, List: nil} }
	f[int](x); (*Box[T])(nil).Area(1); _ = []byte("x"); local(m.Pi)
	return 0, nil
}

func (o *Outside) Close() { o.Flush(); o.conn.Close() }

func init() {}
func init() {}
""",
    "p/M.java": """package a.b;
import java.util.*;
import static a.C.m;
/** Doc. */
@Entity(name = "x")
public abstract sealed class A<T extends Comparable<T>> extends Base<T> implements I, J<K> permits B {
  private static final int X = 1, Y[] = {2};
  static { init(); }
  public A(int a, String... rest) throws E { super(a); this.x = a; A.this.m(); I.super.d(); }
  enum Op { ONE, TWO(2) { void f() {} }; Op(int i) {} }
  record P(@D int x, int... y) implements I { P { check(x); } }
  @interface Ann { int value() default 1; }
  void body(int p) {
    var v = new ArrayList<String>(10) { @Override public int size() { return v.q().r; } };
    F f = (x, y) -> { return x + y; }; use(String::valueOf, this::body, int[]::new);
    for (Foo s : list) { s.go().on(1); } try (Foo in = open()) { in.x(); } catch (R | S e) { e.f(); }
    switch (o) { case String s when s.length() > 1 -> s.x(); case Point(int q, var w) -> {} default -> {} }
    if (o instanceof Foo g && p > 0) { g.h(); } label: while (true) break label; a.b.C.<T>d(1).e[0] = 1;
  }
}
""",
    "p/m.kt": """@file:JvmName("Util")
package a.b
import q.C as D
import q.*
/** Doc. */
@Entity(name = "x") data class A<T : B>(val x: Int = 1, private var y: String, z: Long) : Base<T>(x), I by k {
  constructor(a: Int) : this(a, "") { foo() }
  init { println(x) }
  var p: Int get() = field + 1
    private set(value) { field = value }
  companion object { const val C = 1; fun create() = A(1) }
  override fun <R> gen(r: R, vararg f: (Int) -> Unit = {}): R? { super.gen(r); this@A.p; return null }
  enum class E(val i: Int) : II {
    ONE(1) { override fun g() {} },
    TWO(2);
    fun g() {}
  }
}
typealias TA<T> = Map.Entry<String, T>
infix fun String.ext(n: Int = 2): Int = this.length + n
val (c, d) = pair
fun body(b: Foo?) {
  b?.run(1) { it.x }.y
  val o = object : Runnable, Base(1) { override fun run() {} }
  when (val w = x) { is S -> 1; else -> 4 }
  a to b ?: throw E("${b!!.z}")
}
""",
}
FRAGMENTS: Final = (
    "(", ")", "{", "}", "[", "]", "'", '"', "`", '"""', "/*", "*/", "//", "#", "\n", "    ", ":", ";", ",", ".", "=",
    "=>", "def ", "class ", "import ", "from x import ", "export ", "function ", "lambda ", "@", "async ", "${", "<a>",
    "</a>", "\\", "\0", "é", "\u2028", "😀", "\r", "\t", "x", "self.", "this.", "super", "yield ", "<<<<<<< HEAD\n",
    "fun ", "val ", "package a.b", "new ", "::", "->", "?.", "@A ", "enum ", "record ",
    "func ", "func (r *T) ", "type ", "struct{", ":=", "package ",
    "*", "...",
)  # fmt: skip

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(FRAGMENTS) | st.text(max_size=5)),
    min_size=1,
    max_size=6,
)


def edited(text: str, changes: list[tuple[float, int, str]]) -> str:
    """Replace some characters at relative positions."""
    for where, length, new in changes:
        start = int(where * len(text))
        text = text[:start] + new + text[start + length :]
    return text


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("value", ["function f() {}", "const f = {};", "let f = { a: 1 };", "class f {}"])
def test_a_value_may_get_methods_behind_it(parser: Parser, value: str) -> None:
    parsed = parse_text(parser, "m.js", f"{value}\nf.q = function named() {{ return 1; }};\n")
    assert parsed.status == "ok"


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("path", TEXTS)
class TestEdits:
    @given(changes=edits)
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_any_edit_gives_sound_tables(
        self, parser: Parser, path: str, changes: list[tuple[float, int, str]]
    ) -> None:
        # parse_text checks schemas, nesting of spans, uniqueness of ids, ordinals, and lines against bytes
        text = edited(TEXTS[path], changes).encode("utf-8", "surrogatepass")
        parsed = parse_text(parser, path, text)
        assert parsed.status in {"ok", "degraded", "skipped"}
        assert (parsed.status == "ok") == (not parsed.codes)

    @given(changes=edits)
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_an_edit_that_is_undone_leaves_no_trace(
        self, parser: Parser, path: str, changes: list[tuple[float, int, str]]
    ) -> None:
        before = parse_text(parser, path, TEXTS[path], checked=False)
        text = edited(TEXTS[path], changes).encode("utf-8", "surrogatepass")
        first = parse_text(parser, path, text, checked=False)
        after = parse_text(parser, path, TEXTS[path], checked=False)
        again = parse_text(parser, path, text, checked=False)
        check_same_rows(before.batch, after.batch, "an edit and its undoing")
        check_same_rows(first.batch, again.batch, "the same text twice")

    @given(st.data())
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_ids_do_not_move_when_lines_are_put_before_them(
        self, parser: Parser, path: str, data: st.DataObject
    ) -> None:
        comment = "#" if path.endswith(".py") else "//"
        lines = data.draw(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r\n\0*/"), max_size=20)))
        shift = "".join(f"{comment} {line}\n" for line in lines)
        before = parse_text(parser, path, TEXTS[path], checked=False)
        after = parse_text(parser, path, shift + TEXTS[path], checked=False)
        assert [row["id"] for row in before.rows("nodes")] == [row["id"] for row in after.rows("nodes")]
        assert [row["id"] for row in before.rows("call_sites")] == [row["id"] for row in after.rows("call_sites")]


@pytest.mark.parametrize("parser", PARSERS)
@given(content=st.binary(max_size=200))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_bytes_give_sound_tables(parser: Parser, content: bytes) -> None:
    wide = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for path in TEXTS:
        parse_text(parser, path, content, checked=not wide)
