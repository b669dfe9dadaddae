//! Text with values in it, in the words of minijinja: `Caller {{ call.from }}`.
//!
//! Only `{{ … }}` and `{% if %}` are taken, and no `*`, which makes a list or a text of any length: without loops,
//! assignments and repetition a template's cost is bounded by its length.

mod token;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, filters};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::nearest::did_you_mean;
use crate::scope::{CALL_FIELDS, Scope};
use token::Token;

/// Bytes of a template's text.
pub const TEMPLATE_BYTES: usize = 4 * 1024;

/// Bytes that a template may yield.
pub const TEMPLATE_OUTPUT: usize = 4 * 1024;

/// Steps of the template machine; a template of 4 KiB without loops needs fewer.
const FUEL: u64 = 20_000;

/// A template that parses.
///
/// It is kept as text: what minijinja makes of it weighs several KiB, a flow may have tens of thousands, and parsing
/// takes microseconds.
pub struct Template(String);

impl Template {
    /// Parses a template. The error's second line, if there is one, is a hint.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > TEMPLATE_BYTES {
            return Err(format!("a template has at most {TEMPLATE_BYTES} bytes, this one has {}", source.len()));
        }
        for tag in source.split("{%").skip(1) {
            let word: String =
                tag.trim_start_matches(['-', '+']).trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
            if !["if", "elif", "else", "endif"].contains(&word.as_str()) {
                return Err(format!(
                    "`{{% {word} %}}` cannot be used here\nthere are `{{{{ … }}}}` and `{{% if … %}}`"
                ));
            }
        }
        let environment = environment();
        let template = environment.template_from_str(source).map_err(|error| describe(&error))?;
        judge(&token::tokens(source))?;
        for name in template.undeclared_variables(true) {
            if let Some(field) = name.strip_prefix("call.")
                && !CALL_FIELDS.contains(&field.split('.').next().unwrap_or_default())
            {
                let hint = did_you_mean(field, CALL_FIELDS);
                let hint = hint.unwrap_or_else(|| format!("there are `{}`", CALL_FIELDS.join("`, `")));
                return Err(format!("there is no `call.{field}`\n{hint}"));
            }
        }
        Ok(Self(source.to_owned()))
    }

    /// The text with its values. What is not known is empty.
    pub fn render(&self, scope: &Scope) -> Result<String, String> {
        let environment = environment();
        let template = environment.template_from_str(&self.0).map_err(|error| describe(&error))?;
        let mut output = Bounded(Vec::new());
        template.render_captured_to(Serde(scope.names_and_vars()), &mut output).map_err(|error| describe(&error))?;
        String::from_utf8(output.0).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What [`environment`] has.
const FILTERS: [&str; 9] = ["default", "first", "int", "last", "length", "lower", "replace", "trim", "upper"];

/// Words that may stand before a bracket and are no function.
const KEYWORDS: [&str; 7] = ["and", "elif", "else", "if", "in", "not", "or"];

/// Refuses what would fail or never end in a call. The error's second line is a hint.
fn judge(tokens: &[Token<'_>]) -> Result<(), String> {
    let before = |at: usize| at.checked_sub(1).map(|at| tokens[at]);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('*') => {
                return Err("`*` cannot be used in a template\nreckon in your application, or in a `branch`".to_owned());
            }
            Token::Word("is") if before(at) != Some(Token::Sign('.')) => {
                let hint = "compare with `==`, or give a value that may be missing a `default`";
                return Err(format!("there are no tests (`is`) in templates\n{hint}"));
            }
            Token::Word(name) if before(at) == Some(Token::Sign('|')) => {
                if !FILTERS.contains(name) {
                    let hint = did_you_mean(name, FILTERS);
                    let hint = hint.unwrap_or_else(|| format!("there are `{}`", FILTERS.join("`, `")));
                    return Err(format!("there is no filter `{name}`\n{hint}"));
                }
            }
            Token::Word(name) if tokens.get(at + 1) == Some(&Token::Sign('(')) && !KEYWORDS.contains(name) => {
                let hint = format!("there are filters: `| {}`", FILTERS.join("`, `| "));
                return Err(format!("there is no function `{name}` in templates\n{hint}"));
            }
            Token::Word(_) | Token::Text | Token::Sign(_) | Token::End => {}
        }
    }
    Ok(())
}

/// Filters whose result is no longer than what they are given.
fn environment() -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("int", filters::int);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
    environment.add_filter("replace", replace);
    environment
}

