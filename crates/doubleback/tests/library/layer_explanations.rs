//! Explanations that look at a model's layers: closed forms on small networks, what is refused, and that no image depends on those around it.

use burn::tensor::{DType, Device, Tensor, TensorData};
use doubleback::Result;
use doubleback::data::{Bounds, ImageShape};
use doubleback::explain::lrp::{Composite, Rule};
use doubleback::explain::{
    Deconvnet, ExplainSpec, Explainer, Given, GradCam, GradCamPlusPlus, Gradient, GuidedBackprop, GuidedGradCam, Lrp,
    Upsampled, Upsampling,
};
use doubleback::nn::layers::{
    Add, Conv2d, Dense, Flatten, GlobalAvgPool, GroupNorm, LayerKind, MaxPool, Relu, Standardize,
};
use doubleback::nn::{
    Architecture, Classifier, FromFunction, LayerSpec, Module, Network, Pool, architecture, small_cnn, to_vec,
};
use doubleback_test_device::{f64_device, test_device};

fn tensor<const D: usize>(values: &[f32], dims: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), device)
}

/// A network of these layers on images `[channels, height, width]` of values in [0, 1], with tensors that `value` gives by name.
fn network(
    input: [usize; 3],
    classes: usize,
    layers: Vec<LayerSpec>,
    device: &Device,
    value: impl Fn(&str, usize) -> Vec<f32>,
) -> Network {
    let architecture = Architecture {
        name: "test".into(),
        input,
        bounds: [0.0, 1.0],
        classes,
        layers,
    };
    let value = |spec: &doubleback::nn::layers::TensorSpec, name: &str| -> Result<Tensor<1>> {
        let count = spec.dims.iter().product();
        Ok(tensor(&value(name, count), [count], device))
    };
    Network::build(architecture, device, value).unwrap()
}

fn layer(name: &str, kind: impl Into<LayerKind>) -> LayerSpec {
    LayerSpec::new(name, kind)
}

fn dense(units: usize, bias: bool) -> Dense {
    Dense { units, bias }
}

/// Values that look random, around 0.
fn scattered(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0)
        .collect()
}

/// `[n, channels, height, width]` in [0, 1].
fn images(n: usize, [channels, height, width]: [usize; 3], device: &Device) -> Tensor<4> {
    let values: Vec<f32> = scattered(n * channels * height * width, 5)
        .iter()
        .map(|v| v.abs())
        .collect();
    tensor(&values, [n, channels, height, width], device)
}

fn values(method: &dyn Explainer, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Vec<f32> {
    to_vec(method.explain(model, images, targets).unwrap().values).unwrap()
}

fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() <= tolerance * largest,
            "{found} is not {expected}"
        );
    }
}

/// Two inputs, one dense layer of two units of which the first has these weights.
fn linear(weights: &[f32], bias: Option<f32>, low: f32) -> Network {
    let layers = vec![layer("flatten", Flatten {}), layer("logits", dense(2, bias.is_some()))];
    let mut network = network([1, 1, weights.len()], 2, layers, &test_device(), |name, _| match name {
        "logits.weight" => weights.iter().flat_map(|&w| [w, 0.0]).collect(),
        _ => vec![bias.unwrap(), 0.0],
    });
    if low != 0.0 {
        let mut architecture = network.architecture().clone();
        architecture.bounds[0] = low;
        let tensors: Vec<_> = network.parameters().map(|tensor| tensor.value().clone()).collect();
        let mut next = tensors.into_iter();
        network = Network::build(architecture, &test_device(), |_, _| Ok(next.next().unwrap())).unwrap();
    }
    network
}

fn pixels(values: &[f32]) -> Tensor<4> {
    tensor(values, [1, 1, 1, values.len()], &test_device())
}

/// A residual network without biases: convolution, ReLU, max pooling, a block with a sum, global average pooling, dense.
fn without_biases(device: &Device) -> Network {
    let layers = vec![
        layer("conv1", Conv2d::same(4, 3)),
        layer("relu1", Relu {}),
        layer("pool1", MaxPool::square(2)),
        layer("conv2", Conv2d::same(4, 3)),
        layer("relu2", Relu {}),
        layer("conv3", Conv2d::same(4, 3)),
        layer("sum", Add {}).after("conv3").after("pool1"),
        layer("relu3", Relu {}),
        layer("mean", GlobalAvgPool {}),
        layer("logits", dense(3, false)),
    ];
    network([2, 6, 6], 3, layers, device, |name, count| {
        scattered(count, name.len() + count)
    })
}

