//! The steps of the process that stays where the caller was, with all rights of the caller. Each family has one file.

mod executed;
mod family;
mod made;
mod maps;
mod pairs;
mod pins;
mod process;
mod reports;
mod unanswered;
mod veths;

pub(super) use executed::UNEXECUTED;
use family::OutsideFamily;
pub use maps::MapStep;
pub use pairs::MakeVeth;
pub use pins::PinStep;
pub(super) use process::OutsideProcess;
pub use reports::ReportStep;
pub use veths::VethStep;

use super::families::families;

families! {
    /// A step done by a process that stays where the caller was.
    Outside: OutsideFamily;

    /// Write id maps that take more rights than the process in the user namespace has.
    Maps(MapStep),
    /// Make files and names that keep the new namespaces.
    Pins(PinStep),
    /// Make pairs of interfaces between network namespaces.
    Veths(VethStep),
    /// Report the program to others.
    Reports(ReportStep),
}
