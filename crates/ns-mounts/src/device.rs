//! The device that a source refers to.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::mounts::parse_tag;

use crate::context::TableContext;

/// A source without symbolic links, or the device of a tag.
pub fn canonical(context: &TableContext<'_>, source: &[u8]) -> Option<Vec<u8>> {
    if let Some(device) = evaluated(context, source) {
        return Some(device);
    }
    let path = context.resolve(Path::new(OsStr::from_bytes(source))).ok()??.path;
    Some(path.into_os_string().into_encoded_bytes())
}

/// The device of a source that is a tag.
pub fn evaluated(context: &TableContext<'_>, source: &[u8]) -> Option<Vec<u8>> {
    let (tag, value) = parse_tag(OsStr::from_bytes(source))?;
    context.shared.tags(tag).device(value).map(Cow::into_owned)
}
