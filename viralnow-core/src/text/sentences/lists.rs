//! Numbered and lettered lists: their items are sentences of their own, their numbers end none.

use super::{BREAK, HIDDEN, KEPT, LISTED, View};
use crate::text::sentiment::is_space;
use std::collections::BTreeSet;

/// The Roman numbers at their first place in pySBD's list, which counts `x` to `xiii` twice.
const ROMAN: [(&str, i32); 20] = [
    ("i", 0),
    ("ii", 1),
    ("iii", 2),
    ("iv", 3),
    ("v", 4),
    ("vi", 5),
    ("vii", 6),
    ("viii", 7),
    ("ix", 8),
    ("x", 9),
    ("xi", 10),
    ("xii", 11),
    ("xiii", 12),
    ("xiv", 13),
    ("xv", 18),
    ("xvi", 19),
    ("xvii", 20),
    ("xviii", 21),
    ("xix", 22),
    ("xx", 23),
];

/// All list rules, in pySBD's order.
pub(super) fn keep_list_numbers(view: &mut View) {
    letters_with_periods(view);
    letters_with_parentheses(view, letter);
    letters_with_parentheses(view, roman);
    numbers_with_periods(view);
    numbers_with_parentheses(view);
}

/// A number of a list: its place and value.
#[derive(Debug, Clone, Copy)]
struct Item {
    start: usize,
    end: usize,
    value: i32,
}

/// The values that have a neighbour in the list which is one less, or one more.
fn consecutive(items: &[Item]) -> BTreeSet<i32> {
    let mut found = BTreeSet::new();
    for (i, item) in items.iter().enumerate() {
        // Before the first item stands the last one, as Python's index -1 has it.
        let previous = items[i.checked_sub(1).unwrap_or(items.len() - 1)].value;
        let next = items.get(i + 1).map(|next| next.value - item.value);
        if next == Some(1) || (previous - item.value).abs() == 1 {
            found.insert(item.value);
        }
    }
    found
}

/// `a. one b. two`
fn letters_with_periods(view: &mut View) {
    let items: Vec<Item> = (0..view.chars.len())
        .filter(|&i| view.at(i).is_ascii_lowercase() && view.at(i + 1) == '.' && view.starts_word(i))
        .map(|i| Item { start: i, end: i + 1, value: view.at(i) as i32 })
        .collect();
    let listed = consecutive(&items);
    for item in items.into_iter().filter(|item| listed.contains(&item.value)) {
        view.chars[item.end] = KEPT;
        view.cuts.push(item.start);
    }
}

fn letter(word: &[char]) -> Option<i32> {
    if let [letter] = word { Some(*letter as i32) } else { None }
}

fn roman(word: &[char]) -> Option<i32> {
    ROMAN.iter().find(|(numeral, _)| numeral.chars().eq(word.iter().copied())).map(|(_, value)| *value)
}

/// `a) one (b) two`, `i) one (ii) two`
fn letters_with_parentheses(view: &mut View, value: fn(&[char]) -> Option<i32>) {
    let mut items = Vec::new();
    for end in (0..view.chars.len()).filter(|&i| view.at(i) == ')') {
        let letters = view.chars[..end].iter().rev().take(6).take_while(|c| c.is_ascii_lowercase()).count();
        let start = end - letters;
        if letters > 0 && (view.starts_word(start) || view.at(start - 1) == '(') {
            items.extend(value(&view.chars[start..end]).map(|value| Item { start, end, value }));
        }
    }
    let listed = consecutive(&items);
    for item in items.into_iter().filter(|item| listed.contains(&item.value)) {
        if view.before(item.start, 1) == '(' {
            view.chars[item.start - 1] = HIDDEN;
            view.cuts.push(item.start - 1);
        } else {
            view.cuts.push(item.start);
        }
    }
}

/// The one or two digits that end before `end`, if there are any.
fn digits(view: &View, end: usize) -> Option<Item> {
    let start = end - view.chars[..end].iter().rev().take(2).take_while(|c| c.is_ascii_digit()).count();
    let value = view.chars[start..end].iter().fold(0, |value, &c| value * 10 + c as i32 - '0' as i32);
    (start < end).then_some(Item { start, end, value })
}