fn replace(text: &str, from: &str, to: &str) -> Result<String, minijinja::Error> {
    let added = text.matches(from).count() * to.len();
    if text.len() + added > TEMPLATE_OUTPUT {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, too_long()));
    }
    Ok(text.replace(from, to))
}

fn too_long() -> String {
    format!("the result is longer than {TEMPLATE_OUTPUT} bytes")
}

fn describe(error: &minijinja::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match error.detail() {
        _ if matches!(error.kind(), ErrorKind::WriteFailure) => cause.unwrap_or_else(too_long),
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

/// An output that takes so much and no more.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > TEMPLATE_OUTPUT {
            return Err(io::Error::other(too_long()));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": TEMPLATE_BYTES, "x-language": "jinja" })
    }
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATE_BYTES, TEMPLATE_OUTPUT, Template};
    use crate::scope::tests::scope;

    #[test]
    fn templates_say_what_is_known_of_the_call() {
        let rows = [
            ("plain", "plain"),
            ("{{ call.from }} calls {{ call.to }}", "+919900000001 calls +918011112222"),
            ("{{ call.digits }}/{{ call.direction }}/{{ call.answered }}", "42/incoming/True"),
            ("{{ vars.tier }} {{ tier }} {{ nothing }}.", "gold gold ."),
            ("{{ passthru.status }} {{ passthru.json.name }} {{ passthru.json.list[1] }}", "200 Asha 2"),
            ("{{ tier|upper }} {{ nothing|default('x') }} {{ call.from|replace('+91', '0') }}", "GOLD x 09900000001"),
            ("{% if tier == 'gold' %}yes{% else %}no{% endif %}", "yes"),
            ("{{ call.from[1:3] }}<b>&", "91<b>&"),
            ("{{ passthru.json.name ~ '!' }}", "Asha!"),
        ];
        for (source, text) in rows {
            let template = Template::parse(source).expect(source);
            assert_eq!(template.render(&scope()), Ok(text.to_owned()), "{source}");
        }
    }

    #[test]
    fn what_cannot_be_a_template_is_refused() {
        let rows = [
            ("{{ call.frm }}", "there is no `call.frm`\ndid you mean `from`?"),
            ("{% for x in y %}{% endfor %}", "`{% for %}` cannot be used here\nthere are `{{ … }}` and `{% if … %}`"),
            ("{%- set x = 1 %}", "`{% set %}` cannot be used here\nthere are `{{ … }}` and `{% if … %}`"),
            ("{{ x", "unexpected end of input"),
            ("{{ x|nothing }}", "there is no filter `nothing`\nthere are `default`, `first`"),
            ("{{ x| uper }}", "there is no filter `uper`\ndid you mean `upper`?"),
            ("{% if x is defined %}{% endif %}", "there are no tests (`is`) in templates\ncompare with `==`"),
            ("{{ range(3) }}", "there is no function `range` in templates\nthere are filters: `| default`"),
            ("{{ call.from.upper() }}", "there is no function `upper` in templates"),
            ("{{ [1] * 100000000 }}", "`*` cannot be used in a template\nreckon in your application"),
            ("{{ {'a': {'b': [1]}} ['a'] * 2 }}", "`*` cannot be used in a template"),
        ];
        for (source, message) in rows {
            let error = Template::parse(source).map(|template| template.render(&scope()));
            let error = match error {
                Err(error) | Ok(Err(error)) => error,
                Ok(Ok(text)) => panic!("{source}: {text}"),
            };
            assert!(error.starts_with(message), "{source}: {error}");
        }
        assert!(Template::parse(&"x".repeat(TEMPLATE_BYTES)).is_ok());
        assert!(Template::parse(&"x".repeat(TEMPLATE_BYTES + 1)).is_err());
    }

    #[test]
    fn a_template_yields_so_much_and_no_more() {
        let render = |source: &str| Template::parse(source).and_then(|template| template.render(&scope()));
        let filled = |more: usize| {
            let (few, each) = ("x".repeat(63), "y".repeat(64));
            format!("{}{{{{ '{few}'|replace('x', '{each}') }}}}", "z".repeat(more))
        };
        assert_eq!(render(&filled(64)).map(|text| text.len()), Ok(TEMPLATE_OUTPUT));
        let longer = format!("{{{{ '{}'|replace('x', '{}') }}}}", "x".repeat(65), "y".repeat(64));
        for source in [filled(65), longer] {
            assert_eq!(render(&source), Err("the result is longer than 4096 bytes".to_owned()), "{source}");
        }
    }
}
