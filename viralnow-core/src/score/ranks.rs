//! Ranks and top tenths.

/// How many of so many are the top tenth; a half is rounded to the even number.
pub(crate) fn top_tenth(of: usize) -> usize {
    ((of as f64 * 0.1).round_ties_even() as usize).max(1)
}

/// Which are the top tenth by this value; of equal ones the first.
pub(crate) fn in_top_tenth(values: &[f64]) -> Vec<bool> {
    let mut top = vec![false; values.len()];
    descending(values).into_iter().take(top_tenth(values.len())).for_each(|i| top[i] = true);
    top
}

/// Places by value, the largest first; equal ones keep their order.
pub(crate) fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}

/// Ranks from 1 for the smallest; equal values share their mean rank.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order = descending(values);
    order.reverse();
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let equal = order[from..].iter().take_while(|&&i| values[i] == values[order[from]]).count().max(1);
        let mean = from as f64 + f64::midpoint(equal as f64, 1.0);
        order[from..from + equal].iter().for_each(|&i| ranks[i] = mean);
        from += equal;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_by_hand() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert!(ranks(&[]).is_empty());
        assert_eq!([1, 5, 14, 15, 25].map(top_tenth), [1, 1, 1, 2, 2]);
        assert_eq!(in_top_tenth(&[1.0, 5.0, 5.0, 2.0]), [false, true, false, false]);
    }
}
