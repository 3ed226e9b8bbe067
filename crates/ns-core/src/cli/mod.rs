//! The shared parts of the five command lines: start, errors, end and completion.

mod abbreviated;
mod advice;
mod attached;
mod colours;
mod compat_name;
mod complete;
mod failure;
mod file;
mod foreign;
mod help;
mod labels;
mod launching;
mod listing;
mod locale;
mod missing;
mod notes;
mod start;
mod stdout;
mod usage;
mod values;
mod variables;

pub use abbreviated::{LongOpts, whole};
pub use colours::{Colours, UseColours};
pub use compat_name::CompatName;
pub use failure::{note, note_error, report, tell};
pub use file::{read_file, read_whole, shown};
pub use launching::{launch, launch_one, program, show_plan};
pub use listing::{Pairs, TreeCharacters, Written, conclude_listing, show_graph};
pub use notes::Notes;
pub use start::main;
pub use stdout::{stdout, wait_or_reader_gone, width_of_terminal};
pub use usage::usage;
pub use values::{columns, columns_or, filter, seconds, target, value};
pub use variables::Variables;
