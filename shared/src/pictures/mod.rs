//! Pictures that users upload: what is taken, and the small picture that is kept of it. And those that authenticators read.
//!
//! Owns the limits on an upload, the look at its content and the codecs. What comes out is a JPEG or a PNG of at most 256 x 256
//! that holds a picture and nothing else. Knows nothing of accounts and of how an upload arrives.

mod codec;
mod jpeg;
mod png;
mod qr;
mod webp;

use std::sync::Arc;

use image::{DynamicImage, ImageFormat};
use tokio::sync::Semaphore;

use crate::domain::{MAX_UPLOAD_BYTES, PictureTag, PictureType, RefusedPicture};
use crate::error::{Error, Result};

pub(crate) use qr::qr_code;

/// The longest edge of what is kept.
const MAX_EDGE: u32 = 256;

/// What fits into an item of 400 kB beside its other members. What is encoded here is smaller: 256 x 256 pixels of four bytes,
/// one byte more for each line, and what deflate adds to data that it cannot compress, are less than 270,000 bytes.
const MAX_STORED_BYTES: usize = 380_000;

/// A picture as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    content_type: PictureType,
    bytes: Vec<u8>,
}

/// Headers and tables of a file.
const MAX_TABLE_BYTES: usize = 4096;

impl Picture {
    /// Makes of an upload what is kept. Its type is that of its content. A PNG or JPEG that is already small and plain stays as it
    /// is, byte for byte; of everything else the first frame is turned upright, scaled down if it has to be, and encoded anew.
    ///
    /// Takes up to a second of processor time and 64 MB of memory: [`Pictures`] is for servers.
    ///
    /// # Errors
    /// [`RefusedPicture`].
    pub fn from_upload(bytes: &[u8]) -> std::result::Result<Self, RefusedPicture> {
        if bytes.len() > MAX_UPLOAD_BYTES {
            return Err(RefusedPicture::TooLarge);
        }
        match image::guess_format(bytes) {
            Ok(ImageFormat::Png) => Self::from_png(bytes),
            Ok(ImageFormat::Jpeg) => Self::from_jpeg(bytes),
            Ok(ImageFormat::Gif) => Self::from_gif(bytes),
            Ok(ImageFormat::WebP) => Self::from_webp(bytes),
            _ => Err(RefusedPicture::UnknownType),
        }
    }

    /// A picture as it was stored.
    pub fn from_stored(content_type: PictureType, bytes: Vec<u8>) -> Self {
        Self {
            content_type,
            bytes,
        }
    }

    /// The type.
    pub fn content_type(&self) -> PictureType {
        self.content_type
    }

    /// The file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The file, for good.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Its tag.
    pub fn tag(&self) -> PictureTag {
        PictureTag::of(&self.bytes)
    }

    fn from_png(bytes: &[u8]) -> std::result::Result<Self, RefusedPicture> {
        let (image, turn) = codec::decode(ImageFormat::Png, bytes, 0)?;
        if is_kept(bytes, &image) && png::is_plain(bytes) {
            return Ok(Self::from_stored(PictureType::Png, bytes.to_vec()));
        }
        Ok(Self::encode(PictureType::Png, codec::fit(image, turn)))
    }

    fn from_jpeg(bytes: &[u8]) -> std::result::Result<Self, RefusedPicture> {
        let outline = jpeg::outline(bytes).ok_or(RefusedPicture::Broken)?;
        let (image, turn) = codec::decode(ImageFormat::Jpeg, bytes, outline.coefficient_bytes)?;
        if is_kept(bytes, &image) && outline.is_plain {
            return Ok(Self::from_stored(PictureType::Jpeg, bytes.to_vec()));
        }
        Ok(Self::encode(PictureType::Jpeg, codec::fit(image, turn)))
    }

    fn from_gif(bytes: &[u8]) -> std::result::Result<Self, RefusedPicture> {
        let (image, turn) = codec::decode(ImageFormat::Gif, bytes, 0)?;
        Ok(Self::encode(PictureType::Png, codec::fit(image, turn)))
    }

    fn from_webp(bytes: &[u8]) -> std::result::Result<Self, RefusedPicture> {
        let still = webp::first_frame(bytes).ok_or(RefusedPicture::Broken)?;
        let (image, _) = codec::decode(ImageFormat::WebP, &still.file, still.working_bytes)?;
        Ok(Self::encode(
            PictureType::Png,
            codec::fit(image, still.turn),
        ))
    }

    fn encode(content_type: PictureType, image: DynamicImage) -> Self {
        Self::from_stored(content_type, codec::encode(content_type, image))
    }
}

/// Whether a file may stay as it is, if it is also plain. One that is longer than its pixels holds more than them.
fn is_kept(file: &[u8], image: &DynamicImage) -> bool {
    let most = MAX_STORED_BYTES.min(image.as_bytes().len() + MAX_TABLE_BYTES);
    file.len() <= most && image.width() <= MAX_EDGE && image.height() <= MAX_EDGE
}

/// Reads uploads off the async worker, one at a time, so that many at once need no more memory than one.
#[derive(Debug, Clone)]
pub struct Pictures {
    turn: Arc<Semaphore>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self::new()
    }
}

impl Pictures {
    /// A reader with a queue of its own: one for each process.
    pub fn new() -> Self {
        Self {
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Makes of an upload what is kept.
    ///
    /// # Errors
    /// [`Error::RefusedPicture`].
    pub async fn read(&self, upload: impl AsRef<[u8]> + Send + 'static) -> Result<Picture> {
        let turn = Arc::clone(&self.turn);
        let turn = turn.acquire_owned().await;
        let turn = turn.expect("the semaphore is never closed");
        // The permit goes with the work: a caller who leaves does not stop it.
        let work = move || {
            let read = Picture::from_upload(upload.as_ref());
            drop(turn);
            read
        };
        let read = tokio::task::spawn_blocking(work).await;
        // A codec that panics was given something that is no picture.
        let read = read.unwrap_or(Err(RefusedPicture::Broken));
        read.map_err(Error::RefusedPicture)
    }
}
