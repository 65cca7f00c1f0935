//! Loops in registers of eight, where the processor has them.

/// Defines a function that is compiled twice: for every processor of the target and, on `x86_64`, for those with AVX2 as
/// well; which one runs is asked at run time. What it calls has to be inlined to profit.
///
/// Both give the same bits. Only the width of the registers differs, not the order of the sums, and products are not fused
/// with sums: `fma` is not enabled.
macro_rules! wide {
    (
        $(#[$about:meta])*
        $visible:vis fn $name:ident $(<const $size:ident: usize>)? ($($arg:ident: $of:ty),* $(,)?) $(-> $gives:ty)? $body:block
    ) => {
        $(#[$about])*
        $visible fn $name $(<const $size: usize>)? ($($arg: $of),*) $(-> $gives)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn with_avx2 $(<const $size: usize>)? ($($arg: $of),*) $(-> $gives)? $body
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has what the function is compiled for.
                    return unsafe { with_avx2 $(::<$size>)? ($($arg),*) };
                }
            }
            $body
        }
    };
}

pub(crate) use wide;

#[cfg(test)]
mod tests {
    wide! {
        fn sum_of_squares(values: &[f32]) -> f32 {
            let mut lanes = [0.0_f32; 8];
            for chunk in values.as_chunks::<8>().0 {
                for (lane, value) in lanes.iter_mut().zip(chunk) {
                    *lane += value * value;
                }
            }
            lanes.iter().sum()
        }
    }

    #[test]
    fn any_processor_gives_the_same_bits() {
        let values: Vec<f32> = (0..800).map(|i| (i as f32 * 0.37).sin()).collect();
        let mut lanes = [0.0_f32; 8];
        for (i, value) in values.iter().enumerate() {
            // Fused it would be another number.
            lanes[i % 8] += std::hint::black_box(value * value);
        }
        assert_eq!(sum_of_squares(&values).to_bits(), lanes.iter().sum::<f32>().to_bits());
    }
}
