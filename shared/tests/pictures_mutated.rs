//! Pictures that somebody has tampered with: refused, or kept within the limits.

use image::ImageFormat;
use proptest::collection::vec;
use proptest::prelude::*;
use shared::domain::PictureType;
use shared::pictures::Picture;

const SAMPLES: [&[u8]; 13] = [
    include_bytes!("samples/alpha.webp"),
    include_bytes!("samples/apng.png"),
    include_bytes!("samples/cmyk.jpg"),
    include_bytes!("samples/grey.jpg"),
    include_bytes!("samples/lossless.webp"),
    include_bytes!("samples/lossy.webp"),
    include_bytes!("samples/moving.gif"),
    include_bytes!("samples/moving.webp"),
    include_bytes!("samples/progressive.jpg"),
    include_bytes!("samples/sixteen.png"),
    include_bytes!("samples/turned.jpg"),
    include_bytes!("samples/turned.png"),
    include_bytes!("samples/turned.webp"),
];

/// What is done to a file.
#[derive(Debug, Clone)]
enum Change {
    Byte(Place, u8),
    Cut(Place),
    Remove(Place, usize),
    Repeat(Place, usize),
}

/// How far into a file, in parts of 65,536.
#[derive(Debug, Clone, Copy)]
struct Place(usize);

impl Place {
    fn within(self, file: &[u8]) -> usize {
        self.0 * file.len() / 65_536
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        if file.is_empty() {
            return;
        }
        let part = |at: &Place, length: usize| {
            let start = at.within(file);
            start..file.len().min(start + length)
        };
        match self {
            Self::Byte(at, byte) => {
                let at = at.within(file);
                file[at] = *byte;
            }
            Self::Cut(at) => file.truncate(at.within(file)),
            Self::Remove(at, length) => {
                let part = part(at, *length);
                file.drain(part);
            }
            Self::Repeat(at, length) => {
                let part = part(at, *length);
                let again = file[part.clone()].to_vec();
                file.splice(part.end..part.end, again);
            }
        }
    }
}

/// Most of them near the start, where headers are.
fn place() -> impl Strategy<Value = Place> {
    prop_oneof![0..65_536_usize, 0..4096_usize].prop_map(Place)
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (place(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => place().prop_map(Change::Cut),
        1 => (place(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1..40_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

proptest! {
    #[test]
    fn a_picture_that_was_tampered_with_is_refused_or_small_and_whole(
        sample in 0..SAMPLES.len(),
        changes in vec(change(), 0..6),
    ) {
        let mut file = SAMPLES[sample].to_vec();
        for change in &changes {
            change.apply(&mut file);
        }
        let Ok(picture) = Picture::from_upload(&file) else {
            prop_assert!(!changes.is_empty(), "the sample itself is refused");
            return Ok(());
        };
        prop_assert!(picture.bytes().len() <= 380_000);
        let format = match picture.content_type() {
            PictureType::Jpeg => ImageFormat::Jpeg,
            PictureType::Png => ImageFormat::Png,
        };
        let seen = image::load_from_memory_with_format(picture.bytes(), format).unwrap();
        prop_assert!(seen.width() <= 256 && seen.height() <= 256);
        let again = Picture::from_upload(picture.bytes()).unwrap();
        prop_assert_eq!(again.content_type(), picture.content_type());
    }

    #[test]
    fn bytes_that_begin_like_a_picture_are_refused_or_one(
        sample in 0..SAMPLES.len(),
        start in 0..64_usize,
        rest in vec(any::<u8>(), 0..200),
    ) {
        let file = [&SAMPLES[sample][..start], &rest].concat();
        if let Ok(picture) = Picture::from_upload(&file) {
            prop_assert!(picture.bytes().len() <= 380_000);
        }
    }
}
