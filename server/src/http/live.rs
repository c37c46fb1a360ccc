//! `/live/events`: frames as server-sent events, for the page that shows them.
//!
//! Frames are gathered for a moment and go together. The body is made only as fast as it is read,
//! so a tab that is slow falls behind in [`Hub`], which forgets for it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use domain::{
    access::{Actor, Role},
    events::live::{Filter, Frame, Frames},
};
use futures::{Stream, StreamExt as _, stream};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::live::{Hub, Told};

/// Frames are gathered so long.
const GATHER: Duration = Duration::from_millis(250);

/// And so many of them go together; the rest of that moment is counted as missed.
const TOGETHER: usize = 50;

/// A reader who was sent away comes again after so long.
const AGAIN: Duration = Duration::from_millis(500);

/// So many may watch at once.
const READERS: usize = 64;

/// After so long a reader comes again by itself, and is asked anew who they are.
const LONGEST: Duration = Duration::from_mins(5);

#[derive(Clone)]
struct Watching {
    hub: Arc<Hub>,
    readers: Arc<Semaphore>,
    stop: CancellationToken,
}

#[derive(Deserialize)]
struct After {
    /// The last frame that is known already.
    #[serde(default)]
    after: u64,
}

/// The route; whoever reaches it has been let in. All readers are sent away when `stop` is told.
pub fn routes(hub: Arc<Hub>, stop: CancellationToken) -> Router {
    let readers = Arc::new(Semaphore::new(READERS));
    Router::new().route("/live/events", get(watch)).with_state(Watching { hub, readers, stop })
}

async fn watch(
    State(watching): State<Watching>,
    Extension(actor): Extension<Actor>,
    Query(After { after }): Query<After>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Response {
    // Events name people.
    if actor.require(Role::Operator).is_err() {
        return (StatusCode::FORBIDDEN, "events name people: they are for operators\n")
            .into_response();
    }
    let Ok(seat) = watching.readers.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many watch: close another tab\n")
            .into_response();
    };
    // A browser that lost its connection says what it had.
    let had = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = had.unwrap_or(after);
    let (known, gone, told) = watching.hub.watch(after);
    let last = known.last().map_or(after, |frame| frame.number);
    let wanted = known.iter().filter(|frame| filter.wants(frame));
    let first = Frames { frames: wanted.map(|frame| Frame::clone(frame)).collect(), missed: gone };
    let reader = Reader { told, filter, last, until: Instant::now() + LONGEST, _seat: seat };
    let frames = stream::iter([event(last, &first).retry(AGAIN)])
        .chain(reader.frames())
        .take_until(watching.stop.cancelled_owned());
    let frames = Sse::new(frames.map(Ok::<_, Infallible>)).keep_alive(KeepAlive::default());
    // A proxy in between must not gather them.
    ([("x-accel-buffering", "no")], frames).into_response()
}

struct Reader {
    told: Receiver<Told>,
    filter: Filter,
    last: u64,
    until: Instant,
    _seat: OwnedSemaphorePermit,
}

impl Reader {
    fn frames(self) -> impl Stream<Item = Event> {
        stream::unfold(self, async |mut reader| {
            let frames = reader.next().await?;
            Some((event(reader.last, &frames), reader))
        })
    }

    /// What happened within the next moment in which something did; nothing once it is over.
    async fn next(&mut self) -> Option<Frames> {
        let mut frames = Frames::default();
        loop {
            tokio::select! {
                told = self.told.recv() => self.hear(told, &mut frames)?,
                () = sleep_until(self.until) => return None,
            }
            if frames != Frames::default() {
                break;
            }
        }
        let end = Instant::now() + GATHER;
        while let Ok(told) = timeout_at(end, self.told.recv()).await {
            self.hear(told, &mut frames)?;
        }
        Some(frames)
    }

    /// Nothing once the process ends.
    fn hear(&mut self, told: Result<Told, RecvError>, frames: &mut Frames) -> Option<()> {
        match told {
            Ok(Told::Frame(frame)) => {
                self.last = frame.number;
                if self.filter.wants(&frame) {
                    if frames.frames.len() < TOGETHER {
                        frames.frames.push(Frame::clone(&frame));
                    } else {
                        frames.missed += 1;
                    }
                }
            }
            Ok(Told::Missed(missed)) | Err(RecvError::Lagged(missed)) => frames.missed += missed,
            Err(RecvError::Closed) => return None,
        }
        Some(())
    }
}

fn event(last: u64, frames: &Frames) -> Event {
    // Frames are text and numbers: they always serialise.
    Event::default().id(last.to_string()).json_data(frames).unwrap_or_default()
}
