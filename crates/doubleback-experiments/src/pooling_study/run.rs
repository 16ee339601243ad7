use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Device;

use super::claims::claims;
use super::compare::{MATCHED_WITHIN, comparisons, correlations, layer_comparisons};
use super::plan::{Cell, Plan};
use super::profile::Profile;
use super::results::{LayerResult, ModelResult, PoolingResults};
use super::study::Study;
use super::train;
use crate::run_folder::{RunFolder, described};
use crate::run_record::RunRecord;
use doubleback::data::Dataset;
use doubleback::nn::Pool;
use doubleback::progress::Watch;
use doubleback::train::DefenseKind;
use doubleback::{Error, Result};

/// What to study, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much work to spend.
    pub profile: Profile,
    /// The first seed of weights and dropout.
    pub seed: u64,
    /// Seeds in all, this one and those after it; without a number, the profile's. More can be added to a folder later.
    pub seeds: Option<usize>,
    /// Output folder.
    pub out: PathBuf,
    /// Name of the device, for the record.
    pub device_name: String,
    /// Worker threads, for the record.
    pub threads: usize,
}

/// Runs the study, or what is left of it, and writes `results.json` and the models to the output folder.
///
/// Models that are there already are taken if their files say that they were trained as the study would have trained them.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; bad options before anything is written; a model that was trained otherwise; whatever goes
/// wrong with files.
pub fn pooling(dataset: &Dataset, options: &Options, device: &Device, watch: &mut dyn Watch) -> Result<PoolingResults> {
    let plan = Plan::new(options.profile, dataset)?;
    study(&plan, dataset, options, device, watch)
}

