//! PNGs put together by hand.

/// A chunk with its length and checksum.
pub(crate) fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), data].concat();
    let length = u32::try_from(data.len()).expect("a short chunk");
    let mut chunk = length.to_be_bytes().to_vec();
    chunk.extend(&named);
    chunk.extend(checksum(&named).to_be_bytes());
    chunk
}

/// A grey PNG of eight bits that claims these sides, with these chunks behind its header.
pub(crate) fn grey_png(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.extend(chunk(*b"IHDR", &header));
    file.extend(chunks.concat());
    file.extend(chunk(*b"IEND", &[]));
    file
}

/// ISO/IEC 15948, annex D.
fn checksum(data: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), step);
    !data.iter().fold(u32::MAX, byte)
}