#[test]
fn lrp_0_is_input_times_gradient_without_biases() {
    let network = without_biases(&f64_device());
    let images = images(4, [2, 6, 6], &f64_device());
    let targets = [0, 1, 2, 0];
    let gradient = Gradient.explain(&network, &images, &targets).unwrap().values;
    let expected = to_vec(gradient * images.clone()).unwrap();
    assert!(expected.iter().any(|value| value.abs() > 1e-3));
    for rule in [Rule::Epsilon { epsilon: 0.0 }, Rule::Gamma { gamma: 0.0 }] {
        let method = Lrp {
            pixel_box: false,
            convolutions: rule,
            dense: rule,
            merge_batch_norm: true,
        };
        assert_close(&values(&method, &network, &images, &targets), &expected, 1e-5);
    }
}

#[test]
fn relevance_is_conserved_without_biases() {
    let residual = without_biases(&f64_device());
    // An output that nothing raises has nothing to hand on by z+; only behind a ReLU has it no relevance to hand on either.
    let layers = vec![
        layer("conv1", Conv2d::same(4, 3)),
        layer("relu1", Relu {}),
        layer("pool1", MaxPool::square(2)),
        layer("conv2", Conv2d::same(4, 3)),
        layer("relu2", Relu {}),
        layer("mean", GlobalAvgPool {}),
        layer("logits", dense(3, false)),
    ];
    let chain = network([2, 6, 6], 3, layers, &f64_device(), |name, count| {
        scattered(count, name.len() + count)
    });
    let images = images(4, [2, 6, 6], &f64_device());
    for (composite, network) in [
        (Composite::Epsilon, &residual),
        (Composite::Gamma, &residual),
        (Composite::EpsilonPlus, &chain),
        (Composite::EpsilonGammaBox, &residual),
    ] {
        let found = Lrp::of(composite, 1e-9, 0.25)
            .explain(network, &images, &[0, 1, 2, 1])
            .unwrap();
        for gap in found.gap.unwrap() {
            assert!(gap.abs() < 1e-4, "{composite:?}: {gap}");
        }
    }
}

#[test]
fn epsilon_by_hand() {
    // z = 2 - 1 = 1, of which half goes to the stabilizer.
    let method = Lrp::of(Composite::Epsilon, 1.0, 0.0);
    let found = method
        .explain(&linear(&[2.0, -1.0], None, 0.0), &pixels(&[1.0, 1.0]), &[0])
        .unwrap();
    assert_eq!(to_vec(found.values).unwrap(), [1.0, -0.5]);
    assert_eq!(found.gap.unwrap(), [-0.5]);
    // z = -3 with the bias, and -1 more.
    let negative = linear(&[2.0, -4.0], Some(-1.0), 0.0);
    assert_eq!(values(&method, &negative, &pixels(&[1.0, 1.0]), &[0]), [1.5, -3.0]);
}

#[test]
fn gamma_by_hand() {
    // Weights 3 and -1, sum 2, of a logit of 1.
    let method = Lrp::of(Composite::Gamma, 0.0, 0.5);
    let found = values(&method, &linear(&[2.0, -1.0], None, 0.0), &pixels(&[1.0, 1.0]), &[0]);
    assert_close(&found, &[1.5, -0.5], 1e-6);
    // The bias is raised as the weights are: 3 - 1 + 3 = 5, of a logit of 3.
    let found = values(
        &method,
        &linear(&[2.0, -1.0], Some(2.0), 0.0),
        &pixels(&[1.0, 1.0]),
        &[0],
    );
    assert_close(&found, &[1.8, -0.6], 1e-6);
    // Of a negative output what is negative is raised: -3 and 1, sum -2, of a logit of -1.
    let found = values(&method, &linear(&[-2.0, 1.0], None, 0.0), &pixels(&[1.0, 1.0]), &[0]);
    assert_close(&found, &[-1.5, 0.5], 1e-6);
    // Of a negative input the negative weight: 3 and -1, sum 2, of a logit of 1.
    let found = values(&method, &linear(&[-2.0, -1.0], None, -1.0), &pixels(&[-1.0, 1.0]), &[0]);
    assert_close(&found, &[1.5, -0.5], 1e-6);
}

