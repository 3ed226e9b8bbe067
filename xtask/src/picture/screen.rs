//! The screen of the terminal: its size and contents.

use std::num::NonZero;

/// The size of the terminal, in characters: high enough for everything.
pub const COLUMNS: NonZero<u16> = NonZero::new(80).expect("it is not 0");
pub const ROWS: NonZero<u16> = NonZero::new(100).expect("it is not 0");

/// The contents of the terminal after this output.
pub fn screen(written: &[u8]) -> vt100::Screen {
    let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
    parser.process(written);
    parser.screen().clone()
}

/// The lines of a screen, up to the last that is not empty.
pub fn lines(screen: &vt100::Screen) -> Vec<String> {
    let mut lines: Vec<String> = screen.rows(0, COLUMNS.get()).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    lines
}

/// The command on a line, if the line starts with a prompt.
pub fn typed(line: &str) -> Option<String> {
    let command = line.strip_prefix("$ ").or_else(|| line.strip_prefix("# "))?;
    Some(command.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_after_a_prompt() {
        assert_eq!(typed("# ns-ls  "), Some("ns-ls".to_owned()));
        assert_eq!(typed("ns-ls"), None);
    }
}
