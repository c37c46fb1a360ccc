//! Two processes on one PostgreSQL, one of them killed or stopped at random: each transition
//! goes under one id, and whoever is left goes on.

use std::time::Duration;

use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::{
    kill::{assert_truth, file, world},
    *,
};

const SERVE: [&str; 5] = ["serve", "--role", "worker", "--addr", "127.0.0.1:0"];

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success(), "kill {name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_a_database_whatever_befalls_one() {
    let bench = Bench::new(Engine::Postgres).await;
    let mut random = seeded(23);
    let mut truth = world(&bench, &mut random).await;
    let often = file().replace("use_case = ", "every = \"1s\"\nuse_case = ");
    bench.apply(&often).await;
    let late = Fault::new(Vendor::Tracking, FaultKind::Delay).after();
    bench.sandbox.faults.inject(Fault { millis: Some(40), ..late }, now());
    let mut workers = [bench.start(&SERVE), bench.start(&SERVE)];
    for _ in 0..20 {
        truth.change(&mut random, 0.01);
        truth.write(&bench);
        tokio::time::sleep(Duration::from_millis(random.random_range(100..600))).await;
        let one = &mut workers[random.random_range(0..2)];
        if random.random_bool(0.5) {
            one.kill().unwrap();
            one.wait().unwrap();
            *one = bench.start(&SERVE);
        } else {
            signal(one, "-STOP");
            tokio::time::sleep(Duration::from_millis(random.random_range(50..300))).await;
            signal(one, "-CONT");
        }
    }
    // One dies for good: the other has everything at once, and tells it.
    workers[0].kill().unwrap();
    workers[0].wait().unwrap();
    truth.change(&mut random, 0.01);
    truth.write(&bench);
    bench.sandbox.faults.clear();
    assert_truth(&bench, &truth).await;
    workers[1].kill().unwrap();
    workers[1].wait().unwrap();
}
