//! The solver: clones units for contexts, turns their constraints into graph nodes, and runs until all is quiet.
//!
//! Inclusion-based (Andersen 1994), field-sensitive, with an on-the-fly call graph: a frame is analysed when a call
//! reaches it. Everything is numbered in the order in which it is met, and the work list is first in, first out, so
//! equal programs give equal results whatever the number of threads that lowered them.

use std::collections::VecDeque;
use std::rc::Rc;

use thin_vec::ThinVec;

use crate::classes::ClassState;
use crate::explain::{Explanation, Wanted};
use crate::graph::{Graph, NO_CAUSE, Node, Trigger};
use crate::items::ContainerState;
use crate::models::Models;
use crate::modules::ModuleFinder;
use crate::names::WellKnown;
use crate::objects::{CloneId, Context, ContextId, Object, ObjectId, Objects};
use crate::prefetch::prefetch;
use crate::program::*;
use crate::protocols::Operation;
use crate::report::{Outcome, Sites};

/// A place in the program: a unit's first number and the position of the constraint.
pub type Site = u32;

/// Bounds that keep the analysis finite in practice; what they cut is counted in the outcome.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Values that the clones of one unit in one surrounding frame may have together: short units get more clones.
    pub values_per_unit: u32,
    /// Clones of one unit in one surrounding frame.
    pub clones_per_unit: u32,
    /// Allocation sites that one class's instances are told apart by.
    pub sites_per_class: u32,
    /// Nodes in all, for each value of the program: beyond it, new clones have no context.
    pub nodes_per_value: u32,
    /// Objects of a node; what comes after is lost, and the node is said to be full.
    pub objects_per_node: u32,
    /// Keys that a container's items are told apart by; items under further keys are at unknown places.
    pub slots_per_container: u32,
    /// Whether what a frame makes is told apart by the frame's context.
    pub heap_contexts: bool,
    /// Objects that may be passed along edges.
    pub steps: u64,
}

impl Budget {
    /// Return the bounds for a program of so many constraints: the larger it is, the fewer contexts are told apart,
    /// so that time and memory grow with the program and not with its square.
    pub fn for_size(constraints: usize) -> Self {
        match constraints {
            0..=100_000 => Self {
                values_per_unit: 2_000,
                clones_per_unit: 24,
                sites_per_class: 12,
                nodes_per_value: 6,
                objects_per_node: 128,
                slots_per_container: 256,
                heap_contexts: true,
                steps: 50_000_000,
            },
            100_001..=400_000 => Self {
                values_per_unit: 400,
                clones_per_unit: 6,
                sites_per_class: 3,
                nodes_per_value: 3,
                objects_per_node: 64,
                slots_per_container: 48,
                heap_contexts: false,
                steps: 100_000_000,
            },
            _ => Self {
                values_per_unit: 60,
                clones_per_unit: 3,
                sites_per_class: 0,
                nodes_per_value: 2,
                objects_per_node: 24,
                slots_per_container: 12,
                heap_contexts: false,
                steps: 200_000_000,
            },
        }
    }

    /// Return the bounds for the first attempt at a program of JavaScript. One that settles takes few steps for each
    /// constraint; where a library keeps its functions under keys that nobody knows, all flow everywhere, and that is
    /// seen long before the work would end. In a large program that is so as a rule.
    fn attempted(self, constraints: usize) -> Self {
        let coarsest = Self::for_size(usize::MAX);
        if self.objects_per_node == coarsest.objects_per_node {
            return Self { objects_per_node: coarsest.objects_per_node / 2, ..self };
        }
        Self { steps: FEW_STEPS + STEPS_PER_CONSTRAINT * constraints as u64, ..self }
    }

    /// Return the bounds to begin anew with where an analysis ended early: what it would have told apart is worth less
    /// than the callees behind it. Contexts and sites go first, and objects of a node only if that was not enough.
    ///
    /// Of JavaScript it is the objects that go first: a place where dozens of functions meet says of none that it is
    /// called, and passes them all on. Contexts stay, of what frames make too: what a library's few functions make for
    /// each of their callers has that caller's callbacks, and those of all others meet where that is one object.
    fn coarser(self, is_ecmascript: bool) -> Option<Self> {
        let coarsest = Self::for_size(usize::MAX);
        let fewest = coarsest.objects_per_node / 2;
        let few = Self { objects_per_node: fewest, ..coarsest };
        if is_ecmascript {
            if self.objects_per_node > coarsest.objects_per_node {
                let Self { clones_per_unit, sites_per_class, heap_contexts, .. } = Self::for_size(0);
                return Some(Self {
                    clones_per_unit,
                    sites_per_class,
                    heap_contexts,
                    objects_per_node: coarsest.objects_per_node,
                    steps: 2 * self.steps,
                    ..Self::for_size(SMALL_PROGRAM)
                });
            }
            if self.objects_per_node > fewest {
                let clones_per_unit = self.clones_per_unit.min(MANY_CLONES);
                return Some(Self { clones_per_unit, ..few });
            }
        } else if self.sites_per_class > coarsest.sites_per_class {
            return Some(Self { objects_per_node: 128, steps: self.steps, ..coarsest });
        } else if self.objects_per_node > coarsest.objects_per_node {
            return Some(coarsest);
        }
        (self.clones_per_unit > 1).then_some(Self { clones_per_unit: 1, ..few })
    }
}

/// Prepare a solver and settle all of a program, of `prepare`d solvers the first that comes to its end within bounds.
fn settled<'p>(
    program: &'p Program,
    mut symbols: Symbols,
    models: &'p Models,
    prepare: impl Fn(&mut Solver<'p>),
) -> Solver<'p> {
    let constraints = program.units.iter().map(|unit| unit.ops.len()).sum();
    let mut budget = Budget::for_size(constraints);
    if program.units.first().is_some_and(|unit| unit.language == Language::Ecmascript) {
        budget = budget.attempted(constraints);
    }
    loop {
        let mut solver = Solver::new(program, symbols, models, budget);
        prepare(&mut solver);
        solver.settle_all();
        match budget.coarser(solver.spares) {
            Some(coarser) if solver.outcome.out_of_budget => {
                (budget, symbols) = (coarser, solver.symbols);
            }
            _ => return solver,
        }
    }
}

