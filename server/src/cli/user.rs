//! `segue user`: who may sign in. Whoever runs commands on the host decides.

use std::io::Write;

use clap::Subcommand;
use domain::access::{Actor, Email, Role, link::Purpose, service::AccessService};

use super::{Exit, Failure};
use crate::{
    compose::{Purpose as Opening, Segue},
    config::Config,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Adds somebody, or gives them another role, and prints a link to choose a password
    Add(Add),
    /// Locks somebody out at once: their sessions and links end
    Disable(Named),
    /// Lets somebody in again
    Enable(Named),
}

/// Flags of `segue user add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Their e-mail address
    email: String,
    /// viewer, operator, approver or admin
    #[arg(long)]
    role: Role,
    /// How browsers reach Segue
    #[arg(long, env = "SEGUE_PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
    public_url: String,
}

/// Somebody.
#[derive(Debug, clap::Args)]
pub struct Named {
    /// Their e-mail address
    email: String,
}

/// Runs it.
pub async fn run(config: &Config, user: &User, out: &mut impl Write) -> Result<Exit, Failure> {
    let access = Segue::open(config, Opening::Serve).await?.services.access;
    match user {
        User::Add(who) => add(&access, &who.email, who.role, &who.public_url, out).await?,
        User::Disable(Named { email }) => {
            access.set_disabled(&Actor::host("segue user"), &Email::parse(email)?, true).await?;
        }
        User::Enable(Named { email }) => {
            access.set_disabled(&Actor::host("segue user"), &Email::parse(email)?, false).await?;
        }
    }
    Ok(Exit::Done)
}

/// Adds somebody and prints a link, which works once within a day.
pub async fn add(
    access: &AccessService,
    email: &str,
    role: Role,
    public_url: &str,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let host = Actor::host("segue user");
    let user = access.add_user(&host, &Email::parse(email)?, role).await?;
    let link = access.issue_link(&host, user, Purpose::SetPassword, public_url).await?;
    writeln!(out, "{link}")?;
    Ok(())
}
