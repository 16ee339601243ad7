//! Methods of explanation give the closed forms of linear and polynomial functions and the values that Captum 0.9 gives, and no bit of what they give depends on
//! how many images are asked about at once, or on the images around.

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use doubleback::Result;
use doubleback::data::{Bounds, ImageShape};
use doubleback::explain::{
    Attribution, Baseline, ExpectedGradients, ExplainSpec, Explainer, Given, InputXGradient, IntegratedGradients,
    InternalBatch, Itgsm, Noise, Occlusion, Quadrature, Rise, Saliency, Score, SmoothGrad, SmoothGradSquared, VarGrad,
};
use doubleback::nn::{FromFunction, Network, Pool, small_cnn, to_vec};

fn shape(height: usize, width: usize) -> ImageShape {
    ImageShape {
        channels: 1,
        height,
        width,
    }
}

/// Images of one row.
fn rows(values: &[&[f32]]) -> Tensor<4> {
    let dims = [values.len(), 1, 1, values[0].len()];
    Tensor::from_data(TensorData::new(values.concat(), dims), &Device::flex())
}

fn values(found: Result<Attribution>) -> Vec<f32> {
    to_vec(found.unwrap().values).unwrap()
}

fn assert_near(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found_value, expected_value) in found.iter().zip(expected) {
        let off = (f64::from(*found_value) - expected_value).abs();
        assert!(off <= tolerance, "{found:?} {expected:?}");
    }
}

/// Logits w.x and -2 w.x + 1 of a row of values.
fn linear(weights: &[f32]) -> FromFunction<'static> {
    let n = weights.len();
    let weights = Tensor::<1>::from_floats(weights, &Device::flex()).reshape([n, 1]);
    FromFunction::new(shape(1, n), Bounds { low: -1.0, high: 9.0 }, 2, move |x: Tensor<4>| {
        let first = x.reshape([-1, n as i32]).matmul(weights.clone());
        Tensor::cat(vec![first.clone(), first * -2.0 + 1.0], 1)
    })
}

/// The small network of `attacks.md`: logits (0, 0.1, 0.15) at (0.6, 0.3).
fn model_b() -> (FromFunction<'static>, Tensor<4>) {
    let matrix = |values: &[f32], dims: [usize; 2]| Tensor::<1>::from_floats(values, &Device::flex()).reshape(dims);
    let (w1, b1) = (matrix(&[1.0, 1.0, -1.0, 1.0], [2, 2]), matrix(&[0.0, -0.5], [1, 2]));
    let (w2, b2) = (
        matrix(&[1.0, -1.0, 0.5, -2.0, 1.0, 0.5], [2, 3]),
        matrix(&[0.5, 0.0, -0.2], [1, 3]),
    );
    let model = FromFunction::new(shape(1, 2), Bounds::UNIT, 3, move |x: Tensor<4>| {
        relu(x.reshape([-1, 2]).matmul(w1.clone()) + b1.clone()).matmul(w2.clone()) + b2.clone()
    });
    (model, rows(&[&[0.6, 0.3]]))
}

