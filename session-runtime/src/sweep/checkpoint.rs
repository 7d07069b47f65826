use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::position::Position;
use super::settings::SweepSettings;
use crate::dynamo::ItemKey;
use crate::error::{Error, ErrorKind};

/// So that a file that was cut short is not taken for a whole one.
const END: &str = "end";

/// What a checkpoint is of, in its text and in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Such as `purge`.
    pub(super) name: &'static str,
    /// What a wrong checkpoint has not done.
    pub(super) not_done: &'static str,
}

/// How far each segment of a table was swept.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    table: String,
    key_prefix: String,
    positions: Vec<Position>,
}

impl Checkpoint {
    pub(super) fn new(table: &str, key_prefix: &str, segments: u32) -> Self {
        let positions = vec![Position::Start; segments as usize];
        Self { table: table.to_owned(), key_prefix: key_prefix.to_owned(), positions }
    }

    pub(super) fn table_name(&self) -> &str {
        &self.table
    }

    pub(super) fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    pub(super) fn segments(&self) -> u32 {
        u32::try_from(self.positions.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn segments_finished(&self) -> u32 {
        let finished = self.positions.iter().filter(|position| **position == Position::Finished);
        u32::try_from(finished.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn position(&self, segment: u32) -> &Position {
        &self.positions[segment as usize]
    }

    pub(super) fn advance(&mut self, segment: u32, position: Position) {
        self.positions[segment as usize] = position;
    }

    /// Whether all of its keys have a sort key, or none has.
    fn is_of_keys(&self, with_sort_key: bool) -> bool {
        self.positions.iter().all(|position| match position {
            Position::After(key) => key.sort.is_some() == with_sort_key,
            Position::Start | Position::Finished => true,
        })
    }

    /// Where to begin: at a checkpoint, if there is one, or at the start of a table. With it, why that is refused.
    pub(super) fn to_begin_at(
        checkpoint: Option<Self>,
        job: Job,
        table: &str,
        key_prefix: &str,
        has_sort_key: bool,
        settings: &mut SweepSettings,
    ) -> (Self, Option<Error>) {
        let checked = match &checkpoint {
            Some(checkpoint) => checkpoint.adopt(job, table, key_prefix, has_sort_key, settings),
            None => Ok(()),
        };
        let refused = checked.and_then(|()| settings.check()).err();
        let segments = if refused.is_some() { 1 } else { settings.segments() };
        (checkpoint.unwrap_or_else(|| Self::new(table, key_prefix, segments)), refused)
    }

    /// Refuses to go on from it with another table, other keys or other segments; takes over its segments.
    fn adopt(
        &self,
        job: Job,
        table: &str,
        key_prefix: &str,
        has_sort_key: bool,
        settings: &mut SweepSettings,
    ) -> Result<(), Error> {
        let Job { name, not_done } = job;
        let refused = |why: String| {
            Err(Error::new(ErrorKind::Configuration, format!("the checkpoint {why}. {not_done}")))
        };
        if self.table != table {
            return refused(format!(
                "belongs to a {name} of the table `{}`; resume it with a store for that table, or begin without a \
                 checkpoint",
                self.table
            ));
        }
        if !self.is_of_keys(has_sort_key) {
            return refused(
                "stands at keys of another form: there was a sort key then, or there is one now; begin without a \
                 checkpoint"
                    .to_owned(),
            );
        }
        if self.key_prefix != key_prefix {
            return refused(format!(
                "belongs to a {name} of the sessions whose keys begin with `{}`, not `{key_prefix}`; resume it with \
                 those, or begin without a checkpoint",
                self.key_prefix
            ));
        }
        match settings.segments.replace(self.segments()) {
            Some(segments) if segments != self.segments() => refused(format!(
                "divides the table into {} segments, not {segments}; leave `segments` out, or begin without a \
                 checkpoint",
                self.segments()
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn write(&self, job: Job, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key_prefix, positions } = self;
        writeln!(f, "{}\ntable {table}\nkey prefix \"{key_prefix}\"", title(job))?;
        writeln!(f, "segments {}", positions.len())?;
        for (segment, position) in positions.iter().enumerate() {
            match position {
                Position::Start => writeln!(f, "{segment} start")?,
                Position::After(ItemKey { hash, sort }) => {
                    write!(f, "{segment} after {}", URL_SAFE_NO_PAD.encode(hash))?;
                    match sort {
                        Some(sort) => writeln!(f, " {}", URL_SAFE_NO_PAD.encode(sort))?,
                        None => writeln!(f)?,
                    }
                }
                Position::Finished => writeln!(f, "{segment} finished")?,
            }
        }
        writeln!(f, "{END}")
    }

    pub(super) fn read(job: Job, text: &str) -> Result<Self, Error> {
        let mut lines = Lines { job, lines: text.lines(), number: 0 };
        let title = title(job);
        lines.next(&title, |line| (line == title).then_some(()))?;
        let table = lines.next("`table` and its name", |line| {
            Some(line.strip_prefix("table ")?.to_owned()).filter(|name| !name.is_empty())
        })?;
        let key_prefix = lines.next("`key prefix` and the prefix in quotation marks", |line| {
            Some(line.strip_prefix("key prefix \"")?.strip_suffix('"')?.to_owned())
        })?;
        let segments: usize = lines.next("`segments` and how many", |line| {
            let segments = line.strip_prefix("segments ")?;
            number(segments).filter(|segments| *segments > 0)
        })?;
        let mut positions = Vec::new();
        for segment in 0..segments {
            let position = lines.next(
                &format!("{segment} and `start`, `after` with a key, or `finished`"),
                |line| position(line.strip_prefix(&format!("{segment} "))?),
            )?;
            positions.push(position);
        }
        lines.next(END, |line| (line == END).then_some(()))?;
        match lines.lines.all(|line| line.trim().is_empty()) {
            true => Ok(Self { table, key_prefix, positions }),
            false => Err(unreadable(job, lines.number + 1, "nothing more")),
        }
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("table", &self.table)
            .field("key_prefix", &self.key_prefix)
            .field("positions", &self.positions)
            .finish()
    }
}

fn title(job: Job) -> String {
    format!("dynamo-session {} checkpoint, version 1", job.name)
}

struct Lines<'t> {
    job: Job,
    lines: std::str::Lines<'t>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn next<T>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Result<T, Error> {
        self.number += 1;
        self.lines.next().and_then(read).ok_or_else(|| unreadable(self.job, self.number, expected))
    }
}

fn unreadable(job: Job, line: usize, expected: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "this is not the text of a {0}'s checkpoint, or it is incomplete: line {line} should hold {expected}. \
             Without a checkpoint, a {0} starts from the beginning, which does no harm",
            job.name
        ),
    )
}

/// A number in its one canonical form.
fn number(text: &str) -> Option<usize> {
    text.parse().ok().filter(|number: &usize| number.to_string() == text)
}

fn position(text: &str) -> Option<Position> {
    match text {
        "start" => Some(Position::Start),
        "finished" => Some(Position::Finished),
        _ => {
            let (hash, sort) = match text.strip_prefix("after ")?.split_once(' ') {
                Some((hash, sort)) => (hash, Some(key_part(sort)?)),
                None => (text.strip_prefix("after ")?, None),
            };
            Some(Position::After(ItemKey { hash: key_part(hash)?, sort }))
        }
    }
}

fn key_part(text: &str) -> Option<String> {
    let part = URL_SAFE_NO_PAD.decode(text).ok()?;
    String::from_utf8(part).ok().filter(|part| !part.is_empty())
}
