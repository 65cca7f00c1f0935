//! Pictures of a high dynamic range as an ordinary screen shows them.
//!
//! The samples of such a picture stand for light by another curve, and for other primaries. Here they become light (SMPTE ST 2084 for PQ; ARIB
//! STD-B67 for HLG, by BT.2100 on a display of 1000 cd/m²), of which 203 cd/m² are white (ITU-R BT.2408), in the primaries of BT.709 (BT.2087);
//! what is brighter or more saturated than these can be is cut off; and then samples of sRGB (IEC 61966-2-1). No tone mapping: there is none
//! that all agree on.

/// White of an ordinary picture, in candelas per square metre.
const WHITE: f32 = 203.0;
/// Steps of light that are told apart: finer than the samples that come out, also where their curve is steepest.
const STEPS: usize = 4096;

/// Red, green and blue of BT.2020 in those of BT.709.
const PRIMARIES: [[f32; 3]; 3] =
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];

/// Turns samples into those of an ordinary picture.
#[derive(Debug)]
pub(crate) struct ToSdr {
    /// Light of each sample: PQ's in parts of white, HLG's of the scene.
    light: [f32; 256],
    /// HLG's display makes the light of the scene its own by its brightness.
    is_hlg: bool,
    samples: Vec<u8>,
}

impl ToSdr {
    /// For the name of a transfer function, as [`crate::media::MediaInfo`] has it; nothing for one that is not known.
    pub(crate) fn of(hdr: &str) -> Option<Self> {
        let light: fn(f32) -> f32 = match hdr {
            "pq" => |sample| 10_000.0 / WHITE * pq(sample),
            "hlg" => hlg,
            _ => return None,
        };
        let samples = (0..=STEPS).map(|step| srgb(step as f32 / STEPS as f32)).collect();
        Some(Self {
            light: std::array::from_fn(|sample| light(sample as f32 / 255.0)),
            is_hlg: hdr == "hlg",
            samples,
        })
    }

    /// Packed blue, green, red of full range, in their order.
    pub(crate) fn convert(&self, bgr: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.reserve(bgr.len());
        for &[b, g, r] in bgr.as_chunks::<3>().0 {
            let [r, g, b] = [r, g, b].map(|sample| self.light[usize::from(sample)]);
            let gain = if self.is_hlg {
                let brightness = 0.2627 * r + 0.678 * g + 0.0593 * b;
                1000.0 / WHITE * brightness.powf(0.2)
            } else {
                1.0
            };
            let [red, green, blue] = PRIMARIES.map(|[x, y, z]| {
                let light = gain * (x * r + y * g + z * b);
                self.samples[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
            });
            out.extend([blue, green, red]);
        }
    }
}

/// Light of a sample in [0, 1], in parts of 10,000 cd/m² (ST 2084).
fn pq(sample: f32) -> f32 {
    const M1: f32 = 2610.0 / 16384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let power = sample.powf(1.0 / M2);
    ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// Light of the scene of a sample in [0, 1] (STD-B67).
fn hlg(sample: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    if sample <= 0.5 { sample * sample / 3.0 } else { (((sample - C) / A).exp() + B) / 12.0 }
}

/// The sample of a light in [0, 1].
fn srgb(light: f32) -> u8 {
    let sample = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (255.0 * sample).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(hdr: &str, sample: u8) -> u8 {
        let mut out = Vec::new();
        ToSdr::of(hdr).unwrap().convert(&[sample; 3], &mut out);
        assert!(out[0].abs_diff(out[1]) <= 1 && out[1].abs_diff(out[2]) <= 1, "{out:?}");
        out[1]
    }

    /// BT.2408 puts white at 58 % of PQ and 75 % of HLG, and the grey of 18 % at 38 %.
    #[test]
    fn white_and_grey_are_where_the_reports_put_them() {
        assert!(grey("pq", (0.58 * 255.0_f32).round() as u8) >= 252);
        assert!(grey("hlg", (0.75 * 255.0_f32).round() as u8) >= 252);
        // 26 cd/m² of 203.
        assert!(grey("pq", (0.38 * 255.0_f32).round() as u8).abs_diff(srgb(26.0 / 203.0)) <= 4);
        for hdr in ["pq", "hlg"] {
            assert_eq!((grey(hdr, 0), grey(hdr, 255)), (0, 255));
            assert!((1..256).all(|sample| grey(hdr, sample as u8) >= grey(hdr, (sample - 1) as u8)));
        }
        assert!(ToSdr::of("sdr").is_none());
    }
}