#[test]
fn a_linear_model_is_explained_by_its_weights() {
    let weights = [1.0, -2.0, 0.5, 3.0];
    let (model, images) = (
        linear(&weights),
        rows(&[&[0.5, 1.0, 2.0, -1.0], &[4.0, 3.0, 0.25, 8.0]]),
    );
    let targets = [0, 1];
    // Of class 1 the weights are -2 times those of class 0.
    let expected: Vec<f64> = weights
        .iter()
        .map(|&w| f64::from(w))
        .chain(weights.iter().map(|&w| -2.0 * f64::from(w)))
        .collect();
    let pixels = to_vec(images.clone()).unwrap();
    let products: Vec<f64> = expected.iter().zip(&pixels).map(|(w, &x)| w * f64::from(x)).collect();
    assert_near(
        &values(SmoothGrad::default().explain(&model, &images, &targets)),
        &expected,
        1e-6,
    );
    let squares: Vec<f64> = expected.iter().map(|w| w * w).collect();
    assert_near(
        &values(SmoothGradSquared::default().explain(&model, &images, &targets)),
        &squares,
        1e-5,
    );
    assert_near(
        &values(VarGrad::default().explain(&model, &images, &targets)),
        &[0.0; 8],
        1e-9,
    );
    let absolute: Vec<f64> = expected.iter().map(|w| w.abs()).collect();
    assert_near(&values(Saliency.explain(&model, &images, &targets)), &absolute, 1e-6);
    assert_near(
        &values(InputXGradient.explain(&model, &images, &targets)),
        &products,
        1e-5,
    );
    for rule in Quadrature::ALL {
        let method = IntegratedGradients {
            rule,
            steps: 3,
            ..IntegratedGradients::default()
        };
        let found = method.explain(&model, &images, &targets).unwrap();
        assert!(
            found.gap.as_ref().unwrap().iter().all(|gap| gap.abs() < 1e-5),
            "{:?}",
            found.gap
        );
        assert_near(&to_vec(found.values).unwrap(), &products, 1e-5);
    }
    // One value hidden at a time.
    let occlusion = Occlusion {
        window: Some([1, 1]),
        ..Occlusion::default()
    };
    assert_near(&values(occlusion.explain(&model, &images, &targets)), &products, 1e-5);
    // Of baselines, the difference from them counts, and of several its mean.
    let baselines = rows(&[&[1.0, 1.0, 1.0, 1.0], &[0.0, 2.0, 4.0, 6.0]]);
    let mean = [0.5, 1.5, 2.5, 3.5];
    let relative: Vec<f64> = (0..8)
        .map(|i| expected[i] * (f64::from(pixels[i]) - mean[i % 4]))
        .collect();
    let method = IntegratedGradients {
        baseline: Baseline::Images(baselines.clone()),
        ..IntegratedGradients::default()
    };
    assert_near(&values(method.explain(&model, &images, &targets)), &relative, 1e-5);
    let method = Occlusion {
        baseline: Baseline::Images(baselines.clone()),
        ..occlusion.clone()
    };
    assert_near(&values(method.explain(&model, &images, &targets)), &relative, 1e-5);
    let method = IntegratedGradients {
        baseline: Baseline::mean_of(&baselines).unwrap(),
        ..IntegratedGradients::default()
    };
    assert_near(&values(method.explain(&model, &images, &targets)), &relative, 1e-5);
    let black: Vec<f64> = (0..8).map(|i| expected[i] * (f64::from(pixels[i]) + 1.0)).collect();
    let method = IntegratedGradients {
        baseline: Baseline::Black,
        ..IntegratedGradients::default()
    };
    assert_near(&values(method.explain(&model, &images, &targets)), &black, 1e-5);
    // From one image, wherever on the path.
    let method = ExpectedGradients {
        draws: 5,
        ..ExpectedGradients::from(rows(&[&mean.map(|value| value as f32)]))
    };
    let found = method.explain(&model, &images, &targets).unwrap();
    assert!(
        found.gap.as_ref().unwrap().iter().all(|gap| gap.abs() < 1e-4),
        "{:?}",
        found.gap
    );
    assert_near(&to_vec(found.values).unwrap(), &relative, 1e-5);
}

/// A path integral of x³ at 1 is 1; of a quadratic form between two points it is known.
#[test]
fn polynomials_are_integrated_exactly() {
    let cube = FromFunction::new(shape(1, 1), Bounds::UNIT, 1, |x: Tensor<4>| {
        x.reshape([-1, 1]).powi_scalar(3)
    });
    let at_one = |rule, steps| {
        let method = IntegratedGradients {
            rule,
            steps,
            ..IntegratedGradients::default()
        };
        values(method.explain(&cube, &rows(&[&[1.0]]), &[0]))[0]
    };
    // Captum's values, but for its trapezoid rule, whose weights do not sum to 1 there.
    for (rule, expected) in [
        (Quadrature::GaussLegendre, 1.0),
        (Quadrature::RiemannLeft, 0.9702),
        (Quadrature::RiemannRight, 1.0302),
        (Quadrature::RiemannMiddle, 0.9999),
        (Quadrature::Trapezoid, 1.000_208_2),
    ] {
        let found = at_one(rule, 50);
        assert!((f64::from(found) - expected).abs() < 1e-6, "{}: {found}", rule.name());
    }
    assert!((at_one(Quadrature::GaussLegendre, 2) - 1.0).abs() < 1e-6);

    // f = x y: the gradient (y, x) on the path from (1, 2) to (3, 5) has the mean (3.5, 2).
    let product = FromFunction::new(shape(1, 2), Bounds { low: 0.0, high: 9.0 }, 1, |x: Tensor<4>| {
        let x = x.reshape([-1, 2]);
        x.clone().narrow(1, 0, 1) * x.narrow(1, 1, 1)
    });
    let method = IntegratedGradients {
        baseline: Baseline::Images(rows(&[&[1.0, 2.0]])),
        steps: 5,
        ..IntegratedGradients::default()
    };
    let found = method.explain(&product, &rows(&[&[3.0, 5.0]]), &[0]).unwrap();
    assert!(found.gap.as_ref().unwrap()[0].abs() < 1e-5);
    assert_near(&to_vec(found.values).unwrap(), &[7.0, 6.0], 1e-5);
}

