use std::path::Path;

use doubleback_study::store::{Stage, Store, Token, export};
use rusqlite::Connection;

use super::fixture::{manifest, newcomer, open_to, run, study};

fn refusal(folder: &Path) -> String {
    let error = Store::open(folder).err().expect("it is refused");
    assert!(!error.to_string().contains('\n'));
    error.to_string()
}

fn begun() -> tempfile::TempDir {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        newcomer(&store, Stage::Items).await;
        store.close().await.unwrap();
    });
    folder
}

#[test]
fn a_database_of_another_study_is_refused() {
    let folder = begun();
    let mut other = manifest();
    other.seed += 1;
    std::fs::write(folder.path().join("study.json"), serde_json::to_vec(&other).unwrap()).unwrap();
    let refused = refusal(folder.path());
    assert!(
        refused.contains("is of the study whose study.json has SHA-256"),
        "{refused}"
    );
    assert!(
        export(folder.path())
            .unwrap_err()
            .to_string()
            .contains("is of the study whose")
    );
}

#[test]
fn a_later_version_is_refused() {
    let folder = begun();
    Connection::open(folder.path().join("answers.sqlite"))
        .unwrap()
        .pragma_update(None, "user_version", 2)
        .unwrap();
    let refused = refusal(folder.path());
    assert!(
        refused.contains("version 2: expected 1; open it with the version of doubleback that made it"),
        "{refused}"
    );
}

#[test]
fn what_is_no_database_of_a_study_is_refused_and_left_alone() {
    let folder = study();
    let file = folder.path().join("answers.sqlite");
    std::fs::write(&file, "these are my notes, and no database\n".repeat(100)).unwrap();
    let refused = refusal(folder.path());
    assert!(refused.contains("not a database"), "{refused}");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "these are my notes, and no database\n".repeat(100)
    );
    std::fs::remove_file(&file).unwrap();
    Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE bookmarks (address TEXT)")
        .unwrap();
    let refused = refusal(folder.path());
    assert!(refused.contains("is no database of a study"), "{refused}");
}

#[test]
fn two_servers_of_one_study_are_refused() {
    let folder = study();
    let store = Store::open(folder.path()).unwrap();
    let refused = refusal(folder.path());
    assert!(refused.contains("another server runs on this study"), "{refused}");
    // A store that is dropped is closed.
    drop(store);
    run(async { Store::open(folder.path()).unwrap().close().await.unwrap() });
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = study();
    let store = Store::open(folder.path()).unwrap();
    run(async { open_to(&store, 1).await });
    for name in ["answers.sqlite", "answers.sqlite-wal", "answers.sqlite-shm"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_researchers_token_is_made_once_and_again_if_asked() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        assert!(!store.is_admin(Token::random().hash()).await.unwrap());
        let first = store.admin_token(false).await.unwrap().unwrap();
        assert!(store.admin_token(false).await.unwrap().is_none());
        assert!(store.is_admin(first.hash()).await.unwrap());
        store.close().await.unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert!(store.admin_token(false).await.unwrap().is_none());
        let second = store.admin_token(true).await.unwrap().unwrap();
        assert!(store.is_admin(second.hash()).await.unwrap());
        assert!(!store.is_admin(first.hash()).await.unwrap());
        let bytes = std::fs::read(folder.path().join("answers.sqlite-wal")).unwrap();
        assert!(
            !bytes.windows(43).any(|window| window == second.text().as_bytes()),
            "the token itself is on the disk"
        );
    });
}

#[test]
fn a_closed_store_says_so() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        let other = store.clone();
        store.close().await.unwrap();
        for error in [
            other.create_links(1).await.err(),
            other.progress().await.err(),
            other.shown(1, 1).await.err(),
        ] {
            assert!(error.unwrap().to_string().ends_with("the store is closed"));
        }
    });
}
