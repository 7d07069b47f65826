use syn::{GenericArgument, PathArguments, Type};

/// The word that marks a field of this type, going by the type's name.
pub(crate) fn store_word(ty: &Type) -> Option<&'static str> {
    let Type::Path(path) = unwrapped(ty) else { return None };
    Some(match path.path.segments.last()?.ident.to_string().as_str() {
        "SessionId" => "hash_key",
        "Expires" => "ttl",
        "CreatedAt" => "created",
        _ => return None,
    })
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
