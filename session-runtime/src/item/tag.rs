use super::cursor::{Cursor, Malformed, Mark};

/// DynamoDB's name of a value's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    S,
    N,
    B,
    Bool,
    Null,
    L,
    M,
    Ss,
    Ns,
    Bs,
    Unknown,
}

impl Tag {
    fn named(name: &str) -> Self {
        match name {
            "S" => Self::S,
            "N" => Self::N,
            "B" => Self::B,
            "BOOL" => Self::Bool,
            "NULL" => Self::Null,
            "L" => Self::L,
            "M" => Self::M,
            "SS" => Self::Ss,
            "NS" => Self::Ns,
            "BS" => Self::Bs,
            _ => Self::Unknown,
        }
    }
}

/// A value in the text is an object with one member, which is named as its type.
impl Cursor<'_> {
    /// Goes into a value, up to what it holds.
    pub(super) fn open(&mut self) -> Result<Tag, Malformed> {
        self.require_depth()?;
        // Almost every value, as DynamoDB writes it.
        let plain = match self.rest() {
            [b'{', b'"', tag, b'"', b':', first, ..] => match (tag, first) {
                (b'S', b'"') => Some(Tag::S),
                (b'N', b'"') => Some(Tag::N),
                (b'M', b'{') => Some(Tag::M),
                (b'L', b'[') => Some(Tag::L),
                _ => None,
            },
            _ => None,
        };
        if let Some(tag) = plain {
            self.advance(5);
            return Ok(tag);
        }
        self.expect(b'{')?;
        let mut is_first = true;
        while let Some(name) = self.key(std::mem::take(&mut is_first))? {
            if !self.skip_aside(&name)? {
                return Ok(Tag::named(&name));
            }
        }
        Err(self.malformed())
    }

    /// Leaves a value whose content has been read.
    pub(super) fn close(&mut self, mark: Mark) -> Result<(), Malformed> {
        // Almost every value has one member only.
        if let [b'}', ..] = self.rest() {
            self.advance(1);
            self.complete(mark);
            return Ok(());
        }
        while let Some(name) = self.key(false)? {
            if !self.skip_aside(&name)? {
                return Err(self.malformed());
            }
        }
        self.complete(mark);
        Ok(())
    }

    /// Goes past a member that says nothing: one that is null, or a name that the protocol may add.
    fn skip_aside(&mut self, name: &str) -> Result<bool, Malformed> {
        if self.take_null()? {
            return Ok(true);
        }
        let is_aside = name == "__type";
        if is_aside {
            self.skip()?;
        }
        Ok(is_aside)
    }
}
