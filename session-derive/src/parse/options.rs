use syn::{Attribute, Expr, Ident, LitStr, Path};

use super::setting::{Setting, Text, settings};
use super::{duration, spelling};
use crate::errors::Errors;

/// A setting that was written, with the word that names it.
pub(crate) struct Given<T> {
    pub(crate) name: Ident,
    pub(crate) value: T,
}

pub(crate) type Flag = Option<Given<()>>;

/// A duration in seconds, with the literal that says it.
pub(crate) struct Seconds {
    pub(crate) literal: LitStr,
    pub(crate) seconds: u64,
}

/// The timeouts of an authentication assurance level, in seconds (NIST SP 800-63B-4, 2.2.3 and 2.3.3).
pub(crate) struct Preset {
    pub(crate) literal: LitStr,
    pub(crate) idle: u64,
    pub(crate) absolute: u64,
}

impl Preset {
    fn parse(setting: &Setting, usage: &str) -> syn::Result<Self> {
        let literal = setting.text(usage)?;
        let (idle, absolute) = match literal.value().as_str() {
            "aal2" => (60 * 60, 24 * 60 * 60),
            "aal3" => (15 * 60, 12 * 60 * 60),
            other => {
                let message = format!("unknown timeouts `{other}`: write {usage}");
                return Err(syn::Error::new(literal.span(), message));
            }
        };
        Ok(Self { literal, idle, absolute })
    }
}

/// What becomes of a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Encrypted,
    /// Stored as it is, and read where it is encrypted.
    Readable,
}

impl Secrecy {
    fn parse(setting: &Setting, usage: &str) -> syn::Result<Self> {
        if setting.is_bare() {
            return Ok(Self::Encrypted);
        }
        let literal = setting.text(usage)?;
        match literal.value().as_str() {
            "read" => Ok(Self::Readable),
            other => {
                let message = format!("unknown form of secret `{other}`: write {usage}");
                Err(syn::Error::new(literal.span(), message))
            }
        }
    }
}

#[derive(Default)]
pub(crate) struct StructOptions {
    pub(crate) table: Option<Given<Text>>,
    pub(crate) key_prefix: Option<Given<Text>>,
    pub(crate) sort_key: Option<Given<LitStr>>,
    pub(crate) sort_key_value: Option<Given<Text>>,
    pub(crate) timeouts: Option<Given<Preset>>,
    pub(crate) idle_timeout: Option<Given<Seconds>>,
    pub(crate) remember_timeout: Option<Given<Seconds>>,
    pub(crate) touch_interval: Option<Given<Seconds>>,
    pub(crate) absolute_timeout: Option<Given<Seconds>>,
    pub(crate) rename_all: Option<Given<LitStr>>,
    pub(crate) krate: Option<Given<Path>>,
    pub(crate) ignore_serde: Flag,
    /// Something did not parse, so that what is known is not all.
    pub(crate) is_broken: bool,
}

#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) hash_key: Flag,
    pub(crate) ttl: Flag,
    pub(crate) created: Flag,
    pub(crate) authenticated: Flag,
    pub(crate) index: Option<Given<Option<LitStr>>>,
    pub(crate) counter: Flag,
    pub(crate) set: Flag,
    pub(crate) append: Flag,
    pub(crate) whole: Flag,
    pub(crate) merge: Flag,
    pub(crate) guard: Flag,
    pub(crate) lenient: Flag,
    pub(crate) remember: Flag,
    pub(crate) secret: Option<Given<Secrecy>>,
    pub(crate) rename: Option<Given<LitStr>>,
    pub(crate) alias: Vec<Given<LitStr>>,
    pub(crate) default: Option<Given<Option<Expr>>>,
    pub(crate) with: Option<Given<Path>>,
    pub(crate) skip: Flag,
    pub(crate) ignore_serde: Flag,
    /// Words that were probably meant, but could not be read.
    pub(crate) lost: Vec<String>,
    pub(crate) is_broken: bool,
}

