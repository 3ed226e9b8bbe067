//! What no crate wraps: `fork`, and the namespace ioctls. The only place with `unsafe`.

pub mod fork;
pub mod ioctl;
