//! Names that the language itself gives a meaning.

use crate::program::{Symbol, Symbols};

macro_rules! well_known {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Interned names of the language.
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs)]
        pub struct WellKnown { $(pub $field: Symbol),* }

        impl WellKnown {
            /// Intern them.
            pub fn new(symbols: &mut Symbols) -> Self {
                Self { $($field: symbols.intern($text)),* }
            }
        }
    };
}

well_known! {
    dunder_new = "__new__",
    dunder_init = "__init__",
    post_init = "__post_init__",
    dunder_call = "__call__",
    dunder_get = "__get__",
    dunder_set = "__set__",
    dunder_iter = "__iter__",
    dunder_next = "__next__",
    dunder_aiter = "__aiter__",
    dunder_anext = "__anext__",
    dunder_await = "__await__",
    dunder_enter = "__enter__",
    dunder_exit = "__exit__",
    dunder_aenter = "__aenter__",
    dunder_aexit = "__aexit__",
    dunder_getitem = "__getitem__",
    dunder_setitem = "__setitem__",
    dunder_delitem = "__delitem__",
    dunder_getattr = "__getattr__",
    dunder_setattr = "__setattr__",
    dunder_class = "__class__",
    dunder_self = "__self__",
    dunder_func = "__func__",
    wrapped = "__wrapped__",
    init_subclass = "__init_subclass__",
    class_getitem = "__class_getitem__",
    metaclass = "metaclass",
    getter = "fget",
    setter = "fset",
    deleter = "fdel",
    missing = "__missing__",
    slice = "builtins.slice",
    fields = "_fields",
    record_field = "dataclasses.Field",
    record_class = "collections.namedtuple",
    default = "default",
    default_factory = "default_factory",
    close = "close",
    set_name = "__set_name__",
    dunder_delete = "__delete__",
    dunder_delattr = "__delattr__",
    dunder_getattribute = "__getattribute__",
    dunder_name = "__name__",
    instance_check = "__instancecheck__",
    match_args = "__match_args__",
    not_implemented = "builtins.NotImplemented",
    subclass_check = "__subclasscheck__",
    dunder_lt = "__lt__",
    dunder_gt = "__gt__",
    dunder_add = "__add__",
    dunder_radd = "__radd__",
    dunder_str = "__str__",
    closing = "contextlib.closing",
    partialmethod = "functools.partialmethod",
    dispatch_method = "functools.singledispatchmethod",
    str = "builtins.str",
    int = "builtins.int",
    property = "builtins.property",
    cached_property = "functools.cached_property",
    partial = "functools.partial",
    names_of_module = "builtins.globals()",
    prepare = "__prepare__",
    context_decorator = "contextlib.ContextDecorator",
    list = "builtins.list",
    tuple = "builtins.tuple",
    set = "builtins.set",
    dict = "builtins.dict",
    generator = "types.GeneratorType",
    coroutine = "types.CoroutineType",
    context_manager = "contextlib.contextmanager",
    entered_context = "contextlib._GeneratorContextManager",
}
