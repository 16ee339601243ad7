use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;

use super::lambdas::{self, Grid};
use super::measure::{Evaluation, Measured, seconds, summary};
use super::options::Options;
use super::pictures::{Pictures, draw};
use super::published::PublishedGradients;
use super::results::{Results, SeedRun};
use super::training::{TrainingRecord, trained};
use crate::claim::Claim;
use crate::dataset_settings::DatasetSettings;
use crate::interruptible::{Interruptible, SharedWatch};
use crate::run_folder::{RunFolder, described};
use crate::run_record::RunRecord;
use doubleback::attack::AttackSpec;
use doubleback::data::Dataset;
use doubleback::evaluate::Named;
use doubleback::nn::{self, Network};
use doubleback::progress::Watch;
use doubleback::train::Recipe;
use doubleback::{Error, Result};

/// A finished run.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Everything measured; also in `results.json`.
    pub results: Results,
    /// Images for the report; also in [`Pictures::FILE`].
    pub pictures: Pictures,
}

/// Runs the whole experiment, or what is left of it, and writes `results.json`, the pictures of the report and the models. Further seeds have folders of their own
/// within it, `seeds/N`.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; bad options before anything is written; whatever goes wrong with files.
pub fn reproduce(dataset: &Dataset, options: &Options, device: &Device, watch: &mut dyn Watch) -> Result<Finished> {
    let defenses = options.profile.defenses();
    let recipes = |seed| -> Vec<Recipe> {
        let recipe = |&defense| options.profile.recipe(defense, dataset, seed);
        defenses.iter().map(recipe).collect()
    };
    reproduce_with(&recipes, dataset, options, device, watch)
}

