//! The queue: leases, queues, work outside.

use std::time::Duration;

use dealwright_engine::jobs::queue::{BULK, MAIL};
use dealwright_engine::jobs::{
    Asker, Attempt, Attempts, Errand, Job, JobKind, Kinds, NewJob, Settled, State, Work, agenda, wait, work,
};
use dealwright_engine::org::Areas;
use dealwright_engine::{AREAS, Cx, Error, Org};
use dealwright_store::{BoxFuture, Conn, Sql};

use dealwright_engine::MIGRATIONS;
use dealwright_store::migrate::migrate;

use crate::{Stage, exec, hands, id, on_both, texts};

static AREAS_WITH: Areas = Areas::with(&AREAS, &[&KINDS]);
static KINDS: Kinds = Kinds(&[&COUNT, &SLOW, &BROKEN, &CALL]);

/// Counts its input down, a row of `_meta` per step.
static COUNT: JobKind =
    JobKind { name: "test.count", queue: &BULK, attempts: Attempts::OF_STEPS, work: Work::Steps(count) };
/// Loses its lease in the middle of its step.
static SLOW: JobKind =
    JobKind { name: "test.slow", queue: &BULK, attempts: Attempts::OF_STEPS, work: Work::Steps(slow) };
/// Fails.
static BROKEN: JobKind =
    JobKind { name: "test.broken", queue: &BULK, attempts: Attempts::OF_STEPS, work: Work::Steps(broken) };
/// Calls out: the input says how that ends.
static CALL: JobKind = JobKind {
    name: "test.call",
    queue: &MAIL,
    attempts: Attempts(&[Duration::from_mins(1), Duration::from_mins(2)]),
    work: Work::Outside { ready: |_| true, take, deadline: Duration::from_millis(50) },
};

async fn mark(tx: &mut Conn, job: &Job) -> Result<(), Error> {
    let sql = Sql::from("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)");
    let key = format!("step {} {}", job.id, job.place);
    tx.exec(&sql, &[key.into(), "done".into()]).await?;
    Ok(())
}

fn count<'a>(tx: &'a mut Conn, _: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        mark(tx, job).await?;
        job.place += 1;
        job.done += 1;
        if job.place >= job.total {
            job.state = State::Completed;
        }
        Ok(())
    })
}

fn slow<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        mark(tx, job).await?;
        if cx.snapshot.details.company_name == "Engines" && job.attempts == 1 {
            // What another process does to a lease that ran out.
            let sql =
                Sql::from("UPDATE {_jobs} SET leased_by = '99.another', leased_until = ?2 WHERE id = ?1");
            let until = cx.org.clock.now_ms() + 60_000;
            tx.exec(&sql, &[job.id.into(), until.into()]).await?;
        }
        job.state = State::Completed;
        Ok(())
    })
}

fn broken<'a>(_: &'a mut Conn, _: &'a Cx, _: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move { Err(Error::internal("counting")("it is broken")) })
}

struct Errands {
    input: String,
    came: Option<String>,
}

fn take<'a>(
    _: &'a mut Conn,
    _: &'a Org,
    job: &'a Job,
) -> BoxFuture<'a, Result<Option<Box<dyn Errand>>, Error>> {
    Box::pin(async move {
        if job.input == "gone" {
            return Ok(None);
        }
        Ok(Some(Box::new(Errands { input: job.input.clone(), came: None }) as Box<dyn Errand>))
    })
}

impl Errand for Errands {
    fn perform<'a>(&'a mut self, _: &'a Org) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if self.input == "hangs" {
                std::future::pending::<()>().await;
            }
            self.came = Some(self.input.clone());
        })
    }

    fn settle<'a>(
        &'a mut self,
        tx: &'a mut Conn,
        _: &'a Org,
        attempt: Attempt,
    ) -> BoxFuture<'a, Result<Settled, Error>> {
        Box::pin(async move {
            let came = self.came.clone().unwrap_or_else(|| "broken off".to_owned());
            let sql = Sql::from("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)");
            let last = if attempt.is_last { " last" } else { "" };
            tx.exec(&sql, &[format!("call {}{last}", attempt.number).into(), came.clone().into()]).await?;
            Ok(if came == "well" { Settled::Done } else { Settled::Again(came) })
        })
    }
}

async fn queue(stage: &Stage, kind: &'static JobKind, input: &str, total: i64) -> dealwright_wire::Id {
    let now = stage.clock.now_ms();
    let user = stage.org.snapshot().users[0].id;
    let asker = Asker { user, client: "test".to_owned(), caller: None };
    let new = NewJob { kind, module: id(1), input: input.to_owned(), total };
    let (id, sql, args) = new.to_store(&stage.org.mint, now, asker, now);
    exec(&stage.org.store, sql.as_str(), args).await;
    id
}

