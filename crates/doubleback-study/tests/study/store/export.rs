use doubleback_study::answer::{Answer, Choice};
use doubleback_study::assignment::Assignment;
use doubleback_study::store::{Comparison, Export, Stage, Store, export};

use super::fixture::{CLASSES, ITEMS, form, labels, manifest, newcomer, open_to, run, study};

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn an_export_has_all_beside_a_running_server() {
    let folder = study();
    let manifest = manifest();
    let missing = export(folder.path()).unwrap_err().to_string();
    assert!(
        missing.contains("there are no answers before `doubleback study serve`"),
        "{missing}"
    );
    run(async {
        let store = Store::open(folder.path()).unwrap();
        open_to(&store, 10).await;
        let (number, _) = newcomer(&store, Stage::Items).await;
        newcomer(&store, Stage::Practice(1)).await;
        let order = Assignment::new(&manifest).order(number);
        for (place, &candidate) in order.iter().enumerate() {
            let candidate = &manifest.candidates[candidate];
            // Fooled by every other image; the last one has no label.
            let answer = match place {
                11 => Answer::new(Choice::NotApplicable, Choice::NotApplicable, CLASSES).unwrap(),
                place if place % 2 == 0 => labels(candidate.target, candidate.original),
                _ => labels(candidate.original, candidate.target),
            };
            store.shown(number, place + 1).await.unwrap();
            store
                .answer(number, place + 1, answer, form(place as u64))
                .await
                .unwrap();
        }
        store.advance(number, Stage::Comparison).await.unwrap();
        let comparison = Comparison {
            preferred: Some(2),
            comment: "C, \"by far\"\n– no?".to_owned(),
        };
        store.compare(number, comparison.clone(), form(99)).await.unwrap();

        let found = export(folder.path()).unwrap();
        assert_eq!(
            found
                .responses
                .iter()
                .map(|response| response.candidate)
                .collect::<Vec<_>>(),
            order
        );
        assert_eq!(found.comparisons.len(), 1);
        assert_eq!(found.comparisons[0].comparison, comparison);
        let stages: Vec<_> = found.participants.iter().map(|participant| participant.stage).collect();
        assert_eq!(stages, [Stage::Done, Stage::Practice(1)]);
        let day = &found.participants[0].enrolled;
        assert!(
            day.len() == 10 && day.starts_with("20"),
            "{day}: a day, without an hour"
        );
        assert_eq!(found.participants[0].finished.as_ref(), Some(day));
        assert_eq!(found.participants[1].finished, None);

        let csv = text(|bytes| found.write_csv(&manifest, bytes).unwrap());
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 1 + ITEMS);
        assert_eq!(
            lines[0],
            "participant,position,candidate,model,role,original,target,first,second,fooled,reasonable,seconds,changes"
        );
        for (place, line) in lines[1..].iter().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            let candidate = &manifest.candidates[order[place]];
            assert_eq!(cells[0..2], ["1", &(place + 1).to_string()]);
            assert_eq!(cells[3], manifest.models[candidate.model].name);
            assert_eq!(cells[5], manifest.classes[candidate.original]);
            let fooled = place % 2 == 0;
            assert_eq!(cells[9..11], [fooled.to_string(), "true".to_owned()]);
            assert!(cells[11].parse::<f64>().unwrap() < 60.0);
            if place == 11 {
                assert_eq!(cells[7..9], ["N/A", "N/A"]);
            }
        }
        assert!(
            lines[1].contains(",normal,") || lines[1].contains(",distilled,") || lines[1].contains(",regularized,")
        );

        let json: serde_json::Value =
            serde_json::from_str(&text(|bytes| found.write_json(&manifest, bytes).unwrap())).unwrap();
        assert_eq!(json["title"], manifest.title);
        assert_eq!(json["responses"].as_array().unwrap().len(), ITEMS);
        assert_eq!(json["comparisons"][0]["preferred"], "smooth");
        assert_eq!(json["comparisons"][0]["comment"], comparison.comment);
        store.close().await.unwrap();
        // And without a server.
        assert_eq!(export(folder.path()).unwrap(), found);
    });
}

#[test]
fn an_export_of_nobody_has_its_columns() {
    let csv = text(|bytes| Export::default().write_csv(&manifest(), bytes).unwrap());
    assert_eq!(csv.lines().count(), 1);
    assert_eq!(csv.split(',').count(), 13);
}
