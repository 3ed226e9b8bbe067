//! The list of choices in an error about a target that names nothing or several things.

/// The most choices in an error.
const MOST: usize = 10;

/// The choices with commas, and the number of further choices.
pub(super) fn list(choices: impl IntoIterator<Item = String>) -> String {
    let mut choices = choices.into_iter();
    let some: Vec<_> = choices.by_ref().take(MOST).collect();
    match choices.count() {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_choices_are_counted() {
        let list = |count: usize| list((0..count).map(|number| number.to_string()));
        assert_eq!(list(0), "");
        assert_eq!(list(2), "0, 1");
        assert_eq!(list(10), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
        assert_eq!(list(12), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    }
}
