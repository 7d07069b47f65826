/// How many bytes of a string in JSON are as they are, up to its end, an escape, or what no string may hold.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, _) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // The lowest bit that is set is that of the first such byte.
        let word = u64::from_le_bytes(*word);
        let quote = zeros(word ^ (ONES * u64::from(b'"')));
        let backslash = zeros(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let special = (quote | backslash | control) & HIGHS;
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    let start = 8 * words.len();
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    start + bytes[start..].iter().position(is_special).unwrap_or(bytes.len() - start)
}
