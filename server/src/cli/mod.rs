//! The command line: one file a command, one line here.
//!
//! Answers go to stdout, the log to stderr. Exit codes: 0 done; 1 failed, waiting, dead or
//! undelivered; 2 usage or configuration.

pub mod apply;
pub mod contract;
pub mod demo;
pub mod explain;
pub mod forget;
pub mod sync;
pub mod token;
pub mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::Error;

use crate::{
    clock::SystemClock,
    compose::{Purpose, Segue},
    config::Config,
    run::{Serve, told_to_stop},
    sandbox::command::SandboxArgs,
};

/// Customer.io decides who is in a segment; Segue decides where that may go, delivers it
/// through Segment, and proves it.
#[derive(Debug, Parser)]
#[command(name = "segue", version)]
pub struct Arguments {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the console and the endpoints for machines, and works the orders
    Serve(Serve),
    /// Serves a whole example: a sandbox, a store, its mappings
    Demo(demo::Demo),
    /// Stands in for Customer.io and Segment
    Sandbox(SandboxArgs),
    /// Brings the database up to date
    Migrate,
    /// Makes what is stored what a file says
    Apply(apply::Apply),
    /// Runs mappings now
    Sync(sync::Sync),
    /// Says where somebody stands in every mapping, and why
    Explain(explain::Explain),
    /// Has somebody leave wherever they are, and forgets them
    Forget(forget::Forget),
    /// Says who may sign in
    #[command(subcommand)]
    User(user::User),
    /// Writes the contract to a file, or proposes one
    #[command(subcommand)]
    Contract(contract::Contract),
    /// Says which programs may come in
    #[command(subcommand)]
    Token(token::Token),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Well.
    Done,
    /// Something failed, waits, died or is undelivered.
    Failed,
    /// Usage or configuration.
    Usage,
}

/// Why a command ended.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// Wrong usage or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = if matches!(error, Error::Invalid { .. }) { Exit::Usage } else { Exit::Failed };
        // Whoever runs commands on the host may see what is behind it.
        let message = match &error {
            Error::Unexpected(source) => format!("{error}: {source}"),
            other => other.to_string(),
        };
        Self { exit, message }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { exit: Exit::Failed, message: error.to_string() }
    }
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> ExitCode {
    let config = arguments.config;
    let mut out = std::io::stdout();
    let result = match arguments.command {
        Command::Serve(serve) => crate::run::serve(&config, &serve, &mut out).await,
        Command::Demo(demo) => demo::run(&config, &demo, &mut out).await,
        Command::Sandbox(sandbox) => {
            let clock = std::sync::Arc::new(SystemClock);
            let ran = crate::sandbox::command::run(sandbox, clock, told_to_stop()).await;
            ran.map(|()| Exit::Done).map_err(Failure::from)
        }
        Command::Migrate => {
            Segue::open(&config, Purpose::Serve).await.map(|_| Exit::Done).map_err(Failure::from)
        }
        Command::Apply(apply) => apply::run(&config, &apply, &mut out).await,
        Command::Sync(sync) => sync::run(&config, &sync, &mut out).await,
        Command::Explain(explain) => explain::run(&config, &explain, &mut out).await,
        Command::Forget(forget) => forget::run(&config, &forget, &mut out).await,
        Command::User(user) => user::run(&config, &user, &mut out).await,
        Command::Contract(contract) => contract::run(&config, &contract, &mut out).await,
        Command::Token(token) => token::run(&config, &token, &mut out).await,
    };
    let exit = result.unwrap_or_else(|failure| {
        tracing::error!("{failure}");
        failure.exit
    });
    ExitCode::from(match exit {
        Exit::Done => 0,
        Exit::Failed => 1,
        Exit::Usage => 2,
    })
}
