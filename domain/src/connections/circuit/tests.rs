use proptest::prelude::*;

use super::*;

const US: u64 = 7;

fn at(millis: i64) -> Instant {
    Instant(0).plus(Span::from_millis(millis))
}

fn fails() -> Sign {
    Sign::Fails { why: "answers 503".to_owned(), retry_after: None }
}

fn refuses() -> Sign {
    Sign::RefusesKey("refuses the key".to_owned())
}

fn go(circuit: &mut Circuit, now: Instant) -> Pass {
    match circuit.enter(US, now) {
        Entry::Go(pass) => pass,
        other => panic!("{other:?}"),
    }
}

/// Open since the first of three failures, with the shortest waits.
fn open(sign: &Sign) -> Circuit {
    let mut circuit = Circuit::default();
    for millis in 0..3 {
        let pass = go(&mut circuit, at(millis));
        circuit.note(pass, sign.clone(), at(millis), 0.0);
        if circuit.outage().is_some() {
            break;
        }
    }
    circuit
}

#[test]
fn three_failures_in_a_row_open_it_and_an_answer_in_between_does_not() {
    let mut circuit = Circuit::default();
    for (sign, opens) in [
        (fails(), false),
        (fails(), false),
        (Sign::Answers, false),
        (fails(), false),
        (fails(), false),
        (fails(), true),
    ] {
        let pass = go(&mut circuit, at(5));
        circuit.note(pass, sign, at(5), 0.5);
        assert_eq!(circuit.outage().is_some(), opens);
    }
    let outage = open(&fails()).outage().cloned().unwrap();
    assert_eq!((outage.trouble, outage.since), (Trouble::Down, at(0)));
}

#[test]
fn a_refused_key_opens_it_at_once_and_nobody_waits_for_it() {
    let mut circuit = open(&refuses());
    assert_eq!(circuit.outage().map(|outage| outage.trouble), Some(Trouble::KeyRefused));
    assert_eq!(circuit.enter(US, at(1)), Entry::Refused("refuses the key".to_owned()));
    // Another key is another matter, and the former one's answers say nothing about it.
    let before = go(&mut circuit, at(5_000));
    assert!(matches!(circuit.enter(8, at(5_000)), Entry::Go(pass) if !pass.is_try));
    circuit.note(before, refuses(), at(5_001), 0.5);
    assert_eq!(circuit.outage(), None);
}

#[test]
fn one_at_a_time_tries_and_the_rest_wait_for_it() {
    let mut circuit = open(&fails());
    assert_eq!(circuit.enter(US, at(500)), Entry::Wait("answers 503".to_owned()));
    assert_eq!(circuit.pause(at(502)), Pause::For(Span::from_millis(500)));
    let first = go(&mut circuit, at(1_100));
    assert!(first.is_try);
    assert!(matches!(circuit.enter(US, at(9_000)), Entry::Wait(_)));
    assert_eq!(circuit.pause(at(9_000)), Pause::UntilTried);
    // Dropped before it had an answer: the next one tries at once.
    circuit.give_back(first);
    assert_eq!(circuit.pause(at(9_000)), Pause::Over);
    let second = go(&mut circuit, at(9_000));
    circuit.note(second, fails(), at(9_000), 1.0);
    assert_eq!(circuit.outage().map(|outage| outage.next_try), Some(at(13_000)));
    circuit.try_now(at(9_500));
    let third = go(&mut circuit, at(9_500));
    circuit.note(third, Sign::Answers, at(9_600), 0.5);
    assert_eq!((circuit.outage(), circuit.pause(at(9_600))), (None, Pause::Over));
}

#[test]
fn what_was_on_its_way_when_it_opened_changes_no_wait_but_an_answer_ends_it() {
    let mut circuit = Circuit::default();
    let passes: Vec<Pass> = (0..5).map(|_| go(&mut circuit, at(0))).collect();
    for pass in &passes[..3] {
        circuit.note(*pass, fails(), at(0), 0.0);
    }
    let planned = circuit.outage().cloned();
    circuit.note(passes[3], fails(), at(700), 1.0);
    assert_eq!(circuit.outage().cloned(), planned);
    circuit.note(passes[4], Sign::Answers, at(800), 1.0);
    assert_eq!(circuit.outage(), None);
}

#[test]
fn a_try_that_fails_otherwise_tells_the_newest_reason() {
    let mut circuit = open(&fails());
    let pass = go(&mut circuit, at(5_000));
    circuit.note(pass, refuses(), at(5_000), 0.0);
    let outage = circuit.outage().cloned().unwrap();
    assert_eq!(
        (outage.trouble, outage.since, &*outage.reason),
        (Trouble::KeyRefused, at(0), "refuses the key")
    );
}

