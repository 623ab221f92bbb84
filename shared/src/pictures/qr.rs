//! Pictures that an authenticator reads (QR codes, ISO/IEC 18004), as black and white PNG.

use ::png::{BitDepth, ColorType, Encoder, EncodingError};
use qrcode::{Color, EcLevel, QrCode};

use crate::error::Error;

/// Pixels of one module's side.
const SCALE: usize = 6;
/// Empty modules around the code, which readers need.
const QUIET_ZONE: usize = 4;

/// The picture of a text.
///
/// # Errors
/// [`Error::Internal`] for a text that no code can hold.
pub(crate) fn qr_code(text: &str) -> Result<Vec<u8>, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M);
    let code = code.map_err(|fault| Error::Internal(fault.into()))?;
    let modules = code.width() + 2 * QUIET_ZONE;
    let side = modules * SCALE;
    let is_dark = |x: usize, y: usize| {
        let inside = |at: usize| (at / SCALE).checked_sub(QUIET_ZONE);
        let (Some(x), Some(y)) = (inside(x), inside(y)) else {
            return false;
        };
        x < code.width() && y < code.width() && code[(x, y)] == Color::Dark
    };
    let mut rows = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        for start in (0..side).step_by(8) {
            // One bit per pixel, white is 1, the first pixel in the highest bit.
            let bits = (0..8).map(|bit| u8::from(!is_dark(start + bit, y)) << (7 - bit));
            rows.push(bits.sum());
        }
    }
    write(&rows, side).map_err(|fault| Error::Internal(fault.into()))
}

fn write(rows: &[u8], side: usize) -> Result<Vec<u8>, EncodingError> {
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(bytes)
}