#[test]
fn z_plus_by_hand() {
    // 2 and 3 raise the logit of 4, and the bias does not lower what they have.
    let model = linear(&[2.0, -3.0, -1.0], None, -1.0);
    let method = Lrp {
        dense: Rule::ZPlus,
        ..Lrp::of(Composite::EpsilonPlus, 0.0, 0.0)
    };
    let found = values(&method, &model, &pixels(&[1.0, -1.0, 1.0]), &[0]);
    assert_close(&found, &[1.6, 2.4, 0.0], 1e-6);
}

#[test]
fn the_rule_of_pixels_by_hand() {
    let method = Lrp::of(Composite::EpsilonGammaBox, 0.0, 0.0);
    // In [0, 1]: 0.5 * 2 and 0.25 * -4 + 4, together 4, of a logit of 3.
    let found = values(
        &method,
        &linear(&[2.0, -4.0], Some(3.0), 0.0),
        &pixels(&[0.5, 0.25]),
        &[0],
    );
    assert_close(&found, &[0.75, 2.25], 1e-6);
    // In [-1, 1]: 2 more for the first.
    let found = values(
        &method,
        &linear(&[2.0, -4.0], Some(3.0), -1.0),
        &pixels(&[0.5, 0.25]),
        &[0],
    );
    assert_close(&found, &[1.5, 1.5], 1e-6);
}

#[test]
fn standardized_pixels_have_the_relevance() {
    let layers = vec![
        layer("standardize", Standardize {}),
        layer("flatten", Flatten {}),
        layer("logits", dense(2, false)),
    ];
    // Mean 0.5, deviation 0.25: pixels in [-2, 2]. At (1, 0.5) they are (2, 0).
    let network = network([1, 1, 2], 2, layers, &test_device(), |name, _| match name {
        "standardize.mean" => vec![0.5],
        "standardize.variance" => vec![0.0625],
        _ => vec![1.0, 0.0, 3.0, 0.0],
    });
    let image = pixels(&[1.0, 0.5]);
    let epsilon = Lrp::of(Composite::Epsilon, 0.0, 0.0);
    assert_close(&values(&epsilon, &network, &image, &[0]), &[2.0, 0.0], 1e-6);
    // 2 + 2 and 3 * (0 + 2): four tenths and six of a logit of 2.
    let boxed = Lrp::of(Composite::EpsilonGammaBox, 0.0, 0.0);
    assert_close(&values(&boxed, &network, &image, &[0]), &[0.8, 1.2], 1e-6);
}

#[test]
fn batch_norm_is_merged_or_has_a_share_of_its_own() {
    let shape = ImageShape {
        channels: 3,
        height: 32,
        width: 32,
    };
    let built = architecture("resnet-small", shape, Bounds::UNIT, 10, Pool::Max).unwrap();
    let network = Network::new(built, 3, &f64_device()).unwrap();
    let images = images(2, [3, 32, 32], &f64_device());
    // Shifts are 0 and means too: the batch norms only scale, and the rule without numbers gives the same either way.
    let merged = Lrp::of(Composite::Epsilon, 0.0, 0.0);
    let apart = Lrp {
        merge_batch_norm: false,
        ..merged
    };
    let (merged, apart) = (
        values(&merged, &network, &images, &[3, 4]),
        values(&apart, &network, &images, &[3, 4]),
    );
    assert_close(&apart, &merged, 1e-3);
}

/// Model B of two hidden units: h = relu(W1 x + b1), logits = W2 h + b2.
fn two_layers() -> Network {
    let layers = vec![
        layer("flatten", Flatten {}),
        layer("hidden", dense(2, true)),
        layer("hidden.relu", Relu {}),
        layer("logits", dense(3, true)),
    ];
    network([1, 1, 2], 3, layers, &test_device(), |name, _| match name {
        "hidden.weight" => vec![1.0, 1.0, -1.0, 1.0],
        "hidden.bias" => vec![0.0, -0.5],
        "logits.weight" => vec![1.0, -1.0, 0.5, -2.0, 1.0, 0.5],
        _ => vec![0.5, 0.0, -0.2],
    })
}

