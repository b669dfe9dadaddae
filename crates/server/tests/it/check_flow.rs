//! `passthru check-flow` as a script sees it: what goes where, and the exit status.

use std::process::Command;

#[test]
fn the_exit_status_says_whether_all_can_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passthru"));
        let output = command.arg("check-flow").arg(folder.path()).output().expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    write("good.yaml", "flow: good\nstart: bye\nnodes: { bye: { applet: hangup } }\n");
    let (status, out, err) = check();
    assert_eq!((status, out.ends_with("good.yaml: good\n"), err.as_str()), (Some(0), true, ""), "{out}");
    write("broken.yaml", "flow: broken\nstart: bye\nnodes: { bye: { applet: hangpu } }\n");
    let (status, out, err) = check();
    assert_eq!((status, out.ends_with("good.yaml: good\n")), (Some(1), true), "{out}");
    assert!(err.contains("broken.yaml:3:25: error: ") && err.contains("did you mean `hangup`?"), "{err}");
}
