use syn::{GenericArgument, Ident, PathArguments, Type};

/// The word that marks a field of this type, going by the type's name.
pub(crate) fn store_word(ty: &Type) -> Option<&'static str> {
    if let Some(ty) = optional(ty) {
        return names(ty, "AuthenticatedAt").then_some("authenticated");
    }
    let Type::Path(path) = unwrapped(ty) else { return None };
    Some(match path.path.segments.last()?.ident.to_string().as_str() {
        "SessionId" => "hash_key",
        "Expires" => "ttl",
        "CreatedAt" => "created",
        _ => return None,
    })
}

/// Whether a type is written by this name, whatever the path to it.
fn names(ty: &Type, name: &str) -> bool {
    let Type::Path(path) = unwrapped(ty) else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == name)
}

/// `Vec<u8>` and `[u8; N]`, written so, and an `Option` of either.
pub(crate) fn is_bytes(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Array(array) => is_u8(&array.elem),
        Type::Path(_) => {
            argument(ty, "Vec").is_some_and(is_u8)
                || argument(ty, "Option")
                    .is_some_and(|ty| argument(ty, "Option").is_none() && is_bytes(ty))
        }
        _ => false,
    }
}

/// The `T` of a type written as `Option<T>`.
pub(crate) fn optional(ty: &Type) -> Option<&Type> {
    argument(ty, "Option")
}

/// The first type inside this one whose value changes through a shared reference, going by its name.
pub(crate) fn interior_mutability(ty: &Type) -> Option<&Ident> {
    find(ty, |ident, is_generic| match is_generic {
        true => CELLS.iter().any(|cell| ident == cell),
        false => atomic_value(ident).is_some(),
    })
}

/// The first `Rc<..>` inside this type.
pub(crate) fn reference_counted(ty: &Type) -> Option<&Ident> {
    find(ty, |ident, is_generic| is_generic && ident == "Rc")
}

/// The first name inside this type that is wanted, going by itself and whether it has types in brackets.
fn find(ty: &Type, is_wanted: fn(&Ident, bool) -> bool) -> Option<&Ident> {
    match unwrapped(ty) {
        Type::Path(path) => path.path.segments.iter().find_map(|segment| {
            let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                return is_wanted(&segment.ident, false).then_some(&segment.ident);
            };
            if is_wanted(&segment.ident, true) {
                return Some(&segment.ident);
            }
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => find(ty, is_wanted),
                _ => None,
            })
        }),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(|ty| find(ty, is_wanted)),
        Type::Array(array) => find(&array.elem, is_wanted),
        _ => None,
    }
}

/// With a type in brackets: a type of the program's own may well be called `Cell`.
const CELLS: &[&str] = &[
    "Atomic",
    "AtomicCell",
    "Cell",
    "LazyCell",
    "LazyLock",
    "Mutex",
    "OnceCell",
    "OnceLock",
    "RefCell",
    "RwLock",
];

/// The plain type of an atomic one.
pub(crate) fn atomic_value(ident: &Ident) -> Option<&'static str> {
    Some(match ident.to_string().as_str() {
        "AtomicBool" => "bool",
        "AtomicI8" => "i8",
        "AtomicI16" => "i16",
        "AtomicI32" => "i32",
        "AtomicI64" => "i64",
        "AtomicIsize" => "isize",
        "AtomicU8" => "u8",
        "AtomicU16" => "u16",
        "AtomicU32" => "u32",
        "AtomicU64" => "u64",
        "AtomicUsize" => "usize",
        _ => return None,
    })
}

fn is_u8(ty: &Type) -> bool {
    matches!(unwrapped(ty), Type::Path(path) if path.path.is_ident("u8"))
}

/// The `T` of `Wrapper<T>`, however the path to the wrapper is written.
fn argument<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = unwrapped(ty) else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if segment.ident == wrapper && arguments.args.len() == 1 => {
            Some(ty)
        }
        _ => None,
    }
}

/// The type without the invisible groups that macros by example put around it.
pub(crate) fn unwrapped(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            ty => return ty,
        };
    }
}
