//! Events and who follows them, with consumers of the tests' own.

use std::time::Duration;

use dealwright_engine::events::{Consumer, Consumers, Event, Left, NewEvent, hand_out};
use dealwright_engine::org::Areas;
use dealwright_engine::{AREAS, Error, Org, Snapshot, chores};
use dealwright_store::{BoxFuture, Conn, Op, Sql};
use dealwright_testkit::Engine;
use tokio::sync::oneshot;

use crate::{Stage, id, on_both};

static AREAS_WITH: Areas = Areas::with(&AREAS, &[&CONSUMERS]);
static CONSUMERS: Consumers = Consumers(&[&WRITES, &STUMBLES]);

/// Writes a row for every event but `dull`.
static WRITES: Consumer = Consumer {
    name: "writes",
    wants: |_: &Snapshot, event: &Event| event.kind != "dull",
    handle: |tx, _, events| Box::pin(async move { write(tx, "writes", events).await }),
};

/// Does the same and then fails on `poison`, as long as there is no antidote.
static STUMBLES: Consumer = Consumer { name: "stumbles", wants: |_, _| true, handle: stumble };

fn stumble<'a>(
    tx: &'a mut Conn,
    _: &'a std::sync::Arc<Org>,
    events: &'a [Event],
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        write(tx, "stumbles", events).await?;
        let sql = Sql::from("SELECT value FROM {_meta} WHERE key = 'antidote'");
        let has_antidote = tx.each(&sql, &[], &mut |_| Ok(())).await? > 0;
        if !has_antidote && events.iter().any(|event| event.kind == "poison") {
            return Err(Error::internal("following an event")("it is poison"));
        }
        Ok(())
    })
}

/// A row for each event, in the order in which they come. One that comes twice is refused by the key.
async fn write(tx: &mut Conn, who: &str, events: &[Event]) -> Result<(), Error> {
    for event in events {
        let sql = Sql::from(
            "INSERT INTO {_meta} (key, value) SELECT CAST(?1 AS TEXT), CAST((SELECT count(*) FROM {_meta}) AS TEXT)",
        );
        tx.exec(&sql, &[format!("{who} {} {}", event.kind, event.records[0]).into()]).await?;
    }
    Ok(())
}

