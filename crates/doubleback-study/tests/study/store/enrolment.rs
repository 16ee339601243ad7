use doubleback_study::assignment::Assignment;
use doubleback_study::store::{Enrolled, Enrolment, LinkState, Settings, Stage, Store, Token};

use super::fixture::{ITEMS, form, labels, manifest, newcomer, open_to, run, study};

async fn crowd(store: &Store, count: usize) -> Vec<tokio::task::JoinHandle<Enrolled>> {
    let one = || {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .enrol(Enrolment::Open, Token::random().hash(), [1; 32])
                .await
                .unwrap()
        })
    };
    (0..count).map(|_| one()).collect()
}

#[test]
fn a_crowd_at_the_door_does_not_exceed_the_cap() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        let closed = store
            .enrol(Enrolment::Open, Token::random().hash(), [1; 32])
            .await
            .unwrap();
        assert_eq!(closed, Enrolled::Closed);
        open_to(&store, 10).await;
        let mut numbers = Vec::new();
        let mut full = 0;
        for enrolled in crowd(&store, 60).await {
            match enrolled.await.unwrap() {
                Enrolled::New { participant } => numbers.push(participant),
                Enrolled::Full => full += 1,
                other => panic!("{other:?}"),
            }
        }
        numbers.sort_unstable();
        assert_eq!((numbers, full), ((1..=10).collect(), 50));
        // Who withdraws makes no room: otherwise one person could fill the study with numbers.
        store.withdraw(3).await.unwrap();
        assert_eq!(store.may_enrol(Enrolment::Open).await.unwrap(), Enrolled::Full);
        open_to(&store, 11).await;
        assert_eq!(newcomer(&store, Stage::Instructions).await.0, 11);
    });
}

#[test]
fn after_a_pause_nobody_begins_and_who_has_begun_goes_on() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 1000).await;
        let (number, _) = newcomer(&store, Stage::Items).await;
        let before = crowd(&store, 40).await;
        let paused = Settings {
            paused: true,
            ..store.settings().await.unwrap()
        };
        store.set_settings(paused).await.unwrap();
        let after = crowd(&store, 40).await;
        let mut begun = 1;
        for enrolled in before {
            begun += u64::from(matches!(enrolled.await.unwrap(), Enrolled::New { .. }));
        }
        for enrolled in after {
            assert_eq!(enrolled.await.unwrap(), Enrolled::Paused);
        }
        let progress = store.progress().await.unwrap();
        assert_eq!((progress.enrolled, progress.opened), (begun, begun));
        let kept = store.answer(number, 1, labels(0, 1), form(1)).await.unwrap();
        assert_eq!(kept, doubleback_study::store::Kept::New);
        store
            .set_settings(Settings {
                paused: false,
                ..paused
            })
            .await
            .unwrap();
        newcomer(&store, Stage::Instructions).await;
    });
}

#[test]
fn a_link_is_the_key_of_one_participant() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        let links = store.create_links(3).await.unwrap();
        assert_eq!(links.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3]);
        let by = Enrolment::Link(links[1].1.hash());
        assert_eq!(store.may_enrol(by).await.unwrap(), Enrolled::New { participant: 0 });
        let (phone, laptop) = (Token::random(), Token::random());
        assert_eq!(
            store.enrol(by, phone.hash(), [1; 32]).await.unwrap(),
            Enrolled::New { participant: 1 }
        );
        store.advance(1, Stage::Items).await.unwrap();
        store.answer(1, 1, labels(0, 1), form(1)).await.unwrap();
        // On another device; the first one's session has ended. A pause does not keep them out.
        store
            .set_settings(Settings {
                paused: true,
                ..Settings::default()
            })
            .await
            .unwrap();
        assert_eq!(
            store.enrol(by, laptop.hash(), [1; 32]).await.unwrap(),
            Enrolled::Resumed { participant: 1 }
        );
        assert_eq!(store.session(phone.hash()).await.unwrap(), None);
        let resumed = store.session(laptop.hash()).await.unwrap().unwrap();
        assert_eq!((resumed.number, resumed.stage, resumed.answered), (1, Stage::Items, 1));
        assert_eq!(resumed.order, Assignment::new(&manifest()).order(1));
        assert_eq!(resumed.order.len(), ITEMS);
        // Those who have not begun wait.
        let unused = Enrolment::Link(links[0].1.hash());
        assert_eq!(
            store.enrol(unused, phone.hash(), [1; 32]).await.unwrap(),
            Enrolled::Paused
        );
        let unknown = Enrolment::Link(Token::random().hash());
        assert_eq!(
            store.enrol(unknown, phone.hash(), [1; 32]).await.unwrap(),
            Enrolled::UnknownLink
        );
        let states =
            |links: Vec<doubleback_study::store::Link>| links.iter().map(|link| link.state).collect::<Vec<_>>();
        let (unused, participant) = (LinkState::Unused, LinkState::Participant(1));
        assert_eq!(states(store.links().await.unwrap()), [unused, participant, unused]);
        store.withdraw(1).await.unwrap();
        assert_eq!(
            states(store.links().await.unwrap()),
            [unused, LinkState::Deleted, unused]
        );
        assert_eq!(store.enrol(by, phone.hash(), [1; 32]).await.unwrap(), Enrolled::Closed);
        assert_eq!(store.session(laptop.hash()).await.unwrap(), None);
    });
}
