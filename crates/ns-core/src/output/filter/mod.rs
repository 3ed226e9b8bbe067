//! Filters: expressions over columns that choose the rows to show (`scols-filter(5)` of util-linux).
//!
//! ```text
//! expression  = conjunction { ("or" | "||") conjunction }
//! conjunction = negation { ("and" | "&&") negation }
//! negation    = ("not" | "!") negation | comparison
//! comparison  = "(" expression ")" | value [ operator value ]
//! operator    = "==" "!=" "<" "<=" ">" ">=" "=~" "!~", or "eq" "ne" "lt" "le" "gt" "ge"
//! value       = COLUMN | 12 | 1.5 | 4K | "text" | 'text' | true | false
//! ```
//!
//! `or` binds least, then `and`, then `not`, and a comparison binds most. So `not TYPE == "net"` negates the
//! comparison.
//!
//! A column alone is true if it has a value; a number is true if it is not 0, and a flag if it is set. A column without a
//! value equals the empty text, and equals no number. Every comparison with an unknown value, such as one that could not be
//! read, is false. A list matches if any item matches; for `!=` and `!~`, if no item does. A number may end in K, M, G … (of
//! 1024; KB, MB … of 1000). A text that is compared with a column of numbers is the number that it reads as, or an error.
//! After `=~` comes a regular expression, which may match anywhere in the value.

mod expression;
mod operator;
mod parse;
mod token;
mod value;

use super::{Cell, Headed};
use crate::Result;
use expression::Expression;

/// An expression over the columns of a listing.
#[derive(Clone, Debug)]
pub struct Filter<C> {
    root: Expression<C>,
}

impl<C: Headed> Filter<C> {
    /// Reads an expression over these columns.
    ///
    /// [`crate::Error::Invalid`] shows the place of the fault, and what is expected there.
    pub fn parse(text: &str, all: &[C]) -> Result<Self> {
        parse::parse(text, all).map(|root| Self { root })
    }

    /// Every column of the filter, once.
    pub fn columns(&self) -> Vec<C> {
        let mut columns = Vec::new();
        self.root.columns(&mut columns);
        columns
    }

