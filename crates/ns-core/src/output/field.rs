//! The columns that a program knows, and how a person chooses among them: `-o pid,command`, `-o +id`.

use super::{Cell, Column, Listing, Row};
use crate::{Error, Result};

/// A program's enumeration of what its columns hold.
pub trait Field: Copy + Eq + 'static {
    /// Every column, in the order of a listing of all of them.
    const ALL: &'static [(Self, Column)];

    /// The column of this field.
    fn column(self) -> &'static Column {
        Self::ALL
            .iter()
            .find_map(|(field, column)| (*field == self).then_some(column))
            .expect("every field stands in the table")
    }
}

/// The fields named in `list`, with commas between, in capitals or not; after a leading `+` they come after `default`.
pub fn choose<F: Field>(list: &str, default: &[F]) -> Result<Vec<F>> {
    let (mut fields, names) = match list.strip_prefix('+') {
        Some(names) => (default.to_vec(), names),
        None => (Vec::new(), list),
    };
    for name in names.split(',') {
        let field = F::ALL
            .iter()
            .find(|(_, column)| column.name.eq_ignore_ascii_case(name.trim()))
            .map(|(field, _)| *field)
            .ok_or_else(|| {
                let names: Vec<_> = F::ALL.iter().map(|(_, column)| column.name).collect();
                Error::invalid("column", name, format!("it is one of {}", names.join(", ")))
            })?;
        fields.push(field);
    }
    Ok(fields)
}

/// The columns themselves as a listing: their names and what they say.
pub fn list_columns<F: Field>(name: &'static str) -> Listing<'static> {
    static NAME: Column = Column::text("HOLDER", "name of the column");
    static ABOUT: Column = Column::text("DESCRIPTION", "what it says");
    let row = |(_, column): &'static (F, Column)| Row {
        depth: 0,
        cells: vec![
            Cell::text(column.name.as_bytes()),
            Cell::text(column.about.as_bytes()),
        ],
    };
    Listing {
        name,
        columns: vec![&NAME, &ABOUT],
        rows: F::ALL.iter().map(row).collect(),
        remarks: Vec::new(),
    }
}

/// The name of a column as that of a shell variable: `MAJ_MIN`, `USE_PCT`.
pub fn shell_name(name: &str) -> String {
    name.replace('%', "_PCT")
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Fruit {
        Apple,
        Pear,
    }

    impl Field for Fruit {
        const ALL: &'static [(Self, Column)] = &[
            (Self::Apple, Column::text("APPLE", "")),
            (Self::Pear, Column::text("PEAR", "")),
        ];
    }

    #[test]
    fn columns_are_chosen_in_any_case_and_added_after_a_plus() {
        assert_eq!(
            choose::<Fruit>("pear,Apple", &[]).unwrap(),
            [Fruit::Pear, Fruit::Apple]
        );
        assert_eq!(
            choose("+apple", &[Fruit::Pear]).unwrap(),
            [Fruit::Pear, Fruit::Apple]
        );
    }

    #[test]
    fn a_wrong_column_is_answered_with_the_choices() {
        assert_eq!(
            choose::<Fruit>("apple,plum", &[]).unwrap_err().to_string(),
            "invalid column \"plum\": it is one of APPLE, PEAR"
        );
    }
}
