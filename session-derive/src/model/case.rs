use syn::LitStr;

/// The values of `rename_all`, which are serde's.
#[derive(Clone, Copy, Default)]
pub(crate) enum Case {
    #[default]
    Snake,
    Lower,
    Upper,
    Pascal,
    Camel,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const CASES: &[(&str, Case)] = &[
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    pub(crate) fn parse(literal: &LitStr) -> syn::Result<Self> {
        let written = literal.value();
        if let Some((_, case)) = CASES.iter().find(|(name, _)| *name == written) {
            return Ok(*case);
        }
        let message = match CASES.iter().find(|(name, _)| letters(name) == letters(&written)) {
            Some((name, _)) => format!("unknown case `{written}`: did you mean `{name}`?"),
            None => {
                let names: Vec<_> = CASES.iter().map(|(name, _)| format!("`{name}`")).collect();
                format!("unknown case `{written}`: write one of {}", names.join(", "))
            }
        };
        Err(syn::Error::new(literal.span(), message))
    }

    /// The attribute's name for a field, whose own name is taken to be in snake case.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Snake | Self::Lower => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let pascal = pascal(field);
                let head = pascal.chars().next().map_or(0, char::len_utf8);
                pascal[..head].to_ascii_lowercase() + &pascal[head..]
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

fn pascal(field: &str) -> String {
    let mut pascal = String::new();
    for word in field.split('_') {
        let head = word.chars().next().map_or(0, char::len_utf8);
        pascal.push_str(&word[..head].to_ascii_uppercase());
        pascal.push_str(&word[head..]);
    }
    pascal
}