/// Analyse a program: modules first, then functions that nobody calls.
pub fn solve(program: &Program, symbols: Symbols, models: &Models) -> Outcome {
    settled(program, symbols, models, |_| ()).finish()
}

/// Say why a definition of a program calls another: one explanation for each place, in order.
pub fn explain(
    program: &Program,
    symbols: Symbols,
    models: &Models,
    caller: Wanted,
    callee: Wanted,
) -> Vec<Explanation> {
    settled(program, symbols, models, Solver::record).explained(caller, callee)
}

/// Arguments of a call, as nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub positional: ThinVec<Node>,
    pub spread: ThinVec<Node>,
    pub named: ThinVec<(Symbol, Node)>,
    pub named_spread: ThinVec<Node>,
}

/// A call in a clone.
#[derive(Clone, Debug)]
pub(crate) struct CallInstance {
    pub site: Site,
    pub caller: CloneId,
    pub to: Node,
    pub arguments: Rc<Arguments>,
    pub form: CallForm,
    /// Not written at the site: a protocol's or a callback's.
    pub implicit: bool,
    /// Calls made on behalf of calls: objects that call themselves would go on for ever.
    pub depth: u8,
}

/// An item that is read or written.
#[derive(Clone, Debug)]
pub(crate) struct ItemAccess {
    pub key: Option<Node>,
    pub place: Place,
    /// Where it goes, or what is put there.
    pub value: Node,
    pub site: Site,
    pub caller: CloneId,
}

