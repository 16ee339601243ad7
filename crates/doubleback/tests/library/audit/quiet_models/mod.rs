//! Models that only one kind of evidence gives away: outputs and gradients at the images themselves are sound, and so is what an attack finds at its greatest.

use burn::tensor::{Int, Tensor};
use doubleback::nn::Classifier;
use doubleback_test_device::test_device;

use super::{CLASSES, SIDE, flat, function, logits, tensor};

/// `[images, classes]`: 1 for the brightest quadrant, which nothing short of half of the range changes, and nothing as far as gradients tell.
fn brightest(x: &Tensor<4>) -> Tensor<2> {
    let logits = logits(x.clone().detach());
    let [n, _] = logits.dims();
    let best = logits.argmax(1).repeat_dim(1, CLASSES);
    let classes = Tensor::<1, Int>::arange(0..CLASSES as i64, &test_device()).reshape([1, CLASSES]);
    best.equal(classes.repeat_dim(0, n)).float()
}

/// How far an image leans to one side: the difference of the two halves of a chessboard, near 0 for all images and at most eps more within eps. `[images, 1]`.
fn lean(x: Tensor<4>) -> Tensor<2> {
    let places = 0..SIDE * SIDE;
    let sign = |place: usize| {
        if (place / SIDE + place % SIDE).is_multiple_of(2) {
            1.0
        } else {
            -1.0
        }
    };
    let board: Vec<f32> = places.map(|place| sign(place) / (SIDE * SIDE) as f32).collect();
    flat(x).matmul(tensor(&board, [SIDE * SIDE, 1]))
}

/// 4 for the class of the brightest quadrant, and for those after it `next`, `second` and -4.
fn with_others(x: &Tensor<4>, next: Tensor<2>, second: Tensor<2>) -> Tensor<2> {
    let own = brightest(x);
    let after = |places: usize| {
        let [n, _] = own.dims();
        let (head, tail) = (
            own.clone().slice([0..n, 0..CLASSES - places]),
            own.clone().slice([0..n, CLASSES - places..CLASSES]),
        );
        Tensor::cat(vec![tail, head], 1)
    };
    own.clone() * 4.0 + after(1) * next + after(2) * second - after(3) * 4.0
}

/// The likeliest other class is a blind alley within eps; the way to the second likeliest leads the other way, where no untargeted loss points.
pub fn blind_alley() -> Box<dyn Classifier> {
    function(|x| {
        let lean = lean(x.clone());
        with_others(&x, lean.clone() * 2.3 + 3.0, lean * -100.0 - 4.0)
    })
}

/// Errs in a narrow ring around each image, which larger steps leap over, and else far away alone.
pub fn narrow_ring() -> Box<dyn Classifier> {
    function(|x| {
        let lean = lean(x.clone());
        let off_ring = (lean.clone() - 0.045) / 0.006;
        let ring = (off_ring.square() / -2.0).exp() * 2.0;
        with_others(&x, lean.clone() * 2.3 + 3.0 + ring, lean * 0.0 - 4.0)
    })
}

/// Adds noise to what is unlike the data, that has no gray of the middle, with a generator that is seeded anew at each call: by the place in the batch.
pub fn noise_by_place() -> Box<dyn Classifier> {
    function(|x| {
        let [n, ..] = x.dims();
        let from_middle = (flat(x.clone()) - 0.5).abs();
        let unlike = (from_middle * -1.0 + 0.12).clamp_min(0.0).mean_dim(1);
        let noise: Vec<f32> = (0..n * CLASSES)
            .map(|i| {
                if i % CLASSES == (i / CLASSES + 1) % CLASSES {
                    1e4
                } else {
                    0.0
                }
            })
            .collect();
        logits(x) + unlike * tensor(&noise, [n, CLASSES])
    })
}
