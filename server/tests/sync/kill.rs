//! kill -9 at seeded moments, while acknowledgements come late and membership changes in
//! between: nothing is lost, no transition goes under two ids, the end is the truth.

use std::time::Duration;

use server::sandbox::fault::{Fault, FaultKind, Vendor};

use super::*;

pub(super) const PEOPLE: u32 = 3_000;
pub(super) const META: &str = "Facebook Custom Audiences";

pub(super) fn file() -> String {
    let mut file = one_mapping();
    file += "[[audience]]\nkey = \"browsed\"\nsegment = 2\n[[audience]]\nkey = \"bought\"\nsegment = 3\n\
             [[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n\
             [[mapping]]\nkey = \"browsed\"\naudience = \"browsed\"\ndestination = \"meta\"\nuse_case = \"retarget\"\nexclusivity_group = \"recovery\"\npriority = 20\n";
    file.replace(
        "key = \"cart\"\naudience = \"cart-abandoners\"\n",
        "key = \"cart\"\nexclusivity_group = \"recovery\"\npriority = 10\naudience = \"cart-abandoners\"\n",
    )
}

/// The world as sets of numbers, in the order of the segments.
pub(super) struct Truth(pub [BTreeSet<u32>; 3]);

impl Truth {
    pub fn change(&mut self, random: &mut StdRng, share: f64) {
        for segment in &mut self.0 {
            for number in draw(random, PEOPLE, share) {
                if !segment.remove(&number) {
                    segment.insert(number);
                }
            }
        }
    }

    pub fn write(&self, bench: &Bench) {
        for (segment, members) in (1..).zip(&self.0) {
            let members = names(members);
            bench.sandbox.world.set_members(segment, members.iter().map(String::as_str)).unwrap();
        }
    }

    pub fn cart(&self) -> BTreeSet<u32> {
        let [cart, _, bought] = &self.0;
        cart.iter()
            .copied()
            .filter(|number| has_email(*number) && !bought.contains(number))
            .collect()
    }

    pub fn browsed(&self) -> BTreeSet<u32> {
        let [_, browsed, bought] = &self.0;
        let cart = self.cart();
        let free =
            |number: &u32| has_email(*number) && !bought.contains(number) && !cart.contains(number);
        browsed.iter().copied().filter(free).collect()
    }
}

/// Each person's messages of one audience must take turns: in, out, in. Two of a kind in a
/// row would be one transition under two ids.
pub(super) fn assert_turns(bench: &Bench) {
    let mut last: BTreeMap<(String, String), bool> = BTreeMap::new();
    for arrival in bench.sandbox.platform.messages(0, usize::MAX) {
        let entered = arrival.entered.unwrap();
        let place = (arrival.key.clone().unwrap(), arrival.person.clone());
        let before = last.insert(place, entered).unwrap_or(false);
        assert_ne!(before, entered, "one transition under two ids: {arrival:?}");
    }
}

async fn survives(engine: Engine, kills: u32, seed: u64) {
    let bench = Bench::new(engine).await;
    let mut random = seeded(seed);
    let mut truth = world(&bench, &mut random).await;
    bench.apply(&file()).await;

    // Events are taken first, the answer comes late: a kill falls into the doubt.
    let late = Fault::new(Vendor::Tracking, FaultKind::Delay).after();
    bench.sandbox.faults.inject(Fault { millis: Some(60), ..late }, now());
    let mut killed_at_work = 0;
    for _ in 0..kills {
        truth.change(&mut random, 0.01);
        truth.write(&bench);
        let so_far = bench.sandbox.platform.counts().received;
        let mut child = bench.start(&["sync", "--once", "--json"]);
        if random.random_bool(0.5) {
            let lifetime = Duration::from_millis(random.random_range(20..700));
            tokio::time::sleep(lifetime).await;
        } else {
            // Right after a batch was taken, before its answer.
            while bench.sandbox.platform.counts().received == so_far
                && child.try_wait().unwrap().is_none()
            {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        if child.try_wait().unwrap().is_none() {
            killed_at_work += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(
        killed_at_work > kills / 3,
        "only {killed_at_work} of {kills} kills met a working process"
    );

    bench.sandbox.faults.clear();
    assert_truth(&bench, &truth).await;
    let again = bench.sandbox.platform.counts().duplicate;
    assert!(again > 0, "no kill fell between a batch and its answer");
}

/// One more run brings the platform to the truth, and another one says nothing.
pub(super) async fn assert_truth(bench: &Bench, truth: &Truth) {
    bench.sync().await;
    assert_eq!(bench.platform(META, "cart_abandoners"), platform_names(&truth.cart()));
    assert_eq!(bench.platform(META, "browsed"), platform_names(&truth.browsed()));
    assert_turns(bench);
    let counts = bench.sandbox.platform.counts();
    assert_eq!(counts.differing, 0, "a resend had other bytes");
    assert!(counts.dropped.is_empty(), "{:?}", counts.dropped);
    let so_far = counts.received;
    bench.sync().await;
    assert_eq!(bench.sandbox.platform.counts().received, so_far);
}

/// A world of [`PEOPLE`] in three segments, and a file of two mappings over it.
pub(super) async fn world(bench: &Bench, random: &mut StdRng) -> Truth {
    for number in 0..PEOPLE {
        bench.sandbox.world.add_person(person(number));
    }
    for (segment, name) in [(1, "Cart"), (2, "Browsed"), (3, "Bought")] {
        bench.world_segment(segment, name, &BTreeSet::new());
    }
    let truth =
        Truth([draw(random, PEOPLE, 0.4), draw(random, PEOPLE, 0.4), draw(random, PEOPLE, 0.1)]);
    truth.write(bench);
    truth
}

#[tokio::test(flavor = "multi_thread")]
async fn survives_100_kills_on_sqlite() {
    survives(Engine::Sqlite, 100, 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn survives_100_kills_on_postgres() {
    survives(Engine::Postgres, 100, 22).await;
}
