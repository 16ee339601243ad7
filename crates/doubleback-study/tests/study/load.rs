//! Many people at once, and a server that is killed: what was acknowledged is kept, once.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use doubleback_study::answer::Answer;
use doubleback_study::store::export;
use std::collections::BTreeMap;
use std::io::Write;

use crate::child::Server;
use crate::person::{Person, Timing};
use crate::server::Study;

/// From the kill of a server to when its successor listens.
type Outage = (Instant, Instant);

/// Straight to standard error: the harness hides what tests print that pass.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Everyone at once, from consent to thanks; the server is killed and started again so many times meanwhile.
async fn attend(folder: &Path, people: u64, kills: u32, classes: usize) -> (Vec<Person>, Vec<Outage>) {
    let mut server = Server::start(folder, SocketAddr::from(([127, 0, 0, 1], 0)));
    let address = server.address;
    let all: Vec<_> = (1..=people)
        .map(|id| {
            let mut person = Person::new(address, id, classes);
            person.patience = Duration::from_secs(60);
            tokio::spawn(async move {
                person.begin().await;
                // So that there is something going on whenever the server is killed: people look at an image before they answer.
                while person.page.starts_with("/item/") {
                    tokio::time::sleep(Duration::from_millis(20 + (person.id * 37) % 200)).await;
                    person.step().await;
                }
                person.finish().await;
                person
            })
        })
        .collect();
    let mut outages = Vec::new();
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(900)).await;
        assert!(
            !all.iter().all(tokio::task::JoinHandle::is_finished),
            "it is killed while people answer"
        );
        let killed = Instant::now();
        server.kill();
        server = tokio::task::block_in_place(|| Server::start(folder, address));
        outages.push((killed, Instant::now()));
    }
    let mut done = Vec::new();
    for person in all {
        done.push(person.await.unwrap());
    }
    (done, outages)
}

/// Checks that each person's acknowledged answers are in the study, once and unchanged, and that nobody has others.
fn all_are_kept(folder: &Path, people: &[Person], items: usize) {
    let export = export(folder).unwrap();
    let mut kept: BTreeMap<u64, BTreeMap<usize, Answer>> = BTreeMap::new();
    for response in &export.responses {
        assert_eq!(response.changes, 0, "sent again is not changed: {response:?}");
        let twice = kept
            .entry(response.participant)
            .or_default()
            .insert(response.position, response.answer);
        assert_eq!(twice, None, "{response:?} is there twice");
    }
    let mut found: Vec<_> = kept
        .into_values()
        .map(|answers| answers.into_iter().collect::<Vec<_>>())
        .collect();
    let mut acknowledged: Vec<Vec<_>> = Vec::new();
    for person in people {
        assert_eq!(person.acknowledged.len(), items, "person {}", person.id);
        acknowledged.push(person.acknowledged.clone().into_iter().collect());
    }
    let order = |answers: &Vec<(usize, Answer)>| format!("{answers:?}");
    found.sort_by_key(order);
    acknowledged.sort_by_key(order);
    assert_eq!(found.len(), acknowledged.len(), "people who answered");
    assert!(
        found == acknowledged,
        "everyone's answers are there as they were acknowledged"
    );
    assert_eq!(export.comparisons.len(), people.len());
}

fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let place = (share * (sorted.len() - 1) as f64).round() as usize;
    sorted[place]
}

/// Prints how long requests took that no outage touched. It is printed alone: machines are shared, and a test of absolute times would fail by chance.
fn report(title: &str, timings: impl Iterator<Item = Timing>, outages: &[Outage]) {
    let second = Duration::from_secs(1);
    let untouched = |timing: &Timing| {
        let end = timing.sent + timing.took;
        outages
            .iter()
            .all(|&(killed, back)| end < killed || timing.sent > back + second)
    };
    let mut took: Vec<Duration> = timings.filter(untouched).map(|timing| timing.took).collect();
    took.sort_unstable();
    if took.is_empty() {
        return say(&format!("{title}: no request outside of the outages"));
    }
    say(&format!(
        "{title}: {} requests outside of outages, p50 {:.1?}, p99 {:.1?}, longest {:.1?}",
        took.len(),
        quantile(&took, 0.5),
        quantile(&took, 0.99),
        took[took.len() - 1]
    ));
}

