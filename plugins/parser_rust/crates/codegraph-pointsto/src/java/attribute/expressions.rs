//! Expressions.

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Expression, ExpressionKind, Literal, Operator, Primitive, TypeExpression};

use super::names::Qualifier;
use super::{Attributor, Item};
use crate::java::code::*;
use crate::java::types::{NULL, Type, TypeId, Types, UNKNOWN};
use crate::program::{NONE, Symbol};

/// A target whose parts have been evaluated.
enum Place {
    Local(usize),
    Field { object: Value, field: u32 },
    Item { array: Value },
    Other,
}

impl<'p> Attributor<'_, 'p> {
    /// An expression of which no type is expected.
    pub(super) fn expression(&mut self, expression: &'p Expression) -> Item {
        self.expression_for(expression, UNKNOWN)
    }

    /// An expression where a type is expected: lambdas, method references and inferred types get theirs from it.
    pub(super) fn expression_for(&mut self, expression: &'p Expression, expected: TypeId) -> Item {
        self.deeper(|this| this.expression_at(expression, expected))
    }

    fn expression_at(&mut self, expression: &'p Expression, expected: TypeId) -> Item {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Unknown(parts) => {
                for part in parts {
                    self.expression(part);
                }
                Item::NOTHING
            }
            ExpressionKind::Literal(literal) => self.literal(*literal),
            ExpressionKind::Name(_) => match self.qualifier(expression) {
                Some(Qualifier::Value(item)) => item,
                _ => Item::NOTHING,
            },
            ExpressionKind::This => self.this(),
            ExpressionKind::OuterThis(outer) => match self.qualifier(outer) {
                Some(Qualifier::Type(type_)) => {
                    let Some(class) = self.world.class_of(type_) else { return Item::NOTHING };
                    let type_ = self.own_type(class);
                    Item { value: self.this_of(class), type_ }
                }
                _ => Item::NOTHING,
            },
            ExpressionKind::Super(_) => {
                let this = self.this();
                let above = self.world.class_of(this.type_).map(|class| self.world.classes[class as usize].superclass);
                Item { type_: above.unwrap_or(UNKNOWN), ..this }
            }
            ExpressionKind::Field { object, name } => {
                if let Some(found) = self.qualifier(expression) {
                    return match found {
                        Qualifier::Value(item) => item,
                        _ => Item::NOTHING,
                    };
                }
                let object = self.expression(object);
                let name = self.text(*name);
                self.field_of(object, name, span)
            }
            ExpressionKind::Index { array, index } => {
                let array = self.expression(array);
                self.expression(index);
                let element = match *self.world.types.get(self.world.upper(array.type_)) {
                    Type::Array(element) => element,
                    _ => UNKNOWN,
                };
                let to = self.fresh();
                if array.value != NONE {
                    self.emit(Op::LoadItem { to, array: array.value });
                }
                Item { value: to, type_: element }
            }
            ExpressionKind::Call { object, type_arguments, name, arguments } => {
                self.call(object.as_deref(), type_arguments, *name, arguments, span, expected)
            }
            ExpressionKind::New { outer, type_, arguments, body } => {
                self.new_object(outer.as_deref(), type_, arguments, body.as_deref(), span, expected)
            }
            ExpressionKind::NewArray { type_, sizes, elements } => {
                for size in sizes {
                    self.expression(size);
                }
                let type_ = self.type_of(type_);
                match elements {
                    Some(elements) => self.array_of(elements, type_, span),
                    None => self.empty_array(type_, sizes.len(), span),
                }
            }
            ExpressionKind::Elements(elements) => self.array_of(elements, expected, span),
            ExpressionKind::Cast { type_, value } => {
                let type_ = self.type_of(type_);
                let item = self.expression_for(value, type_);
                if matches!(value.kind, ExpressionKind::Lambda { .. } | ExpressionKind::MethodReference { .. }) {
                    return Item { type_, ..item };
                }
                self.narrowed(item, type_)
            }
            ExpressionKind::InstanceOf { value, pattern } => {
                let subject = self.expression(value);
                self.match_pattern(pattern, subject, value.span);
                Item::of(Types::primitive(Primitive::Boolean))
            }
            ExpressionKind::Unary { operator, value } => {
                let item = self.expression(value);
                let type_ = match operator {
                    Operator::Not => Types::primitive(Primitive::Boolean),
                    _ => self.promoted(item.type_),
                };
                Item::of(type_)
            }
            ExpressionKind::Binary { operator: Operator::And | Operator::Or, .. } => {
                let ways = self.condition(expression);
                self.meet(ways.into());
                Item::of(Types::primitive(Primitive::Boolean))
            }
            ExpressionKind::Binary { operator, operands } => self.binary(*operator, operands),
            ExpressionKind::Assign { operator, target, value } => self.assign(*operator, target, value),
            ExpressionKind::Update(target) => {
                let item = self.expression(target);
                // What was read last is what is counted up or down.
                let read = self.here().accesses.last().filter(|(at, ..)| *at == target.span).copied();
                if let Some((at, field, _)) = read {
                    self.access(at, field, true);
                }
                Item::of(item.type_)
            }
            ExpressionKind::Choice { condition, then, otherwise } => self.choice(condition, then, otherwise, expected),
            ExpressionKind::Lambda { parameters, body } => self.lambda(parameters, body, span, expected),
            ExpressionKind::MethodReference { object, type_, name } => {
                self.reference(object.as_deref(), type_.as_ref(), *name, span, expected)
            }
            ExpressionKind::Switch { value, cases } => self.switch(value, cases, Some(expected)),
            ExpressionKind::ClassLiteral(type_) => {
                let type_ = self.type_of(type_);
                let to = self.fresh();
                if let Some(class) = self.world.class_of(type_) {
                    self.emit(Op::ClassObject { to, class });
                }
                let boxed = self.world.boxed(type_);
                let type_ = self.generic("java.lang.Class", &[boxed]);
                Item { value: to, type_ }
            }
        }
    }

    fn literal(&mut self, literal: Literal) -> Item {
        match literal {
            Literal::Null => {
                let value = self.fresh();
                self.frame().nulls.insert(value);
                Item { value, type_: NULL }
            }
            Literal::Boolean(_) => Item::of(Types::primitive(Primitive::Boolean)),
            Literal::Primitive(primitive) => Item::of(Types::primitive(primitive)),
            Literal::Integer(_) => Item::of(Types::primitive(Primitive::Int)),
            Literal::Text(text) => {
                let text = self.text(text);
                self.text_item(text)
            }
        }
    }

    /// A constant text.
    fn text_item(&mut self, text: Symbol) -> Item {
        let value = self.fresh();
        self.frame().texts.insert(value, text);
        Item { value, type_: self.world.text_type }
    }

    /// The constant text that a value is.
    pub(super) fn known_text(&self, item: Item) -> Option<Symbol> {
        self.here().texts.get(&item.value).copied()
    }

    /// A class by its full name with arguments, where the program has it.
    pub(super) fn generic(&mut self, name: &str, arguments: &[TypeId]) -> TypeId {
        match self.world.class_named(name) {
            Some(class) if self.world.classes[class as usize].parameters.len() == arguments.len() => {
                self.world.types.class(class, arguments)
            }
            _ => self.world.named(name),
        }
    }

    /// The type that arithmetic has (JLS 5.6).
    fn promoted(&self, type_: TypeId) -> TypeId {
        match self.world.unboxed(type_).and_then(Types::as_primitive) {
            Some(Primitive::Byte | Primitive::Short | Primitive::Char | Primitive::Int) => {
                Types::primitive(Primitive::Int)
            }
            Some(other) => Types::primitive(other),
            None => UNKNOWN,
        }
    }

    fn binary(&mut self, operator: Operator, operands: &'p [Expression]) -> Item {
        let mut result: Option<Item> = None;
        for operand in operands {
            let item = self.expression(operand);
            result = Some(match result {
                None => item,
                Some(left) => self.operation(operator, left, item, operand.span),
            });
        }
        result.unwrap_or(Item::NOTHING)
    }

    fn operation(&mut self, operator: Operator, left: Item, right: Item, span: tree::Span) -> Item {
        let boolean = Types::primitive(Primitive::Boolean);
        let text = self.world.text_type;
        match operator {
            Operator::Same | Operator::Differs | Operator::Compare | Operator::And | Operator::Or | Operator::Not => {
                Item::of(boolean)
            }
            Operator::Add if left.type_ == text || right.type_ == text => {
                self.become_text(left, span);
                self.become_text(right, span);
                match (self.known_text(left), self.known_text(right)) {
                    (Some(one), Some(other)) => {
                        let whole = format!("{}{}", self.world.symbols.text(one), self.world.symbols.text(other));
                        let whole = self.world.symbols.intern(&whole);
                        self.text_item(whole)
                    }
                    _ => Item { value: self.fresh(), type_: text },
                }
            }
            Operator::Shift => Item::of(self.promoted(left.type_)),
            _ => {
                if left.type_ == boolean || self.world.unboxed(left.type_) == Some(boolean) {
                    return Item::of(boolean);
                }
                let (one, other) = (self.promoted(left.type_), self.promoted(right.type_));
                if one == UNKNOWN || other == UNKNOWN {
                    return Item::NOTHING;
                }
                Item::of(self.world.common(one, other))
            }
        }
    }

    /// A value becomes part of a text: its `toString()` is called (JLS 5.1.11).
    fn become_text(&mut self, item: Item, span: tree::Span) {
        let is_plain = self.world.class_of(item.type_).is_some_and(|class| {
            // A final class of a library calls nothing back.
            self.world.classes[class as usize].is_model && self.world.classes[class as usize].is_sealed_off()
        });
        if item.value == NONE || is_plain || Types::is_primitive(item.type_) {
            return;
        }
        let to_string = self.world.known.to_string;
        self.implicit_call(item, to_string, span);
    }

    fn place(&mut self, target: &'p Expression) -> (Place, TypeId) {
        match &target.kind {
            ExpressionKind::Name(name) => {
                let name = self.text(*name);
                if let Some((frame, index)) = self.local(name) {
                    let type_ = self.frames[frame].locals[index].type_;
                    // Only a frame's own variables can be bound.
                    let is_own = frame + 1 == self.frames.len();
                    return (if is_own { Place::Local(index) } else { Place::Other }, type_);
                }
                match self.field_around(name) {
                    Some((field, object, class)) => {
                        let own = self.own_type(class);
                        self.access(target.span, field, true);
                        self.field_place(field, Item { value: object, type_: own })
                    }
                    None => (Place::Other, UNKNOWN),
                }
            }
            ExpressionKind::Field { object, name } => {
                let name = self.text(*name);
                let holder = match &object.kind {
                    ExpressionKind::Name(_) | ExpressionKind::Field { .. } => match self.qualifier(object) {
                        Some(Qualifier::Value(item)) => item,
                        Some(Qualifier::Type(type_)) => Item::of(type_),
                        _ => self.expression(object),
                    },
                    _ => self.expression(object),
                };
                let field = self.world.class_of(holder.type_).and_then(|class| self.world.field(class, name));
                match field {
                    Some(field) => {
                        self.access(target.span, field, true);
                        self.field_place(field, holder)
                    }
                    None => (Place::Other, UNKNOWN),
                }
            }
            ExpressionKind::Index { array, index } => {
                let array = self.expression(array);
                self.expression(index);
                let element = match *self.world.types.get(self.world.upper(array.type_)) {
                    Type::Array(element) => element,
                    _ => UNKNOWN,
                };
                (Place::Item { array: array.value }, element)
            }
            _ => {
                self.expression(target);
                (Place::Other, UNKNOWN)
            }
        }
    }

    fn field_place(&mut self, field: u32, holder: Item) -> (Place, TypeId) {
        let (class, type_) = {
            let found = &self.world.fields[field as usize];
            (found.class, found.type_)
        };
        let type_ = self.world.member_type(holder.type_, class, type_);
        (Place::Field { object: holder.value, field }, type_)
    }

    fn store(&mut self, place: &Place, value: Value) {
        match *place {
            Place::Local(index) => self.assign_local(index, value),
            Place::Field { field, object } => {
                if value == NONE {
                    return;
                }
                if self.world.fields[field as usize].is_static {
                    self.emit(Op::StoreStatic { field, value });
                } else if object != NONE {
                    self.emit(Op::StoreField { object, field, value });
                }
            }
            Place::Item { array } => {
                if array != NONE && value != NONE {
                    self.emit(Op::StoreItem { array, value });
                }
            }
            Place::Other => {}
        }
    }

    fn assign(&mut self, operator: Option<Operator>, target: &'p Expression, value: &'p Expression) -> Item {
        if let Some(operator) = operator {
            let before = self.expression(target);
            let after = self.expression(value);
            let result = self.operation(operator, before, after, value.span);
            let (place, type_) = self.place(target);
            self.store(&place, result.value);
            return Item { value: result.value, type_ };
        }
        let (place, type_) = self.place(target);
        let item = self.expression_for(value, type_);
        self.store(&place, item.value);
        Item { value: item.value, type_: if type_ == UNKNOWN { item.type_ } else { type_ } }
    }

    fn choice(
        &mut self,
        condition: &'p Expression,
        then: &'p Expression,
        otherwise: &'p Expression,
        expected: TypeId,
    ) -> Item {
        let known = self.truth(condition);
        let ways = self.condition(condition);
        let was_dead = self.here().is_dead;
        let (mut items, mut ends) = (Vec::new(), Vec::new());
        for ((way, branch), holds) in ways.into_iter().zip([then, otherwise]).zip([true, false]) {
            let is_dead = known == Some(!holds);
            let (end, item) = self.follow(way, is_dead, |this| this.expression_for(branch, expected));
            ends.push(end);
            if !is_dead {
                items.push(item);
            }
        }
        self.meet(ends);
        self.frame().is_dead = was_dead;
        let (one, other) = (items.first().map(|item| item.type_), items.get(1).map(|item| item.type_));
        let mut merged = self.merged(&items);
        // Numbers are promoted together (JLS 15.25).
        if let (Some(one), Some(other)) = (one, other)
            && let (Some(one), Some(other)) = (self.world.unboxed(one), self.world.unboxed(other))
            && one != other
        {
            merged.type_ = self.world.common(one, other);
        }
        merged
    }

    /// An array with its elements.
    pub(super) fn array_of(&mut self, elements: &'p [Expression], type_: TypeId, span: tree::Span) -> Item {
        let element = match *self.world.types.get(self.world.upper(type_)) {
            Type::Array(element) => element,
            _ => UNKNOWN,
        };
        let to = self.fresh();
        let site = self.site(span);
        self.emit(Op::NewArray { to, site });
        let mut types = Vec::new();
        for one in elements {
            let item = self.expression_for(one, element);
            if item.value != NONE {
                self.emit(Op::StoreItem { array: to, value: item.value });
            }
            types.push(self.class_argument(item.type_));
        }
        if !types.contains(&UNKNOWN) {
            self.frame().signatures.insert(to, types.into());
        }
        Item { value: to, type_ }
    }

    fn empty_array(&mut self, type_: TypeId, sizes: usize, span: tree::Span) -> Item {
        let to = self.fresh();
        let site = self.site(span);
        self.emit(Op::NewArray { to, site });
        let mut outer = to;
        for depth in 1..sizes {
            // Arrays in arrays: each level is an object of its own.
            let inner = self.fresh();
            let site = self.site((span.0, span.1 - depth as u32));
            self.emit(Op::NewArray { to: inner, site });
            self.emit(Op::StoreItem { array: outer, value: inner });
            outer = inner;
        }
        Item { value: to, type_ }
    }

    /// `new C(x)`, `new C(x) { … }`, `outer.new C(x)`
    fn new_object(
        &mut self,
        outer: Option<&'p Expression>,
        written: &'p TypeExpression,
        arguments: &'p [Expression],
        body: Option<&'p tree::TypeDeclaration>,
        span: tree::Span,
        expected: TypeId,
    ) -> Item {
        let (mut type_, mut outer_value) = (UNKNOWN, NONE);
        if let Some(outer) = outer {
            let object = self.expression(outer);
            outer_value = object.value;
            // The class is a member of the object's.
            if let (Some(class), TypeExpression::Named { parts, .. }) = (self.world.class_of(object.type_), written)
                && let Some((name, given)) = parts.first()
            {
                let name = self.text(*name);
                if let Some(inner) = self.world.member_class(class, name) {
                    let given: Vec<TypeId> = given.iter().map(|one| self.type_of(one)).collect();
                    type_ = self.world.types.class(inner, &given);
                }
            }
        }
        if type_ == UNKNOWN {
            type_ = self.type_of(written);
        }
        let is_diamond = matches!(written, TypeExpression::Named { is_diamond: true, .. });
        if is_diamond {
            type_ = self.diamond(type_, expected);
        }
        let Some(class) = self.world.class_of(type_) else {
            for argument in arguments {
                self.expression(argument);
            }
            if let Some(body) = body {
                let made = self.anonymous(body, type_);
                if made != NONE && self.trials == 0 {
                    return self.construct_anonymous(made, type_, outer_value, &[], span);
                }
            }
            return Item::of(type_);
        };
        match body {
            Some(body) => {
                let made = self.anonymous(body, type_);
                if self.trials > 0 {
                    return Item::of(type_);
                }
                self.construct_anonymous(made, type_, outer_value, arguments, span)
            }
            None => {
                let item = self.construct(class, type_, outer_value, arguments, span, false);
                if is_diamond { item } else { Item { type_, ..item } }
            }
        }
    }
}
