use super::session_cookie::SessionCookie;
use crate::error::{Error, ErrorKind};
use crate::id::SessionKey;
use crate::protocol::Mark;
use crate::web::rejected::rejected;

/// How many different ids of one request are looked up: each costs a read.
const MAX_IDS: usize = 4;
/// How many marks of one request are looked at; where there are more, the session is read strongly.
const MAX_MARKS: usize = 4;

/// The ids that a request presented under the cookie's name. Nobody has vouched for them yet.
#[derive(Clone, Debug)]
pub(in crate::web) struct Presented<K> {
    ids: Vec<PresentedId<K>>,
    /// Something was presented, be it an id or not.
    is_something: bool,
    /// There were more ids than are looked up.
    is_flood: bool,
    /// What reads have to show, each with the fingerprint of the id that it is of.
    marks: Vec<(String, Mark)>,
    /// Something was presented as a mark, be it one or not.
    has_mark: bool,
}

#[derive(Clone, Debug)]
struct PresentedId<K> {
    key: K,
    is_signed_by_first: bool,
}

impl<K: SessionKey> Presented<K> {
    pub(in crate::web) fn nothing() -> Self {
        let (ids, marks) = (Vec::new(), Vec::new());
        Self { ids, is_something: false, is_flood: false, marks, has_mark: false }
    }

    /// Reads untrusted headers. Nothing in them is an error: at worst, there is no id in them.
    pub(in crate::web) fn read(cookie: &SessionCookie, headers: &[Box<[u8]>]) -> Self {
        let mut presented = Self::nothing();
        let mut malformed = 0_u64;
        let mut reason = None;
        for header in headers {
            // Other cookies may hold any bytes; they must not cost the visitor the session.
            for pair in header.split(|byte| *byte == b';') {
                let Some(value) = value_of(pair, cookie.full_name()) else {
                    if let Some(value) = value_of(pair, cookie.commit_name()) {
                        presented.add_mark(cookie, value);
                    }
                    continue;
                };
                presented.is_something = true;
                match read_id(cookie, value) {
                    Ok(id) if presented.contains(&id.key) => {}
                    Ok(id) => presented.ids.push(id),
                    Err(why) => {
                        malformed += 1;
                        reason = Some(why);
                    }
                }
                if presented.ids.len() > MAX_IDS {
                    presented.ids.truncate(MAX_IDS);
                    presented.is_flood = true;
                    rejected(None, MAX_IDS as u64, "too many different ids were presented");
                    return presented;
                }
            }
        }
        if let Some(reason) = reason {
            rejected(None, malformed, &reason);
        }
        presented
    }

    fn add_mark(&mut self, cookie: &SessionCookie, value: &[u8]) {
        self.has_mark = true;
        if self.marks.len() <= MAX_MARKS
            && let Ok(value) = std::str::from_utf8(value)
            && let Some(mark) = cookie.verify_mark(value)
        {
            self.marks.push(mark);
        }
    }

    /// What a read of this session has to show, if the browser says. Where it says several things, all of them: one may
    /// have been planted.
    pub(in crate::web) fn marks_of(&self, key: &K) -> Option<Vec<&Mark>> {
        if self.marks.is_empty() {
            return None;
        }
        let fingerprint = key.fingerprint();
        let marks = self.marks.iter().filter(|(of, _)| *of == fingerprint);
        let marks: Vec<_> = marks.map(|(_, mark)| mark).collect();
        (!marks.is_empty() && self.marks.len() <= MAX_MARKS).then_some(marks)
    }

    /// Whether the browser keeps something as a mark.
    pub(in crate::web) fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// Refuses more ids than are looked up: the visitor's own may be among those that are not.
    pub(in crate::web) fn require_few(&self) -> Result<(), Error> {
        if !self.is_flood {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidId,
            format!(
                "the request presented more than {MAX_IDS} different ids; some program plants cookies of the session's \
                 name in the visitor's browser, whose cookies for this site have to be deleted"
            ),
        ))
    }

    pub(in crate::web) fn ids(&self) -> impl Iterator<Item = &K> {
        self.ids.iter().map(|id| &id.key)
    }

    pub(in crate::web) fn is_something(&self) -> bool {
        self.is_something
    }

    pub(in crate::web) fn contains(&self, key: &K) -> bool {
        self.ids().any(|presented| presented == key)
    }

    /// Whether the browser holds this id as it would be given out today.
    pub(in crate::web) fn is_current(&self, key: &K) -> bool {
        self.ids.iter().any(|id| id.key == *key && id.is_signed_by_first)
    }
}

fn read_id<K: SessionKey>(cookie: &SessionCookie, value: &[u8]) -> Result<PresentedId<K>, String> {
    let value = std::str::from_utf8(value).map_err(|_| "it is not text".to_owned())?;
    let Some((id, is_signed_by_first)) = cookie.verify(value) else {
        return Err("it is not signed by one of the keys".to_owned());
    };
    let key = K::parse(&id).map_err(|error| error.to_string())?;
    Ok(PresentedId { key, is_signed_by_first })
}

/// The value of a pair with exactly this name. Only space and tab are trimmed: what else Unicode calls white space is
/// part of a name, under which a script could plant a cookie that no prefix protects.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (&pair[..equals], &pair[equals + 1..]);
    (trimmed(key) == name.as_bytes()).then(|| trimmed(value))
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}
