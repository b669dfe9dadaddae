//! How an answer of the API is written (`exotel.md` 4.1, 4.3): one tree, as JSON the PHP way, or as XML.

use std::fmt::Write as _;

use serde_json::Value;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Asked for by `.json` at the path's end, or by `Accept`.
    Json,
    /// All else.
    Xml,
}

impl Format {
    /// What `Content-Type` says of it.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml; charset=utf-8",
        }
    }

    /// The tree as text. An object's members keep their order.
    pub fn write(self, tree: &Value) -> String {
        match self {
            // A slash stands nowhere but in text.
            Self::Json => tree.to_string().replace('/', "\\/"),
            Self::Xml => {
                let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
                element(&mut text, "TwilioResponse", tree);
                text.push('\n');
                text
            }
        }
    }
}

/// An element of that name; an empty one for null. What stands in a list named `Calls` is a `Call` each.
fn element(text: &mut String, name: &str, value: &Value) {
    if value.is_null() {
        write!(text, "<{name}/>").expect("a string takes all");
        return;
    }
    write!(text, "<{name}>").expect("a string takes all");
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| element(text, name, value)),
        Value::Array(items) => {
            let one = name.strip_suffix('s').unwrap_or(name);
            items.iter().for_each(|item| element(text, one, item.get(one).unwrap_or(item)));
        }
        Value::String(words) => words.chars().for_each(|c| character(text, c)),
        other => write!(text, "{other}").expect("a string takes all"),
    }
    write!(text, "</{name}>").expect("a string takes all");
}

/// What XML 1.0 section 2.2 has no place for becomes U+FFFD.
fn character(text: &mut String, c: char) {
    match c {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '\t' | '\n' => text.push(c),
        '\r' => text.push_str("&#13;"), // a bare one would be read as a line feed (section 2.11)
        '\u{fffe}' | '\u{ffff}' => text.push('\u{fffd}'),
        c if c < ' ' => text.push('\u{fffd}'),
        c => text.push(c),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tree_is_written_both_ways() {
        let tree = json!({"B": {"Uri": "/a/b", "None": null, "Count": 3, "Is": true},
            "Legs": [{"Leg": {"Id": 1}}, {"Leg": {"Id": 2}}], "Calls": [{"Sid": "x"}]});
        assert_eq!(
            Format::Json.write(&tree),
            r#"{"B":{"Uri":"\/a\/b","None":null,"Count":3,"Is":true},"Legs":[{"Leg":{"Id":1}},{"Leg":{"Id":2}}],"Calls":[{"Sid":"x"}]}"#
        );
        assert_eq!(
            Format::Xml.write(&tree),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TwilioResponse><B><Uri>/a/b</Uri><None/><Count>3</Count><Is>true</Is></B>\
             <Legs><Leg><Id>1</Id></Leg><Leg><Id>2</Id></Leg></Legs><Calls><Call><Sid>x</Sid></Call></Calls></TwilioResponse>\n"
        );
    }

    #[test]
    fn text_of_others_stays_text() {
        let rows = [
            ("a<b>&\"c\"", "a&lt;b&gt;&amp;\"c\""),
            ("]]><x/>", "]]&gt;&lt;x/&gt;"),
            ("a\r\n\tb", "a&#13;\n\tb"),
            ("\0\u{1b}\u{ffff}\u{917}", "\u{fffd}\u{fffd}\u{fffd}\u{917}"),
        ];
        for (text, expected) in rows {
            let xml = Format::Xml.write(&json!({ "T": text }));
            assert!(xml.contains(&format!("<T>{expected}</T>")), "{xml}");
        }
    }
}
