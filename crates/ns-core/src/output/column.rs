//! Columns: each is one static row with its name, its values, the facts it needs and the function for its cells. Also
//! the choice of columns by a person: `-o pid,command`, `-o +id`.

use std::fmt;

use super::{Cell, Heading, Listing, Row};
use crate::{Error, Result};

/// A column of a listing: everything about it, in one row of a static table.
pub struct Column<Needs, Make> {
    /// Its heading.
    pub heading: Heading,
    /// The facts that it needs.
    pub needs: Needs,
    /// The function that makes its cells.
    pub cell: Make,
}

/// Two columns are equal if their names are. A listing has no name twice.
impl<Needs, Make> PartialEq for Column<Needs, Make> {
    fn eq(&self, other: &Self) -> bool {
        self.heading.name == other.heading.name
    }
}

impl<Needs, Make> Eq for Column<Needs, Make> {}

impl<Needs, Make> fmt::Debug for Column<Needs, Make> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.heading.name)
    }
}

/// Something that a listing has a column for.
pub trait Headed: Copy + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// The heading of the column.
    fn heading(self) -> &'static Heading;
}

impl Headed for &'static Heading {
    fn heading(self) -> &'static Heading {
        self
    }
}

impl<Needs: Sync, Make: Sync> Headed for &'static Column<Needs, Make> {
    fn heading(self) -> &'static Heading {
        &self.heading
    }
}

/// Defines static columns, one in each row, and the list of all of them in order:
///
/// ```ignore
/// columns! {
///     /// The columns of a listing of fruit.
///     ALL: Column<(), fn(&Fruit) -> Cell<'static>>;
///     NAME: text("NAME", "name of the fruit").wide(), (), |fruit| Cell::string(&fruit.name);
///     SEEDS: number("SEEDS", "number of seeds"), (), |fruit| Cell::Number(fruit.seeds);
/// }
/// ```
#[macro_export]
macro_rules! columns {
    (
        $(#[$of_all:meta])* $all:ident: $column:ty;
        $($name:ident: $holds:ident($title:literal, $about:literal) $(.$more:ident($($with:expr)?))*, $needs:expr, $cell:expr;)*
    ) => {
        $(
            #[doc = $about]
            pub static $name: $column = $crate::output::Column {
                heading: $crate::output::Heading::$holds($title, $about)$(.$more($($with)?))*,
                needs: $needs,
                cell: $cell,
            };
        )*
        $(#[$of_all])*
        pub static $all: &[&$column] = &[$(&$name),*];
    };
}

/// The column with this name, in upper or lower case, or in the form of a shell variable.
pub(super) fn named<C: Headed>(all: &[C], name: &str) -> Option<C> {
    all.iter()
        .copied()
        .find(|column| column.heading().is_called(name))
}

/// The names of all columns, with commas.
pub(super) fn names<C: Headed>(all: &[C]) -> String {
    let names: Vec<_> = all.iter().map(|column| column.heading().name).collect();
    names.join(", ")
}

/// The columns named in `list`, separated by commas, in upper or lower case. With a leading `+`, they are added to
/// `default`.
pub fn choose<C: Headed>(list: &str, all: &[C], default: &[C]) -> Result<Vec<C>> {
    let (mut columns, list) = match list.strip_prefix('+') {
        Some(list) => (default.to_vec(), list),
        None => (Vec::new(), list),
    };
    for name in list.split(',') {
        let column = named(all, name.trim())
            .ok_or_else(|| Error::invalid("column", name, format!("expected one of {}", names(all))))?;
        columns.push(column);
    }
    Ok(columns)
}

/// The headings of these columns.
pub fn headings<C: Headed>(columns: &[C]) -> Vec<&'static Heading> {
    columns.iter().map(|column| column.heading()).collect()
}

/// A listing of the columns: their names, their types in JSON, and their descriptions.
pub fn list_columns<C: Headed>(name: &'static str, all: &[C]) -> Listing<'static> {
    static NAME: Heading = Heading::text("HOLDER", "name of the column");
    static TYPE: Heading = Heading::text("TYPE", "type of its values in JSON");
    static ABOUT: Heading = Heading::text("DESCRIPTION", "what the column shows");
    let row = |column: &C| {
        let heading = column.heading();
        let texts = [heading.name, heading.holds.in_json(), heading.about];
        Row {
            depth: 0,
            cells: texts.map(|text| Cell::text(text.as_bytes())).into(),
        }
    };
    Listing {
        name,
        columns: vec![&NAME, &TYPE, &ABOUT],
        rows: all.iter().map(row).collect(),
        incomplete: None,
        remarks: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    columns! {
        /// All columns.
        ALL: Column<(), fn(u64) -> Cell<'static>>;
        APPLE: number("APPLE", "number of apples"), (), Cell::Number;
        PEAR: texts("PEAR%", "names of pears").wide().or(&["BIRNE"]), (), |_| Cell::Absent;
    }

    #[test]
    fn columns_are_chosen_in_any_case_and_added_after_a_plus() {
        assert_eq!(choose("pear%,Apple", ALL, &[]).unwrap(), [&PEAR, &APPLE]);
        assert_eq!(choose("+apple", ALL, &[&PEAR]).unwrap(), [&PEAR, &APPLE]);
    }

    #[test]
    fn a_column_has_other_names_too() {
        for name in ["birne", "PEAR_PCT"] {
            assert_eq!(choose(name, ALL, &[]).unwrap(), [&PEAR]);
        }
    }

    #[test]
    fn a_wrong_column_is_answered_with_the_choices() {
        assert_eq!(
            choose("apple,plum", ALL, &[]).unwrap_err().to_string(),
            "invalid column \"plum\": expected one of APPLE, PEAR%"
        );
    }

    #[test]
    fn a_row_makes_the_column_and_its_cells() {
        assert_eq!((APPLE.cell)(3), Cell::Number(3));
        let listing = list_columns("fruit-columns", ALL);
        let words: Vec<_> = listing.rows[1].cells.iter().map(Cell::plain).collect();
        assert_eq!(words, [&b"PEAR%"[..], b"strings", b"names of pears"]);
    }

    proptest! {
        #[test]
        fn chosen_columns_are_chosen_by_their_names(text in "\\+?((apple|PEAR%|birne|pear_pct|\\PC{0,4})[, ]{0,2}){0,5}") {
            let default = [&PEAR];
            if let Ok(chosen) = choose(&text, ALL, &default) {
                prop_assert_eq!(text.starts_with('+'), chosen.len() == text.split(',').count() + 1);
                let names: Vec<_> = chosen.iter().map(|column| column.heading.name).collect();
                prop_assert_eq!(choose(&names.join(","), ALL, &default), Ok(chosen));
            }
        }
    }
}