#[test]
fn guided_backprop_by_hand() {
    let model = two_layers();
    // Both units are on: of class 0 the first has 1 and the second -2, of which nothing goes on.
    let on = pixels(&[0.6, 0.3]);
    assert_eq!(values(&Gradient, &model, &on, &[0]), [-1.0, -3.0]);
    assert_eq!(values(&GuidedBackprop, &model, &on, &[0]), [1.0, -1.0]);
    assert_eq!(values(&GuidedBackprop, &model, &on, &[1]), [1.0, 1.0]);
    assert_eq!(values(&GuidedBackprop, &model, &on, &[2]), [1.0, 0.0]);
    // The first is off.
    let off = pixels(&[0.2, 0.4]);
    assert_eq!(values(&GuidedBackprop, &model, &off, &[0]), [0.0, 0.0]);
    assert_eq!(values(&Deconvnet, &model, &off, &[0]), [1.0, -1.0]);
}

/// All windows on flat background have equal values, and the pool takes the first: which value is the largest by its last bit must not count.
#[test]
fn on_flat_background_the_choice_is_that_of_f64() {
    let layers = vec![
        layer("conv1", Conv2d::same(32, 3)),
        layer("relu1", Relu {}),
        layer("conv2", Conv2d::same(32, 3)),
        layer("relu2", Relu {}),
        layer("pool", MaxPool::square(2)),
        layer("flatten", Flatten {}),
        layer("logits", dense(3, true)),
    ];
    let network = network([1, 16, 16], 3, layers, &f64_device(), |name, count| {
        scattered(count, name.len()).iter().map(|value| value * 0.1).collect()
    });
    // A bright square on grey.
    let pixel = |i: usize| {
        if (5..9).contains(&(i / 16)) && (6..9).contains(&(i % 16)) {
            0.9
        } else {
            0.3
        }
    };
    let image = tensor(
        &(0..256).map(pixel).collect::<Vec<f32>>(),
        [1, 1, 16, 16],
        &f64_device(),
    );
    let double = network.clone().cast(DType::F64);
    let methods: [&dyn Explainer; 4] = [&Gradient, &GuidedBackprop, &Deconvnet, &Lrp::default()];
    for method in methods {
        let exact = method.explain(&double, &image.clone().cast(DType::F64), &[1]).unwrap();
        let exact = to_vec(exact.values.cast(DType::F32)).unwrap();
        assert_close(&values(method, &network, &image, &[1]), &exact, 1e-4);
    }
}

/// A 1x1 convolution with weights 1 and 2 on 4x4 pixels, mean pooling, and a head of which the first logit has these weights.
fn mean_of_channels(head: [f32; 2]) -> Network {
    let layers = vec![
        layer("conv", Conv2d::same(2, 1)),
        layer("mean", GlobalAvgPool {}),
        layer("logits", dense(2, false)),
    ];
    network([1, 4, 4], 2, layers, &test_device(), |name, _| match name {
        "conv.weight" => vec![1.0, 2.0],
        _ => vec![head[0], 0.0, head[1], 0.0],
    })
}

#[test]
fn grad_cam_by_hand() {
    let ones = Tensor::<4>::ones([1, 1, 4, 4], &test_device());
    let raw = GradCam {
        relu: false,
        ..GradCam::default()
    };
    assert_eq!(values(&raw, &mean_of_channels([1.0, 0.5]), &ones, &[0]), [0.125; 16]);
    assert_eq!(
        values(&raw, &mean_of_channels([-1.0, -1.0]), &ones, &[0]),
        [-0.1875; 16]
    );
    assert_eq!(
        values(&GradCam::default(), &mean_of_channels([-1.0, -1.0]), &ones, &[0]),
        [0.0; 16]
    );
    // Gradients of 1/16 and 1/32 and sums of 16 and 32: α = 1/3 for both, weights 1/3 and 1/6.
    let found = values(&GradCamPlusPlus::default(), &mean_of_channels([1.0, 0.5]), &ones, &[0]);
    assert_close(&found, &[2.0 / 3.0; 16], 1e-6);
    assert_eq!(
        values(
            &GradCamPlusPlus::default(),
            &mean_of_channels([-1.0, -1.0]),
            &ones,
            &[0]
        ),
        [0.0; 16]
    );
}

