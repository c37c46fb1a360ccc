//! A process from its start to its end, with what it cost. Linux only: it reads `/proc`.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::Failure;

/// How often a running process is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// The kernel counts processor time in hundredths of a second, whatever its own clock.
const TICKS: f64 = 100.0;

/// What a process cost.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Processor seconds, in user's code and in the kernel.
    pub cpu: f64,
    /// Bytes of memory at its fullest.
    pub peak: u64,
    /// Bytes that it caused to be written to disk.
    pub written: u64,
    /// Whether it ended well.
    pub ended_well: bool,
}

/// Runs a command to its end. What it costs is read once it has ended, before it is buried.
pub fn run(mut command: Command) -> Result<Cost, Failure> {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let folder = format!("/proc/{}", child.id());
    let mut cost = Cost::default();
    loop {
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        // The name before the brackets' end may hold anything.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let status = fs::read_to_string(format!("{folder}/status"))?;
        cost.peak = cost.peak.max(1_024 * number_after(&status, "VmHWM:"));
        if fields.first() == Some(&"Z") {
            let ticks =
                |at: usize| fields.get(at).and_then(|one| one.parse::<f64>().ok()).unwrap_or(0.0);
            cost.cpu = (ticks(11) + ticks(12)) / TICKS;
            cost.written =
                number_after(&fs::read_to_string(format!("{folder}/io"))?, "write_bytes:");
            cost.wall = started.elapsed().as_secs_f64();
            cost.ended_well = child.wait()?.success();
            return Ok(cost);
        }
        std::thread::sleep(LOOK);
    }
}

/// The number that follows a name, in files that have one a line.
pub fn number_after(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
