use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::position::Position;
use crate::dynamo::ItemKey;
use crate::error::{Error, ErrorKind};

const TITLE: &str = "dynamo-session purge checkpoint, version 1";
/// So that a file that was cut short is not taken for a whole one.
const END: &str = "end";

/// How far a purge has got: what [`PurgeExpired::resume_from`](crate::sweep::PurgeExpired::resume_from) continues
/// after.
///
/// Its [`Display`](fmt::Display) is a text of a few lines to be kept in a file, and [`FromStr`] reads it back.
///
/// **It holds keys of the table**, one for each segment, be they of sessions or of other items. With [`SessionId`](crate::SessionId) these are hashes, from
/// which no session can be taken over. With `String` and `Uuid` keys they are the ids of (expired or live) sessions
/// themselves: keep the text as you keep the table. Its `Debug` shows none.
///
/// # Examples
///
/// ```
/// use dynamo_session::sweep::PurgeCheckpoint;
///
/// let saved = "dynamo-session purge checkpoint, version 1\n\
///              table shop-sessions\n\
///              key prefix \"ShopSession#\"\n\
///              segments 2\n\
///              0 after dGhlIGtleQ\n\
///              1 finished\n\
///              end\n";
/// let checkpoint: PurgeCheckpoint = saved.parse()?;
/// assert_eq!(checkpoint.table_name(), "shop-sessions");
/// assert_eq!(checkpoint.segments(), 2);
/// assert_eq!(checkpoint.to_string(), saved);
/// # Ok::<(), dynamo_session::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PurgeCheckpoint {
    table: String,
    key_prefix: String,
    positions: Vec<Position>,
}

impl PurgeCheckpoint {
    pub(super) fn new(table: &str, key_prefix: &str, segments: u32) -> Self {
        let positions = vec![Position::Start; segments as usize];
        Self { table: table.to_owned(), key_prefix: key_prefix.to_owned(), positions }
    }

    /// The table that was being purged.
    pub fn table_name(&self) -> &str {
        &self.table
    }

    /// What the keys of the session type begin with whose sessions were being purged.
    pub fn key_prefix(&self) -> &str {
        &self.key_prefix
    }

    /// Into how many segments the table was divided.
    pub fn segments(&self) -> u32 {
        u32::try_from(self.positions.len()).unwrap_or(u32::MAX)
    }

    /// How many segments were finished.
    pub fn segments_finished(&self) -> u32 {
        let finished = self.positions.iter().filter(|position| **position == Position::Finished);
        u32::try_from(finished.count()).unwrap_or(u32::MAX)
    }

    /// Whether all of its keys have a sort key, or none has.
    pub(super) fn is_of_keys(&self, with_sort_key: bool) -> bool {
        self.positions.iter().all(|position| match position {
            Position::After(key) => key.sort.is_some() == with_sort_key,
            Position::Start | Position::Finished => true,
        })
    }

    pub(super) fn position(&self, segment: u32) -> &Position {
        &self.positions[segment as usize]
    }

    pub(super) fn advance(&mut self, segment: u32, position: Position) {
        self.positions[segment as usize] = position;
    }
}

impl fmt::Display for PurgeCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key_prefix, positions } = self;
        writeln!(f, "{TITLE}\ntable {table}\nkey prefix \"{key_prefix}\"")?;
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
}

impl fmt::Debug for PurgeCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PurgeCheckpoint")
            .field("table", &self.table)
            .field("key_prefix", &self.key_prefix)
            .field("positions", &self.positions)
            .finish()
    }
}

impl FromStr for PurgeCheckpoint {
    type Err = Error;

    /// Reads a checkpoint's text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], naming the line, unless the text is exactly what [`Display`](fmt::Display) wrote,
    /// except for its line endings. A truncated text is refused too. The text is not repeated in the error.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut lines = Lines { lines: text.lines(), number: 0 };
        lines.next(TITLE, |line| (line == TITLE).then_some(()))?;
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
            false => Err(unreadable(lines.number + 1, "nothing more")),
        }
    }
}

struct Lines<'t> {
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
        self.lines.next().and_then(read).ok_or_else(|| unreadable(self.number, expected))
    }
}

fn unreadable(line: usize, expected: &str) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "this is not the text of a purge's checkpoint, or it is incomplete: line {line} should hold \
             {expected}. Without a checkpoint, a purge starts from the beginning, which does no harm"
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
