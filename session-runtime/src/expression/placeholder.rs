use std::fmt;
use std::ops::Deref;

/// What stands for a name or a value in an expression: `#` or `:`, and a number in as few characters as it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placeholder {
    text: [u8; 4],
    length: usize,
}

impl Placeholder {
    pub(super) fn name(number: usize) -> Self {
        Self::new(b'#', number)
    }

    pub(super) fn value(number: usize) -> Self {
        Self::new(b':', number)
    }

    fn new(sigil: u8, number: usize) -> Self {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let length = match number {
            0..36 => 2,
            36..1296 => 3,
            _ => 4,
        };
        let mut text = [sigil; 4];
        let mut rest = number;
        for digit in text[1..length].iter_mut().rev() {
            *digit = DIGITS[rest % 36];
            rest /= 36;
        }
        Self { text, length }
    }
}

impl Deref for Placeholder {
    type Target = str;

    fn deref(&self) -> &str {
        str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
