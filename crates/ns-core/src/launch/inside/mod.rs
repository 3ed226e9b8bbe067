//! The steps of the process that becomes the program, which change the process itself. Each family has one file.

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
pub(super) use last::LastStep;
pub use mounts::{MountStep, check_proc_below};
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

    /// Make and enter namespaces.
    Namespaces(NamespaceStep),
    /// Write id maps from inside the user namespace.
    OwnMaps(OwnMapStep),
    /// Change ids and capabilities.
    Credentials(CredentialStep),
    /// Change the root and the working directory.
    Directories(DirectoryStep),
    /// Change mounts.
    Mounts(MountStep),
    /// Change interfaces of the network namespace.
    Network(NetworkStep),
    /// Name existing namespaces.
    Names(NameStep),
    /// Change settings of namespaces.
    Settings(SettingStep),
    /// Change the other attributes that the program inherits.
    Attributes(AttributeStep),
    /// Go on in a child.
    Forks(ForkStep),
}
