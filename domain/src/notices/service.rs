//! Finds what waits, and tells it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Notice, NoticesView, SIGNING_KEY, Told, WEBHOOK, is_address,
    message::Message,
    port::{Messenger, NoticeStore, Waiting},
};
use crate::{
    access::{Actor, Role},
    approvals::{
        Approvals, ShrunkAudience, WaitingRun, proposal::Proposal, service::ApprovalService,
    },
    configuration::{Desired, NoticesTable, Secret, SecretList, service::ConfigurationService},
    contract::{request::Request, service::ContractService},
    delivery::port::{Lease, LeaseStore},
    error::{Error, Result},
    time::{Clock, Span},
};

/// Under which one process tells.
const LEASE: &str = "notices";

/// A run that waits is decided anew at each pass, and none waits meanwhile.
const LULL: Span = Span::from_minutes(30);

/// Notices that the page shows.
const SHOWN: u64 = 50;

/// Tells what waits.
pub struct NoticeService {
    /// Keeps what was told.
    pub store: Arc<dyn NoticeStore>,
    /// Posts.
    pub messenger: Arc<dyn Messenger>,
    /// Runs and readings that wait.
    pub approvals: Arc<ApprovalService>,
    /// Changes of the contract that wait.
    pub contract: Arc<ContractService>,
    /// Keeps the address.
    pub configuration: Arc<ConfigurationService>,
    /// So that one process tells.
    pub leases: Arc<dyn LeaseStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl NoticeService {
    /// Notes what began and ceased to wait, and tells what is due; how many were told.
    pub async fn run_once(&self, public_url: &str) -> Result<u64> {
        let waiting = self.waiting().await?;
        let open = self.store.open_notices().await?;
        let now = self.clock.now();
        // Nothing is written where nobody would hear of it.
        let is_due =
            open.iter().any(|one| one.is_due(now)) && self.messenger.standing().await?.has_webhook;
        if changes(&waiting, &open).is_none() && !is_due {
            return Ok(0);
        }
        let Some(lease) = self.leases.acquire(LEASE, now).await? else { return Ok(0) };
        let told = self.tell(&lease, public_url).await;
        self.leases.release(&lease).await?;
        match told {
            Err(Error::Fenced) => Ok(0),
            told => told,
        }
    }

    async fn tell(&self, lease: &Lease, public_url: &str) -> Result<u64> {
        let now = self.clock.now();
        // Anew: another process may have told it before this one held the lease.
        let waiting = self.waiting().await?;
        let open = self.store.open_notices().await?;
        if let Some((begun, ended)) = changes(&waiting, &open) {
            self.store.note_notices(lease, &begun, &ended, now).await?;
        }
        // Without an address everything waits for one.
        if !self.messenger.standing().await?.has_webhook {
            return Ok(0);
        }
        let open = self.store.open_notices().await?;
        let due = open.into_iter().filter(|one| one.is_due(now));
        let due: Vec<Notice> = due.map(|one| one.notice).collect();
        if due.is_empty() {
            return Ok(0);
        }
        let posted = self.messenger.post(&Message::of(&due, public_url), now).await?;
        let subjects: Vec<&str> = due.iter().map(|one| &*one.subject).collect();
        let failure = posted.err();
        self.store.tell_notices(lease, &subjects, failure.as_deref(), self.clock.now()).await?;
        Ok(if failure.is_none() { due.len() as u64 } else { 0 })
    }

    /// Everything that waits for a decision.
    async fn waiting(&self) -> Result<Vec<Waiting>> {
        let Approvals { runs, shrunk, proposals } = self.approvals.list().await?;
        let changes = self.contract.waiting().await?;
        let all = runs.iter().map(of_run).chain(shrunk.iter().map(of_audience));
        let all = all.chain(proposals.iter().map(of_proposal));
        Ok(all.chain(changes.iter().map(of_change)).collect())
    }

    /// What the page of notices shows.
    pub async fn view(&self) -> Result<NoticesView> {
        Ok(NoticesView {
            standing: self.messenger.standing().await?,
            notices: self.store.notices(SHOWN).await?,
        })
    }

    /// Enters where notices go, and what they are signed with; an empty key leaves it as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `webhook` or `signing_key`.
    pub async fn enter(&self, webhook: &str, signing_key: &str, actor: &Actor) -> Result<()> {
        let webhook = webhook.trim();
        if !is_address(webhook) {
            let why =
                "write the address as Slack or the receiver shows it: it begins with https://";
            return Err(Error::invalid("webhook", why));
        }
        let secret = |text: &str| SecretList::One(Secret::Literal(text.to_owned()));
        let signing_key = Some(signing_key.trim()).filter(|key| !key.is_empty()).map(secret);
        let table = NoticesTable { webhook: Some(secret(webhook)), signing_key };
        let desired = Desired { notices: Some(table), ..Desired::default() };
        self.configuration.apply(&desired, false, actor).await.map(drop)
    }

    /// Tells nobody any more.
    pub async fn forget(&self, actor: &Actor) -> Result<()> {
        self.configuration.clear_secrets(&[WEBHOOK, SIGNING_KEY], actor).await
    }

    /// Posts a test; why it wasn't taken.
    ///
    /// # Errors
    /// [`Error::Conflict`] with why it wasn't taken.
    pub async fn test(&self, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let message = Message::test(&actor.name);
        let posted = self.messenger.post(&message, self.clock.now()).await?;
        posted.map_err(|why| Error::Conflict(format!("the webhook did not take it: {why}")))
    }
}

/// What began to wait and what ceased to; nothing if neither did.
fn changes<'a>(waiting: &[Waiting], open: &'a [Told]) -> Option<(Vec<Waiting>, Vec<&'a str>)> {
    let known: BTreeSet<&str> = open.iter().map(|one| &*one.notice.subject).collect();
    let subjects: BTreeSet<&str> = waiting.iter().map(|one| &*one.notice.subject).collect();
    let begun: Vec<Waiting> =
        waiting.iter().filter(|one| !known.contains(&*one.notice.subject)).cloned().collect();
    let ended: Vec<&str> = known.into_iter().filter(|one| !subjects.contains(one)).collect();
    (!begun.is_empty() || !ended.is_empty()).then_some((begun, ended))
}

