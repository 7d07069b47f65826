use proc_macro2::{Group, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token};

use crate::errors::Errors;

/// One word inside `#[session(..)]`, with its value.
pub(crate) struct Setting {
    pub(crate) name: Ident,
    value: Value,
}

/// A text as it is written, or the expression of a constant one.
pub(crate) enum Text {
    Literal(LitStr),
    Constant(Expr),
}

enum Value {
    None,
    Expr(Expr),
    Group(Group),
}

/// Everything inside the `#[session(..)]` attributes; what does not parse is reported and left out.
pub(crate) fn settings(attributes: &[Attribute], errors: &mut Errors) -> Vec<Setting> {
    let mut settings = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("session")) {
        match &attribute.meta {
            Meta::List(list) => {
                let result = list.parse_args_with(|input: ParseStream<'_>| {
                    comma_separated(input, &mut settings, errors)
                });
                errors.keep(result);
            }
            meta => errors.at(meta, "write the attributes in parentheses: `#[session(..)]`"),
        }
    }
    settings
}

fn comma_separated(
    input: ParseStream<'_>,
    settings: &mut Vec<Setting>,
    errors: &mut Errors,
) -> syn::Result<()> {
    while !input.is_empty() {
        let ahead = input.fork();
        match ahead.parse::<Setting>() {
            Ok(setting) => {
                settings.push(setting);
                input.advance_to(&ahead);
                if !input.is_empty() && !input.peek(Token![,]) {
                    errors.push(input.error("write a comma between two attributes"));
                    continue;
                }
            }
            Err(error) => {
                errors.push(error);
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
            }
        }
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Ok(literal) = input.fork().parse::<LitStr>() {
            let message = format!("write the name without quotes: `{}`", literal.value());
            return Err(syn::Error::new(literal.span(), message));
        }
        let name = Ident::parse_any(input).map_err(|error| {
            syn::Error::new(error.span(), "write the name of an attribute here")
        })?;
        let value = if input.peek(syn::token::Paren) {
            Value::Group(input.parse()?)
        } else if let Some(equals) = input.parse::<Option<Token![=]>>()? {
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(
                    equals.span,
                    format!("write a value after `{name} =`"),
                ));
            }
            Value::Expr(input.parse()?)
        } else {
            Value::None
        };
        Ok(Self { name, value })
    }
}

/// `usage` is how the setting is written.
impl Setting {
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.value, Value::None)
    }

    pub(crate) fn flag(&self, usage: &str) -> syn::Result<()> {
        let message = format!("`{}` takes no value: write {usage}", self.name);
        match &self.value {
            Value::None => Ok(()),
            Value::Expr(value) => Err(syn::Error::new_spanned(value, message)),
            Value::Group(value) => Err(syn::Error::new_spanned(value, message)),
        }
    }

    pub(crate) fn expr(&self, usage: &str) -> syn::Result<Option<&Expr>> {
        match &self.value {
            Value::None => Ok(None),
            Value::Expr(expr) => Ok(Some(expr)),
            Value::Group(group) => Err(syn::Error::new_spanned(
                group,
                format!("write the value after an equals sign: {usage}"),
            )),
        }
    }

    pub(crate) fn text(&self, usage: &str) -> syn::Result<LitStr> {
        match self.needed(usage)? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => Err(syn::Error::new_spanned(other, format!("write a string: {usage}"))),
        }
    }

    pub(crate) fn constant_text(&self, usage: &str) -> syn::Result<Text> {
        match self.needed(usage)? {
            Expr::Lit(_) => self.text(usage).map(Text::Literal),
            constant => Ok(Text::Constant(constant.clone())),
        }
    }

    pub(crate) fn duration(&self, usage: &str) -> syn::Result<LitStr> {
        match self.needed(usage)? {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => Err(syn::Error::new(
                number.span(),
                format!(
                    "write a string with a unit, such as `\"{0}s\"` or `\"{0}m\"`",
                    number.base10_digits()
                ),
            )),
            _ => self.text(usage),
        }
    }

    pub(crate) fn path(&self, usage: &str) -> syn::Result<Path> {
        match self.needed(usage)? {
            Expr::Path(path) if path.qself.is_none() => Ok(path.path.clone()),
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Err(syn::Error::new(
                text.span(),
                format!("write the path without quotes: `{} = {}`", self.name, text.value()),
            )),
            other => Err(syn::Error::new_spanned(other, format!("write a path: {usage}"))),
        }
    }

    /// The value without the invisible groups that macros by example put around it.
    fn needed(&self, usage: &str) -> syn::Result<&Expr> {
        let mut expr = self.expr(usage)?.ok_or_else(|| {
            let message = format!("`{}` needs a value: write {usage}", self.name);
            syn::Error::new(self.name.span(), message)
        })?;
        while let Expr::Group(group) = expr {
            expr = &group.expr;
        }
        Ok(expr)
    }
}
