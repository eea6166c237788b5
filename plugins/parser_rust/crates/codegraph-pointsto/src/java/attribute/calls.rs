//! Calls of methods and constructors.

use std::rc::Rc;

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Expression, ExpressionKind, Span, TypeExpression};

use super::names::Qualifier;
use super::{Attributor, Item};
use crate::java::code::*;
use crate::java::types::{Type, TypeId, UNKNOWN};
use crate::java::world::{ClassId, MethodId, World};
use crate::program::{NONE, Symbol};

/// An argument, as far as it is known before the method is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Argument<'p> {
    /// Its type does not depend on the method.
    Plain(Item),
    /// A lambda or method reference, or a choice among some: attributed once its type is known.
    Function(&'p Expression),
}

/// How a call reaches its method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub receiver: Item,
    pub dispatch: Dispatch,
}

impl World<'_> {
    /// Say whether a class or one above it has a method of a name.
    pub fn has_method(&self, class: ClassId, name: Symbol) -> bool {
        let own = |class: ClassId| self.classes[class as usize].methods_by_name.contains_key(&name);
        own(class) || self.classes[class as usize].ancestors.iter().any(|above| own(*above))
    }

    /// Return the methods of a class by a name, without those that others take the place of.
    pub fn members(&mut self, class: ClassId, name: Symbol) -> Vec<MethodId> {
        let all: Vec<ClassId> = std::iter::once(class)
            .chain(self.classes[class as usize].ancestors.iter().copied())
            .chain(std::iter::once(self.object_class).filter(|object| *object != NONE))
            .collect();
        let mut found: Vec<MethodId> = Vec::new();
        for one in all {
            let Some(methods) = self.classes[one as usize].methods_by_name.get(&name).cloned() else { continue };
            for method in methods {
                if found.contains(&method) {
                    continue;
                }
                // Static methods of interfaces are not inherited.
                if one != class && self.methods[method as usize].is_static && self.classes[one as usize].is_interface()
                {
                    continue;
                }
                let is_hidden = found
                    .clone()
                    .into_iter()
                    .any(|known| self.overrides(known, method, class) || self.hides(known, method));
                if !is_hidden {
                    found.push(method);
                }
            }
        }
        found
    }

    /// Say whether a static method has the same parameters as one above.
    fn hides(&mut self, method: MethodId, above: MethodId) -> bool {
        let (one, other) = (&self.methods[method as usize], &self.methods[above as usize]);
        if !one.is_static || !other.is_static || one.parameters.len() != other.parameters.len() {
            return false;
        }
        let pairs: Vec<(TypeId, TypeId)> =
            one.parameters.iter().copied().zip(other.parameters.iter().copied()).collect();
        pairs.into_iter().all(|(own, given)| self.erased(own) == self.erased(given))
    }

    /// A type that is read: of a wildcard its bound.
    pub fn upper_known(&self, type_: TypeId) -> TypeId {
        match *self.types.get(type_) {
            Type::Wildcard { bound, is_super: false } => bound,
            Type::Wildcard { is_super: true, .. } => self.object_type,
            _ => type_,
        }
    }
}

