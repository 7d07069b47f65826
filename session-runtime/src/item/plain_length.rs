#[cfg(test)]
mod tests;

/// How many bytes of a string in JSON are as they are, up to its end, an escape, or what no string may hold.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    const QUOTES_AS_SPACES: u64 = ONES * (b'"' ^ b' ') as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // The lowest bit that is set is that of the first such byte. With the bit flipped in which a quote and a space
        // differ, quotes and controls, and nothing else of ASCII, come before an exclamation mark.
        let word = u64::from_le_bytes(*word);
        let quote_or_control = (word ^ QUOTES_AS_SPACES).wrapping_sub(ONES * u64::from(b'!'));
        let backslash = (word ^ BACKSLASHES).wrapping_sub(ONES);
        let special = (quote_or_control | backslash) & !word & HIGHS;
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    let start = 8 * words.len();
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    start + bytes[start..].iter().position(is_special).unwrap_or(bytes.len() - start)
}
