//! The steps of the process that stays where the caller was, with all that the caller may. One file a family.

mod family;
mod maps;
mod pairs;
mod pins;
mod process;
mod reports;
mod veths;

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

    /// Id maps that take more rights than the process in the user namespace has.
    Maps(MapStep),
    /// Files and names that keep the new namespaces.
    Pins(PinStep),
    /// Pairs of interfaces between network namespaces.
    Veths(VethStep),
    /// What others are told of the program.
    Reports(ReportStep),
}
