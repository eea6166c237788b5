//! Calls that texts decide: what is constant is looked up, the rest is said to be unknown.

use std::rc::Rc;

use super::{Attributor, Item};
use crate::java::code::{Invoke, Op, Reflection};
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
            ("java.lang.invoke.MethodHandle", "invoke" | "invokeExact" | "invokeWithArguments") => Reflection::Unknown,
            _ => return None,
        };
        let mut call = call.clone();
        if matches!(what, Reflection::GetMethod(_) | Reflection::GetConstructor) {
            let skipped = usize::from(matches!(what, Reflection::GetMethod(_)));
            call.argument_types = items.iter().skip(skipped).map(|item| self.class_argument(item.type_)).collect();
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

    /// The `T` of a `Class<T>`.
    fn class_argument(&self, type_: TypeId) -> TypeId {
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
