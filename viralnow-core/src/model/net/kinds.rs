//! The types that tensors are stored in, and their numbers: floating point, and the blocks of whole numbers with common scales
//! of ggml, as the specification of GGUF names and ggml lays them out.

/// A type of tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
}

use Kind::{Bf16, F16, F32, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0};

/// Each with its number in GGUF and its name, the numbers of a block, and the bytes of one.
const KINDS: [(Kind, u32, &str, usize, usize); 13] = [
    (F32, 0, "F32", 1, 4),
    (F16, 1, "F16", 1, 2),
    (Q4_0, 2, "Q4_0", 32, 18),
    (Q4_1, 3, "Q4_1", 32, 20),
    (Q5_0, 6, "Q5_0", 32, 22),
    (Q5_1, 7, "Q5_1", 32, 24),
    (Q8_0, 8, "Q8_0", 32, 34),
    (Q2K, 10, "Q2_K", 256, 84),
    (Q3K, 11, "Q3_K", 256, 110),
    (Q4K, 12, "Q4_K", 256, 144),
    (Q5K, 13, "Q5_K", 256, 176),
    (Q6K, 14, "Q6_K", 256, 210),
    (Bf16, 30, "BF16", 1, 2),
];

impl Kind {
    /// By its number in GGUF.
    pub(super) fn of_gguf(number: u32) -> Option<Self> {
        KINDS.iter().find(|kind| kind.1 == number).map(|kind| kind.0)
    }

    /// All names, for messages.
    pub(super) fn names() -> String {
        KINDS.map(|kind| kind.2).join(" ")
    }

    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|kind| kind.0 == self).map_or("", |kind| kind.2)
    }

    /// The numbers of a block, and its bytes.
    fn block(self) -> (usize, usize) {
        KINDS.iter().find(|kind| kind.0 == self).map_or((1, 4), |kind| (kind.3, kind.4))
    }

    /// The bytes of a tensor of this shape; none where its rows are no whole blocks, or it is larger than any file.
    pub(super) fn bytes(self, shape: &[usize]) -> Option<u64> {
        let (numbers, bytes) = self.block();
        if !shape.last().copied().unwrap_or(1).is_multiple_of(numbers) {
            return None;
        }
        let count = shape.iter().try_fold(1_u64, |product, &side| product.checked_mul(side as u64))?;
        (count / numbers as u64).checked_mul(bytes as u64)
    }

    /// The numbers of whole blocks.
    pub(super) fn numbers(self, bytes: &[u8]) -> Vec<f32> {
        let (numbers, size) = self.block();
        let mut out = vec![0.0; bytes.len() / size * numbers];
        let of_block: fn(&[u8], &mut [f32]) = match self {
            F32 => |block, out| out[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]),
            F16 => |block, out| out[0] = half(block),
            Bf16 => |block, out| out[0] = f32::from_bits(u32::from_le_bytes([0, 0, block[0], block[1]])),
            Q4_0 => |block, out| fours(half(block), -8.0 * half(block), [0; 4], &block[2..], out),
            Q4_1 => |block, out| fours(half(block), half(&block[2..]), [0; 4], &block[4..], out),
            Q5_0 => |block, out| fours(half(block), -16.0 * half(block), four(&block[2..]), &block[6..], out),
            Q5_1 => |block, out| fours(half(block), half(&block[2..]), four(&block[4..]), &block[8..], out),
            Q8_0 => |block, out| {
                for (value, &byte) in out.iter_mut().zip(&block[2..]) {
                    *value = half(block) * f32::from(byte as i8);
                }
            },
            Q2K => q2k,
            Q3K => q3k,
            Q4K => |block, out| q4k(block, None, &block[16..], out),
            Q5K => |block, out| q4k(block, Some(&block[16..48]), &block[48..], out),
            Q6K => q6k,
        };
        bytes
            .chunks_exact(size)
            .zip(out.chunks_exact_mut(numbers))
            .for_each(|(block, out)| of_block(block, out));
        out
    }
}

