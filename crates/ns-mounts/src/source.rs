//! Sources of mounts: devices as paths, as numbers and as tags.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::Gathered;
use ns_core::mounts::{Device, Mount, Tag, device_at, parse_tag};

use ns_core::output::Cell;

use crate::columns;
use crate::context::TableContext;
use crate::device::{evaluated, is_of};
use crate::place::canonical_in_file;

/// A source to search for.
#[derive(Debug)]
pub enum Wanted<'a> {
    /// The text of the source.
    Path {
        /// The text of the command line.
        text: &'a [u8],
        /// The path without symbolic links.
        canonical: Option<Vec<u8>>,
        /// The device at the path.
        device: Option<Device>,
        /// True if no device of a tag is looked up.
        literal: bool,
    },
    /// A device by its number, such as `254:0`.
    Device(Device, &'a [u8]),
    /// A tag such as `LABEL=data`. `true` stands for the text of the source only: no device is looked up.
    Tag(Tag, &'a [u8], bool),
}

impl<'a> Wanted<'a> {
    /// Parses a source. With `literal`, paths and tags are taken as written: symbolic links are not
    /// followed, and the devices of tags are not looked up.
    pub fn of(text: &'a OsStr, context: &TableContext<'_>, literal: bool) -> Self {
        if let Some((tag, value)) = parse_tag(text) {
            return Self::Tag(tag, value, literal);
        }
        if let Some(device) = text.to_str().and_then(|text| text.parse().ok()) {
            return Self::Device(device, text.as_bytes());
        }
        let place = if literal {
            None
        } else {
            context.resolve(Path::new(text)).ok().flatten()
        };
        Self::Path {
            text: text.as_bytes(),
            literal,
            device: match &place {
                Some(place) => place.device,
                // The tags of an fstab(5) are those of this machine, wherever the file is.
                None if !literal && context.view.is_none() && context.has_own_devices() => {
                    Some(text.as_bytes())
                        .filter(|text| text.starts_with(b"/dev/"))
                        .and_then(device_at)
                }
                None => None,
            },
            canonical: match place {
                Some(place) => Some(place.path.into_os_string().into_encoded_bytes()),
                None if literal => None,
                None => source_in_file(text.as_bytes(), context),
            },
        }
    }

    /// True if the text can only be a source, and not a path.
    pub fn is_no_path(&self) -> bool {
        !matches!(self, Self::Path { .. })
    }

    /// Counts the devices whose value of the tag could not be read, for a search that has found nothing.
    pub fn count_unread(&self, context: &TableContext<'_>) {
        let Self::Tag(tag, _, false) = self else {
            return;
        };
        let column = match tag {
            Tag::Uuid => &columns::UUID,
            Tag::Label => &columns::LABEL,
            Tag::PartUuid => &columns::PARTUUID,
            Tag::PartLabel => &columns::PARTLABEL,
        };
        let mut incomplete = context.shared.incomplete.borrow_mut();
        for mount in context.table.mounts() {
            let value = Cell::gathered(context.tag(*tag, mount), Cell::text);
            incomplete.count(&column.heading, &value);
        }
    }

    /// True if a mount has this source.
    pub fn matches(&self, mount: &Mount<'_>, context: &TableContext<'_>) -> bool {
        let source = mount.source.decoded();
        match self {
            Self::Path {
                text,
                canonical,
                device,
                literal,
            } => {
                let is_called = |name: &[u8]| name == *text || canonical.as_deref() == Some(name);
                is_called(&source)
                    || device.is_some_and(|device| is_of(context, mount, device))
                    || (!literal && mount.fstab.is_some() && leads_to(context, &source, is_called))
                    || is_same_share(&source, text) == Some(true)
                    || with_root(text, mount)
            }
            Self::Device(device, text) => {
                (*device == mount.device && mount.fstab.is_none()) || *source == **text
            }
            Self::Tag(tag, value, literal) => {
                parse_tag(OsStr::from_bytes(&source)) == Some((*tag, *value))
                    || (!literal
                        && matches!(context.tag(*tag, mount), Gathered::Known(found) if found == *value))
            }
        }
    }
}

/// The path of a source in an fstab(5) without symbolic links. Devices are those of this machine, wherever the file is.
fn source_in_file(path: &[u8], context: &TableContext<'_>) -> Option<Vec<u8>> {
    if context.is_of_mounts() || !path.starts_with(b"/") {
        return None;
    }
    if path.starts_with(b"/dev/") {
        let path = std::fs::canonicalize(OsStr::from_bytes(path)).ok()?;
        return Some(path.into_os_string().into_encoded_bytes());
    }
    canonical_in_file(path, context)
}

/// True if a source of an fstab(5) leads to one that is wanted: it is the tag of that device, or a link to it.
fn leads_to(context: &TableContext<'_>, source: &[u8], is_wanted: impl Fn(&[u8]) -> bool) -> bool {
    let place = match evaluated(context, source) {
        Some(device) => device.known(),
        None => source_in_file(source, context),
    };
    place.is_some_and(|place| is_wanted(&place))
}

/// True if both texts name the same directory of a server. A slash at the end makes no difference: the kernel keeps the
/// text of mount(8). `None` if the first text names no directory of a server.
pub fn is_same_share(one: &[u8], other: &[u8]) -> Option<bool> {
    let share = share(one)?;
    Some(self::share(other) == Some(share))
}

/// `srv:/ex` or `//srv/share`, without slashes at the end.
fn share(text: &[u8]) -> Option<&[u8]> {
    let is_share = text.starts_with(b"//") || text.windows(2).any(|pair| pair == b":/");
    let end = text.iter().rposition(|byte| *byte != b'/')? + 1;
    is_share.then_some(&text[..end])
}

/// True if the text is a source with its directory, as it is shown: `/dev/sda1[/home]`.
fn with_root(text: &[u8], mount: &Mount<'_>) -> bool {
    let split = || {
        let root = text.strip_suffix(b"]")?;
        let source = root.strip_prefix(&*mount.source.decoded())?;
        source
            .strip_prefix(b"[")
            .map(|root| *root == *mount.root.decoded())
    };
    mount.is_part() && split() == Some(true)
}
