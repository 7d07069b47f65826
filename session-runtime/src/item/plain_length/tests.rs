use super::plain_length;

#[test]
fn every_byte_is_told_from_the_plain_ones_wherever_it_stands() {
    for around in [b' ', b'!', b'#', b'[', b']', 0x7F, 0x80, 0xFF] {
        for byte in 0..=u8::MAX {
            for position in 0..20 {
                let mut text = [around; 20];
                text[position] = byte;
                let is_plain = byte >= b' ' && byte != b'"' && byte != b'\\';
                let expected = if is_plain { 20 } else { position };
                assert_eq!(plain_length(&text), expected, "{byte:#x} at {position} of {around:#x}");
            }
        }
    }
}
