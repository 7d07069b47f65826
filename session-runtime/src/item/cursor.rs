use std::borrow::Cow;
use std::fmt;

use super::plain_length::plain_length;

/// How many lists and maps may be around a value: the AWS SDK reads no deeper, and DynamoDB stores half of it.
const MAX_DEPTH: u32 = 62;
/// How deep JSON may be nested that is not looked at.
const MAX_SKIPPED_DEPTH: u32 = 128;

/// A place in the text of a response, which is read from there on.
#[derive(Debug, Default)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    position: usize,
    /// How many lists and maps are around the position.
    depth: u32,
    /// Where the value begins that was read to its end last.
    completed: Option<usize>,
}

/// Where a value begins, to come back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    position: usize,
    depth: u32,
}

/// The text is not what DynamoDB writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// In bytes from the beginning.
    pub(crate) position: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no DynamoDB JSON at byte {}", self.position)
    }
}

impl std::error::Error for Malformed {}

type Result<T> = std::result::Result<T, Malformed>;

impl<'t> Cursor<'t> {
    /// At the beginning of a text.
    pub(crate) fn new(text: &'t [u8]) -> Result<Self> {
        match str::from_utf8(text) {
            Ok(text) => Ok(Self { text, position: 0, depth: 0, completed: None }),
            Err(error) => Err(Malformed { position: error.valid_up_to() }),
        }
    }

    pub(super) fn malformed(&self) -> Malformed {
        Malformed { position: self.position }
    }

    /// At the value that follows.
    pub(super) fn mark(&mut self) -> Mark {
        self.skip_whitespace();
        Mark { position: self.position, depth: self.depth }
    }

    pub(super) fn seek(&mut self, mark: Mark) {
        (self.position, self.depth, self.completed) = (mark.position, mark.depth, None);
    }

    /// Takes note that a value has been read to its end.
    pub(super) fn complete(&mut self, mark: Mark) {
        self.completed = Some(mark.position);
    }

    /// Whether the value has been read to its end, and nothing after it.
    pub(super) fn has_completed(&self, mark: Mark) -> bool {
        self.completed == Some(mark.position)
    }

    /// Goes into a list or a map.
    pub(super) fn descend(&mut self) {
        self.depth += 1;
    }

    pub(super) fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn require_depth(&self) -> Result<()> {
        if self.depth > MAX_DEPTH { Err(self.malformed()) } else { Ok(()) }
    }

    pub(super) fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.as_bytes().get(self.position) {
            self.position += 1;
        }
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Result<u8> {
        self.skip_whitespace();
        self.text.as_bytes().get(self.position).copied().ok_or_else(|| self.malformed())
    }

