//! Chores of the page.

use dealwright_engine::AREAS;
use dealwright_engine::chores;

use crate::on_both;

on_both! {
    &AREAS;

    async fn every_chore_runs_on_an_org_in_which_nothing_happened(stage: Stage) {
        let mut count = 0;
        for chore in chores::of(&stage.org) {
            for _ in 0..2 {
                let done = (chore.run)(&stage.org).await;
                assert_eq!(done.unwrap_or_else(|error| panic!("{}: {error:?}", chore.name)), 0, "{}", chore.name);
            }
            count += 1;
        }
        assert!(count >= 5);
    }

    async fn events_that_nobody_reads_go_after_seven_days_and_ended_jobs_after_thirty(stage: Stage) {
        let now = stage.clock.now_ms();
        let event = "INSERT INTO {_outbox} (id, at, kind, module_id, user_id, client, records) VALUES (?1, ?2, 'a', 1, 1, '', '[]')";
        let job = "INSERT INTO {_jobs} (id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, \
                   attempts, due, created_at, changed_at) VALUES (?1, 'a', 1, 1, '', ?3, '', 0, 0, 0, 0, 0, 0, 0, 0, ?2)";
        let day = 24 * 3_600_000_i64;
        for (number, age) in [(1_i64, 6), (2, 8)] {
            stage.exec(event, vec![number.into(), (now - age * day).into()]).await;
        }
        for (number, age, state) in [(1_i64, 29, "FAILED"), (2, 31, "FAILED"), (3, 31, "COMPLETED"), (4, 31, "QUEUED")] {
            stage.exec(job, vec![number.into(), (now - age * day).into(), state.into()]).await;
        }
        for chore in chores::of(&stage.org) {
            (chore.run)(&stage.org).await.unwrap();
        }
        assert_eq!(stage.texts("SELECT CAST(id AS TEXT) FROM {_outbox}").await, ["1"]);
        assert_eq!(stage.texts("SELECT CAST(id AS TEXT) FROM {_jobs} ORDER BY id").await, ["1", "4"]);
    }
}