/// Of x², whose gradient is 2x, noise of deviation s changes nothing of the mean, and the variance of the gradient is 4 s².
#[test]
fn noise_on_a_quadratic_has_known_moments() {
    let n = 64;
    let square = FromFunction::new(shape(1, n), Bounds { low: 0.0, high: 2.0 }, 1, move |x: Tensor<4>| {
        x.reshape([-1, n as i32]).square().sum_dim(1)
    });
    let image: Vec<f32> = (0..n).map(|i| i as f32 / 32.0).collect();
    let images = rows(&[&image]);
    let noise = Noise {
        draws: 400,
        share: 0.25,
        ..Noise::default()
    };
    let of = doubleback::explain::Gradient;
    let mean = values(SmoothGrad { of, noise }.explain(&square, &images, &[0]));
    let square_mean = values(SmoothGradSquared { of, noise }.explain(&square, &images, &[0]));
    let variance = values(VarGrad { of, noise }.explain(&square, &images, &[0]));
    let s = 0.5;
    for place in 0..n {
        let [m, q, v] = [mean[place], square_mean[place], variance[place]].map(f64::from);
        // Five standard errors: 2 s / 20, and of the variance 4 s² sqrt(2) / 20.
        assert!((m - 2.0 * f64::from(image[place])).abs() < 5.0 * 2.0 * s / 20.0, "{m}");
        assert!((v - 4.0 * s * s).abs() < 5.0 * 4.0 * s * s * 2f64.sqrt() / 20.0, "{v}");
        assert!((q - (m * m + v)).abs() < 1e-4 * q, "{q}");
    }
    let average = variance.iter().map(|&v| f64::from(v)).sum::<f64>() / n as f64;
    assert!((average - 1.0).abs() < 5.0 * 2f64.sqrt() / (20.0 * 8.0), "{average}");
}

#[test]
fn occlusion_covers_the_image_as_captum_does() {
    let sum = |n: usize| {
        FromFunction::new(shape(1, n), Bounds { low: 0.0, high: 9.0 }, 1, move |x: Tensor<4>| {
            x.reshape([-1, n as i32]).sum_dim(1)
        })
    };
    let found = |n: usize, window: usize, stride: usize| {
        let image: Vec<f32> = (1..=n).map(|i| i as f32).collect();
        let method = Occlusion {
            window: Some([1, window]),
            stride: Some([1, stride]),
            ..Occlusion::default()
        };
        values(method.explain(&sum(n), &rows(&[&image]), &[0]))
    };
    assert_eq!(found(5, 2, 2), [3.0, 3.0, 7.0, 7.0, 5.0]);
    assert_eq!(found(5, 2, 1), [3.0, 4.0, 6.0, 8.0, 9.0]);
    assert_eq!(found(6, 4, 3), [10.0, 10.0, 10.0, 12.5, 15.0, 15.0]);
}

#[test]
fn a_small_network_has_captums_values() {
    let (model, images) = model_b();
    let of_class = |method: &dyn Explainer, class: usize| values(method.explain(&model, &images, &[class]));
    let method = IntegratedGradients::default();
    let right = IntegratedGradients {
        rule: Quadrature::RiemannRight,
        ..method.clone()
    };
    let occlusion = Occlusion {
        window: Some([1, 1]),
        ..Occlusion::default()
    };
    let expected = [
        ([-1.0, -3.0], [0.074468, -0.562766], [0.048, -0.576], [-0.5, -0.9]),
        ([0.0, 2.0], [-0.337234, 0.431383], [-0.324, 0.438], [0.1, 0.6]),
        ([1.0, 0.0], [0.431383, -0.084308], [0.438, -0.081], [0.35, 0.0]),
    ];
    for (class, (gradient, integrated, by_right, occluded)) in expected.into_iter().enumerate() {
        assert_near(&of_class(&doubleback::explain::Gradient, class), &gradient, 1e-6);
        assert_near(&of_class(&method, class), &integrated, 2e-6);
        assert_near(&of_class(&right, class), &by_right, 2e-6);
        assert_near(&of_class(&occlusion, class), &occluded, 1e-6);
    }
    // The kink costs 2 %, which the gap says.
    let gap = method.explain(&model, &images, &[0]).unwrap().gap.unwrap()[0];
    assert!((gap - (-0.488298 + 0.5)).abs() < 2e-6, "{gap}");
}

