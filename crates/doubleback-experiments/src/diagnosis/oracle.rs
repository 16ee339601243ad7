//! The oracle: who says what an explanation shows. A network that is not derived from the model, so that adversarial texture that fools the model
//! tells it nothing.

use doubleback_ops::AdamOptions;

use super::model_file::ModelFile;
use doubleback::data::Dataset;
use doubleback::nn::{Architecture, Classifier, Module, Network, Parameter, Pool, architecture, paper_input, to_vec};
use doubleback::train::{AdversarialTraining, Defense, Recipe, TrainOptions};
use doubleback::{Error, Result};

/// Architectures of oracles, the first choice first.
const GRAY: [&str; 4] = ["small-cnn", "paper-cnn", "vgg-small", "resnet-small"];
const COLOR: [&str; 4] = ["vgg-small", "resnet-small", "paper-cnn", "small-cnn"];
/// What the oracle's seed is away from the diagnosis' own, which is often that of the model.
const OTHER_SEED: u64 = 0x5_ac1e;

/// Perturbation of the oracle's own adversarial training, as a share of the data's range.
const GRAY_EPS: f64 = 0.1;
const COLOR_EPS: f64 = 4.0 / 255.0;

/// Networks of an oracle. One alone has whims of its own: of five trained alike on MNIST, four agreed with the attacked network on 96 to 98 % of
/// the explanations of its logits, and one on 92 %.
const MEMBERS: u64 = 3;

/// How to train the networks of an oracle for models of these architectures: for so many steps each, on the same images, from other seeds, with the
/// first architecture that none of them has and that fits the images; half of their images are perturbed by FGSM of their own. A plainly trained
/// network takes a rough stroke for another class sooner than a person does: it reads the texture of the generators, not the digits.
///
/// # Errors
/// When there is no such architecture.
pub fn oracle_recipes(models: &[&Architecture], dataset: &Dataset, steps: usize, seed: u64) -> Result<Vec<Recipe>> {
    let names = if dataset.shape.channels == 1 { GRAY } else { COLOR };
    let free = names
        .iter()
        .filter(|&&name| models.iter().all(|model| model.name != name));
    let (shape, bounds, classes) = (dataset.shape, dataset.bounds, dataset.classes.len());
    let fitting = free
        .filter_map(|name| architecture(name, shape, bounds, classes, Pool::default()).ok())
        .next();
    let architecture = fitting.ok_or_else(|| {
        let expected = format!(
            "one that can be built: none other than the models' own fits images of {shape}. Give `--oracle FILE`"
        );
        Error::value("oracle", expected, "none")
    })?;
    let architecture = paper_input(architecture, dataset);
    let fraction = if dataset.shape.channels == 1 {
        GRAY_EPS
    } else {
        COLOR_EPS
    };
    let eps = f64::from(bounds.high - bounds.low) * fraction;
    let recipe = |member: u64| Recipe {
        defense: Defense::AdversarialTraining(AdversarialTraining { eps }),
        architecture: architecture.clone(),
        options: TrainOptions {
            steps,
            adam: AdamOptions {
                learning_rate: 1e-3,
                ..AdamOptions::default()
            },
            seed: seed.wrapping_add(OTHER_SEED).wrapping_add(member),
            ..TrainOptions::default()
        },
        start: None,
    };
    Ok((0..MEMBERS).map(recipe).collect())
}

/// The networks of an oracle in words; those that differ in nothing but the seed in one phrase.
pub(super) fn descriptions(members: &[ModelFile]) -> String {
    let each: Vec<String> = members.iter().map(ModelFile::description).collect();
    let parted: Vec<_> = each.iter().filter_map(|one| one.rsplit_once(", seed ")).collect();
    match parted.first() {
        Some((head, _)) if each.len() > 1 && parted.len() == each.len() && parted.iter().all(|one| one.0 == *head) => {
            let seeds: Vec<&str> = parted.iter().map(|one| one.1).collect();
            format!("{} x {head}, seeds {}", each.len(), seeds.join(", "))
        }
        _ => each.join("; "),
    }
}

/// Refuses an oracle that takes other images than the model, or that is the model.
///
/// # Errors
/// Says which.
pub fn check_oracle(oracle: &Network, model: &Network) -> Result<()> {
    let of = |network: &Network| format!("images of {} and {} classes", network.shape(), network.classes());
    if of(oracle) != of(model) {
        return Err(Error::Shape {
            what: "oracle".into(),
            expected: of(model),
            found: of(oracle),
        });
    }
    if oracle.architecture() != model.architecture() {
        return Ok(());
    }
    let values = |network: &Network| -> Result<Vec<Vec<f32>>> {
        network
            .parameters()
            .map(Parameter::value)
            .cloned()
            .map(to_vec)
            .collect()
    };
    match values(oracle)? == values(model)? {
        false => Ok(()),
        true => {
            let expected = "an independent judge. Give a network of another architecture or seed";
            Err(Error::value("oracle", expected, "the model itself"))
        }
    }
}
