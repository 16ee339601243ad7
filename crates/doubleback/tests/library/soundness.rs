//! What holds whatever a library is given: tensors of another type and batches of nothing are errors, results are those of the models and images
//! that were asked about, and what threads may share is `Send` and `Sync`.

use burn::tensor::{DType, Tensor};
use doubleback::attack::{AttackSpec, Fgsm, Goal, run};
use doubleback::data::{Bounds, ImageShape, Split};
use doubleback::evaluate::{Chosen, Named, TestSet, Transfer};
use doubleback::nn::{
    Classifier, Ensemble, FromFunction, Loss, Mode, Module, Network, Pool, Pullback, Staged, TrainingPass, paper_cnn,
    resnet_small,
};
use doubleback::train::{Adam, Teacher};
use doubleback::{Error, ErrorKind, Result};
use doubleback_ops::AdamOptions;
use doubleback_test_device::{f64_device, test_device};

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};

fn networks() -> [Network; 2] {
    let device = f64_device();
    [
        Network::new(paper_cnn(SHAPE, Bounds::UNIT, 3, Pool::Max), 7, &device).unwrap(),
        Network::new(resnet_small(SHAPE, Bounds::UNIT, 3), 7, &device).unwrap(),
    ]
}

fn images(n: usize, dtype: DType) -> Tensor<4> {
    Tensor::zeros([n, 1, 8, 8], (&f64_device(), dtype))
}

/// Asserts that it is refused for its type, in words that name both.
fn refused<T>(result: Result<T>, expected: DType, found: DType) {
    let Err(error) = result else {
        panic!("{found:?} was taken for {expected:?}")
    };
    assert_eq!(error.kind(), ErrorKind::Input);
    let Error::Type {
        expected: e, found: f, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*e, *f), (expected, found), "{error}");
    let message = error.to_string();
    assert!(
        message.contains(&format!("{expected:?}")) && message.contains(&format!("{found:?}")),
        "{message}"
    );
}

#[test]
fn models_and_their_pullbacks_refuse_tensors_of_another_type() {
    for network in networks() {
        for [own, other] in [
            [DType::F32, DType::F64],
            [DType::F64, DType::F32],
            [DType::F32, DType::F16],
        ] {
            let network = network.cast(own);
            refused(network.logits(images(2, other)), own, other);
            refused(
                network.forward(images(2, other), Mode::Training(&mut TrainingPass::new(0, 0))),
                own,
                other,
            );
            refused(
                Loss::CrossEntropy.input_gradient(&network, &images(2, other), &[0, 1]),
                own,
                other,
            );
            let (logits, pullback) = network.logits_with_pullback(images(2, own)).unwrap();
            refused(pullback.apply(logits.clone().cast(other)), own, other);

            refused(network.latents(images(2, other), &[1]), own, other);
            let (latent, pullback) = network.latents_with_pullback(images(2, own), 1).unwrap();
            refused(pullback.apply(latent.clone().cast(other)), own, other);
            refused(network.logits_from(1, latent.clone().cast(other)), own, other);
            let (_, pullback) = network.logits_from_with_pullback(1, latent).unwrap();
            refused(pullback.apply(logits.cast(other)), own, other);

            let goal = Goal::AwayFrom(vec![0, 1]);
            refused(
                run(&network, &Fgsm::default(), &images(2, other), &goal, &[0.1]),
                own,
                other,
            );
        }
    }
}

#[test]
fn functions_and_ensembles_refuse_tensors_of_another_type() {
    let [first, second] = networks();
    let double = second.cast(DType::F64);
    let function = FromFunction::fallible(SHAPE, Bounds::UNIT, 3, |x| first.logits(x));
    let (logits, pullback) = function.logits_with_pullback(images(2, DType::F32)).unwrap();
    refused(pullback.apply(logits.cast(DType::F64)), DType::F32, DType::F64);

    let both = Ensemble::new(vec![&first, &second]).unwrap();
    let (logits, pullback) = both.logits_with_pullback(images(2, DType::F32)).unwrap();
    refused(pullback.apply(logits.cast(DType::F64)), DType::F32, DType::F64);
    refused(
        Ensemble::new(vec![&first, &double])
            .unwrap()
            .logits(images(2, DType::F32)),
        DType::F64,
        DType::F32,
    );
    let cast = FromFunction::fallible(SHAPE, Bounds::UNIT, 3, |x| double.logits(x.cast(DType::F64)));
    refused(
        Ensemble::new(vec![&first, &cast])
            .unwrap()
            .logits(images(2, DType::F32)),
        DType::F32,
        DType::F64,
    );
}

#[test]
fn parameters_keep_their_type_and_a_refused_step_changes_nothing() {
    let [mut network, _] = networks();
    let name = network.parameters().next().unwrap().name().to_owned();
    let value = network.parameters().next().unwrap().value().clone();
    refused(
        network.set(&name, value.clone().cast(DType::F64)),
        DType::F32,
        DType::F64,
    );

    // Adam's moments are of the module as it was when it was in f32.
    let mut adam = Adam::new(&network, AdamOptions::default());
    let mut network = network.cast(DType::F64);
    let before: Vec<Vec<f64>> = values(&network);
    let tracked = network.tracked();
    let logits = tracked.forward(images(2, DType::F64), Mode::Inference).unwrap();
    let mut gradients = logits.square().sum().backward();
    refused(adam.step(&mut network, tracked, &mut gradients), DType::F64, DType::F32);
    assert_eq!(values(&network), before);
}

fn values(network: &Network) -> Vec<Vec<f64>> {
    let tensors = network.tensors().map(|tensor| tensor.value().clone().into_data());
    tensors.map(|data| data.try_to_vec::<f64>().unwrap()).collect()
}

