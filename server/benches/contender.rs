//! Who is measured, and how each is started.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Failure,
    people::Segment,
    process::{Cost, run},
    stand_in::{Door, Order, Report, StandIn},
};

/// Somebody who tells memberships to Segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// The release binary, on SQLite: reads the segment, decides, and delivers.
    Segue {
        /// Its database lies on the disk, or else in memory.
        on_disk: bool,
    },
    /// Segment's SDK for Node.
    Node {
        /// Events of a batch.
        batch: u32,
    },
    /// Segment's SDK for Python.
    Python {
        /// Events of a batch.
        batch: u32,
        /// Threads that send.
        threads: u32,
    },
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Segue { on_disk: true } => write!(f, "Segue"),
            Self::Segue { on_disk: false } => write!(f, "Segue, database in memory"),
            Self::Node { batch } => write!(f, "analytics-node, batches of {batch}"),
            Self::Python { batch, threads: 1 } => write!(f, "analytics-python, batches of {batch}"),
            Self::Python { batch, threads } => {
                write!(f, "analytics-python, batches of {batch}, {threads} threads")
            }
        }
    }
}

/// One run of one contender.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What the process cost.
    pub cost: Cost,
    /// What arrived.
    pub report: Report,
    /// What arrived is what had to: everybody's last word.
    pub is_valid: bool,
}

/// Where contenders run.
pub struct Ring {
    /// Both vendors.
    pub stand_in: StandIn,
    /// Segue's binary.
    pub segue: PathBuf,
    /// Installed SDKs, databases.
    pub folder: PathBuf,
    /// Contenders run on the first core, the stand-in on the second.
    pub pinned: bool,
}

/// A command on one core, if the machine has two.
pub fn on_core(core: u32, pinned: bool, program: impl AsRef<std::ffi::OsStr>) -> Command {
    if pinned {
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(program);
        command
    } else {
        Command::new(program)
    }
}

impl Ring {
    /// Installs the SDKs, in the versions that `peers/` pins, unless they are there.
    pub fn install_peers(&self) -> Result<(), Failure> {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        for name in ["package.json", "package-lock.json", "node.mjs", "python.py"] {
            fs::copy(peers.join(name), self.folder.join(name))?;
        }
        if !self.folder.join("node_modules").exists() {
            say("installing @segment/analytics-node by npm");
            let mut npm = Command::new("npm");
            npm.args(["ci", "--silent", "--ignore-scripts"]).current_dir(&self.folder);
            done(npm)?;
        }
        if !self.folder.join("python/bin/segment").exists() {
            say("installing segment-analytics-python by pip");
            let mut venv = Command::new("python3");
            venv.args(["-m", "venv", "python"]).current_dir(&self.folder);
            done(venv)?;
            let mut pip = Command::new(self.folder.join("python/bin/pip"));
            pip.args(["install", "--quiet", "-r"]).arg(peers.join("requirements.txt"));
            done(pip)?;
            fs::write(self.folder.join("python/bin/segment"), "")?;
        }
        Ok(())
    }

    /// Lets a contender tell a whole segment for the first time.
    pub fn first(
        &mut self,
        who: Contender,
        segment: Segment,
        door: Door,
    ) -> Result<Sample, Failure> {
        if let Contender::Segue { on_disk } = who {
            self.new_segue(on_disk)?;
        }
        self.again(who, segment, door, true)
    }

    /// Lets a contender tell a segment; Segue knows from its database what it told before.
    pub fn again(
        &mut self,
        who: Contender,
        segment: Segment,
        door: Door,
        fresh: bool,
    ) -> Result<Sample, Failure> {
        let command = self.command(who, segment.people);
        self.stand_in.tell(Order::Begin { segment, door, fresh })?;
        let cost = run(command)?;
        let report = self.stand_in.tell(Order::Report)?;
        let is_valid = match door {
            // It stopped at the door, as it should.
            Door::Closed => report.events == 0 && report.refused > 0,
            _ => cost.ended_well && report.digest == segment.digest(),
        };
        if !is_valid {
            say(&format!("void: {who}: {report:?}"));
        }
        Ok(Sample { cost, report, is_valid })
    }

    fn command(&self, who: Contender, people: u32) -> Command {
        match who {
            Contender::Segue { on_disk } => {
                let mut command = self.segue(on_disk);
                command.args(["sync", "--once", "--json"]);
                command
            }
            Contender::Node { batch } => {
                let mut command = on_core(0, self.pinned, "node");
                command.current_dir(&self.folder).args(["node.mjs", &self.stand_in.url]);
                command.args([people, batch].map(|one| one.to_string()));
                command
            }
            Contender::Python { batch, threads } => {
                let python = self.folder.join("python/bin/python");
                let mut command = on_core(0, self.pinned, python);
                command.current_dir(&self.folder).args(["python.py", &self.stand_in.url]);
                command.args([people, batch, threads].map(|one| one.to_string()));
                command
            }
        }
    }

    fn segue(&self, on_disk: bool) -> Command {
        let mut command = on_core(0, self.pinned, &self.segue);
        let folder = self.database(on_disk);
        command
            .env("SEGUE_DATABASE_URL", format!("sqlite:{}", folder.join("segue.db").display()))
            .env("SEGUE_SECRET_KEY_FILE", folder.join("segue.key"))
            .env("SEGUE_CUSTOMERIO_URL", &self.stand_in.url)
            .env("SEGUE_TWILIO_TRACKING_URL", &self.stand_in.url)
            .env("SEGUE_LOG", "error");
        command
    }

    /// A folder of the disk, or of memory.
    fn database(&self, on_disk: bool) -> PathBuf {
        if on_disk {
            self.folder.join("database")
        } else {
            Path::new("/dev/shm").join(format!("segue-bench-{}", std::process::id()))
        }
    }

    /// A new database with one mapping.
    fn new_segue(&self, on_disk: bool) -> Result<(), Failure> {
        let folder = self.database(on_disk);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let file = folder.join("segue.toml");
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/segue.toml"), &file)?;
        let mut command = self.segue(on_disk);
        command.arg("apply").arg(file).stdout(std::process::Stdio::null());
        done(command)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        for on_disk in [true, false] {
            let _ = fs::remove_dir_all(self.database(on_disk));
        }
    }
}

fn done(mut command: Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// Tells whoever waits.
pub fn say(what: &str) {
    eprintln!("bench: {what}");
}