pub(super) fn study(
    plan: &Plan,
    dataset: &Dataset,
    options: &Options,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<PoolingResults> {
    let count = options.seeds.unwrap_or(plan.seeds);
    if count == 0 {
        return Err(Error::value("seeds", "at least 1", 0));
    }
    let seeds: Vec<u64> = (0..count as u64).map(|i| options.seed.wrapping_add(i)).collect();
    let any = |architecture| Cell {
        architecture,
        pool: Pool::Avg,
        training: DefenseKind::Normal,
        seed: 0,
    };
    for &architecture in &plan.architectures {
        plan.recipe(&any(architecture), dataset)?;
    }
    let here = RunRecord::here(&options.device_name, options.threads);
    let folder = RunFolder::open(&options.out, &settings(plan, dataset, options), dataset, here)?;
    let study = Study {
        folder: &folder,
        plan,
        dataset,
        device,
    };
    let (mut models, mut stages) = (Vec::new(), Vec::new());
    for &seed in &seeds {
        for &architecture in &plan.architectures {
            for &training in &plan.trainings {
                let cells = Pool::ALL.map(|pool| Cell {
                    architecture,
                    pool,
                    training,
                    seed,
                });
                let (pair, layers) = study.pair(cells, watch)?;
                models.extend(pair);
                stages.extend(layers);
            }
        }
    }
    let architectures: Vec<String> = plan.architectures.iter().map(|&name| name.to_owned()).collect();
    let place = |architecture: &str| architectures.iter().position(|name| name == architecture);
    let training = |name: &str| plan.trainings.iter().position(|training| training.name() == name);
    // By seed they were made; both sorts keep max before avg.
    models.sort_by_key(|model: &ModelResult| (place(&model.architecture), training(&model.training), model.seed));
    stages.sort_by_key(|model: &LayerResult| (place(&model.architecture), model.seed));
    let trainings: Vec<&str> = plan.trainings.iter().map(|training| training.name()).collect();
    let comparisons = comparisons(&models, &architectures, &trainings);
    let layer_comparisons = layer_comparisons(&stages, &architectures);
    let correlations = correlations(&stages, &architectures, options.seed);
    folder.tick()?;
    // As they were when the run began.
    let mut data = folder.data().clone();
    let (machine, machines) = folder.machines()?;
    data.notes.extend(machines);
    let results = PoolingResults {
        dataset: dataset.name.clone(),
        profile: options.profile.name().into(),
        seeds,
        run: machine,
        data,
        architectures,
        trainings: plan.training_settings(dataset),
        attacks: plan.attacks(),
        claims: claims(&comparisons, &layer_comparisons, &correlations),
        models,
        layers: stages,
        comparisons,
        layer_comparisons,
        correlations,
        matched_within: MATCHED_WITHIN,
        seconds: BTreeMap::from([
            ("train".into(), train::seconds(&folder)?),
            ("attack".into(), study.seconds("attack")?),
            ("layers".into(), study.seconds("layers")?),
            ("total".into(), folder.seconds()),
        ]),
    };
    folder.write_results(&results)?;
    Ok(results)
}

/// What the study depends on. Seeds can be added.
fn settings(plan: &Plan, dataset: &Dataset, options: &Options) -> String {
    format!(
        "pooling study of {} {}: {} steps of {}, {} images",
        described(dataset),
        options.profile,
        plan.steps,
        plan.batch,
        plan.images
    )
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;
    use std::ops::ControlFlow;
    use std::path::Path;

    use super::*;
    use crate::pooling_study::LayerPlan;
    use doubleback::data::{Bounds, LoadOptions, Split, load};
    use doubleback::progress::Progress;

    /// The first images of three classes of mnist-mini.
    fn few_images() -> Dataset {
        let all = load("mnist-mini", &LoadOptions::default()).unwrap();
        let first = |split: &Split, n: usize| {
            let chosen: Vec<usize> = (0..split.len()).filter(|&i| split.labels()[i] < 3).take(n).collect();
            let images = chosen.iter().flat_map(|&i| split.image(i)).collect();
            let labels = chosen.iter().map(|&i| split.labels()[i]).collect();
            Split::new(images, labels, all.shape).unwrap()
        };
        let parts = (first(&all.train, 64), first(&all.validation, 16), first(&all.test, 24));
        let classes = all.classes[..3].to_vec();
        Dataset::new(
            "mnist-mini",
            classes,
            all.shape,
            Bounds::UNIT,
            parts.0,
            parts.1,
            parts.2,
        )
        .unwrap()
    }

    fn tiny(dataset: &Dataset) -> Plan {
        let quick = Plan::new(Profile::Quick, dataset).unwrap();
        Plan {
            trainings: vec![DefenseKind::Normal, DefenseKind::PgdTraining],
            steps: 4,
            batch: 32,
            pgd_steps: 1,
            eps: vec![0.05, 0.2],
            attack_steps: 2,
            step_size: 0.1,
            images: 12,
            layers: LayerPlan {
                images: 16,
                probe_steps: 2,
                decoder_steps: 2,
                ..quick.layers
            },
            ..quick
        }
    }

    fn options(out: &Path, seeds: usize) -> Options {
        Options {
            profile: Profile::Quick,
            seed: 3,
            seeds: Some(seeds),
            out: out.to_owned(),
            device_name: "cpu".into(),
            threads: 1,
        }
    }

    /// Breaks at every so many steps of any phase; these must be more than an attack has, which starts anew.
    struct Every {
        count: usize,
        steps: usize,
    }

    impl Watch for Every {
        fn begin(&mut self, _: &str, _: usize) {}

        fn advance(&mut self, _: Progress) -> ControlFlow<()> {
            self.count += 1;
            match self.count.is_multiple_of(self.steps) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    fn timeless(mut results: PoolingResults) -> String {
        results.seconds.clear();
        serde_json::to_string(&results).unwrap()
    }

    #[test]
    fn an_interrupted_study_ends_with_the_same_results_and_models() {
        let (dataset, device) = (few_images(), test_device());
        let plan = tiny(&dataset);
        let [whole, parts] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let expected = study(&plan, &dataset, &options(whole.path(), 1), &device, &mut ()).unwrap();
        assert_eq!((expected.models.len(), expected.layers.len()), (4, 2));
        let mut every = Every { count: 0, steps: 9 };
        let mut interruptions = 0;
        let found = loop {
            match study(&plan, &dataset, &options(parts.path(), 1), &device, &mut every) {
                Err(Error::Interrupted) => interruptions += 1,
                done => break done.unwrap(),
            }
        };
        assert!(interruptions > 2);
        assert_eq!(timeless(found.clone()), timeless(expected.clone()));
        let written = std::fs::read(parts.path().join("results.json")).unwrap();
        assert_eq!(serde_json::from_slice::<PoolingResults>(&written).unwrap(), found);
        // Models by their sums; nothing of the trainings is left.
        assert!(
            found
                .models
                .iter()
                .zip(&expected.models)
                .all(|(a, b)| a.sha256 == b.sha256)
        );
        assert!(!parts.path().join("work/paper-cnn-max-pgd-seed3").exists());
        // With another seed the first one's results stay as they are.
        let more = study(&plan, &dataset, &options(parts.path(), 2), &device, &mut ()).unwrap();
        assert_eq!((more.seeds, more.models.len()), (vec![3, 4], 8));
        assert!(expected.models.iter().all(|model| more.models.contains(model)));
        assert_eq!(more.comparisons[0].difference.seeds, [3, 4]);
    }

    #[test]
    fn models_that_are_there_are_taken_and_foreign_ones_refused() {
        let (dataset, device) = (few_images(), test_device());
        let plan = Plan {
            trainings: vec![DefenseKind::PgdTraining],
            ..tiny(&dataset)
        };
        let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let expected = study(&plan, &dataset, &options(first.path(), 1), &device, &mut ()).unwrap();
        let name = "models/paper-cnn-avg-pgd-seed3.safetensors";
        let other = "models/paper-cnn-max-pgd-seed3.safetensors";
        std::fs::create_dir(second.path().join("models")).unwrap();
        for name in [name, other] {
            std::fs::copy(first.path().join(name), second.path().join(name)).unwrap();
        }
        struct NoTraining;
        impl Watch for NoTraining {
            fn begin(&mut self, phase: &str, _: usize) {
                assert!(phase.starts_with("attacking"), "{phase}");
            }
            fn advance(&mut self, _: Progress) -> ControlFlow<()> {
                ControlFlow::Continue(())
            }
        }
        let found = study(&plan, &dataset, &options(second.path(), 1), &device, &mut NoTraining).unwrap();
        assert_eq!(timeless(found), timeless(expected));

        let refused = |plan: &Plan| {
            let failed = study(plan, &dataset, &options(second.path(), 1), &device, &mut ());
            failed.unwrap_err().to_string()
        };
        let otherwise = Plan {
            adversarial_eps: 0.1,
            ..plan.clone()
        };
        let message = refused(&otherwise);
        assert!(message.contains("adversarial_eps is 0.2, not 0.1"), "{message}");
        // Another network with the same card.
        std::fs::copy(first.path().join(other), second.path().join(name)).unwrap();
        let message = refused(&plan);
        assert!(
            message.contains("is another one than paper-cnn with avg pooling"),
            "{message}"
        );
        assert!(message.contains("Move it away"), "{message}");
        let steps = Plan { steps: 5, ..plan };
        assert!(refused(&steps).contains("holds another run"));
    }

    #[test]
    fn bad_options_are_refused_before_anything_is_written() {
        let (dataset, device) = (few_images(), test_device());
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let failed = pooling(&dataset, &options(&out, 0), &device, &mut ());
        assert_eq!(failed.unwrap_err().to_string(), "seeds: 0 is not at least 1");
        let mut other = dataset;
        other.name = "svhn".into();
        let message = pooling(&other, &options(&out, 1), &device, &mut ())
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("unknown data set of the pooling study `svhn`"),
            "{message}"
        );
        assert!(!out.exists());
    }
}
