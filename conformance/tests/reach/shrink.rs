//! A long story of calls made short, so that it can be read.

use dealwright_testkit::Engine;

use super::play::{self, Before, Sequence};
use super::world::World;

/// Tries at most: each makes the world anew.
const TRIES: usize = 120;

/// A world and what is played in it: the last sequence is the one that does what it must not.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) seed: u64,
    pub(super) sequences: Vec<Sequence>,
    /// Who is watched beside the caller.
    pub(super) friend: Option<usize>,
}

impl Story {
    /// What the last sequence does that it must not, in a world of its own.
    fn breach(&self, engine: Engine) -> Option<String> {
        let mut found = None;
        dealwright_testkit::run(engine, |server| async {
            let mut world = World::make(server, self.seed).await;
            let (last, earlier) = self.sequences.split_last().expect("a story has a sequence");
            for sequence in earlier {
                let before = Before::of(&world, sequence.person, None).await;
                play::replay(&mut world, sequence).await;
                // What was deleted comes back, as it did the first time.
                play::compare(&mut world, sequence.person, &before, true).await;
            }
            let before = Before::of(&world, last.person, self.friend).await;
            let settings_changed = play::replay(&mut world, last).await;
            found = play::compare(&mut world, last.person, &before, settings_changed).await.breach;
            world.server.stop().await;
        });
        found
    }

    /// The last calls without what they name, by which stories are told apart.
    pub(super) fn shape(&self) -> String {
        let last = self.sequences.last().into_iter().flat_map(|sequence| &sequence.calls);
        last.map(play::shape).collect::<Vec<_>>().join(", ")
    }

    /// The shortest story that was found which still ends as this one does.
    pub(super) fn shortened(mut self, engine: Engine) -> (Self, Option<String>) {
        let mut tries = 0;
        let mut breach = None;
        let mut holds = |story: &Self| {
            tries += 1;
            let found = if tries <= TRIES { story.breach(engine) } else { None };
            if found.is_some() {
                breach.clone_from(&found);
            }
            found.is_some()
        };
        let last = self.sequences[self.sequences.len() - 1..].to_vec();
        let alone = Self { sequences: last, ..self.clone() };
        if holds(&alone) {
            self = alone;
        }
        let mut part = self.sequences.len() / 2;
        while part > 0 && self.sequences.len() > 1 {
            let mut at = 0;
            while at < self.sequences.len() - 1 {
                let mut less = self.clone();
                let end = (at + part).min(self.sequences.len() - 1);
                less.sequences.drain(at..end);
                if holds(&less) { self = less } else { at += part }
            }
            part /= 2;
        }
        for number in (0..self.sequences.len()).rev() {
            let mut part = self.sequences[number].calls.len().div_ceil(2);
            while part > 0 {
                let mut at = 0;
                while at < self.sequences[number].calls.len() {
                    let mut less = self.clone();
                    let end = (at + part).min(less.sequences[number].calls.len());
                    less.sequences[number].calls.drain(at..end);
                    if holds(&less) { self = less } else { at += part }
                }
                part /= 2;
            }
        }
        (self, breach)
    }
}

impl std::fmt::Display for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "in the world of seed {}:", self.seed)?;
        for sequence in &self.sequences {
            for call in &sequence.calls {
                writeln!(f, "  <user.{}> {call}", sequence.person)?;
            }
        }
        Ok(())
    }
}