#[test]
fn no_images_are_an_error_everywhere() {
    let message = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string()
    };
    for network in networks() {
        let nothing = || images(0, DType::F32);
        assert_eq!(
            message(network.logits(nothing()).unwrap_err()),
            "images: 0 is not at least one"
        );
        assert!(network.logits_with_pullback(nothing()).is_err());
        assert!(
            network
                .forward(nothing(), Mode::Training(&mut TrainingPass::new(0, 0)))
                .is_err()
        );
        assert!(network.latents(nothing(), &[0, 1]).is_err());
        assert!(network.latents_with_pullback(nothing(), 1).is_err());
        let [height, width, channels] = network.stages()[1].size;
        let latent = Tensor::zeros([0, height, width, channels], &f64_device());
        assert!(network.logits_from(1, latent).is_err());
        let attack = run(
            &network,
            &Fgsm::default(),
            &nothing(),
            &Goal::AwayFrom(Vec::new()),
            &[0.1],
        );
        assert!(attack.is_err());
        let function = FromFunction::fallible(SHAPE, Bounds::UNIT, 3, |x| network.logits(x));
        assert!(function.logits(nothing()).is_err());
        assert!(Ensemble::new(vec![&network]).unwrap().logits(nothing()).is_err());
        // A test set of no images has no batches.
        let split = Split::new(Vec::new(), Vec::new(), SHAPE).unwrap();
        let test = TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::First(5),
            device: &f64_device(),
        };
        let named = Named {
            name: "m",
            model: &network,
        };
        let fgsm = AttackSpec::named("fgsm").unwrap().attack().unwrap();
        let counts = Transfer::new(&[named], &test).run(&fgsm, named, &[0.1]).unwrap();
        assert!(
            counts
                .cells()
                .iter()
                .all(|cell| cell.count == 0 && cell.accuracy == 0.0)
        );
    }
}

/// A model that begins in memory where the model that it wraps begins, and answers the opposite.
#[repr(C)]
struct Opposite(FromFunction<'static>);

impl Classifier for Opposite {
    fn classes(&self) -> usize {
        self.0.classes()
    }

    fn shape(&self) -> ImageShape {
        self.0.shape()
    }

    fn bounds(&self) -> Bounds {
        self.0.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        Ok(-self.0.logits(images)?)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let (logits, pullback) = self.0.logits_with_pullback(images)?;
        Ok((
            -logits,
            Pullback::new(move |cotangent: Tensor<2>| pullback.apply(-cotangent)),
        ))
    }
}

#[test]
fn accuracies_are_those_of_the_model_that_was_asked_about_not_of_one_at_its_address() {
    let shape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };
    let outer = Opposite(FromFunction::new(shape, Bounds::UNIT, 2, |x| x.reshape([-1, 2])));
    assert!(std::ptr::addr_eq(&raw const outer, &raw const outer.0));
    let split = Split::new(vec![1.0, 0.0, 0.0, 1.0], vec![0, 1], shape).unwrap();
    let device = test_device();
    let test = TestSet {
        split: &split,
        shape,
        chosen: Chosen::ALL,
        device: &device,
    };
    // The name is that of both: an undefended model, and the same with its defense.
    let evaluated = Named {
        name: "model",
        model: &outer,
    };
    let attacked = Named {
        name: "model",
        model: &outer.0,
    };
    let fgsm = AttackSpec::named("fgsm").unwrap().attack().unwrap();
    let counts = Transfer::new(&[evaluated], &test).run(&fgsm, attacked, &[0.0]).unwrap();
    assert_eq!(
        counts.right,
        [[0]],
        "the inner model is right on both images, the outer one on none"
    );
    let counts = Transfer::new(&[evaluated], &test)
        .run(&fgsm, evaluated, &[0.0])
        .unwrap();
    assert_eq!(counts.right, [[0]]);
}

/// Checked by the compiler.
#[test]
fn what_threads_may_share_they_share() {
    fn shared<T: Send + Sync + ?Sized>() {}
    fn sent<T: Send>() {}
    shared::<Network>();
    shared::<FromFunction<'_>>();
    shared::<Ensemble<'_>>();
    shared::<dyn Classifier>();
    shared::<dyn Staged>();
    shared::<Box<dyn Classifier>>();
    shared::<Teacher>();
    shared::<Adam>();
    shared::<Named<'_>>();
    shared::<TestSet<'_>>();
    shared::<Transfer<'_>>();
    shared::<AttackSpec>();
    shared::<doubleback::attack::Attack>();
    shared::<doubleback::attack::Attacked>();
    shared::<doubleback::train::Recipe>();
    shared::<doubleback::batch::Batch>();
    shared::<doubleback::data::Dataset>();
    shared::<Error>();
    shared::<doubleback::data::DataError>();
    shared::<doubleback::data::fetch::FetchError>();
    shared::<doubleback_ops::Error>();
    sent::<Pullback<'_>>();
    sent::<Pullback<'_, 4>>();
}

#[test]
fn a_model_is_used_by_several_threads_at_once() {
    let [network, _] = networks();
    let expected = network.logits(images(2, DType::F32)).unwrap().into_data();
    let (logits, pullback) = network.logits_with_pullback(images(2, DType::F32)).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| network.logits(images(2, DType::F32)).unwrap().into_data()))
            .collect();
        let gradient = scope.spawn(move || pullback.apply(logits.ones_like()).unwrap().dims());
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
        assert_eq!(gradient.join().unwrap(), [2, 1, 8, 8]);
    });
}