const ON_STRUCT: &[(&str, &str)] = &[
    ("table", "`table = \"sessions\"` or `table = CONSTANT`"),
    ("key_prefix", "`key_prefix = \"Session#\"` or `key_prefix = CONSTANT`"),
    ("sort_key", "`sort_key = \"sk\"`"),
    ("sort_key_value", "`sort_key_value = \"SESSION\"` or `sort_key_value = CONSTANT`"),
    ("timeouts", "`timeouts = \"aal2\"` or `timeouts = \"aal3\"`"),
    ("idle_timeout", "`idle_timeout = \"30m\"`"),
    ("remember_timeout", "`remember_timeout = \"30 days\"`"),
    ("touch_interval", "`touch_interval = \"1m\"`"),
    ("absolute_timeout", "`absolute_timeout = \"12h\"`"),
    ("rename_all", "`rename_all = \"camelCase\"`"),
    ("crate", "`crate = path::to::dynamo_session`"),
    ("ignore_serde", "`ignore_serde`"),
];

const ON_FIELD: &[(&str, &str)] = &[
    ("hash_key", "`hash_key`"),
    ("ttl", "`ttl`"),
    ("created", "`created`"),
    ("authenticated", "`authenticated`"),
    ("index", "`index` or `index = \"by_user\"`"),
    ("counter", "`counter`"),
    ("set", "`set`"),
    ("append", "`append`"),
    ("whole", "`whole`"),
    ("merge", "`merge`"),
    ("guard", "`guard`"),
    ("lenient", "`lenient`"),
    ("remember", "`remember`"),
    ("secret", "`secret` or `secret = \"read\"`"),
    ("rename", "`rename = \"name\"`"),
    ("alias", "`alias = \"old_name\"`"),
    ("default", "`default` or `default = expression`"),
    ("with", "`with = path::to::module`"),
    ("skip", "`skip`"),
    ("ignore_serde", "`ignore_serde`"),
];

impl StructOptions {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let mut found = Errors::default();
        for setting in settings(attributes, &mut found) {
            let result = options.take(&setting);
            found.keep(result);
        }
        options.is_broken = !found.is_empty();
        errors.append(found);
        options
    }

    fn take(&mut self, setting: &Setting) -> syn::Result<()> {
        let name = setting.name.to_string();
        let Some(usage) = usage(ON_STRUCT, &name) else {
            return Err(match self::usage(ON_FIELD, &name) {
                Some(_) => at(setting, format!("`{name}` belongs on a field: move it there")),
                None => unknown(setting, ON_STRUCT, "struct"),
            });
        };
        match name.as_str() {
            "table" => once(&mut self.table, setting, setting.constant_text(usage)?),
            "key_prefix" => once(&mut self.key_prefix, setting, setting.constant_text(usage)?),
            "sort_key" => once(&mut self.sort_key, setting, setting.text(usage)?),
            "sort_key_value" => {
                once(&mut self.sort_key_value, setting, setting.constant_text(usage)?)
            }
            "timeouts" => once(&mut self.timeouts, setting, Preset::parse(setting, usage)?),
            "idle_timeout" => once(&mut self.idle_timeout, setting, seconds(setting, usage)?),
            "remember_timeout" => {
                once(&mut self.remember_timeout, setting, seconds(setting, usage)?)
            }
            "touch_interval" => once(&mut self.touch_interval, setting, seconds(setting, usage)?),
            "absolute_timeout" => {
                once(&mut self.absolute_timeout, setting, seconds(setting, usage)?)
            }
            "rename_all" => once(&mut self.rename_all, setting, setting.text(usage)?),
            "ignore_serde" => once(&mut self.ignore_serde, setting, setting.flag(usage)?),
            _ => once(&mut self.krate, setting, setting.path(usage)?),
        }
    }

    /// Whether a word for which serde has one of the same meaning was written.
    pub(super) fn says(&self, word: &str) -> bool {
        match word {
            "rename_all" => self.rename_all.is_some(),
            "crate" => self.krate.is_some(),
            _ => false,
        }
    }
}

