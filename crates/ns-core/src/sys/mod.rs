//! Operations that no crate wraps safely: `fork`, signal dispositions and masks, the raw environment, the locale, closed
//! descriptors, some ioctls, the resolver and the modules that it loads. The only place with `unsafe`.

pub mod environment;
pub mod errno;
pub mod fanotify;
pub mod fd;
pub mod fork;
pub mod handle;
pub mod interface;
pub mod ioctl;
pub mod kcmp;
pub mod listns;
pub mod locale;
pub mod mount;
pub mod netlink;
pub mod nss;
pub mod resolver;
pub mod signal_set;
pub mod signals;
pub mod socket;
pub mod stack;
pub mod standard;
pub mod statmount;
pub mod uname;
pub mod urgency;
