use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use futures::executor::block_on;

use super::*;
use crate::{
    delivery::{
        drain::Jitter,
        port::{EventSink, LeaseStore, Outcome, Sleep},
        send::tests::Nothing,
    },
    events::live::Unwatched,
    time::Clock,
};

#[test]
fn requests_are_as_large_as_segment_takes_them() {
    let event = |bytes| Waiting { number: String::new(), body: "x".repeat(bytes) };
    assert!(cut(&[]).is_empty());
    let many = vec![event(10); 2_600];
    let sizes: Vec<usize> = cut(&many).iter().map(|batch| batch.len()).collect();
    assert_eq!(sizes, [2_500, 100]);
    let large = vec![event(32_000); 40];
    let batches = cut(&large);
    assert_eq!(batches.iter().map(|batch| batch.len()).sum::<usize>(), 40);
    assert!(batches.iter().all(|batch| batch.len() * 32_001 <= MOST_BYTES));
    assert_eq!(cut(&[event(MOST_BYTES * 2)]).len(), 1);
}

/// A shop, and Segment that is down until a moment; time goes on where somebody waits, and with
/// each second so many events come in.
#[derive(Default)]
struct World {
    now: AtomicI64,
    up_at: i64,
    a_second: usize,
    came: AtomicUsize,
    waiting: Mutex<VecDeque<Waiting>>,
    /// What Segment took, in order.
    taken: Mutex<Vec<String>>,
    /// The most that was ever read at once.
    most: AtomicUsize,
}

impl World {
    fn go_on(&self, span: Span) {
        self.now.fetch_add(span.0, Ordering::SeqCst);
        let all = usize::try_from(self.now.load(Ordering::SeqCst) / 1_000_000).unwrap();
        let mut waiting = self.waiting.lock().unwrap();
        while self.came.load(Ordering::SeqCst) < all * self.a_second {
            let number = self.came.fetch_add(1, Ordering::SeqCst).to_string();
            waiting.push_back(Waiting { body: format!("{{\"messageId\":\"{number}\"}}"), number });
        }
    }
}

impl Clock for World {
    fn now(&self) -> Instant {
        Instant(self.now.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Sleep for World {
    async fn sleep(&self, span: Span) {
        self.go_on(span.max(Span::from_millis(1)));
    }
}

impl Jitter for World {
    fn next(&self) -> f64 {
        0.5
    }
}

#[async_trait]
impl EventSink for World {
    async fn send(&self, batch: &Batch<'_>) -> Outcome {
        self.go_on(Span::from_millis(20));
        if self.now().0 < self.up_at {
            return Outcome::Failed("Segment answers 503".to_owned());
        }
        self.taken.lock().unwrap().extend(batch.events.iter().map(|body| (*body).to_owned()));
        Outcome::Accepted
    }
}

#[async_trait]
impl LeaseStore for World {
    async fn acquire(&self, name: &str, _now: Instant) -> Result<Option<Lease>> {
        Ok(Some(Lease { name: name.to_owned(), epoch: 1 }))
    }

    async fn renew(&self, _lease: &Lease, _now: Instant) -> Result<()> {
        Ok(())
    }

    async fn release(&self, _lease: &Lease) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl ForwardStore for World {
    async fn waiting(&self, at_most: usize) -> Result<Vec<Waiting>> {
        let oldest: Vec<Waiting> =
            self.waiting.lock().unwrap().iter().take(at_most).cloned().collect();
        self.most.fetch_max(oldest.len(), Ordering::SeqCst);
        Ok(oldest)
    }

    async fn forwarded(&self, _lease: &Lease, numbers: &[&str], _now: Instant) -> Result<()> {
        self.waiting.lock().unwrap().retain(|one| !numbers.contains(&&*one.number));
        Ok(())
    }

    async fn refused(&self, _lease: &Lease, number: &str, _: &str, _: Instant) -> Result<()> {
        panic!("{number} was refused")
    }
}

#[test]
fn an_hour_without_segment_loses_nothing_and_keeps_no_more_in_memory() {
    let hour = Span::from_hours(1);
    let world = Arc::new(World { up_at: hour.0, a_second: 5, ..World::default() });
    let forwarder = Forwarder {
        store: world.clone(),
        drain: Drain {
            store: Arc::new(Nothing),
            leases: world.clone(),
            sink: world.clone(),
            clock: world.clone(),
            sleep: world.clone(),
            jitter: world.clone(),
            live: Arc::new(Unwatched),
        },
        lease: Mutex::default(),
    };
    world.go_on(Span::from_seconds(1));
    // As its worker does: after a failure it waits a little and begins anew.
    while world.now().0 < hour.0 + Span::from_minutes(5).0 {
        let report = block_on(forwarder.run_once()).unwrap();
        world.go_on(Span::from_seconds(if report.stopped.is_some() { 5 } else { 1 }));
    }
    let came = world.came.load(Ordering::SeqCst);
    assert!(came > 18_000, "{came}");
    let taken = world.taken.lock().unwrap();
    let waiting = world.waiting.lock().unwrap().len();
    assert!(waiting <= 5, "{waiting} still wait");
    let expected = (0..taken.len()).map(|number| format!("{{\"messageId\":\"{number}\"}}"));
    assert!(taken.iter().cloned().eq(expected), "each once, and in order");
    assert_eq!(taken.len() + waiting, came);
    assert_eq!(world.most.load(Ordering::SeqCst), MOST_EVENTS, "no more than one request holds");
}
