//! Text for a terminal: colours where they are seen, columns that hold, and nothing that a stranger's text could do to it.

use std::io::IsTerminal as _;
use std::time::Duration;

/// The colours that are used (ECMA-48, select graphic rendition).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Colour {
    Bold = 1,
    Faint = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
}

/// Whether there may be colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// Colours if stdout is a terminal, unless `NO_COLOR` is set.
    pub(crate) fn of_stdout() -> Self {
        Self(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
    }

    /// The text in a colour.
    pub(crate) fn text(self, colour: Colour, text: &str) -> String {
        if self.0 { format!("\x1b[{}m{text}\x1b[0m", colour as u8) } else { text.to_owned() }
    }
}

/// Text of others, with its control characters written out, and at most `longest` characters of it.
pub(crate) fn plain(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest));
    let mut characters = text.chars();
    for character in characters.by_ref().take(longest) {
        // What turns the direction of text around is as good at hiding things as an escape sequence.
        let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() || turns { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    match characters.count() {
        0 => shown,
        more => format!("{shown}… ({more} characters more)"),
    }
}

/// A time as people say it: `3 ms`, `1.25 s`.
pub(crate) fn lasted(time: Duration) -> String {
    match time.as_micros() {
        0..10_000 => format!("{:.1} ms", time.as_secs_f64() * 1_000.0),
        10_000..1_000_000 => format!("{} ms", time.as_millis()),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// A time for machines: milliseconds with three places.
pub(crate) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_does_nothing_to_the_terminal() {
        let rows = [
            ("09900000001", "09900000001"),
            ("ü \"1\"", "ü \"1\""),
            ("\x1b[2J\r\n\0", "\\u{1b}[2J\\r\\n\\u{0}"),
            ("\u{202e}x", "\\u{202e}x"),
            ("1234567890123", "123456789012… (1 characters more)"),
        ];
        for (text, shown) in rows {
            assert_eq!(plain(text, 12), shown, "{text:?}");
        }
    }

    #[test]
    fn times_are_written_as_people_say_them() {
        let rows = [(340, "0.3 ms"), (9_960, "10.0 ms"), (12_400, "12 ms"), (1_254_000, "1.25 s")];
        for (microseconds, text) in rows {
            assert_eq!(lasted(Duration::from_micros(microseconds)), text);
        }
        assert_eq!(milliseconds(Duration::from_nanos(1_234_567)).to_string(), "1.235");
    }

    #[test]
    fn colours_are_for_terminals() {
        assert_eq!(Paint(true).text(Colour::Green, "x"), "\x1b[32mx\x1b[0m");
        assert_eq!(Paint(false).text(Colour::Green, "x"), "x");
    }
}
