//! What Stream and Voicebot have in common: where the application is, and what it is told.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use exotel::passthru::Profile;
use exotel::stream_url;
use flow::{Component, Cx, Event, Lapse, Site};
use model::{HttpAnswer, HttpOutcome, Record, Stream, StreamFailure, without_userinfo};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::address::{Address, URL_BYTES};

/// How much audio a message holds, in ms.
pub(crate) type Frame = Lapse<20, 200>;

/// 100 ms (`exotel.md` 5.4).
pub(crate) const fn tenth() -> Frame {
    Frame::millis(100)
}

/// Where an application hears a call, as nodes give it: the address of a WebSocket, or a URL that answers with one.
#[derive(Clone, Debug)]
pub(crate) struct Place(pub(crate) String);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        match scheme.as_str() {
            // The same rules hold: what is no URL for http is none for ws.
            "ws" | "wss" => {
                let as_http = format!("http{}", &text[2..]);
                Address::deserialize(de::value::StringDeserializer::new(as_http)).map(|_: Address| Self(text))
            }
            "http" | "https" => Address::deserialize(de::value::StringDeserializer::new(text)).map(|url| Self(url.0)),
            _ => Err(de::Error::custom(
                "no address of a WebSocket\nwrite it whole, wss://bot.example/ws, or a https:// URL that answers with one",
            )),
        }
    }
}

impl JsonSchema for Place {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "pattern": "^(wss?|https?)://", "maxLength": URL_BYTES })
    }
}

/// A stream as a node says it, but for where it goes.
pub(crate) struct Plan {
    pub(crate) place: Place,
    pub(crate) two_way: bool,
    pub(crate) frame: Frame,
    pub(crate) camel_case: bool,
    pub(crate) record: Option<Record>,
    pub(crate) profile: Arc<Profile>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_userinfo(&self.place.0))
    }
}

impl Plan {
    /// Tells the author what cannot be.
    pub(crate) fn check(&self, site: &mut Site<'_>) {
        let url = &self.place.0;
        if stream_url::is_address(url)
            && let Err(why) = stream_url::wishes(url)
        {
            site.refuse(
                "url",
                why,
                Some("an application is told more if a https:// URL answers with an address for each call"),
            );
        }
        if !self.frame.duration().as_millis().is_multiple_of(20) {
            site.refuse("frame", "a message holds whole packets of 20 ms", Some("write 20ms, 40ms, 60ms, … 200ms"));
        }
    }

    /// Finds out where the stream goes.
    pub(crate) fn seek(self: &Arc<Self>, cx: &mut Cx<'_>) -> Sought {
        if stream_url::is_address(&self.place.0) {
            return Sought::Found(self.to(&self.place.0, cx));
        }
        Sought::Asked(Asking { plan: Arc::clone(self), callout: self.ask(cx), again: true })
    }

    fn ask(&self, cx: &mut Cx<'_>) -> Component {
        let now = cx.now().wall;
        cx.callout(stream_url::request(&self.place.0, cx.facts(), &self.profile, now))
    }

    /// The stream to that address, or why there is none.
    fn to(&self, address: &str, cx: &Cx<'_>) -> Found {
        let facts = cx.facts();
        let stream = Stream {
            url: address.to_owned(),
            two_way: self.two_way,
            rate: stream_url::RATES[0],
            frame: self.frame.duration(),
            from: self.profile.number(&facts.from),
            to: self.profile.number(&facts.to),
            account: self.profile.account.clone(),
            parameters: Vec::new(),
            camel_case: self.camel_case,
            record: self.record,
        };
        match stream_url::wishes(address) {
            Ok(stream_url::Wishes { rate, parameters }) => {
                Found { stream: Stream { rate, parameters, ..stream }, failure: None }
            }
            Err(why) => Found { stream, failure: Some(StreamFailure::NoAddress { why }) },
        }
    }
}

/// The stream that a node asks for, and why it cannot even be asked for, if so.
pub(crate) struct Found {
    pub(crate) stream: Stream,
    pub(crate) failure: Option<StreamFailure>,
}

/// Where a stream goes, as far as that is known.
pub(crate) enum Sought {
    /// There, or nowhere.
    Found(Found),
    /// A URL is to say it.
    Asked(Asking),
}

/// Waits for the URL's answer; asks once more if it has none that can be used (`exotel.md` 5.1).
#[derive(Debug)]
pub(crate) struct Asking {
    plan: Arc<Plan>,
    callout: Component,
    again: bool,
}

impl Asking {
    /// Takes an event; where the stream goes, if it was that.
    pub(crate) fn on_event(&mut self, event: &Event, cx: &mut Cx<'_>) -> Option<Found> {
        let Event::CalloutEnded { id, outcome } = event else { return None };
        if *id != self.callout {
            return None;
        }
        let failure = match outcome {
            HttpOutcome::Answered(answer) => match self.read(answer) {
                Ok(address) => return Some(self.plan.to(&address, cx)),
                Err(why) => StreamFailure::NoAddress { why },
            },
            HttpOutcome::Failed(failure) => StreamFailure::Unreachable(failure.clone()),
        };
        let plan = Arc::clone(&self.plan);
        if std::mem::take(&mut self.again) {
            self.callout = plan.ask(cx);
            return None;
        }
        Some(Found { failure: Some(failure), ..plan.to(&plan.place.0, cx) })
    }

    fn read(&self, answer: &HttpAnswer) -> Result<String, String> {
        stream_url::read(answer)
    }
}
