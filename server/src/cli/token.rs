//! `segue token`: how programs come in. Whoever runs commands on the host decides.

use std::io::Write;

use clap::Subcommand;
use domain::{
    access::{Actor, Role},
    key::Key,
    time::Instant,
};

use super::{Exit, Failure};
use crate::{
    compose::{Purpose as Opening, Segue},
    config::Config,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Makes a token for /api/v1 and prints it: it can't be read again
    Add(Add),
    /// Lists the tokens that work, and when each was used last
    List,
    /// Ends a token at once
    Revoke(Named),
}

/// Flags of `segue token add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// What it is called, in the audit trail too
    pub name: Key,
    /// viewer, operator, approver or admin
    #[arg(long)]
    pub role: Role,
}

/// One of them.
#[derive(Debug, clap::Args)]
pub struct Named {
    /// What it is called
    pub name: Key,
}

/// Runs it.
pub async fn run(config: &Config, token: &Token, out: &mut impl Write) -> Result<Exit, Failure> {
    let tokens = Segue::open(config, Opening::Serve).await?.services.tokens;
    let host = Actor::host("segue token");
    match token {
        Token::Add(Add { name, role }) => {
            let token = tokens.add(name, *role, &host).await?;
            writeln!(out, "{token}")?;
        }
        Token::List => {
            for token in tokens.list(&host).await? {
                let used = token.used_at.map_or_else(|| "never".to_owned(), Instant::to_iso);
                let (name, role, made) = (token.name, token.role.as_str(), token.made_at.to_iso());
                writeln!(out, "{name}\t{role}\tmade {made}\tused {used}")?;
            }
        }
        Token::Revoke(Named { name }) => tokens.revoke(name, &host).await?,
    }
    Ok(Exit::Done)
}
