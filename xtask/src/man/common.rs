//! Checks that the options which ns-utils(7) lists as common exist in several programs, with the same names.

use anyhow::{Result, ensure};

use crate::programs::{self, ProgramInfo};

/// Fails if the list under OPTIONS has an option that fewer than two programs have in this spelling.
pub fn check(page: &str) -> Result<()> {
    let options = page
        .split_once("\n.Sh OPTIONS\n")
        .and_then(|(_, rest)| rest.split_once("\n.El\n"))
        .map_or("", |(list, _)| list);
    let mut items = options
        .lines()
        .filter_map(|line| line.strip_prefix(".It Fl "))
        .peekable();
    ensure!(items.peek().is_some(), "there is no list of options in common");
    let programs = programs::all();
    for item in items {
        let spellings = item.split(" Ar ").next().unwrap_or(item).replace("\\-", "-");
        let spellings: Vec<&str> = spellings.split(" , Fl ").collect();
        let count = programs.iter().filter(|program| has(program, &spellings)).count();
        ensure!(
            count > 1,
            "-{} is an option of {count} programs",
            spellings.join(", -")
        );
    }
    Ok(())
}

/// True if one option of the program has all these spellings, each without its first hyphen.
fn has(program: &ProgramInfo, spellings: &[&str]) -> bool {
    program.options().any(|option| {
        spellings.iter().all(|spelling| match spelling.strip_prefix('-') {
            Some(long) => option.get_long() == Some(long),
            None => option
                .get_short()
                .is_some_and(|short| *spelling == short.to_string()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_one_program_has_is_none_in_common() {
        let page = |item: &str| format!("\n.Sh OPTIONS\n.Bl\n.It Fl {item}\nText.\n.El\n");
        assert!(check(&page("J , Fl \\-json")).is_ok());
        assert!(check(&page("o , Fl \\-output Ar COLUMNS")).is_ok());
        for item in ["\\-kill\\-child", "x , Fl \\-json", "\\-nosuch"] {
            assert!(check(&page(item)).is_err(), "{item}");
        }
        assert!(check("\n.Sh OPTIONS\n.El\n").is_err());
    }
}
