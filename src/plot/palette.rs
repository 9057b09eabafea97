//! Palettes for light and dark backgrounds: ink for the truth, one accent for the fit, twenty colours for modes.
//!
//! The twenty colours were chosen greedily for the largest distance in the perceptual colour space `OKLab`: the minimum over normal,
//! protanopic, deuteranopic and tritanopic vision and over both backgrounds. Tests check this distance.

use plotters::style::RGBAColor;

/// Colour without opacity: red, green and blue.
pub type Rgb = (u8, u8, u8);

/// Colours of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Colour of the background, and of the rim of marks.
    pub background: Rgb,
    /// Colour of the truth, and of the loss.
    pub ink: Rgb,
    /// Colour of labels.
    pub soft: Rgb,
    /// Colour of grid lines.
    pub grid: Rgb,
    /// Colour of the fit, and of its sharpness.
    pub accent: Rgb,
    /// Colour of data points, and of gates of modes without responsibility.
    pub dot: Rgb,
    /// Colour of the number of responsible modes.
    pub count: Rgb,
    modes: [Rgb; 20],
    /// Colours from the lowest value to the highest, in equal steps of lightness that end near the background.
    heights: [Rgb; 9],
}

const fn hex(code: u32) -> Rgb {
    ((code >> 16) as u8, (code >> 8 & 255) as u8, (code & 255) as u8)
}

const fn hexes<const N: usize>(codes: [u32; N]) -> [Rgb; N] {
    let mut out = [(0, 0, 0); N];
    let mut i = 0;
    while i < N {
        out[i] = hex(codes[i]);
        i += 1;
    }
    out
}

impl Theme {
    /// Dark colours on warm white.
    pub const LIGHT: Self = Self {
        background: hex(0xfb_fa_f7),
        ink: hex(0x1d_20_22),
        soft: hex(0x5d_64_68),
        grid: hex(0xe6_e4_dd),
        accent: hex(0xb3_26_1e),
        dot: hex(0x9a_a1_a4),
        count: hex(0x0b_57_d0),
        modes: hexes([
            0x01_76_af, 0xc2_79_0c, 0x0b_a5_78, 0x7d_2a_79, 0x2c_3a_c3, 0x8a_4a_0a, 0xa5_70_d2, 0xbd_96_08, 0x04_3d_55,
            0xa4_67_89, 0x5e_b2_59, 0x58_3c_9c, 0x9c_32_68, 0x01_60_5a, 0xcb_6a_f3, 0x06_5e_b7, 0x9d_49_97, 0x50_0b_a8,
            0x6e_08_7b, 0x81_07_36,
        ]),
        heights: hexes([
            0x2d_33_7b, 0x26_52_8f, 0x20_70_9f, 0x2b_8d_aa, 0x49_a8_b3, 0x74_c3_b0, 0xa8_d9_b1, 0xdd_e7_ca, 0xfb_fa_f7,
        ]),
    };

    /// Light colours on near black.
    pub const DARK: Self = Self {
        background: hex(0x13_15_17),
        ink: hex(0xe9_e7_e2),
        soft: hex(0xa0_a7_ab),
        grid: hex(0x24_28_2b),
        accent: hex(0xff_8a_7a),
        dot: hex(0x65_6d_71),
        count: hex(0x8a_b4_f8),
        modes: hexes([
            0x1c_ae_fb, 0xfe_b3_5f, 0x4b_e3_ac, 0xb3_5d_ad, 0x54_72_fe, 0x81_5b_1f, 0xd9_b1_fe, 0xff_d1_45, 0x1f_6b_8e,
            0xde_9d_c1, 0x9a_ef_93, 0x87_6e_d3, 0xd6_67_9b, 0x32_94_8c, 0xec_c6_fe, 0x39_92_fc, 0xd6_7e_cf, 0x7b_4e_e0,
            0xa8_37_b8, 0xce_1a_5c,
        ]),
        heights: hexes([
            0xf3_ef_ac, 0xbd_da_98, 0x82_c3_8f, 0x46_a9_95, 0x15_8a_95, 0x11_69_8b, 0x23_48_77, 0x1c_2e_45, 0x13_15_17,
        ]),
    };

    /// Colour of mode `i`. The colours repeat after twenty modes.
    pub fn mode(&self, i: usize) -> Rgb {
        self.modes[i % self.modes.len()]
    }

    /// Colour of a value from 0, the lowest, to 1, the highest. The lowest value has the strongest contrast.
    pub fn height(&self, part: f64) -> Rgb {
        let along = part.clamp(0.0, 1.0) * (self.heights.len() - 1) as f64;
        let below = (along as usize).min(self.heights.len() - 2);
        mix(self.heights[below], self.heights[below + 1], along - below as f64)
    }

