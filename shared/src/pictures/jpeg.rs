//! The segments of a JPEG (ITU-T T.81, annex B), looked at before it is decoded.
//!
//! The decoder bounds the pixels only. It also keeps the coefficients of a picture that comes in several scans, which can be many
//! times as much; and it takes a file that breaks off. So both are told here.

const END: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const JFIF: &[u8] = b"JFIF\0";
/// Of a JFIF segment without a small picture of its own (T.871 §10.1).
const JFIF_BYTES: usize = 14;
/// A block of 8 x 8 coefficients of two bytes.
const BLOCK_BYTES: u64 = 128;

/// What a JPEG is, told by its segments.
pub(super) struct Outline {
    /// It holds what the picture needs and nothing else.
    pub(super) is_plain: bool,
    /// What the decoder keeps beside the pixels.
    pub(super) coefficient_bytes: u64,
}

/// The frame header: size, coding and the components' sampling factors.
struct Frame<'a> {
    is_progressive: bool,
    height: u64,
    width: u64,
    components: &'a [[u8; 3]],
}

/// The outline of a whole JPEG of one frame; nothing if it is not one.
pub(super) fn outline(file: &[u8]) -> Option<Outline> {
    let mut rest = file.strip_prefix(&[0xff, 0xd8])?;
    let mut frame: Option<Frame<'_>> = None;
    let mut coefficient_bytes = None;
    let mut is_plain = true;
    loop {
        let (marker, after) = next_marker(rest)?;
        if marker == END {
            let is_plain = is_plain && after.is_empty();
            return coefficient_bytes.map(|coefficient_bytes| Outline {
                is_plain,
                coefficient_bytes,
            });
        }
        let (segment, after) = segment(after)?;
        is_plain &= is_needed(marker, segment);
        rest = after;
        match marker {
            0xc0..=0xc2 if frame.is_none() => frame = Some(Frame::read(marker, segment)?),
            START_OF_SCAN => {
                let bytes = frame.as_ref()?.coefficient_bytes(*segment.first()?);
                coefficient_bytes.get_or_insert(bytes);
                rest = behind_scan(rest)?;
            }
            // Tables, applications, comments.
            0xc4 | 0xcc | 0xdb..=0xdd | 0xe0..=0xef | 0xfe => {}
            _ => return None,
        }
    }
}

impl<'a> Frame<'a> {
    fn read(marker: u8, segment: &'a [u8]) -> Option<Self> {
        let [_, height_1, height_2, width_1, width_2, count, ..] = *segment else {
            return None;
        };
        let (components, over) = segment[6..].as_chunks::<3>();
        let are_all = components.len() == usize::from(count) && over.is_empty();
        (are_all && count > 0).then(|| Self {
            is_progressive: marker == 0xc2,
            height: u16::from_be_bytes([height_1, height_2]).into(),
            width: u16::from_be_bytes([width_1, width_2]).into(),
            components,
        })
    }

    /// All coefficients, where they do not come at once.
    fn coefficient_bytes(&self, components_of_scan: u8) -> u64 {
        let is_one_scan = usize::from(components_of_scan) == self.components.len();
        if is_one_scan && !self.is_progressive {
            return 0;
        }
        let units = self.width.div_ceil(self.unit(across)) * self.height.div_ceil(self.unit(down));
        let blocks = self
            .components
            .iter()
            .copied()
            .map(|it| across(it) * down(it));
        units * blocks.sum::<u64>() * BLOCK_BYTES
    }

    /// Pixels from one unit of coding to the next. A component that is alone is coded block by block, whatever its factors.
    fn unit(&self, factor: fn([u8; 3]) -> u64) -> u64 {
        let most = self.components.iter().copied().map(factor).max();
        let most = most.filter(|_| self.components.len() > 1);
        8 * most.unwrap_or(1).max(1)
    }
}

fn across(component: [u8; 3]) -> u64 {
    (component[1] >> 4).into()
}

fn down(component: [u8; 3]) -> u64 {
    (component[1] & 0xf).into()
}

/// The next marker, which may have fill bytes before it.
fn next_marker(rest: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = rest.strip_prefix(&[0xff])?;
    while let Some(after) = rest.strip_prefix(&[0xff]) {
        rest = after;
    }
    let (marker, rest) = rest.split_first()?;
    Some((*marker, rest))
}

/// What a segment holds, and what follows it.
fn segment(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, _) = rest.split_first_chunk::<2>()?;
    let (whole, after) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some((whole.get(2..)?, after))
}

/// What follows the coded data of a scan: zeros and restart markers belong to it.
fn behind_scan(rest: &[u8]) -> Option<&[u8]> {
    let is_end = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
    let at = rest.windows(2).position(is_end)?;
    Some(&rest[at..])
}

/// Whether a segment is of the picture itself. What is neither grey nor YCbCr needs a segment to say so.
fn is_needed(marker: u8, segment: &[u8]) -> bool {
    match marker {
        0xe0 => segment.starts_with(JFIF) && segment.len() == JFIF_BYTES,
        0xc0..=0xc2 => matches!(segment.get(5), Some(1 | 3)),
        0xc4 | 0xdb | 0xdd | START_OF_SCAN => true,
        _ => false,
    }
}
