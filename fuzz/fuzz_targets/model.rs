//! Any bytes: the reader of model files neither panics nor takes more memory than they justify, and a small network that it reads classifies an
//! image, or says that its logits are no numbers.
#![no_main]

use std::path::Path;

use doubleback::batch::tensor_of;
use doubleback::data::Split;
use doubleback::device::DeviceName;
use doubleback::evaluate::Named;
use doubleback::nn::{Classifier, Module, Parameter, load_bytes};
use doubleback::Error;
use libfuzzer_sys::fuzz_target;

/// Most values of an image in all layers, and most weights, of a network that is run: their product is the time that it takes.
const LARGEST: usize = 1 << 15;

fuzz_target!(|bytes: &[u8]| {
    let device = DeviceName::Cpu.open().expect("there is a processor");
    let Ok((network, _)) = load_bytes(bytes.to_vec(), Path::new("fuzzed"), &device) else {
        return;
    };
    let weights: usize = network.tensors().map(|tensor: &Parameter| tensor.dims().iter().product::<usize>()).sum();
    // A value takes two bytes at least.
    assert!(2 * weights <= bytes.len());
    let sizes = network.architecture().sizes().expect("sizes were checked");
    let values: usize = sizes.iter().map(|size| size.iter().product::<usize>()).sum();
    if values > LARGEST || weights > LARGEST {
        return;
    }
    let (shape, bounds) = (network.shape(), network.bounds());
    let middle = bounds.low / 2.0 + bounds.high / 2.0;
    let split = Split::new(vec![middle; shape.len()], vec![0], shape).expect("one whole image");
    let image = tensor_of(&split, shape, 0..1, &device);
    let named = Named { name: "fuzzed", model: &network };
    match named.predict(&image, |row| row) {
        Ok(classes) => assert!(classes[0] < network.classes()),
        Err(error) => assert!(matches!(error, Error::NotFinite(_)), "{error}"),
    }
});
