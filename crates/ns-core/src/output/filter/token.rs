//! The tokens of a filter.

use super::operator::Operator;

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) what: TokenKind<'a>,
    /// The range of its bytes in the text.
    pub(super) place: std::ops::Range<usize>,
}

/// The kind of a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'a> {
    Open,
    Close,
    Or,
    And,
    Not,
    Compare(Operator),
    /// `=~`, or `!~` if negated.
    Match {
        negated: bool,
    },
    Whole(u64),
    Fraction(f64),
    Text(String),
    Flag(bool),
    Name(&'a str),
}

/// A fault and its place.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) place: std::ops::Range<usize>,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(place: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
        }
    }
}

/// The signs. A longer sign is before a sign that it starts with.
const SIGNS: &[(&str, TokenKind<'static>)] = &[
    ("||", TokenKind::Or),
    ("&&", TokenKind::And),
    ("==", TokenKind::Compare(Operator::Equal)),
    ("!=", TokenKind::Compare(Operator::Unequal)),
    ("<=", TokenKind::Compare(Operator::LessOrEqual)),
    (">=", TokenKind::Compare(Operator::GreaterOrEqual)),
    ("=~", TokenKind::Match { negated: false }),
    ("!~", TokenKind::Match { negated: true }),
    ("<", TokenKind::Compare(Operator::Less)),
    (">", TokenKind::Compare(Operator::Greater)),
    ("!", TokenKind::Not),
    ("(", TokenKind::Open),
    (")", TokenKind::Close),
];

/// The words that are not columns, in upper or lower case.
const WORDS: &[(&str, TokenKind<'static>)] = &[
    ("or", TokenKind::Or),
    ("and", TokenKind::And),
    ("not", TokenKind::Not),
    ("eq", TokenKind::Compare(Operator::Equal)),
    ("ne", TokenKind::Compare(Operator::Unequal)),
    ("lt", TokenKind::Compare(Operator::Less)),
    ("le", TokenKind::Compare(Operator::LessOrEqual)),
    ("gt", TokenKind::Compare(Operator::Greater)),
    ("ge", TokenKind::Compare(Operator::GreaterOrEqual)),
    ("true", TokenKind::Flag(true)),
    ("false", TokenKind::Flag(false)),
];

/// Splits a filter into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (what, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if let Some((sign, what)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            (what.clone(), sign.len())
        } else if first == '"' || first == '\'' {
            quoted(rest, first)
                .ok_or_else(|| Fault::new(at..text.len(), "a text without its closing quote"))?
        } else if first.is_ascii_digit() {
            let length = length_while(rest, |c| c.is_ascii_alphanumeric() || c == '.');
            let number = number(&rest[..length]).ok_or_else(|| {
                let message = "not a number: digits, a fraction, or a size such as 4K, 16MiB, 2GB";
                Fault::new(at..at + length, message)
            })?;
            (number, length)
        } else if first.is_alphabetic() || first == '_' {
            let length = length_while(rest, |c| c.is_alphanumeric() || "_-.:%".contains(c));
            let name = &rest[..length];
            let word = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name));
            (
                word.map_or(TokenKind::Name(name), |(_, what)| what.clone()),
                length,
            )
        } else {
            if first == '=' {
                return Err(Fault::new(at..at + 1, "write == to compare"));
            }
            let message = "expected a column, a number, a text between quotes, or an operator: \
                           == != < <= > >= =~ !~ and or not ( )";
            return Err(Fault::new(at..at + first.len_utf8(), message));
        };
        tokens.push(Token {
            what,
            place: at..at + length,
        });
        at += length;
    }
    Ok(tokens)
}

fn length_while(text: &str, goes_on: impl Fn(char) -> bool) -> usize {
    text.find(|c| !goes_on(c)).unwrap_or(text.len())
}

/// The quoted text at the start of `text`, and its length with the quotes. A backslash before the quote gives the
/// quote. All other backslashes stay, single or in pairs, so that patterns need no further escapes.
fn quoted(text: &str, quote: char) -> Option<(TokenKind<'static>, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Some((TokenKind::Text(value), at + 1));
        }
        let escaped = characters.next_if(|(_, next)| character == '\\' && (*next == quote || *next == '\\'));
        match escaped {
            Some((_, '\\')) => value.push_str("\\\\"),
            Some((_, quote)) => value.push(quote),
            None => value.push(character),
        }
    }
    None
}

/// The number that a text between quotes is, in the same forms.
pub(super) fn number_in(text: &str) -> Option<TokenKind<'static>> {
    text.starts_with(|first: char| first.is_ascii_digit())
        .then(|| number(text))
        .flatten()
}

/// A number: `12`, `1.5`, `4K`, `4KiB` (of 1024), `4KB` (of 1000).
fn number(text: &str) -> Option<TokenKind<'static>> {
    let digits = length_while(text, |c| c.is_ascii_digit() || c == '.');
    let (number, suffix) = text.split_at(digits);
    let factor = factor(suffix)?;
    if number.contains('.') {
        // A factor is at most 2^60. Powers of two are exact.
        #[expect(clippy::cast_precision_loss, reason = "sizes are compared, not added up")]
        return number
            .parse()
            .ok()
            .map(|number: f64| TokenKind::Fraction(number * factor as f64));
    }
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .map(TokenKind::Whole)
}

fn factor(suffix: &str) -> Option<u64> {
    let Some(letter) = suffix.chars().next() else {
        return Some(1);
    };
    let power = "KMGTPE".find(letter.to_ascii_uppercase())?;
    let power = u32::try_from(power + 1).ok()?;
    match &suffix[1..] {
        "" | "iB" => Some(1 << (10 * power)),
        "B" => Some(1000_u64.pow(power)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers() {
        let whole = |text| match number(text) {
            Some(TokenKind::Whole(number)) => Some(number),
            _ => None,
        };
        assert_eq!(whole("12"), Some(12));
        assert_eq!(whole("4K"), Some(4096));
        assert_eq!(whole("4kiB"), Some(4096));
        assert_eq!(whole("4KB"), Some(4000));
        assert_eq!(whole("1E"), Some(1 << 60));
        for text in ["18446744073709551616", "16E", "4X", "4Ki", "1_000", "0x10"] {
            assert_eq!(whole(text), None, "{text}");
        }
        assert_eq!(number("1.5K"), Some(TokenKind::Fraction(1536.0)));
        assert_eq!(number("1.2.3"), None);
    }
}