    /// Goes past the next byte, if it is this one.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool> {
        let is_next = self.peek()? == byte;
        self.position += usize::from(is_next);
        Ok(is_next)
    }

    pub(super) fn expect(&mut self, byte: u8) -> Result<()> {
        match self.take(byte)? {
            true => Ok(()),
            false => Err(self.malformed()),
        }
    }

    /// Whether there is nothing more.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_whitespace();
        self.position == self.text.len()
    }

    fn literal(&mut self, literal: &str) -> Result<()> {
        if !self.rest().starts_with(literal.as_bytes()) {
            return Err(self.malformed());
        }
        self.position += literal.len();
        match self.rest().first() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'}' | b']' | b',') => Ok(()),
            Some(_) => Err(self.malformed()),
        }
    }

    pub(super) fn boolean(&mut self) -> Result<bool> {
        let is_true = self.peek()? == b't';
        self.literal(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    /// Goes past `null`, if that is next.
    pub(super) fn take_null(&mut self) -> Result<bool> {
        let is_null = self.peek()? == b'n';
        if is_null {
            self.literal("null")?;
        }
        Ok(is_null)
    }

    /// The key of the next member of an object, which is entered; `None` at its end.
    pub(super) fn key(&mut self, is_first: bool) -> Result<Option<Cow<'t, str>>> {
        if !self.goes_on(b'}', is_first)? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Whether an array, which is entered, has another element; goes past its end if not.
    pub(super) fn has_element(&mut self, is_first: bool) -> Result<bool> {
        self.goes_on(b']', is_first)
    }

    /// Goes past the comma before another member, or past the end.
    #[inline]
    fn goes_on(&mut self, end: u8, is_first: bool) -> Result<bool> {
        let next = self.peek()?;
        if next == end {
            self.advance(1);
            return Ok(false);
        }
        if !is_first {
            if next != b',' {
                return Err(self.malformed());
            }
            self.advance(1);
        }
        Ok(true)
    }

    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>> {
        self.expect(b'"')?;
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length = plain_length(rest.as_bytes());
        self.position += length;
        match rest.split_at_checked(length) {
            Some((plain, ending)) if ending.starts_with('"') => {
                self.position += 1;
                Ok(Cow::Borrowed(plain))
            }
            Some((plain, ending)) if ending.starts_with('\\') => {
                self.escaped(plain).map(Cow::Owned)
            }
            _ => Err(self.malformed()),
        }
    }

    /// The rest of a string that has escapes.
    #[cold]
    fn escaped(&mut self, plain: &str) -> Result<String> {
        let mut string = plain.to_owned();
        loop {
            let start = self.position;
            self.position += plain_length(self.rest());
            string.push_str(self.text.get(start..self.position).unwrap_or_default());
            match self.rest() {
                [b'"', ..] => {
                    self.position += 1;
                    return Ok(string);
                }
                [b'\\', escape, ..] => {
                    self.position += 2;
                    string.push(match escape {
                        b'"' | b'\\' | b'/' => char::from(*escape),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        b'u' => self.unicode()?,
                        _ => return Err(self.malformed()),
                    });
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    /// The character of `\u`, of which two stand for one beyond the first 65,536.
    fn unicode(&mut self) -> Result<char> {
        let first = self.hexadecimal()?;
        let code = match first {
            0xD800..0xDC00 if self.rest().starts_with(b"\\u") => {
                self.position += 2;
                match self.hexadecimal()? {
                    second @ 0xDC00..0xE000 => {
                        0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                    }
                    _ => return Err(self.malformed()),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.malformed())
    }

    fn hexadecimal(&mut self) -> Result<u32> {
        let digits = self.text.get(self.position..self.position + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.malformed())?;
        self.position += 4;
        Ok(code)
    }

    /// A number, as its text.
    pub(super) fn number(&mut self) -> Result<&'t str> {
        let _ = self.peek()?;
        let start = self.position;
        let digits = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.position += self.rest().iter().take_while(|byte| digits(byte)).count();
        let number = self.text.get(start..self.position).unwrap_or_default();
        match number.parse::<f64>() {
            Ok(_) if !number.starts_with('+') => Ok(number),
            _ => Err(self.malformed()),
        }
    }

    /// Goes past JSON of any kind.
    pub(super) fn skip(&mut self) -> Result<()> {
        self.skip_nested(0)
    }

    fn skip_nested(&mut self, depth: u32) -> Result<()> {
        if depth > MAX_SKIPPED_DEPTH {
            return Err(self.malformed());
        }
        match self.peek()? {
            b'{' => {
                self.advance(1);
                let mut is_first = true;
                while self.key(std::mem::take(&mut is_first))?.is_some() {
                    self.skip_nested(depth + 1)?;
                }
            }
            b'[' => {
                self.advance(1);
                let mut is_first = true;
                while self.has_element(std::mem::take(&mut is_first))? {
                    self.skip_nested(depth + 1)?;
                }
            }
            b'"' => drop(self.string()?),
            b't' | b'f' => drop(self.boolean()?),
            b'n' => drop(self.take_null()?),
            _ => drop(self.number()?),
        }
        Ok(())
    }
}
