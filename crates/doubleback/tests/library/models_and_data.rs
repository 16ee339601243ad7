//! A model and data that are put together have the same classes and images of the same kind, or an error says what differs.

use std::path::Path;

use burn::tensor::Tensor;
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::evaluate::{Chosen, FileModel, Fitted, Named, TestSet, clean_accuracy, fit};
use doubleback::nn::{Classifier, FromFunction, ModelCard, card};
use doubleback_test_device::test_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 1,
    width: 3,
};

fn names(classes: &str) -> Vec<String> {
    classes.split_whitespace().map(String::from).collect()
}

/// Of each class two test images, bright at its place in `classes`, and one that is `odd` all over.
fn dataset(name: &str, classes: &str, bounds: Bounds, odd: f32) -> Dataset {
    let classes = names(classes);
    let mut values = Vec::new();
    let mut labels = Vec::new();
    for label in 0..classes.len() as u32 {
        for _ in 0..2 {
            values.extend((0..3).map(|place| {
                if place == label {
                    bounds.high * 0.9
                } else {
                    bounds.high * 0.1
                }
            }));
            labels.push(label);
        }
    }
    values.extend([odd; 3]);
    labels.push(0);
    let test = Split::new(values, labels, SHAPE).unwrap();
    let (train, validation) = (Split::empty(SHAPE), Split::empty(SHAPE));
    Dataset::new(name, classes, SHAPE, bounds, train, validation, test).unwrap()
}

fn unit(classes: &str) -> Dataset {
    dataset("folder:own", classes, Bounds::UNIT, 0.5)
}

/// Takes an image for the class of its brightest pixel.
fn brightest(classes: usize) -> FromFunction<'static> {
    FromFunction::new(SHAPE, Bounds::UNIT, classes, move |x: Tensor<4>| {
        let n = x.dims()[0];
        x.reshape([-1, 3]).slice([0..n, 0..classes])
    })
}

fn of(classes: &str) -> ModelCard {
    let mut of_model = ModelCard::new();
    card::set_classes(&mut of_model, &names(classes));
    of_model
}

fn put_together(model: &dyn Classifier, card: &ModelCard, dataset: Dataset) -> doubleback::Result<Fitted> {
    let path = Path::new("m.safetensors");
    fit(&[FileModel { path, model, card }], dataset)
}

#[test]
fn the_same_names_are_nothing_to_speak_of() {
    let fitted = put_together(&brightest(3), &of("a b c"), unit("a b c")).unwrap();
    assert_eq!((fitted.dataset, fitted.notes), (unit("a b c"), vec![]));
}

