//! Singles written over numbers of 16 bits that are not needed any more, so that the whole is not there twice.

/// Numbers of 16 bits that the bits of a single take.
pub(crate) const HALVES: usize = 2;

/// Writes these values from the beginning of `place` on, two places each.
pub(crate) fn put(values: &[f32], place: &mut [u16]) {
    for (halves, value) in place.chunks_exact_mut(HALVES).zip(values) {
        let bits = value.to_bits();
        halves.copy_from_slice(&[(bits >> 16) as u16, bits as u16]);
    }
}

/// The first `count` values that were put there.
pub(crate) fn take(mut places: Vec<u16>, count: usize) -> Vec<f32> {
    places.truncate(count * HALVES);
    places.shrink_to_fit();
    let single = |halves: &[u16]| f32::from_bits(u32::from(halves[0]) << 16 | u32::from(halves[1]));
    places.chunks_exact(HALVES).map(single).collect()
}
