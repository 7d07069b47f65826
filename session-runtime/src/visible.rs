use std::fmt::{self, Write as _};

/// Text of which a part may be anybody's, such as the key of a map: on one line of a log, and as it is read.
pub(crate) struct Visible<'t>(pub(crate) &'t str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match is_visible(character) {
            true => f.write_char(character),
            false => write!(f, "{}", character.escape_default()),
        })
    }
}

/// Whether a character neither moves what follows it to another place nor makes a terminal do something.
fn is_visible(character: char) -> bool {
    let moves = matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !character.is_control() && !moves
}