fn digits() -> (Network, Tensor<4>) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 3, &test_device()).unwrap();
    (network, images(5, [1, 28, 28], &test_device()))
}

#[test]
fn the_last_stage_with_pixels_is_looked_at_by_default() {
    let (network, images) = digits();
    let targets = [0, 1, 2, 3, 4];
    let default = GradCam::default().explain(&network, &images, &targets).unwrap().values;
    assert_eq!(default.dims(), [5, 1, 4, 4]);
    let named = GradCam {
        stage: Some("pool2".into()),
        ..GradCam::default()
    };
    assert_eq!(to_vec(default).unwrap(), values(&named, &network, &images, &targets));
}

/// By name, as commands have it: the map of the stage that was asked for, with its sign.
#[test]
fn the_table_has_their_options() {
    let (network, images) = digits();
    let targets = [0, 1, 2, 3, 4];
    for signed in [false, true] {
        let given = serde_json::json!({"stage": "conv4", "signed": signed});
        let spec = ExplainSpec::with_options("grad-cam", given.as_object().unwrap()).unwrap();
        let method = spec.explainer(&Given::default()).unwrap();
        let map = GradCam {
            stage: Some("conv4".into()),
            relu: !signed,
        };
        let expected = values(&map, &network, &images, &targets);
        assert_eq!(expected.iter().any(|&value| value < 0.0), signed);
        assert_eq!(values(&method, &network, &images, &targets), expected);
    }
}

#[test]
fn guided_grad_cam_is_the_product() {
    let (network, images) = digits();
    let targets = [0, 1, 2, 3, 4];
    for upsampling in [Upsampling::Bilinear, Upsampling::Nearest] {
        let method = GuidedGradCam {
            stage: Some("conv4".into()),
            upsampling,
        };
        let of = GradCam {
            stage: Some("conv4".into()),
            relu: true,
        };
        let map = of.explain(&network, &images, &targets).unwrap();
        let map = map.resized([28, 28], upsampling).unwrap().values;
        let upsampled = Upsampled { of, how: upsampling };
        assert_eq!(
            values(&upsampled, &network, &images, &targets),
            to_vec(map.clone()).unwrap()
        );
        let guided = GuidedBackprop.explain(&network, &images, &targets).unwrap().values;
        let expected = to_vec(map * guided).unwrap();
        assert!(expected.iter().any(|&value| value != 0.0));
        assert_eq!(values(&method, &network, &images, &targets), expected);
    }
}

#[test]
fn an_image_does_not_depend_on_those_around_it() {
    let shape = |channels, side| ImageShape {
        channels,
        height: side,
        width: side,
    };
    let stage = || Some("pool1".to_owned());
    for (name, shape) in [("small-cnn", shape(1, 28)), ("vgg-small", shape(3, 32))] {
        let built = architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap();
        let network = Network::new(built, 3, &test_device()).unwrap();
        let images = images(9, [shape.channels, shape.height, shape.width], &test_device());
        let targets: Vec<usize> = (0..9).collect();
        let methods: Vec<Box<dyn Explainer>> = vec![
            Box::new(GradCam {
                stage: stage(),
                relu: false,
            }),
            Box::new(GradCamPlusPlus {
                stage: stage(),
                relu: false,
            }),
            Box::new(GuidedBackprop),
            Box::new(Deconvnet),
            Box::new(GuidedGradCam::default()),
            Box::new(Lrp::of(Composite::Epsilon, 1e-6, 0.25)),
            Box::new(Lrp::of(Composite::EpsilonPlus, 1e-6, 0.25)),
            Box::new(Lrp::default()),
        ];
        for (number, method) in methods.iter().enumerate() {
            let whole = values(method.as_ref(), &network, &images, &targets);
            let length = whole.len() / 9;
            for i in [0, 4, 8] {
                let alone = values(
                    method.as_ref(),
                    &network,
                    &images.clone().narrow(0, i, 1),
                    &targets[i..=i],
                );
                assert_eq!(
                    alone,
                    whole[i * length..(i + 1) * length],
                    "{name}: method {number}, image {i}"
                );
            }
        }
    }
}

