//! What the explanations that look at layers say of a model of any file: driven by scripts/compare-layer-explanations.py.
//!
//! `layer_explanations MODEL ARCH IN.npz OUT.npz METHOD[@STAGE] …`: ARCH is `-` where the file says it; IN has `images` and `targets`; OUT gets an array a
//! method, by its place. With the environment variable F64 the model is computed in f64.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::path::Path;

use burn::tensor::{DType, Device, Tensor, TensorData};
use doubleback::explain::lrp::{Composite, Rule};
use doubleback::explain::{
    Deconvnet, Explainer, GradCam, GradCamPlusPlus, GuidedBackprop, GuidedGradCam, Lrp, Upsampling,
};
use doubleback::nn::{Module, Network};
use doubleback_import::{Options, open};
use npyz::WriterBuilder;
use npyz::npz::{NpzArchive, NpzWriter};
use npyz::zip::write::FileOptions;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, arch, images, out, methods @ ..] = arguments.as_slice() else {
        return Err("MODEL ARCH IN.npz OUT.npz METHOD…".into());
    };
    let device = Device::flex();
    let options = Options {
        arch: Some(arch.clone()).filter(|arch| arch != "-"),
        ..Options::default()
    };
    let mut network = open(Path::new(model), &options, &device)?.network;
    let mut dtype = DType::F32;
    if std::env::var_os("F64").is_some() {
        (network, dtype) = (as_double(&network, &device)?, DType::F64);
    }
    let mut archive = NpzArchive::open(images)?;
    let file = archive.by_name("images")?.ok_or("no images")?;
    let dims: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let images = TensorData::new(file.into_vec::<f32>()?, dims);
    let images = Tensor::<4>::from_data(images, (&device, dtype));
    let targets = archive.by_name("targets")?.ok_or("no targets")?.into_vec::<i64>()?;
    let targets: Vec<usize> = targets.into_iter().map(|target| target as usize).collect();

    let mut writer = NpzWriter::new(File::create(out)?);
    for (place, method) in methods.iter().enumerate() {
        let found = method_of(method)?.explain(&network, &images, &targets)?.values;
        let sizes = found.dims().map(|size| size as u64);
        let values = found.try_into_vec_as::<f64>().map_err(|e| format!("{e:?}"))?;
        let name = format!("m{place}");
        let mut array = writer
            .array(&name, FileOptions::default())?
            .default_dtype()
            .shape(&sizes)
            .begin_nd()?;
        array.extend(values)?;
        array.finish()?;
    }
    writer.zip_writer().finish()?;
    Ok(())
}

fn method_of(text: &str) -> Result<Box<dyn Explainer>, Failure> {
    let (name, stage) = match text.split_once('@') {
        Some((name, stage)) => (name, Some(stage.to_owned())),
        None => (text, None),
    };
    let epsilon = Rule::Epsilon { epsilon: 1e-9 };
    let gamma = Rule::Gamma { gamma: 0.25 };
    let lrp = |convolutions, dense| {
        Box::new(Lrp {
            pixel_box: false,
            convolutions,
            dense,
            merge_batch_norm: true,
        })
    };
    Ok(match name {
        "grad-cam" => Box::new(GradCam { stage, relu: true }),
        "grad-cam-raw" => Box::new(GradCam { stage, relu: false }),
        "grad-cam++" => Box::new(GradCamPlusPlus { stage, relu: true }),
        "guided-backprop" => Box::new(GuidedBackprop),
        "deconvnet" => Box::new(Deconvnet),
        "guided-grad-cam" => Box::new(GuidedGradCam {
            stage,
            upsampling: Upsampling::Bilinear,
        }),
        "guided-grad-cam-nearest" => Box::new(GuidedGradCam {
            stage,
            upsampling: Upsampling::Nearest,
        }),
        "lrp-epsilon" => lrp(epsilon, epsilon),
        "lrp-epsilon-0.1" => {
            let epsilon = Rule::Epsilon { epsilon: 0.1 };
            lrp(epsilon, epsilon)
        }
        "lrp-gamma-epsilon" => lrp(gamma, epsilon),
        "lrp-epsilon-plus" => lrp(Rule::ZPlus, epsilon),
        "lrp-epsilon-gamma-box" => Box::new(Lrp::of(Composite::EpsilonGammaBox, 1e-6, 0.25)),
        "lrp-epsilon-apart" => Box::new(Lrp {
            merge_batch_norm: false,
            ..Lrp::of(Composite::Epsilon, 1e-9, 0.0)
        }),
        other => return Err(format!("unknown method {other}").into()),
    })
}

/// The same network in f64.
fn as_double(network: &Network, device: &Device) -> Result<Network, Failure> {
    let tensors: HashMap<&str, &Tensor<1>> = network
        .tensors()
        .map(|tensor| (tensor.name(), tensor.value()))
        .collect();
    let value = |_: &_, name: &str| Ok(tensors[name].clone().cast(DType::F64));
    Ok(Network::build(network.architecture().clone(), device, value)?)
}
