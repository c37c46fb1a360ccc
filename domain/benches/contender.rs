//! Who is measured, how the peers come here, and how each is asked.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Somebody who says whether an event is as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contender {
    /// [`domain::contract::check::Checker`].
    Segue,
    /// npm's `ajv`, on the contract's JSON Schemas.
    Ajv,
    /// Python's `jsonschema-rs`, on the same.
    JsonschemaRs,
}

/// How long a contender works, in seconds of CPU.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Before anything counts.
    pub warm: f64,
    /// For each figure, at least.
    pub measured: f64,
}

/// What a contender's process says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Itself, with its version.
    pub name: String,
    /// Events a second of CPU that were parsed before.
    pub parsed: f64,
    /// The same from the bytes of a body on.
    pub bytes: f64,
    /// For each event 1 or 0, parsed before and from its bytes.
    pub verdicts: [String; 2],
}

/// Where contenders run.
pub struct Ring {
    /// The corpus and the schemas.
    pub corpus: PathBuf,
    /// The peers, installed.
    pub peers: PathBuf,
    /// All of them on the first core, one after the other.
    pub pinned: bool,
    /// How long each works.
    pub effort: Effort,
}

impl Contender {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Segue, Self::Ajv, Self::JsonschemaRs];

    /// Its name where it has told none.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segue => "Segue",
            Self::Ajv => "ajv",
            Self::JsonschemaRs => "jsonschema-rs",
        }
    }

    /// What interprets its script, and what lies there once it is installed.
    fn program(self, peers: &Path) -> Result<(PathBuf, PathBuf), Failure> {
        Ok(match self {
            Self::Segue => (std::env::current_exe()?, PathBuf::new()),
            Self::Ajv => ("node".into(), peers.join("node_modules/ajv-formats/package.json")),
            Self::JsonschemaRs => (peers.join("python/bin/python"), peers.join("python/installed")),
        })
    }
}

impl Ring {
    /// Installs a peer in the version that `peers/` pins, unless it is there; tells why it can't.
    pub fn install(&self, who: Contender) -> Result<(), Failure> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        fs::create_dir_all(&self.peers)?;
        for file in fs::read_dir(&sources)? {
            let file = file?;
            fs::copy(file.path(), self.peers.join(file.file_name()))?;
        }
        let (program, installed) = who.program(&self.peers)?;
        match who {
            Contender::Segue => return Ok(()),
            Contender::Ajv | Contender::JsonschemaRs if installed.exists() => return Ok(()),
            Contender::Ajv => {
                say("installing ajv by npm");
                let mut npm = Command::new("npm");
                npm.args(["ci", "--silent", "--ignore-scripts"]).current_dir(&self.peers);
                done(npm)?;
            }
            Contender::JsonschemaRs => {
                say("installing jsonschema-rs by pip");
                let mut venv = Command::new("python3");
                venv.args(["-m", "venv", "python"]).current_dir(&self.peers);
                done(venv)?;
                let mut pip = Command::new(&program);
                pip.args(["-m", "pip", "install", "--quiet", "-r", "requirements.txt"]);
                pip.current_dir(&self.peers);
                done(pip)?;
                fs::write(installed, "")?;
            }
        }
        Ok(())
    }

    /// Lets one check everything, in a new process.
    pub fn ask(&self, who: Contender) -> Result<Answer, Failure> {
        let (program, _) = who.program(&self.peers)?;
        let mut command = on_first_core(self.pinned, &program);
        command.args(match who {
            Contender::Segue => ["--as-contender"],
            Contender::Ajv => ["contract.mjs"],
            Contender::JsonschemaRs => ["contract.py"],
        });
        command.arg(&self.corpus).current_dir(&self.peers).stderr(Stdio::inherit());
        command.args([self.effort.warm, self.effort.measured].map(|seconds| seconds.to_string()));
        let output = command.output().map_err(|error| format!("{}: {error}", who.as_str()))?;
        if !output.status.success() {
            return Err(format!("{}: {}", who.as_str(), output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// A command on the first core, where that can be chosen.
pub fn on_first_core(pinned: bool, program: impl AsRef<std::ffi::OsStr>) -> Command {
    if !pinned {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

fn done(mut command: Command) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name}: {status}").into()) }
}

/// Tells whoever waits.
#[expect(clippy::print_stderr, reason = "whoever waits wants to know for what")]
pub fn say(what: &str) {
    eprintln!("bench: {what}");
}
