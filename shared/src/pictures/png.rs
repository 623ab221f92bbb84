//! The chunks of a PNG (ISO/IEC 15948).

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// A chunk's length, name and checksum.
const FRAMING_BYTES: usize = 12;

/// Whether a file holds a picture and nothing else: no text, no profile, no time, no second frame, nothing behind its end.
pub(super) fn is_plain(file: &[u8]) -> bool {
    let Some(mut rest) = file.strip_prefix(SIGNATURE) else {
        return false;
    };
    while let Some((name, after)) = next_chunk(rest) {
        match name {
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" => rest = after,
            b"IEND" => return after.is_empty() && rest.len() == FRAMING_BYTES,
            _ => return false,
        }
    }
    false
}

/// The name of the first chunk, and what follows it.
fn next_chunk(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, named) = rest.split_first_chunk::<4>()?;
    let whole = usize::try_from(u32::from_be_bytes(*length)).ok()? + FRAMING_BYTES;
    Some((named.get(..4)?, rest.get(whole..)?))
}
