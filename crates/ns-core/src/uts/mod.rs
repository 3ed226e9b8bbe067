//! The two names of a UTS namespace, its host name and its NIS domain name (`uts_namespaces(7)`): judge, read and set them.

mod change;
mod enter;
mod name;
mod names;

pub use change::{Change, Changed};
pub use name::{
    Flaw, LABEL_MAX, NAME_MAX, after_first_dot, check_bytes, check_host_name, clean, up_to_first_dot,
};
pub use names::{Names, UNSET, read_each};