fn message(method: &dyn Explainer, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> String {
    method
        .explain(model, images, targets)
        .map(drop)
        .unwrap_err()
        .to_string()
}

#[test]
fn models_without_layers_are_refused() {
    let shape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };
    let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
    let of = |method: &dyn Explainer| message(method, &model, &pixels(&[0.5, 0.5]), &[0]);
    assert_eq!(
        of(&GradCam::default()),
        "model of a method that looks at a layer: a function is not one with stages, as networks are: there is no layer to look at otherwise"
    );
    for (method, name) in [
        (&GuidedBackprop as &dyn Explainer, "guided backpropagation"),
        (&Deconvnet, "a deconvolutional network"),
        (&Lrp::default(), "LRP"),
    ] {
        assert_eq!(
            of(method),
            format!(
                "model of {name}: a function is not one whose layers are known, as those of networks: the method has a rule for each kind of layer"
            )
        );
    }
}

#[test]
fn what_a_method_cannot_do_is_refused() {
    let (network, images) = digits();
    let stage = GradCam {
        stage: Some("conv5".into()),
        ..GradCam::default()
    };
    let refused = message(&stage, &network, &images, &[0; 5]);
    assert!(
        refused.starts_with("unknown layer `conv5`. Did you mean `conv"),
        "{refused}"
    );
    for method in [&GradCam::default() as &dyn Explainer, &GuidedBackprop, &Lrp::default()] {
        assert!(message(method, &network, &images, &[0; 4]).contains("one for each of 5 images"));
        assert!(message(method, &network, &images, &[10; 5]).contains("a class below 10"));
        let none = Tensor::<4>::zeros([0, 1, 28, 28], &test_device());
        assert!(message(method, &network, &none, &[]).contains("at least one"));
        let small = Tensor::<4>::zeros([1, 1, 27, 28], &test_device());
        assert!(message(method, &network, &small, &[0]).contains("images"));
    }
    let image = pixels(&[0.5, 0.5]);
    let refused = message(&GradCam::default(), &two_layers(), &image, &[0]);
    assert!(refused.contains("more than one pixel"), "{refused}");
    let refused = message(&GuidedBackprop, &linear(&[1.0, 2.0], None, 0.0), &image, &[0]);
    assert!(refused.contains("without, the method is the gradient"), "{refused}");
    for (epsilon, gamma, composite) in [(-1.0, 0.0, Composite::Epsilon), (0.0, f64::NAN, Composite::Gamma)] {
        let refused = message(&Lrp::of(composite, epsilon, gamma), &network, &images, &[0; 5]);
        assert!(refused.contains("a number of at least 0"), "{refused}");
    }
}

#[test]
fn lrp_names_the_layer_that_it_has_no_rule_for() {
    let layers = vec![
        layer("conv1", Conv2d::same(4, 3)),
        layer(
            "norm1",
            GroupNorm {
                groups: 2,
                epsilon: 1e-5,
                affine: false,
            },
        ),
        layer("mean", GlobalAvgPool {}),
        layer("logits", dense(2, false)),
    ];
    let network = network([1, 4, 4], 2, layers, &test_device(), |_, count| scattered(count, 1));
    let refused = message(&Lrp::default(), &network, &images(1, [1, 4, 4], &test_device()), &[0]);
    assert!(
        refused.starts_with("layer `norm1`: LRP has no rule for a layer of type `group-norm`"),
        "{refused}"
    );
    // Pixels that enter pooling first are no pixels of a convolution.
    let layers = vec![
        layer("pool", MaxPool::square(2)),
        layer("flatten", Flatten {}),
        layer("logits", dense(2, false)),
    ];
    let pooled = self::network([1, 4, 4], 2, layers, &test_device(), |_, count| scattered(count, 1));
    let image = images(1, [1, 4, 4], &test_device());
    let refused = message(&Lrp::default(), &pooled, &image, &[0]);
    assert!(refused.contains("choose a composite without the zB rule"), "{refused}");
    assert!(
        Lrp::of(Composite::Epsilon, 0.0, 0.0)
            .explain(&pooled, &image, &[0])
            .is_ok()
    );
}