fn event(org: &Org, kind: &'static str, record: i64) -> Op<'static> {
    let event = NewEvent {
        kind,
        at_ms: org.clock.now_ms(),
        module: id(1),
        user: id(8),
        client: String::new(),
        records: &[id(record)],
        entries: &[id(record + 100)],
        options: None,
    };
    event.to_store(&org.mint)
}

async fn emit(org: &Org, kind: &'static str, record: i64) {
    let op = event(org, kind, record);
    let done = org.store.write(move |tx| Box::pin(async move { Ok::<_, Error>(tx.together(&[op]).await?) }));
    done.await.expect("an event is written");
}

/// Hands out until there is nothing more to do. Transactions of other tests on the same cluster hold events back for a moment.
async fn all(stage: &Stage) -> Left {
    for _ in 0..2_000 {
        match hand_out(&stage.org).await.expect("handing out works") {
            Left::More => {}
            Left::Coming => tokio::time::sleep(Duration::from_millis(5)).await,
            left => return left,
        }
    }
    panic!("events do not come");
}

async fn had(stage: &Stage, who: &str) -> Vec<String> {
    let sql =
        format!("SELECT key FROM {{_meta}} WHERE key LIKE '{who} %' ORDER BY CAST(value AS INTEGER), key");
    let keys = stage.texts(&sql).await;
    keys.iter().map(|key| key[who.len() + 1..].to_owned()).collect()
}

async fn left_over(stage: &Stage) -> usize {
    stage.texts("SELECT kind FROM {_outbox}").await.len()
}

on_both! {
    &AREAS_WITH;

    async fn each_consumer_has_each_event_once_and_in_order(stage: Stage) {
        for record in 1..=450 {
            emit(&stage.org, "plain", record).await;
        }
        emit(&stage.org, "dull", 451).await;
        assert_eq!(all(&stage).await, Left::Nothing);
        let expected: Vec<String> = (1..=450).map(|record| format!("plain {record}")).collect();
        assert_eq!(had(&stage, "writes").await, expected);
        assert_eq!(had(&stage, "stumbles").await.len(), 451);
        assert_eq!(left_over(&stage).await, 0, "what everybody has had is gone");
        assert_eq!(all(&stage).await, Left::Nothing);
    }

    async fn an_event_survives_the_end_of_the_process_before_its_effect(stage: Stage) {
        emit(&stage.org, "plain", 1).await;
        let stage = stage.reopen().await;
        assert_eq!(all(&stage).await, Left::Nothing);
        assert_eq!(had(&stage, "writes").await, ["plain 1"]);
        let stage = stage.reopen().await;
        emit(&stage.org, "plain", 2).await;
        assert_eq!(all(&stage).await, Left::Nothing);
        assert_eq!(had(&stage, "writes").await, ["plain 1", "plain 2"]);
    }

    async fn a_consumer_that_fails_holds_up_no_other_and_loses_nothing(stage: Stage) {
        emit(&stage.org, "plain", 1).await;
        emit(&stage.org, "poison", 2).await;
        emit(&stage.org, "plain", 3).await;
        assert!(matches!(all(&stage).await, Left::Resting(_)));
        assert_eq!(had(&stage, "writes").await, ["plain 1", "poison 2", "plain 3"]);
        // What it wrote for the event at fault is undone, and it waits there.
        assert_eq!(had(&stage, "stumbles").await, ["plain 1"]);
        assert_eq!(left_over(&stage).await, 2);
        stage.clock.advance(Duration::from_mins(11));
        assert!(matches!(all(&stage).await, Left::Resting(_)));
        assert_eq!(had(&stage, "stumbles").await, ["plain 1"]);
        stage.exec("INSERT INTO {_meta} (key, value) VALUES ('antidote', '0')", Vec::new()).await;
        stage.clock.advance(Duration::from_mins(11));
        assert_eq!(all(&stage).await, Left::Nothing);
        assert_eq!(had(&stage, "stumbles").await, ["plain 1", "poison 2", "plain 3"]);
        assert_eq!(left_over(&stage).await, 0);
    }

    async fn two_processes_do_not_hand_out_the_same(stage: Stage) {
        for record in 1..=900 {
            emit(&stage.org, "plain", record).await;
        }
        let other = stage.another().await;
        let run = async |org: &std::sync::Arc<Org>| {
            while hand_out(org).await.expect("handing out works") == Left::More {}
        };
        tokio::join!(run(&stage.org), run(&other));
        all(&stage).await;
        let expected: Vec<String> = (1..=900).map(|record| format!("plain {record}")).collect();
        assert_eq!(had(&stage, "writes").await, expected);
    }

    async fn what_was_copied_from_another_database_comes_before_what_happens_here(stage: Stage) {
        emit(&stage.org, "plain", 1).await;
        emit(&stage.org, "plain", 2).await;
        all(&stage).await;
        emit(&stage.org, "plain", 3).await;
        // Numbers of transactions that this database is far from.
        let far = 1_i64 << 60;
        if stage.engine == Engine::Postgres {
            stage.exec("UPDATE {_outbox} SET tx = ?1", vec![far.into()]).await;
            stage.exec("UPDATE {_cursors} SET tx = ?1, event = 0", vec![(far - 5).into()]).await;
        }
        let stage = stage.reopen().await;
        emit(&stage.org, "plain", 4).await;
        all(&stage).await;
        assert_eq!(had(&stage, "writes").await, ["plain 1", "plain 2", "plain 3", "plain 4"]);
    }

    async fn an_event_is_kept_until_all_have_had_it_however_old(stage: Stage) {
        emit(&stage.org, "poison", 1).await;
        all(&stage).await;
        stage.clock.advance(Duration::from_hours(24 * 30));
        for chore in chores::of(&stage.org) {
            (chore.run)(&stage.org).await.expect("chores run");
        }
        assert_eq!(left_over(&stage).await, 1);
        // Unless the one that waits for it is a consumer that no release knows any more.
        stage.exec("UPDATE {_cursors} SET consumer = 'former' WHERE consumer = 'stumbles'", Vec::new()).await;
        for chore in chores::of(&stage.org) {
            (chore.run)(&stage.org).await.expect("chores run");
        }
        assert_eq!(left_over(&stage).await, 0);
    }

    async fn events_are_read_in_the_order_of_commits_and_none_is_missed(stage: Stage) {
        if stage.engine == Engine::Sqlite {
            // It has one writer: no transaction begins before the one before it has ended.
            return;
        }
        // An older transaction is still running: what a newer one has committed waits for it.
        let (older, first) = transaction(&stage, |_| Vec::new(), |org| vec![event(org, "plain", 1)]).await;
        let (newer, second) = transaction(&stage, |_| Vec::new(), |org| vec![event(org, "plain", 2)]).await;
        second.send(()).unwrap();
        newer.await.unwrap();
        assert_eq!(hand_out(&stage.org).await.expect("handing out works"), Left::Coming);
        assert!(had(&stage, "writes").await.is_empty());
        first.send(()).unwrap();
        older.await.unwrap();
        assert_eq!(all(&stage).await, Left::Nothing);
        assert_eq!(had(&stage, "writes").await, ["plain 1", "plain 2"]);

        // Ids against the order of transactions: the newer one made its id first and ends last.
        let touch = |_: &Org| vec![Op::Exec(Sql::from("UPDATE {_meta} SET value = value WHERE key = 'org'"), Vec::new())];
        let low = event(&stage.org, "plain", 4);
        let high = event(&stage.org, "plain", 3);
        let (older, first) = transaction(&stage, touch, move |_| vec![high]).await;
        let (newer, second) = transaction(&stage, |_| Vec::new(), move |_| vec![low]).await;
        first.send(()).unwrap();
        older.await.unwrap();
        assert_eq!(all(&stage).await, Left::Nothing);
        second.send(()).unwrap();
        newer.await.unwrap();
        assert_eq!(all(&stage).await, Left::Nothing);
        assert_eq!(had(&stage, "writes").await, ["plain 1", "plain 2", "plain 3", "plain 4"]);
    }
}

/// A transaction that does two things and waits with its commit. Gives when both are done.
async fn transaction(
    stage: &Stage,
    before: impl FnOnce(&Org) -> Vec<Op<'static>>,
    then: impl FnOnce(&Org) -> Vec<Op<'static>>,
) -> (tokio::task::JoinHandle<()>, oneshot::Sender<()>) {
    let (before, then, store) = (before(&stage.org), then(&stage.org), stage.org.store.clone());
    let ((done, is_done), (go, gone)) = (oneshot::channel::<()>(), oneshot::channel::<()>());
    let task = tokio::spawn(async move {
        let written = store.write(move |tx| {
            Box::pin(async move {
                tx.together(&before).await?;
                tx.together(&then).await?;
                let _ = done.send(());
                let _ = gone.await;
                Ok::<_, Error>(())
            })
        });
        written.await.expect("it is committed");
    });
    is_done.await.expect("it gets that far");
    (task, go)
}
