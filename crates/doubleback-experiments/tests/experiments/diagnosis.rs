//! What a diagnosis without a generator must show, on networks whose latents are known.

use doubleback_test_device::test_device;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Tensor;
use doubleback::Error;
use doubleback::attack::{Fgsm, Goal, run};
use doubleback::batch::tensor_of;
use doubleback::data::{Bounds, Dataset, ImageShape, LoadOptions, Split, load};
use doubleback::diagnose::{Decoders, InformationOptions, ProbeOptions, ProbeReading, Probes, information};
use doubleback::evaluate::Sample;
use doubleback::nn::{Classifier, Network, Pullback, Stage, Staged, save};
use doubleback::progress::{Progress, Watch};
use doubleback::train::DefenseKind;
use doubleback_experiments::Profile;
use doubleback_experiments::diagnosis::{self, Budget, DiagnosisResults, ModelFile, Options};

fn mnist_mini() -> Dataset {
    load("mnist-mini", &LoadOptions::default()).unwrap()
}

/// The paper's network after few steps.
fn trained(dataset: &Dataset, steps: usize) -> Network {
    let mut recipe = Profile::Quick.recipe(DefenseKind::Normal, dataset, 0);
    recipe.options.steps = steps;
    recipe.options.batch = 64;
    recipe.options.curve_every = steps;
    recipe.options.curve_images = 16;
    recipe
        .run(dataset, &test_device(), None, &mut ())
        .unwrap()
        .trained
        .network
}

fn labels(dataset: &Dataset, count: usize) -> Vec<usize> {
    dataset.test.labels()[..count]
        .iter()
        .map(|&label| label as usize)
        .collect()
}

#[test]
fn probes_know_the_digits_from_every_stage_and_see_the_attack() {
    let (dataset, device) = (mnist_mini(), test_device());
    let network = trained(&dataset, 60);
    let stages: Vec<usize> = (0..network.stages().len()).collect();
    let options = ProbeOptions {
        steps: 60,
        ..ProbeOptions::default()
    };
    let probes = || Probes::train(&network, &stages, &dataset.train, &options, &device, &mut ()).unwrap();
    let images = tensor_of(&dataset.test, dataset.shape, 0..200, &device);
    let labels = labels(&dataset, 200);
    let read = |probes: &Probes, images| {
        let mut reading = ProbeReading::default();
        probes.read(&network, images, &labels, &mut reading).unwrap();
        reading
    };
    let first = probes();
    let clean = read(&first, images.clone());
    assert_eq!(
        clean,
        read(&probes(), images.clone()),
        "the same seed gives the same bits"
    );
    let mean = |values: &[bool]| values.iter().filter(|&&wrong| wrong).count() as f64 / values.len() as f64;
    let attacked = run(
        &network,
        &Fgsm::default(),
        &images,
        &Goal::AwayFrom(labels.clone()),
        &[0.2],
    )
    .unwrap();
    let attacked = read(&first, attacked.by_eps[0].images.clone());
    for (place, stage) in network.stages().iter().enumerate() {
        let (clean_error, attacked_error) = (mean(&clean.wrong[place]), mean(&attacked.wrong[place]));
        let nats = clean.nats[place].iter().sum::<f64>() / 200.0;
        println!("{:8} {clean_error:.3} {attacked_error:.3} {nats:.3} nats", stage.name);
        assert!(clean_error < 0.25, "{}: {clean_error}", stage.name);
        assert!(nats < std::f64::consts::LN_10 / 2.0, "{}: {nats} nats", stage.name);
    }
    let last = stages.len() - 1;
    assert!(
        mean(&attacked.wrong[last]) > mean(&attacked.wrong[0]),
        "the attack shows later than at the input"
    );
}

/// Three stages of one size: the images, a half of them, and nothing of them. What it says of them is nothing as well.
struct Halver;

impl Classifier for Halver {
    fn classes(&self) -> usize {
        10
    }

    fn shape(&self) -> ImageShape {
        ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::UNIT
    }

    fn logits(&self, images: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        Ok(Tensor::zeros([images.dims()[0], 10], &images.device()))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> doubleback::Result<(Tensor<2>, Pullback<'_>)> {
        let zeros = images.zeros_like();
        Ok((self.logits(images)?, Pullback::new(move |_| Ok(zeros.clone()))))
    }
}

impl Staged for Halver {
    fn stages(&self) -> Vec<Stage> {
        let stage = |name: &str| Stage {
            name: name.into(),
            size: [28, 28, 1],
        };
        ["input", "half", "nothing"].map(stage).into()
    }

    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> doubleback::Result<Vec<Tensor<4>>> {
        let latent = images.reshape([-1, 28, 28, 1]);
        let scales = [1.0, 0.5, 0.0];
        Ok(stages.iter().map(|&stage| latent.clone() * scales[stage]).collect())
    }

