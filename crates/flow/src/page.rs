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

    /// The exits that the table lists, each as it is written there without its marks: a name, or words that say which
    /// names there may be.
    pub fn exit_names(&self) -> Vec<String> {
        let rows = self.exits.lines().skip(2).filter_map(|row| row.strip_prefix("| ")?.split(" | ").next());
        let names = rows.flat_map(|cell| match cell.starts_with('`') && !cell.contains('…') {
            true => cell.split(", ").collect(),
            false => vec![cell],
        });
        names.map(|name| name.replace('`', "")).collect()
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
    fn exits_are_listed_by_name_or_by_what_they_may_be() {
        let rows = [
            ("| `next` | then |", vec!["next"]),
            ("| `timeout`, `tls` | not |\n| `else` | so |", vec!["timeout", "tls", "else"]),
            ("| `0` … `9`, `*`, `#` | a key |", vec!["0 … 9, *, #"]),
            ("| a status, `404`, or a class, `4xx` | so |", vec!["a status, 404, or a class, 4xx"]),
        ];
        for (table, names) in rows {
            let page = Page::of(
                &format!("Waits.\n\n| exit | when |\n|---|---|\n{table}")
                    .replace("\n", "\n//! ")
                    .replacen("", "//! ", 1),
            );
            assert_eq!(page.exit_names(), names, "{table}");
        }
        assert_eq!(Page::of("//! Ends.\n//!\n//! It has no exits.").exit_names(), [""; 0]);
    }

    #[test]
    fn what_a_file_does_not_say_is_empty() {
        let empty = Page { title: String::new(), text: String::new(), exits: String::new(), example: String::new() };
        assert_eq!(Page::of("use flow;"), empty);
        assert_eq!(Page::of("//! Waits."), Page { title: "Waits.".into(), text: "Waits.".into(), ..empty });
    }
}
