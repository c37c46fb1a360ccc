//! The command line: one file a command, one line here.

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Where Segue's membership may go, sent and proved.
#[derive(Debug, Parser)]
#[command(name = "segue", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the console and the endpoints for machines
    Serve(Serve),
}

/// Flags of `segue serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SEGUE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// How browsers reach Segue, when that isn't the address it listens on
    #[arg(long, env = "SEGUE_PUBLIC_URL")]
    pub public_url: Option<String>,
}

/// Runs the command; the exit code is 0, 1 (failed) or 2 (usage, by clap).
pub async fn run(arguments: Arguments) -> ExitCode {
    let result = match arguments.command {
        Command::Serve(serve) => crate::run::serve(serve).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
