//! What is promised of callouts, held against 300 seeds: random flows, a web that answers, fails and is silent, storms, a
//! store that is slow or full, and callers who hang up in the midst of it (`trust.md` 4.3).

mod dice;
mod plan;
mod promises;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use model::HttpFailure;
use sim::{Units, Weather, World};

use dice::Dice;
use plan::{Plan, REPLIES, SITES};
use promises::Promises;

const NUMBER: &str = "+918011112222";

/// Worlds that are lived through.
const SEEDS: u64 = 300;

/// Every so many of them is lived through twice.
const TWICE: u64 = 10;

/// Callers in a world, and how often each calls.
const CALLERS: usize = 3;
const ROUNDS: usize = 2;

/// Of a hundred calls, how many must come to the end of their flow: promises that nothing put to the test prove nothing.
const FLOOR: usize = 80;

/// What so many worlds must have seen of each, for the same reason.
const SEEN: [(&str, usize); 14] = [
    ("retry", 100),
    ("hedge", 100),
    ("fallback", 100),
    ("last_good", 20),
    ("timeout", 100),
    ("refused", 100),
    ("circuit-open", 20),
    ("cancelled", 20),
    ("200", 300),
    ("503", 100),
    ("durable", 500),
    ("lost", 50),
    ("came late", 50),
    ("without caller", 5),
];

/// Lives through the world of a seed.
fn world(seed: u64) -> (World, Plan) {
    let mut dice = Dice::new(seed);
    let weather = if dice.one_in(2) { Weather::STORM } else { Weather::CALM };
    let mut w = World::in_weather(weather, seed);
    let plan = Plan::new(&mut dice);
    w.publish_flow(&plan.document);
    for url in SITES {
        (0..dice.from(1, REPLIES)).fold(w.web(url), |site, _| match dice.below(8) {
            0 => site.is_silent(),
            1 => site.fails(HttpFailure::Connect("refused".into())),
            2 => site.fails(dice.pick(&[
                HttpFailure::Tls(String::new()),
                HttpFailure::Dns(String::new()),
                HttpFailure::Protocol(String::new()),
            ])),
            _ => site.will(dice.reply()),
        });
    }
    match dice.below(10) {
        0 => w.store_fails("the disk is full"),
        1..=3 => w.store_takes(dice.from(1_000, 7_000).ms()),
        _ => {}
    }
    let desk = w.phone("desk");
    let _desk = match dice.below(4) {
        0 => desk.rejects(486),
        1 => desk.only_rings(),
        _ => desk.answers_after(dice.from(100, 2_000).ms()),
    };
    let callers: Vec<_> = (0..CALLERS).map(|n| w.phone(&format!("caller{n}"))).collect();
    for _ in 0..ROUNDS {
        for caller in &callers {
            caller.dials(NUMBER);
            if dice.one_in(8) {
                caller.hangs_up_after(dice.from(200, 6_000).ms());
            }
            w.passes(dice.from(0, 1_500).ms());
        }
        callers.iter().for_each(|caller| w.until(caller.is_free()));
    }
    w.settle();
    (w, plan)
}

/// What came of the worlds of some seeds.
fn live(seeds: impl Iterator<Item = u64>) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for seed in seeds {
        let told = catch_unwind(AssertUnwindSafe(|| {
            let (w, plan) = world(seed);
            if seed % TWICE == 0 {
                let again = world(seed).0;
                assert_eq!(w.journal(), again.journal(), "the same seed, and another journal");
                assert_eq!(w.ladder(), again.ladder(), "the same seed, and other words");
            }
            let promises = Promises::new(&w, &plan);
            let broken = promises.broken();
            assert!(broken.is_empty(), "{broken:#?}\n{}\n{}", plan.document, w.ladder());
            promises.seen()
        }));
        match told {
            Ok(told) => told.into_iter().for_each(|what| *seen.entry(what).or_default() += 1),
            Err(panic) => {
                eprintln!("this was in the world of seed {seed}");
                resume_unwind(panic);
            }
        }
    }
    seen
}

#[test]
fn what_is_promised_of_callouts_holds_in_every_world() {
    let halves = thread::scope(|scope| {
        let half = |first| scope.spawn(move || live((first..SEEDS).step_by(2)));
        let halves = [0, 1].map(half);
        halves.map(|half| half.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let seen = |what: &str| halves.iter().filter_map(|half| half.get(what)).sum::<usize>();
    let calls = usize::try_from(SEEDS).expect("few") * CALLERS * ROUNDS;
    println!("{calls} calls: {halves:?}");
    assert_eq!(seen("call"), calls);
    assert!(seen("came through") * 100 >= calls * FLOOR, "{} of {calls} calls came through", seen("came through"));
    for (what, floor) in SEEN {
        assert!(seen(what) >= floor, "{what}: {} seen, {floor} wanted", seen(what));
    }
}
