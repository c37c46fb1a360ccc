//! Reads the command line, starts the log, runs the command.

use clap::Parser as _;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = server::cli::Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("SEGUE_LOG").unwrap_or_else(|_| "info".into()))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // Where the log can't be written, saying so can't either, and would be a panic.
        .log_internal_errors(false)
        .init();
    server::cli::run(arguments).await
}
