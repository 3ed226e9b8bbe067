//! Sizes in a form for people.

use ns_core::output::Cell;

/// A number of bytes, as a number or in a form for people.
pub fn cell(bytes: u64, as_number: bool) -> Cell<'static> {
    if as_number {
        Cell::Number(bytes)
    } else {
        Cell::string(&human(bytes))
    }
}

/// Bytes with one letter, such as `1.5G`. Units are powers of 1024. The digit after the point is left out if it is 0.
fn human(bytes: u64) -> String {
    const LETTERS: [char; 7] = ['B', 'K', 'M', 'G', 'T', 'P', 'E'];
    if bytes == 0 {
        return "0".into();
    }
    let mut power = usize::try_from(bytes.ilog2() / 10).unwrap_or(0);
    let tenths = |power: usize| {
        let unit = 1_u128 << (10 * power);
        (u128::from(bytes) * 10 + unit / 2) / unit
    };
    // If rounding gives 1024 of a unit, the result is 1 of the next unit.
    if tenths(power) >= 10_240 && power + 1 < LETTERS.len() {
        power += 1;
    }
    let (whole, tenth) = (tenths(power) / 10, tenths(power) % 10);
    let letter = LETTERS[power];
    if tenth == 0 {
        format!("{whole}{letter}")
    } else {
        format!("{whole}.{tenth}{letter}")
    }
}

/// The percentage in use, rounded up as by df(1); `None` if the whole is 0.
pub fn percent(used: u64, all: u64) -> Option<u64> {
    let (used, all) = (u128::from(used), u128::from(all));
    if all == 0 {
        return None;
    }
    u64::try_from((used * 100).div_ceil(all)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_letter_and_at_most_one_digit_after_the_point() {
        for (bytes, text) in [
            (0, "0"),
            (1, "1B"),
            (1023, "1023B"),
            (1024, "1K"),
            (1536, "1.5K"),
            (4096, "4K"),
            (10 << 20, "10M"),
            ((1 << 20) - 1, "1M"),
            (15_891_000_000, "14.8G"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(human(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn a_share_is_rounded_up() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(3, 10), Some(30));
        assert_eq!(percent(1, 3), Some(34));
        assert_eq!(percent(1, 1_000_000), Some(1));
        assert_eq!(percent(0, 10), Some(0));
        assert_eq!(percent(u64::MAX, u64::MAX), Some(100));
    }
}
