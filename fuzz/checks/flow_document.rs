//! Any text is compiled without a panic and the same way each time, into a program or into at least one error; what is
//! said of it is bounded and names places that the text has.

use exotel::passthru::Profile;
use flow::{DIAGNOSTICS, Severity, compile};

pub(crate) fn check(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let catalogue = applets::catalogue(Profile::default());
    let (program, diagnostics) = compile(text, &catalogue, 1);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    assert_eq!(program.is_none(), errors > 0, "{diagnostics:?}");
    assert!(diagnostics.len() <= DIAGNOSTICS);
    // A line of YAML may also end with a CR alone; what is missing is said to be missing behind the last line.
    let lines = 2 + text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.place.line <= lines), "{diagnostics:?}");
    let (_, again) = compile(text, &catalogue, 1);
    assert_eq!(diagnostics, again);
}
