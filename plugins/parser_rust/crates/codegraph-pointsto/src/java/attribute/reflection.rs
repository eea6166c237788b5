//! Calls that texts decide: what is constant is looked up, the rest is said to be unknown.

use std::rc::Rc;

use super::{Attributor, Item};
use crate::java::code::{HandleKind, Invoke, Op, Reflection};
use crate::java::types::{Type, TypeId, UNKNOWN};
use crate::java::world::ClassId;
use crate::program::Symbol;

impl Attributor<'_, '_> {
    /// Attribute a call of the reflection library; returns the type of its result, or none if it is none.
    pub(super) fn reflective(&mut self, call: &Invoke, items: &[Item], returned: TypeId) -> Option<TypeId> {
        let method = &self.world.methods[call.method as usize];
        let owner = self.world.symbols.text(self.world.classes[method.class as usize].full_name);
        let name = self.world.symbols.text(method.name);
        let first = items.first().copied();
        let text = first.and_then(|item| self.known_text(item));
        let second = items.get(1).and_then(|item| self.known_text(*item));
        let find = |kind: HandleKind| Some(Reflection::FindHandle(kind, second?));
        let what = match (owner, name) {
            ("java.lang.Class", "forName") | ("java.lang.ClassLoader", "loadClass") => match text {
                Some(text) => match self.class_by_binary_name(text) {
                    Some(class) => Reflection::ForName(class),
                    // A class of which the name is known, and that is not here.
                    None => return None,
                },
                None => Reflection::Unknown,
            },
            ("java.lang.Object", "getClass") => Reflection::GetClass,
            ("java.lang.Class", "getMethod" | "getDeclaredMethod") => Reflection::GetMethod(text?),
            ("java.lang.Class", "getConstructor" | "getDeclaredConstructor") => Reflection::GetConstructor,
            ("java.lang.Class" | "java.lang.reflect.Constructor", "newInstance") => Reflection::NewInstance,
            ("java.lang.reflect.Method", "invoke") => Reflection::Invoke,
            ("java.lang.reflect.Proxy", "newProxyInstance") => Reflection::Proxy,
            ("java.lang.invoke.MethodType", "methodType") => {
                // The first type is what is returned.
                let types: Vec<TypeId> = items.iter().skip(1).map(|item| self.class_argument(item.type_)).collect();
                if !types.contains(&UNKNOWN) {
                    self.frame().signatures.insert(call.to, types.into());
                }
                return None;
            }
            ("java.lang.invoke.MethodHandles.Lookup", "findStatic") => find(HandleKind::Static)?,
            ("java.lang.invoke.MethodHandles.Lookup", "findVirtual") => find(HandleKind::Virtual)?,
            ("java.lang.invoke.MethodHandles.Lookup", "findSpecial") => find(HandleKind::Special)?,
            ("java.lang.invoke.MethodHandles.Lookup", "findConstructor") => {
                Reflection::FindHandle(HandleKind::New, self.world.known.constructor)
            }
            ("java.lang.invoke.MethodHandles.Lookup", "bind") => Reflection::BindNew(second?),
            ("java.lang.invoke.MethodHandles.Lookup", "unreflect") => Reflection::Unreflect,
            ("java.lang.invoke.MethodHandle", "bindTo") => Reflection::BindHandle,
            ("java.lang.invoke.MethodHandle", "invoke" | "invokeExact" | "invokeWithArguments") => {
                Reflection::InvokeHandle
            }
            _ => return None,
        };
        let mut call = call.clone();
        match what {
            Reflection::GetMethod(_) | Reflection::GetConstructor => {
                let skipped = usize::from(matches!(what, Reflection::GetMethod(_)));
                call.argument_types = self.named_parameters(items.get(skipped..).unwrap_or_default());
            }
            Reflection::FindHandle(kind, _) => {
                call.argument_types = self.method_type(items, if kind == HandleKind::New { 1 } else { 2 })?;
            }
            Reflection::BindNew(_) => call.argument_types = self.method_type(items, 2)?,
            _ => {}
        }
        let type_ = match what {
            Reflection::ForName(class) => {
                let type_ = self.world.types.class(class, &[]);
                self.generic("java.lang.Class", &[type_])
            }
            Reflection::GetClass => {
                let erased = self.world.erased(call.receiver_type);
                self.generic("java.lang.Class", &[erased])
            }
            _ => returned,
        };
        self.emit(Op::Reflect { what, call: Rc::new(call) });
        Some(type_)
    }

    /// Types of parameters, each by its class or all by an array of classes.
    fn named_parameters(&self, items: &[Item]) -> Box<[TypeId]> {
        if let [one] = items
            && let Some(types) = self.here().signatures.get(&one.value)
        {
            return types.clone();
        }
        items.iter().map(|item| self.class_argument(item.type_)).collect()
    }

    /// Types of the parameters that an argument's method type names.
    fn method_type(&self, items: &[Item], at: usize) -> Option<Box<[TypeId]>> {
        self.here().signatures.get(&items.get(at)?.value).cloned()
    }

    /// The `T` of a `Class<T>`.
    pub(super) fn class_argument(&self, type_: TypeId) -> TypeId {
        match self.world.types.get(type_) {
            Type::Class(_, arguments) => arguments.first().copied().unwrap_or(UNKNOWN),
            _ => UNKNOWN,
        }
    }

    fn class_by_binary_name(&self, name: Symbol) -> Option<ClassId> {
        let text = self.world.symbols.text(name).replace('$', ".");
        self.world.class_named(&text)
    }
}
