//! The time and the author of the packed commit, so that packages do not depend on the time and the user of the
//! packing.

use anyhow::{Context as _, Result};

use super::tools::{output, tool};
use crate::generated;

/// The last commit, as the packages name it.
pub struct Commit {
    /// The time in all files, in seconds since 1970 (`SOURCE_DATE_EPOCH` of reproducible-builds.org, if that is set).
    pub epoch: u64,
    /// The maintainer of the package, as `Name <address>`: `DEBFULLNAME` and `DEBEMAIL`, as in Debian's own tools, or
    /// the author.
    pub maintainer: String,
}

impl Commit {
    /// The last commit of the checkout.
    pub fn last() -> Result<Self> {
        let epoch = match variable("SOURCE_DATE_EPOCH") {
            Some(epoch) => epoch,
            None => git("%ct")?,
        };
        let maintainer = match (variable("DEBFULLNAME"), variable("DEBEMAIL")) {
            (Some(name), Some(address)) => format!("{name} <{address}>"),
            _ => git("%an <%ae>")?,
        };
        Ok(Self {
            epoch: epoch.parse().with_context(|| format!("not a time: {epoch}"))?,
            maintainer,
        })
    }

    /// The time of the commit in the form of a Debian changelog.
    pub fn date(&self) -> Result<String> {
        let date = output(
            tool("date")
                .args(["--rfc-email", "--date"])
                .arg(format!("@{}", self.epoch)),
        )?;
        Ok(date.trim().to_owned())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn git(format: &str) -> Result<String> {
    let said = output(
        tool("git")
            .current_dir(generated::root())
            .args(["log", "-1"])
            .arg(format!("--format={format}")),
    );
    let said =
        said.context("outside of a repository, SOURCE_DATE_EPOCH, DEBFULLNAME and DEBEMAIL have to be set")?;
    Ok(said.trim().to_owned())
}
