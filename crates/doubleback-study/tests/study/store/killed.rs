//! SIGKILL in the middle of it all. The store's process is this test program, started again.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use doubleback_study::answer::{Answer, Choice};
use doubleback_study::store::{Kept, Stage, Store, export};

use super::fixture::{CLASSES, ITEMS, form, labels, newcomer, open_to, run, study};

/// The study's folder, in the environment of the child only.
const FOLDER: &str = "DOUBLEBACK_TEST_STORE";
const PEOPLE: usize = 40;

fn child(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::killed::answers_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Which of two answers a person gives to an image.
fn answer(number: u64, position: usize) -> Answer {
    let first = (number as usize + position) % CLASSES;
    labels(first, (first + 1) % CLASSES)
}

#[test]
#[ignore = "the process that the test below starts and kills"]
fn answers_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    run(async {
        let store = Store::open(Path::new(&folder)).unwrap();
        open_to(&store, u64::MAX).await;
        loop {
            let people: Vec<_> = (0..PEOPLE)
                .map(|_| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        let (number, _) = newcomer(&store, Stage::Items).await;
                        for position in 1..=ITEMS {
                            let kept = store
                                .answer(number, position, answer(number, position), form(position as u64))
                                .await
                                .unwrap();
                            assert_eq!(kept, Kept::New);
                            println!("kept {number} {position}");
                        }
                    })
                })
                .collect();
            for person in people {
                person.await.unwrap();
            }
        }
    });
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = study();
    let mut acknowledged: BTreeMap<(u64, usize), Answer> = BTreeMap::new();
    for after in [1, 150, 400, 401, 1000] {
        let mut process = child(folder.path());
        let lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let mut heard = 0;
        for line in lines {
            let mut words = line.split_whitespace().skip_while(|word| *word != "kept").skip(1);
            let (Some(number), Some(position)) = (words.next(), words.next()) else {
                continue;
            };
            let key = (number.parse().unwrap(), position.parse().unwrap());
            assert_eq!(
                acknowledged.insert(key, answer(key.0, key.1)),
                None,
                "a number was given twice"
            );
            heard += 1;
            // What it has written to the pipe until it dies is read too.
            if heard == after {
                process.kill().unwrap();
            }
        }
        process.wait().unwrap();
        assert!(heard >= after, "it ended before it was killed");
        // An export looks at what the dead one left, before any server has.
        let found = export(folder.path()).unwrap().responses;
        let found: BTreeMap<_, _> = found
            .iter()
            .map(|response| ((response.participant, response.position), response.answer))
            .collect();
        for (key, answer) in &acknowledged {
            assert_eq!(found.get(key), Some(answer), "{key:?} was acknowledged");
        }
    }
    run(async {
        let store = Store::open(folder.path()).unwrap();
        for (&(number, position), &kept) in &acknowledged {
            // A browser that has not heard sends the same form again: it is there once.
            assert_eq!(
                store
                    .answer(number, position, kept, form(position as u64))
                    .await
                    .unwrap(),
                Kept::Again
            );
        }
        let none = Answer::new(Choice::NotApplicable, Choice::NotApplicable, CLASSES).unwrap();
        let (&(number, position), _) = acknowledged.first_key_value().unwrap();
        assert_eq!(
            store
                .answer(number, position, none, form(position as u64))
                .await
                .unwrap(),
            Kept::Conflict
        );
    });
}
