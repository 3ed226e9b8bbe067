//! What there is to choose from, for the error about a target that names nothing, or too much.

/// How many an error lists.
const MOST: usize = 10;

/// The choices with commas between, and how many more there are.
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
