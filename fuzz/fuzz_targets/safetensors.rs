//! Any bytes: the reader of other programs' `.safetensors` neither panics nor takes more memory than they justify, says in one line why it
//! refuses them, and a small network that it reads classifies an image.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use doubleback::batch::tensor_of;
use doubleback::data::Split;
use doubleback::device::DeviceName;
use doubleback::evaluate::Named;
use doubleback::nn::{Classifier, Module, Parameter};
use doubleback::Error;
use doubleback_import::{Options, open};
use libfuzzer_sys::fuzz_target;

/// Most values of an image in all layers, and most weights, of a network that is run.
const LARGEST: usize = 1 << 15;

/// Where the bytes are written, for they are read by path.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("doubleback-fuzz-safetensors-{}", std::process::id())));

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("there is room");
    let device = DeviceName::Cpu.open().expect("there is a processor");
    let options = Options { size: Some([8, 8]), ..Options::default() };
    let network = match open(&FILE, &options, &device) {
        Ok(imported) => imported.network,
        Err(error) => {
            assert!(!error.to_string().contains('\n'));
            return;
        }
    };
    let weights: usize = network.tensors().map(|tensor: &Parameter| tensor.dims().iter().product::<usize>()).sum();
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
