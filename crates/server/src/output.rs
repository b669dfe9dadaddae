//! What a command says to the one who started it. All of it goes through here, so that a reader who has gone (`| head -1`) ends the
//! program as quietly as it ends others.

use std::fmt::{self, Display};
use std::io::{self, ErrorKind, Write as _};
use std::process;

/// The exit status then: 128 and the number of SIGPIPE, as shells tell of those whom that signal has ended (POSIX, `kill -l`).
pub const NOBODY_READS: i32 = 128 + 13;

/// The exit status if what is said cannot be written for another reason, such as a full disk.
const CANNOT_SAY: i32 = 1;

/// Says a line.
pub fn line(text: impl Display) {
    say(format_args!("{text}\n"));
}

/// Says a text, which brings its own ends of lines.
pub fn text(text: impl Display) {
    say(format_args!("{text}"));
}

/// Says what went wrong, in a line on stderr. If that cannot be written either, there is nobody left to be told.
pub fn complaint(text: impl Display) {
    writeln!(io::stderr(), "{text}").ok();
}

fn say(words: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let said = out.write_fmt(words).and_then(|()| out.flush());
    drop(out);
    match said {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => process::exit(NOBODY_READS),
        Err(error) => {
            complaint(format_args!("passthru: stdout cannot be written: {error}; look where it is sent to"));
            process::exit(CANNOT_SAY)
        }
    }
}
