//! What becomes of an upload: what is kept of a picture, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod made;

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use made::{chunk, grey_png};
use shared::domain::{MAX_UPLOAD_BYTES, PictureType, RefusedPicture};
use shared::error::Error;
use shared::pictures::{Picture, Pictures};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("samples/", $name)).as_slice()
    };
}

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 200, 30];
const BLUE: [u8; 3] = [30, 30, 220];
const WHITE: [u8; 3] = [240, 240, 240];

fn file(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn plain(width: u32, height: u32) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb(RED))
}

/// Pixels that no compression makes smaller.
fn noise(width: u32, height: u32) -> RgbaImage {
    let mut state = 7_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    RgbaImage::from_fn(width, height, |_, _| Rgba([next(), next(), next(), next()]))
}

fn kept(upload: &[u8]) -> Picture {
    Picture::from_upload(upload).unwrap()
}

fn look(picture: &Picture) -> DynamicImage {
    let format = match picture.content_type() {
        PictureType::Jpeg => ImageFormat::Jpeg,
        PictureType::Png => ImageFormat::Png,
    };
    image::load_from_memory_with_format(picture.bytes(), format).unwrap()
}

fn is_close(one: [u8; 3], other: [u8; 3]) -> bool {
    let pairs = one.iter().zip(other);
    pairs
        .into_iter()
        .all(|(one, other)| one.abs_diff(other) < 40)
}

/// The colours in the middle of the quarters: above, then below.
fn assert_quarters(name: &str, picture: &Picture, quarters: [[u8; 3]; 4]) {
    let image = look(picture).into_rgb8();
    let (width, height) = image.dimensions();
    let places = [(1, 1), (3, 1), (1, 3), (3, 3)];
    for ((across, down), colour) in places.into_iter().zip(quarters) {
        let found = image.get_pixel(width * across / 4, height * down / 4).0;
        assert!(is_close(found, colour), "{name}: {found:?} for {colour:?}");
    }
}

fn sides(picture: &Picture) -> (u32, u32) {
    let image = look(picture);
    (image.width(), image.height())
}

fn holds(picture: &Picture, text: &[u8]) -> bool {
    picture.bytes().windows(text.len()).any(|it| it == text)
}

#[test]
fn a_picture_of_every_type_is_kept_as_jpeg_or_png() {
    let (jpeg, png) = (PictureType::Jpeg, PictureType::Png);
    for (name, upload, content_type) in [
        ("cmyk.jpg", sample!("cmyk.jpg"), jpeg),
        ("progressive.jpg", sample!("progressive.jpg"), jpeg),
        ("apng.png", sample!("apng.png"), png),
        ("moving.gif", sample!("moving.gif"), png),
        ("lossy.webp", sample!("lossy.webp"), png),
        ("lossless.webp", sample!("lossless.webp"), png),
        ("moving.webp", sample!("moving.webp"), png),
    ] {
        let picture = kept(upload);
        assert_eq!(picture.content_type(), content_type, "{name}");
        assert_eq!(sides(&picture), (64, 48), "{name}");
        assert_quarters(name, &picture, [RED, GREEN, BLUE, WHITE]);
        assert_eq!(kept(picture.bytes()), picture, "{name} is plain now");
    }
}

#[test]
fn transparency_is_kept() {
    let picture = look(&kept(sample!("alpha.webp"))).into_rgba8();
    let alpha = |x: u32| picture.get_pixel(x, 20).0[3];
    assert_eq!((alpha(10), alpha(50)), (255, 0));
    assert!(is_close(
        RED,
        picture.get_pixel(10, 10).to_owned().0[..3]
            .try_into()
            .unwrap()
    ));
}

#[test]
fn what_is_transparent_does_not_darken_the_edge_beside_it() {
    let upload = RgbaImage::from_fn(600, 600, |x, _| {
        if x < 301 {
            Rgba([250, 0, 0, 255])
        } else {
            Rgba([0; 4])
        }
    });
    let picture = look(&kept(&file(upload, ImageFormat::Png))).into_rgba8();
    for pixel in picture.pixels().filter(|pixel| pixel.0[3] > 20) {
        assert!(pixel.0[0] > 235, "{pixel:?}");
    }
}

