//! `make bench`: how fast, how light, and what a change costs, beside Segment's own SDKs.
//!
//! Every figure comes from whole processes over real sockets against one stand-in, contenders
//! in turn, one order and then the other; it is the median of all rounds, with its spread. A
//! round in which any contender told something else than the truth is void. What the figures
//! mean is in `docs/performance.md`.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::print_stderr, reason = "whoever waits wants to know for what")]

mod console;
mod contender;
mod events;
mod installation;
mod machine;
mod measures;
mod people;
mod process;
mod replay;
mod stand_in;
mod table;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;

use contender::{Ring, on_core, say};
use measures::{Measure, Plan};
use stand_in::StandIn;
use table::Table;

/// Whatever stops the bench.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures Segue beside Segment's SDKs.
#[derive(clap::Parser)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
struct Options {
    /// Fewer people, one round: does it run at all?
    #[arg(long)]
    quick: bool,
    /// How many rounds; the figures are their medians
    #[arg(long)]
    rounds: Option<u32>,
    /// Only these
    #[arg(long, value_enum)]
    only: Vec<Measure>,
    /// Only Segue
    #[arg(long)]
    without_peers: bool,
    /// Another binary than the one just built, to compare with
    #[arg(long, default_value = env!("CARGO_BIN_EXE_segue"))]
    segue: PathBuf,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
    /// Is the stand-in
    #[arg(long, hide = true)]
    stand_in: bool,
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    if options.stand_in {
        return stand_in::serve();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;

    let cores = std::thread::available_parallelism()?.get();
    let pinned = cores > 1 && on_core(0, true, "true").status().is_ok_and(|one| one.success());
    let mut command = on_core(1, pinned, std::env::current_exe()?);
    command.arg("--stand-in");
    let stand_in = StandIn::start(command)?;
    let mut ring = Ring { stand_in, segue: options.segue, folder: folder.clone(), pinned };

    let mut plan = if options.quick { Plan::QUICK } else { Plan::FULL };
    plan.rounds = options.rounds.unwrap_or(plan.rounds);
    plan.peers = !options.without_peers;
    if plan.peers {
        ring.install_peers()?;
    }

    let mut table = Table::default();
    for (name, value) in machine::facts(&folder)? {
        table.add("Machine", name, value);
    }
    let pins = if pinned { "contender on core 0, stand-in on core 1" } else { "not pinned" };
    table.add("Machine", "cores used", pins);
    table.add("Machine", "rounds", plan.rounds.to_string());
    for measure in Measure::ALL {
        if options.only.is_empty() || options.only.contains(&measure) {
            say(&format!("measuring: {measure:?}"));
            measures::measure(measure, &mut ring, &plan, &mut table)?;
        }
    }
    let report = folder.join("report.md");
    fs::write(&report, table.markdown())?;
    println!("{}\nAs Markdown: {}", table.text(), report.display());
    Ok(())
}
