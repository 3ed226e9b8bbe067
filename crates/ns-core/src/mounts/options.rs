//! Mount options: a list with commas, as the kernel writes it.

use std::borrow::Cow;

use super::Escaped;

/// Options as in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MountOptions<'a>(Escaped<'a>);

impl<'a> MountOptions<'a> {
    /// From bytes of a table.
    pub const fn new(raw: &'a [u8]) -> Self {
        Self(Escaped::new(raw))
    }

    /// The bytes as in the table.
    pub const fn raw(self) -> &'a [u8] {
        self.0.raw()
    }

    /// The whole list, decoded.
    pub fn decoded(self) -> Cow<'a, [u8]> {
        self.0.decoded()
    }

    /// Each option, as in the table.
    pub fn iter(self) -> impl Iterator<Item = Escaped<'a>> {
        self.raw()
            .split(|byte| *byte == b',')
            .filter(|option| !option.is_empty())
            .map(Escaped::new)
    }

    /// True if the list has this option: `nosuid`, `mode=755`, or only the name of an option with a value.
    pub fn contains(self, wanted: &[u8]) -> bool {
        self.iter().any(|option| {
            let option = option.decoded();
            let name = option.split(|byte| *byte == b'=').next();
            *option == *wanted || name == Some(wanted)
        })
    }

    /// The first `ro` or `rw`, and the options after it.
    fn access(self) -> (Option<&'a [u8]>, &'a [u8]) {
        let raw = self.raw();
        for access in [&b"rw"[..], b"ro"] {
            match raw.strip_prefix(access) {
                Some([]) => return (Some(access), b""),
                Some([b',', rest @ ..]) => return (Some(access), rest),
                _ => {}
            }
        }
        (None, raw)
    }
}

/// The options of a mount and of its file system in one list: `ro` if either is read-only, and every other option once.
pub fn merged<'a>(mount: MountOptions<'a>, fs: MountOptions<'a>) -> Cow<'a, [u8]> {
    let (of_mount, mount_rest) = mount.access();
    let (of_fs, fs_rest) = fs.access();
    if fs_rest.is_empty() && (of_fs.is_none() || of_fs == Some(b"rw") || of_fs == of_mount) {
        return mount.decoded();
    }
    let access = match (of_mount, of_fs) {
        (Some(b"ro"), _) | (_, Some(b"ro")) => Some(&b"ro"[..]),
        (Some(access), _) | (None, Some(access)) => Some(access),
        (None, None) => None,
    };
    let parts = [access.unwrap_or_default(), mount_rest, fs_rest];
    let mut list = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if !list.is_empty() {
            list.push(b',');
        }
        list.extend(part);
    }
    if list.contains(&b'\\') {
        list = Escaped::new(&list).decoded().into_owned();
    }
    Cow::Owned(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_read_only_where_it_or_its_file_system_is() {
        let merged = |mount: &'static str, fs: &'static str| {
            let list = merged(
                MountOptions::new(mount.as_bytes()),
                MountOptions::new(fs.as_bytes()),
            );
            String::from_utf8(list.into_owned()).unwrap()
        };
        assert_eq!(
            merged("rw,nosuid,relatime", "rw,size=4k"),
            "rw,nosuid,relatime,size=4k"
        );
        assert_eq!(merged("rw,relatime", "ro"), "ro,relatime");
        assert_eq!(merged("ro,relatime", "rw"), "ro,relatime");
        assert_eq!(merged("rw", "rw"), "rw");
        assert_eq!(merged("rw,relatime", "rw"), "rw,relatime");
        assert_eq!(merged("", "rw"), "");
        assert_eq!(
            merged("rw", "rw,lowerdir=/a\\040b:/rows"),
            "rw,lowerdir=/a b:/rows"
        );
    }

    #[test]
    fn an_option_is_found_with_and_without_its_value() {
        let options = MountOptions::new(br"rw,mode=755,context=a\040b");
        for wanted in ["rw", "mode", "mode=755", "context=a b"] {
            assert!(options.contains(wanted.as_bytes()), "{wanted}");
        }
        for wanted in ["r", "mode=75", "755", ""] {
            assert!(!options.contains(wanted.as_bytes()), "{wanted}");
        }
    }
}