impl FieldOptions {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let mut found = Errors::default();
        let settings = settings(attributes, &mut found);
        if !found.is_empty() {
            options.lost = ON_FIELD.iter().map(|(name, _)| (*name).to_owned()).collect();
        }
        for setting in settings {
            let meant = meant(&setting);
            if found.keep(options.take(setting)).is_none() {
                options.lost.push(meant);
            }
        }
        options.is_broken = !found.is_empty();
        errors.append(found);
        options
    }

    fn take(&mut self, setting: Setting) -> syn::Result<()> {
        let name = setting.name.to_string();
        let Some(usage) = usage(ON_FIELD, &name) else {
            return Err(match self::usage(ON_STRUCT, &name) {
                Some(_) => at(&setting, format!("`{name}` belongs on the struct: move it there")),
                None => unknown(&setting, ON_FIELD, "field"),
            });
        };
        let flag = match name.as_str() {
            "index" if setting.is_bare() => return once(&mut self.index, &setting, None),
            "index" => return once(&mut self.index, &setting, Some(setting.text(usage)?)),
            "rename" => return once(&mut self.rename, &setting, setting.text(usage)?),
            "secret" => {
                let secrecy = Secrecy::parse(&setting, usage)?;
                return once(&mut self.secret, &setting, secrecy);
            }
            "with" => return once(&mut self.with, &setting, setting.path(usage)?),
            "default" => {
                return once(&mut self.default, &setting, setting.expr(usage)?.cloned());
            }
            "alias" => {
                let value = setting.text(usage)?;
                self.alias.push(Given { name: setting.name, value });
                return Ok(());
            }
            "hash_key" => &mut self.hash_key,
            "ttl" => &mut self.ttl,
            "created" => &mut self.created,
            "authenticated" => &mut self.authenticated,
            "counter" => &mut self.counter,
            "set" => &mut self.set,
            "append" => &mut self.append,
            "whole" => &mut self.whole,
            "merge" => &mut self.merge,
            "guard" => &mut self.guard,
            "ignore_serde" => &mut self.ignore_serde,
            "lenient" => &mut self.lenient,
            "remember" => &mut self.remember,
            _ => &mut self.skip,
        };
        once(flag, &setting, setting.flag(usage)?)
    }

    /// Whether a word for which serde has one of the same meaning was written.
    pub(super) fn says(&self, word: &str) -> bool {
        match word {
            "skip" => self.skip.is_some(),
            "rename" => self.rename.is_some(),
            "alias" => !self.alias.is_empty(),
            "default" => self.default.is_some(),
            "with" => self.with.is_some(),
            _ => false,
        }
    }
}

fn meant(setting: &Setting) -> String {
    let written = setting.name.to_string();
    let names = ON_FIELD.iter().map(|(name, _)| *name);
    spelling::closest(&written, names).map_or(written, str::to_owned)
}

fn once<T>(place: &mut Option<Given<T>>, setting: &Setting, value: T) -> syn::Result<()> {
    let name = setting.name.clone();
    if place.is_some() {
        return Err(at(setting, format!("`{name}` is written twice: remove one of the two")));
    }
    *place = Some(Given { name, value });
    Ok(())
}

fn seconds(setting: &Setting, usage: &str) -> syn::Result<Seconds> {
    let literal = setting.duration(usage)?;
    Ok(Seconds { seconds: duration::parse(&literal)?, literal })
}

fn usage(known: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    known.iter().find(|(known, _)| *known == name).map(|(_, usage)| *usage)
}

fn unknown(setting: &Setting, known: &'static [(&str, &str)], place: &str) -> syn::Error {
    let name = &setting.name;
    let names = known.iter().map(|(name, _)| *name);
    let advice = match spelling::closest(&name.to_string(), names.clone()) {
        Some(closest) => format!("did you mean `{closest}`?"),
        None => format!("a {place} may have {}", list(names)),
    };
    at(setting, format!("unknown attribute `{name}`: {advice}"))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn at(setting: &Setting, message: String) -> syn::Error {
    syn::Error::new(setting.name.span(), message)
}
