//! One holder of a mapping's lease: begins runs, orders, claims and acknowledges.

use domain::{
    Result,
    delivery::{
        Transition::{self, Entered},
        port::{
            Advance, Advanced, DeliveryStore as _, Lease, LeaseStore as _, Named, Next, Telling,
            Work,
        },
        route::Route,
    },
    ids::{OrderId, RunId},
    mappings::Mapping,
    people::{PersonSet, chunks, chunks::CHUNK},
    sync::{
        RunState,
        decide::Decision,
        port::{OrderRequest, Ordered, SyncStore as _},
    },
};
use server::storage::Storage;

use super::harness::Bench;

/// What was acknowledged, in order.
pub type Sent = Vec<(Transition, i64, PersonSet)>;

pub struct Worker<'a> {
    pub bench: &'a Bench,
    pub storage: Storage,
    pub mapping: Mapping,
    pub route: Route,
    /// It is retired.
    pub is_closing: bool,
    pub lease: Lease,
    pub run: RunId,
}

/// A decision that wants these people and withholds nobody.
pub fn decision(target: &PersonSet) -> Decision {
    Decision { members: target.len(), target: target.clone(), ..Decision::default() }
}

/// One past the place of the last person.
pub fn end(people: &PersonSet) -> u32 {
    people.max().map_or(0, |last| last % CHUNK + 1)
}

/// Those whose claim has no answer yet.
pub fn doubt(work: &Work) -> PersonSet {
    chunks::between(&work.people, work.acknowledged, work.claimed)
}

impl<'a> Worker<'a> {
    /// Takes the mapping's lease and begins a run.
    pub async fn new(bench: &'a Bench, mapping: &str) -> Self {
        let mapping = bench.mapping(mapping).await;
        let storage = bench.storage.clone();
        let name = format!("mapping:{}", mapping.id);
        let lease = storage.acquire(&name, bench.now()).await.unwrap().expect("the lease is free");
        let route = bench.route(&mapping).await;
        let run = RunId(bench.id());
        let mut worker = Self { bench, storage, mapping, route, is_closing: false, lease, run };
        worker.begin().await;
        worker
    }

    /// Begins the next run.
    pub async fn begin(&mut self) {
        self.run = RunId(self.bench.id());
        self.storage.begin(&self.lease, self.run, &self.mapping, self.bench.now()).await.unwrap();
    }

    pub async fn finish(&self, state: RunState, error: Option<&str>) {
        self.storage.finish(self.run, state, error, self.bench.now()).await.unwrap();
    }

    /// A new run that wants exactly these people there.
    pub async fn order(&mut self, target: &PersonSet) -> Ordered {
        self.decide(&decision(target), &PersonSet::new()).await
    }

    pub async fn decide(&mut self, decision: &Decision, suppressed: &PersonSet) -> Ordered {
        self.begin().await;
        self.try_order(decision, suppressed).await.unwrap()
    }

    pub async fn try_order(&self, what: &Decision, suppressed: &PersonSet) -> Result<Ordered> {
        let request = OrderRequest {
            run: self.run,
            order: OrderId(self.bench.id()),
            mapping: &self.mapping,
            route: &self.route,
            is_closing: self.is_closing,
            decision: what,
            suppressed,
            now: self.bench.now(),
        };
        self.storage.order(&self.lease, &request).await
    }

    pub async fn next(&self) -> Next {
        self.storage.next(&self.lease, self.mapping.id, false, self.bench.now()).await.unwrap()
    }

    /// What a batch that is rendered now would be rendered from.
    pub async fn as_of(&self) -> i64 {
        self.named(Entered, Telling::Fresh, &PersonSet::new()).await.as_of
    }

    pub async fn named(&self, what: Transition, telling: Telling, who: &PersonSet) -> Named {
        self.storage.named(self.mapping.id, what, telling, who).await.unwrap()
    }

    /// There must be something to send.
    pub async fn work(&self) -> Work {
        match self.next().await {
            Next::Work(work) => work,
            other => panic!("nothing to send: {other:?}"),
        }
    }

    pub async fn try_step(&self, work: &Work, step: &Advance) -> Result<Advanced> {
        let now = self.bench.now();
        self.storage.advance(&self.lease, self.run, work.part, step, now).await
    }

    pub async fn step(&self, work: &Work, acknowledged: u32, claimed: u32) -> Advanced {
        let as_of = self.as_of().await;
        let step = Advance { acknowledged, claimed, as_of, ..Advance::default() };
        self.try_step(work, &step).await.unwrap()
    }

    /// Acknowledges places below `upto`, less those whom Segment refused.
    pub async fn refuse(&self, work: &Work, upto: u32, dead: &[u32]) -> Advanced {
        let dead = dead.iter().map(|person| (*person, format!("no {person}"))).collect();
        let step = Advance { acknowledged: upto, claimed: upto, dead, ..Advance::default() };
        self.try_step(work, &step).await.unwrap()
    }

    /// Sends and acknowledges one part to its end.
    pub async fn finish_part(&self, work: &Work) -> PersonSet {
        let mut people = work.people.clone();
        let upto = end(&people).max(work.claimed);
        if upto > work.claimed {
            people -= &self.step(work, work.acknowledged, upto).await.masked;
        }
        self.step(work, upto, upto).await;
        people
    }

    /// Until nothing is left.
    pub async fn drain(&self) -> Sent {
        let mut sent = Vec::new();
        loop {
            match self.next().await {
                Next::Nothing => return sent,
                Next::Blocked { .. } => panic!("the mapping waits for others"),
                Next::Work(work) => {
                    let people = self.finish_part(&work).await;
                    sent.push((work.transition, work.generation, people));
                }
            }
        }
    }

    /// Orders and sends.
    pub async fn bring(&mut self, target: &PersonSet) -> Sent {
        self.order(target).await;
        self.drain().await
    }

    pub async fn release(&self) {
        self.storage.release(&self.lease).await.unwrap();
    }
}
