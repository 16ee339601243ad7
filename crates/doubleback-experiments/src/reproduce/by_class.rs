//! Accuracy by class, from what the models said of all images.

use doubleback::evaluate::{Confusion, Counts};

use super::extent::HEADLINE_EPS;
use super::results::{ByClass, CraftedExamples};

/// Of each model, on unperturbed images and on the examples that it withstands worst. `clean` and the models that classified are in the same order.
pub(super) fn by_class(models: &[String], clean: &[Confusion], counts: &[Counts], classes: &[String]) -> Vec<ByClass> {
    let mut found = Vec::new();
    for (place, (model, clean)) in models.iter().zip(clean).enumerate() {
        let of = |examples, confusion: &Confusion| ByClass {
            model: model.clone(),
            examples,
            per_class: confusion.by_class(classes),
            confusion: confusion.clone(),
        };
        found.push(of(None, clean));
        if let Some((examples, confusion)) = hardest(counts, place) {
            found.push(of(Some(examples), confusion));
        }
    }
    found
}

/// The examples of size [`HEADLINE_EPS`] that the model in this place is least often right on; of equals the first.
fn hardest(counts: &[Counts], place: usize) -> Option<(CraftedExamples, &Confusion)> {
    let candidates = counts.iter().filter_map(|counts| {
        let at = counts.eps.iter().position(|eps| (eps - HEADLINE_EPS).abs() < 1e-9)?;
        Some((counts, counts.eps[at], counts.confusion.get(at)?.get(place)?))
    });
    let (counts, eps, confusion) = candidates.min_by_key(|(_, _, confusion)| confusion.right())?;
    let examples = CraftedExamples {
        attack: counts.attack.clone(),
        crafted_on: counts.crafted_on.clone(),
        eps,
    };
    Some((examples, confusion))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hardest_examples_of_each_model_are_taken() {
        let counts = |attack: &str, crafted_on: &str, said: [[usize; 2]; 2]| Counts {
            attack: attack.into(),
            crafted_on: crafted_on.into(),
            eps: vec![0.1, HEADLINE_EPS],
            evaluated_on: vec!["a".into(), "b".into()],
            right: Vec::new(),
            confusion: vec![
                // Smaller ones are not looked at.
                vec![Confusion::of(&[0, 1], &[1, 0]); 2],
                said.map(|said| Confusion::of(&[0, 1], &said)).to_vec(),
            ],
            zero_gradient_images: 0,
            count: 2,
        };
        let (models, classes) = (["a", "b"].map(String::from), ["no", "yes"].map(String::from));
        let clean = [Confusion::of(&[0, 1], &[0, 1]), Confusion::of(&[0, 1], &[0, 0])];
        let all = [
            counts("fgsm", "a", [[0, 0], [0, 1]]),
            counts("fgsm", "b", [[0, 1], [1, 1]]),
            counts("tgsm", "a", [[1, 0], [0, 1]]),
        ];
        let found = by_class(&models, &clean, &all, &classes);
        let short: Vec<_> = found
            .iter()
            .map(|one| {
                let examples = one.examples.as_ref();
                (
                    one.model.as_str(),
                    examples.map(|examples| (examples.attack.as_str(), examples.crafted_on.as_str())),
                    one.confusion.right(),
                )
            })
            .collect();
        assert_eq!(
            short,
            [
                ("a", None, 2),
                ("a", Some(("tgsm", "a")), 0),
                ("b", None, 1),
                ("b", Some(("fgsm", "b")), 1)
            ]
        );
        assert_eq!(
            (found[2].per_class[1].class.as_str(), found[2].per_class[1].accuracy),
            ("yes", 0.0)
        );
        // Counts of earlier versions have no confusions.
        let old = Counts {
            confusion: Vec::new(),
            ..all[0].clone()
        };
        assert_eq!(by_class(&models, &clean, &[old], &classes).len(), 2);
    }
}