fn of_run(run: &WaitingRun) -> Waiting {
    let notice = Notice {
        // Each pass decides anew in a run of its own: what waits is the mapping's change.
        subject: format!("run of {}", run.mapping),
        words: format!(
            "A run of {} would change more than usual: {} in, {} out, of {} there",
            run.mapping, run.entered, run.exited, run.present
        ),
        page: "/approvals".to_owned(),
    };
    Waiting { notice, lull: Some(LULL) }
}

fn of_audience(one: &ShrunkAudience) -> Waiting {
    let notice = Notice {
        subject: format!("audience {}", one.audience),
        words: format!(
            "{} suppresses, and shrank from {} to {} people: the old set stays until somebody decides",
            one.audience, one.kept, one.read
        ),
        page: "/approvals".to_owned(),
    };
    Waiting { notice, lull: Some(LULL) }
}

fn of_proposal(proposal: &Proposal) -> Waiting {
    let rows: Vec<String> = proposal
        .changes()
        .iter()
        .map(|one| format!("{} {}", one.table.as_str(), one.key))
        .collect();
    let gates = proposal.edit.passes.iter();
    let gates: Vec<String> =
        gates.map(|pass| format!("pass {} of {}", pass.gate, pass.mapping)).collect();
    let what = match (rows.is_empty(), gates.is_empty()) {
        (false, _) => format!("a change of {}", rows.join(", ")),
        (true, false) => format!("to {}", gates.join(", ")),
        (true, true) => "a change of who decides".to_owned(),
    };
    let notice = Notice {
        subject: format!("proposal {}", proposal.id),
        words: format!("{} proposes {what}", proposal.author),
        page: "/approvals".to_owned(),
    };
    Waiting { notice, lull: None }
}

fn of_change(request: &Request) -> Waiting {
    let notice = Notice {
        subject: format!("change {}", request.id),
        words: format!("{} proposes a change of the contract: {}", request.author, request.title),
        page: format!("/contract/changes/{}", request.id),
    };
    Waiting { notice, lull: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn notice(subject: &str) -> Notice {
        Notice { subject: subject.to_owned(), words: String::new(), page: String::new() }
    }

    fn waits(subject: &str) -> Waiting {
        Waiting { notice: notice(subject), lull: None }
    }

    #[test]
    fn only_what_differs_is_noted() {
        let told = |subject: &str| Told {
            notice: notice(subject),
            since: Instant(0),
            told_at: None,
            ended_at: None,
            tried_at: None,
            failures: 0,
            failure: None,
        };
        let open = [told("a"), told("b")];
        let (begun, ended) = changes(&[waits("b"), waits("c")], &open).unwrap();
        assert_eq!((begun, ended), (vec![waits("c")], vec!["a"]));
        assert_eq!(changes(&[waits("b"), waits("a")], &open), None);
        assert_eq!(changes(&[], &[]), None);
    }
}
