//! The steps of the process that becomes the program: those that change the process itself. One file a family.

mod attributes;
mod credentials;
mod directories;
mod entered_ids;
mod family;
mod forks;
mod last;
mod mounts;
mod names;
mod namespaces;
mod network;
mod own_maps;
mod process;
mod settings;
mod sysfs;

pub use attributes::{AttributeStep, security_context};
pub use credentials::{CredentialStep, WantedId};
pub use directories::DirectoryStep;
use family::InsideFamily;
pub use forks::ForkStep;
pub(super) use forks::refused as fork_refused;
pub(super) use last::LastStep;
pub use mounts::MountStep;
pub use names::NameStep;
pub use namespaces::NamespaceStep;
pub use network::NetworkStep;
pub use own_maps::OwnMapStep;
pub(super) use process::InsideProcess;
pub use settings::SettingStep;

use super::families::families;

families! {
    /// A step done by the process that becomes the program.
    Inside: InsideFamily;

    /// Namespaces that are made and entered.
    Namespaces(NamespaceStep),
    /// Id maps that the process in the user namespace writes itself.
    OwnMaps(OwnMapStep),
    /// Ids and capabilities.
    Credentials(CredentialStep),
    /// The root and the working directory.
    Directories(DirectoryStep),
    /// Mounts.
    Mounts(MountStep),
    /// Interfaces of the network namespace.
    Network(NetworkStep),
    /// Names of namespaces that are there already.
    Names(NameStep),
    /// What namespaces are set to.
    Settings(SettingStep),
    /// Whatever else the program inherits.
    Attributes(AttributeStep),
    /// Going on in a child.
    Forks(ForkStep),
}
