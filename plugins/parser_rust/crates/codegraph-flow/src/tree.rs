//! A flat syntax tree as lowerings read it: nodes by position, kinds and fields as small enums.

use codegraph_syntax::core::{Action, Grammar, Record};
use codegraph_syntax::text::{Encoding, decode};
use std::borrow::Cow;

use crate::ir::Span;

/// Declare which nodes of a grammar a lowering knows: an enum `Kind`, and `NAMED`, their names with their kinds.
macro_rules! kinds {
    ($($kind:ident $name:literal,)*) => {
        /// A node's kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            /// Anything else.
            Other,
            /// A token without a name of its own that the lowering reads.
            Token,
            $(#[doc = $name] $kind,)*
        }

        const NAMED: &[(&str, Kind)] = &[$(($name, Kind::$kind),)*];
    };
}

pub(crate) use kinds;

/// Position of a node among the records of its tree.
pub(crate) type Node = usize;

/// Which of a grammar's symbols and fields a lowering knows.
pub(crate) struct Symbols<K> {
    kinds: Vec<K>,
    fields: Vec<u8>,
    pub(crate) actions: Vec<Action>,
}

impl<K: Copy> Symbols<K> {
    /// Read a grammar's names.
    ///
    /// `kind_of` maps a node's name to its kind (`named` says whether it is a token without a name of its own) and says
    /// how it is recorded; `fields` lists the fields of which the lowering speaks by their position plus one.
    pub(crate) fn new(grammar: &Grammar, fields: &[&str], kind_of: impl Fn(&str, bool) -> (K, Action)) -> Self {
        let mut kinds = Vec::with_capacity(grammar.symbol_names.len());
        let mut actions = Vec::with_capacity(grammar.symbol_names.len());
        for (name, &named) in grammar.symbol_names.iter().zip(&grammar.symbol_named) {
            let (kind, action) = kind_of(name, named);
            kinds.push(kind);
            actions.push(action);
        }
        let position = |name: &String| fields.iter().position(|field| field == name).map_or(0, |at| at as u8 + 1);
        Self { kinds, fields: grammar.field_names.iter().map(position).collect(), actions }
    }
}

/// A parsed file.
pub(crate) struct Tree<'t, K> {
    symbols: &'t Symbols<K>,
    pub(crate) records: &'t [Record],
    pub(crate) source: &'t [u8],
    pub(crate) encoding: Encoding,
}

impl<K> Clone for Tree<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Tree<'_, K> {}

impl<'t, K: Copy> Tree<'t, K> {
    pub(crate) fn new(symbols: &'t Symbols<K>, records: &'t [Record], source: &'t [u8], encoding: Encoding) -> Self {
        Self { symbols, records, source, encoding }
    }

    #[inline]
    pub(crate) fn kind(self, node: Node) -> K {
        self.symbols.kinds[usize::from(self.records[node].symbol)]
    }

    #[inline]
    pub(crate) fn parent_kind(self, node: Node) -> K {
        self.symbols.kinds[usize::from(self.records[node].parent)]
    }

    /// The number of the node's field in the lowering's list, counted from 1; 0 is any other or none.
    #[inline]
    pub(crate) fn field_of(self, node: Node) -> u8 {
        self.symbols.fields[usize::from(self.records[node].field)]
    }

    /// The position past a node and all below it.
    #[inline]
    pub(crate) fn after(self, node: Node) -> Node {
        self.records[node].next as usize
    }

    #[inline]
    pub(crate) fn children(self, node: Node) -> Children<'t, K> {
        Children { tree: self, next: node + 1, end: self.after(node) }
    }

    /// The first child in a field.
    #[inline]
    pub(crate) fn child(self, node: Node, field: u8) -> Option<Node> {
        self.children(node).find(|&child| self.field_of(child) == field)
    }

    #[inline]
    pub(crate) fn span(self, node: Node) -> Span {
        let record = &self.records[node];
        Span { start: record.start, end: record.end }
    }

    #[inline]
    pub(crate) fn bytes(self, node: Node) -> &'t [u8] {
        let record = &self.records[node];
        &self.source[record.start as usize..record.end as usize]
    }

    #[inline]
    pub(crate) fn text(self, node: Node) -> Cow<'t, str> {
        decode(self.bytes(node), self.encoding)
    }
}

/// The children of a node, in order.
pub(crate) struct Children<'t, K> {
    tree: Tree<'t, K>,
    next: Node,
    end: Node,
}

impl<K: Copy> Iterator for Children<'_, K> {
    type Item = Node;

    #[inline]
    fn next(&mut self) -> Option<Node> {
        if self.next >= self.end {
            return None;
        }
        let node = self.next;
        self.next = self.tree.after(node);
        Some(node)
    }
}
