//! The names of the relatives: the directory of links to the programs, and the Debian package that takes the names of the
//! system over.

use std::path::{Path, PathBuf};

use anyhow::Result;
use ns_core::cli::CompatName;

use super::commit::Commit;
use super::deb::{self, Package};
use super::layout::Layout;
use super::tree::FileTree;

/// The directory of the links, below a prefix. People put it first in PATH.
const DIRECTORY: &str = "libexec/ns-utils/bin";

/// Adds a link of each name to the program that stands in for it.
pub fn links(tree: &mut FileTree, layout: Layout) -> Result<()> {
    for compat in CompatName::ALL {
        let program = Path::new("../../../bin").join(compat.program());
        tree.link(layout.of(DIRECTORY).join(compat.name()), &program)?;
    }
    Ok(())
}

const DESCRIPTION: &str = "\
ns-utils under the names unshare, nsenter, lsns, findmnt and hostname
 This package puts the programs of ns-utils in the place of unshare(1),
 nsenter(1), lsns(8), findmnt(8), hostname(1) and domainname(1). The programs
 of util-linux and hostname stay installed: their names end in .distrib. They
 get their names back when this package is removed.
 .
 To use the names for one person only, do without this package, and put
 /usr/libexec/ns-utils/bin first in PATH.";

/// Packs the package that takes over the names.
pub fn package(directory: &Path, commit: &Commit) -> Result<PathBuf> {
    deb::pack(
        Package {
            name: "ns-utils-compat",
            architecture: "all".into(),
            relations: format!("Depends: ns-utils (= {})\n", deb::version()),
            description: DESCRIPTION,
            tree: FileTree::default(),
            scripts: vec![
                ("postinst", script(include_str!("compat/postinst"))),
                ("prerm", script(include_str!("compat/prerm"))),
            ],
        },
        directory,
        commit,
    )
}

fn script(text: &str) -> String {
    let names: Vec<_> = CompatName::ALL.into_iter().map(CompatName::name).collect();
    text.replace("@NAMES@", &names.join(" "))
}