/// Of logits (a, b) it is, by class k, (1 - 2 p_a, 1 - 2 p_b).
#[test]
fn the_score_is_the_gradient_of_all_log_probabilities() {
    let model = FromFunction::new(shape(1, 2), Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
    let images = rows(&[&[0.75, 0.25]]);
    let p = 1.0 / (1.0 + (-0.5f64).exp());
    for target in [0, 1] {
        let found = values(Score.explain(&model, &images, &[target]));
        assert_near(&found, &[1.0 - 2.0 * p, 1.0 - 2.0 * (1.0 - p)], 1e-6);
    }
}

/// A probability that does not depend on the image is spread evenly; one that depends on a single value is greatest there.
#[test]
fn rise_finds_the_value_that_decides() {
    let flat = FromFunction::new(shape(4, 6), Bounds::UNIT, 4, |x: Tensor<4>| {
        x.reshape([-1, 24]).narrow(1, 0, 4) * 0.0
    });
    let rise = Rise {
        masks: 4000,
        cells: 2,
        ..Rise::default()
    };
    let image = Tensor::<4>::ones([1, 1, 4, 6], &Device::flex());
    // A standard error of the mean of a mask is at most sqrt(0.25 / 4000) = 0.008, of the result half of it.
    assert_near(&values(rise.explain(&flat, &image, &[1])), &[0.25; 24], 0.02);
    let place = 2 * 6 + 4;
    let deciding = FromFunction::new(shape(4, 6), Bounds::UNIT, 2, move |x: Tensor<4>| {
        let own = x.reshape([-1, 24]).narrow(1, place, 1) * 8.0 - 4.0;
        Tensor::cat(vec![own.clone(), own * -1.0], 1)
    });
    let found = values(rise.explain(&deciding, &image, &[0]));
    let greatest = (0..24).max_by(|&a, &b| found[a].total_cmp(&found[b])).unwrap();
    assert_eq!(greatest, place);
}

#[test]
fn steps_towards_the_target_are_an_explanation() {
    // The logit of class 0 grows with the first value and falls with the second; the third says nothing.
    let model = linear(&[1.0, -1.0, 0.0]);
    let itgsm = Itgsm {
        steps: 3,
        step_size: 0.25,
    };
    let found = values(itgsm.explain(&model, &rows(&[&[1.0, 8.5, 5.0], &[1.0, -0.75, 5.0]]), &[0, 1]));
    // Of the second image the second value would rise.
    assert_near(&found, &[0.75, -0.75, 0.0, -0.75, 0.75, 0.0], 1e-6);
    let at_the_bound = values(itgsm.explain(&model, &rows(&[&[8.75, 8.75, 5.0]]), &[0]));
    assert_near(&at_the_bound, &[0.25, -0.75, 0.0], 1e-6);
}

#[test]
fn what_does_not_fit_is_refused() {
    let model = linear(&[1.0, 2.0]);
    let images = rows(&[&[0.5, 0.5], &[1.0, 1.0]]);
    let given = Given {
        background: Some(images.clone()),
        ..Given::default()
    };
    for spec in ExplainSpec::all() {
        let method = spec.explainer(&given).unwrap();
        let message =
            |images: &Tensor<4>, targets: &[usize]| method.explain(&model, images, targets).unwrap_err().to_string();
        let name = spec.name();
        assert_eq!(
            message(&images, &[0]),
            "targets: 1 is not one for each of 2 images",
            "{name}"
        );
        assert_eq!(message(&images, &[0, 2]), "target: 2 is not a class below 2", "{name}");
        assert!(
            message(&rows(&[&[0.0; 3], &[0.0; 3]]), &[0, 1]).starts_with("images: expected [2, 1, 1, 2]"),
            "{name}"
        );
    }
    let refused = |method: &dyn Explainer| method.explain(&model, &images, &[0, 1]).unwrap_err().to_string();
    let of_draws = |draws| VarGrad {
        of: doubleback::explain::Gradient,
        noise: Noise {
            draws,
            ..Noise::default()
        },
    };
    assert_eq!(refused(&of_draws(1)), "draws: 1 is not at least 2");
    let silent = SmoothGrad {
        of: Saliency,
        noise: Noise {
            share: 0.0,
            ..Noise::default()
        },
    };
    assert!(refused(&silent).starts_with("noise: 0 is not a share"));
    let window = |window, stride| Occlusion {
        window: Some([1, window]),
        stride: Some([1, stride]),
        ..Occlusion::default()
    };
    assert_eq!(
        refused(&window(3, 1)),
        "window: 3 is not 1 to 2 pixels, those of the image"
    );
    assert_eq!(
        refused(&window(1, 2)),
        "stride: 2 is not 1 to 1, the pixels of the window: others would never be hidden"
    );
    let none = IntegratedGradients {
        steps: 0,
        ..IntegratedGradients::default()
    };
    assert_eq!(refused(&none), "steps: 0 is not 1 to 100000 of gauss-legendre");
    let other = IntegratedGradients {
        baseline: Baseline::Images(rows(&[&[0.0; 3]])),
        ..IntegratedGradients::default()
    };
    assert!(refused(&other).starts_with("images: expected [1, 1, 1, 2]"));
    let blur = Occlusion {
        baseline: Baseline::Blur { sigma: 0.0 },
        ..Occlusion::default()
    };
    assert!(refused(&blur).starts_with("blur of a baseline: 0 is not"));
    assert_eq!(
        refused(&Rise {
            keep: 1.5,
            ..Rise::default()
        }),
        "keep: 1.5 is not above 0 and at most 1"
    );
    assert_eq!(
        refused(&Itgsm {
            steps: 0,
            step_size: 0.1
        }),
        "steps: 0 is not at least 1"
    );
    assert_eq!(
        refused(&Itgsm {
            steps: 1,
            step_size: 0.0
        }),
        "step size: 0 is not above 0 and at most 10, the range of the data"
    );
    assert!(
        refused(&Itgsm {
            steps: 1,
            step_size: 99.0
        })
        .starts_with("step size: 99 is not above 0")
    );
}

/// A network whose kernels treat few images otherwise than many, if any do; windows are asked about in its own way.
#[test]
fn no_bit_depends_on_the_internal_batch_or_the_images_around() {
    let digits = shape(28, 28);
    let network = Network::new(small_cnn(digits, Bounds::UNIT, 10, Pool::Max), 3, &Device::flex()).unwrap();
    let n = 3;
    let pixels: Vec<f32> = (0..n * digits.len())
        .map(|i| (i * 7919 % 1009) as f32 / 1009.0)
        .collect();
    let images = Tensor::<4>::from_data(TensorData::new(pixels, [n, 1, 28, 28]), &Device::flex());
    let targets = [3, 0, 7];
    let background = Tensor::<4>::from_data(
        TensorData::new(
            (0..4 * 784).map(|i| (i * 31 % 97) as f32 / 97.0).collect::<Vec<f32>>(),
            [4, 1, 28, 28],
        ),
        &Device::flex(),
    );
    let small = |spec: ExplainSpec| -> ExplainSpec {
        let mut options = spec.options().unwrap();
        for (name, value) in [("steps", 5), ("draws", 5), ("masks", 9), ("window", 6), ("stride", 5)] {
            if options.contains_key(name) {
                options.insert(name.to_owned(), value.into());
            }
        }
        ExplainSpec::with_options(spec.name(), &options).unwrap()
    };
    let mut specs: Vec<ExplainSpec> = ExplainSpec::all().into_iter().map(small).collect();
    for (name, option, value) in [
        ("smoothgrad", "of", "integrated-gradients"),
        ("vargrad", "of", "saliency"),
        ("integrated-gradients", "baseline", "background"),
        ("occlusion", "baseline", "blur"),
        ("rise", "baseline", "mean"),
    ] {
        let given = serde_json::Map::from_iter([(option.to_owned(), value.into())]);
        specs.push(small(ExplainSpec::with_options(name, &given).unwrap()));
    }
    for spec in specs {
        let explain = |internal_batch, images: &Tensor<4>, targets: &[usize]| {
            let given = Given {
                internal_batch,
                background: Some(background.clone()),
            };
            let found = spec
                .explainer(&given)
                .unwrap()
                .explain(&network, images, targets)
                .unwrap();
            let bits: Vec<u32> = to_vec(found.values).unwrap().into_iter().map(f32::to_bits).collect();
            (bits, found.gap)
        };
        let (expected, gap) = explain(InternalBatch::AUTO, &images, &targets);
        assert!(expected.iter().any(|&bits| f32::from_bits(bits) != 0.0), "{spec:?}");
        for at_once in [1, 2, 7] {
            let found = explain(InternalBatch::of(at_once).unwrap(), &images, &targets);
            assert!(
                found == (expected.clone(), gap.clone()),
                "{spec:?} at {at_once} at once"
            );
        }
        for image in 0..n {
            let (found, own_gap) = explain(
                InternalBatch::AUTO,
                &images.clone().narrow(0, image, 1),
                &targets[image..=image],
            );
            // Of a layer there are fewer than 784.
            let values = expected.len() / n;
            assert!(
                found[..] == expected[image * values..][..values],
                "{spec:?} of image {image} alone"
            );
            assert_eq!(own_gap.map(|gap| gap[0]), gap.as_ref().map(|gap| gap[image]));
        }
    }
}
