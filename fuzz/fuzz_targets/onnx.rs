//! Any bytes: reading them as an ONNX model neither panics nor takes more memory than they justify, whether the weights are inside or in a file
//! beside the model, which is the same bytes here. A network that is read has numbers for weights.
#![no_main]

use std::fs;

use doubleback::device::DeviceName;
use doubleback::nn::{Classifier, Module};
use doubleback_import::{Options, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder for two files");
    let path = folder.path().join("m.onnx");
    fs::write(&path, bytes).expect("the model is written");
    fs::write(folder.path().join("weights"), bytes).expect("its weights are written");
    let device = DeviceName::Cpu.open().expect("there is a processor");
    match open(&path, &Options::default(), &device) {
        Ok(imported) => {
            assert!(imported.network.classes() > 0);
            let weights: usize = imported.network.tensors().map(|tensor| tensor.dims().iter().product::<usize>()).sum();
            assert!(weights <= 64 * bytes.len() + (1 << 20), "{weights} weights of {} bytes", bytes.len());
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
