use std::path::Path;

use doubleback_study::store::{Comparison, Kept, Settings, Stage, Store, TokenHash};

use super::fixture::{ITEMS, form, labels, newcomer, open_to, run, study};

/// Whether the bytes are in a file of the database.
fn found(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        if content.windows(bytes.len()).any(|window| window == bytes) {
            files.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    files.sort();
    files
}

/// Somebody's comment, of a length that differs by person: rows move between pages.
fn comment(number: u64) -> String {
    let sentence = format!("person-{number:05}-was-here ");
    sentence.repeat(usize::try_from(2 + number * 7919 % 120).unwrap())
}

/// What must not be left of a person: any copy of their sentence, the hash of their session.
fn traces(number: u64, session: TokenHash) -> [Vec<u8>; 2] {
    [format!("person-{number:05}-was-here").into_bytes(), session.0.to_vec()]
}

/// Somebody who takes part in everything.
async fn whole(store: &Store) -> (u64, TokenHash) {
    let (number, session) = newcomer(store, Stage::Items).await;
    for position in 1..=ITEMS {
        store.shown(number, position).await.unwrap();
        assert_eq!(
            store
                .answer(number, position, labels(0, 1), form(position as u64))
                .await
                .unwrap(),
            Kept::New
        );
    }
    store.advance(number, Stage::Comparison).await.unwrap();
    let said = Comparison {
        preferred: Some(2),
        comment: comment(number),
    };
    assert_eq!(store.compare(number, said, form(1000)).await.unwrap(), Kept::New);
    (number, session.hash())
}

#[test]
fn nothing_of_whom_is_deleted_is_left_in_any_file() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 1000).await;
        let people: Vec<_> = (0..60)
            .map(|_| {
                tokio::spawn({
                    let store = store.clone();
                    async move { whole(&store).await }
                })
            })
            .collect();
        let mut all = Vec::new();
        for person in people {
            all.push(person.await.unwrap());
        }
        for &(number, session) in &all {
            for trace in traces(number, session) {
                assert!(
                    !found(folder.path(), &trace).is_empty(),
                    "{number}: the test looks in the wrong place"
                );
            }
        }
        let (gone, stay): (Vec<_>, Vec<_>) = all.into_iter().partition(|(number, _)| number % 3 == 0);
        let deleting: Vec<_> = gone
            .iter()
            .map(|&(number, _)| {
                let store = store.clone();
                tokio::spawn(async move {
                    match number % 2 {
                        0 => store.withdraw(number).await.unwrap(),
                        _ => assert!(store.delete(number).await.unwrap()),
                    }
                })
            })
            .collect();
        for deleted in deleting {
            deleted.await.unwrap();
        }
        // Beside a running server, in the log and the shared memory too.
        assert!(folder.path().join("answers.sqlite-wal").exists() && folder.path().join("answers.sqlite-shm").exists());
        for &(number, session) in &gone {
            for trace in traces(number, session) {
                assert_eq!(found(folder.path(), &trace), [""; 0], "{number}");
            }
            assert_eq!(store.session(session).await.unwrap(), None);
            assert_eq!(store.answers(number).await.unwrap().len(), 0);
        }
        for &(number, session) in &stay {
            assert!(found(folder.path(), &traces(number, session)[0]).contains(&"answers.sqlite".to_owned()));
            assert_eq!(store.answers(number).await.unwrap().len(), ITEMS);
        }
        let progress = store.progress().await.unwrap();
        assert_eq!((progress.enrolled, progress.withdrawn, progress.deleted), (40, 10, 10));
        assert!(!store.delete(3).await.unwrap(), "they were deleted before");
        store.withdraw(3).await.unwrap();
        assert_eq!(store.progress().await.unwrap().withdrawn, 10);
        store.close().await.unwrap();
    });
    assert!(
        !folder.path().join("answers.sqlite-wal").exists(),
        "a closed store has no log"
    );
}

#[test]
fn data_are_deleted_when_their_time_is_over() {
    const DAY: i64 = 86_400;
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        let keep = async |days| {
            let settings = Settings {
                retention_days: days,
                ..store.settings().await.unwrap()
            };
            store.set_settings(settings).await.unwrap();
        };
        keep(Some(30)).await;
        let (thirty, session) = whole(&store).await;
        keep(None).await;
        let (forever, _) = newcomer(&store, Stage::Items).await;
        let now = store.progress().await.unwrap().last_activity.unwrap();
        assert_eq!(store.delete_expired(now + 29 * DAY).await.unwrap(), 0);
        // They agreed to thirty days, whatever is decided later.
        assert_eq!(store.delete_expired(now + 31 * DAY).await.unwrap(), 1);
        for trace in traces(thirty, session) {
            assert_eq!(found(folder.path(), &trace), [""; 0]);
        }
        assert_eq!(store.delete_expired(now + 100_000 * DAY).await.unwrap(), 0);
        // Shorter is always right.
        keep(Some(7)).await;
        assert_eq!(store.delete_expired(now + 8 * DAY).await.unwrap(), 1);
        let progress = store.progress().await.unwrap();
        assert_eq!((progress.enrolled, progress.expired, forever), (0, 2, 2));
    });
}
