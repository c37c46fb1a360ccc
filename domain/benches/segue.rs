//! Segue's own side: the checker in a process of its own, as its peers are.
//!
//! Two rates: of bodies that were parsed before, and from a body's bytes on. Both look up the
//! event's name and its properties in the body, as the peers do, and ask for yes or no; of what
//! isn't as agreed, Segue's answer also tells what is wrong.

use std::{fs, hint::black_box, path::Path};

use domain::contract::check::{Checker, Verdict};
use serde_json::{Map, Value};

use crate::{
    Failure,
    contender::{Answer, Effort},
    corpus,
};

type Body = Map<String, Value>;

/// Holds all events of the folder against the contract, over and over.
pub fn answer(folder: &Path, effort: Effort) -> Result<Answer, Failure> {
    let checker = Checker::new(&corpus::contract());
    let file = fs::read(folder.join("events.ndjson"))?;
    let bodies: Vec<&[u8]> =
        file.split(|&byte| byte == b'\n').filter(|body| !body.is_empty()).collect();
    let parse = |body: &&[u8]| serde_json::from_slice::<Body>(body);
    let events = bodies.iter().map(parse).collect::<Result<Vec<Body>, _>>()?;

    let of_parsed = |event: &Body| passes(&checker, event);
    let of_bytes = |body: &&[u8]| parse(body).is_ok_and(|event| passes(&checker, &event));
    Ok(Answer {
        name: "Segue".to_owned(),
        parsed: rate(&events, effort, of_parsed)?,
        bytes: rate(&bodies, effort, of_bytes)?,
        verdicts: [verdicts(&events, of_parsed), verdicts(&bodies, of_bytes)],
    })
}

fn passes(checker: &Checker, event: &Body) -> bool {
    let Some(Value::String(name)) = event.get("event") else { return false };
    !matches!(checker.check(name, event.get("properties")), Verdict::Violated(_))
}

fn verdicts<T>(all: &[T], passes: impl Fn(&T) -> bool) -> String {
    all.iter().map(|one| if passes(one) { '1' } else { '0' }).collect()
}

/// Events a second of CPU.
fn rate<T>(all: &[T], effort: Effort, passes: impl Fn(&T) -> bool) -> Result<f64, Failure> {
    let pass = || black_box(all.iter().filter(|one| passes(black_box(one))).count());
    let began = cpu()?;
    while cpu()? - began < effort.warm {
        pass();
    }
    let (began, mut events) = (cpu()?, 0.0);
    loop {
        pass();
        events += f64::from(u32::try_from(all.len())?);
        let spent = cpu()? - began;
        if spent >= effort.measured {
            return Ok(events / spent);
        }
    }
}

/// Seconds of CPU that this process has had; it has one thread.
fn cpu() -> Result<f64, Failure> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}