/// IEEE 754 half precision, from the first two bytes.
fn half(bytes: &[u8]) -> f32 {
    let bits = u16::from_le_bytes([bytes[0], bytes[1]]);
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits) & 1023);
    match exponent {
        // Subnormal: the fraction is exact in single precision.
        0 => f32::from_bits(sign | 0x3f80_0000) * (fraction as f32 / 16_777_216.0),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

fn four(bytes: &[u8]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

/// 32 numbers of four bits, the first half in the lower ones, and a fifth bit of each in `high`: `scale * q + least`.
fn fours(scale: f32, least: f32, high: [u8; 4], low: &[u8], out: &mut [f32]) {
    let high = u32::from_le_bytes(high);
    let (first, second) = out.split_at_mut(16);
    for (i, ((first, second), &byte)) in first.iter_mut().zip(second).zip(low).enumerate() {
        let fifth = |place: usize| (high >> place & 1) << 4;
        *first = scale * ((u32::from(byte) & 15) | fifth(i)) as f32 + least;
        *second = scale * (u32::from(byte >> 4) | fifth(i + 16)) as f32 + least;
    }
}

/// Two bits each; sixteen at a time have a scale and a least value of four bits.
fn q2k(block: &[u8], out: &mut [f32]) {
    let (scales, rest) = block.split_at(16);
    let (bits, rest) = rest.split_at(64);
    let (scale, least) = (half(rest), half(&rest[2..]));
    for (group, (out, &of_group)) in out.chunks_exact_mut(16).zip(scales).enumerate() {
        let (scale, least) = (scale * f32::from(of_group & 15), least * f32::from(of_group >> 4));
        for (value, byte) in out.iter_mut().zip(twos(bits, group)) {
            *value = scale * f32::from(byte) - least;
        }
    }
}

/// The two bits of the numbers of a group of sixteen, of which each 32 bytes hold eight.
fn twos(bits: &[u8], group: usize) -> impl Iterator<Item = u8> {
    let (half, group) = (group / 8, group % 8);
    bits[32 * half + 16 * (group % 2)..].iter().take(16).map(move |byte| byte >> (2 * (group / 2)) & 3)
}

/// Two bits each, and a third that is missing where 4 is to be taken away; sixteen at a time have a scale of six bits.
fn q3k(block: &[u8], out: &mut [f32]) {
    let (third, rest) = block.split_at(32);
    let (bits, rest) = rest.split_at(64);
    let (scales, scale) = rest.split_at(12);
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let low = if group < 8 { scales[group] & 15 } else { scales[group - 8] >> 4 };
        let high = scales[8 + group % 4] >> (2 * (group / 4)) & 3;
        let scale = half(scale) * (f32::from(low | high << 4) - 32.0);
        let third = &third[16 * (group % 2)..];
        for ((value, byte), third) in out.iter_mut().zip(twos(bits, group)).zip(third) {
            let away = if third >> (group / 2) & 1 == 1 { 0.0 } else { 4.0 };
            *value = scale * (f32::from(byte) - away);
        }
    }
}

/// Four bits each, and a fifth where there is one; 32 at a time have a scale and a least value of six bits.
fn q4k(block: &[u8], fifth: Option<&[u8]>, bits: &[u8], out: &mut [f32]) {
    let (scale, least) = (half(block), half(&block[2..]));
    let packed = &block[4..16];
    for (group, out) in out.chunks_exact_mut(32).enumerate() {
        let (of_scale, of_least) = if group < 4 {
            (packed[group] & 63, packed[group + 4] & 63)
        } else {
            let both = packed[group + 4];
            ((both & 15) | packed[group - 4] >> 6 << 4, both >> 4 | packed[group] >> 6 << 4)
        };
        let (scale, least) = (scale * f32::from(of_scale), least * f32::from(of_least));
        for (i, (value, byte)) in out.iter_mut().zip(&bits[group / 2 * 32..]).enumerate() {
            let low = byte >> (4 * (group % 2)) & 15;
            let high = fifth.map_or(0, |fifth| (fifth[i] >> group & 1) << 4);
            *value = scale * f32::from(low | high) - least;
        }
    }
}

/// Four bits and two more each; sixteen at a time have a scale of eight bits.
fn q6k(block: &[u8], out: &mut [f32]) {
    let (low, rest) = block.split_at(128);
    let (high, rest) = rest.split_at(64);
    let (scales, scale) = rest.split_at(16);
    for (i, value) in out.iter_mut().enumerate() {
        // Each half has 128 numbers; the lower four bits of its third and fourth 32 are above those of its first and second.
        let (part, place, in_row) = (i / 128, i % 128 / 32, i % 32);
        let four = low[64 * part + 32 * (place % 2) + in_row] >> (4 * (place / 2)) & 15;
        let two = high[32 * part + in_row] >> (2 * place) & 3;
        let scale = half(scale) * f32::from(scales[i / 16] as i8);
        *value = scale * (f32::from(four | two << 4) - 32.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_that_of_the_standard() {
        // From the standard's own table of the format.
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(&u16::to_le_bytes(bits)), value, "{bits:04x}");
        }
        assert!(half(&[0x00, 0x7c]).is_infinite() && half(&[0x00, 0x7e]).is_nan());
    }

    /// A block of each type of made-up bytes, and what `gguf.quants.dequantize` of Python makes of it: `gguf_kinds.py`.
    #[test]
    fn blocks_are_what_the_gguf_package_makes_of_them() {
        let told: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/model/gguf_kinds.json")).unwrap();
        let cases = told["kinds"].as_array().unwrap();
        assert_eq!(cases.len(), KINDS.len());
        for case in cases {
            let name = case["name"].as_str().unwrap();
            let (kind, number, ..) = KINDS.iter().find(|kind| kind.2 == name).unwrap();
            assert_eq!(case["number"], *number, "{name}");
            let numbers = |key: &str| case[key].as_array().unwrap().iter();
            let bytes: Vec<u8> = numbers("bytes").map(|byte| byte.as_u64().unwrap() as u8).collect();
            let found = kind.numbers(&bytes);
            assert_eq!(kind.bytes(&[found.len()]), Some(bytes.len() as u64), "{name}");
            let wanted: Vec<f64> = numbers("values").map(|value| value.as_f64().unwrap()).collect();
            assert_eq!(found.len(), wanted.len(), "{name}");
            let most = wanted.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                // The sum of a product and a least value is rounded in another order.
                let off = (f64::from(*found) - wanted).abs();
                assert!(off <= 2.0 * f64::from(f32::EPSILON) * most, "{name} {i}: {found} {wanted}");
            }
        }
    }

    #[test]
    fn a_tensor_is_whole_blocks() {
        assert_eq!(Q8_0.bytes(&[3, 64]), Some(3 * 2 * 34));
        assert_eq!(Q8_0.bytes(&[64, 3]), None);
        assert_eq!(F32.bytes(&[]), Some(4));
        assert_eq!(F32.bytes(&[usize::MAX, 2]), None);
        assert_eq!(Q4K.bytes(&[2, 128]), None);
        assert_eq!(Q5K.name(), "Q5_K");
    }
}
