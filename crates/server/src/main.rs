//! The binary `passthru`: the command line. All it does is in the library.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::{Parser, Subcommand};
use server::config::Config;
use server::softphone::{self, Call};
use server::{app, check, check_url, demo, echo, key, listen, output, rehearse, serve, slow, welcome};
use sim::{Keys, Manner, Part, Reply, Scenario, Started, Who};
use store::By;

/// A self-hosted call-flow server: a call comes in by SIP, a flow runs it, your URL steers it.
#[derive(Parser)]
#[command(name = "passthru", version)]
struct Command {
    /// The configuration, TOML; `PASSTHRU_…` in the environment lies over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Runs the server.
    ///
    /// Example: passthru print-config > passthru.toml; passthru serve --config passthru.toml
    #[command(verbatim_doc_comment)]
    Serve {
        /// With a flow, a user and a sample application of its own; places one call and shows what happens.
        #[arg(long)]
        demo: bool,
    },
    /// Runs the sample application that the demo's Passthru asks.
    ///
    /// Example: passthru app --listen 127.0.0.1:8090
    #[command(verbatim_doc_comment)]
    App {
        /// Where to listen.
        #[arg(long, default_value_t = app::LISTEN)]
        listen: SocketAddr,
    },
    /// Runs an application for a Stream or Voicebot to talk with.
    #[command(subcommand)]
    Bot(Bot),
    /// Places one call with the built-in softphone. Exits with 0 if it was answered.
    ///
    /// Example: passthru call 08044444444 --keys 1
    #[command(verbatim_doc_comment)]
    Call {
        /// The number or user to call.
        target: String,
        /// Who calls.
        #[arg(long, default_value = "+919900000001")]
        from: String,
        /// The server's SIP address.
        #[arg(long, default_value = "127.0.0.1:5060")]
        server: SocketAddr,
        /// Keys to press, one every two seconds after the answer.
        #[arg(long, default_value = "")]
        keys: String,
        /// Seconds after which to hang up.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Plays calls through flows, without a phone and in no time.
    ///
    /// Of a flow, prints the ladder of one conversation: what is said by SIP, in the flow and to the web. Of a folder or a test
    /// file (NAME.test.yaml beside NAME.yaml), plays every test, and exits with 1 if one fails.
    ///
    /// Example: passthru rehearse flows/front-desk.yaml --press 1 --web https://crm.example/route=302 --answer support=after:4s
    /// Example: passthru rehearse flows/
    #[command(verbatim_doc_comment)]
    Rehearse {
        /// A flow; or folders and test files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        conversation: Conversation,
    },
    /// Compiles flow documents and prints everything that is wrong with them. Exits with 0 if all can run.
    ///
    /// Example: passthru check-flow flows/front-desk.yaml
    #[command(verbatim_doc_comment)]
    CheckFlow {
        /// Documents, or folders of them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Asks your application what every stage and outcome of a call would ask it, and says what would go wrong.
    ///
    /// Sends each request twice, and some once more in other words, to this machine and private networks too. Exits with 0 if nothing
    /// is wrong, with 1 if there are errors.
    ///
    /// Example: passthru check http://127.0.0.1:9000/route?key=s3cret
    /// Example: passthru check https://crm.example/route --scenario after-gather --scenario busy --json
    /// Example: passthru check https://crm.example/route --config passthru.toml --method post --profile extended
    #[command(verbatim_doc_comment)]
    Check(check_url::Options),
    /// Listens as your application would: shows what a Passthru asks, explained, and answers by rules.
    ///
    /// Example: passthru listen --rule 'CallFrom ends 7 => 302' --rule 'digits is 2 => 200 after 3s'
    /// Example: passthru listen --keep calls.jsonl; passthru listen --replay calls.jsonl --to http://127.0.0.1:9000/route
    #[command(verbatim_doc_comment)]
    Listen(listen::Options),
    /// Is Passthru slowing my call flow? Counts the requests that calls waited for, and says where their time went.
    ///
    /// It reads the store that `data` of the configuration names; the server may run. The first rows are those that calls waited
    /// longest for.
    ///
    /// Example: passthru slow --since 24h --by node --config passthru.toml
    #[command(verbatim_doc_comment)]
    Slow {
        /// How far to look back: 30m, 1h, 7d.
        #[arg(long, default_value = "1h", value_parser = slow::lapse)]
        since: Duration,
        /// What to put together: origin, url, applet, node, flow.
        #[arg(long, default_value = "url")]
        by: By,
    },
    /// Makes, lists and revokes the keys that open the v1 API. A running server knows at once.
    #[command(subcommand)]
    Key(Key),
    /// The console: who may come in.
    #[command(subcommand)]
    Console(Console),
    /// Prints the configuration as it is in force, defaults included.
    ///
    /// Example: passthru print-config > passthru.toml
    #[command(verbatim_doc_comment)]
    PrintConfig,
}

#[derive(Subcommand)]
enum Bot {
    /// Gives back what it hears and prints what it is told; `#` has it go, `*` has it drop what it said.
    ///
    /// Example: passthru bot echo --listen 127.0.0.1:8765, and in a flow: { applet: voicebot, url: "ws://127.0.0.1:8765/" }
    #[command(verbatim_doc_comment)]
    Echo {
        /// Where to listen.
        #[arg(long, default_value_t = echo::LISTEN)]
        listen: SocketAddr,
    },
}

#[derive(Subcommand)]
enum Key {
    /// Makes a key. The last line is the key, a space, and its token, which is never shown again.
    ///
    /// Example: passthru key create --name crm
    #[command(verbatim_doc_comment)]
    Create {
        /// Whom the key is for, as a note to yourself.
        #[arg(long)]
        name: Option<String>,
    },
    /// Lists the keys.
    List,
    /// Revokes a key: from then on it opens nothing.
    Revoke {
        /// The key.
        key: String,
    },
}

#[derive(Subcommand)]
enum Console {
    /// Prints a link by which an administrator comes in and chooses a name and a password. It is good once, and for an hour.
    ///
    /// It works beside a server that runs. With the name of somebody who has lost their password, they have a new one.
    Link,
}

/// The conversation that a flow is rehearsed with.
#[derive(clap::Args)]
struct Conversation {
    /// The caller's number.
    #[arg(long, default_value = sim::CALLER)]
    caller: Who,
    /// The number that is called.
    #[arg(long, default_value = sim::NUMBER)]
    dial: Who,
    /// The call is asked for by the API: the caller is rung first.
    #[arg(long)]
    started: bool,
    /// The text that such a call carries.
    #[arg(long, value_name = "TEXT", requires = "started")]
    custom_field: Option<String>,
    /// Keys for the next step that waits for keys; given again, for the one after.
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    press: Vec<Keys>,
    /// What a site says: 200, 200:body, 302@800ms, silent, refused. Given again, what it says to the next request.
    #[arg(long, value_name = "URL=REPLY", value_parser = said::<String, Reply>)]
    web: Vec<(String, Reply)>,
    /// How somebody called behaves (a user, a number, a sip: URI): after:4s, after:4s talks:20s, busy, rings, silent, rejects:603.
    #[arg(long, value_name = "WHO=MANNER", value_parser = said::<Who, Manner>)]
    answer: Vec<(Who, Manner)>,
    /// What an application of a stream does: echoes, says:3s@1s, mark:NAME@1s, clear@2s, closes@9s (several in one), refuses, dead.
    #[arg(long, value_name = "URL=PART", value_parser = said::<String, Part>)]
    bot: Vec<(String, Part)>,
    /// How many streams there may be; one more is throttled.
    #[arg(long, value_name = "COUNT")]
    streams: Option<usize>,
    /// When the caller hangs up, counted from dialling: 30s.
    #[arg(long, value_name = "TIME")]
    hang_up: Option<flow::Lapse<0, 600_000>>,
}

impl Conversation {
    fn scenario(self) -> Result<Scenario> {
        ensure!(self.answer.len() <= flow::SETTING_ITEMS, "--answer is given more than {} times", flow::SETTING_ITEMS);
        let mut web = BTreeMap::<String, flow::Several<Reply>>::new();
        for (url, reply) in self.web {
            web.entry(url).or_default().0.push(reply);
        }
        Ok(Scenario {
            caller: self.caller,
            dials: self.dial,
            started: self.started.then_some(Started { custom_field: self.custom_field }),
            press: flow::Several(self.press),
            web,
            answer: self.answer.into_iter().collect(),
            bots: self.bot.into_iter().collect(),
            streams: self.streams,
            hangs_up: self.hang_up,
            ..Scenario::default()
        })
    }
}

/// Reads `WHO=WHAT`. URLs and bodies have `=` of their own: the first one counts behind which something readable stands.
fn said<W: FromStr<Err: ToString>, T: FromStr<Err = String>>(text: &str) -> Result<(W, T), String> {
    let places = text.char_indices().filter(|(_, c)| *c == '=').map(|(place, _)| text.split_at(place));
    let mut refusal = format!("`{text}` has no `=`");
    for (who, what) in places {
        match what[1..].parse() {
            Ok(what) => return who.parse().map(|who| (who, what)).map_err(|error: W::Err| error.to_string()),
            Err(error) => refusal = error,
        }
    }
    Err(refusal.replace('\n', "; "))
}

fn main() -> ExitCode {
    let command = Command::parse();
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            output::complaint(format_args!("passthru: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let config = Config::load(command.config.as_deref(), std::env::vars_os())?;
    match command.what {
        What::Serve { demo } => {
            log();
            let (config, file) =
                if demo { demo::prepare(config).map(|(config, file)| (config, Some(file)))? } else { (config, None) };
            let settings = config.clone();
            let server = serve::start(config)?;
            let sip: Vec<String> = server.sip.iter().map(ToString::to_string).collect();
            output::line(format_args!("ready: SIP on {}, API on http://{}", sip.join(", "), server.http));
            output::line(format_args!("console: http://{}/", server.http));
            if let Some(link) = welcome::first(&settings, server.http)? {
                output::line(format_args!(
                    "nobody can sign in to the console yet; this link lets one in, within an hour: {link}"
                ));
            }
            if let Some(file) = file {
                demo::show(&server, &file)?;
            }
            server.run().map(|()| ExitCode::SUCCESS)
        }
        What::App { listen } => {
            tokio::runtime::Runtime::new()?.block_on(app::serve(listen)).map(|()| ExitCode::SUCCESS)
        }
        What::Bot(Bot::Echo { listen }) => {
            tokio::runtime::Runtime::new()?.block_on(echo::serve(listen)).map(|()| ExitCode::SUCCESS)
        }
        What::Call { target, from, server, keys, seconds } => {
            let call = Call { target, from, server, keys, limit: Duration::from_secs(seconds) };
            let answered = softphone::call(&call, serve::random()?, &mut |line| output::line(line))?;
            Ok(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::Rehearse { paths, conversation } => {
            let good = if paths.iter().all(|path| rehearse::is_tests(path)) {
                let report = rehearse::tests(&paths, &config)?;
                output::text(report.text);
                report.failed == 0
            } else {
                let [flow] = &paths[..] else {
                    bail!("one flow at a time is rehearsed; folders and test files may be several")
                };
                let (text, good) = rehearse::flow(flow, &conversation.scenario()?, &config)?;
                output::text(text);
                good
            };
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::CheckFlow { paths } => {
            let verdict = check::flows(&paths, &config);
            verdict.good.iter().for_each(output::line);
            verdict.bad.iter().for_each(output::complaint);
            Ok(if verdict.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::Check(options) => {
            let good = tokio::runtime::Runtime::new()?.block_on(check_url::run(options, &config))?;
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::Listen(options) => {
            let runtime = tokio::runtime::Runtime::new()?;
            let good = match (&options.replay, &options.to) {
                (Some(file), Some(to)) => runtime.block_on(listen::replay::send(file, to))?,
                _ => runtime.block_on(listen::serve(options, &config)).map(|()| true)?,
            };
            Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::Slow { since, by } => {
            output::text(slow::report(&config, since, by)?);
            Ok(ExitCode::SUCCESS)
        }
        What::Key(what) => {
            let said = match what {
                Key::Create { name } => key::create(&config, name.as_deref())?,
                Key::List => key::list(&config)?,
                Key::Revoke { key } => key::revoke(&config, &key)?,
            };
            output::text(said);
            Ok(ExitCode::SUCCESS)
        }
        What::Console(Console::Link) => {
            output::line(welcome::link(&config, config.http.listen)?);
            Ok(ExitCode::SUCCESS)
        }
        What::PrintConfig => {
            output::text(config.to_toml());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Logs to stderr, coloured on a terminal only; `RUST_LOG` says how much.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let coloured = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(coloured).with_writer(std::io::stderr).init();
}