    /// Colour of a difference from -1 to 1. The ends have equal contrast; 0 is the background.
    pub fn difference(&self, part: f64) -> Rgb {
        mix(self.background, if part < 0.0 { self.count } else { self.accent }, part.abs().min(1.0))
    }
}

/// Interpolates between two colours.
pub fn mix(from: Rgb, to: Rgb, part: f64) -> Rgb {
    let one = |from: u8, to: u8| (f64::from(from) + part * (f64::from(to) - f64::from(from))).round() as u8;
    (one(from.0, to.0), one(from.1, to.1), one(from.2, to.2))
}

/// Returns true if a colour is perceived as closer to black than to white.
pub fn is_dark((r, g, b): Rgb) -> bool {
    2 * u32::from(r) + 5 * u32::from(g) + u32::from(b) < 8 * 118
}

/// Adds an opacity between 0 and 1 to a colour.
pub fn with_opacity((r, g, b): Rgb, opacity: f64) -> RGBAColor {
    RGBAColor(r, g, b, opacity.clamp(0.0, 1.0))
}

/// Converts a colour to the CSS notation `#rrggbb`.
pub fn css((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = [[f64; 3]; 3];

    const NORMAL_VISION: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    // Machado, Oliveira and Fernandes (2009), severity 1, on linear light.
    const PROTANOPIA_MATRIX: Matrix =
        [[0.152_286, 1.052_583, -0.204_868], [0.114_503, 0.786_281, 0.099_216], [-0.003_882, -0.048_116, 1.051_998]];
    const DEUTERANOPIA_MATRIX: Matrix =
        [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]];

    fn times(m: &Matrix, v: [f64; 3]) -> [f64; 3] {
        m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    fn linear((r, g, b): Rgb) -> [f64; 3] {
        [r, g, b].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn oklab(light: [f64; 3]) -> [f64; 3] {
        let cones = times(
            &[
                [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
                [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
                [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
            ],
            light.map(|c| c.clamp(0.0, 1.0)),
        );
        times(
            &[
                [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
                [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
                [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
            ],
            cones.map(f64::cbrt),
        )
    }

    fn distance(view: &Matrix, a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (oklab(times(view, linear(a))), oklab(times(view, linear(b))));
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let luminance = |c| linear(c).iter().zip([0.2126, 0.7152, 0.0722]).map(|(c, w)| c * w).sum::<f64>();
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn twenty_mode_colours_are_distinct_in_all_colour_visions() {
        // About 0.02 is the smallest difference visible side by side; across a figure it is twice that.
        for theme in [Theme::LIGHT, Theme::DARK] {
            for view in [NORMAL_VISION, PROTANOPIA_MATRIX, DEUTERANOPIA_MATRIX] {
                for i in 0..20 {
                    for j in 0..i {
                        let d = distance(&view, theme.mode(i), theme.mode(j));
                        assert!(d > 0.04, "modes {i} and {j}: {d:.3}");
                    }
                }
            }
        }
    }

    #[test]
    fn text_and_mode_colours_have_enough_contrast() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for colour in [theme.ink, theme.soft, theme.accent] {
                assert!(contrast(colour, theme.background) >= 4.5);
            }
            for i in 0..20 {
                assert!(contrast(theme.mode(i), theme.background) >= 2.5, "mode {i}");
            }
        }
    }

    #[test]
    fn colour_scales_are_ordered_in_all_colour_visions() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for view in [NORMAL_VISION, PROTANOPIA_MATRIX, DEUTERANOPIA_MATRIX] {
                let light = |colour| oklab(times(&view, linear(colour)))[0];
                let steps: Vec<f64> = (0..16)
                    .map(|k| light(theme.height(f64::from(k + 1) / 16.0)) - light(theme.height(f64::from(k) / 16.0)))
                    .collect();
                let mean = steps.iter().sum::<f64>() / 16.0;
                assert!(steps.iter().all(|s| (0.5..1.5).contains(&(s / mean))), "{steps:?}");
                let ends = [theme.difference(-1.0), theme.difference(1.0)];
                assert!(distance(&view, ends[0], ends[1]) > 0.1);
                assert!(ends.iter().all(|&end| distance(&view, end, theme.background) > 0.3));
                assert!(view != NORMAL_VISION || (light(ends[0]) - light(ends[1])).abs() < 0.05);
            }
            assert_eq!((theme.height(1.0), theme.difference(0.0)), (theme.background, theme.background));
        }
    }

    #[test]
    fn colour_of_mode_does_not_depend_on_number_of_modes() {
        assert_eq!(Theme::LIGHT.mode(3), Theme::LIGHT.mode(23));
        assert_eq!(css(Theme::LIGHT.mode(0)), "#0176af");
    }
}
