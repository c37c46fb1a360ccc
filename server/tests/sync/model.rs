//! 50,000 people and six mappings: what the platform holds equals an independent model,
//! message by message; nothing is sent twice; churn sends exactly itself.

use super::*;

const PEOPLE: u32 = 50_000;

/// The world by number, and what should follow from it.
#[derive(Clone, Default)]
struct Model {
    cart: BTreeSet<u32>,
    browsed: BTreeSet<u32>,
    vip: BTreeSet<u32>,
    bought: BTreeSet<u32>,
    refunded: BTreeSet<u32>,
}

/// (integration, audience key) and who should be there.
type Platform = BTreeMap<(&'static str, &'static str), BTreeSet<u32>>;

const META: &str = "Facebook Custom Audiences";
const TIKTOK: &str = "TikTok Audiences";
const GOOGLE: &str = "Google Ads Customer Match";
const WAREHOUSE: &str = "Warehouse";

impl Model {
    fn draw(seed: u64) -> Self {
        let mut random = seeded(seed);
        Self {
            cart: draw(&mut random, PEOPLE, 0.30),
            browsed: draw(&mut random, PEOPLE, 0.20),
            vip: draw(&mut random, PEOPLE, 0.10),
            bought: draw(&mut random, PEOPLE, 0.05),
            refunded: draw(&mut random, PEOPLE, 0.01),
        }
    }

    fn platform(&self) -> Platform {
        let suppressed =
            |number: &u32| self.bought.contains(number) || self.refunded.contains(number);
        let free = |set: &BTreeSet<u32>| -> BTreeSet<u32> {
            set.iter().copied().filter(|number| !suppressed(number)).collect()
        };
        // cart goes before browsed: whoever cart sends or holds out, and could reach, is its.
        let cart_claims: BTreeSet<u32> =
            free(&self.cart).into_iter().filter(|number| has_email(*number)).collect();
        let cart: BTreeSet<u32> = cart_claims
            .iter()
            .copied()
            .filter(|number| !is_out("cart-meta", *number, 10))
            .collect();
        let browsed = free(&self.browsed)
            .into_iter()
            .filter(|number| has_email(*number) && !cart_claims.contains(number))
            .collect();
        let with_email = |set: BTreeSet<u32>| set.into_iter().filter(|n| has_email(*n)).collect();
        BTreeMap::from([
            ((META, "cart"), cart),
            ((META, "browsed"), browsed),
            ((META, "vip"), with_email(free(&self.vip))),
            ((GOOGLE, "bought"), with_email(self.bought.clone())),
            ((TIKTOK, "cart"), with_email(free(&self.cart))),
            ((WAREHOUSE, "cart"), self.cart.clone()),
        ])
    }

    fn file() -> String {
        let mut file = head();
        for (key, segment) in
            [("cart", 1), ("browsed", 2), ("vip", 3), ("bought", 4), ("refunded", 5)]
        {
            file += &format!("[[audience]]\nkey = \"{key}\"\nsegment = {segment}\n");
        }
        file +=
            "[[suppression]]\nkey = \"purchase\"\nreason = \"purchase\"\naudience = \"bought\"\n";
        file += "[[suppression]]\nkey = \"refund\"\nreason = \"refund\"\naudience = \"refunded\"\n";
        for (key, profile, integration) in [
            ("meta", "meta-custom-audiences", META),
            ("tiktok", "tiktok-audiences", TIKTOK),
            ("google", "google-customer-match", GOOGLE),
            ("warehouse", "warehouse", WAREHOUSE),
        ] {
            file += &format!(
                "[[destination]]\nkey = \"{key}\"\nprofile = \"{profile}\"\nintegration = \"{integration}\"\n"
            );
        }
        let group = "exclusivity_group = \"recovery\"\n";
        for (key, audience, destination, use_case, more) in [
            (
                "cart-meta",
                "cart",
                "meta",
                "retarget",
                format!("{group}priority = 10\nholdout_percent = 10\n"),
            ),
            ("browsed-meta", "browsed", "meta", "retarget", format!("{group}priority = 20\n")),
            ("vip-meta", "vip", "meta", "lookalike", String::new()),
            ("bought-google", "bought", "google", "suppress", String::new()),
            ("cart-tiktok", "cart", "tiktok", "retarget", String::new()),
            ("cart-warehouse", "cart", "warehouse", "analytics", String::new()),
        ] {
            file += &format!(
                "[[mapping]]\nkey = \"{key}\"\naudience = \"{audience}\"\ndestination = \"{destination}\"\nuse_case = \"{use_case}\"\n{more}"
            );
        }
        file
    }

    fn write(&self, bench: &Bench) {
        for (segment, members) in [
            (1, &self.cart),
            (2, &self.browsed),
            (3, &self.vip),
            (4, &self.bought),
            (5, &self.refunded),
        ] {
            let members = names(members);
            bench.sandbox.world.set_members(segment, members.iter().map(String::as_str)).unwrap();
        }
    }
}

