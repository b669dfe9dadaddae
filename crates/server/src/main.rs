//! The binary `passthru`: the command line. All it does is in the library.
#![expect(clippy::print_stdout, reason = "the command line speaks to stdout")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use server::config::Config;
use server::{check, serve};

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
    Serve,
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
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("passthru: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let config = Config::load(command.config.as_deref(), std::env::vars())?;
    match command.what {
        What::Serve => {
            log();
            let server = serve::start(config)?;
            let sip: Vec<String> = server.sip.iter().map(|address| format!("udp:{address}")).collect();
            println!("ready: SIP on {}, API on http://{}", sip.join(", "), server.http);
            server.run()
        }
        What::CheckFlow { paths } => {
            let report = check::flows(&paths, &config)?;
            print!("{report}");
            Ok(())
        }
        What::PrintConfig => {
            print!("{}", config.to_toml());
            Ok(())
        }
    }
}

/// Logs to stderr; `RUST_LOG` says how much.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
