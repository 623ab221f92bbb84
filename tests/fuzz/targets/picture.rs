//! An upload is refused, or becomes a small picture that is one itself.
#![no_main]

use image::ImageFormat;
use libfuzzer_sys::fuzz_target;
use shared::domain::PictureType;
use shared::pictures::Picture;

fuzz_target!(|upload: &[u8]| {
    let Ok(picture) = Picture::from_upload(upload) else {
        return;
    };
    assert!(picture.bytes().len() <= 380_000);
    let format = match picture.content_type() {
        PictureType::Jpeg => ImageFormat::Jpeg,
        PictureType::Png => ImageFormat::Png,
    };
    let seen = image::load_from_memory_with_format(picture.bytes(), format).expect("a picture");
    assert!(seen.width() <= 256 && seen.height() <= 256);
});
