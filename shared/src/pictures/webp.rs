//! The chunks of a WebP (RFC 9649), taken apart before it is decoded.
//!
//! The decoder believes the sizes in a file before it compares them, and makes tables of whatever size a lossless stream asks for.
//! So it is given a file made here, of the chunks of the first frame, whose sizes and whose cost are known.

use image::metadata::Orientation;

/// What the decoder's tables take at most for each byte of a lossless stream: a code of 2048 symbols of 11 bits is written in 137
/// bytes and read into 70,000.
const TABLES: u64 = 600;
/// Bytes for each pixel that are taken besides the result: planes of a lossy stream; pixels and transforms of a lossless one.
const LOSSY: u64 = 2;
const LOSSLESS: u64 = 6;

const SIDE_MASK: u32 = 0x3fff;
const HAS_ALPHA: u8 = 0x10;

/// The first frame of a WebP.
pub(super) struct Still {
    /// A file of that frame alone.
    pub(super) file: Vec<u8>,
    /// How it has to be turned to stand upright.
    pub(super) turn: Orientation,
    /// What the decoder takes besides the result.
    pub(super) working_bytes: u64,
}

/// The first frame of a WebP; nothing if there is none.
pub(super) fn first_frame(file: &[u8]) -> Option<Still> {
    let body = file.get(12..)?;
    let frame = match find(body, *b"ANMF") {
        Some(animated) => animated.get(16..)?,
        None => body,
    };
    let exif = find(body, *b"EXIF").map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
    let (file, working_bytes) = match (find(frame, *b"VP8L"), find(frame, *b"VP8 ")) {
        (Some(stream), None) => lossless(stream)?,
        (None, Some(stream)) => lossy(stream, find(frame, *b"ALPH"))?,
        _ => return None,
    };
    Some(Still {
        file,
        turn: exif
            .and_then(Orientation::from_exif_chunk)
            .unwrap_or(Orientation::NoTransforms),
        working_bytes,
    })
}

fn lossless(stream: &[u8]) -> Option<(Vec<u8>, u64)> {
    let sides = u32::from_le_bytes(stream.get(1..5)?.try_into().ok()?);
    let pixels = |sides: u32| u64::from(sides & SIDE_MASK) + 1;
    let pixels = pixels(sides) * pixels(sides >> 14);
    let working = pixels * LOSSLESS + bytes(stream) * TABLES;
    Some((riff(&[(*b"VP8L", stream)]), working))
}

fn lossy(stream: &[u8], alpha: Option<&[u8]>) -> Option<(Vec<u8>, u64)> {
    let side = |at: usize| {
        let side = u16::from_le_bytes(stream.get(at..at + 2)?.try_into().ok()?);
        Some(u32::from(side) & SIDE_MASK)
    };
    let (width, height) = (side(6)?, side(8)?);
    let pixels = u64::from(width) * u64::from(height);
    let Some(alpha) = alpha else {
        return Some((riff(&[(*b"VP8 ", stream)]), pixels * LOSSY));
    };
    let mut header = vec![HAS_ALPHA, 0, 0, 0];
    for side in [width, height] {
        header.extend(&side.checked_sub(1)?.to_le_bytes()[..3]);
    }
    let file = riff(&[(*b"VP8X", &header), (*b"ALPH", alpha), (*b"VP8 ", stream)]);
    let working = pixels * (LOSSY + LOSSLESS) + bytes(alpha) * TABLES;
    Some((file, working))
}

/// What the first chunk of this name holds.
fn find(mut rest: &[u8], name: [u8; 4]) -> Option<&[u8]> {
    loop {
        let (found, after) = rest.split_first_chunk::<4>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (chunk, after) = after.split_at_checked(length)?;
        if *found == name {
            return Some(chunk);
        }
        rest = after.get(length % 2..)?;
    }
}

fn riff(chunks: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (name, chunk) in chunks {
        body.extend(name);
        body.extend(length(chunk));
        body.extend(*chunk);
        body.resize(body.len() + chunk.len() % 2, 0);
    }
    [b"RIFF".as_slice(), &length(&body), &body].concat()
}

fn length(chunk: &[u8]) -> [u8; 4] {
    let length = u32::try_from(chunk.len());
    length.expect("an upload is short").to_le_bytes()
}

fn bytes(stream: &[u8]) -> u64 {
    u64::try_from(stream.len()).unwrap_or(u64::MAX / TABLES)
}