    /// True if the row matches; `cell` gives the values of its columns, with sizes in bytes.
    pub fn matches<'a>(&self, cell: impl Fn(C) -> Cell<'a>) -> bool {
        self.root.holds(&cell)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Heading;
    use super::*;

    macro_rules! headings {
        ($all:ident: $($name:ident = $title:literal,)*) => {
            $(static $name: Heading = Heading::text($title, "");)*
            static $all: &[&Heading] = &[$(&$name),*];
        };
    }

    headings! { ALL:
        PID = "PID",
        TYPE = "TYPE",
        LABEL = "LABEL",
        UUID = "UUID",
        USE = "USE%",
        SHARED = "SHARED",
        SOURCES = "SOURCES",
        PEERS = "PEERS",
        PORTS = "PORTS",
    }

    static NPROCS: Heading = Heading::number("NPROCS", "");
    static SIZE: Heading = Heading::amount("SIZE", "");
    static NUMBERS: &[&Heading] = &[&NPROCS, &SIZE];

    /// The one row that filters are tried on.
    fn cell(column: &Heading) -> Cell<'static> {
        match column.name {
            "PID" => Cell::Number(4711),
            "TYPE" => Cell::text(&b"net\xff"[..]),
            "LABEL" => Cell::Absent,
            "UUID" => Cell::Unreadable(nix::errno::Errno::EPERM),
            "USE%" => Cell::string("45"),
            "SHARED" => Cell::Flag(true),
            "SOURCES" => Cell::List(vec![b"/dev/a"[..].into(), b"/dev/b"[..].into()]),
            "PEERS" => Cell::List(Vec::new()),
            "PORTS" => Cell::Numbers(vec![22, 80]),
            name => panic!("{name} is no column"),
        }
    }

    #[test]
    fn a_number_alone_is_true_if_it_is_not_zero() {
        let holds = |text: &str, number: u64| {
            let filter = Filter::parse(text, NUMBERS).unwrap_or_else(|error| panic!("{error}"));
            filter.matches(|_| Cell::Number(number))
        };
        assert!(holds("NPROCS", 1) && !holds("!NPROCS", 1));
        assert!(!holds("NPROCS", 0) && holds("!NPROCS", 0));
        assert!(holds("1", 0) && !holds("0", 0) && holds("0.5", 0) && !holds("0.0", 0));
    }

    #[test]
    fn a_text_beside_a_column_of_numbers_is_a_number_or_an_error() {
        let parse = |text: &str| Filter::parse(text, NUMBERS);
        let holds = |text: &str| {
            let filter = parse(text).unwrap_or_else(|error| panic!("{error}"));
            filter.matches(|_| Cell::Number(2 << 30))
        };
        for text in [
            "SIZE > '1G'",
            "'1GB' < SIZE",
            "SIZE == '2GiB'",
            "SIZE < '2.5G'",
            "NPROCS != '4711'",
            "SIZE != ''",
        ] {
            assert!(holds(text), "{text}");
            assert!(!holds(&format!("not ({text})")), "{text}");
        }
        for text in [
            "NPROCS > 'x'",
            "'x' == NPROCS",
            "SIZE > '1X'",
            "SIZE < '-1'",
            "NPROCS == ' 1'",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(
                error.contains("compare a column of numbers with a number"),
                "{error}"
            );
        }
        let error = parse("NPROCS > 'x'").unwrap_err().to_string();
        assert!(error.ends_with("\n  NPROCS > 'x'\n           ^^^"), "{error}");
        // A pattern is found in the digits.
        assert!(holds("SIZE =~ '^2147'"));
    }

    fn holds(text: &str) -> bool {
        Filter::parse(text, ALL)
            .unwrap_or_else(|error| panic!("{error}"))
            .matches(cell)
    }

    #[test]
    fn values_are_compared_as_what_they_are() {
        for text in [
            "PID == 4711",
            "pid eq 4711",
            "PID > 4K",
            "PID>=4.711KB",
            "PID < 4711.5",
            "PID != 1",
            "4711 == PID",
            "PID == '4711'",
            "PID =~ '^47'",
            "TYPE =~ \"^ne\"",
            "TYPE !~ 'x'",
            "TYPE > 'mnt'",
            "USE% > 9",
            "use_pct < 45.5",
            "SHARED == true",
            "SHARED == 'yes'",
            "SHARED != false",
            "SOURCES == '/dev/b'",
            "SOURCES != '/dev/c'",
            "SOURCES =~ 'b$'",
            "SOURCES !~ 'c$'",
            "PORTS == 80",
            "PORTS != 8080",
            "PORTS",
        ] {
            assert!(holds(text), "{text}");
            assert!(!holds(&format!("not ({text})")), "{text}");
        }
        assert!(!holds("SOURCES != '/dev/b'"));
        assert!(!holds("TYPE > 9"), "a text that is no number is none");
    }

    #[test]
    fn what_is_absent_equals_nothing_but_the_empty_text() {
        for text in [
            "LABEL == ''",
            "LABEL != 'x'",
            "LABEL != 0",
            "!LABEL",
            "LABEL !~ '.'",
            "PEERS == ''",
            "PEERS != 'x'",
            "!PEERS",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in ["LABEL", "LABEL == 0", "LABEL < 1", "LABEL >= 0", "LABEL < 'x'"] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn what_is_unreadable_is_not_compared() {
        for text in [
            "UUID",
            "UUID == ''",
            "UUID != 'x'",
            "UUID =~ '.'",
            "UUID !~ '.'",
            "UUID < 'x'",
        ] {
            assert!(!holds(text), "{text}");
        }
    }

    #[test]
    fn or_binds_least_and_a_comparison_most() {
        // If `and` and `or` were applied from the left, this would be false.
        assert!(holds("TYPE =~ 'net' or TYPE == 'x' and PID == 1"));
        assert!(holds("TYPE =~ 'net' || TYPE == 'x' && PID == 1"));
        assert!(!holds("(TYPE =~ 'net' or TYPE == 'x') and PID == 1"));
        // If `not` applied only to the column, this would be true.
        assert!(!holds("not PID == 4711"));
        assert!(!holds("!PID == 4711"));
        assert!(holds("not PID == 1 and not not PID"));
        assert!(holds("!(PID == 1)"));
    }

    #[test]
    fn the_columns_that_are_asked_for_are_known() {
        let filter = Filter::parse("PID > 1 and (TYPE or !PID) and 'x' =~ 'x'", ALL).unwrap();
        assert_eq!(filter.columns(), [&PID, &TYPE]);
    }

    #[test]
    fn an_error_shows_its_place_and_the_choices() {
        let error = |text: &str| {
            let error = Filter::parse(text, ALL).unwrap_err().to_string();
            error
                .split_once("\": ")
                .map(|(_, why)| why.to_owned())
                .unwrap_or(error)
        };
        assert_eq!(
            error("PID > 1 and TYP == 'net'"),
            "there is no column \"TYP\" (put texts between quotes); the columns are PID, TYPE, LABEL, UUID, USE%, \
             SHARED, SOURCES, PEERS, PORTS\n  PID > 1 and TYP == 'net'\n              ^^^"
        );
        assert_eq!(
            error("PID >"),
            "a column or a value is missing here\n  PID >\n       ^"
        );
        assert!(error("").starts_with("a column or a value is missing here"));
        assert!(
            error("PID > 1 )").starts_with("expected \"and\", \"or\" or the end\n  PID > 1 )\n          ^")
        );
        assert!(error("(PID > 1").ends_with("\n  ^"));
        assert!(error("PID = 1").starts_with("write == to compare"));
        assert!(error("PID & 1").contains("operator: == != <"));
        assert!(error("TYPE == 'net").starts_with("a text without its closing quote"));
        assert!(error("TYPE =~ '('").starts_with("not a regular expression: unclosed group"));
        assert!(error("TYPE =~ PID").starts_with("expected a regular expression between quotes"));
        assert!(error("1 < PID < 9").starts_with("join comparisons with"));
        assert!(error("PID > 4X").starts_with("not a number"));
        assert!(error(&"(".repeat(100_000)).starts_with("nested too deeply"));
        assert!(error(&"!".repeat(100_000)).starts_with("nested too deeply"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in r#"(PID|TYPE|LABEL|or|and|!|not|[()=<>~"' \\0-9.Ké]|.){0,20}"#) {
            if let Ok(filter) = Filter::parse(&text, ALL) {
                filter.matches(cell);
            }
        }
    }
}
