//! What criteria find among records with a field of every type: always what a naive copy finds.
//!
//! - [`world`]: the records; [`value`]: their values
//! - [`criteria`]: random criteria as text and as JSON; [`meaning`]: what they mean
//! - [`coql`]: random queries; [`predicate`], [`rows`]: what they mean
//! - [`same_records`]: one condition asked in every way

mod coql;
mod criteria;
mod meaning;
mod predicate;
mod rows;
mod same_records;
mod value;
mod world;

use dealwright_testkit::on_both;

use super::Random;
use world::{CONTACTS, World};

/// Pairs of a record and a query that are compared in one run, unless `DEALWRIGHT_TEST_PAIRS` says otherwise.
const PAIRS: usize = 30_000;

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn pairs() -> usize {
    let given = std::env::var("DEALWRIGHT_TEST_PAIRS").ok();
    given.map_or(PAIRS, |text| text.parse().expect("DEALWRIGHT_TEST_PAIRS is a number"))
}

on_both! {
    async fn random_criteria_find_what_a_naive_copy_finds(server: TestServer) {
        let mut random = Random(20_261_127);
        let world = World::new(server.api(), &mut random).await;
        let questions = pairs().div_ceil(CONTACTS);
        let mut telling = 0;
        for _ in 0..questions {
            telling += usize::from(criteria::ask(&world, &mut random).await);
        }
        assert!(telling > questions / 2, "{telling} of {questions} questions tell records apart");
    }

    async fn random_queries_give_the_rows_of_a_naive_copy(server: TestServer) {
        let mut random = Random(20_261_128);
        let world = World::new(server.api(), &mut random).await;
        let questions = pairs().div_ceil(CONTACTS);
        let mut telling = 0;
        for _ in 0..questions {
            telling += usize::from(coql::ask(&world, &mut random).await);
        }
        assert!(telling > questions / 3, "{telling} of {questions} queries tell records apart");
    }

    async fn lists_searches_counts_and_queries_find_the_same_records(server: TestServer) {
        let mut random = Random(20_261_129);
        let world = World::new(server.api(), &mut random).await;
        let mut asked = 0;
        while asked < pairs() / CONTACTS / 6 {
            asked += usize::from(same_records::ask(&world, &mut random).await);
        }
    }
}
