use std::time::{Duration, Instant};

use doubleback_study::store::{Kept, Stage, Store};

use super::fixture::{ITEMS, form, labels, newcomer, open_to, run, study};

/// Each of so many people sends the next answer as soon as the last one is acknowledged.
const WRITERS: usize = 200;

#[test]
#[ignore = "a measurement: it wants a disk and processors of its own"]
fn two_hundred_writers_get_a_thousand_answers_a_second_acknowledged() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 100_000).await;
        let begin = Instant::now();
        let people: Vec<_> = (0..WRITERS).map(|_| tokio::spawn(person(store.clone()))).collect();
        let mut waits = Vec::new();
        for person in people {
            waits.extend(person.await.unwrap());
        }
        let (seconds, answers) = (begin.elapsed().as_secs_f64(), waits.len());
        waits.sort_unstable();
        let (median, late) = (waits[answers / 2], waits[answers * 99 / 100]);
        let rate = answers as f64 / seconds;
        println!(
            "{answers} answers of {WRITERS} writers in {seconds:.2} s: {rate:.0} a second; a wait of {median:.1?}, 99 % below {late:.1?}"
        );
        let begin = Instant::now();
        store.withdraw(1).await.unwrap();
        println!("deleting one of {} people: {:.1?}", 5 * WRITERS, begin.elapsed());
        assert!(rate >= 1000.0);
    });
}

/// Takes part five times; how long each acknowledgement took.
async fn person(store: Store) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..5 {
        let (number, _) = newcomer(&store, Stage::Items).await;
        for position in 1..=ITEMS {
            store.shown(number, position).await.unwrap();
            let sent = Instant::now();
            let kept = store
                .answer(number, position, labels(0, 1), form(position as u64))
                .await
                .unwrap();
            assert_eq!(kept, Kept::New);
            waits.push(sent.elapsed());
        }
    }
    waits
}
