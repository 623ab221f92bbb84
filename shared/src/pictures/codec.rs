//! Decoding within limits, scaling, encoding.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as Filters, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage};

use super::MAX_EDGE;
use crate::domain::{PictureType, RefusedPicture};

/// Pixels together with what the decoder keeps beside them.
const MAX_DECODED_BYTES: u64 = 32 * 1024 * 1024;
/// What a PNG's chunks may take before its pixels are looked at: colour profiles are compressed.
const MAX_HEADER_BYTES: u64 = 4 * 1024 * 1024;
/// Bounds the time.
const MAX_PIXELS: u64 = 16_000_000;
const MAX_SIDE: u32 = 10_000;
const AVERAGED_EDGE: u32 = 4 * MAX_EDGE;

/// At this quality nobody sees a difference at this size.
const JPEG_QUALITY: u8 = 85;

/// The first frame of a file, and how it has to be turned to stand upright. `working_bytes` is what the decoder will keep beside
/// the pixels.
pub(super) fn decode(
    format: ImageFormat,
    file: &[u8],
    working_bytes: u64,
) -> Result<(DynamicImage, Orientation), RefusedPicture> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits(MAX_HEADER_BYTES));
    let mut decoder = reader.into_decoder().map_err(|fault| refusal(&fault))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let room = MAX_DECODED_BYTES
        .checked_sub(working_bytes)
        .and_then(|room| room.checked_sub(decoder.total_bytes()));
    let (Some(room), 1..=MAX_PIXELS) = (room, pixels) else {
        return Err(RefusedPicture::TooLarge);
    };
    decoder
        .set_limits(limits(room))
        .map_err(|fault| refusal(&fault))?;
    // What cannot be read does not turn the picture.
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|fault| refusal(&fault))?;
    Ok((image, turn))
}

/// Scales down, never up, to what is kept, in the same proportions, and turns it upright.
pub(super) fn fit(image: DynamicImage, turn: Orientation) -> DynamicImage {
    let is_small = image.width() <= MAX_EDGE && image.height() <= MAX_EDGE;
    let mut fitting = if is_small { image } else { scale(image) };
    fitting.apply_orientation(turn);
    fitting
}

/// The file of a picture, with nothing in it but the picture.
pub(super) fn encode(content_type: PictureType, image: DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    let written = match content_type {
        PictureType::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY);
            eight_bits(image, false).write_with_encoder(encoder)
        }
        PictureType::Png => {
            let (deflate, filters) = (CompressionType::Default, Filters::Adaptive);
            let encoder = PngEncoder::new_with_quality(&mut file, deflate, filters);
            eight_bits(image, true).write_with_encoder(encoder)
        }
    };
    written.expect("both encoders take eight bits, and memory takes the file");
    file
}

fn limits(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(bytes);
    limits
}

fn refusal(fault: &ImageError) -> RefusedPicture {
    match fault {
        ImageError::Limits(_) => RefusedPicture::TooLarge,
        _ => RefusedPicture::Broken,
    }
}

/// Colours count by how far they are seen: what is transparent does not darken the edges beside it.
fn scale(image: DynamicImage) -> DynamicImage {
    let DynamicImage::ImageRgba8(mut seen) = image else {
        return shrink(image);
    };
    recolour(&mut seen, |colour, alpha| colour * alpha / 255);
    let mut small = shrink(seen.into()).into_rgba8();
    recolour(&mut small, |colour, alpha| colour * 255 / alpha.max(1));
    small.into()
}

/// Averages down to a few times the size, which is fast, and does only the rest well: nobody sees a difference.
fn shrink(mut image: DynamicImage) -> DynamicImage {
    if image.width() > AVERAGED_EDGE || image.height() > AVERAGED_EDGE {
        image = image.thumbnail(AVERAGED_EDGE, AVERAGED_EDGE);
    }
    image.resize(MAX_EDGE, MAX_EDGE, FilterType::Lanczos3)
}

fn recolour(image: &mut RgbaImage, colour: impl Fn(u16, u16) -> u16) {
    for pixel in image.pixels_mut() {
        let [red, green, blue, alpha] = pixel.0;
        let new = [red, green, blue]
            .map(|old| u8::try_from(colour(old.into(), alpha.into())).unwrap_or(u8::MAX));
        pixel.0 = [new[0], new[1], new[2], alpha];
    }
}

fn eight_bits(image: DynamicImage, with_alpha: bool) -> DynamicImage {
    let kind = image.color();
    match (kind.has_color(), kind.has_alpha() && with_alpha) {
        (false, false) => image.into_luma8().into(),
        (false, true) => image.into_luma_alpha8().into(),
        (true, false) => image.into_rgb8().into(),
        (true, true) => image.into_rgba8().into(),
    }
}
