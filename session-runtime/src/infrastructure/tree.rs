use std::fmt::Write as _;

use super::text::quoted;

/// A document of maps, lists and values, in the order in which it is to be read.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    /// A word of ours that needs no quotes in YAML.
    Word(&'static str),
    Text(String),
    Number(u64),
    Flag(bool),
    List(Vec<Tree>),
    Map(Vec<(&'static str, Tree)>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn yaml(&self) -> String {
        let mut out = String::new();
        self.write_yaml(&mut out, 0);
        out
    }

    pub(super) fn json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out, 0);
        out.push('\n');
        out
    }

    fn scalar(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some((*word).to_owned()),
            Self::Text(text) => Some(quoted(text)),
            Self::Number(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The lines of a map or list, each indented and ended.
    fn write_yaml(&self, out: &mut String, indent: usize) {
        let pad = " ".repeat(indent);
        match self {
            Self::Map(entries) => {
                for (key, value) in entries {
                    match value.scalar() {
                        Some(scalar) => {
                            let _ = writeln!(out, "{pad}{key}: {scalar}");
                        }
                        None => {
                            let _ = writeln!(out, "{pad}{key}:");
                            value.write_yaml(out, indent + 2);
                        }
                    }
                }
            }
            Self::List(items) => {
                for item in items {
                    let mut lines = String::new();
                    match item.scalar() {
                        Some(scalar) => lines = format!("{pad}  {scalar}\n"),
                        None => item.write_yaml(&mut lines, indent + 2),
                    }
                    // The first line's last two columns of indentation are where the dash goes.
                    let _ = write!(out, "{pad}- {}", &lines[indent + 2..]);
                }
            }
            _ => {}
        }
    }

    fn write_json(&self, out: &mut String, indent: usize) {
        let pad = " ".repeat(indent + 2);
        let (open, close, entries): (_, _, Vec<(Option<&str>, &Tree)>) = match self {
            Self::Word(word) => return out.push_str(&quoted(word)),
            Self::Map(map) => {
                ('{', '}', map.iter().map(|(key, value)| (Some(*key), value)).collect())
            }
            Self::List(list) => ('[', ']', list.iter().map(|value| (None, value)).collect()),
            scalar => return out.push_str(&scalar.scalar().unwrap_or_default()),
        };
        out.push(open);
        for (position, (key, value)) in entries.into_iter().enumerate() {
            out.push_str(if position == 0 { "\n" } else { ",\n" });
            out.push_str(&pad);
            if let Some(key) = key {
                let _ = write!(out, "{}: ", quoted(key));
            }
            value.write_json(out, indent + 2);
        }
        let _ = write!(out, "\n{}{close}", &pad[2..]);
    }
}
