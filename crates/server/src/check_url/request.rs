//! What `passthru check` sends: the requests of a scenario, as a server of this configuration sends them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use exotel::asking;
use exotel::scenario::{Beginning, Scenario};
use exotel::sid;
use model::{Asker, CallSid, CalloutId, HttpRequest, Mark, RecordingName, StreamSid};

use crate::config::Config;
use crate::fetch::{FetchConfig, Marking};
use crate::numbering::Account;
use crate::{clock, serve};

/// How requests are made, beside what the configuration says.
#[derive(clap::Args, Debug)]
pub(crate) struct Manner {
    /// How the URL is asked: as `method` of the flow's Passthru.
    #[arg(long, value_enum, default_value_t = Method::Get)]
    method: Method,
    /// In which words the call is told of: as `profile` of the flow's Passthru.
    #[arg(long, value_enum, default_value_t = Words::Classic)]
    profile: Words,
    /// Signs requests with this secret, `whsec_…`, instead of those in `[callout] secrets`; given twice, with both.
    ///
    /// Other users of this machine can see it while the command runs: PASSTHRU_CALLOUT_SECRETS in the environment keeps it from them.
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// A PEM file of certificate authorities that are trusted beside the public ones, instead of `[callout] ca_file`.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// How a URL is asked.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// GET, with everything in the query.
    Get,
    /// POST, with a form in the body.
    Post,
    /// POST, with a JSON object in the body.
    Json,
}

/// In which words a call is told of.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// Exotel's.
    Classic,
    /// Those and, after them, names that cannot be misread.
    Extended,
}

impl From<Method> for asking::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
            Method::Json => Self::Json,
        }
    }
}

impl From<Words> for asking::Words {
    fn from(words: Words) -> Self {
        match words {
            Words::Classic => Self::Classic,
            Words::Extended => Self::Extended,
        }
    }
}

/// What is the same of all requests, for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) method: Method,
    pub(crate) words: Words,
    pub(crate) seal: Seal,
}

/// What requests say of themselves in header fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// Nothing.
    None,
    /// Which callout they are.
    Named,
    /// That, and whose: with so many secrets, and where these were found.
    Signed(usize, &'static str),
}

impl Manner {
    /// The client that a server of this configuration has, but that it may reach this machine and private networks; and what its
    /// requests look like.
    pub(crate) fn client(&self, config: &Config) -> Result<(FetchConfig, Form)> {
        let mut callout = config.callout.clone();
        let place = if self.secrets.is_empty() { "[callout] secrets" } else { "--secret" };
        if !self.secrets.is_empty() {
            callout.secrets.clone_from(&self.secrets);
        }
        if let Some(file) = &self.ca_file {
            callout.ca_file = Some(file.clone());
        }
        let count = callout.secrets.len();
        let client = Config { callout, ..config.clone() }.client().map_err(anyhow::Error::msg).context(place)?;
        let seal = match client.marking {
            Marking::None => Seal::None,
            Marking::Named => Seal::Named,
            Marking::Signed(_) => Seal::Signed(count, place),
        };
        let form = Form { method: self.method, words: self.profile, seal };
        Ok((FetchConfig { allow: FetchConfig::anywhere().allow, ..client }, form))
    }

    /// A call of a scenario that has just begun, in the words of this configuration.
    pub(crate) fn case(
        &self,
        scenario: &'static Scenario,
        (url, budget): (&str, Duration),
        config: &Config,
    ) -> Result<Case> {
        let account = Account::new(config).with_links(config.links([0; 32], config.http.listen));
        let (random, created) = (serve::random()?, clock::now().wall);
        let (call, recording) = random.split_at(sid::RANDOM_BYTES);
        let beginning = Beginning {
            sid: sid::sid(call.try_into()?, &account.profile().zone, created),
            recording: RecordingName::new(recording[..16].try_into()?),
            stream: StreamSid::new(
                sid::sid(recording[..sid::RANDOM_BYTES].try_into()?, &account.profile().zone, created).as_str(),
            ),
            created,
        };
        Ok(Case {
            scenario,
            fields: scenario.fields(self.profile.into(), &beginning, account.profile()),
            call: beginning.sid,
            method: self.method.into(),
            url: url.to_owned(),
            budget,
        })
    }
}

/// A call that is at a Passthru.
pub(crate) struct Case {
    pub(crate) scenario: &'static Scenario,
    /// What is told of it.
    pub(crate) fields: Vec<(String, String)>,
    call: CallSid,
    method: asking::Method,
    url: String,
    budget: Duration,
}

impl Case {
    /// A request of the call with these parameters: which of its callouts, from 1, and which try of that, from 1.
    pub(crate) fn request(&self, fields: &[(String, String)], callout: u32, attempt: u32) -> HttpRequest {
        let mark = Mark { attempt, ..Mark::new(self.call.clone(), CalloutId(callout), Asker::default()) };
        HttpRequest { mark: Some(mark), ..self.method.request(&self.url, fields, self.budget) }
    }
}
