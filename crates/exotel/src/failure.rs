//! What the API says when it does not do what was asked (`exotel.md` 4.4): `RestException`, in XML and JSON.

use serde_json::{Value, json};

/// What is answered instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong, where, and what to do.
    pub message: String,
    /// The vendor's number for it, where it has one.
    pub code: Option<u32>,
}

impl Failure {
    /// A failure without a number.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None }
    }

    /// A parameter that is missing or wrong: 400.
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        Self::new(400, format!("{name}: {why}"))
    }

    /// What the API of the vendor has and this server has not: 501.
    pub fn not_yet(name: &str, instead: &str) -> Self {
        Self::new(501, format!("{name}: not yet; {instead}"))
    }

    /// No room for another call now: 503 with the vendor's number.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { status: 503, message: message.into(), code: Some(35008) }
    }

    /// The answer's tree.
    pub fn tree(&self) -> Value {
        let mut exception = json!({ "Status": self.status, "Message": self.message });
        if let Some(code) = self.code {
            exception["Code"] = code.into();
        }
        json!({ "RestException": exception })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Format;

    #[test]
    fn both_forms_are_the_vendors() {
        let plain = Failure::parameter("TimeOut", "`x` is no number");
        assert_eq!(
            Format::Json.write(&plain.tree()),
            r#"{"RestException":{"Status":400,"Message":"TimeOut: `x` is no number"}}"#
        );
        assert_eq!(
            Format::Xml.write(&plain.tree()).lines().last(),
            Some(
                "<TwilioResponse><RestException><Status>400</Status><Message>TimeOut: `x` is no number</Message></RestException></TwilioResponse>"
            )
        );
        let full = Failure::unavailable("no room");
        assert_eq!(
            Format::Json.write(&full.tree()),
            r#"{"RestException":{"Status":503,"Message":"no room","Code":35008}}"#
        );
    }
}
