//! An applet's documentation, cut out of the module doc of its own file: what the caller experiences, the exits, and an
//! example. Markdown, so that it reads the same in the source, on the generated page and in a console.

/// What an applet's file says of the applet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The applet in one line.
    pub title: String,
    /// What the caller experiences, the title line included.
    pub text: String,
    /// The exits: a table of them, or that there are none.
    pub exits: String,
    /// A whole flow in YAML that shows the applet at work.
    pub example: String,
}

impl Page {
    /// Cuts up the lines of a file that stand behind `//!`. What is not there is empty.
    pub(crate) fn of(source: &str) -> Self {
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let doc = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
        let (prose, example) = doc.split_once("```yaml\n").unwrap_or((&doc, ""));
        let example = example.split("```").next().unwrap_or_default();
        // The exits are the last paragraph before the example.
        let prose = prose.trim();
        let (text, exits) = prose.rsplit_once("\n\n").unwrap_or((prose, ""));
        let title = text.lines().next().unwrap_or_default();
        Self { title: title.into(), text: text.into(), exits: exits.into(), example: example.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn a_file_is_cut_into_its_parts() {
        let source = "//! Waits.\n//!\n//! In silence.\n//!\n//! | exit | when |\n//! |---|---|\n//! | `next` | then |\n//!\n\
                      //! ```yaml\n//! flow: wait\n//! nodes:\n//!   a: {}\n//! ```\n\nuse flow;\n//! not this\n";
        let page = Page {
            title: "Waits.".into(),
            text: "Waits.\n\nIn silence.".into(),
            exits: "| exit | when |\n|---|---|\n| `next` | then |".into(),
            example: "flow: wait\nnodes:\n  a: {}\n".into(),
        };
        assert_eq!(Page::of(source), page);
    }

    #[test]
    fn what_a_file_does_not_say_is_empty() {
        let empty = Page { title: String::new(), text: String::new(), exits: String::new(), example: String::new() };
        assert_eq!(Page::of("use flow;"), empty);
        assert_eq!(Page::of("//! Waits."), Page { title: "Waits.".into(), text: "Waits.".into(), ..empty });
    }
}
