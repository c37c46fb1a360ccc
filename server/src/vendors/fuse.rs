//! One vendor's circuit, shared by everybody in this process who calls it.
//!
//! The rule is [`domain::connections::circuit`]; here are the lock around it and the waiting.
//! A client enters before each call, and says what became of it. Whoever is told to wait does
//! so until the circuit closes or the next try is due, and enters again.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{
    connections::{
        Vendor,
        circuit::{self, Circuit, Outage, Pause, Sign},
    },
    delivery::{drain::Jitter, port::Sleep},
    time::{Clock, Instant, Span},
};
use tokio::sync::watch;

/// How long whoever has just tried in vain lets others go first: what troubles the vendor may
/// be in that one call, and then another's finds out that it is well.
const STANDS_BACK: Span = Span::from_millis(200);

/// A circuit with those who wait at it.
pub struct Fuse {
    vendor: Vendor,
    circuit: Mutex<Circuit>,
    /// Counts whatever may let somebody go on, or is to be told.
    changes: watch::Sender<u64>,
    waiting: AtomicUsize,
    clock: Arc<dyn Clock>,
    sleep: Arc<dyn Sleep>,
    jitter: Arc<dyn Jitter>,
}

/// Whether a call may go.
pub enum Entry<'a> {
    /// It may.
    Go(Pass<'a>),
    /// Not now: see [`Fuse::wait`].
    Wait(String),
    /// Not now, and waiting would change nothing.
    Refused(String),
}

/// The right to make one call. Dropped unused, it goes to somebody else.
pub struct Pass<'a> {
    fuse: &'a Fuse,
    pass: Option<circuit::Pass>,
}

/// Whom a call reaches, and with which key.
pub fn subject(address: &str, key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (address, key).hash(&mut hasher);
    hasher.finish()
}

impl Fuse {
    /// A closed one.
    pub fn new(
        vendor: Vendor,
        clock: Arc<dyn Clock>,
        sleep: Arc<dyn Sleep>,
        jitter: Arc<dyn Jitter>,
    ) -> Self {
        let (circuit, changes) = (Mutex::default(), watch::Sender::new(0));
        Self { vendor, circuit, changes, waiting: AtomicUsize::new(0), clock, sleep, jitter }
    }

    /// Whose it is.
    pub fn vendor(&self) -> Vendor {
        self.vendor
    }

    /// Why nobody calls, while that is so.
    pub fn outage(&self) -> Option<Outage> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner).outage().cloned()
    }

    /// Whether somebody waits, and will try once that is due.
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Counts up whenever [`Self::outage`] may answer otherwise.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Asks to make a call to this [`subject`].
    pub fn enter(&self, subject: u64) -> Entry<'_> {
        let now = self.clock.now();
        match self.change(|circuit| circuit.enter(subject, now)) {
            circuit::Entry::Go(pass) => Entry::Go(Pass { fuse: self, pass: Some(pass) }),
            circuit::Entry::Wait(why) => Entry::Wait(why),
            circuit::Entry::Refused(why) => Entry::Refused(why),
        }
    }

    /// Until it may be worth entering again, or until a moment after which it isn't.
    pub async fn wait(&self, until: Option<Instant>) {
        self.wait_longer(until, Span(0)).await;
    }

    /// The same for whoever has just tried in vain.
    pub async fn wait_behind(&self, until: Option<Instant>) {
        self.wait_longer(until, STANDS_BACK).await;
    }

    async fn wait_longer(&self, until: Option<Instant>, behind: Span) {
        let _place = Place::take(&self.waiting);
        let mut changes = self.changes.subscribe();
        loop {
            let now = self.clock.now();
            let left = until.map(|until| until.since(now));
            if left.is_some_and(|left| left <= Span(0)) {
                return;
            }
            let pause = {
                let circuit = self.circuit.lock().unwrap_or_else(PoisonError::into_inner);
                circuit.pause(now)
            };
            let longest = match (pause, left) {
                (Pause::Over, _) => return,
                (Pause::For(span), left) => {
                    // Behind nobody there is nothing to wait for.
                    let is_alone = self.waiting.load(Ordering::SeqCst) <= 1;
                    let span = if is_alone { span } else { Span(span.0 + behind.0) };
                    Some(left.map_or(span, |left| left.min(span)))
                }
                (Pause::UntilTried, left) => left,
            };
            // The sender is this fuse's own.
            match longest {
                Some(span) => tokio::select! {
                    _ = changes.changed() => (),
                    () = self.sleep.sleep(span) => return,
                },
                None => {
                    let _ = changes.changed().await;
                }
            }
        }
    }

    /// Lets the next try go at once.
    pub fn try_now(&self) {
        let now = self.clock.now();
        self.change(|circuit| circuit.try_now(now));
    }

    /// Changes the circuit; says so in the log when it opens or closes, and to who waits.
    fn change<T>(&self, change: impl FnOnce(&mut Circuit) -> T) -> T {
        let (before, after, done) = {
            let mut circuit = self.circuit.lock().unwrap_or_else(PoisonError::into_inner);
            let before = circuit.outage().cloned();
            let done = change(&mut circuit);
            (before, circuit.outage().cloned(), done)
        };
        let vendor = self.vendor.label();
        match (&before, &after) {
            (None, None) => return done,
            (None, Some(outage)) => {
                tracing::warn!("calls to {vendor} are held: {}", outage.reason);
            }
            (Some(outage), None) => {
                let seconds = self.clock.now().since(outage.since).millis() / 1_000;
                tracing::info!("calls to {vendor} go again, after {seconds} s");
            }
            (Some(_), Some(_)) => {}
        }
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        done
    }
}

impl Pass<'_> {
    /// Why the call may not go any more: the circuit has opened since, and another one tries.
    pub fn overtaken(&self) -> Option<String> {
        if self.pass.is_some_and(|pass| pass.is_try) {
            return None;
        }
        self.fuse.outage().map(|outage| outage.reason)
    }

    /// Says what became of the call. Whether calls are held now.
    pub fn note(mut self, sign: Sign) -> bool {
        if let Some(pass) = self.pass.take() {
            let (now, jitter) = (self.fuse.clock.now(), self.fuse.jitter.next());
            self.fuse.change(|circuit| circuit.note(pass, sign, now, jitter));
        }
        self.fuse.outage().is_some()
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            self.fuse.change(|circuit| circuit.give_back(pass));
        }
    }
}

/// Somebody who waits.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