/// The pictures of the model's class a are those of the data's class a, wherever it stands.
#[test]
fn labels_are_mapped_by_name() {
    let model = brightest(3);
    // Class a is bright at place 1.
    let fitted = put_together(&model, &of("b a c"), unit("a b c")).unwrap();
    assert_eq!(fitted.dataset.classes, names("b a c"));
    assert_eq!(fitted.dataset.test.labels(), [1, 1, 0, 0, 2, 2, 1]);
    assert_eq!(fitted.dataset.test.images(), unit("a b c").test.images());
    assert_eq!(
        fitted.notes,
        [
            "folder:own has its classes in another order (`a`, `b`, `c`) than m.safetensors (`b`, `a`, `c`): labels were mapped by name, and stand in the \
          model's order"
        ]
    );
    let device = test_device();
    let accuracy = |dataset: &Dataset| {
        let test = TestSet {
            split: &dataset.test,
            shape: SHAPE,
            chosen: Chosen::First(6),
            device: &device,
        };
        let named = Named {
            name: "m",
            model: &model,
        };
        clean_accuracy(&[named], &test).unwrap()[0].accuracy
    };
    assert!((accuracy(&fitted.dataset) - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(accuracy(&unit("a b c")), 1.0);
}

#[test]
fn other_classes_are_refused_by_name() {
    let message = |count, card: &ModelCard, classes: &str| {
        put_together(&brightest(count), card, unit(classes))
            .unwrap_err()
            .to_string()
    };
    let advice = "Give data of the model's classes, or a model that was trained on these";
    assert_eq!(
        message(3, &of("a b c"), "x1 x2 x3"),
        format!(
            "m.safetensors: has the classes `a`, `b`, `c`; folder:own lacks `a`, `b`, `c` and has `x1`, `x2`, `x3` instead. {advice}"
        )
    );
    assert_eq!(
        message(3, &of("a b c"), "a c d"),
        format!("m.safetensors: has the classes `a`, `b`, `c`; folder:own lacks `b` and has `d` instead. {advice}")
    );
    assert_eq!(
        message(3, &of("a b c"), "a c"),
        format!("m.safetensors: has the classes `a`, `b`, `c`; folder:own lacks `b`. {advice}")
    );
    assert_eq!(
        message(2, &of("a b"), "a b c"),
        format!("m.safetensors: has the classes `a`, `b`; folder:own has `c` besides. {advice}")
    );
    assert_eq!(
        message(2, &ModelCard::new(), "a b c"),
        format!("m.safetensors: has 2 classes, which it does not name; folder:own has 3 (`a`, `b`, `c`). {advice}")
    );
    // Of many names the first.
    let many: Vec<String> = (0..120).map(|class| format!("n{class}")).collect();
    let found = message(3, &of("a b c"), &many.join(" "));
    assert!(
        found.contains("and has `n0`, `n1`, `n2`, `n3`, `n4` and 115 more instead"),
        "{found}"
    );
}

#[test]
fn files_that_do_not_name_their_classes_are_taken_by_index() {
    let index = |card: &ModelCard, name: &str| {
        let dataset = dataset(name, "a b c", Bounds::UNIT, 0.5);
        put_together(&brightest(3), card, dataset).unwrap().notes
    };
    let old = ModelCard::from([(card::DATASET.to_owned(), "mnist".to_owned())]);
    let expected = "m.safetensors does not say its classes: the labels of folder:own are taken by index. Train it again to have their names in the file";
    assert_eq!(index(&old, "folder:own"), [expected]);
    assert_eq!(index(&ModelCard::new(), "mnist").len(), 1);
    // What `mnist` has for classes has never been anything else.
    assert_eq!(index(&old, "mnist"), [""; 0]);
}

#[test]
fn models_that_are_compared_have_their_classes_in_one_order() {
    let model = brightest(3);
    let [first, same, other, silent] = [of("b a c"), of("b a c"), of("c a b"), ModelCard::new()];
    let together = |cards: [&ModelCard; 2]| {
        let models = cards.map(|card| FileModel {
            path: Path::new("m.safetensors"),
            model: &model,
            card,
        });
        fit(&models, unit("a b c"))
    };
    assert_eq!(together([&first, &same]).unwrap().dataset.classes, names("b a c"));
    assert!(
        together([&first, &other])
            .unwrap_err()
            .to_string()
            .contains("Evaluate them one at a time")
    );
    for cards in [[&first, &silent], [&silent, &first]] {
        assert!(
            together(cards)
                .unwrap_err()
                .to_string()
                .contains("does not say its classes")
        );
    }
}

#[test]
fn values_beyond_the_bounds_are_noted_and_another_scale_is_refused() {
    let bounds = |low, high| Bounds { low, high };
    let (model, card) = (brightest(3), of("a b c"));
    let put = |dataset: Dataset| put_together(&model, &card, dataset);
    // One image a little beyond.
    let little = dataset("svhn", "a b c", bounds(-0.5, 1.1), -0.25);
    let fitted = put(little.clone()).unwrap();
    assert_eq!(fitted.dataset, little);
    assert_eq!(
        fitted.notes,
        [
            "1 of the 7 test images of svhn have values beyond the bounds of m.safetensors (0 to 1), by up to 0.250. They are evaluated as they are; an \
          attack moves such values towards the bounds alone"
        ]
    );
    // Wider bounds that no test image makes use of, and narrower ones.
    assert_eq!(
        put(dataset("svhn", "a b c", bounds(-0.5, 1.0), 0.5)).unwrap().notes,
        [""; 0]
    );
    assert_eq!(
        put(dataset("svhn", "a b c", bounds(0.05, 0.9), 0.5)).unwrap().notes,
        [""; 0]
    );
    let message = put(dataset("npz:x", "a b c", bounds(0.0, 255.0), 5.0))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "m.safetensors: takes pixel values between 0 and 1; those of npz:x lie between 0 and 255, and 7 of 7 test images go far beyond: they are of \
         another scale than the model was trained on. Scale them alike"
    );
    let message = put(dataset("npz:x", "a b c", bounds(0.0, 0.004), 0.001))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("those of npz:x lie between 0 and 0.004: they are of another scale"),
        "{message}"
    );
}

#[test]
fn images_of_another_shape_are_refused() {
    let wide = FromFunction::new(ImageShape { width: 4, ..SHAPE }, Bounds::UNIT, 3, |x: Tensor<4>| {
        x.reshape([-1, 3])
    });
    let message = put_together(&wide, &of("a b c"), unit("a b c"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "m.safetensors: takes images of 1x1x4; folder:own has images of 1x1x3. Give images of that size and so many channels: `--image-size 1x4`, or `--preprocess resize=1,crop=1x4`, or a model that was \
         trained on such as these"
    );
}