impl<'p> Attributor<'_, 'p> {
    /// Attribute what can be before the method is known.
    pub(super) fn arguments(&mut self, list: &'p [Expression]) -> Vec<Argument<'p>> {
        list.iter()
            .map(|one| if is_function(one) { Argument::Function(one) } else { Argument::Plain(self.expression(one)) })
            .collect()
    }

    /// `m(x)`, `o.m(x)`, `C.m(x)`, `super.m(x)`
    pub(super) fn call(
        &mut self,
        object: Option<&'p Expression>,
        type_arguments: &'p [TypeExpression],
        name: tree::Text,
        arguments: &'p [Expression],
        span: Span,
        expected: TypeId,
    ) -> Item {
        let name = self.text(name);
        let explicit: Vec<TypeId> = type_arguments.iter().map(|one| self.type_of(one)).collect();
        let (holder, reach) = match object {
            None => match self.methods_around(name) {
                Some((class, value)) => {
                    let type_ = self.own_type(class);
                    (Some(class), Reach { receiver: Item { value, type_ }, dispatch: Dispatch::Virtual })
                }
                None => (None, Reach { receiver: Item::NOTHING, dispatch: Dispatch::Static }),
            },
            Some(Expression { kind: ExpressionKind::Super(outer), .. }) => self.base(outer.as_deref()),
            Some(object) => {
                let found = match &object.kind {
                    ExpressionKind::Name(_) | ExpressionKind::Field { .. } => self.qualifier(object),
                    _ => None,
                };
                match found {
                    Some(Qualifier::Value(item)) => {
                        (self.holder(item.type_), Reach { receiver: item, dispatch: Dispatch::Virtual })
                    }
                    Some(Qualifier::Type(type_)) => {
                        (self.world.class_of(type_), Reach { receiver: Item::of(type_), dispatch: Dispatch::Static })
                    }
                    Some(Qualifier::Package(_)) => {
                        (None, Reach { receiver: Item::NOTHING, dispatch: Dispatch::Static })
                    }
                    None => {
                        let item = self.expression(object);
                        (self.holder(item.type_), Reach { receiver: item, dispatch: Dispatch::Virtual })
                    }
                }
            }
        };
        let arguments = self.arguments(arguments);
        let candidates = match holder {
            Some(class) => self.members(class, name),
            None => Vec::new(),
        };
        let chosen = self.choose(&candidates, &arguments, reach.receiver.type_);
        let site = self.site(span);
        match chosen {
            Some(method) => self.invoke(method, reach, arguments, &explicit, site, expected, false),
            None => self.unknown_call(reach, name, arguments, site),
        }
    }

    fn holder(&mut self, type_: TypeId) -> Option<ClassId> {
        match self.world.types.get(self.world.upper(type_)) {
            Type::Array(_) => Some(self.world.object_class).filter(|class| *class != NONE),
            _ => self.world.class_of(type_),
        }
    }

    /// `super`, `C.super`: where its methods are looked for.
    pub(super) fn base(&mut self, outer: Option<&'p Expression>) -> (Option<ClassId>, Reach) {
        let this = self.this();
        let own = self.world.class_of(this.type_);
        let named = outer.and_then(|outer| match self.qualifier(outer) {
            Some(Qualifier::Type(type_)) => self.world.class_of(type_),
            _ => None,
        });
        let (above, value) = match (named, own) {
            // An interface that the class names itself.
            (Some(named), _) if self.world.classes[named as usize].is_interface() => {
                let type_ = self.world.as_super(this.type_, named);
                (type_.unwrap_or_else(|| self.world.types.class(named, &[])), this.value)
            }
            (Some(named), _) => (self.world.classes[named as usize].superclass, self.this_of(named)),
            (None, Some(own)) => (self.world.classes[own as usize].superclass, this.value),
            (None, None) => (UNKNOWN, NONE),
        };
        (self.world.class_of(above), Reach { receiver: Item { value, type_: above }, dispatch: Dispatch::Special })
    }

    /// A call of which the method is not known: its receiver decides by the name.
    fn unknown_call(&mut self, reach: Reach, name: Symbol, arguments: Vec<Argument<'p>>, site: u32) -> Item {
        let mut values = Vec::new();
        let mut types = Vec::new();
        for argument in arguments {
            let item = match argument {
                Argument::Plain(item) => item,
                Argument::Function(expression) => self.expression(expression),
            };
            values.push(item.value);
            types.push(item.type_);
        }
        self.invoke_named(reach.receiver, name, values, types, site, false)
    }

    /// Call whatever method of a name the receiver turns out to have.
    fn invoke_named(
        &mut self,
        receiver: Item,
        name: Symbol,
        values: Vec<Value>,
        types: Vec<TypeId>,
        site: u32,
        is_implicit: bool,
    ) -> Item {
        let to = self.fresh();
        let raises = self.sink();
        self.emit(Op::Invoke(Rc::new(Invoke {
            to,
            dispatch: Dispatch::Named,
            method: NONE,
            name,
            receiver: receiver.value,
            receiver_type: receiver.type_,
            arguments: values.into(),
            argument_types: types.into(),
            site,
            is_implicit,
            raises,
        })));
        Item { value: to, type_: UNKNOWN }
    }

    /// Call a method that has been chosen: infer its type arguments, attribute what waited for them, pass arguments.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn invoke(
        &mut self,
        method: MethodId,
        reach: Reach,
        arguments: Vec<Argument<'p>>,
        explicit: &[TypeId],
        site: u32,
        expected: TypeId,
        is_implicit: bool,
    ) -> Item {
        let (items, returned) = self.inferred(method, reach.receiver.type_, arguments, explicit, expected);
        let (values, types) = self.passed(method, &items, site);
        let found = &self.world.methods[method as usize];
        let (name, is_static, is_private, class) = (found.name, found.is_static, found.is_private, found.class);
        let dispatch = match reach.dispatch {
            _ if is_static => Dispatch::Static,
            Dispatch::Special => Dispatch::Special,
            _ if is_private => Dispatch::Special,
            _ => Dispatch::Virtual,
        };
        if dispatch == Dispatch::Static {
            self.emit(Op::Touch { class });
        }
        let to = self.fresh();
        let raises = self.sink();
        let is_null = self.here().nulls.contains(&reach.receiver.value);
        let call = Invoke {
            to,
            dispatch,
            method,
            name,
            receiver: if is_null { NONE } else { reach.receiver.value },
            receiver_type: reach.receiver.type_,
            arguments: values.into(),
            argument_types: types.into(),
            site,
            is_implicit,
            raises,
        };
        if let Some(type_) = self.reflective(&call, &items, returned) {
            return Item { value: to, type_ };
        }
        self.emit(Op::Invoke(Rc::new(call)));
        let is_clone = name == self.world.known.clone
            && matches!(self.world.types.get(self.world.upper(reach.receiver.type_)), Type::Array(_));
        if is_clone {
            self.copy(reach.receiver.value, to);
            return Item { value: to, type_: reach.receiver.type_ };
        }
        Item { value: to, type_: returned }
    }

    /// Arguments by parameter: those of a variable parameter become an array.
    fn passed(&mut self, method: MethodId, items: &[Item], site: u32) -> (Vec<Value>, Vec<TypeId>) {
        let found = &self.world.methods[method as usize];
        let (count, is_variable) = (found.parameters.len(), found.is_variable);
        let last = found.parameters.last().copied().unwrap_or(UNKNOWN);
        let plain = |items: &[Item]| {
            (items.iter().map(|item| item.value).collect(), items.iter().map(|item| item.type_).collect())
        };
        if !is_variable {
            return plain(items);
        }
        if items.len() == count {
            let given = items[count - 1].type_;
            let upper = self.world.upper(given);
            let is_array = matches!(self.world.types.get(upper), Type::Array(_));
            if is_array && self.world.is_subtype(given, last) || given == crate::java::types::NULL {
                return plain(items);
            }
        }
        let (mut values, mut types): (Vec<Value>, Vec<TypeId>) = plain(&items[..items.len().min(count - 1)]);
        let array = self.fresh();
        // The array is no call of its own: it shares the call's place.
        self.emit(Op::NewArray { to: array, site });
        for item in items.iter().skip(count - 1) {
            if item.value != NONE {
                self.emit(Op::StoreItem { array, value: item.value });
            }
        }
        values.push(array);
        types.push(last);
        (values, types)
    }

    /// A call that is not written, of a method without parameters.
    pub(super) fn implicit_call(&mut self, receiver: Item, name: Symbol, span: Span) -> Item {
        let site = self.site(span);
        let reach = Reach { receiver, dispatch: Dispatch::Virtual };
        if let Some(class) = self.world.class_of(receiver.type_) {
            let candidates = self.members(class, name);
            if let Some(method) = self.choose(&candidates, &[], receiver.type_) {
                return self.invoke(method, reach, Vec::new(), &[], site, UNKNOWN, true);
            }
        }
        if receiver.value == NONE {
            return Item::NOTHING;
        }
        self.invoke_named(receiver, name, Vec::new(), Vec::new(), site, true)
    }

    /// Make an object of a class and run its constructor.
    pub(super) fn construct(
        &mut self,
        class: ClassId,
        type_: TypeId,
        outer: Value,
        arguments: &'p [Expression],
        span: Span,
        is_implicit: bool,
    ) -> Item {
        use codegraph_flow::java::syntax::TypeKind;
        if self.world.classes[class as usize].declaration.kind == TypeKind::Anonymous {
            return self.construct_anonymous(class, type_, outer, arguments, span);
        }
        let value = self.allocate(class, outer, span);
        let type_ = self.call_constructor_on(value, class, type_, arguments, span, is_implicit);
        Item { value, type_ }
    }

    fn allocate(&mut self, class: ClassId, outer: Value, span: Span) -> Value {
        let (is_inner, around) = {
            let found = &self.world.classes[class as usize];
            (found.is_inner, found.outer)
        };
        let outer = match outer {
            NONE if is_inner && around != NONE => self.enclosing_instance(around),
            outer => outer,
        };
        let to = self.fresh();
        let site = self.site(span);
        self.emit(Op::Touch { class });
        self.emit(Op::New { to, class, site, outer });
        to
    }

    /// An object of an anonymous class: the arguments go to the constructor of the class above it.
    pub(super) fn construct_anonymous(
        &mut self,
        class: ClassId,
        type_: TypeId,
        outer: Value,
        arguments: &'p [Expression],
        span: Span,
    ) -> Item {
        let value = self.allocate(class, NONE, span);
        let above = self.world.classes[class as usize].superclass;
        if let Some(base) = self.world.class_of(above)
            && base != self.world.object_class
        {
            self.set_outer(value, base, outer);
            self.call_constructor_on(value, base, above, arguments, span, false);
        } else {
            self.arguments(arguments);
        }
        self.run_fields(value, class, span);
        Item { value, type_ }
    }

    /// Give an object the one around it that a class above it needs.
    fn set_outer(&mut self, object: Value, base: ClassId, outer: Value) {
        let (is_inner, around) = {
            let found = &self.world.classes[base as usize];
            (found.is_inner, found.outer)
        };
        if !is_inner || around == NONE {
            return;
        }
        let outer = if outer == NONE { self.enclosing_instance(around) } else { outer };
        if outer != NONE {
            self.emit(Op::StoreOuter { object, class: base, outer });
        }
    }

    /// `super(x)`, written or not.
    pub(super) fn call_base_constructor(
        &mut self,
        class: ClassId,
        above: TypeId,
        arguments: &'p [Expression],
        span: Span,
        is_implicit: bool,
        outer: Value,
    ) {
        let Some(base) = self.world.class_of(above) else {
            self.arguments(arguments);
            return;
        };
        if base == self.world.object_class || base == class {
            return;
        }
        self.set_outer(THIS, base, outer);
        self.call_constructor_on(THIS, base, above, arguments, span, is_implicit);
    }

    /// Run a constructor of a class on an object; returns the object's type.
    pub(super) fn call_constructor_on(
        &mut self,
        object: Value,
        class: ClassId,
        type_: TypeId,
        arguments: &'p [Expression],
        span: Span,
        is_implicit: bool,
    ) -> TypeId {
        let arguments = self.arguments(arguments);
        let candidates = self.world.classes[class as usize].constructors.clone();
        let site = self.site(span);
        let Some(method) = self.choose(&candidates, &arguments, type_) else {
            for argument in arguments {
                if let Argument::Function(expression) = argument {
                    self.expression(expression);
                }
            }
            return type_;
        };
        let reach = Reach { receiver: Item { value: object, type_ }, dispatch: Dispatch::Special };
        let (items, made) = self.inferred_object(method, type_, arguments);
        let (values, types) = self.passed(method, &items, site);
        let to = self.fresh();
        let raises = self.sink();
        let name = self.world.known.constructor;
        self.emit(Op::Invoke(Rc::new(Invoke {
            to,
            dispatch: Dispatch::Special,
            method,
            name,
            receiver: reach.receiver.value,
            receiver_type: type_,
            arguments: values.into(),
            argument_types: types.into(),
            site,
            is_implicit,
            raises,
        })));
        made
    }
}

/// Say whether an expression's type depends on what is expected of it.
pub(super) fn is_function(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Lambda { .. } | ExpressionKind::MethodReference { .. } => true,
        ExpressionKind::Choice { then, otherwise, .. } => is_function(then) || is_function(otherwise),
        _ => false,
    }
}