fn killed_meanwhile(people: u64, kills: u32) {
    let study = Study::new();
    let (manifest, items) = (study.manifest(), study.items());
    let (people, outages) = runtime().block_on(attend(study.path(), people, kills, manifest.classes.len()));
    all_are_kept(study.path(), &people, items);
    let retries: usize = people.iter().map(|person| person.retries).sum();
    assert!(retries > 0, "the kills were noticed");
    let title = format!("{} people, {kills} kills, {retries} retries", people.len());
    report(
        &title,
        people.iter().flat_map(|person| person.timings.iter().copied()),
        &outages,
    );
}

#[test]
fn a_killed_server_has_lost_and_doubled_nothing() {
    killed_meanwhile(20, 2);
}

#[test]
#[ignore = "the whole of it: half a minute on two cores"]
fn two_hundred_people_and_five_kills() {
    killed_meanwhile(200, 5);
}

#[test]
#[ignore = "minutes on two cores"]
fn two_thousand_people_answer_thirty_images_each() {
    let study = Study::new();
    let (classes, items) = (study.manifest().classes.len(), study.items());
    assert_eq!(items, 30);
    let server = Server::start(study.path(), SocketAddr::from(([127, 0, 0, 1], 0)));
    let idle = server.peak_memory();
    let address = server.address;
    let people = runtime().block_on(async {
        let everyone = |people: Vec<Person>, part: Part| async move {
            let began = Instant::now();
            let tasks: Vec<_> = people
                .into_iter()
                .map(|person| tokio::spawn(part.play(person)))
                .collect();
            let mut done = Vec::new();
            for task in tasks {
                done.push(task.await.unwrap());
            }
            (done, began.elapsed())
        };
        let people = (1..=2000).map(|id| Person {
            patience: Duration::from_secs(5),
            ..Person::new(address, id, classes)
        });
        let people = people.collect();
        let (mut people, took) = everyone(people, Part::Enrol).await;
        say(&format!(
            "enrolment, instructions, practice of {}: {took:.1?}",
            people.len()
        ));
        people.iter_mut().for_each(|person| person.timings.clear());
        let (people, took) = everyone(people, Part::Label).await;
        let answers: usize = people.iter().map(|person| person.acknowledged.len()).sum();
        let requests: usize = people.iter().map(|person| person.timings.len()).sum();
        say(&format!(
            "{answers} answers in {took:.1?}: {:.0} answers and {:.0} requests a second",
            answers as f64 / took.as_secs_f64(),
            requests as f64 / took.as_secs_f64()
        ));
        let retries: usize = people.iter().map(|person| person.retries).sum();
        // A connection that nobody has used for ten seconds may be closed while a request is on its way.
        report(
            &format!("page, image and answer ({retries} retries)"),
            people.iter().flat_map(|person| person.timings.iter().copied()),
            &[],
        );
        everyone(people, Part::Finish).await.0
    });
    say(&format!(
        "server's memory: {:.1?} MiB at the start, {:.1?} MiB at most",
        idle.map(mebibytes),
        server.peak_memory().map(mebibytes)
    ));
    server.kill();
    all_are_kept(study.path(), &people, items);
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[derive(Clone, Copy)]
enum Part {
    Enrol,
    Label,
    Finish,
}

impl Part {
    async fn play(self, mut person: Person) -> Person {
        match self {
            Self::Enrol => person.begin().await,
            Self::Label => person.label_until(usize::MAX).await,
            Self::Finish => person.finish().await,
        }
        person
    }
}
