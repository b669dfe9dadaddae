//! The binary `passthru`: the command line. All it does is in the library.
#![expect(clippy::print_stdout, reason = "the command line speaks to stdout")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use server::config::Config;
use server::softphone::{self, Call};
use server::{app, check, demo, serve};

/// A self-hosted call-flow server: a call comes in by SIP, a flow runs it, your URL steers it.
#[derive(Parser)]
#[command(version)]
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
    /// Example: passthru serve --config passthru.toml
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
    /// Compiles flow documents and prints everything that is wrong with them.
    ///
    /// Example: passthru check-flow flows/front-desk.yaml
    #[command(verbatim_doc_comment)]
    CheckFlow {
        /// Documents, or folders of them.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Prints the configuration as it is in force, defaults included.
    ///
    /// Example: passthru print-config --config passthru.toml
    #[command(verbatim_doc_comment)]
    PrintConfig,
}

fn main() -> ExitCode {
    let command = Command::parse();
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("passthru: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let config = Config::load(command.config.as_deref(), std::env::vars())?;
    match command.what {
        What::Serve { demo } => {
            log();
            let (config, file) =
                if demo { demo::prepare(config).map(|(config, file)| (config, Some(file)))? } else { (config, None) };
            let server = serve::start(config)?;
            let sip: Vec<String> = server.sip.iter().map(ToString::to_string).collect();
            println!("ready: SIP on {}, API on http://{}", sip.join(", "), server.http);
            if let Some(file) = file {
                demo::show(&server, &file)?;
            }
            server.run().map(|()| ExitCode::SUCCESS)
        }
        What::App { listen } => {
            println!("the sample application listens on http://{listen}");
            tokio::runtime::Runtime::new()?.block_on(app::serve(listen)).map(|()| ExitCode::SUCCESS)
        }
        What::Call { target, from, server, keys, seconds } => {
            let call = Call { target, from, server, keys, limit: Duration::from_secs(seconds) };
            let answered = softphone::call(&call, serve::random()?, &mut |line| println!("{line}"))?;
            Ok(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        What::CheckFlow { paths } => {
            let report = check::flows(&paths, &config)?;
            print!("{report}");
            Ok(ExitCode::SUCCESS)
        }
        What::PrintConfig => {
            print!("{}", config.to_toml());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Logs to stderr; `RUST_LOG` says how much.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
