//! Whom a flow wants rung: a number, `sip:user`, `sip:user@host`, `group:name`, or a template that yields one.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use flow::{Cx, Lapse, Party, TEMPLATE_BYTES, Target, Template};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, de};

/// Digits of a telephone number: the 15 of E.164, and room for prefixes that trunks want.
const NUMBER_DIGITS: usize = 24;

/// Bytes of a `sip:` URI in a flow.
const URI_BYTES: usize = 255;

/// How long somebody may ring.
pub(super) type Ring = Lapse<1_000, 300_000>;

/// Whom to ring, and how long if not as long as the others.
#[derive(Debug)]
pub(super) struct Wanted {
    whom: Whom,
    ring: Option<Duration>,
}

impl Wanted {
    /// The group that it names.
    pub(super) fn group(&self) -> Option<String> {
        match &self.whom {
            Whom::Written(Target::Group(name)) => Some(name.clone()),
            Whom::Written(_) | Whom::Template(_) => None,
        }
    }

    pub(super) fn party(&self, cx: &mut Cx<'_>) -> Option<Party> {
        let party = self.whom.party(cx)?;
        Some(Party { ring: self.ring, ..party })
    }
}

/// A target with a ring time of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Own {
    /// Whom to ring.
    target: Whom,
    /// How long it may ring, if not as long as the others.
    #[serde(default)]
    ring: Option<Ring>,
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrOwn)
    }
}

struct TextOrOwn;

impl<'de> Visitor<'de> for TextOrOwn {
    type Value = Wanted;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a target, or `{ target: …, ring: 20s }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wanted, E> {
        Ok(Wanted { whom: Whom::read(text)?, ring: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Wanted, A::Error> {
        let own = Own::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Wanted { whom: own.target, ring: own.ring.map(Lapse::duration) })
    }
}

impl JsonSchema for Wanted {
    fn schema_name() -> Cow<'static, str> {
        "Wanted".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [Whom::json_schema(generator), Own::json_schema(generator)] })
    }
}

/// A target as flows write it.
#[derive(Debug)]
enum Whom {
    /// The author's word.
    Written(Target),
    /// Whatever comes of it is text from outside, also where it names nothing but constants.
    Template(Template),
}

impl Whom {
    fn read<E: de::Error>(text: &str) -> Result<Self, E> {
        if ["{{", "{%", "{#"].iter().any(|sign| text.contains(sign)) {
            return Template::parse(text).map(Self::Template).map_err(E::custom);
        }
        let message = || {
            format!("`{text}` cannot be rung\nwrite a number like +918022222222, sip:user, sip:user@host or group:name")
        };
        target(text).map(Self::Written).ok_or_else(|| E::custom(message()))
    }

    fn party(&self, cx: &mut Cx<'_>) -> Option<Party> {
        let template = match self {
            Self::Written(target) => return Some(Party { target: target.clone(), outside: false, ring: None }),
            Self::Template(template) => template,
        };
        let text = match template.render(&cx.scope()) {
            Ok(text) => text,
            Err(error) => {
                cx.fault(format!("nobody is rung for {template:?}: {error}"));
                return None;
            }
        };
        named(&text, cx)
    }
}

/// The party that a text from outside names. What names none is a fault, and is not rung.
pub(super) fn named(text: &str, cx: &mut Cx<'_>) -> Option<Party> {
    let found = target(text);
    if found.is_none() {
        let text: String = text.chars().take(URI_BYTES).collect();
        cx.fault(format!("`{text}` is not rung: it is no number, sip:user or sip:user@host"));
    }
    found.map(|target| Party { target, outside: true, ring: None })
}

impl<'de> Deserialize<'de> for Whom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?)
    }
}

/// The target that a text names, if it names one.
fn target(text: &str) -> Option<Target> {
    match Target::parse(text.trim()) {
        Target::Number(text) => number(&text).map(Target::Number),
        Target::Group(name) => is_uri(&name).then_some(Target::Group(name)),
        Target::User(user) => is_uri(&user).then_some(Target::User(user)),
        Target::Uri(uri) => {
            let (user, host) = uri[4..].split_once('@').unwrap_or_default();
            (is_uri(user) && is_uri(host)).then_some(Target::Uri(uri))
        }
    }
}

/// A telephone number as flows write it.
#[derive(Debug)]
pub(super) struct Number(pub(super) String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let message = || format!("`{text}` is no telephone number\nwrite it like +918022222222");
        number(&text).map(Self).ok_or_else(|| de::Error::custom(message()))
    }
}

/// The number without what people put between digits, if it is one.
pub(super) fn number(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    let digits = bare.strip_prefix('+').unwrap_or(&bare);
    let is_number = (1..=NUMBER_DIGITS).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'));
    is_number.then_some(bare)
}

fn is_uri(text: &str) -> bool {
    (1..=URI_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'@' | b'\\' | b'{' | b'}'))
}

impl JsonSchema for Whom {
    fn schema_name() -> Cow<'static, str> {
        "Whom".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": TEMPLATE_BYTES, "x-language": "jinja" })
    }
}

impl JsonSchema for Number {
    fn schema_name() -> Cow<'static, str> {
        "Number".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\+?[0-9*# .()-]+$" })
    }
}
