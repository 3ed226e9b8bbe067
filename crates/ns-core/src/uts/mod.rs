//! The two names of a UTS namespace, its host name and its NIS domain name (`uts_namespaces(7)`): checking, reading,
//! setting and watching them.

mod change;
mod name;
mod names;
mod namespace;
mod resolver;
mod watch;

pub use change::{Change, Changed};
pub use name::{
    Flaw, LABEL_MAX, NAME_MAX, after_first_dot, check_bytes, check_host_name, clean, up_to_first_dot,
};
pub use names::{Names, UNSET, read_each};
pub use namespace::UtsNamespace;
pub use resolver::{Resolved, digits, name_of};
pub use watch::Watch;