/// Messages that the platform took since `since`: (integration, key, person, in).
fn told_since(bench: &Bench, since: u32) -> BTreeMap<(String, String, String, bool), u32> {
    let mut told = BTreeMap::new();
    for arrival in bench.sandbox.platform.messages(since, usize::MAX) {
        if arrival.event.is_none() {
            // The identify that goes with a track to the warehouse.
            continue;
        }
        assert_eq!(arrival.integrations.len(), 1, "{arrival:?}");
        let what = (
            arrival.integrations[0].clone(),
            arrival.key.clone().unwrap(),
            arrival.person.clone(),
            arrival.entered.unwrap(),
        );
        *told.entry(what).or_default() += 1;
    }
    told
}

/// The messages that lead from one state of the platform to another, each once.
fn difference(
    before: &Platform,
    after: &Platform,
) -> BTreeMap<(String, String, String, bool), u32> {
    let mut told = BTreeMap::new();
    for (place @ (integration, key), people) in after {
        let none = BTreeSet::new();
        let was = before.get(place).unwrap_or(&none);
        for (people, entered) in [(people - was, true), (was - people, false)] {
            for number in people {
                let what =
                    ((*integration).to_owned(), (*key).to_owned(), platform_name(number), entered);
                told.insert(what, 1);
            }
        }
    }
    told
}

/// Where two sets of messages differ, in a few words: a whole one would fill the screen.
fn assert_told(
    got: &BTreeMap<(String, String, String, bool), u32>,
    wanted: &BTreeMap<(String, String, String, bool), u32>,
) {
    let wrong: Vec<_> =
        got.iter().filter(|(what, times)| wanted.get(*what) != Some(times)).take(5).collect();
    let missing: Vec<_> = wanted.keys().filter(|what| !got.contains_key(*what)).take(5).collect();
    assert!(wrong.is_empty() && missing.is_empty(), "wrong: {wrong:?}, missing: {missing:?}");
}

async fn tells_exactly_the_truth(engine: Engine) {
    let bench = Bench::new(engine).await;
    for number in 0..PEOPLE {
        bench.sandbox.world.add_person(person(number));
    }
    for (segment, name) in [(1, "Cart"), (2, "Browsed"), (3, "VIP"), (4, "Bought"), (5, "Refunded")]
    {
        bench.world_segment(segment, name, &BTreeSet::new());
    }
    let mut model = Model::draw(11);
    model.write(&bench);
    bench.apply(&Model::file()).await;

    let runs = bench.sync().await;
    assert_eq!(runs.len(), 6);
    for (mapping, run) in &runs {
        let withheld: u64 =
            run["withheld"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(
            run["fetched"].as_u64().unwrap(),
            run["target"].as_u64().unwrap() + withheld,
            "{mapping}"
        );
        assert_eq!(run["delivered"], run["entered"], "{mapping}");
    }
    assert_eq!(runs["cart-meta"]["fetched"].as_u64().unwrap(), model.cart.len() as u64);
    let first = model.platform();
    for ((integration, key), people) in &first {
        assert_eq!(bench.platform(integration, key), platform_names(people), "{integration} {key}");
    }
    assert_told(&told_since(&bench, 0), &difference(&Platform::new(), &first));

    // Nothing changed: nothing is sent.
    let so_far = bench.sandbox.platform.counts().received;
    for (mapping, run) in bench.sync().await {
        assert_eq!(
            (run["entered"].as_u64(), run["exited"].as_u64()),
            (Some(0), Some(0)),
            "{mapping}"
        );
    }
    assert_eq!(bench.sandbox.platform.counts().received, so_far);

    // Churn: carts come and go, some buy, and one in the group moves down by buying.
    let mut random = seeded(12);
    for number in draw(&mut random, PEOPLE, 0.01) {
        if !model.cart.remove(&number) {
            model.cart.insert(number);
        }
    }
    let buyers: Vec<u32> =
        model.cart.iter().copied().filter(|_| random.random_bool(0.02)).collect();
    model.bought.extend(buyers);
    let returned: Vec<u32> =
        model.bought.iter().copied().filter(|_| random.random_bool(0.05)).collect();
    for number in returned {
        model.bought.remove(&number);
    }
    model.write(&bench);
    let since = u32::try_from(bench.sandbox.platform.messages(0, usize::MAX).len()).unwrap();
    bench.sync().await;
    let second = model.platform();
    for ((integration, key), people) in &second {
        assert_eq!(bench.platform(integration, key), platform_names(people), "{integration} {key}");
    }
    assert_told(&told_since(&bench, since), &difference(&first, &second));
    let counts = bench.sandbox.platform.counts();
    assert_eq!(
        (counts.duplicate, counts.differing, counts.undecided, counts.everywhere),
        (0, 0, 0, 0)
    );
    assert!(counts.dropped.is_empty(), "{:?}", counts.dropped);
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_exactly_the_truth_on_sqlite() {
    tells_exactly_the_truth(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_exactly_the_truth_on_postgres() {
    tells_exactly_the_truth(Engine::Postgres).await;
}
