//! `segue forget PERSON`: has somebody leave wherever they are, and forgets them.

use std::io::Write;

use domain::access::Actor;

use super::{Exit, Failure, explain};
use crate::{
    compose::{Purpose, Segue},
    config::Config,
};

/// Flags of `segue forget`.
#[derive(Debug, clap::Args)]
pub struct Forget {
    /// A `cio_id`, an id or an e-mail address
    person: String,
    /// Does it; without, only says what is known of them
    #[arg(long)]
    yes: bool,
}

/// Runs it.
pub async fn run(config: &Config, forget: &Forget, out: &mut impl Write) -> Result<Exit, Failure> {
    let people = Segue::open(config, Purpose::Serve).await?.services.people;
    explain::print(&people.explain(&forget.person, usize::MAX).await?, out)?;
    writeln!(out)?;
    if forget.yes {
        people.forget(&forget.person, &Actor::host("segue forget")).await?;
        writeln!(
            out,
            "From now on they are a member of nothing, and leave wherever they are with the next run of each mapping; from a paused one, once it is resumed."
        )?;
    } else {
        writeln!(out, "Nothing has changed: --yes forgets them.")?;
    }
    writeln!(
        out,
        "Their name goes once nobody has them: neither a destination nor a segment. Delete them in Customer.io too."
    )?;
    Ok(Exit::Done)
}
