//! Random worlds of people and records, and people who want more than they have.
//!
//! Two things hold in every world. What a user reaches is what a model says that knows nothing of the server
//! ([`agree`], [`model`]); and no sequence of somebody's own calls raises how far they get with a record that they did not
//! make, or what their profile permits, gives somebody else more than they have, or changes what they may not write
//! ([`play`]).
//!
//! - [`world`]: people, sharing and records of one seed; [`kinds`]: the modules in it; [`state`]: all of it, read back
//! - [`calls`]: what people try
//! - [`levels`]: how far they get; [`shrink`]: a long story made short
//!
//! The usual run is short. `DEALWRIGHT_TEST_SEQUENCES` plays that many sequences on each database, and
//! `DEALWRIGHT_TEST_SEED` begins with another world. A failure tells the seed and the shortest story that was found.
//! `DEALWRIGHT_TEST_STORIES` goes on until there are that many, and `DEALWRIGHT_TEST_WITHOUT` leaves out calls whose text
//! contains one of the words it gives (with commas between), to get past what is known.

#![allow(clippy::unused_self, reason = "what is asked of a world is asked as a method")]

mod agree;
mod calls;
mod kinds;
mod levels;
mod model;
mod play;
mod shrink;
mod state;
mod world;

use std::collections::BTreeMap;

use dealwright_testkit::Engine;

use self::play::Before;
use self::shrink::Story;
use self::world::{PEOPLE, World};
use crate::model::Random;

/// Sequences of a usual run on each database.
const SEQUENCES: usize = 60;
/// Sequences in one world. The clock moves by a second with each call, and tokens last an hour.
const PER_WORLD: usize = 40;
/// Calls of a sequence.
const CALLS: usize = 20;
/// Sequences of one person in a row.
const IN_A_ROW: usize = 4;
/// Worlds whose every level is compared with the model in a usual run.
const WORLDS: usize = 3;
const SEED: u64 = 20_261_130;

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn number(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What calls are left out.
#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn without() -> Vec<String> {
    let given = std::env::var("DEALWRIGHT_TEST_WITHOUT").unwrap_or_default();
    given.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn first_seed() -> u64 {
    number("DEALWRIGHT_TEST_SEED", SEED)
}

/// What became of the sequences of one world.
struct Found {
    played: usize,
    story: Option<(Story, String)>,
    differences: Vec<String>,
}

/// Calls that were accepted, and all, by their method and path.
type Accepted = BTreeMap<String, (usize, usize)>;

fn explore_world(engine: Engine, seed: u64, most: usize, accepted: &mut Accepted) -> Option<Found> {
    let mut found = None;
    let without = without();
    dealwright_testkit::run(engine, |server| async {
        let mut world = World::make(server, seed).await;
        let mut random = Random(seed ^ 0x5eed);
        let mut sequences = Vec::new();
        let mut story = None;
        // What came along with a share is settled when the share is made; the model knows the settings of now only.
        let mut moved = false;
        'world: while sequences.len() < most {
            let person = random.below(PEOPLE);
            let friend = Some(random.below(PEOPLE)).filter(|friend| *friend != person && friend % 2 == 0);
            let mut before = Before::of(&world, person, friend).await;
            for _ in 0..IN_A_ROW.min(most - sequences.len()) {
                let (sequence, settings_changed) =
                    play::improvise(&mut world, person, &before, &without, &mut random, accepted).await;
                sequences.push(sequence);
                moved |= settings_changed;
                let played = play::compare(&mut world, person, &before, settings_changed).await;
                if let Some(breach) = played.breach {
                    story = Some((Story { seed, sequences: sequences.clone(), friend }, breach));
                    break 'world;
                }
                before =
                    if played.restored { Before::of(&world, person, friend).await } else { played.after };
            }
        }
        let differences = if story.is_none() && !moved {
            agree::differences(&world, &mut random).await
        } else {
            Vec::new()
        };
        found = Some(Found { played: sequences.len(), story, differences });
        world.server.stop().await;
    });
    found
}

/// Plays sequences in one world after the other.
#[expect(clippy::print_stdout, reason = "a long run says what it has tried")]
fn explore(engine: Engine) {
    let sequences = number("DEALWRIGHT_TEST_SEQUENCES", SEQUENCES as u64) as usize;
    let most = number("DEALWRIGHT_TEST_STORIES", 1) as usize;
    let (mut played, mut seed, mut accepted) = (0, first_seed(), Accepted::new());
    let mut stories: BTreeMap<String, String> = BTreeMap::new();
    while played < sequences {
        let Some(found) = explore_world(engine, seed, PER_WORLD.min(sequences - played), &mut accepted)
        else {
            return;
        };
        if let Some((story, breach)) = found.story {
            let (short, again) = story.shortened(engine);
            let told = format!("{short}  {}", again.unwrap_or(breach));
            println!("{told}");
            stories.entry(short.shape()).or_insert(told);
            if stories.len() >= most {
                break;
            }
        }
        assert!(
            found.differences.is_empty(),
            "seed {seed}, after its sequences:\n{}",
            found.differences.join("\n")
        );
        played += found.played;
        seed += 1;
    }
    let told: Vec<String> = stories.into_values().collect();
    assert!(told.is_empty(), "{played} sequences in {} worlds:\n{}", seed - first_seed(), told.join("\n"));
    println!("{played} sequences of {CALLS} calls in {} worlds", seed - first_seed());
    for (shape, (done, all)) in accepted {
        println!("{done:6} of {all:6} {shape}");
    }
}

/// Compares the levels of every user with every record in some worlds.
fn agree(engine: Engine) {
    for seed in first_seed()..first_seed() + number("DEALWRIGHT_TEST_WORLDS", WORLDS as u64) {
        dealwright_testkit::run(engine, |server| async {
            let world = World::make(server, seed).await;
            let differences = agree::differences(&world, &mut Random(seed)).await;
            assert!(differences.is_empty(), "seed {seed}:\n{}", differences.join("\n"));
            world.server.stop().await;
        });
    }
}

mod no_sequence_of_calls_raises_a_reach {
    use super::{Engine, explore};

    #[test]
    fn sqlite() {
        explore(Engine::Sqlite);
    }

    #[test]
    fn postgres() {
        explore(Engine::Postgres);
    }
}

mod everybody_reaches_what_the_model_says {
    use super::{Engine, agree};

    #[test]
    fn sqlite() {
        agree(Engine::Sqlite);
    }

    #[test]
    fn postgres() {
        agree(Engine::Postgres);
    }
}
