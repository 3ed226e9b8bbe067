//! Which namespace is meant: by inode, by id, by name or by file.

use std::path::PathBuf;
use std::str::FromStr;

use ns_core::inventory::{Entry, Inventory};
use ns_core::{Error, Gathered, Kind, Kinds, Namespace, Result};

/// A namespace, as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// `4026532281`, or `net:[4026532281]`.
    Inode(Option<Kind>, u64),
    /// `:12345`: the 64-bit id.
    Id(u64),
    /// `blue`: the name of a pin.
    Name(String),
    /// `/run/netns/blue`: its file.
    File(PathBuf),
}

impl FromStr for Operand {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = |why: &str| Error::invalid("namespace", text, why);
        if text.is_empty() {
            return Err(invalid("it is an inode, net:[INODE], :ID, a name or a path"));
        }
        if text.contains('/') {
            return Ok(Self::File(text.into()));
        }
        if let Some(id) = text.strip_prefix(':') {
            return id.parse().map(Self::Id).map_err(|_| invalid("an id is a number"));
        }
        if let Ok(inode) = text.parse() {
            return Ok(Self::Inode(None, inode));
        }
        if let Some((kind, inode)) = text.strip_suffix(']').and_then(|text| text.split_once(":[")) {
            let inode = inode.parse().map_err(|_| invalid("an inode is a number"))?;
            return kind.parse().map(|kind| Self::Inode(Some(kind), inode));
        }
        Ok(Self::Name(text.to_owned()))
    }
}

impl Operand {
    /// The namespace that is meant, of one of the kinds.
    ///
    /// Fails where there is none, and where there are several.
    pub fn find<'a>(&self, inventory: &'a Inventory, kinds: Kinds) -> Result<&'a Entry> {
        let own = inventory.own_mount_namespace();
        let file = match self {
            Self::File(path) => Some(Namespace::open(path)?.identity()),
            _ => None,
        };
        let found: Vec<&Entry> = inventory
            .entries()
            .iter()
            .filter(|entry| kinds.contains(entry.kind))
            .filter(|entry| match self {
                Self::Inode(kind, inode) => {
                    entry.identity.inode == *inode && kind.is_none_or(|kind| kind == entry.kind)
                }
                Self::Id(id) => entry.id() == Gathered::Known(*id),
                Self::Name(name) => entry.names(own).contains(&name.as_bytes()),
                Self::File(_) => Some(entry.identity) == file,
            })
            .collect();
        match found[..] {
            [entry] => Ok(entry),
            [] => Err(Error::NotFound(format!("there is no namespace {self}"))),
            _ => {
                let kinds: Kinds = found.iter().map(|entry| entry.kind).collect();
                let several = format!("there are several namespaces {self}: {kinds}");
                Err(Error::Unfit(several).with_help("choose one with --type"))
            }
        }
    }
}

impl std::fmt::Display for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inode(None, inode) => write!(f, "{inode}"),
            Self::Inode(Some(kind), inode) => write!(f, "{kind}:[{inode}]"),
            Self::Id(id) => write!(f, ":{id}"),
            Self::Name(name) => write!(f, "{name:?}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_has_several_names() {
        let inode = 4_026_532_281;
        assert_eq!("4026532281".parse(), Ok(Operand::Inode(None, inode)));
        assert_eq!(
            "net:[4026532281]".parse(),
            Ok(Operand::Inode(Some(Kind::Net), inode))
        );
        assert_eq!(":12".parse(), Ok(Operand::Id(12)));
        assert_eq!("blue".parse(), Ok(Operand::Name("blue".into())));
        assert_eq!(
            "/run/netns/blue".parse(),
            Ok(Operand::File("/run/netns/blue".into()))
        );
        for text in ["", ":", ":x", "nut:[1]", "net:[x]"] {
            assert!(text.parse::<Operand>().is_err(), "{text}");
        }
    }
}
