//! The store is plausible, repeats with its seed, and keeps its segments right.

use super::*;

const NOW: Instant = Instant(1_795_464_000_000_000);

fn store(people: u32, seed: u64) -> Shoppers {
    Shoppers::new(Arc::default(), people, seed, NOW)
}

fn size(shoppers: &Shoppers, segment: u32) -> u64 {
    shoppers.world.lock().segment(segment).unwrap().members.len()
}

#[test]
fn a_store_of_10_000_has_the_sizes_of_a_small_brand() {
    let shoppers = store(10_000, 1);
    let sizes: Vec<u64> = (1..=9).map(|segment| size(&shoppers, segment)).collect();
    let expected = [
        (2_700, 3_300), // cart abandoners
        (190, 300),     // bought in the last 24 h
        (820, 1_140),   // VIP
        (1_600, 2_000), // lapsed
        (500, 720),     // first-time
        (900, 1_500),   // browsed only
        (80, 220),      // refunded or waiting
        (500, 700),     // unsubscribed
        (900, 1_500),   // protein
    ];
    for (segment, (size, (least, most))) in (1..).zip(sizes.iter().zip(expected)) {
        assert!((least..=most).contains(size), "segment {segment} has {size}");
    }
    let world = shoppers.world.lock();
    let count = |test: fn(&super::super::world::Person) -> bool| {
        world.people().filter(|(_, person)| test(person)).count()
    };
    assert!((550..850).contains(&count(|person| person.email.is_none())));
    let nameless = |person: &super::super::world::Person| {
        person.email.is_none() && person.id.is_none() && person.attribute("phone").is_none()
    };
    assert!((300..500).contains(&count(nameless)));
    let phone = |person: &super::super::world::Person| person.attribute("phone").is_some();
    let kinds = [(true, true), (true, false), (false, true), (false, false)].map(|(mail, call)| {
        let kind = (mail, call);
        world.people().filter(|(_, one)| (one.email.is_some(), phone(one)) == kind).count()
    });
    assert!(kinds.iter().all(|count| *count > 100), "e-mail and phone, by kind: {kinds:?}");
    let local = world
        .people()
        .filter(|(_, one)| one.attribute("phone").is_some_and(|number| !number.starts_with('+')));
    assert!(local.count() > 100, "every phone number can be read");
    let worth = world.people().filter(|(_, one)| one.attribute("ltv").is_some());
    assert!(worth.count() > 3_000, "nobody has an ltv");
    let overlap = &world.segment(1).unwrap().members & &world.segment(2).unwrap().members;
    assert!(overlap.len() > 30, "suppression has nothing to do: {}", overlap.len());
}

#[test]
fn the_same_seed_and_ticks_make_the_same_store() {
    let live = |seed: u64| {
        let mut shoppers = store(2_000, seed);
        for hour in 1..=48 {
            shoppers.tick(NOW.plus(Span::from_hours(hour)));
        }
        let members: Vec<_> = (1..=9).map(|id| shoppers.world.members(id).unwrap()).collect();
        (shoppers.story.clone(), members)
    };
    assert_eq!(live(5), live(5));
    assert_ne!(live(5), live(6));
}

#[test]
fn after_days_every_segment_is_what_its_rule_says() {
    let mut shoppers = store(3_000, 3);
    let mut now = NOW;
    for _ in 0..20 {
        now = now.plus(Span::from_hours(11));
        shoppers.tick(now);
    }
    let story = shoppers.story();
    assert!(story.visits > 4_000 && story.orders > 300 && story.newcomers > 100, "{story:?}");
    assert!(story.orders < story.checkouts && story.checkouts < story.added);
    assert!(story.refunds > 0 && story.tickets > 0 && story.unsubscribed > 0, "{story:?}");
    let world = shoppers.world.lock();
    for rule in &SEGMENTS {
        let members = &world.segment(rule.id).unwrap().members;
        for (number, shopper) in (0_u32..).zip(&shoppers.everyone) {
            let is = members.contains(number);
            assert_eq!(is, (rule.holds)(shopper, now), "{} of {number}", rule.name);
        }
    }
}

#[test]
fn a_person_who_was_deleted_does_not_come_back() {
    let mut shoppers = store(50, 1);
    for number in 0..50 {
        shoppers.world.remove_person(&super::super::world::cio_id(number));
    }
    for hour in 1..=200 {
        shoppers.tick(NOW.plus(Span::from_hours(hour)));
    }
    let world = shoppers.world.lock();
    for segment in world.segments() {
        assert!(segment.members.iter().all(|number| world.person(number).is_some()));
    }
}

#[test]
fn time_that_stands_still_or_runs_back_changes_nothing() {
    let mut shoppers = store(500, 1);
    shoppers.tick(NOW);
    shoppers.tick(Instant(0));
    assert_eq!(shoppers.story(), &Story::default());
    assert_eq!(faster(Instant(0), Instant(10), 60), Instant(600));
}

#[test]
fn what_others_hear_is_what_happened() {
    let (ears, mut heard) = mpsc::channel(100_000);
    let mut shoppers = store(3_000, 3).heard_by(ears);
    for hour in 1..=240 {
        shoppers.tick(NOW.plus(Span::from_hours(hour)));
    }
    let (mut orders, mut refunds, mut unsubscribed, mut entered) = (0, 0, 0, 0);
    while let Ok(deed) = heard.try_recv() {
        match deed.what {
            What::Bought { order, cents } => {
                assert!(order > 0 && cents > 0 && !deed.cio_id.is_empty());
                orders += 1;
            }
            What::Refunded { .. } => refunds += 1,
            What::Unsubscribed => unsubscribed += 1,
            What::Entered { segment } => {
                assert_eq!(segment, CART_ABANDONERS);
                entered += 1;
            }
        }
    }
    let story = shoppers.story();
    assert_eq!((orders, refunds, unsubscribed), (story.orders, story.refunds, story.unsubscribed));
    assert!(entered > 100 && refunds > 0, "{entered} {refunds}");
}

#[test]
fn a_store_waits_for_nobody_who_hears() {
    let (ears, heard) = mpsc::channel(1);
    let mut shoppers = store(3_000, 3).heard_by(ears);
    shoppers.tick(NOW.plus(Span::from_hours(20)));
    assert!(shoppers.story().orders > 1 && heard.len() == 1);
}