/// Numbers are compared with the text of their value, so `07` never is an item.
fn is_canonical(view: &View, item: Item) -> bool {
    item.end - item.start == 1 || view.at(item.start) != '0'
}

/// The numbers that follow, or are followed by, their neighbour: each as soon as its turn comes.
fn sequence(items: &[Item]) -> BTreeSet<i32> {
    let follows = |item: i32, previous: i32| {
        item - 1 == previous || (item == 0 && previous == 9) || (item == 9 && previous == 0)
    };
    items
        .iter()
        .enumerate()
        .filter(|&(i, item)| {
            items.get(i + 1).is_some_and(|next| item.value + 1 == next.value)
                || i.checked_sub(1).is_some_and(|i| follows(item.value, items[i].value))
        })
        .map(|(_, item)| item.value)
        .collect()
}

/// Whether a line break stands between two places.
fn broken_between(view: &View, from: usize, to: usize) -> bool {
    from < to
        && (view.chars[from..to].contains(&BREAK) || view.cuts.iter().any(|cut| (from..to).contains(cut)))
}

/// Two visible characters stand before the white space at `i`.
fn space_after_word(view: &View, i: usize) -> bool {
    i >= 2 && is_space(view.at(i)) && !is_space(view.at(i - 1)) && !is_space(view.at(i - 2))
}

/// `1. one 2. two`
fn numbers_with_periods(view: &mut View) {
    let mut items = Vec::new();
    for dot in (1..view.chars.len())
        .filter(|&i| view.at(i) == '.' && (is_space(view.at(i + 1)) || view.at(i + 1) == ')'))
    {
        let Some(item) = digits(view, dot) else { continue };
        let dashed = matches!(view.before(item.start, 1), '-' | '⁃') && view.starts_word(item.start - 1);
        if view.starts_word(item.start) || dashed {
            items.push(item);
        }
    }
    let listed = sequence(&items);
    items.retain(|item| listed.contains(&item.value) && is_canonical(view, *item));
    let (Some(first), Some(last)) = (items.first().copied(), items.last().copied()) else { return };
    for item in &items {
        view.chars[item.end] = LISTED;
    }
    // "for 5. the ..." is no list.
    let counted = |item: &Item| {
        item.start >= 4
            && view.chars[item.start - 4..item.start - 1] == ['f', 'o', 'r']
            && is_space(view.at(item.start - 1))
            && is_space(view.at(item.end + 1))
            && view.at(item.end + 2).is_ascii_lowercase()
    };
    if !broken_between(view, first.end + 2, last.end.saturating_sub(1)) && !items.iter().any(counted) {
        for item in &items {
            // White space before the number, or before one more sign that stands before it.
            let sign = view.chars[..item.start].iter().rposition(|c| !is_space(*c));
            for place in [Some(item.start), sign].into_iter().flatten().filter_map(|i| i.checked_sub(1)) {
                if space_after_word(view, place) {
                    view.chars[place] = BREAK;
                }
            }
        }
    }
    for item in items {
        view.chars[item.end] = KEPT;
    }
}

/// `1) one 2) two`
fn numbers_with_parentheses(view: &mut View) {
    let mut items: Vec<Item> = (1..view.chars.len())
        .filter(|&i| view.at(i) == ')' && is_space(view.at(i + 1)))
        .filter_map(|end| digits(view, end))
        .collect();
    let mut found: Vec<Item> = Vec::new();
    for _ in 0..2 {
        let listed = sequence(&items);
        let (now, later) =
            items.into_iter().partition(|item| listed.contains(&item.value) && is_canonical(view, *item));
        found.extend::<Vec<Item>>(now);
        items = later;
    }
    let (Some(first), Some(last)) = (found.iter().map(|i| i.end).min(), found.iter().map(|i| i.start).max())
    else {
        return;
    };
    if !broken_between(view, first, last) {
        for item in found {
            if let Some(place) = item.start.checked_sub(1).filter(|&place| space_after_word(view, place)) {
                view.chars[place] = BREAK;
            }
        }
    }
}