    fn logits_from(&self, _: usize, latent: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        self.logits(latent)
    }
}

#[test]
fn a_stage_that_can_be_inverted_loses_nothing_and_one_that_destroys_all_loses_much() {
    let (dataset, device) = (mnist_mini(), test_device());
    let options = InformationOptions {
        steps: 60,
        ..InformationOptions::default()
    };
    let decoders = Decoders::train(&Halver, &[0, 1, 2], &dataset.train, &options, &device, &mut ()).unwrap();
    let mut errors = Vec::new();
    let images = tensor_of(&dataset.test, dataset.shape, 0..300, &device);
    decoders.read(&Halver, &images, &mut errors).unwrap();
    let layers = information(&["input", "half", "nothing"], &errors, 0).unwrap();
    assert_eq!(layers[0].loss, None);
    let (half, nothing) = (layers[1].loss.unwrap(), layers[2].loss.unwrap());
    assert!(half.value.abs() < 0.15, "{half:?}");
    assert!(nothing.low > 0.4, "{nothing:?}");
    // Nothing better than the mean image can be made of nothing.
    assert!(layers[2].mse > 0.06, "{}", layers[2].mse);
}

/// The first images of three classes.
fn few_images() -> Dataset {
    let all = mnist_mini();
    let first = |split: &Split, n: usize| {
        let chosen: Vec<usize> = (0..split.len()).filter(|&i| split.labels()[i] < 3).take(n).collect();
        let images = chosen.iter().flat_map(|&i| split.image(i)).collect();
        let labels = chosen.iter().map(|&i| split.labels()[i]).collect();
        Split::new(images, labels, all.shape).unwrap()
    };
    let (train, validation, test) = (first(&all.train, 96), first(&all.validation, 30), first(&all.test, 24));
    Dataset::new(
        "few",
        all.classes[..3].to_vec(),
        all.shape,
        Bounds::UNIT,
        train,
        validation,
        test,
    )
    .unwrap()
}

/// Files of two models of a few steps.
fn two_models(dataset: &Dataset, folder: &Path) -> Vec<ModelFile> {
    let device = test_device();
    [
        (DefenseKind::Normal, "normal"),
        (DefenseKind::DoubleBackprop, "doubleback"),
    ]
    .map(|(defense, name)| {
        let mut recipe = Profile::Quick.recipe(defense, dataset, 0);
        recipe.options.steps = 12;
        recipe.options.batch = 32;
        let cooked = recipe.run(dataset, &device, None, &mut ()).unwrap();
        let path = folder.join(format!("{name}.safetensors"));
        save(&cooked.trained.network, &recipe.card(dataset), &path).unwrap();
        ModelFile::read(&path, &device).unwrap()
    })
    .into()
}

fn options(out: &Path) -> Options {
    Options {
        profile: diagnosis::Profile::Quick,
        budget: Budget {
            images: 24,
            draws: 2,
            oracle_steps: 6,
            generator_steps: 3,
            reader_steps: 4,
        },
        sample: None,
        seed: 5,
        attack: "fgsm".into(),
        eps: None,
        layers: vec!["pool1".into(), "dense1".into()],
        out: out.to_owned(),
        device_name: "cpu".into(),
        threads: 1,
    }
}

/// Breaks each time it has been asked so often.
struct Impatient(usize);

impl Watch for Impatient {
    fn begin(&mut self, _: &str, _: usize) {}
    fn advance(&mut self, _: Progress) -> ControlFlow<()> {
        self.0 -= 1;
        match self.0 {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

#[test]
fn an_interrupted_diagnosis_ends_with_the_same_results() {
    let (dataset, device) = (few_images(), test_device());
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let mut models = two_models(&dataset, folders[2].path());
    // Told apart by a folder: what is kept of each is in files of its own.
    for (model, name) in models.iter_mut().zip(["A/model", "A-model"]) {
        model.name = name.to_owned();
    }
    let run =
        |out: &Path, watch: &mut dyn Watch| diagnosis::diagnose(&dataset, &models, &[], &options(out), &device, watch);
    let whole = run(folders[0].path(), &mut ()).unwrap();
    let mut stops = 0;
    let resumed = loop {
        match run(folders[1].path(), &mut Impatient(9 + stops)) {
            Ok(results) => break results,
            Err(Error::Interrupted) => stops += 1,
            Err(e) => panic!("{e}"),
        }
    };
    assert!(stops >= 3, "stopped only {stops} times");
    let timeless = |mut results: DiagnosisResults| {
        results.seconds.clear();
        results
    };
    let (whole, resumed) = (timeless(whole), timeless(resumed));
    assert_eq!(whole, resumed);
    let written = std::fs::read(folders[1].path().join("results.json")).unwrap();
    assert_eq!(timeless(serde_json::from_slice(&written).unwrap()), whole);

    // Everything that a report shows is there, of the stages asked for and the two ends.
    assert_eq!(
        whole.oracle.description,
        format!(
            "3 x small-cnn, trained as advtrain, 6 steps, seeds {}",
            [0, 1, 2].map(|member| (5 + 0x5_ac1e + member).to_string()).join(", ")
        )
    );
    for model in &whole.models {
        let names: Vec<&str> = model.layers.iter().map(|layer| layer.layer.as_str()).collect();
        assert_eq!(names, ["input", "pool1", "dense1", "logits"]);
        assert_eq!(
            (model.probes.len(), model.information.len(), model.flips.len()),
            (4, 4, 5)
        );
        assert_eq!(model.attack.eps, whole.models[0].attack.eps);
        assert!(model.attack.chosen && model.sweep.len() >= 8);
        let sum: f64 = model.layers[1..].iter().map(|layer| layer.v.value).sum();
        assert!((sum - model.sum_of_v.value).abs() < 1e-12);
        let last = model.layers[3].r.value;
        assert!((last - model.attack.damage.value - model.consistency.value).abs() < 1e-12);
        assert_eq!(
            model.flips.iter().map(|flip| flip.fooled + flip.others).sum::<usize>(),
            24
        );
        assert_eq!((model.images.len(), model.images[0].explanations.len()), (3, 4));
        assert_eq!(model.images[0].clean.bytes.len(), 784);
    }
}

#[test]
fn a_sample_is_diagnosed_under_its_own_indices() {
    let (mut dataset, device) = (few_images(), test_device());
    let folder = tempfile::tempdir().unwrap();
    let models = two_models(&dataset, folder.path());
    let all = dataset.test.clone();
    let sample = Sample::stratified(all.labels(), 12, 1);
    dataset.test = sample.select(&all, dataset.shape).unwrap();
    let out = folder.path().join("out");
    let options = Options {
        sample: Some(sample.clone()),
        eps: Some(0.2),
        ..options(&out)
    };
    let run = |dataset: &Dataset, options: &Options| {
        diagnosis::diagnose(dataset, &models[..1], &[], options, &device, &mut ())
    };
    let results = run(&dataset, &options).unwrap();
    assert_eq!((results.count, results.sample_seed), (12, Some(1)));
    assert_eq!(results.index.as_deref(), Some(sample.indices()));
    for image in &results.models[0].images {
        assert!(sample.indices().contains(&image.index));
        assert_eq!(all.labels()[image.index] as usize, image.label);
    }
    // The folder is of this sample.
    let sample = Sample::stratified(all.labels(), 12, 2);
    dataset.test = sample.select(&all, dataset.shape).unwrap();
    let options = Options {
        sample: Some(sample),
        ..options
    };
    assert!(run(&dataset, &options).is_err());
}

#[test]
fn what_cannot_be_diagnosed_is_refused_before_anything_is_written() {
    let (dataset, device) = (few_images(), test_device());
    let folder = tempfile::tempdir().unwrap();
    let models = two_models(&dataset, folder.path());
    let out = folder.path().join("out");
    let twice = [models[0].clone(), models[0].clone()];
    let message = |models: &[ModelFile], oracle: &[ModelFile], change: &dyn Fn(&mut Options)| {
        let mut options = options(&out);
        change(&mut options);
        let error = diagnosis::diagnose(&dataset, models, oracle, &options, &device, &mut ()).unwrap_err();
        assert!(!out.exists(), "{error}");
        error.to_string()
    };
    let unchanged = |_: &mut Options| {};
    let messages = [
        message(&[], &[], &unchanged),
        message(&twice, &[], &unchanged),
        message(&models, &models[1..], &unchanged),
        message(&models, &[], &|options| options.attack = "fgms".into()),
        message(&models, &[], &|options| options.eps = Some(1.5)),
        message(&models, &[], &|options| options.eps = Some(0.0)),
        message(&models, &[], &|options| options.layers = vec!["conv9".into()]),
        message(&models, &[], &|options| options.budget.draws = 0),
        message(&models, &[], &|options| {
            (options.attack, options.eps) = ("jsma".into(), Some(0.1))
        }),
    ];
    assert_eq!(
        messages,
        [
            "models: 0 is not at least one",
            "model: normal is not the name of one model alone, and results go by it. Rename a file",
            "oracle: the model itself is not an independent judge. Give a network of another architecture or seed",
            "unknown attack `fgms`. Did you mean `fgsm`? Known: fgsm, tgsm, ifgsm, itgsm, mi-fgsm, pgd, bim, apgd-ce, apgd-dlr, apgd-t, square, fab, fab-t, cw-l2, deepfool, ddn, fmn, jsma",
            "eps: 1.5 is not between 0 and 1, the range of the data (0 to 1)",
            "eps: 0 is not above 0, or nothing would be attacked",
            "unknown layer `conv9`. Did you mean `conv2`? Known: input, conv1, pool1, conv2, pool2, dense1, logits",
            "draws of noise: 0 is not at least 1",
            "eps: 0.1 is not for `jsma`, which takes none: leave it out",
        ]
    );
}
