//! A full disk, for real: no file may grow past a limit that the kernel enforces.

use std::{
    io::{BufRead as _, BufReader},
    sync::Mutex,
    time::Duration,
};

use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::{
    kill::{META, Truth, assert_truth, assert_turns, file, world},
    *,
};

/// In blocks of 1,024 bytes: from too small for the first reading to enough for everything.
const LIMITS: std::ops::Range<u32> = 128..8_192;
const STEP: usize = 128;

/// Seconds until something that must happen has not.
const PATIENCE: u64 = 60;

impl Bench {
    /// A command whose files may have so many blocks. A write past them is an error and no
    /// signal.
    fn start_within(&self, blocks: &str, arguments: &[&str]) -> Child {
        let real = self.command(arguments);
        let script = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("bash");
        command.args(["-c", &script]).arg(real.get_program()).args(real.get_args()).env_clear();
        for (name, value) in real.get_envs() {
            command.env(name, value.unwrap());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

/// From now on no file of a running process takes a byte, or any number of them.
fn limit(child: &Child, bytes: &str) {
    let (pid, size) = (child.id().to_string(), format!("--fsize={bytes}:"));
    let set = Command::new("prlimit").args(["--pid", &pid, &size]).status().unwrap();
    assert!(set.success(), "prlimit {size}");
}

async fn ended(child: Child) -> Output {
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

fn assert_said_clearly(output: &Output) {
    let said = told(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("make room on its disk") && !said.contains("panicked"), "{said}");
}

/// What a process says while it runs.
struct Log(Arc<Mutex<String>>);

impl Log {
    fn follow(child: &mut Child) -> Self {
        let (said, lines) = (Arc::new(Mutex::new(String::new())), child.stderr.take().unwrap());
        let kept = said.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(std::result::Result::ok) {
                kept.lock().unwrap().push_str(&line);
            }
        });
        Self(said)
    }

    fn count(&self, words: &str) -> usize {
        self.0.lock().unwrap().matches(words).count()
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(PATIENCE), waiting).await;
    assert!(waited.is_ok(), "{what}");
}

async fn scene(seed: u64, file: &str) -> (Bench, StdRng, Truth) {
    let bench = Bench::new(Engine::Sqlite).await;
    let mut random = seeded(seed);
    let truth = world(&bench, &mut random).await;
    bench.apply(file).await;
    (bench, random, truth)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_clearly_wherever_it_is_met() {
    let (bench, mut random, mut truth) = scene(61, &file()).await;
    let mut failed = 0;
    for blocks in LIMITS.step_by(STEP) {
        let child = bench.start_within(&blocks.to_string(), &["sync", "--once", "--json"]);
        let output = ended(child).await;
        if output.status.success() {
            break;
        }
        failed += 1;
        assert_said_clearly(&output);
        assert_turns(&bench);
        truth.change(&mut random, 0.01);
        truth.write(&bench);
    }
    assert!(failed > 2, "the disk was never full");
    assert_truth(&bench, &truth).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_finds_the_disk_full_is_asked_for_again_under_the_same_ids() {
    let (bench, mut random, mut truth) = scene(62, &file()).await;
    let hold = Fault::new(Vendor::Tracking, FaultKind::Hold).after();
    bench.sandbox.faults.inject(hold, now());
    let child = bench.start_within("unlimited", &["sync", "--once", "--json"]);
    until("nothing was sent", || bench.sandbox.platform.counts().received > 0).await;
    limit(&child, "1");
    bench.sandbox.faults.clear();
    assert_said_clearly(&ended(child).await);
    let counts = bench.sandbox.platform.counts();
    // One batch was on its way for each mapping at most: nothing went without a claim.
    assert!(counts.unique > 0 && counts.duplicate == 0, "{counts:?}");
    truth.change(&mut random, 0.01);
    truth.write(&bench);
    assert_truth(&bench, &truth).await;
    assert_eq!(bench.sandbox.platform.counts().duplicate, counts.unique);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_on_by_itself_once_there_is_room() {
    let often = file().replace("use_case = ", "every = \"1s\"\nuse_case = ");
    let (bench, mut random, mut truth) = scene(63, &often).await;
    let is_there = |truth: &Truth| {
        bench.platform(META, "cart_abandoners") == platform_names(&truth.cart())
            && bench.platform(META, "browsed") == platform_names(&truth.browsed())
    };
    let serve = ["serve", "--role", "worker", "--addr", "127.0.0.1:0"];
    let mut child = bench.start_within("unlimited", &serve);
    let log = Log::follow(&mut child);
    until("it never began", || is_there(&truth)).await;
    limit(&child, "1");
    let before = bench.sandbox.platform.counts().received;
    truth.change(&mut random, 0.01);
    truth.write(&bench);
    until("it says nothing", || log.count("make room on its disk") > 2).await;
    assert_eq!(bench.sandbox.platform.counts().received, before, "nothing goes without a claim");
    limit(&child, "unlimited");
    until("it doesn't go on", || is_there(&truth)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(log.count("panicked"), 0);
    assert_truth(&bench, &truth).await;
}
