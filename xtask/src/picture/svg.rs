//! A screen of a terminal as SVG: a window, and the text in runs of equal style.

use std::fmt::Write as _;

use vt100::{Color, Screen};

use super::screen::{COLUMNS, lines, typed};

/// The size of a character, in tenths of a pixel, so that no fraction depends on rounding.
const WIDTH: usize = 84;
const HEIGHT: usize = 190;
const FONT_SIZE: usize = 14;
/// The space around the text, in pixels.
const MARGIN: usize = 16;

/// The title and the description of the picture.
const TITLE: &str = "A session at a terminal with ns-unshare, ns-ls, ns-enter and ns-hostname";

const BACKGROUND: &str = "#1b1f27";
const FOREGROUND: &str = "#c9d1d9";
const PROMPT: &str = "#7ee787";
const TYPED: &str = "#ffffff";

/// The style of a run of characters.
#[derive(Clone, Copy, PartialEq, Eq)]
struct TextStyle {
    colour: &'static str,
    bold: bool,
}

/// The whole picture.
pub fn draw(screen: &Screen) -> String {
    let lines = lines(screen);
    let width = usize::from(COLUMNS.get()) * WIDTH / 10 + 2 * MARGIN;
    let height = lines.len() * HEIGHT / 10 + 2 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{TITLE}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{FONT_SIZE}\" \
         xml:space=\"preserve\">\n"
    );
    for (row, line) in lines.iter().enumerate() {
        let is_typed = typed(line).is_some();
        for (column, text, look) in runs(screen, row, is_typed) {
            run(&mut out, row, column, &text, look);
        }
    }
    out + "</g>\n</svg>\n"
}

/// One run of characters at its place.
fn run(out: &mut String, row: usize, column: usize, text: &str, look: TextStyle) {
    let x = MARGIN * 10 + column * WIDTH;
    let y = MARGIN * 10 + row * HEIGHT + FONT_SIZE * 10;
    let length = text.chars().count() * WIDTH;
    let bold = if look.bold { " font-weight=\"bold\"" } else { "" };
    // The length keeps columns aligned with any font.
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{bold}>{}</text>",
        tenths(x),
        tenths(y),
        tenths(length),
        look.colour,
        escaped(text)
    );
}

fn tenths(number: usize) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// The runs of a row, each with the column that it starts in; blanks at its edges are left out.
fn runs(screen: &Screen, row: usize, is_typed: bool) -> Vec<(usize, String, TextStyle)> {
    let mut runs: Vec<(usize, String, TextStyle)> = Vec::new();
    for column in 0..COLUMNS.get() {
        let Some(cell) = u16::try_from(row).ok().and_then(|row| screen.cell(row, column)) else {
            continue;
        };
        let look = match column {
            0 if is_typed => TextStyle {
                colour: PROMPT,
                bold: true,
            },
            _ if is_typed => TextStyle {
                colour: TYPED,
                bold: true,
            },
            _ => TextStyle {
                colour: colour(cell.fgcolor()),
                bold: cell.bold(),
            },
        };
        let contents = if cell.has_contents() { cell.contents() } else { " " };
        match runs.last_mut() {
            Some((_, text, last)) if *last == look => text.push_str(contents),
            _ => runs.push((usize::from(column), contents.to_owned(), look)),
        }
    }
    runs.into_iter()
        .filter_map(|(column, text, look)| {
            let blanks = text.chars().take_while(|c| *c == ' ').count();
            let text = text.trim();
            (!text.is_empty()).then(|| (column + blanks, text.to_owned(), look))
        })
        .collect()
}

/// The eight colours of terminals, in shades that are readable on the background.
fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Idx(1 | 9) => "#ff7b72",
        Color::Idx(2 | 10) => "#7ee787",
        Color::Idx(3 | 11) => "#e3b341",
        Color::Idx(4 | 12) => "#79c0ff",
        Color::Idx(5 | 13) => "#d2a8ff",
        Color::Idx(6 | 14) => "#76e3ea",
        _ => FOREGROUND,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_is_a_run_at_its_column() {
        let screen = super::super::screen::screen(b"$ a <b>\r\nx  \x1b[31mred\x1b[m &\r\n");
        let picture = draw(&screen);
        for part in [
            "<text x=\"16.0\" y=\"30.0\" textLength=\"8.4\" fill=\"#7ee787\" font-weight=\"bold\">$</text>",
            ">a &lt;b&gt;</text>",
            "<text x=\"41.2\" y=\"49.0\" textLength=\"25.2\" fill=\"#ff7b72\">red</text>",
            ">&amp;</text>",
        ] {
            assert!(picture.contains(part), "{part}\n{picture}");
        }
    }
}