#[test]
fn grey_and_sixteen_bits_are_taken() {
    let grey = kept(sample!("grey.jpg"));
    assert_eq!(look(&grey).color(), image::ColorType::L8);
    let sixteen = DynamicImage::ImageRgb16(image::ImageBuffer::from_pixel(
        500,
        250,
        Rgb([65_535, 0, 32_768]),
    ));
    let picture = look(&kept(&file(sixteen, ImageFormat::Png)));
    assert_eq!(picture.color(), image::ColorType::Rgb8);
    assert_eq!(picture.to_rgb8().get_pixel(9, 9).0, [255, 0, 128]);
}

#[test]
fn a_small_plain_picture_is_kept_byte_for_byte() {
    for (name, upload, content_type) in [
        (
            "a PNG",
            file(plain(256, 256), ImageFormat::Png),
            PictureType::Png,
        ),
        (
            "noise",
            file(noise(256, 256), ImageFormat::Png),
            PictureType::Png,
        ),
        (
            "a pixel",
            file(plain(1, 1), ImageFormat::Png),
            PictureType::Png,
        ),
        ("16 bits", sample!("sixteen.png").to_vec(), PictureType::Png),
        (
            "a JPEG",
            file(plain(256, 256), ImageFormat::Jpeg),
            PictureType::Jpeg,
        ),
        ("grey", sample!("grey.jpg").to_vec(), PictureType::Jpeg),
        (
            "progressive",
            sample!("progressive.jpg").to_vec(),
            PictureType::Jpeg,
        ),
    ] {
        let picture = kept(&upload);
        assert_eq!(picture.content_type(), content_type, "{name}");
        assert_eq!(picture.bytes(), upload, "{name}");
    }
}

#[test]
fn a_large_picture_is_scaled_down_in_its_proportions() {
    for (width, height, expected) in [
        (1000, 500, (256, 128)),
        (500, 1000, (128, 256)),
        (257, 257, (256, 256)),
        (3000, 10, (256, 1)),
        (10, 3000, (1, 256)),
        (20, 10, (20, 10)),
    ] {
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let picture = kept(&file(plain(width, height), format));
            assert_eq!(sides(&picture), expected, "{width} x {height} {format:?}");
            let found = look(&picture).to_rgb8().get_pixel(0, 0).0;
            assert!(is_close(found, RED), "{found:?}");
        }
    }
}

#[test]
fn a_turned_photo_is_stored_upright_and_without_its_metadata() {
    for (name, upload) in [
        ("JPEG", sample!("turned.jpg")),
        ("PNG", sample!("turned.png")),
        ("WebP", sample!("turned.webp")),
    ] {
        let picture = kept(upload);
        assert_eq!(sides(&picture), (48, 64), "{name}");
        assert_quarters(name, &picture, [BLUE, RED, WHITE, GREEN]);
        for mark in ["Exif", "eXIf", "EXIF"] {
            assert!(!holds(&picture, mark.as_bytes()), "{name} {mark}");
        }
    }
}

#[test]
fn what_stands_in_or_behind_a_picture_is_gone_afterwards() {
    let secret = b"PK\x03\x04 <script>";
    let (png, jpeg) = (
        file(plain(9, 9), ImageFormat::Png),
        file(plain(9, 9), ImageFormat::Jpeg),
    );
    let comment = [b"\xff\xfe\0\x0f".as_slice(), secret].concat();
    let text = chunk(*b"tEXt", secret);
    for (name, upload) in [
        ("behind a PNG", [png.as_slice(), secret].concat()),
        ("behind a JPEG", [jpeg.as_slice(), secret].concat()),
        ("behind a GIF", [sample!("moving.gif"), secret].concat()),
        ("behind a WebP", [sample!("lossy.webp"), secret].concat()),
        ("in a chunk", [&png[..33], &text, &png[33..]].concat()),
        ("in a segment", [&jpeg[..2], &comment, &jpeg[2..]].concat()),
    ] {
        assert!(
            upload.windows(secret.len()).any(|it| it == secret),
            "{name}"
        );
        let picture = kept(&upload);
        assert!(!holds(&picture, b"script"), "{name}");
        assert_ne!(picture.bytes(), upload, "{name}");
        assert_eq!(kept(picture.bytes()), picture, "{name} is plain now");
    }
}

