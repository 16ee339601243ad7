//! `docs/how-an-op-travels.md` names files and functions: they must be there.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/how-an-op-travels.md");

#[test]
fn every_file_that_the_page_names_exists() {
    let ops = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [ops.join("../.."), ops.join("src"), ops.join("tests/ops")];
    let quoted = PAGE.split('`').skip(1).step_by(2);
    let named: BTreeSet<&str> = quoted
        .filter(|name| !name.contains(' ') && (name.ends_with('/') || name.ends_with(".rs") || name.ends_with(".py")))
        .collect();
    assert!(named.len() > 25, "only {} files found on the page", named.len());
    for name in named {
        let of_a_family = ops.join("src/conv").join(name).exists();
        assert!(
            of_a_family || places.iter().any(|place| place.join(name).exists()),
            "the page names {name}, which does not exist"
        );
    }
}

#[test]
fn every_family_has_the_same_files() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for family in [
        "conv",
        "pool",
        "batch_norm",
        "matmul",
        "relu",
        "rectified_sum",
        "activation",
        "adam",
        "linf_step",
    ] {
        assert!(PAGE.contains(&format!("`{family}/")), "the page leaves out {family}");
        for file in ["mod", "functions", "backend", "default", "autodiff", "flex"] {
            let path = source.join(family).join(file).with_extension("rs");
            assert!(path.exists(), "{} is missing", path.display());
        }
    }
}