#[test]
fn what_it_asks_for_is_obeyed_and_a_clock_that_goes_back_holds_nobody() {
    let mut circuit = open(&fails());
    let pass = go(&mut circuit, at(5_000));
    let retry_after = Some(Span::from_seconds(40));
    circuit.note(pass, Sign::Fails { why: String::new(), retry_after }, at(5_000), 0.0);
    assert_eq!(circuit.pause(at(5_000)), Pause::For(Span::from_seconds(40)));
    assert!(matches!(circuit.enter(US, at(44_999)), Entry::Wait(_)));
    assert_eq!(circuit.pause(at(45_000)), Pause::Over);
    assert!(go(&mut circuit, at(-3_600_000)).is_try, "an hour back");
}

#[test]
fn waits_grow_and_stay_short_while_the_trouble_is_young() {
    let seconds = |tries, age, jitter| wait(tries, Span::from_seconds(age), jitter).millis();
    assert_eq!([0, 1, 2, 3].map(|tries| seconds(tries, 30, 1.0)), [2_000, 4_000, 5_000, 5_000]);
    assert_eq!([0, 1, 2, 3].map(|tries| seconds(tries, 30, 0.0)), [1_000, 2_000, 2_500, 2_500]);
    assert_eq!((seconds(99, 60, 0.0), seconds(99, 60, 1.0)), (5_000, 10_000));
}

/// How many calls go in vain in an outage of so long, and how long after its end it is noticed,
/// for one caller that comes back at once whenever it may.
fn outage(length: Span, jitters: &[f64]) -> (u32, Span) {
    let mut circuit = Circuit::default();
    let (mut now, mut in_vain) = (at(0), 0);
    loop {
        let jitter = jitters[in_vain as usize % jitters.len()];
        match circuit.enter(US, now) {
            Entry::Go(_) if now.since(at(0)) >= length => {
                return (in_vain, now.since(at(0).plus(length)));
            }
            Entry::Go(pass) => {
                circuit.note(pass, fails(), now, jitter);
                in_vain += 1;
            }
            Entry::Wait(_) => match circuit.pause(now) {
                Pause::For(span) => now = now.plus(span),
                other => panic!("{other:?}"),
            },
            Entry::Refused(why) => panic!("{why}"),
        }
    }
}

proptest! {
    #[test]
    fn an_end_is_noticed_within_ten_seconds_and_tries_are_few(
        seconds in 1_i64..600,
        jitters in proptest::collection::vec(0.0..1.0_f64, 64),
    ) {
        let (in_vain, noticed) = outage(Span::from_seconds(seconds), &jitters);
        let longest = if seconds < 60 { LONGEST_YOUNG } else { LONGEST };
        prop_assert!(noticed <= longest, "{noticed:?}");
        // Three open it; after that never more than one in half of the bound.
        let most = IN_A_ROW + 2 + u32::try_from(seconds.min(60) * 2 / 5 + seconds / 5).unwrap();
        prop_assert!(in_vain <= most, "{in_vain} of {most}");
    }

    /// Whatever happens in whatever order: never two tries at once, and it can always go on.
    #[test]
    fn whatever_happens_there_is_one_try_and_no_dead_end(
        steps in proptest::collection::vec((0_u8..5, 0_usize..8, 0_i64..4_000), 1..120),
    ) {
        let mut circuit = Circuit::default();
        let mut passes: Vec<Pass> = Vec::new();
        let mut now = at(0);
        for (what, which, millis) in steps {
            now = now.plus(Span::from_millis(millis));
            if what == 0 || passes.is_empty() {
                if let Entry::Go(pass) = circuit.enter(US, now) {
                    passes.push(pass);
                }
                continue;
            }
            let pass = passes.remove(which % passes.len());
            match what {
                1 => circuit.note(pass, Sign::Answers, now, 0.5),
                2 => circuit.note(pass, refuses(), now, 0.5),
                3 => circuit.give_back(pass),
                _ => circuit.note(pass, fails(), now, 0.5),
            }
        }
        passes.iter().filter(|pass| pass.is_try).for_each(|pass| circuit.give_back(*pass));
        let later = now.plus(LONGEST);
        let went = matches!(circuit.enter(US, later), Entry::Go(_));
        prop_assert!(went);
        if circuit.outage().is_some() {
            let second = matches!(circuit.enter(US, later), Entry::Go(_));
            prop_assert!(!second);
        }
    }
}

/// The aim of `docs/performance.md`, over many outages: twelve requests, and soon over.
#[test]
fn on_average_an_end_is_noticed_within_two_seconds_for_twelve_requests() {
    let mut seed = 1_u64;
    let mut next = || {
        // Knuth's generator: any even spread does.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(seed >> 32).unwrap()) / f64::from(u32::MAX)
    };
    let (mut in_vain, mut noticed) = (0, Span(0));
    for _ in 0..500 {
        let jitters: Vec<f64> = (0..64).map(|_| next()).collect();
        let one = outage(Span::from_seconds(30), &jitters);
        in_vain += one.0;
        noticed = Span(noticed.0 + one.1.0);
    }
    assert!(f64::from(in_vain) / 500.0 <= 12.0, "{in_vain}");
    assert!(noticed.0 / 500 <= Span::from_millis(2_200).0, "{noticed:?}");
}