#[test]
fn what_is_no_picture_is_refused() {
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    for (name, upload) in [
        ("nothing", b"".as_slice()),
        ("a text", b"picture.png"),
        ("an SVG", svg),
        (
            "an SVG with its declaration",
            b"<?xml version=\"1.0\"?><svg/>",
        ),
        ("HTML", b"<!doctype html><script>alert(1)</script>"),
        (
            "a BMP",
            b"BM\x1e\0\0\0\0\0\0\0\x1a\0\0\0\x0c\0\0\0\x01\0\x01\0\x01\0\x18\0\0\0\0\0",
        ),
        ("a TIFF", b"II*\0\x08\0\0\0\0\0"),
        ("an icon", b"\0\0\x01\0\x01\0"),
        ("a PDF", b"%PDF-1.7"),
    ] {
        let refused = Picture::from_upload(upload);
        assert_eq!(refused, Err(RefusedPicture::UnknownType), "{name}");
    }
}

#[test]
fn a_picture_that_breaks_off_is_refused() {
    for (name, whole) in [
        ("PNG", file(noise(40, 40), ImageFormat::Png)),
        ("JPEG", file(plain(40, 40), ImageFormat::Jpeg)),
        ("progressive JPEG", sample!("progressive.jpg").to_vec()),
        ("GIF", file(noise(40, 40), ImageFormat::Gif)),
        ("lossy WebP", sample!("lossy.webp").to_vec()),
        ("lossless WebP", sample!("lossless.webp").to_vec()),
        ("WebP with alpha", sample!("alpha.webp").to_vec()),
    ] {
        assert!(Picture::from_upload(&whole).is_ok(), "{name}");
        for tenth in 0..9 {
            let length = 16 + (whole.len() - 16) * tenth / 10;
            let refused = Picture::from_upload(&whole[..length]);
            assert_eq!(
                refused,
                Err(RefusedPicture::Broken),
                "{name}, {length} bytes"
            );
        }
    }
}

#[test]
fn a_picture_whose_parts_do_not_fit_together_is_refused() {
    let png = file(noise(9, 9), ImageFormat::Png);
    let mut wrong_checksum = png.clone();
    let at = png.len() - 20;
    wrong_checksum[at] ^= 1;
    let jpeg = file(plain(9, 9), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|it| it == [0xff, 0xc0]).unwrap();
    let twice = [&jpeg[..frame], &jpeg[frame..frame + 19], &jpeg[frame..]].concat();
    for (name, upload) in [
        ("a wrong checksum", wrong_checksum),
        ("two frames in a JPEG", twice),
        ("no data", grey_png(9, 9, &[])),
        ("no side", grey_png(0, 9, &[chunk(*b"IDAT", &[])])),
    ] {
        let refused = Picture::from_upload(&upload);
        assert_eq!(refused, Err(RefusedPicture::Broken), "{name}");
    }
}

#[test]
fn an_upload_has_at_most_two_million_bytes() {
    let png = file(plain(9, 9), ImageFormat::Png);
    let filled = |bytes: usize| {
        let filler = chunk(*b"teSt", &vec![0; bytes - png.len() - 12]);
        [&png[..33], &filler, &png[33..]].concat()
    };
    let most = filled(MAX_UPLOAD_BYTES);
    assert_eq!(most.len(), 2_000_000);
    assert_eq!(sides(&kept(&most)), (9, 9));
    let refused = Picture::from_upload(&filled(MAX_UPLOAD_BYTES + 1));
    assert_eq!(refused, Err(RefusedPicture::TooLarge));
}

#[test]
fn what_is_kept_of_noise_fits_into_an_item() {
    for upload in [
        file(noise(256, 256), ImageFormat::Png),
        file(noise(600, 600), ImageFormat::Png),
        file(noise(256, 256), ImageFormat::Gif),
        file(
            DynamicImage::from(noise(700, 700)).into_rgb8(),
            ImageFormat::Jpeg,
        ),
        file(GrayImage::from_pixel(256, 256, Luma([7])), ImageFormat::Png),
    ] {
        let bytes = kept(&upload).bytes().len();
        assert!(bytes < 270_000, "{bytes}");
    }
}

#[tokio::test]
async fn uploads_are_read_one_after_the_other() {
    let pictures = Pictures::new();
    let upload = file(plain(300, 300), ImageFormat::Png);
    let (one, other, refused) = tokio::join!(
        pictures.read(upload.clone()),
        pictures.read(upload.clone()),
        pictures.read(b"no picture".to_vec()),
    );
    let expected = kept(&upload);
    assert_eq!((one.unwrap(), other.unwrap()), (expected.clone(), expected));
    let refused = refused.unwrap_err();
    let why = matches!(refused, Error::RefusedPicture(RefusedPicture::UnknownType));
    assert!(why, "{refused:?}");
}
