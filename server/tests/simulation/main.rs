//! Many runs of a network of instances in which everything goes wrong, each from a seed: see `docs/reliability.md`.

mod chance;
mod check;
mod clock;
mod faults;
mod ledger;
mod life;
mod net;
mod node;
mod people;
mod restores;
mod run;
mod scene;
mod streams;
mod trace;
mod watch;
mod world;

use run::{How, play};

/// Plays seeds and fails with what does not hold of the first that does not.
fn all(seeds: impl IntoIterator<Item = u64>, how: How) {
    for seed in seeds {
        let outcome = play(seed, how);
        assert!(
            outcome.faults.is_empty(),
            "seed {seed} ({}): play it again with SEED={seed} make soak\n{}",
            outcome.summary,
            outcome.faults.join("\n")
        );
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn j2_one_seed_is_the_same_each_time() {
    let how = How::default();
    let (once, twice) = (play(7, how), play(7, how));
    println!("{}\n{}", once.summary, once.digest);
    assert_eq!(once.digest, twice.digest);
}

/// Each plays 25 seeds, so that both cores of a small machine have something to do.
macro_rules! seeds {
    ($(fn $name:ident() => $seeds:expr, $on_disk:expr;)*) => {$(
        #[test]
        fn $name() {
            all($seeds, How { on_disk: $on_disk, ..How::default() });
        }
    )*};
}

seeds! {
    fn j2_seeds_from_1() => 1..=25, false;
    fn j2_seeds_from_26() => 26..=50, false;
    fn j2_seeds_from_51() => 51..=75, false;
    fn j2_seeds_from_76() => 76..=100, false;
    fn j2_seeds_from_101() => 101..=125, false;
    fn j2_seeds_from_126() => 126..=150, false;
    fn j2_seeds_from_151() => 151..=175, false;
    fn j2_seeds_from_176() => 176..=200, false;
    fn j2_seeds_on_disk_from_201() => 201..=210, true;
    fn j2_seeds_on_disk_from_211() => 211..=220, true;
}

#[test]
fn j2_seeds_that_failed_once() {
    all(
        [
            1_037, 1_102, 1_172, 1_175, 1_236, 1_244, 1_256, 5_409, 20_695, 20_834, 40_132, 50_828, 1_001_218,
            1_001_259, 1_020_313, 1_040_392, 1_050_906, 1_050_914, 1_051_005, 2_000_257, 3_000_224, 3_000_465,
            7_000_261,
        ],
        How::default(),
    );
}

/// `make soak`: plays `COUNT` seeds from `FROM` on; or `SEED` alone, with everything that happens in it.
#[test]
#[ignore = "as long as one likes"]
fn soak() {
    let on_disk = number("ON_DISK").is_some();
    if let Some(seed) = number("SEED") {
        let outcome = play(seed, How { on_disk, shown: true });
        println!("seed {seed}: {}\n{}\n{}", outcome.summary, outcome.digest, outcome.faults.join("\n"));
        assert!(outcome.faults.is_empty(), "seed {seed} fails");
        return;
    }
    let (first, count) = (number("FROM").unwrap_or(1_000), number("COUNT").unwrap_or(20));
    let mut failed = Vec::new();
    for seed in first..first + count {
        let outcome = play(seed, How { on_disk, shown: false });
        if !outcome.faults.is_empty() {
            println!("seed {seed} ({}) fails:\n{}", outcome.summary, outcome.faults.join("\n"));
            failed.push(seed);
        }
    }
    assert!(failed.is_empty(), "SEED=… make soak plays one again: {failed:?}");
}
