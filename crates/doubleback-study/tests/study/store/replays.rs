use std::collections::BTreeMap;

use doubleback_study::answer::{Answer, Choice};
use doubleback_study::store::{Comparison, Kept, Stage, Store};

use super::fixture::{ITEMS, form, labels, newcomer, open_to, run, study};

#[test]
fn a_form_is_kept_once_whatever_is_sent_again() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        let (number, session) = newcomer(&store, Stage::Items).await;
        store.shown(number, 1).await.unwrap();
        let (one, other) = (labels(0, 1), labels(2, 3));
        assert_eq!(store.answer(number, 1, one, form(1)).await.unwrap(), Kept::New);
        assert_eq!(store.answer(number, 1, one, form(1)).await.unwrap(), Kept::Again);
        assert_eq!(store.answer(number, 1, other, form(1)).await.unwrap(), Kept::Conflict);
        // The same form, for another image.
        assert_eq!(store.answer(number, 2, one, form(1)).await.unwrap(), Kept::Conflict);
        // Changed by a new form; the old one, sent late, does not undo it.
        assert_eq!(store.answer(number, 1, other, form(2)).await.unwrap(), Kept::New);
        assert_eq!(store.answer(number, 1, one, form(1)).await.unwrap(), Kept::Again);
        assert_eq!(store.answers(number).await.unwrap(), BTreeMap::from([(1, other)]));
        assert_eq!(store.session(session.hash()).await.unwrap().unwrap().answered, 1);
        store.close().await.unwrap();
    });
    let responses = doubleback_study::store::export(folder.path()).unwrap().responses;
    assert_eq!((responses.len(), responses[0].changes), (1, 1));
}

#[test]
fn forty_copies_of_a_form_at_once_are_one_answer() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        let (number, _) = newcomer(&store, Stage::Items).await;
        let copies: Vec<_> = (0..40_usize)
            .map(|copy| {
                let store = store.clone();
                // Two contents: one of them wins, and the other is in conflict.
                tokio::spawn(async move { store.answer(number, 1, labels(copy % 2, 3), form(1)).await.unwrap() })
            })
            .collect();
        let mut kept = Vec::new();
        for copy in copies {
            kept.push(copy.await.unwrap());
        }
        let count = |what| kept.iter().filter(|&&kept| kept == what).count();
        assert_eq!(
            [Kept::New, Kept::Again, Kept::Conflict, Kept::Closed].map(count),
            [1, 19, 20, 0]
        );
    });
}

#[test]
fn what_cannot_be_answered_now_is_closed() {
    let folder = study();
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        let (number, _) = newcomer(&store, Stage::Practice(2)).await;
        let answer = labels(0, 1);
        let nothing = Comparison::default();
        assert_eq!(store.answer(number, 1, answer, form(1)).await.unwrap(), Kept::Closed);
        store.advance(number, Stage::Items).await.unwrap();
        // Backwards it does not go.
        store.advance(number, Stage::Instructions).await.unwrap();
        for position in [0, 2, ITEMS + 1, usize::MAX] {
            assert_eq!(
                store.answer(number, position, answer, form(1)).await.unwrap(),
                Kept::Closed,
                "{position}"
            );
        }
        assert_eq!(
            store.compare(number, nothing.clone(), form(1002)).await.unwrap(),
            Kept::Closed
        );
        let none = Answer::new(Choice::NotApplicable, Choice::NotApplicable, 4).unwrap();
        for position in 1..=ITEMS {
            assert_eq!(
                store
                    .answer(number, position, none, form(position as u64))
                    .await
                    .unwrap(),
                Kept::New
            );
        }
        assert_eq!(
            store.answer(number, ITEMS + 1, answer, form(99)).await.unwrap(),
            Kept::Closed
        );
        store.advance(number, Stage::Comparison).await.unwrap();
        assert_eq!(store.answer(number, 1, answer, form(98)).await.unwrap(), Kept::Closed);
        // The last form, sent again after the part is over.
        assert_eq!(
            store.answer(number, ITEMS, none, form(ITEMS as u64)).await.unwrap(),
            Kept::Again
        );
        assert_eq!(
            store.compare(number, nothing.clone(), form(1002)).await.unwrap(),
            Kept::New
        );
        assert_eq!(
            store.compare(number, nothing.clone(), form(1002)).await.unwrap(),
            Kept::Again
        );
        let said = Comparison {
            preferred: Some(1),
            ..nothing.clone()
        };
        assert_eq!(store.compare(number, said, form(1002)).await.unwrap(), Kept::Conflict);
        assert_eq!(store.compare(number, nothing, form(1003)).await.unwrap(), Kept::Closed);
        // Nobody.
        assert_eq!(
            store.answer(number + 1, 1, answer, form(1)).await.unwrap(),
            Kept::Closed
        );
        assert_eq!(
            store.answers(number).await.unwrap(),
            (1..=ITEMS).map(|position| (position, none)).collect()
        );
    });
}
