//! `cargo xtask dist`: packages in `target/dist`: a tarball and two Debian packages, or a tarball of static programs.
//! The same commit with the same toolchain gives the same bytes.

mod build;
mod commit;
mod compat;
mod deb;
mod documents;
mod files;
mod layout;
mod licences;
mod tarball;
mod tools;
mod tree;

use anyhow::Result;
use clap::Parser;

use build::Linking;
use commit::Commit;
use layout::Layout;

/// The arguments of `cargo xtask dist`.
#[derive(Debug, Parser)]
pub struct DistCli {
    /// Make only the tarball of programs that need no C library.
    #[arg(long = "static")]
    linked_statically: bool,
}

/// Builds programs that need no C library, and returns their directory.
pub fn static_programs() -> Result<std::path::PathBuf> {
    build::programs(Linking::Static)
}

/// Builds and packs the programs, and prints the paths.
pub fn run(cli: &DistCli) -> Result<()> {
    let output = build::target().join("dist");
    let commit = Commit::last()?;
    let made = if cli.linked_statically {
        let programs = build::programs(Linking::Static)?;
        let mut tree = files::tree(&programs, Layout::Prefix)?;
        licences::of_the_c_library(&mut tree)?;
        vec![tarball::make(&tree, "linux-static", &output, &commit)?]
    } else {
        let programs = build::programs(Linking::Dynamic)?;
        vec![
            tarball::make(
                &files::tree(&programs, Layout::Prefix)?,
                "linux-gnu",
                &output,
                &commit,
            )?,
            deb::make(files::tree(&programs, Layout::Debian)?, &output, &commit)?,
            compat::package(&output, &commit)?,
        ]
    };
    for file in made {
        println!("{}", file.display());
    }
    Ok(())
}