async fn state(stage: &Stage) -> Vec<String> {
    stage.texts("SELECT state || ' ' || CAST(done AS TEXT) || ' ' || coalesce(leased_by, '-') FROM {_jobs} ORDER BY id").await
}

async fn marks(stage: &Stage, like: &str) -> Vec<String> {
    stage
        .texts(&format!("SELECT key || ': ' || value FROM {{_meta}} WHERE key LIKE '{like}' ORDER BY key"))
        .await
}

on_both! {
    &AREAS_WITH;

    async fn a_job_is_done_and_its_lease_given_back(stage: Stage) {
        queue(&stage, &COUNT, "", 3).await;
        let hands = hands(0);
        assert!(wait(&stage.org).await.unwrap());
        while work(&stage.org, &BULK, &hands).await.unwrap() {}
        assert_eq!(state(&stage).await, ["COMPLETED 3 -"]);
        assert_eq!(marks(&stage, "step%").await.len(), 3);
        assert!(!wait(&stage.org).await.unwrap());
    }

    async fn a_lease_is_respected_until_it_ran_out(stage: Stage) {
        queue(&stage, &COUNT, "", 2).await;
        let until = stage.clock.now_ms() + 60_000;
        stage.exec("UPDATE {_jobs} SET leased_by = '1.dead', leased_until = ?1", vec![until.into()]).await;
        let other = stage.another().await;
        let hands = hands(2);
        assert!(!work(&other, &BULK, &hands).await.unwrap());
        let waiting = agenda(&other, &hands.worker).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].from), (1, until), "it is known when to come again");
        stage.clock.advance(Duration::from_secs(61));
        while work(&other, &BULK, &hands).await.unwrap() {}
        assert_eq!(state(&stage).await, ["COMPLETED 2 -"]);
    }

    async fn what_an_earlier_life_of_the_same_node_had_is_free(stage: Stage) {
        queue(&stage, &COUNT, "", 2).await;
        let until = stage.clock.now_ms() + 60_000;
        stage.exec("UPDATE {_jobs} SET leased_by = '2.dead', leased_until = ?1", vec![until.into()]).await;
        let ours = hands(2);
        assert!(work(&stage.org, &BULK, &ours).await.unwrap());
        assert_eq!(state(&stage).await, ["COMPLETED 2 -"]);
    }

    async fn whoever_lost_its_lease_stores_nothing(stage: Stage) {
        let job = queue(&stage, &SLOW, "", 1).await;
        // On its first attempt the step finds that another process has taken the job.
        assert!(work(&stage.org, &BULK, &hands(0)).await.unwrap());
        assert_eq!(marks(&stage, "step%").await, [""; 0], "the step is undone");
        assert_eq!(stage.texts("SELECT state FROM {_jobs}").await, ["QUEUED"]);
        stage.clock.advance(Duration::from_secs(61));
        assert!(work(&stage.org, &BULK, &hands(1)).await.unwrap());
        assert_eq!(marks(&stage, "step%").await, [format!("step {job} 0: done")]);
        assert_eq!(state(&stage).await, ["COMPLETED 0 -"]);
    }

    async fn two_processes_share_the_jobs_and_do_each_step_once(stage: Stage) {
        for _ in 0..6 {
            queue(&stage, &COUNT, "", 5).await;
        }
        let other = stage.another().await;
        let run = async |org: &std::sync::Arc<Org>, node| {
            let hands = hands(node);
            while work(org, &BULK, &hands).await.unwrap() {}
        };
        tokio::join!(run(&stage.org, 1), run(&other, 2));
        assert_eq!(state(&stage).await, ["COMPLETED 5 -"; 6]);
        assert_eq!(marks(&stage, "step%").await.len(), 30);
    }

    async fn a_step_that_fails_is_put_off_and_given_up_in_the_end(stage: Stage) {
        queue(&stage, &BROKEN, "", 1).await;
        let hands = hands(0);
        for _ in 0..4 {
            assert!(work(&stage.org, &BULK, &hands).await.unwrap());
            assert_eq!(state(&stage).await, ["QUEUED 0 -"]);
            assert!(!work(&stage.org, &BULK, &hands).await.unwrap(), "not before its time");
            stage.clock.advance(Duration::from_secs(17));
        }
        assert!(work(&stage.org, &BULK, &hands).await.unwrap());
        assert_eq!(state(&stage).await, ["FAILED 0 -"]);
    }

    async fn a_kind_that_only_a_newer_release_knows_waits_for_it(stage: Stage) {
        queue(&stage, &COUNT, "", 1).await;
        stage.exec("UPDATE {_jobs} SET kind = 'test.newer'", Vec::new()).await;
        assert!(!work(&stage.org, &BULK, &hands(0)).await.unwrap());
        assert!(agenda(&stage.org, &hands(0).worker).await.unwrap().is_empty());
        assert_eq!(stage.texts("SELECT state FROM {_jobs}").await, ["QUEUED"]);
    }

    async fn a_queue_does_not_see_the_jobs_of_another(stage: Stage) {
        queue(&stage, &COUNT, "", 1_000_000).await;
        queue(&stage, &CALL, "well", 1).await;
        assert!(work(&stage.org, &MAIL, &hands(0)).await.unwrap());
        assert!(!work(&stage.org, &MAIL, &hands(0)).await.unwrap());
        assert_eq!(marks(&stage, "call%").await, ["call 1: well"]);
        assert_eq!(stage.texts("SELECT kind FROM {_jobs}").await, ["test.count"], "what is settled is gone");
    }

    async fn work_outside_that_hangs_is_broken_off_and_tried_again(stage: Stage) {
        queue(&stage, &CALL, "hangs", 1).await;
        let hands = hands(0);
        for _ in 0..2 {
            assert!(work(&stage.org, &MAIL, &hands).await.unwrap());
            assert!(!work(&stage.org, &MAIL, &hands).await.unwrap());
            stage.clock.advance(Duration::from_mins(2));
        }
        assert!(work(&stage.org, &MAIL, &hands).await.unwrap());
        assert_eq!(
            marks(&stage, "call%").await,
            ["call 1: broken off", "call 2: broken off", "call 3 last: broken off"]
        );
        assert_eq!(state(&stage).await, ["FAILED 0 -"]);
    }

    async fn work_outside_whose_process_died_is_done_by_another_after_the_lease(stage: Stage) {
        queue(&stage, &CALL, "well", 1).await;
        let until = stage.clock.now_ms() + 60_050;
        stage.exec("UPDATE {_jobs} SET attempts = 1, leased_by = '1.dead', leased_until = ?1", vec![until.into()]).await;
        assert!(!work(&stage.org, &MAIL, &hands(0)).await.unwrap());
        stage.clock.advance(Duration::from_secs(61));
        assert!(work(&stage.org, &MAIL, &hands(0)).await.unwrap());
        assert_eq!(marks(&stage, "call%").await, ["call 2: well"]);
    }

    async fn nothing_is_performed_for_what_is_gone(stage: Stage) {
        queue(&stage, &CALL, "gone", 1).await;
        assert!(work(&stage.org, &MAIL, &hands(0)).await.unwrap());
        assert!(state(&stage).await.is_empty());
        assert!(marks(&stage, "call%").await.is_empty());
    }

    async fn what_an_earlier_release_had_queued_goes_on(stage: Stage) {
        let store = stage.earlier(13).await;
        let mail = "INSERT INTO {_mails} (id, message_id, original_id, thread, module_id, record_id, owner_id, source, state, is_sent, \
                    is_read, at, subject, summary, format, people, files, content_id, due, attempts) VALUES (?1, ?2, ?2, 't', 3, 4, 5, \
                    'crm', 'waiting', 1, 1, 60, 's', 's', 'text', 'p', 0, 6, ?3, 2)";
        exec(&store, mail, vec![70_i64.into(), "a".into(), 90_000_i64.into()]).await;
        exec(&store, mail, vec![71_i64.into(), "b".into(), dealwright_store::Cell::Null]).await;
        let job = "INSERT INTO {_jobs} (id, kind, module_id, user_id, client, state, input, place, total, done, failed, skipped, \
                   attempts, not_before, created_at, changed_at) VALUES (50, 'mass_delete', 1, 1, '', 'RUNNING', 'input', 0, 0, 0, 0, 0, 1, 8, 0, 0)";
        exec(&store, job, Vec::new()).await;
        migrate(&store, MIGRATIONS).await.unwrap();
        let jobs = "SELECT kind || ' ' || queue || ' ' || input || ' ' || CAST(due AS TEXT) || ' ' || CAST(attempts AS TEXT) || ' ' || state \
                    FROM {_jobs} ORDER BY id";
        assert_eq!(
            texts(&store, jobs).await,
            ["mass_delete bulk input 8 1 RUNNING", "mail.deliver mail 70 90000 2 QUEUED"]
        );
        assert!(texts(&store, "SELECT subject FROM {_mails} WHERE due IS NOT NULL").await.is_empty());
        store.close().await;
    }

    async fn a_job_is_refused_when_its_user_is_gone(stage: Stage) {
        queue(&stage, &COUNT, "", 1).await;
        stage.exec("UPDATE {_jobs} SET user_id = 5", Vec::new()).await;
        assert!(work(&stage.org, &BULK, &hands(0)).await.unwrap());
        assert_eq!(state(&stage).await, ["FAILED 0 -"]);
    }
}
