//! Replays the fuzzer's corpus of flows on stable (see `fuzz/README.md`), and compiles documents that are made to burst
//! the reader (`trust.md` S12): each is refused, and the diagnostic says why and where.

#[path = "../../../fuzz/checks/flow_document.rs"]
mod flow_document;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use exotel::passthru::Profile;
use flow::{DOCUMENT_BYTES, DOCUMENT_DEPTH, DOCUMENT_ITEMS, NODES, compile};

#[test]
fn flows() {
    replay::replay("flow_document", 50, flow_document::check);
}

/// What the compiler says of a document that it does not take.
fn refusal(text: &str) -> String {
    flow_document::check(text.as_bytes());
    let (program, diagnostics) = compile(text, &applets::catalogue(Profile::default()), 1);
    assert!(program.is_none(), "{text}");
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn bombs_are_refused() {
    let deep =
        |open: &str, close: &str| format!("{}x{}", open.repeat(DOCUMENT_DEPTH + 1), close.repeat(DOCUMENT_DEPTH + 1));
    let block =
        |entry: &str| (0..=DOCUMENT_DEPTH).fold(String::new(), |text, at| text + &" ".repeat(2 * at) + entry + "\n");
    let aliases = |each: usize| {
        (1..=DOCUMENT_DEPTH).fold("a0: &a0 [x]\n".to_owned(), |text, at| {
            let named = vec![format!("*a{}", at - 1); each].join(", ");
            text + &format!("a{at}: &a{at} [{named}]\n")
        })
    };
    let nodes = |count: usize| {
        (0..count).fold("flow: a\nstart: n0\nnodes:\n".to_owned(), |text, at| {
            text + &format!("  n{at}: {{ applet: hangup }}\n")
        })
    };
    let nested = "more than 64 maps and lists inside one another";
    for (text, why) in [
        (" ".repeat(DOCUMENT_BYTES + 1), "the document has 1048577 bytes, 1048576 are allowed"),
        (deep("[", "]"), nested),
        (deep("{\"k\":", "}"), nested),
        (block("-"), nested),
        (block("k:"), nested),
        (aliases(1), nested),
        (aliases(9), "more than 200000 values, aliases followed"),
        (format!("[{}]", "0,".repeat(DOCUMENT_ITEMS + 1)), "more than 200000 values, aliases followed"),
        ("a: &a [*a]".into(), "an alias stands inside the value that it names"),
        ("{\"flow\": \"a\", \"flow\": \"b\"}".into(), "`flow` is given twice"),
        ("nodes:\n  x: { applet: hangup }\n  x: { applet: hangup }\n".into(), "`x` is given twice"),
        (nodes(NODES + 1), "1001 nodes"),
    ] {
        let refused = refusal(&text);
        assert!(refused.contains(why), "{why}: {refused}");
        assert!(refused.contains("\n  at ") || text.len() > DOCUMENT_BYTES, "it has a place: {refused}");
    }
}

/// As much as there may be of what a reader of YAML must look ahead, remember or nest for. The time that each takes is
/// watched by the runner, which ends a test that hangs.
#[test]
fn a_document_full_of_anything_comes_to_an_end() {
    for piece in [
        "[", "{", "{a: ", "[[],", "- ", "-\n", "? ", ": ", "a: ", "a:\n ", "a: b\n", "\"", "'", "|\n", "#", "&a ",
        "*a ", "&a [*a, ", "!", "!!a ", "%a\n", "---\n", "...\n", "\t", " ", "\n", "\r", "\0", "\\", "<<: ", ",", "a",
        "\u{928}", "{{", "{%", "(", "\"a\": ",
    ] {
        flow_document::check(piece.repeat(DOCUMENT_BYTES / piece.len()).as_bytes());
    }
}

/// The same inside of the texts that have a grammar of their own.
#[test]
fn a_setting_full_of_anything_comes_to_an_end() {
    for piece in [
        "(", "[", "!", "-", "a.", "a[", "{'a':", "1+", "a?b:", "{{", "{%if a%}", "{{a|", "{#", "\\\\", "'", "9",
        "\u{928}",
    ] {
        for setting in
            ["applet: branch, cases: [{ exit: a, when: $ }]", "applet: set, vars: { a: $ }", "applet: passthru, url: $"]
        {
            let text = piece.repeat(60_000 / piece.len()).replace('\'', "''");
            let node = setting.replace('$', &format!("'{text}'"));
            let document = format!("flow: a\nstart: n\nnodes: {{ n: {{ {node} }} }}\n");
            assert!(refusal(&document).contains(" at line 3"), "{piece}: {setting}");
        }
    }
}
