//! The Debian packages, by Debian's own `dpkg-deb(1)` and `dpkg-shlibdeps(1)`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::build::VERSION;
use super::commit::Commit;
use super::tools::{output, tool};
use super::tree::FileTree;
use crate::{generated, programs};

/// Which packaging of the same version it is.
const REVISION: u32 = 1;

/// The version of the packages.
pub fn version() -> String {
    format!("{VERSION}-{REVISION}")
}

const DESCRIPTION: &str = "\
run in, enter, list and name Linux namespaces, and see their mounts
 Five programs for the namespaces of Linux: ns-unshare(1) runs a program in
 new ones, ns-enter(1) in those of others, ns-ls(8) lists them all and what
 keeps each alive, ns-hostname(1) shows and sets the host name of any, and
 ns-mounts(8) shows, compares and watches the mounts of any.
 .
 Their options are those of unshare(1), nsenter(1), lsns(8), hostname(1) and
 findmnt(8). Where the kernel refuses something, they say why, and what
 would help.";

/// The parts of a package.
pub struct Package {
    pub name: &'static str,
    pub architecture: String,
    /// The lines of `control` about other packages.
    pub relations: String,
    /// The short description and the long one, as they are in `control`.
    pub description: &'static str,
    pub tree: FileTree,
    /// The scripts that dpkg runs when it installs or removes the package.
    pub scripts: Vec<(&'static str, String)>,
}

/// Packs the programs, in a tree that is laid out for Debian.
pub fn make(tree: FileTree, directory: &Path, commit: &Commit) -> Result<PathBuf> {
    let architecture = output(tool("dpkg").arg("--print-architecture"))?;
    let package = Package {
        name: "ns-utils",
        architecture: architecture.trim().to_owned(),
        relations: format!(
            "Depends: {}\nRecommends: uidmap\nSuggests: bash-completion, iproute2\n",
            libraries(&tree)?
        ),
        description: DESCRIPTION,
        tree,
        scripts: Vec::new(),
    };
    pack(package, directory, commit)
}

/// Packs one package.
pub fn pack(mut package: Package, directory: &Path, commit: &Commit) -> Result<PathBuf> {
    let version = version();
    let documents = Path::new("usr/share/doc").join(package.name);
    package
        .tree
        .text(documents.join("copyright"), copyright()?, false)?;
    package.tree.text(
        documents.join("changelog.Debian"),
        changelog(package.name, &version, commit)?,
        true,
    )?;
    let root = directory.join("deb");
    package.tree.write(&root)?;

    let mut control = FileTree::default();
    control.text("md5sums", checksums(&root)?, false)?;
    control.text("control", package.control(&root, &version, commit)?, false)?;
    for (name, text) in &package.scripts {
        control.script(*name, text.clone())?;
    }
    control.write(&root.join("DEBIAN"))?;
    let file = format!("{}_{version}_{}.deb", package.name, package.architecture);
    let file = directory.join(file);
    output(
        tool("dpkg-deb")
            // With more threads, the compressed blocks would depend on the number of processors.
            .args(["--threads-max=1", "-Zxz", "--root-owner-group", "--build"])
            .arg(&root)
            .arg(&file)
            .env("SOURCE_DATE_EPOCH", commit.epoch.to_string()),
    )?;
    fs::remove_dir_all(&root)?;
    Ok(file)
}

impl Package {
    fn control(&self, root: &Path, version: &str, commit: &Commit) -> Result<String> {
        let size = output(
            tool("du")
                .args(["--summarize", "--apparent-size", "--block-size=1024"])
                .arg(root),
        )?;
        let size = size.split_whitespace().next().context("du says a number")?;
        Ok(format!(
            "Package: {}\n\
             Version: {version}\n\
             Section: admin\n\
             Priority: optional\n\
             Architecture: {}\n\
             Maintainer: {}\n\
             Installed-Size: {size}\n\
             {}\
             Description: {}\n",
            self.name, self.architecture, commit.maintainer, self.relations, self.description,
        ))
    }
}

/// The packages of the shared libraries that the programs are linked with, in the versions whose symbols they need.
fn libraries(tree: &FileTree) -> Result<String> {
    let place = tempfile::tempdir()?;
    let root = place.path().join("root");
    tree.write(&root)?;
    // dpkg-shlibdeps recognizes the root of a package by this.
    fs::create_dir(root.join("DEBIAN"))?;
    fs::create_dir(place.path().join("debian"))?;
    // Normally, this file names the package that dpkg-shlibdeps is called for.
    fs::write(
        place.path().join("debian/control"),
        "Source: ns-utils\n\nPackage: ns-utils\nArchitecture: any\n",
    )?;
    let mut command = tool("dpkg-shlibdeps");
    command.arg("-O").current_dir(place.path());
    for program in programs::all() {
        command.arg(fs::canonicalize(&root)?.join("usr/bin").join(program.name));
    }
    let said = output(&mut command)?;
    let depends = said.trim().strip_prefix("shlibs:Depends=");
    Ok(depends
        .context("dpkg-shlibdeps says what it is asked")?
        .to_owned())
}

/// The checksums for `dpkg --verify`.
fn checksums(root: &Path) -> Result<String> {
    output(
        tool("sh")
            .args(["-euc", "find usr -type f -print0 | sort -z | xargs -0 md5sum"])
            .current_dir(root),
    )
}

/// The changes of the packaging (Debian policy 4.4); the changes of the programs are in the changelog beside it.
fn changelog(name: &str, version: &str, commit: &Commit) -> Result<String> {
    Ok(format!(
        "{name} ({version}) stable; urgency=medium\n\n  \
         * Package of ns-utils {VERSION}; what is new in it is in changelog.gz.\n\n \
         -- {}  {}\n",
        commit.maintainer,
        commit.date()?
    ))
}

/// The licences in machine-readable form (Debian policy 12.5).
fn copyright() -> Result<String> {
    let mit = fs::read_to_string(generated::root().join("LICENSE-MIT"))?;
    let holder = mit.lines().find_map(|line| line.strip_prefix("Copyright (c) "));
    let holder = holder.context("LICENSE-MIT says whose copyright it is")?;
    let (_, terms) = mit.split_once(holder).context("it says so before the terms")?;
    let mut text = format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: ns-utils\n\
         Comment: The programs contain code of other crates. Their licences are in\n \
         /usr/share/doc/ns-utils/licenses-of-crates.gz.\n\n\
         Files: *\n\
         Copyright: {holder}\n\
         License: Expat or Apache-2.0\n\n\
         License: Apache-2.0\n \
         On Debian systems, the text of the Apache License, Version 2.0, is in\n \
         /usr/share/common-licenses/Apache-2.0.\n\n\
         License: Expat\n"
    );
    for line in terms.trim().lines() {
        writeln!(text, " {}", if line.is_empty() { "." } else { line })?;
    }
    Ok(text)
}
