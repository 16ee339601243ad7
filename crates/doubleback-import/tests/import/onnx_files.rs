//! Files of ONNX as a whole: what becomes of every operator, and what of damaged files.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use doubleback_import::{Operator, OperatorFate, Options, newest_onnx, onnx_operators, open};
use doubleback_test_device::test_device;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `docs/onnx-operators.md`.
fn page() -> String {
    let operators = onnx_operators();
    let count = |fate| operators.iter().filter(|operator| operator.fate == fate).count();
    let mut page = format!(
        "# Operators of ONNX\n\n\
        What is made of every operator of {}, asked of the code itself: {} are supported, {} only folded, {} refused. A supported one becomes \
        layers, needs none, or is computed when the model is imported because its inputs are constants; a folded one must have constants for \
        inputs, as in computations of shapes and weights; the message of a refused one says what stands here. What exporters write of several \
        operators (Swish, HardSwish, Mish, Gelu, LayerNormalization) is put together first.\n\n\
        A model with operators of onnxruntime (`com.microsoft`) is refused: they come from its optimizer, or from quantization with integers. \
        Functions that a file defines itself are put in the place of their calls.\n\n\
        | operator | changed at | | if it is refused |\n|---|---|---|---|\n",
        newest_onnx(),
        count(OperatorFate::Supported),
        count(OperatorFate::Folded),
        count(OperatorFate::Refused),
    );
    for operator in &operators {
        let Operator { domain, name, .. } = operator;
        let dot = if domain.is_empty() { "" } else { "." };
        let mut versions: Vec<String> = operator.versions.iter().map(u32::to_string).collect();
        versions.extend(operator.gone.map(|version| format!("gone at {version}")));
        let (fate, help) = match operator.fate {
            OperatorFate::Supported => ("supported", ""),
            OperatorFate::Folded => ("folded", operator.help),
            OperatorFate::Refused => ("refused", operator.help),
        };
        writeln!(
            page,
            "| {domain}{dot}{name} | {} | {fate} | {help} |",
            versions.join(", ")
        )
        .unwrap();
    }
    page
}

/// With `DOUBLEBACK_WRITE_DOCS=1` it is written instead.
#[test]
fn the_page_of_operators_says_what_the_code_does() {
    let path = root().join("docs/onnx-operators.md");
    if std::env::var_os("DOUBLEBACK_WRITE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let again = "DOUBLEBACK_WRITE_DOCS=1 cargo test --workspace --test import onnx_files::";
    assert!(
        written == page(),
        "docs/onnx-operators.md is not what the code does. Write it again: {again}"
    );
}

#[test]
fn every_refusal_says_what_helps() {
    let operators = onnx_operators();
    assert!(operators.len() >= 227, "{}", operators.len());
    let named = |name: &str| operators.iter().find(|operator| operator.name == name).unwrap();
    for operator in &operators {
        assert!(
            operator.help.len() > 30 && !operator.help.ends_with('.'),
            "{operator:?}"
        );
        assert!(
            !operator.help.contains("  ") && !operator.help.contains('|'),
            "{operator:?}"
        );
    }
    assert!(named("ConvInteger").help.contains("quantize_dynamic"));
    assert!(named("TreeEnsembleClassifier").help.contains("skl2onnx"));
    assert_eq!(named("Conv").fate, OperatorFate::Supported);
    assert_eq!(named("NonZero").fate, OperatorFate::Folded);
    assert_eq!(named("LSTM").fate, OperatorFate::Refused);
    assert_eq!(named("Upsample").gone, Some(10));
}

fn seeds() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("fuzz/seeds/onnx"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Bits turned and lengths cut to, every so many: a network, or an error in one line. (Every one of them is only read, in `read/damaged.rs`.)
#[test]
fn damaged_files_are_networks_or_errors() {
    const STEP: usize = 61;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    let import = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        match open(&path, &Options::default(), &test_device()) {
            Ok(_) => None,
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !error.contains('\n') && error.starts_with(path.to_str().unwrap()),
                    "{error}"
                );
                Some(error)
            }
        }
    };
    for seed in seeds() {
        let whole = fs::read(&seed).unwrap();
        fs::write(folder.path().join("weights"), &whole).unwrap();
        assert_eq!(import(&whole), None, "{}", seed.display());
        for length in (0..whole.len()).step_by(STEP) {
            import(&whole[..length]);
        }
        for bit in (0..8 * whole.len()).step_by(STEP) {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            import(&damaged);
        }
    }
}
