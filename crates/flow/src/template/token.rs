//! The words and signs of a template's code, as far as is needed to judge what it uses.

/// A piece of code between `{{` and `}}` or `{%` and `%}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name, a keyword or a number.
    Word(&'a str),
    /// A string; what is in it is no code.
    Text,
    /// Any other character but blanks.
    Sign(char),
    /// The end of the piece.
    End,
}

/// All code of a template, piece by piece.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        rest = match rest.as_bytes().get(at + 1) {
            Some(b'{' | b'%') => code(&rest[at + 2..], &mut tokens),
            Some(b'#') => rest[at..].split_once("#}").map_or("", |(_, rest)| rest),
            _ => &rest[at + 1..],
        };
    }
    tokens
}

/// Reads one piece; what is behind it is left. Braces in it are those of maps.
fn code<'a>(mut rest: &'a str, tokens: &mut Vec<Token<'a>>) -> &'a str {
    let mut open = 0;
    while let Some(next) = rest.chars().next() {
        if open == 0 && (rest.starts_with("}}") || rest.starts_with("%}")) {
            rest = &rest[2..];
            break;
        }
        let length = match next {
            '"' | '\'' => {
                tokens.push(Token::Text);
                text(rest, next)
            }
            _ if is_word(next) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..length]));
                length
            }
            _ => {
                open += usize::from(next == '{');
                open -= usize::from(next == '}' && open > 0);
                tokens.extend((!next.is_whitespace()).then_some(Token::Sign(next)));
                next.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens.push(Token::End);
    rest
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The bytes of the string that the text begins with, quotes included.
fn text(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_text() {
        let shown = |source| {
            let show = |token: Token<'_>| match token {
                Token::Word(word) => word.to_owned(),
                Token::Text => "\"\"".to_owned(),
                Token::Sign(sign) => sign.to_string(),
                Token::End => ";".to_owned(),
            };
            tokens(source).into_iter().map(show).collect::<Vec<_>>().join(" ")
        };
        let rows = [
            ("a * b {c} {", ""),
            ("a {{ call.from }} * {{- b|upper -}}", "call . from ; - b | upper - ;"),
            ("{% if a == 'b * \\' }}' %}*{% endif %}", "if a = = \"\" ; endif ;"),
            ("{# {{ a }} #}{{ b }}", "b ;"),
            ("{{ {'a': {'b': 1}} * 2 }}*", "{ \"\" : { \"\" : 1 } } * 2 ;"),
            ("{{ 'open * }}", "\"\" ;"),
            ("{{ größe * 2", "größe * 2 ;"),
        ];
        for (source, expected) in rows {
            assert_eq!(shown(source), expected, "{source}");
        }
    }
}
