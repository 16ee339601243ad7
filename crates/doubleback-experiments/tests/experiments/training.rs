//! Training on real images: it learns, it resumes to the same bits, it says when it diverges.

use doubleback_test_device::test_device;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use doubleback::Error;
use doubleback::batch::Batch;
use doubleback::data::{self, Dataset, ImageShape, LoadOptions, Split};
use doubleback::nn::{Mode, Module, Network, to_vec};
use doubleback::progress::{Progress, Watch};
use doubleback::train::{
    AdamWOptions, Cooked, Defense, DefenseKind, ModelFiles, Normal, Optimizer, Recipe, SgdOptions, StartingPoint,
    TrainedLayers, train,
};
use doubleback_experiments::Profile;

fn mnist_mini() -> Dataset {
    data::load("mnist-mini", &LoadOptions::default()).unwrap()
}

fn recipe(defense: DefenseKind, dataset: &Dataset, steps: usize, batch: usize) -> Recipe {
    let mut recipe = Profile::Quick.recipe(defense, dataset, 5);
    recipe.options.steps = steps;
    recipe.options.batch = batch;
    recipe.options.curve_every = 4;
    recipe.options.curve_images = 64;
    recipe
}

/// Breaks after so many steps.
struct StopAfter(usize);

impl Watch for StopAfter {
    fn begin(&mut self, _: &str, _: usize) {}
    fn advance(&mut self, _: Progress) -> ControlFlow<()> {
        if self.0 <= 1 {
            return ControlFlow::Break(());
        }
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

fn bits(network: &Network) -> Vec<u32> {
    network
        .parameters()
        .chain(network.buffers())
        .flat_map(|p| to_vec(p.value().clone()).unwrap())
        .map(f32::to_bits)
        .collect()
}

#[test]
fn interrupted_and_resumed_training_ends_with_the_same_bits() {
    let dataset = mnist_mini();
    let device = test_device();
    for defense in DefenseKind::ALL {
        let recipe = recipe(defense, &dataset, 6, 24);
        let whole = recipe.run(&dataset, &device, None, &mut ()).unwrap();
        let work = tempfile::tempdir().unwrap();
        let mut stops = 0;
        let resumed: Cooked = loop {
            match recipe.run(&dataset, &device, Some(work.path()), &mut StopAfter(4)) {
                Ok(cooked) => break cooked,
                Err(Error::Interrupted) => stops += 1,
                Err(e) => panic!("{e}"),
            }
        };
        assert!(stops >= 1, "{defense} was never interrupted");
        assert_eq!(
            bits(&resumed.trained.network),
            bits(&whole.trained.network),
            "{defense}"
        );
        assert_eq!(
            (resumed.trained.curve, resumed.teacher_curve),
            (whole.trained.curve, whole.teacher_curve),
            "{defense}"
        );
        recipe.clean(work.path());
        assert_eq!(
            std::fs::read_dir(work.path()).unwrap().count(),
            0,
            "{defense} left files behind"
        );
    }
}

#[test]
fn every_defense_learns_in_a_few_steps() {
    let dataset = mnist_mini();
    for defense in DefenseKind::ALL {
        let mut recipe = recipe(defense, &dataset, 16, 64);
        if let Defense::Distillation { temperature } = &mut recipe.defense {
            // A student learns what its teacher says in inference, by moving averages: a teacher of few steps has none to speak of. At the
            // paper's temperature of 50 it would say nearly the same of every class for longer still.
            *temperature = 1.0;
            (recipe.options.steps, recipe.options.batch) = (240, 32);
        }
        if let (DefenseKind::Trades, Some(eps)) = (defense, recipe.defense.adversarial_eps_mut()) {
            // The divergence at 0.3 outweighs the cross-entropy by far for longer.
            *eps = 0.1;
        }
        let cooked = recipe.run(&dataset, &test_device(), None, &mut ()).unwrap();
        let curve = cooked.trained.curve;
        let (first, last) = (&curve[0], &curve[curve.len() - 1]);
        assert!(
            last.loss < first.loss,
            "{defense}: loss went from {} to {}",
            first.loss,
            last.loss
        );
        let least = match defense {
            // Of perturbed images.
            DefenseKind::PgdTraining => 0.2,
            _ => 0.6,
        };
        assert!(last.accuracy >= least, "{defense}: accuracy {}", last.accuracy);
    }
}

#[test]
fn a_student_at_the_papers_temperature_follows_its_teacher() {
    let dataset = mnist_mini();
    let recipe = recipe(DefenseKind::Distillation, &dataset, 16, 64);
    assert_eq!(recipe.defense, Defense::Distillation { temperature: 50.0 });
    let cooked = recipe.run(&dataset, &test_device(), None, &mut ()).unwrap();
    let curve = cooked.trained.curve;
    assert!(curve[curve.len() - 1].loss < curve[0].loss, "{curve:?}");
}

/// Counts the steps of each phase that are really made.
#[derive(Default)]
struct Made(Vec<(String, usize)>);

impl Watch for Made {
    fn begin(&mut self, phase: &str, _: usize) {
        self.0.push((phase.to_owned(), 0));
    }
    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        if progress.loss.is_some() {
            self.0.last_mut().unwrap().1 += 1;
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn more_steps_after_the_end_are_the_same_bits_as_all_at_once() {
    let dataset = mnist_mini();
    let device = test_device();
    for defense in DefenseKind::ALL {
        let folder = tempfile::tempdir().unwrap();
        let files = |name: &str| ModelFiles::of(folder.path().join(name));
        // A curve has a point every 4 steps and one at the end, which those of more steps do not have.
        let [short, long] = [6, 9].map(|steps| recipe(defense, &dataset, steps, 24));
        let whole = long
            .train_to(&files("whole.safetensors"), &dataset, &device, &mut ())
            .unwrap();
        let parts = files("parts.safetensors");
        short.train_to(&parts, &dataset, &device, &mut ()).unwrap();
        let mut made = Made::default();
        let more = long.train_to(&parts, &dataset, &device, &mut made).unwrap();
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert!(bytes("parts.safetensors") == bytes("whole.safetensors"), "{defense}");
        assert_eq!(more.cooked.trained.curve, whole.cooked.trained.curve, "{defense}");
        assert_eq!(
            (more.cooked.teacher_curve, more.set_aside),
            (whole.cooked.teacher_curve, None),
            "{defense}"
        );
        let steps: Vec<usize> = made.0.iter().map(|(_, steps)| *steps).collect();
        // Its teacher goes on; a student learns from the finished teacher, so it starts again.
        let expected = if long.defense.temperature().is_some() {
            vec![3, 9]
        } else {
            vec![3]
        };
        assert_eq!(steps, expected, "{defense}");
        // Nothing is left to do.
        let mut made = Made::default();
        let again = long.train_to(&parts, &dataset, &device, &mut made).unwrap();
        assert_eq!(again.cooked.trained.curve, whole.cooked.trained.curve);
        assert!(made.0.iter().all(|(_, steps)| *steps == 0), "{defense}: {:?}", made.0);
        assert!(bytes("parts.safetensors") == bytes("whole.safetensors"), "{defense}");
        let message = short
            .train_to(&parts, &dataset, &device, &mut ())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("has made 9 steps, more than the 6 that are wanted"),
            "{message}"
        );
    }
}

#[test]
fn an_interrupted_training_goes_on_with_more_steps() {
    let dataset = mnist_mini();
    let device = test_device();
    let folder = tempfile::tempdir().unwrap();
    for defense in [DefenseKind::DoubleBackprop, DefenseKind::Distillation] {
        let [short, long] = [8, 12].map(|steps| recipe(defense, &dataset, steps, 24));
        let files = |name: &str| ModelFiles::of(folder.path().join(format!("{defense}-{name}.safetensors")));
        let whole = long.train_to(&files("whole"), &dataset, &device, &mut ()).unwrap();
        let stopped = short.train_to(&files("stopped"), &dataset, &device, &mut StopAfter(11));
        // With a teacher it is the student's training that stops.
        let stops = matches!(stopped, Err(Error::Interrupted));
        assert_eq!(stops, defense == DefenseKind::Distillation);
        let more = long.train_to(&files("stopped"), &dataset, &device, &mut ()).unwrap();
        assert_eq!(
            bits(&more.cooked.trained.network),
            bits(&whole.cooked.trained.network),
            "{defense}"
        );
        assert!(!files("stopped").work().exists());
    }
}

#[test]
fn a_model_of_another_training_is_set_aside_and_not_lost() {
    let dataset = mnist_mini();
    let device = test_device();
    let folder = tempfile::tempdir().unwrap();
    let files = ModelFiles::of(folder.path().join("a.safetensors"));
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let first = recipe(DefenseKind::Normal, &dataset, 2, 16);
    first.train_to(&files, &dataset, &device, &mut ()).unwrap();
    let (model, state) = (bytes("a.safetensors"), bytes("a.state"));
    let other = recipe(DefenseKind::DoubleBackprop, &dataset, 2, 16);
    let written = other.train_to(&files, &dataset, &device, &mut ()).unwrap();
    assert_eq!(written.set_aside, Some(folder.path().join("a.safetensors.1")));
    assert!(bytes("a.safetensors.1") == model && bytes("a.state.1") == state);
    assert!(bytes("a.safetensors") != model);
    // A file that is no model, and one of more steps whose state is gone.
    std::fs::remove_file(files.state()).unwrap();
    std::fs::write(files.model(), "mine").unwrap();
    other.train_to(&files, &dataset, &device, &mut ()).unwrap();
    assert_eq!(bytes("a.safetensors.2"), b"mine");
    std::fs::remove_file(files.state()).unwrap();
    let longer = recipe(DefenseKind::DoubleBackprop, &dataset, 3, 16);
    let written = longer.train_to(&files, &dataset, &device, &mut ()).unwrap();
    assert_eq!(written.set_aside, Some(folder.path().join("a.safetensors.3")));
    // The same training again replaces its own bytes, with or without its state.
    std::fs::remove_file(files.state()).unwrap();
    let before = bytes("a.safetensors");
    let written = longer.train_to(&files, &dataset, &device, &mut ()).unwrap();
    assert_eq!(written.set_aside, None);
    assert!(bytes("a.safetensors") == before);
}

#[test]
fn a_checkpoint_of_another_training_is_refused_by_what_differs() {
    let dataset = mnist_mini();
    let work = tempfile::tempdir().unwrap();
    let first = recipe(DefenseKind::DoubleBackprop, &dataset, 6, 16);
    assert!(matches!(
        first.run(&dataset, &test_device(), Some(work.path()), &mut StopAfter(2)),
        Err(Error::Interrupted)
    ));
    let message = |recipe: &Recipe, dataset: &Dataset| {
        let refused = recipe.run(dataset, &test_device(), Some(work.path()), &mut ());
        refused.unwrap_err().to_string()
    };
    let mut other = first.clone();
    other.defense = Defense::DoubleBackprop(3.0.into());
    (other.options.adam.learning_rate, other.options.batch) = (0.02, 8);
    other.options.class_weights = Some(vec![2.0; 10]);
    let refused = message(&other, &dataset);
    let lambda = first.defense.penalty().unwrap().lambda;
    assert!(
        refused.contains(&format!(
            "is a checkpoint of a training with other options: lambda {lambda} there, 3 here; batch 16 there, 8 here; learning-rate 0.001 there, \
             0.02 here; class-weights none there, 2,2,2,2,2,2,2,2,2,2 here. Give the same ones, another output, or delete it"
        )),
        "{refused}"
    );
    let mut relabelled = dataset.clone();
    relabelled.train = relabel(&dataset.train, dataset.shape);
    let refused = message(&first, &relabelled);
    assert!(
        refused.contains("is a checkpoint of a training of other data: images, as SHA-256 "),
        "{refused}"
    );
    assert!(!refused.contains("options"), "{refused}");
    truncate(&work.path().join("doubleback.checkpoint.safetensors"));
    let refused = message(&first, &dataset);
    assert!(refused.contains("not a whole checkpoint"), "{refused}");
}

/// The same images, one of them with another label.
fn relabel(split: &Split, shape: ImageShape) -> Split {
    let mut labels = split.labels().to_vec();
    labels[7] = (labels[7] + 1) % 10;
    Split::new(split.images(), labels, shape).unwrap()
}

#[test]
fn images_and_labels_that_cannot_be_trained_on_are_refused() {
    let dataset = mnist_mini();
    let recipe = recipe(DefenseKind::Normal, &dataset, 2, 16);
    let message = |dataset: &Dataset| {
        let refused = recipe.run(dataset, &test_device(), None, &mut ());
        refused.unwrap_err().to_string()
    };
    let shape = dataset.shape;
    for value in [f32::NAN, f32::INFINITY] {
        let mut bad = dataset.clone();
        let mut images = bad.train.images();
        images[3 * 784 + 5] = value;
        bad.train = Split::new(images, bad.train.labels().to_vec(), shape).unwrap();
        assert_eq!(
            message(&bad),
            format!("pixel: {value} is not a finite number, in train image 3 of mnist-mini")
        );
    }
    let mut bad = dataset.clone();
    let mut labels = bad.validation.labels().to_vec();
    labels[2] = 10;
    bad.validation = Split::new(bad.validation.images(), labels, shape).unwrap();
    assert_eq!(
        message(&bad),
        "label: 10 is not below the 10 classes, at validation image 2 of mnist-mini"
    );
}

#[test]
fn batches_of_one_image_are_refused_where_dense_layers_are_normalized() {
    let mut dataset = mnist_mini();
    let run = |recipe: &Recipe, dataset: &Dataset| recipe.run(dataset, &test_device(), None, &mut ());
    for defense in DefenseKind::ALL {
        let one = recipe(defense, &dataset, 2, 1);
        let refused = run(&one, &dataset).unwrap_err().to_string();
        assert!(
            refused.starts_with("layer `dense1.norm`: batches of one image"),
            "{refused}"
        );
    }
    // A loop of one's own hears of it as well.
    let options = recipe(DefenseKind::Normal, &dataset, 2, 1).options;
    let network = Network::new(
        recipe(DefenseKind::Normal, &dataset, 2, 1).architecture,
        0,
        &test_device(),
    )
    .unwrap();
    let refused = train(network, "own", &Normal, &dataset, &options, None, &mut ());
    assert!(refused.unwrap_err().to_string().contains("dense1.norm"));
    // Networks that normalize nothing, or only over places, are trained.
    let mut bare = recipe(DefenseKind::Normal, &dataset, 2, 1);
    bare.architecture.layers.retain(|layer| layer.name != "dense1.norm");
    run(&bare, &dataset).unwrap();
    // One image at the end of each epoch does no harm.
    dataset.train = Split::new(
        dataset.train.values(0..9),
        dataset.train.labels()[..9].to_vec(),
        dataset.shape,
    )
    .unwrap();
    run(&recipe(DefenseKind::Normal, &dataset, 4, 4), &dataset).unwrap();
    dataset.train = Split::new(
        dataset.train.values(0..1),
        dataset.train.labels()[..1].to_vec(),
        dataset.shape,
    )
    .unwrap();
    let refused = run(&recipe(DefenseKind::Normal, &dataset, 4, 4), &dataset)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("the training set has one image"), "{refused}");
}

#[test]
fn without_validation_images_a_curve_has_no_accuracy() {
    let mut dataset = mnist_mini();
    dataset.validation = Split::empty(dataset.shape);
    let cooked = recipe(DefenseKind::Normal, &dataset, 2, 16)
        .run(&dataset, &test_device(), None, &mut ())
        .unwrap();
    let json = serde_json::to_value(&cooked.trained.curve[0]).unwrap();
    for field in ["validation_accuracy", "validation_fgsm_accuracy", "gradient_norm"] {
        assert!(
            json.get(field).is_some_and(serde_json::Value::is_null),
            "{field}: {json}"
        );
    }
    assert!(json["accuracy"].is_number());
}

/// Asked to stop while a point of the curve is measured.
#[derive(Default)]
struct StopWhileMeasuring {
    asked: usize,
    at: usize,
}

impl Watch for StopWhileMeasuring {
    fn begin(&mut self, _: &str, _: usize) {}
    fn advance(&mut self, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn asked_to_stop(&mut self) -> bool {
        self.asked += 1;
        self.asked == self.at
    }
}

#[test]
fn an_interruption_while_the_curve_is_measured_loses_nothing() {
    let dataset = mnist_mini();
    let mut recipe = recipe(DefenseKind::DoubleBackprop, &dataset, 6, 24);
    recipe.options.curve_images = 600;
    let whole = recipe.run(&dataset, &test_device(), None, &mut ()).unwrap();
    // Of three batches of each of the two points.
    for at in [1, 2, 3, 5] {
        let work = tempfile::tempdir().unwrap();
        let mut watch = StopWhileMeasuring { asked: 0, at };
        let stopped = recipe.run(&dataset, &test_device(), Some(work.path()), &mut watch);
        assert!(matches!(stopped, Err(Error::Interrupted)), "{at}");
        let resumed = recipe
            .run(&dataset, &test_device(), Some(work.path()), &mut ())
            .unwrap();
        assert_eq!(resumed.trained.curve, whole.trained.curve);
        assert_eq!(bits(&resumed.trained.network), bits(&whole.trained.network));
    }
}

fn truncate(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn a_loss_that_is_not_finite_stops_with_step_and_checkpoint() {
    let dataset = mnist_mini();
    let work = tempfile::tempdir().unwrap();
    let mut wild = recipe(DefenseKind::DoubleBackprop, &dataset, 50, 16);
    wild.defense = Defense::DoubleBackprop(1e38.into());
    wild.options.adam.learning_rate = 1e30;
    wild.options.checkpoint_every = Duration::ZERO;
    match wild.run(&dataset, &test_device(), Some(work.path()), &mut ()) {
        Err(Error::Diverged { step, checkpoint, .. }) => {
            assert!(step == 1 || checkpoint.contains(&format!("at step {}", step - 1)))
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let dataset = mnist_mini();
    let mut bad = recipe(DefenseKind::DoubleBackprop, &dataset, 2, 8);
    bad.defense = Defense::DoubleBackprop((-1.0).into());
    assert!(
        bad.run(&dataset, &test_device(), None, &mut ())
            .unwrap_err()
            .to_string()
            .starts_with("lambda: -1")
    );
    let mut bad = recipe(DefenseKind::Normal, &dataset, 2, 8);
    bad.options.batch = 0;
    assert!(
        bad.run(&dataset, &test_device(), None, &mut ())
            .unwrap_err()
            .to_string()
            .starts_with("batch: 0")
    );
}

/// A network that has seen a few images, so that its moving averages say something.
fn begun(dataset: &Dataset) -> Network {
    let mut recipe = recipe(DefenseKind::Normal, dataset, 4, 24);
    recipe.architecture = doubleback::nn::resnet_small(dataset.shape, dataset.bounds, dataset.classes.len());
    recipe
        .run(dataset, &test_device(), None, &mut ())
        .unwrap()
        .trained
        .network
}

#[test]
fn a_training_from_a_network_leaves_frozen_layers_as_they_are_and_resumes_to_the_same_bits() {
    let (dataset, device) = (mnist_mini(), test_device());
    let start = begun(&dataset);
    let mut recipe = recipe(DefenseKind::DoubleBackprop, &dataset, 5, 24);
    recipe.architecture = start.architecture().clone();
    recipe.start = Some(StartingPoint::new(start.clone(), "begun").unwrap());
    recipe.options.layers = TrainedLayers {
        frozen: vec!["conv1".into(), "block1".into()],
        rates: vec!["block2=0.5".parse().unwrap()],
        ..TrainedLayers::default()
    };
    let whole = recipe.run(&dataset, &device, None, &mut ()).unwrap().trained.network;
    let values = |network: &Network, name: &str| {
        let tensor = network.tensors().find(|tensor| tensor.name() == name).unwrap();
        to_vec(tensor.value().clone()).unwrap()
    };
    for tensor in start.tensors() {
        let name = tensor.name();
        let frozen = name.starts_with("conv1.") || name.starts_with("block1.");
        assert_eq!(values(&start, name) == values(&whole, name), frozen, "{name}");
    }

    let work = tempfile::tempdir().unwrap();
    let stopped = recipe.run(&dataset, &device, Some(work.path()), &mut StopAfter(3));
    assert!(matches!(stopped, Err(Error::Interrupted)));
    let resumed = recipe.run(&dataset, &device, Some(work.path()), &mut ()).unwrap();
    assert_eq!(bits(&resumed.trained.network), bits(&whole));

    // From another network it is another training, which does not go on from this one's state.
    recipe.start = Some(StartingPoint::new(whole, "begun").unwrap());
    let refused = recipe.run(&dataset, &device, Some(work.path()), &mut ());
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("network that it starts from"), "{message}");
}

/// Decay of the weights, momentum, clipping, accumulation and averaging leave frozen layers alone as well.
#[test]
fn no_optimizer_moves_frozen_layers() {
    let (dataset, device) = (mnist_mini(), test_device());
    let start = begun(&dataset);
    let sgd = SgdOptions {
        momentum: 0.9,
        nesterov: true,
        weight_decay: 0.1,
    };
    let adamw = AdamWOptions {
        weight_decay: 0.1,
        ..AdamWOptions::default()
    };
    for optimizer in [Optimizer::Sgd(sgd), Optimizer::AdamW(adamw)] {
        let mut recipe = recipe(DefenseKind::DoubleBackprop, &dataset, 3, 24);
        recipe.architecture = start.architecture().clone();
        recipe.start = Some(StartingPoint::new(start.clone(), "begun").unwrap());
        recipe.options.optimizer = optimizer;
        (recipe.options.accumulate, recipe.options.clip_norm) = (2, Some(0.5));
        recipe.options.average = Some(0.9);
        recipe.options.layers.frozen = vec!["block2".into()];
        let tuned = recipe.run(&dataset, &device, None, &mut ()).unwrap().trained.network;
        for (before, after) in start.tensors().zip(tuned.tensors()) {
            let of = |tensor: &doubleback::nn::Parameter| to_vec(tensor.value().clone()).unwrap();
            let frozen = before.name().starts_with("block2.");
            assert_eq!(of(before) == of(after), frozen, "{optimizer:?}: {}", before.name());
        }
    }
}

#[test]
fn frozen_norms_keep_their_moving_averages_and_normalize_by_them() {
    let (dataset, device) = (mnist_mini(), test_device());
    let start = begun(&dataset);
    let mut recipe = recipe(DefenseKind::DoubleBackprop, &dataset, 3, 24);
    recipe.architecture = start.architecture().clone();
    recipe.start = Some(StartingPoint::new(start.clone(), "begun").unwrap());
    recipe.options.layers.frozen_norms = true;
    let tuned = recipe.run(&dataset, &device, None, &mut ()).unwrap().trained.network;
    for (before, after) in start.buffers().zip(tuned.buffers()) {
        let of = |tensor: &doubleback::nn::Parameter| to_vec(tensor.value().clone()).unwrap();
        assert_eq!(of(before), of(after), "{}", before.name());
    }
    for (before, after) in start.parameters().zip(tuned.parameters()) {
        let of = |tensor: &doubleback::nn::Parameter| to_vec(tensor.value().clone()).unwrap();
        assert_ne!(of(before), of(after), "{}", before.name());
    }
    // The loss of the first step is that of the network in inference: no statistics of the batch enter it.
    recipe.options.steps = 1;
    recipe.options.curve_every = 1;
    recipe.defense = Defense::Normal;
    let point = recipe.run(&dataset, &device, None, &mut ()).unwrap().trained.curve[0].clone();
    let batch = Batch::new(&dataset.train, dataset.shape, dataset.classes.len(), 0..24, &device).unwrap();
    let logits = start.forward(batch.images().clone(), Mode::Inference).unwrap();
    let expected = f64::from(to_vec(batch.cross_entropy(&logits)).unwrap()[0]);
    let found = point.cross_entropy;
    assert!((found - expected).abs() <= 1e-5 * expected, "{found} {expected}");
}

#[test]
fn a_new_head_has_the_classes_of_the_images_and_nothing_else_changes() {
    let dataset = mnist_mini();
    let start = begun(&dataset);
    let other = start.with_new_head(4, 1).unwrap();
    assert_eq!(doubleback::nn::Classifier::classes(&other), 4);
    for (before, after) in start.tensors().zip(other.tensors()) {
        assert_eq!(before.name(), after.name());
        let of = |tensor: &doubleback::nn::Parameter| to_vec(tensor.value().clone()).unwrap();
        match before.name().starts_with("logits.") {
            true => assert_ne!(of(before).len(), of(after).len(), "{}", before.name()),
            false => assert_eq!(of(before), of(after), "{}", before.name()),
        }
    }
}
