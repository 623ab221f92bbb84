//! No upload takes more than 64 MB, whatever it claims, and however much it would inflate to. A process of its own: its allocator
//! counts.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::alloc::System;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, RgbImage, Rgba, RgbaImage};
use made::{chunk, grey_png};
use peakmem_alloc::{INSTRUMENTED_SYSTEM, PeakMemAlloc, PeakMemAllocTrait as _};
use shared::domain::RefusedPicture::{self, Broken, TooLarge};
use shared::pictures::Picture;

#[global_allocator]
static MEMORY: &PeakMemAlloc<System> = &INSTRUMENTED_SYSTEM;

const MOST: usize = 64_000_000;
const INFLATED: usize = 200_000_000;

type Case = (&'static str, Vec<u8>, Result<(), RefusedPicture>);

#[test]
fn no_upload_takes_more_than_64_mb() {
    let cases = [pngs(), gifs(), jpegs(), webps()];
    for (name, upload, expected) in cases.into_iter().flatten() {
        assert!(upload.len() <= 2_000_000, "{name}");
        MEMORY.reset_peak_memory();
        let read = Picture::from_upload(&upload);
        let peak = MEMORY.get_peak_memory();
        assert_eq!(read.map(|_| ()), expected, "{name}");
        assert!(peak < MOST, "{name}: {peak}");
    }
}

fn pngs() -> Vec<Case> {
    let zeros = zeros(INFLATED);
    assert!(zeros.len() < 210_000, "{}", zeros.len());
    let data = |data: &[u8]| chunk(*b"IDAT", data);
    let profile = [b"p\0\0".as_slice(), &zeros].concat();
    let behind =
        |name, compressed: &[u8]| grey_png(1, 1, &[chunk(name, compressed), data(&self::zeros(2))]);
    let deep: ImageBuffer<Rgba<u16>, _> = ImageBuffer::new(2000, 2000);
    vec![
        (
            "as large as it inflates",
            grey_png(14_000, 14_000, &[data(&zeros)]),
            Err(TooLarge),
        ),
        (
            "smaller than it inflates",
            grey_png(9, 9, &[data(&zeros)]),
            Ok(()),
        ),
        (
            "a claim",
            grey_png(30_000, 30_000, &[data(&self::zeros(9))]),
            Err(TooLarge),
        ),
        (
            "a claim of width",
            grey_png(1_000_000, 1, &[data(&self::zeros(9))]),
            Err(TooLarge),
        ),
        ("a profile", behind(*b"iCCP", &profile), Ok(())),
        ("a text", behind(*b"zTXt", &profile), Ok(())),
        (
            "a long text",
            behind(*b"iTXt", &[b"p\0\x01\0\0\0".as_slice(), &zeros].concat()),
            Ok(()),
        ),
        (
            "the deepest that is taken",
            file(deep, ImageFormat::Png),
            Ok(()),
        ),
        (
            "the most pixels that are taken",
            file(GrayImage::new(4000, 4000), ImageFormat::Png),
            Ok(()),
        ),
    ]
}

fn gifs() -> Vec<Case> {
    let still = file(RgbaImage::new(9, 9), ImageFormat::Gif);
    let mut screen = still.clone();
    screen[6..10].fill(0xff);
    let mut frame = still.clone();
    let at = frame
        .windows(9)
        .position(|it| it == [0x2c, 0, 0, 0, 0, 9, 0, 9, 0])
        .unwrap();
    frame[at + 5..at + 9].fill(0xff);
    let largest = file(RgbaImage::new(2890, 2890), ImageFormat::Gif);
    vec![
        ("a huge screen", screen, Err(TooLarge)),
        ("a huge frame", frame, Err(TooLarge)),
        ("the largest that is taken", largest, Ok(())),
    ]
}

fn jpegs() -> Vec<Case> {
    let still = file(RgbImage::new(9, 9), ImageFormat::Jpeg);
    let frame = still.windows(2).position(|it| it == [0xff, 0xc0]).unwrap();
    let scan = still.windows(2).position(|it| it == [0xff, 0xda]).unwrap();
    let claiming = |side: u16| {
        let mut file = still.clone();
        file[frame + 5..frame + 7].copy_from_slice(&side.to_be_bytes());
        file[frame + 7..frame + 9].copy_from_slice(&side.to_be_bytes());
        file
    };
    let mut progressive = claiming(3000);
    progressive[frame + 1] = 0xc2;
    let mut scans = claiming(3000);
    scans[scan + 3] = 8;
    scans[scan + 4] = 1;
    scans.drain(scan + 7..scan + 11);
    let largest = file(RgbImage::new(3340, 3340), ImageFormat::Jpeg);
    vec![
        ("a claim", claiming(65_500), Err(TooLarge)),
        ("a claim within the sides", claiming(9_999), Err(TooLarge)),
        ("progressive", progressive, Err(TooLarge)),
        ("in several scans", scans, Err(TooLarge)),
        ("the largest that is taken", largest, Ok(())),
    ]
}

fn webps() -> Vec<Case> {
    let lossy = include_bytes!("samples/lossy.webp");
    let mut claiming = lossy.to_vec();
    claiming[26..30].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let header = [b"VP8X\x0a\0\0\0".as_slice(), &[0; 10]].concat();
    let canvas = [&claiming[..12], &header, &claiming[12..]].concat();
    vec![
        ("a claim", claiming, Err(TooLarge)),
        (
            "a frame that is larger than its canvas",
            canvas,
            Err(TooLarge),
        ),
        ("codes", codes(14_000), Err(TooLarge)),
        ("as many codes as are looked at", codes(390), Err(Broken)),
    ]
}

fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn zeros(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..bytes / 1000 {
        encoder.write_all(&[0; 1000]).unwrap();
    }
    encoder.write_all(&vec![0; bytes % 1000]).unwrap();
    encoder.finish().unwrap()
}

/// A lossless WebP (RFC 9649 §3) of 4 x 4 pixels with so many groups of prefix codes, of which each has one with 2048 symbols of
/// eleven bits: 140 bytes, for which the decoder makes 70,000. It breaks off before its pixels.
fn codes(groups: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(3, 14); // one less than its width
    bits.put(3, 14);
    bits.put(0, 1 + 3); // no alpha, version 0
    bits.put(0, 1); // no transform
    bits.put(1 | 11 << 1, 5); // a colour cache of eleven bits
    bits.put(1, 1 + 3); // groups, chosen by a picture of one pixel
    bits.put(0, 1); // which has no colour cache
    for channel in [(groups - 1) & 0xff, (groups - 1) >> 8, 0, 0, 0] {
        bits.put(0b101, 3); // one symbol of eight bits
        bits.put(channel, 8);
    }
    for _ in 0..groups {
        bits.put_large_code();
        for _ in 0..4 {
            bits.put(0b0001, 4); // one symbol: 0
        }
    }
    let stream = bits.bytes;
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    let mut body = [b"WEBPVP8L".as_slice(), &length(stream.len()), &stream].concat();
    body.resize(body.len() + stream.len() % 2, 0);
    [b"RIFF".as_slice(), &length(body.len()), &body].concat()
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for at in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let bit = u8::try_from(value >> at & 1).unwrap();
            *self.bytes.last_mut().unwrap() |= bit << (self.used % 8);
            self.used += 1;
        }
    }

    /// 280 symbols of no bits, then 2048 of eleven.
    fn put_large_code(&mut self) {
        self.put(0, 1);
        self.put(11, 4); // the lengths of 15 lengths' codes, in the order of the format
        for length in [0, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2] {
            self.put(length, 3);
        }
        self.put(0, 1); // all symbols
        for zeros in [138, 131, 11] {
            self.put(0b11, 2);
            self.put(zeros - 11, 7);
        }
        self.put(0b01, 2); // eleven
        for again in std::iter::repeat_n(6, 340).chain([4, 3]) {
            self.put(0, 1);
            self.put(again - 3, 2);
        }
    }
}