fn reproduce_with(
    recipes: &dyn Fn(u64) -> Vec<Recipe>,
    dataset: &Dataset,
    options: &Options,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<Finished> {
    if options.seeds == 0 {
        return Err(Error::value("seeds", "at least 1", options.seeds));
    }
    let published = options
        .published_gradients
        .as_deref()
        .map(|path| read_published(path, dataset))
        .transpose()?;
    if options.profile.lambda_grid().is_some() && dataset.validation.is_empty() {
        let expected = "at least one: the profiles `standard` and `paper` choose weights by them. Give some, or the profile `quick`";
        return Err(Error::value("validation images", expected, 0));
    }
    let main = recipes(options.seed);
    let folder = open(&main, dataset, options)?;
    let watch = &SharedWatch::new(watch);
    let models = trained_models(&folder, &main, dataset, device, watch)?;
    let watched = models.watched(watch);
    let named = models.named(&watched);
    let evaluation = Evaluation {
        folder: &folder,
        dataset,
        device,
        named: &named,
        options,
    };
    let started = Instant::now();
    let measured = evaluation.measure(published.as_ref(), watch)?;
    let test = evaluation.test(usize::MAX);
    let drawn: Pictures = folder.part_or("pictures", || {
        let (fgsm, tgsm) = (
            AttackSpec::named("fgsm")?.attack()?,
            AttackSpec::named("tgsm")?.attack()?,
        );
        draw(&named, &test, &[(&fgsm, 0.2), (&tgsm, 0.2)])
    })?;
    let grids = evaluation.grids(watch)?;
    let evaluate = folder.get::<f64>("evaluate-seconds")?.unwrap_or(0.0) + started.elapsed().as_secs_f64();
    folder.keep("evaluate-seconds", &evaluate)?;
    folder.tick()?;
    let grid = match options.profile.lambda_grid() {
        None => lambdas::Measured::default(),
        Some(grid) => Grid {
            folder: &folder,
            dataset,
            options,
            device,
            pictures: &drawn.images,
        }
        .measure(&grid, watch)?,
    };
    let pictures = Pictures {
        grids,
        lambda_gradients: grid.gradients,
        ..drawn
    };
    let claims = measured.claims(&grid.points);
    let seeds = if options.seeds > 1 {
        let others = (options.seed + 1..).take(options.seeds - 1).map(|seed| {
            let options = Options {
                seed,
                out: options.out.join("seeds").join(seed.to_string()),
                ..options.clone()
            };
            other_seed(&recipes(seed), dataset, &options, device, watch)
        });
        std::iter::once(Ok(seed_run(options.seed, &measured, &claims)))
            .chain(others)
            .collect::<Result<_>>()?
    } else {
        Vec::new()
    };
    // As they were when the run began.
    let mut data = folder.data().clone();
    let (machine, machines) = folder.machines()?;
    data.notes.extend(grid.notes.into_iter().chain(machines));
    let results = Results {
        dataset: dataset.name.clone(),
        profile: options.profile.name().into(),
        seed: options.seed,
        run: machine,
        data,
        models: measured.models,
        training: main
            .iter()
            .map(|r| (r.defense.name().into(), summary(r, &models.records[r.defense.name()])))
            .collect(),
        clean_accuracy: measured.clean.iter().map(|c| (c.model.clone(), c.accuracy)).collect(),
        clean: measured.clean,
        transfer: measured.transfer,
        by_class: measured.by_class,
        masking: measured.masking,
        margin_check: measured.margin_check,
        gradients: measured.gradients,
        smoothness: measured.smoothness,
        log_probabilities: measured.log_probabilities,
        curves: models.records.values().flat_map(|r| r.curves.clone()).collect(),
        claims,
        published_perturbations: measured.published_perturbations,
        overlaps: measured.overlaps,
        targeted: measured.targeted,
        lambdas: grid.points,
        seeds,
        seconds: seconds(&main, &models.records, evaluate, folder.seconds()),
    };
    // Before the results: where those are, a report can be drawn.
    pictures.write(&options.out)?;
    folder.write_results(&results)?;
    Ok(Finished { results, pictures })
}

fn open(recipes: &[Recipe], dataset: &Dataset, options: &Options) -> Result<RunFolder> {
    let here = RunRecord::here(&options.device_name, options.threads);
    RunFolder::open(&options.out, &settings(dataset, options, recipes), dataset, here)
}

/// The models of another seed, measured as the first ones were.
fn other_seed(
    recipes: &[Recipe],
    dataset: &Dataset,
    options: &Options,
    device: &Device,
    watch: &SharedWatch<'_>,
) -> Result<SeedRun> {
    let folder = open(recipes, dataset, options)?;
    let models = trained_models(&folder, recipes, dataset, device, watch)?;
    let watched = models.watched(watch);
    let named = models.named(&watched);
    let evaluation = Evaluation {
        folder: &folder,
        dataset,
        device,
        named: &named,
        options,
    };
    let measured = evaluation.measure(None, watch)?;
    Ok(seed_run(options.seed, &measured, &measured.claims(&[])))
}

fn seed_run(seed: u64, measured: &Measured, claims: &[Claim]) -> SeedRun {
    SeedRun {
        seed,
        clean: measured.clean.clone(),
        transfer: measured.transfer.clone(),
        verdicts: claims.iter().map(|claim| claim.verdict).collect(),
    }
}

/// The models of one seed and how they were trained.
struct Models {
    models: Vec<(&'static str, Network)>,
    records: BTreeMap<&'static str, TrainingRecord>,
}

impl Models {
    fn watched<'a, 'w>(&'a self, watch: &'a SharedWatch<'w>) -> Vec<Interruptible<'a, 'w>> {
        let models = self.models.iter();
        models.map(|(_, model)| Interruptible::new(model, watch)).collect()
    }

    fn named<'a>(&'a self, watched: &'a [Interruptible<'a, '_>]) -> Vec<Named<'a>> {
        let models = self.models.iter().zip(watched);
        models.map(|((name, _), model)| Named { name, model }).collect()
    }
}

/// Trains the models that are not there yet.
fn trained_models(
    folder: &RunFolder,
    recipes: &[Recipe],
    dataset: &Dataset,
    device: &Device,
    watch: &SharedWatch<'_>,
) -> Result<Models> {
    let (mut models, mut records) = (Vec::new(), BTreeMap::new());
    let mut told = watch;
    for recipe in recipes {
        let name = recipe.defense.name();
        let record = trained(folder, recipe, dataset, device, &mut told)?;
        models.push((name, nn::load(&folder.model(name), device)?.0));
        records.insert(name, record);
    }
    Ok(Models { models, records })
}

fn read_published(path: &Path, dataset: &Dataset) -> Result<PublishedGradients> {
    let published = PublishedGradients::read(path)?;
    if !DatasetSettings::of(dataset).has_published_gradients {
        let problem = format!(
            "holds gradients of MNIST's test images, which cannot be used on {}. Leave it out",
            dataset.name
        );
        return Err(Error::file(path, problem));
    }
    if published.pixels() != dataset.shape.len() {
        let problem = format!(
            "holds gradients of {} pixels, and images of {} have {}. Give gradients of these images",
            published.pixels(),
            dataset.name,
            dataset.shape.len()
        );
        return Err(Error::file(path, problem));
    }
    Ok(published)
}

/// What the run depends on.
fn settings(dataset: &Dataset, options: &Options, recipes: &[Recipe]) -> String {
    // A defense without a penalty has the weight that the profile would give it: the folders of all versions say so.
    let lambda = |recipe: &Recipe| match recipe.defense.penalty() {
        Some(penalty) => penalty.lambda,
        None => options.profile.lambda(recipe.defense.kind(), dataset),
    };
    let lambdas: Vec<String> = recipes.iter().map(|recipe| lambda(recipe).to_string()).collect();
    let o = &recipes[0].options;
    format!(
        "{} {} seed {}: {} steps of {} at {}, weights {}",
        described(dataset),
        options.profile,
        options.seed,
        o.steps,
        o.batch,
        o.adam.learning_rate,
        lambdas.join("/")
    )
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;
    use std::ops::ControlFlow;
    use std::path::PathBuf;

    use super::*;
    use crate::profile::Profile;
    use crate::reproduce::results::Seconds;
    use doubleback::data::{Bounds, LoadOptions, Split, load};
    use doubleback::progress::Progress;
    use doubleback::train::{Defense, DefenseKind};

    /// The first images of three classes of mnist-mini: aimed attacks have few targets.
    fn few_images() -> Dataset {
        let all = load("mnist-mini", &LoadOptions::default()).unwrap();
        let first = |split: &Split, n: usize| {
            let chosen: Vec<usize> = (0..split.len()).filter(|&i| split.labels()[i] < 3).take(n).collect();
            let images = chosen.iter().flat_map(|&i| split.image(i)).collect();
            let labels = chosen.iter().map(|&i| split.labels()[i]).collect();
            Split::new(images, labels, all.shape).unwrap()
        };
        let parts = (first(&all.train, 96), first(&all.validation, 16), first(&all.test, 24));
        Dataset::new(
            "mnist-mini",
            all.classes[..3].to_vec(),
            all.shape,
            Bounds::UNIT,
            parts.0,
            parts.1,
            parts.2,
        )
        .unwrap()
    }

    fn few_steps(dataset: &Dataset, seed: u64) -> Vec<Recipe> {
        let short = |defense| {
            let mut recipe = Profile::Quick.recipe(defense, dataset, seed);
            recipe.options.steps = 3;
            recipe.options.batch = 32;
            recipe.options.curve_every = 2;
            recipe.options.curve_images = 16;
            recipe
        };
        DefenseKind::PAPER.into_iter().map(short).collect()
    }

    fn options(out: &Path) -> Options {
        Options {
            profile: Profile::Quick,
            seed: 3,
            seeds: 2,
            out: out.to_owned(),
            device_name: "cpu".into(),
            threads: 1,
            published_gradients: None,
        }
    }

    /// Breaks each time it has been asked so often.
    struct Impatient(usize);

    impl Watch for Impatient {
        fn begin(&mut self, _: &str, _: usize) {}
        fn advance(&mut self, _: Progress) -> ControlFlow<()> {
            self.0 -= 1;
            if self.0 == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    #[test]
    fn an_interrupted_reproduction_ends_with_the_same_results() {
        let (dataset, device) = (few_images(), test_device());
        let recipes = |seed| few_steps(&dataset, seed);
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let whole = reproduce_with(&recipes, &dataset, &options(folders[0].path()), &device, &mut ()).unwrap();
        let mut stops = 0;
        let resumed = loop {
            match reproduce_with(
                &recipes,
                &dataset,
                &options(folders[1].path()),
                &device,
                &mut Impatient(5 + stops),
            ) {
                Ok(finished) => break finished,
                Err(Error::Interrupted) => stops += 1,
                Err(e) => panic!("{e}"),
            }
        };
        assert!(stops >= 3, "stopped only {stops} times");
        let results = |finished: Finished| Results {
            seconds: Seconds::default(),
            ..finished.results
        };
        assert_eq!(resumed.pictures, whole.pictures);
        assert_eq!(Pictures::read(folders[1].path()).unwrap(), whole.pictures);
        let (resumed, whole) = (results(resumed), results(whole));
        assert_eq!(resumed, whole);
        // Everything the report promises is there.
        assert_eq!(whole.transfer.len(), 2 * 5 * 5 * 8);
        assert_eq!((whole.claims.len(), whole.masking.len(), whole.curves.len()), (7, 5, 6));
        assert_eq!(
            (whole.overlaps.len(), whole.targeted.len(), whole.seeds.len()),
            (6, 4, 2)
        );
        assert_ne!(whole.seeds[0].transfer, whole.seeds[1].transfer);
        let written: Results =
            serde_json::from_slice(&std::fs::read(folders[1].path().join("results.json")).unwrap()).unwrap();
        assert_eq!(
            Results {
                seconds: Seconds::default(),
                ..written
            },
            whole
        );
    }

    #[test]
    fn a_folder_of_another_run_is_refused() {
        let (dataset, device) = (few_images(), test_device());
        let folder = tempfile::tempdir().unwrap();
        let recipes = |seed| few_steps(&dataset, seed);
        let stop = reproduce_with(&recipes, &dataset, &options(folder.path()), &device, &mut Impatient(1));
        assert!(matches!(stop, Err(Error::Interrupted)));
        let others = |seed| {
            let mut recipes = few_steps(&dataset, seed);
            recipes[4].defense = Defense::DoubleBackprop(1.0.into());
            recipes
        };
        let other = reproduce_with(&others, &dataset, &options(folder.path()), &device, &mut ());
        assert!(other.err().unwrap().to_string().contains("holds another run"));
    }

    #[test]
    fn other_data_under_the_same_name_are_refused_and_the_old_results_stay() {
        let (dataset, device) = (few_images(), test_device());
        let folder = tempfile::tempdir().unwrap();
        let recipes = |seed| few_steps(&dataset, seed);
        let options = Options {
            seeds: 1,
            ..options(folder.path())
        };
        let first = reproduce_with(&recipes, &dataset, &options, &device, &mut ()).unwrap();
        let written = std::fs::read(folder.path().join("results.json")).unwrap();
        let refused = |dataset: &Dataset| {
            let recipes = |seed| few_steps(dataset, seed);
            let again = reproduce_with(&recipes, dataset, &options, &device, &mut ());
            again.err().map(|error| error.to_string())
        };
        let test = |keep: usize, labels: &dyn Fn(u32) -> u32| {
            let images = dataset.test.values(0..keep);
            let labels = dataset.test.labels()[..keep]
                .iter()
                .map(|&label| labels(label))
                .collect();
            let mut other = dataset.clone();
            other.test = Split::new(images, labels, dataset.shape).unwrap();
            other
        };
        let fewer = refused(&test(23, &|label| label)).unwrap();
        assert!(
            fewer.contains("holds another run: of other data (test images: 24 there, 23 here)"),
            "{fewer}"
        );
        let corrected = refused(&test(24, &|label| (label + 1) % 3)).unwrap();
        assert!(corrected.contains("SHA-256 of all images and labels: "), "{corrected}");
        let mut other = dataset.clone();
        other.deduplicated = true;
        let deduplicated = refused(&other);
        assert!(deduplicated.unwrap().contains("duplicates: kept there, removed here"));
        assert_eq!(std::fs::read(folder.path().join("results.json")).unwrap(), written);
        // The same data are welcome, with what was noted when they were measured.
        let mut noted = dataset.clone();
        noted.notes.push("A later note".into());
        let again = reproduce_with(&recipes, &noted, &options, &device, &mut ()).unwrap();
        assert_eq!(again.results.data, first.results.data);
        // Another model in the place of one that was measured is not taken for it.
        let models = folder.path().join("models");
        std::fs::copy(models.join("doubleback.safetensors"), models.join("normal.safetensors")).unwrap();
        assert!(
            refused(&dataset)
                .unwrap()
                .contains("is not the model that this run made")
        );
    }

    #[test]
    fn without_validation_images_no_weight_is_chosen() {
        let (mut dataset, device) = (few_images(), test_device());
        dataset.validation = Split::empty(dataset.shape);
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            profile: Profile::Standard,
            ..options(&folder.path().join("out"))
        };
        let refused = reproduce(&dataset, &options, &device, &mut ())
            .err()
            .unwrap()
            .to_string();
        assert!(
            refused.starts_with("validation images: 0 is not at least one"),
            "{refused}"
        );
        assert!(!options.out.exists());
    }

    /// Two versions of one number refuse each other's folders by what differs, not by how it is written.
    #[test]
    fn the_settings_of_a_run_stay_as_they_were() {
        let (dataset, folder) = (few_images(), PathBuf::new());
        let options = options(&folder);
        let recipes: Vec<Recipe> = Profile::Quick
            .defenses()
            .into_iter()
            .map(|kind| Profile::Quick.recipe(kind, &dataset, 3))
            .collect();
        assert_eq!(
            settings(&dataset, &options, &recipes),
            "mnist-mini quick seed 3: 400 steps of 256 at 0.001, weights 10/10/10/0.5/10"
        );
    }
}
