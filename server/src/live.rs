//! Tells frames to whoever watches: see [`domain::events::live`].
//!
//! Memory is bounded: the newest `KEPT` for whoever opens the page, and `AHEAD` for each
//! reader to be behind by. A reader who is further behind has missed the oldest of those.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{
    events::live::{Filter, Frame, Live},
    time::Instant,
};
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// So many are known to whoever comes.
const KEPT: usize = 100;

/// So far behind a reader may be.
const AHEAD: usize = 512;

/// What a reader hears.
#[derive(Clone, Debug)]
pub enum Told {
    /// One more.
    Frame(Arc<Frame>),
    /// So many that aren't told.
    Missed(u64),
}

/// All frames of this process.
pub struct Hub {
    readers: Sender<Told>,
    /// Numbers go on from here.
    began: u64,
    newest: Mutex<Newest>,
}

/// The newest frames.
struct Newest {
    /// That of the last one.
    number: u64,
    /// The oldest first.
    frames: VecDeque<Arc<Frame>>,
}

impl Hub {
    /// Of a process that began now: its numbers are above those of the one before, which a page
    /// may still have.
    pub fn new(now: Instant) -> Self {
        let began = now.0.unsigned_abs();
        let newest = Mutex::new(Newest { number: began, frames: VecDeque::new() });
        Self { readers: channel(AHEAD).0, began, newest }
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A further reader: the frames that are known after this one, whatever happens from then
    /// on, and how many between the two are gone.
    pub fn watch(&self, after: u64) -> (Vec<Arc<Frame>>, u64, Receiver<Told>) {
        // Under the lock, so that nothing falls in between or comes twice.
        let newest = self.newest();
        let receiver = self.readers.subscribe();
        let known: Vec<Arc<Frame>> =
            newest.frames.iter().filter(|one| one.number > after).cloned().collect();
        let first = known.first().map_or(0, |frame| frame.number);
        // What another process has told isn't counted, nor is what nobody asked for.
        let gone = if after < self.began.max(1) { 0 } else { first.saturating_sub(after + 1) };
        (known, gone, receiver)
    }
}

impl Live for Hub {
    fn is_watched(&self) -> bool {
        self.readers.receiver_count() > 0
    }

    fn tell(&self, frame: Frame) {
        let mut newest = self.newest();
        newest.number += 1;
        let frame = Arc::new(Frame { number: newest.number, ..frame });
        // Nobody hears it if nobody watches.
        let _ = self.readers.send(Told::Frame(frame.clone()));
        if newest.frames.len() == KEPT {
            newest.frames.pop_front();
        }
        newest.frames.push_back(frame);
    }

    fn miss(&self, frames: u64) {
        if frames > 0 {
            let _ = self.readers.send(Told::Missed(frames));
        }
    }

    fn recent(&self, filter: &Filter) -> Vec<Frame> {
        let newest = self.newest();
        newest
            .frames
            .iter()
            .filter(|frame| filter.wants(frame))
            .map(|frame| Frame::clone(frame))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::events::live::Verdict;

    use super::*;

    fn frame(name: &str) -> Frame {
        Frame {
            number: 0,
            at: Instant(0),
            name: name.to_owned(),
            people: Vec::new(),
            destination: None,
            verdict: Verdict::Taken,
            note: String::new(),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn whoever_comes_back_misses_only_what_is_gone() {
        let hub = Hub::new(Instant(0));
        assert!(!hub.is_watched());
        for number in 1..=250 {
            hub.tell(frame(&number.to_string()));
        }
        let known = |after: u64| {
            let (known, gone, _) = hub.watch(after);
            (known.first().map_or(0, |one| one.number), known.len(), gone)
        };
        assert_eq!(known(0), (151, 100, 0), "whoever is new has missed nothing");
        assert_eq!(known(200), (201, 50, 0));
        assert_eq!(known(150), (151, 100, 0));
        assert_eq!(known(100), (151, 100, 50));
        assert_eq!(known(250), (0, 0, 0));
        assert_eq!(known(999), (0, 0, 0));
        let two = Filter { name: "24".to_owned(), ..Filter::default() };
        assert_eq!(hub.recent(&two).len(), 11);
        // A page that stayed open while the process began anew.
        let anew = Hub::new(Instant(1_000));
        anew.tell(frame("a"));
        let (known, gone, _) = anew.watch(250);
        assert_eq!((known[0].number, gone), (1_001, 0));
    }

    #[tokio::test]
    async fn a_slow_reader_misses_the_oldest_and_is_told() {
        let hub = Hub::new(Instant(0));
        let (_, _, mut reader) = hub.watch(0);
        assert!(hub.is_watched());
        for number in 0..AHEAD + 10 {
            hub.tell(frame(&number.to_string()));
        }
        let lagged = reader.recv().await.unwrap_err();
        assert!(matches!(lagged, tokio::sync::broadcast::error::RecvError::Lagged(10)));
        let Ok(Told::Frame(first)) = reader.recv().await else { panic!("no frame") };
        assert_eq!(first.number, 11);
        drop(reader);
        assert!(!hub.is_watched());
    }
}
