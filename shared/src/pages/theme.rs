//! How the pages look in a team's own colours: one accent colour and one logo, on the style sheet that all share.
//!
//! A brand's colour is seldom readable everywhere. It is darkened on light pages and lightened on dark ones just as far as WCAG 2.2
//! asks of text (success criterion 1.4.3).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;

/// The stylesheet that all share.
const STYLE: &str = include_str!("../../templates/pages/style.css");

/// What WCAG 2.2 asks of text at level AA.
const READABLE: f64 = 4.5;
/// What lies behind links and buttons: the darkest of the light surfaces, the lightest of the dark ones (`style.css`).
const LIGHT_SURFACE: Color = Color([0xf5, 0xf5, 0xfa]);
const DARK_SURFACE: Color = Color([0x1f, 0x22, 0x2e]);
const WHITE: Color = Color([0xff; 3]);
const BLACK: Color = Color([0; 3]);

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

/// What a team's pages have of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme {
    /// The colour of links and buttons, as near as it can be read.
    pub accent: Option<Color>,
    /// A picture as a `data:` URI, shown beside the name.
    pub logo: Option<String>,
}

/// The style sheet of a theme, and the policy that allows it.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// Exactly as it stands between `<style>` and `</style>`.
    pub(super) sheet: String,
    /// Nothing runs; the one style sheet is named by its hash; pictures are our own.
    pub(super) policy: String,
}

impl Style {
    pub(super) fn of(theme: &Theme) -> Self {
        let sheet = format!("{STYLE}{}", theme.rules());
        let hash = BASE64.encode(digest(&SHA256, sheet.as_bytes()).as_ref());
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self' data:; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        Self { sheet, policy }
    }
}

impl Theme {
    /// What differs from the shared style sheet.
    fn rules(&self) -> String {
        let Some(accent) = self.accent else {
            return String::new();
        };
        let [light, dark] = [(BLACK, LIGHT_SURFACE), (WHITE, DARK_SURFACE)]
            .map(|(towards, surface)| accent.readable_on(surface, towards));
        let rules = |accent: Color| {
            format!(
                ":root {{ --accent: {accent}; --on-accent: {}; }}",
                accent.ink()
            )
        };
        format!(
            "\n{}\n@media (prefers-color-scheme: dark) {{ {} }}\n",
            rules(light),
            rules(dark)
        )
    }
}

impl Color {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let plain = digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let [_, red, green, blue] = number.to_be_bytes();
        plain.then_some(Self([red, green, blue]))
    }

    /// This colour, mixed with another one just as far as it has to be to be read on a surface.
    fn readable_on(self, surface: Self, towards: Self) -> Self {
        let mixed = (0..=100).map(|percent| self.mixed(towards, percent));
        let mut readable = mixed.filter(|color| color.contrast(surface) >= READABLE);
        readable.next().unwrap_or(towards)
    }

    /// What is read on this colour.
    fn ink(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }

    fn mixed(self, other: Self, percent: u16) -> Self {
        let mut mixed = self.0;
        for (own, other) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*own) * (100 - percent) + u16::from(other) * percent;
            *own = u8::try_from(sum / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// WCAG 2.2, contrast ratio: 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.040_45 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_six_hexadecimal_digits() {
        let color = Color::parse("#4f46E5").expect("a color");
        assert_eq!(color.to_string(), "#4f46e5");
        for text in [
            "", "#", "4f46e5", "#4f46e", "#4f46e5a", "#4f46eg", "#+4f46e", "red",
        ] {
            assert_eq!(Color::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        assert!((WHITE.contrast(WHITE) - 1.0).abs() < 0.01);
        let grey = Color([0x76; 3]);
        assert!((grey.contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_brand_color_is_readable_on_both_surfaces_and_as_a_button() {
        let steps = || (0..=255).step_by(51);
        for (red, green, blue) in steps()
            .flat_map(|red| steps().map(move |green| (red, green)))
            .flat_map(|(red, green)| steps().map(move |blue| (red, green, blue)))
        {
            let brand = Color([red, green, blue]);
            for (surface, towards) in [(LIGHT_SURFACE, BLACK), (DARK_SURFACE, WHITE)] {
                let accent = brand.readable_on(surface, towards);
                assert!(
                    accent.contrast(surface) >= READABLE,
                    "{brand} becomes {accent}"
                );
                assert!(accent.contrast(accent.ink()) >= READABLE, "{accent}");
            }
        }
    }

    #[test]
    fn a_readable_color_stays_as_it_is() {
        let indigo = Color([0x4f, 0x46, 0xe5]);
        assert_eq!(indigo.readable_on(LIGHT_SURFACE, BLACK), indigo);
    }

    #[test]
    fn the_policy_names_the_very_sheet() {
        let plain = Style::of(&Theme::default());
        assert_eq!(plain.sheet, STYLE);
        let own = Style::of(&Theme {
            accent: Color::parse("#0a7"),
            logo: None,
        });
        assert_eq!(own.policy, plain.policy);
        let own = Style::of(&Theme {
            accent: Color::parse("#00aa77"),
            logo: None,
        });
        assert_ne!(own.policy, plain.policy);
        assert!(own.sheet.contains("--accent: #00"));
    }
}
