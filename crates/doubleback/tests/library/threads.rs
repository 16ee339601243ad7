//! What users hold and hand from thread to thread, can be: this file would not compile otherwise.

use burn::tensor::Tensor;
use doubleback::attack::{Adversarial, Attack, AttackSpec, Attacked, BoundedAttack, Examples, MinimalAttack, Room};
use doubleback::batch::Batch;
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::diagnose::{Decoders, Probes};
use doubleback::evaluate::{FileModel, Fitted, Named, TestSet, Transfer, WhiteBoxEvaluation};
use doubleback::nn::{
    Chain, Classifier, Ensemble, FromFunction, ModelCard, Network, Parameter, Pool, Pullback, Staged, Tensors,
    paper_cnn, to_vec,
};
use doubleback::train::{Adam, Cooked, Recipe, Teacher, Trained};
use doubleback::{Error, NotFinite};
use doubleback_test_device::test_device;

fn sent<T: Send>() {}

fn shared<T: Send + Sync>() {}

#[test]
fn public_types_go_from_thread_to_thread() {
    shared::<Network>();
    shared::<Chain>();
    shared::<Ensemble<'static>>();
    shared::<FromFunction<'static>>();
    shared::<Box<dyn Classifier>>();
    shared::<&'static dyn Staged>();
    shared::<Parameter>();
    shared::<Tensors>();
    shared::<ModelCard>();
    sent::<Pullback<'static>>();
    sent::<Pullback<'static, 4>>();
    shared::<Teacher>();
    shared::<Adam>();
    shared::<Recipe>();
    shared::<Trained>();
    shared::<Cooked>();
    shared::<Attack>();
    shared::<Box<dyn BoundedAttack>>();
    shared::<Box<dyn MinimalAttack>>();
    shared::<Adversarial>();
    shared::<Attacked>();
    shared::<Examples>();
    shared::<Room>();
    shared::<Batch>();
    shared::<Dataset>();
    shared::<Split>();
    shared::<Named<'static>>();
    shared::<TestSet<'static>>();
    shared::<Transfer<'static>>();
    shared::<WhiteBoxEvaluation<'static>>();
    shared::<FileModel<'static>>();
    shared::<Fitted>();
    shared::<Probes>();
    shared::<Decoders>();
    shared::<Error>();
    shared::<NotFinite>();
}

/// One network, attacked by several threads at once: each finds what one alone finds.
#[test]
fn threads_share_a_network() {
    let shape = ImageShape {
        channels: 1,
        height: 8,
        width: 8,
    };
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 3, Pool::Max), 7, &test_device()).unwrap();
    let attack = AttackSpec::named("pgd").unwrap().attack().unwrap();
    let attacked = &|seed: usize| {
        let images = Tensor::<4>::ones([2, 1, 8, 8], &test_device()) * (0.1 + 0.2 * seed as f64);
        let found = attack.run(&network, &images, &[0, 1], &[0.1]).unwrap();
        to_vec(found.by_eps[0].images.clone()).unwrap()
    };
    let alone: Vec<Vec<f32>> = (0..4).map(attacked).collect();
    let together: Vec<Vec<f32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|seed| scope.spawn(move || attacked(seed))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(together, alone);
}
