//! What no crate wraps safely: `fork`, signal dispositions, some ioctls, the resolver and what it loads. The only place
//! with `unsafe`.

pub mod fd;
pub mod fork;
pub mod interface;
pub mod ioctl;
pub mod listns;
pub mod mount;
#[cfg(feature = "net")]
pub mod netlink;
pub mod nss;
pub mod resolver;
pub mod signals;
pub mod statmount;
