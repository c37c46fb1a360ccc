//! Keeps events in groups: whoever waits while one group is written makes the next one, so that
//! many share a commit. Nobody hears that their event is kept before it is.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Error, Result,
    events::port::{EventStore, Intake, Kept, NewEvent},
    sync::Wake,
    time::Clock,
};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

/// Calls that may wait; more are told to come again.
const QUEUE: usize = 4_096;

/// Events of one commit; a call's own are never parted.
const GROUP: usize = 2_048;

struct Asked {
    events: Vec<NewEvent>,
    answer: oneshot::Sender<Result<Vec<Kept>>>,
}

/// Where events are handed in.
pub struct GroupIntake {
    queue: mpsc::Sender<Asked>,
}

impl GroupIntake {
    /// Over a store; `kept` is woken when something new was kept. It ends with its last handle,
    /// after what was handed in is kept.
    pub fn start(store: Arc<dyn EventStore>, clock: Arc<dyn Clock>, kept: Arc<dyn Wake>) -> Self {
        let (queue, asked) = mpsc::channel(QUEUE);
        tokio::spawn(Keeper { store, clock, kept }.run(asked));
        Self { queue }
    }
}

#[async_trait]
impl Intake for GroupIntake {
    async fn keep(&self, events: Vec<NewEvent>) -> Result<Vec<Kept>> {
        let (answer, kept) = oneshot::channel();
        self.queue.try_send(Asked { events, answer }).map_err(|error| match error {
            TrySendError::Full(_) => {
                Error::Busy("more events wait than can be kept soon: send it again".to_owned())
            }
            closed @ TrySendError::Closed(_) => Error::unexpected(closed.to_string()),
        })?;
        kept.await.map_err(Error::unexpected)?
    }
}

struct Keeper {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    kept: Arc<dyn Wake>,
}

impl Keeper {
    async fn run(self, mut queue: mpsc::Receiver<Asked>) {
        while let Some(first) = queue.recv().await {
            let (mut size, mut group) = (first.events.len(), vec![first]);
            while size < GROUP
                && let Ok(next) = queue.try_recv()
            {
                size += next.events.len();
                group.push(next);
            }
            self.keep(group).await;
        }
    }

    async fn keep(&self, group: Vec<Asked>) {
        let events: Vec<NewEvent> =
            group.iter().flat_map(|asked| asked.events.iter().cloned()).collect();
        let now = self.clock.now();
        match self.store.keep_events(&events, now).await {
            Ok(mut all) => {
                if all.contains(&Kept::New) {
                    self.kept.wake();
                }
                for asked in group {
                    let rest = all.split_off(asked.events.len().min(all.len()));
                    // Whoever has hung up meanwhile asks again.
                    let _ = asked.answer.send(Ok(std::mem::replace(&mut all, rest)));
                }
            }
            // One of them may be at fault: nobody else suffers for it.
            Err(error) if group.len() > 1 => {
                tracing::warn!(error = ?error, "a group of events could not be kept: {error}");
                for asked in group {
                    Box::pin(self.keep(vec![asked])).await;
                }
            }
            Err(error) => {
                if let Some(asked) = group.into_iter().next() {
                    let _ = asked.answer.send(Err(error));
                }
            }
        }
    }
}
