//! Any text as a filter: it is read or refused, and what is read can be asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::output::{Cell, Column, Field, Filter};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    Number,
    Text,
    List,
    Absent,
    Unreadable,
}

const fn column(name: &'static str) -> Column {
    Column::text(name, "")
}

impl Field for Show {
    const ALL: &'static [(Self, Column)] = &[
        (Self::Number, column("N")),
        (Self::Text, column("T")),
        (Self::List, column("L")),
        (Self::Absent, column("A")),
        (Self::Unreadable, column("U%")),
    ];
}

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::<Show>::parse(text) else { return };
    filter.fields();
    filter.matches(|show| match show {
        Show::Number => Cell::Number(4711),
        Show::Text => Cell::text(&b"te\xffxt"[..]),
        Show::List => Cell::List(vec![b"a"[..].into(), b"b"[..].into()]),
        Show::Absent => Cell::Absent,
        Show::Unreadable => Cell::Unreadable,
    });
});