/// What is done with an object that arrives at a node.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    LoadAttribute {
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    StoreAttribute {
        name: Symbol,
        value: Node,
        site: Site,
        caller: CloneId,
    },
    SetThrough {
        receiver: ObjectId,
        value: Node,
        site: Site,
        caller: CloneId,
    },
    Bind {
        receiver: ObjectId,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    BindClass {
        class: ObjectId,
        to: Node,
    },
    Call(u32),
    /// The object is given to a decorator.
    Decorate {
        unit: UnitId,
    },
    /// The object came out of a decorator.
    Decorated {
        unit: UnitId,
        argument: Node,
        to: Node,
    },
    Base {
        class: ObjectId,
        position: u32,
    },
    ImportMember {
        name: Symbol,
        to: Node,
        file: u32,
    },
    LoadItem(Rc<ItemAccess>),
    LoadItemKey {
        object: ObjectId,
        to: Node,
    },
    StoreItem(Rc<ItemAccess>),
    DeleteItem {
        key: Node,
        site: Site,
        caller: CloneId,
    },
    ElementKey {
        container: ObjectId,
        value: Node,
    },
    CopySlot {
        container: ObjectId,
        /// Keys that are bound again in the container's literal are left out.
        is_masked: bool,
    },
    CopyRange {
        container: ObjectId,
        shift: i32,
        from: i32,
        until: i32,
    },
    /// Something is at an unknown place of a sequence whose length counted as known.
    Opened {
        all: Node,
        to: Node,
    },
    Lengthened {
        right: Node,
        container: ObjectId,
        site: Site,
        caller: CloneId,
    },
    TakeItems {
        container: ObjectId,
        at: Option<i32>,
        site: Site,
        caller: CloneId,
    },
    TakePair {
        mapping: ObjectId,
    },
    SpreadMapping {
        container: ObjectId,
    },
    Slice(Rc<crate::sequences::SliceAccess>),
    /// `MethodType(function, receiver)`
    MethodOf {
        receivers: Node,
        to: Node,
    },
    BindTo {
        function: ObjectId,
        to: Node,
    },
    ImportNamed {
        to: Node,
        file: u32,
        root: bool,
    },
    /// Arguments with which a record is made anew.
    WithFields {
        call: u32,
    },
    FillFields {
        call: u32,
        record: ObjectId,
    },
    FieldDefault {
        to: Node,
        site: Site,
        caller: CloneId,
    },
    /// A function is added to those that a dispatcher chooses from.
    Register(Box<crate::dispatching::Registration>),
    /// The members of a class that no statement makes.
    ClassOf {
        call: u32,
        metaclass: ObjectId,
    },
    BasesOf {
        class: ObjectId,
    },
    MemberOf {
        class: ObjectId,
    },
    /// `left + text` of two constant texts.
    Concatenate {
        left: ObjectId,
        to: Node,
    },
    OwnMethod {
        name: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    DeleteAttribute {
        name: Symbol,
        site: Site,
        caller: CloneId,
    },
    DeleteThrough {
        receiver: ObjectId,
        site: Site,
        caller: CloneId,
    },
    /// A member of a class that may want to know its name.
    NameMember {
        class: ObjectId,
        name: Symbol,
        site: Site,
        caller: CloneId,
    },
    /// What `__new__` of a class gave.
    Constructed {
        call: u32,
        class: ObjectId,
    },
    /// A class of a pattern: the attribute at a position of its `__match_args__`.
    MatchClass {
        object: Node,
        to: Node,
        position: u32,
        site: Site,
        caller: CloneId,
    },
    MatchName {
        object: Node,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    /// An operator's result may say that the other operand has to decide.
    NotImplemented {
        operation: u32,
    },
    /// A parameter decides whether a branch is entered.
    Fulfil {
        branch: u32,
        condition: u8,
    },
    /// `isinstance(object, class)` holds, or does not.
    Narrow {
        class: Node,
        to: Node,
        holds: bool,
    },
    NarrowBy {
        object: ObjectId,
        to: Node,
        holds: bool,
    },
    /// The left operand of an operation.
    Operate {
        operation: u32,
    },
    Iterate {
        to: Node,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    Next {
        to: Node,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    IterateThenNext {
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Unpack(Rc<ItemAccess>),
    Operator {
        method: Symbol,
        other: Node,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Protocol {
        method: Symbol,
        to: Node,
        site: Site,
        caller: CloneId,
    },
    Enter {
        to: Node,
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    Exit {
        asynchronous: bool,
        site: Site,
        caller: CloneId,
    },
    Await {
        to: Node,
        site: Site,
        caller: CloneId,
    },
    YieldFrom {
        to: Node,
        out: Node,
        site: Site,
        caller: CloneId,
    },
    Raise {
        site: Site,
        caller: CloneId,
    },
    InstanceOf {
        to: Node,
    },
    SpreadArgument {
        target: CloneId,
        offset: u32,
        site: Site,
        caller: CloneId,
    },
    NamedSpreadArgument {
        target: CloneId,
        bound: u64,
    },
    KeyName {
        call: u32,
    },
    NamedAccess {
        name: Symbol,
        call: u32,
    },
    /// A name has arrived at `object.__setattr__(instance, name, value)`.
    SetKey {
        call: u32,
    },
    SetNamed {
        name: Symbol,
        call: u32,
    },
    AffixAccess {
        prefix: Symbol,
        suffix: Symbol,
        call: u32,
    },
    SuperOf {
        call: u32,
    },
    SuperReceiver {
        class: ObjectId,
        to: Node,
    },
    TypeOf {
        to: Node,
    },
    Wrap {
        is_static: bool,
        to: Node,
    },
    MakeInstance {
        call: u32,
    },
    /// `type.__call__(class, …)`
    MakeOf {
        call: u32,
    },
    Update {
        container: ObjectId,
        site: Site,
        caller: CloneId,
    },
    Ecma(crate::ecmascript::Action),
}

const _: () = assert!(size_of::<Action>() <= 24, "a program has millions of them");

/// A unit analysed for a context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CloneState {
    pub unit: UnitId,
    pub around: CloneId,
    pub context: ContextId,
    pub base: Node,
}

/// The analysis of one program.
pub struct Solver<'p> {
    pub(crate) program: &'p Program,
    pub(crate) models: &'p Models,
    pub(crate) budget: Budget,
    pub(crate) known: WellKnown,
    pub(crate) symbols: Symbols,
    pub(crate) objects: Objects,
    pub(crate) graph: Graph,
    pub(crate) finder: ModuleFinder,
    pub(crate) clones: Vec<CloneState>,
    clone_ids: Map<(UnitId, CloneId, ContextId), CloneId>,
    clone_counts: Map<(UnitId, CloneId), u32>,
    new_clones: VecDeque<CloneId>,
    pub(crate) actions: Vec<Action>,
    pub(crate) calls: Vec<CallInstance>,
    pub(crate) fields: Map<(ObjectId, Symbol), Node>,
    pub(crate) containers: Map<ObjectId, ContainerState>,
    pub(crate) classes: Map<ObjectId, ClassState>,
    /// Whether the order that is being computed met a class that derives from itself.
    pub(crate) has_cycle: bool,
    /// Class objects by the clone of their body.
    pub(crate) class_of_clone: Map<CloneId, ObjectId>,
    pub(crate) cells: Map<(CloneId, u32), Node>,
    /// Nodes that hold one object, by object; [`NONE`] if there is none.
    singles: Vec<Node>,
    /// Members of what is outside, by the name of the whole and of the member.
    pub(crate) external_members: Map<(Symbol, Symbol), ObjectId>,
    /// What names of the language stand for.
    pub(crate) builtin_names: Map<Symbol, Option<ObjectId>>,
    /// Texts as objects, by symbol; [`NONE`] if there is none.
    texts: Vec<ObjectId>,
    /// Any text, and any integer.
    any_constants: [Option<ObjectId>; 2],
    no_arguments: Rc<Arguments>,
    /// Nodes beyond which nothing is cloned.
    most_nodes: usize,
    most_actions: usize,
    /// The program is of a language whose functions get no more contexts once half of its bound is spent.
    spares: bool,
    pub(crate) site_bases: Vec<Site>,
    /// Function objects by unit, first made first.
    pub(crate) made: Map<UnitId, Vec<ObjectId>>,
    pub(crate) defaults: Map<ObjectId, Rc<[(u32, Node)]>>,
    pub(crate) annotations: Map<ObjectId, Rc<[(u32, Node)]>>,
    pub(crate) class_methods: Set<ObjectId>,
    pub(crate) static_methods: Set<ObjectId>,
    pub(crate) instance_sites: Map<ObjectId, u32>,
    /// (containers, key, to) of loads under keys that are values.
    pub(crate) unkeyed: Vec<(Node, Node, Node)>,
    /// (container, key, value) of stores under keys of which nothing was known.
    pub(crate) unkeyed_stores: Vec<(ObjectId, Node, Node)>,
    /// Keys that a literal binds after it takes another mapping.
    pub(crate) hidden_keys: Map<ObjectId, Box<[Symbol]>>,
    /// Names of functions that the language may look for.
    pub(crate) special_names: Set<Symbol>,
    /// Some method gives `NotImplemented`.
    pub(crate) defines_not_implemented: bool,
    pub(crate) waiting: crate::protocols::Waiting,
    pub(crate) branches: crate::branches::Branches,
    pub(crate) dispatching: crate::dispatching::Dispatching,
    /// The unit that stands for the frames of classes that no statement makes.
    pub(crate) frame_of_made: UnitId,
    /// Functions that are marked as those of heirs alone.
    pub(crate) abstract_methods: Set<ObjectId>,
    /// Classes by the mapping of their members that a metaclass is given.
    pub(crate) namespaces: Map<ObjectId, ObjectId>,
    /// Instances that have their own object.
    pub(crate) known_instances: Set<ObjectId>,
    /// Arguments that partial applications hold.
    pub(crate) partials: Map<ObjectId, Rc<Arguments>>,
    /// What decorators of the program are given.
    pub(crate) decorated: Set<(UnitId, ObjectId)>,
    /// How many calls places stand for without their being written, by whom they are analysed for.
    derived: Map<(Site, CloneId), u32>,
    pub(crate) set_attribute_name: Symbol,
    /// What is known of JavaScript's objects.
    pub(crate) ecma: crate::ecmascript::State,
    pub(crate) outcome: Outcome,
}

/// Offset of what a unit returns, after its values.
pub(crate) const RETURNED: u32 = 0;
/// Offset of what a generator hands out.
pub(crate) const YIELDED: u32 = 1;
/// Offset of what is sent into a generator.
pub(crate) const SENT: u32 = 2;
/// Offset of the receiver of a function that does not name it.
pub(crate) const THIS: u32 = 3;
/// Offset of what a unit throws.
pub(crate) const THROWN: u32 = 4;
const EXTRA: u32 = 5;
/// Deepest call on behalf of another: partial applications, metaclasses, objects that are called.
const MAX_DEPTH: u8 = 6;
/// Clones of a unit at most where an analysis of JavaScript has begun anew twice.
const MANY_CLONES: u32 = 6;
/// Steps of the first attempt at any program of JavaScript, and for each of its constraints.
const FEW_STEPS: u64 = 500_000;
const STEPS_PER_CONSTRAINT: u64 = 10;
/// Calls that one place may stand for without their being written. What objects that are called, descriptors and
/// functions like JavaScript's `call` give is called in its turn: each depth has as many calls as the one above it, times
/// the objects that get there.
const MOST_DERIVED: u32 = 256;
/// Nodes that any program may have.
const SMALL_PROGRAM: usize = 400_000;

impl<'p> Solver<'p> {
    /// Prepare the analysis of a program.
    pub fn new(program: &'p Program, symbols: Symbols, models: &'p Models, budget: Budget) -> Self {
        let mut symbols = symbols;
        let known = WellKnown::new(&mut symbols);
        let ecma = crate::ecmascript::State::new(program, &mut symbols);
        let set_attribute_name = symbols.intern("builtins.setattr");
        let value_count: usize = program.units.iter().map(|unit| unit.value_count as usize).sum();
        let mut site_bases = Vec::with_capacity(program.units.len() + 1);
        let mut next = 0;
        for unit in &program.units {
            site_bases.push(next);
            next += unit.ops.len() as u32 + 1;
        }
        site_bases.push(next);
        let special_names: Set<Symbol> =
            (program.units.iter()).map(|unit| unit.name).filter(|name| symbols.text(*name).starts_with("__")).collect();
        let not_implemented = symbols.intern("NotImplemented");
        let defines_not_implemented = (program.units.iter().flat_map(|unit| &unit.ops))
            .any(|op| matches!(op, Op::LoadBuiltin { name, .. } if *name == not_implemented));
        let spares = program.units.first().is_some_and(|unit| unit.language == Language::Ecmascript);
        let mut graph = Graph::new(budget.objects_per_node);
        graph.reserve(value_count);
        Self {
            program,
            models,
            budget,
            known,
            finder: ModuleFinder::new(program),
            symbols,
            objects: Objects::default(),
            graph,
            clones: Vec::new(),
            clone_ids: Map::default(),
            clone_counts: Map::default(),
            new_clones: VecDeque::new(),
            actions: Vec::with_capacity(value_count * 7 / 4),
            calls: Vec::with_capacity(value_count / 2),
            fields: Map::default(),
            containers: Map::default(),
            classes: Map::default(),
            has_cycle: false,
            class_of_clone: Map::default(),
            cells: Map::default(),
            singles: Vec::new(),
            external_members: Map::default(),
            builtin_names: Map::default(),
            texts: Vec::new(),
            any_constants: [None; 2],
            no_arguments: Rc::default(),
            most_nodes: SMALL_PROGRAM + budget.nodes_per_value as usize * value_count,
            most_actions: if spares { SMALL_PROGRAM / 8 } else { SMALL_PROGRAM } + 5 * value_count,
            spares,
            site_bases,
            made: Map::default(),
            defaults: Map::default(),
            annotations: Map::default(),
            class_methods: Set::default(),
            static_methods: Set::default(),
            instance_sites: Map::default(),
            unkeyed: Vec::new(),
            unkeyed_stores: Vec::new(),
            hidden_keys: Map::default(),
            special_names,
            defines_not_implemented,
            waiting: crate::protocols::Waiting::default(),
            branches: crate::branches::Branches::default(),
            dispatching: crate::dispatching::Dispatching::default(),
            frame_of_made: crate::made_classes::frame_of_made(program),
            abstract_methods: Set::default(),
            namespaces: Map::default(),
            known_instances: Set::default(),
            partials: Map::default(),
            decorated: Set::default(),
            derived: Map::default(),
            set_attribute_name,
            ecma,
            outcome: Outcome { sites: Sites::for_sites(next), ..Outcome::default() },
        }
    }

    fn settle_all(&mut self) {
        self.declare_modules();
        for file in 0..self.program.files.len() {
            let unit = self.program.files[file].unit;
            self.clone_of(unit, NONE, NONE);
        }
        self.run();
        loop {
            while (self.settle_waiting() || self.settle_dispatch()) && !self.outcome.out_of_budget {
                self.run();
            }
            if self.outcome.out_of_budget {
                break;
            }
            let seeded = self.seed_uncalled();
            let declared = self.seed_declared();
            self.run();
            let more = self.seed_narrowed() || self.settle_branches() || self.settle_dispatch();
            if !seeded && !declared && !more && !self.settle_unknown_dispatch() {
                break;
            }
        }
        while self.declare_ecma() && !self.outcome.out_of_budget {
            self.run();
            while self.seed_uncalled() && !self.outcome.out_of_budget {
                self.run();
            }
        }
        while self.settle_keys() && !self.outcome.out_of_budget {
            self.run();
        }
        while self.settle_ecma() && !self.outcome.out_of_budget {
            self.run();
        }
        self.run();
    }

    /// Run until nothing changes or the budget is spent.
    pub(crate) fn run(&mut self) {
        let mut work: Vec<(Trigger, ObjectId)> = Vec::new();
        loop {
            while let Some(clone) = self.new_clones.pop_front() {
                self.instantiate(clone);
            }
            if self.graph.steps > self.budget.steps
                || self.reacting() > self.most_actions
                || self.ecma.lookups.len() > self.most_actions
                || self.graph.len() > 4 * self.most_nodes
            {
                self.outcome.out_of_budget = true;
                return;
            }
            if let Some((trigger, object)) = self.graph.upcoming() {
                prefetch(&self.actions, trigger);
                self.objects.prefetch(object);
            }
            if !self.graph.next(&mut work) {
                if self.new_clones.is_empty() && !self.go_on_ecma() {
                    return;
                }
                continue;
            }
            for (trigger, _) in &work {
                prefetch(&self.actions, *trigger);
            }
            for (trigger, object) in work.drain(..) {
                if let Some(trace) = &mut self.graph.trace {
                    trace.cause = (trigger, object);
                    self.outcome.cause = trace.cause;
                }
                self.act(trigger, object);
            }
            if let Some(trace) = &mut self.graph.trace {
                trace.cause = NO_CAUSE;
            }
        }
    }

    /// Return the clone of a unit for a context, made when it is first asked for.
    pub(crate) fn clone_of(&mut self, unit: UnitId, around: CloneId, context: ContextId) -> CloneId {
        let mut context = context;
        if let Some(id) = self.clone_ids.get(&(unit, around, context)) {
            return *id;
        }
        if context != NONE {
            let most = self.most_clones(unit);
            let is_large = self.is_large() || self.is_spent(self.program.units[unit as usize].language);
            let count = self.clone_counts.entry((unit, around)).or_insert(0);
            if *count >= most || is_large {
                self.outcome.merged_contexts += 1;
                context = NONE;
                if let Some(id) = self.clone_ids.get(&(unit, around, context)) {
                    return *id;
                }
            } else {
                *count += 1;
            }
        }
        self.add_clone(unit, around, context)
    }

    /// Return how many clones a unit may have in one surrounding frame.
    pub(crate) fn most_clones(&self, unit: UnitId) -> u32 {
        let values = self.program.units[unit as usize].value_count + EXTRA;
        (self.budget.values_per_unit / values).clamp(1, self.budget.clones_per_unit)
    }

    /// Say whether there are so many nodes that nothing more is cloned.
    pub(crate) fn is_large(&self) -> bool {
        self.graph.len() > self.most_nodes
    }

    /// Say whether functions of a language get no more contexts: where JavaScript has spent half of its bound, an
    /// analysis that ends early would miss more than one that tells fewer contexts apart.
    fn is_spent(&self, language: Language) -> bool {
        language == Language::Ecmascript && self.reacting() > self.most_actions / 2
    }

    /// How much waits for objects to arrive.
    fn reacting(&self) -> usize {
        self.actions.len() + self.calls.len() + self.ecma.calls.len()
    }

    pub(crate) fn has_clone(&self, unit: UnitId, around: CloneId, context: ContextId) -> bool {
        self.clone_ids.contains_key(&(unit, around, context))
    }

    /// Make a clone that does not exist.
    pub(crate) fn add_clone(&mut self, unit: UnitId, around: CloneId, context: ContextId) -> CloneId {
        let id = self.clones.len() as CloneId;
        let base = self.graph.add(self.program.units[unit as usize].value_count + self.extras(unit));
        self.clones.push(CloneState { unit, around, context, base });
        self.clone_ids.insert((unit, around, context), id);
        self.new_clones.push_back(id);
        id
    }

    /// Return how many nodes the clones of a unit have beyond those of its values: few units are generators.
    pub(crate) fn extras(&self, unit: UnitId) -> u32 {
        let source = &self.program.units[unit as usize];
        match source.language {
            Language::Python if source.is_generator => SENT + 1,
            Language::Python => RETURNED + 1,
            Language::Ecmascript | Language::Java => EXTRA,
        }
    }

    /// Return the node of one of a clone's [`RETURNED`], and if it has them [`YIELDED`] or [`SENT`].
    pub(crate) fn extra(&self, clone: CloneId, which: u32) -> Node {
        let state = self.clones[clone as usize];
        debug_assert!(which < self.extras(state.unit), "the unit has no such node");
        state.base + self.program.units[state.unit as usize].value_count + which
    }

    /// Return a constant; where many meet, any value of its type takes their place.
    fn constant(&mut self, constant: Object) -> ObjectId {
        let object = self.objects.intern(constant);
        let (kind, class) = if matches!(constant, Object::Text(_)) { (0, self.known.str) } else { (1, self.known.int) };
        let objects = &mut self.objects;
        let any = *self.any_constants[kind].get_or_insert_with(|| objects.intern(Object::ExternalInstance(class)));
        self.graph.generalize(object, any);
        object
    }

    /// Return a text as a constant.
    fn text(&mut self, text: Symbol) -> ObjectId {
        let at = text as usize;
        if self.texts.len() <= at {
            self.texts.resize(at + 1, NONE);
        }
        if self.texts[at] == NONE {
            self.texts[at] = self.constant(Object::Text(text));
        }
        self.texts[at]
    }

    /// Return the context under which what a clone makes is told apart.
    pub(crate) fn heap_context(&self, context: ContextId) -> ContextId {
        if self.budget.heap_contexts { self.objects.heap_context(context) } else { NONE }
    }

    /// Return a node that holds one object.
    pub(crate) fn single(&mut self, object: ObjectId) -> Node {
        let at = object as usize;
        if self.singles.len() <= at {
            self.singles.resize(at + 1, NONE);
        }
        if self.singles[at] == NONE {
            let node = self.graph.add(1);
            self.graph.insert(node, object);
            self.singles[at] = node;
        }
        self.singles[at]
    }

    /// Return the node of an object's attribute.
    pub(crate) fn field(&mut self, object: ObjectId, name: Symbol) -> Node {
        if let Some(node) = self.fields.get(&(object, name)) {
            return *node;
        }
        let node = self.graph.add(1);
        self.fields.insert((object, name), node);
        if let Object::Instance { class, site, .. } = self.objects.get(object) {
            // Any instance of the class may be the one that an uncalled method is analysed with.
            let any = self.any_instance(class);
            if site != NONE {
                let any = self.field(any, name);
                self.graph.edge(node, any);
            }
        }
        node
    }

    /// Return the object that stands for any instance of a class.
    pub(crate) fn any_instance(&mut self, class: ObjectId) -> ObjectId {
        self.objects.intern(Object::Instance { class, site: NONE, context: NONE })
    }

    /// Let an action be run with each object of a node.
    pub(crate) fn watch(&mut self, node: Node, action: Action) {
        let id = self.actions.len() as Trigger;
        self.actions.push(action);
        self.graph.watch(node, id);
    }

    /// Make a call whose callees are the objects of a node.
    pub(crate) fn call_node(&mut self, callee: Node, call: CallInstance) {
        if call.depth > MAX_DEPTH {
            self.outcome.note_dynamic(call.site);
            return;
        }
        let id = self.new_call(call);
        self.watch(callee, Action::Call(id));
    }

    /// Count a call that a place stands for without its being written, and say whether that is one too many: then what
    /// is called is only known at run time.
    pub(crate) fn is_overrun(&mut self, site: Site, caller: CloneId) -> bool {
        let count = self.derived.entry((site, caller)).or_insert(0);
        *count += 1;
        if *count <= MOST_DERIVED {
            return false;
        }
        if *count == MOST_DERIVED + 1 {
            self.graph.full_nodes += 1;
            if self.outcome.sites.get(site).is_some() {
                self.outcome.note_dynamic(site);
            }
        }
        true
    }

    pub(crate) fn new_call(&mut self, call: CallInstance) -> u32 {
        self.calls.push(call);
        self.calls.len() as u32 - 1
    }

    fn declare_modules(&mut self) {
        for file in 0..self.program.files.len() as u32 {
            let module = self.objects.intern(Object::Module(file));
            let unit = self.program.files[file as usize].unit;
            for name in &self.program.units[unit as usize].names {
                self.field(module, *name);
            }
        }
        self.declare_stars();
    }

    /// Turn a clone's constraints into nodes, edges and actions.
    fn instantiate(&mut self, clone: CloneId) {
        let program = self.program;
        let source = &program.units[self.clones[clone as usize].unit as usize];
        if source.language == Language::Ecmascript {
            return self.instantiate_ecma(clone);
        }
        if !source.is_conditional {
            return self.instantiate_range(clone, 0, source.ops.len());
        }
        let mut at = 0;
        while at < source.ops.len() {
            let end = end_of_range(&source.ops, at);
            let waits = match &source.ops[at] {
                Op::When { conditions } if !conditions.is_empty() => {
                    self.wait_for_conditions(clone, at as u32, conditions)
                }
                _ => false,
            };
            if !waits {
                self.instantiate_range(clone, at, end);
            }
            at = end;
        }
    }

    /// Let what follows a condition of a clone count.
    pub(crate) fn enter_branch(&mut self, clone: CloneId, at: u32) {
        let program = self.program;
        let ops = &program.units[self.clones[clone as usize].unit as usize].ops;
        self.instantiate_range(clone, at as usize, end_of_range(ops, at as usize));
    }

    fn instantiate_range(&mut self, clone: CloneId, from: usize, until: usize) {
        let CloneState { unit, around, context, base } = self.clones[clone as usize];
        let program = self.program;
        let source = &program.units[unit as usize];
        let first_site = self.site_bases[unit as usize];
        let heap = self.heap_context(context);
        let returned = self.extra(clone, RETURNED);
        let module = self.objects.intern(Object::Module(source.file));
        for (at, op) in source.ops.iter().enumerate().take(until).skip(from) {
            let site = first_site + at as u32;
            let caller = clone;
            match *op {
                Op::Copy { to, from } => self.graph.edge(base + from, base + to),
                Op::Text { to, text } => {
                    let object = self.text(text);
                    self.graph.insert(base + to, object);
                }
                Op::Integer { to, value } => {
                    let object = self.constant(Object::Integer(value));
                    self.graph.insert(base + to, object);
                }
                Op::Affixes { to, prefix, suffix } => {
                    let object = self.objects.intern(Object::Affixes { prefix, suffix });
                    self.graph.insert(base + to, object);
                }
                Op::Literal { to, class } => {
                    let object = self.objects.intern(Object::ExternalInstance(class));
                    self.graph.insert(base + to, object);
                }
                Op::InstanceOf { to, class } => {
                    self.watch(base + class, Action::InstanceOf { to: base + to });
                }
                Op::LoadGlobal { to, name } => self.load_global(module, name, base + to),
                Op::LoadBuiltin { to, name } if name == self.known.dunder_name => {
                    let text = self.symbols.intern(&program.files[source.file as usize].module);
                    let object = self.constant(Object::Text(text));
                    self.graph.insert(base + to, object);
                }
                Op::LoadBuiltin { to, name } => self.load_builtin(name, base + to),
                Op::StoreGlobal { name, value } => {
                    let field = self.field(module, name);
                    self.graph.edge(base + value, field);
                }
                Op::StoreMember { name, value } => {
                    if let Some(class) = self.class_of_clone.get(&clone).copied() {
                        let field = self.field(class, name);
                        self.graph.edge(base + value, field);
                        if self.defines(self.known.set_name) {
                            self.tell_name(class, name, base + value);
                        }
                    }
                }
                Op::LoadCell { to, unit, variable } => {
                    if let Some(cell) = self.cell(around, clone, unit, variable) {
                        self.graph.edge(cell, base + to);
                    }
                }
                Op::StoreCell { unit, variable, value } => {
                    if let Some(cell) = self.cell(around, clone, unit, variable) {
                        self.graph.edge(base + value, cell);
                    }
                }
                Op::MakeFunction { to, unit, ref given } => {
                    let function = self.objects.intern(Object::Function { unit, around: clone });
                    let made = self.made.entry(unit).or_default();
                    if !made.contains(&function) {
                        made.push(function);
                        let shifted = |pairs: &[(u32, Value)]| -> Rc<[(u32, Node)]> {
                            pairs.iter().map(|(at, value)| (*at, base + value)).collect()
                        };
                        if !given.defaults.is_empty() {
                            self.defaults.insert(function, shifted(&given.defaults));
                        }
                        if !given.annotations.is_empty() {
                            self.annotations.insert(function, shifted(&given.annotations));
                        }
                    }
                    self.graph.insert(base + to, function);
                }
                Op::MakeClass { to, unit, ref bases } => self.make_class(clone, base + to, unit, bases, site),
                Op::LoadAttribute { to, object, name } => {
                    self.watch(base + object, Action::LoadAttribute { name, to: base + to, site, caller });
                }
                Op::StoreAttribute { object, name, value } => {
                    self.watch(base + object, Action::StoreAttribute { name, value: base + value, site, caller });
                }
                Op::DeleteAttribute { object, name } => {
                    self.watch(base + object, Action::DeleteAttribute { name, site, caller });
                }
                Op::Narrow { to, from, class, holds } => {
                    let (from, class, to) = (base + from, base + class, base + to);
                    self.waiting.narrowings.push(crate::narrowing::Narrowing { from, class, to, holds });
                    self.watch(from, Action::Narrow { class, to, holds });
                }
                Op::Component { to, object, class, position } => {
                    let (object, to) = (base + object, base + to);
                    self.watch(base + class, Action::MatchClass { object, to, position, site, caller });
                }
                Op::LoadItem { to, object, index } => {
                    let (key, place) = keyed(index, base);
                    if let Some(key) = key {
                        self.unkeyed.push((base + object, key, base + to));
                    }
                    let item = ItemAccess { key, place, value: base + to, site, caller };
                    self.watch(base + object, Action::LoadItem(Rc::new(item)));
                }
                Op::Slice { to, object, range, is_rest } => {
                    let range = range.map(|range| (i64::from(range.from), range.until.map(i64::from)));
                    let access = crate::sequences::SliceAccess { to: base + to, range, is_rest, site, caller };
                    self.watch_slice(base + object, access);
                }
                Op::StoreItem { object, index, value } => {
                    let (key, place) = keyed(index, base);
                    let item = ItemAccess { key, place, value: base + value, site, caller };
                    self.watch(base + object, Action::StoreItem(Rc::new(item)));
                }
                Op::DeleteItem { object, index } => {
                    self.watch(base + object, Action::DeleteItem { key: base + index, site, caller });
                }
                Op::Unpack { to, from, place } => {
                    let item = ItemAccess { key: None, place, value: base + to, site, caller };
                    self.watch(base + from, Action::Unpack(Rc::new(item)));
                }
                Op::Allocate { to, kind } => {
                    let object = self.objects.intern(Object::Container { kind, site, context: heap });
                    self.graph.insert(base + to, object);
                }
                Op::Element { container, place, value } => {
                    // The container is the one that this unit's allocation made.
                    for object in self.graph.objects(base + container).to_vec() {
                        self.put(object, place, base, base + value);
                    }
                }
                Op::Spread { container, from, mapping, at, ref hidden } => {
                    for object in self.graph.objects(base + container).to_vec() {
                        let action = if mapping {
                            if !hidden.is_empty() {
                                self.hidden_keys.insert(object, hidden.clone());
                            }
                            Action::SpreadMapping { container: object }
                        } else {
                            Action::TakeItems { container: object, at: at.map(i32::from), site, caller }
                        };
                        self.watch(base + from, action);
                    }
                }
                Op::Call { to, callee, ref arguments, form } => {
                    let mut given = Arguments::default();
                    let positional = arguments.iter().filter(|(passing, _)| *passing == Passing::Positional);
                    given.positional.reserve_exact(positional.count());
                    for (passing, value) in arguments {
                        let node = base + value;
                        match passing {
                            Passing::Positional if given.spread.is_empty() => given.positional.push(node),
                            // What follows `*x` may be anywhere after it.
                            Passing::Positional => {
                                let kind = ContainerKind::Tuple;
                                let rest = self.objects.intern(Object::Container { kind, site, context: heap });
                                self.put(rest, Place::Any, 0, node);
                                let rest = self.single(rest);
                                if !given.spread.contains(&rest) {
                                    given.spread.push(rest);
                                }
                            }
                            Passing::Spread => given.spread.push(node),
                            Passing::Named(name) => given.named.push((*name, node)),
                            Passing::NamedSpread => given.named_spread.push(node),
                        }
                    }
                    let implicit = form == CallForm::Hidden;
                    let call = CallInstance {
                        site,
                        caller,
                        to: base + to,
                        arguments: if arguments.is_empty() { Rc::clone(&self.no_arguments) } else { Rc::new(given) },
                        form,
                        implicit,
                        depth: 0,
                    };
                    self.outcome.sites.entry(site);
                    self.call_node(base + callee, call);
                }
                Op::Operator { to, left, right, method, reflected, in_place } => {
                    let (left, to) = (base + left, base + to);
                    if right == NONE {
                        self.watch(left, Action::Operator { method, other: NONE, to, site, caller });
                    } else {
                        let right = base + right;
                        let operation = self.waiting.operations.len() as u32;
                        let is_reflected = false;
                        let one =
                            Operation { method, in_place, reflected, left, right, to, site, caller, is_reflected };
                        self.waiting.operations.push(one);
                        self.watch(left, Action::Operate { operation });
                    }
                }
                Op::ImportModule { to, path, level, root } => {
                    let object = self.module_object(source.file, path, level, root);
                    if let Some(object) = object {
                        self.graph.insert(base + to, object);
                    }
                }
                Op::ImportMember { to, module, name } => {
                    self.watch(base + module, Action::ImportMember { name, to: base + to, file: source.file });
                }
                Op::Iterate { to, from, asynchronous } => {
                    self.watch(base + from, Action::Iterate { to: base + to, asynchronous, site, caller });
                }
                Op::Next { to, iterator, asynchronous } => {
                    self.watch(base + iterator, Action::Next { to: base + to, asynchronous, site, caller });
                }
                Op::Enter { to, manager, asynchronous } => {
                    self.watch(base + manager, Action::Enter { to: base + to, asynchronous, site, caller });
                }
                Op::Exit { manager, asynchronous } => {
                    self.watch(base + manager, Action::Exit { asynchronous, site, caller });
                }
                Op::Await { to, from } => self.watch(base + from, Action::Await { to: base + to, site, caller }),
                Op::Yield { to, value } => {
                    let (yielded, sent) = (self.extra(clone, YIELDED), self.extra(clone, SENT));
                    if value != NONE {
                        self.graph.edge(base + value, yielded);
                    }
                    self.graph.edge(sent, base + to);
                }
                Op::YieldFrom { to, from } => {
                    let out = self.extra(clone, YIELDED);
                    self.watch(base + from, Action::YieldFrom { to: base + to, out, site, caller });
                }
                Op::Return { value } => self.graph.edge(base + value, returned),
                Op::Raise { value } => self.watch(base + value, Action::Raise { site, caller }),
                Op::When { .. } | Op::Ecma(_) => {}
            }
        }
    }

    /// Return the node of a variable of a frame around a clone.
    pub(crate) fn cell(&mut self, around: CloneId, own: CloneId, unit: UnitId, variable: u32) -> Option<Node> {
        let mut at = if self.clones[own as usize].unit == unit { own } else { around };
        while at != NONE && self.clones[at as usize].unit != unit {
            at = self.clones[at as usize].around;
        }
        if at == NONE {
            return None;
        }
        if let Some(node) = self.cells.get(&(at, variable)) {
            return Some(*node);
        }
        let node = self.graph.add(1);
        self.cells.insert((at, variable), node);
        Some(node)
    }

    /// Return the context in which a call analyses a unit.
    pub(crate) fn context_for(&mut self, unit: UnitId, site: Site, receiver: Option<ObjectId>) -> ContextId {
        match receiver {
            Some(receiver) => self.objects.context(Context::Receiver(receiver)),
            None if self.program.units[unit as usize].forwards => self.objects.context(Context::Site(site)),
            None => NONE,
        }
    }

    /// Analyse functions that were made and never called, with what is known of their parameters.
    fn seed_uncalled(&mut self) -> bool {
        let mut is_called = vec![false; self.program.units.len()];
        self.clones.iter().for_each(|clone| is_called[clone.unit as usize] = true);
        let mut some = false;
        for unit in 0..self.program.units.len() as UnitId {
            if is_called[unit as usize] {
                continue;
            }
            let Some(function) = self.made.get(&unit).and_then(|made| made.first()).copied() else { continue };
            let Object::Function { around, .. } = self.objects.get(function) else { continue };
            some = true;
            let clone = self.clone_of(unit, around, NONE);
            self.seed_parameters(function, clone);
        }
        some
    }

    fn seed_parameters(&mut self, function: ObjectId, clone: CloneId) {
        let CloneState { unit, around, base, .. } = self.clones[clone as usize];
        let program = self.program;
        if program.units[unit as usize].language == Language::Ecmascript {
            return self.seed_ecma(function, clone);
        }
        self.enter_all(clone);
        let parameters = &program.units[unit as usize].parameters;
        let defaults = self.defaults.get(&function).cloned();
        for (at, node) in defaults.iter().flat_map(|pairs| pairs.iter()) {
            if let Some(parameter) = parameters.get(*at as usize) {
                self.graph.edge(*node, base + parameter.value);
            }
        }
        self.bind_rest_parameters(clone);
        let Some(class) = self.class_of_clone.get(&around).copied() else { return };
        let Some(first) = parameters.first() else { return };
        if self.static_methods.contains(&function)
            || !matches!(first.kind, ParameterKind::Plain | ParameterKind::PositionalOnly)
        {
            return;
        }
        let receiver = if self.class_methods.contains(&function) || self.takes_class(unit) {
            class
        } else {
            self.any_instance(class)
        };
        let mut receivers = vec![receiver];
        if let Object::Instance { .. } = self.objects.get(receiver) {
            let mut classes = self.inheriting(class, self.program.units[unit as usize].name);
            classes.insert(0, class);
            // Nothing is an instance of a class that leaves methods to its heirs, where it has some.
            let made: Vec<ObjectId> = classes.iter().copied().filter(|one| !self.is_abstract(*one)).collect();
            let classes = if made.is_empty() { classes } else { made };
            receivers = classes.into_iter().map(|class| self.any_instance(class)).collect();
        }
        for receiver in receivers {
            self.graph.insert(base + first.value, receiver);
        }
    }

    /// Say whether a method's first argument is the class without a decorator.
    fn takes_class(&self, unit: UnitId) -> bool {
        let name = self.program.units[unit as usize].name;
        name == self.known.dunder_new || name == self.known.init_subclass || name == self.known.class_getitem
    }

    /// Give parameters of which nothing is known what their annotations say.
    fn seed_declared(&mut self) -> bool {
        let before = self.outcome.declared;
        for clone in 0..self.clones.len() {
            let CloneState { unit, around, base, .. } = self.clones[clone];
            let function = self.objects.intern(Object::Function { unit, around });
            let Some(annotations) = self.annotations.get(&function).cloned() else { continue };
            let program = self.program;
            let source = &program.units[unit as usize];
            if source.language == Language::Ecmascript {
                continue;
            }
            for (at, node) in annotations.iter() {
                let Some(parameter) = source.parameters.get(*at as usize) else { continue };
                if matches!(parameter.kind, ParameterKind::Rest | ParameterKind::NamedRest) {
                    continue;
                }
                let to = base + parameter.value;
                if self.graph.objects(to).is_empty() {
                    for object in self.graph.objects(*node).to_vec() {
                        for instance in self.declared_instances(object) {
                            self.graph.insert(to, instance);
                            self.outcome.declared += 1;
                        }
                    }
                }
            }
        }
        self.outcome.declared > before
    }
}

/// Split a place into the node of its key and the rest.
fn keyed(place: Place, base: Node) -> (Option<Node>, Place) {
    match place {
        Place::Key(value) => (Some(base + value), Place::Any),
        place => (None, place),
    }
}

/// Return where the constraints end that begin at a place and count under the same conditions.
fn end_of_range(ops: &[Op], from: usize) -> usize {
    let next = ops[from + 1..].iter().position(|op| matches!(op, Op::When { .. }));
    next.map_or(ops.len(), |next| from + 1 + next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn javascript_that_begins_anew_keeps_contexts_and_has_fewer_objects_until_it_settles() {
        let mut budget = Budget::for_size(120_000).attempted(120_000);
        let mut objects = Vec::new();
        let mut contexts = Vec::new();
        loop {
            objects.push(budget.objects_per_node);
            contexts.push((budget.heap_contexts, budget.clones_per_unit));
            match budget.coarser(true) {
                Some(coarser) => budget = coarser,
                None => break,
            }
        }
        assert_eq!(objects, [64, 24, 12, 12]);
        assert_eq!(contexts, [(false, 6), (true, 24), (false, 6), (false, 1)]);
    }
}
