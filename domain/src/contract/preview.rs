//! What a request would do, before anybody decides; and requests that the quarantine suggests.

use serde_json::{Map, Value};

use super::{
    Violation,
    blast::{over, touched},
    change::effects,
    check::Checker,
    gate::recheck,
    infer::widened,
    port::Quarantined,
    replay::{LOOKED_BACK, Replay, Tally},
    request::RequestView,
    service::ContractService,
    spec::named,
};
use crate::{
    access::{Actor, Role},
    error::{Error, Result},
    ids::RequestId,
};

/// Events in quarantine that a preview looks at.
const LOOKED_AT: u64 = 2_000;

/// Events that a guess is made from.
const GUESSED_FROM: u64 = 1_000;

impl ContractService {
    /// A request and what it does.
    pub async fn request(&self, id: RequestId) -> Result<RequestView> {
        let request = self.found(id).await?;
        let base = self.base(&request).await?;
        let waiting = self.quarantine.unseen(u64::MAX, LOOKED_AT).await?;
        let checker = Checker::new(&request.contract);
        let is_empty = request.contract.events.is_empty();
        let passes = |one: &&Quarantined| {
            is_empty || recheck(&checker, one).is_some_and(|found| found.violation.is_none())
        };
        let configuration = self.configuration.load().await?;
        Ok(RequestView {
            over: over(&base.contract, &request.contract, &configuration),
            differences: effects(&base.contract, &request.contract),
            current: self.store.current().await?.number,
            releases: waiting.iter().filter(passes).count() as u64,
            looked_at: waiting.len() as u64,
            comments: self.store.comments(id).await?,
            touched: touched(&base.contract, &request.contract, &configuration),
            request,
        })
    }

    /// What a request does to the events that came in lately.
    pub async fn replay(&self, id: RequestId) -> Result<Replay> {
        let request = self.found(id).await?;
        let base = self.base(&request).await?;
        let since = self.clock.now().minus(LOOKED_BACK);
        let mut tally = Tally::new(&base.contract, &request.contract);
        self.each_past(since, u64::MAX, |one| tally.add(&one.name, &one.properties)).await?;
        Ok(tally.done(since))
    }

    /// Begins a request under which a group in quarantine would be as agreed, as far as that
    /// goes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a group that is empty by now; [`Error::Conflict`] where no wider
    /// contract takes them.
    pub async fn propose_from(
        &self,
        name: &str,
        violation: &Violation,
        actor: &Actor,
    ) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let events = self.quarantine.samples(name, violation, "", GUESSED_FROM).await?;
        let bodies: Vec<Value> =
            events.iter().filter_map(|one| serde_json::from_str(&one.body).ok()).collect();
        if bodies.is_empty() {
            return Err(Error::NotFound("event of that group in quarantine".to_owned()));
        }
        let none = Map::new();
        let sent = |body: &'_ Value| body.get("properties").and_then(Value::as_object).cloned();
        let sent: Vec<_> = bodies.iter().map(|body| sent(body).unwrap_or(none.clone())).collect();
        let current = self.store.current().await?;
        let canonical = match current.contract.canonical(name) {
            Some(canonical) => canonical.to_owned(),
            None => named(name)?,
        };
        let former = current.contract.events.get(&canonical);
        let event = widened(former, &sent.iter().collect::<Vec<_>>());
        if former == Some(&event) {
            return Err(Error::Conflict(format!(
                "no wider contract takes these: {violation}. A property is of one kind; release \
                 or discard them, and tell whoever sends them"
            )));
        }
        let mut request = self.drafted(&current, actor);
        request.title = format!("{canonical} as it comes in");
        request.contract.events.insert(canonical, event);
        self.keep(&request, None).await?;
        Ok(request.id)
    }
}
