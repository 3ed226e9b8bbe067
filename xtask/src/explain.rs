//! The table of causes: for each failure in `docs/causes.md`, the command that provokes it, and the cause and the help.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

/// The document with the sessions, which the tests run.
const DOCUMENT: &str = "docs/causes.md";

/// Prints the table.
pub fn run() -> Result<()> {
    let text = std::fs::read_to_string(DOCUMENT).context(DOCUMENT)?;
    print!("{}", table(&text));
    Ok(())
}

/// The lines of the document that tell how to provoke a failure and what it says.
fn table(text: &str) -> String {
    let mut table = String::new();
    let mut is_session = false;
    for line in text.lines() {
        match line {
            "```console" => is_session = true,
            "```" => is_session = false,
            line if is_session && line != "..." && !line.is_empty() => {
                let _ = writeln!(table, "  {line}");
            }
            line => {
                if let Some(about) = line.strip_prefix("### ") {
                    let _ = writeln!(table, "{about}");
                }
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_its_heading_command_and_texts() {
        let text = "# All\n\n### One\n\n```console\n$ one\none: no\n  cause: so\n...\n```\n\nMore.\n";
        assert_eq!(table(text), "One\n  $ one\n  one: no\n    cause: so\n");
    }
}
