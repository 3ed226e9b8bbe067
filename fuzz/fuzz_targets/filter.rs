//! Any text as a filter: it is read or refused, and what is read can be asked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::output::{Cell, Column, Filter};

ns_core::columns! {
    /// A column of each sort.
    ALL: Column<(), fn() -> Cell<'static>>;
    NUMBER: number("N", "a number"), (), || Cell::Number(4711);
    TEXT: text("T", "a text that is no UTF-8"), (), || Cell::text(&b"te\xffxt"[..]);
    LIST: texts("L", "texts"), (), || Cell::List(vec![b"a"[..].into(), b"b"[..].into()]);
    ABSENT: number("A", "nothing"), (), || Cell::Absent;
    NOT_ASKED: number("U%", "nothing that anybody asked for"), (), || Cell::NotAsked;
}

fuzz_target!(|text: &str| {
    let Ok(filter) = Filter::parse(text, ALL) else {
        return;
    };
    filter.columns();
    filter.matches(|column| (column.cell)());
});
