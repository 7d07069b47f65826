use std::fmt::Write as _;

use super::text::quoted;

/// The inside of a block of HCL: arguments and blocks, laid out as `terraform fmt` does.
#[derive(Debug, Default)]
pub(super) struct Body(Vec<Part>);

#[derive(Debug)]
enum Part {
    Argument(String, String),
    Block(String, Body),
    Blank,
}

impl Body {
    /// An argument whose value is an expression of ours.
    pub(super) fn set(mut self, name: impl Into<String>, expression: impl Into<String>) -> Self {
        self.0.push(Part::Argument(name.into(), expression.into()));
        self
    }

    pub(super) fn text(self, name: impl Into<String>, text: &str) -> Self {
        self.set(name, literal(text))
    }

    pub(super) fn block(mut self, header: impl Into<String>, body: Self) -> Self {
        if !self.0.is_empty() {
            self.0.push(Part::Blank);
        }
        self.0.push(Part::Block(header.into(), body));
        self
    }

    pub(super) fn render(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, indent: usize) {
        let pad = " ".repeat(indent);
        let width = self
            .0
            .iter()
            .filter_map(|part| match part {
                Part::Argument(name, _) => Some(name.chars().count()),
                _ => None,
            })
            .max()
            .unwrap_or_default();
        for part in &self.0 {
            let _ = match part {
                Part::Argument(name, value) => writeln!(out, "{pad}{name:width$} = {value}"),
                Part::Blank => writeln!(out),
                Part::Block(header, body) => {
                    let _ = writeln!(out, "{pad}{header} {{");
                    body.write(out, indent + 2);
                    writeln!(out, "{pad}}}")
                }
            };
        }
    }
}

/// Text as HCL writes it, where `${` and `%{` would begin a template.
pub(super) fn literal(text: &str) -> String {
    quoted(text).replace("${", "$${").replace("%{", "%%{")
}
