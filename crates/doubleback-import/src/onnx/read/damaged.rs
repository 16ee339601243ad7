//! Files that are damaged, or made to take memory: an error in one line or a model, and memory in proportion to the file.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

use super::proto::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, SparseTensorProto,
    TensorProto, ValueInfoProto,
};
use crate::onnx::model::Model;
use crate::onnx::patterns;

/// As `mod.rs` promises: bytes of memory for each byte of the file, and anyway.
const PER_BYTE: usize = 256;
const ANYWAY: usize = 64 << 20;

fn seeds() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/onnx");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5);
    files
}

fn read(bytes: Vec<u8>, path: &Path) -> bool {
    match Model::of_bytes(bytes, path) {
        Ok(mut model) => {
            patterns::rewrite(&mut model.graph, []);
            true
        }
        Err(refusal) => {
            assert!(!refusal.to_string().contains(char::is_control), "{refusal}");
            false
        }
    }
}

/// Every bit turned, and every length cut to. Weights beside the model are the model itself.
#[test]
fn damaged_files_are_models_or_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    for seed in seeds() {
        let whole = fs::read(&seed).unwrap();
        fs::write(folder.path().join("weights"), &whole).unwrap();
        fs::write(&path, &whole).unwrap();
        assert!(read(whole.clone(), &path), "{}", seed.display());
        for length in 0..whole.len() {
            read(whole[..length].to_vec(), &path);
        }
        for bit in 0..8 * whole.len() {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            read(damaged, &path);
        }
    }
}

fn model(graph: GraphProto) -> ModelProto {
    let opset = |domain: &str, version| OperatorSetIdProto {
        domain: domain.into(),
        version,
    };
    ModelProto {
        opset_import: vec![opset("", 17), opset("own", 1)],
        graph: Some(Box::new(graph)),
        ..ModelProto::default()
    }
}

/// Files of about that many bytes, each of which takes as much memory as its kind can.
fn greedy(bytes: usize) -> Vec<(&'static str, ModelProto)> {
    let count = |each: usize| bytes / each;
    let padding = |bytes: usize| TensorProto {
        name: "p".into(),
        dims: vec![i64::try_from(bytes).unwrap()],
        data_type: 9,
        raw_data: vec![0; bytes].into(),
        ..TensorProto::default()
    };
    let of = |graph: GraphProto| {
        model(GraphProto {
            initializer: vec![padding(bytes / 2)],
            ..graph
        })
    };
    let nodes = |count: usize, node: NodeProto| vec![node; count];
    let with = |attribute: AttributeProto| {
        of(GraphProto {
            node: vec![NodeProto {
                op_type: "A".into(),
                attribute: vec![attribute],
                ..NodeProto::default()
            }],
            ..GraphProto::default()
        })
    };
    let empty_nodes = 24 * bytes / size_of::<NodeProto>();
    let attributes = (0..20 * bytes / size_of::<AttributeProto>()).map(|i| AttributeProto {
        name: format!("{i:x}"),
        r#type: 2,
        ..AttributeProto::default()
    });
    let inputs = (0..count(12)).map(|i| ValueInfoProto {
        name: format!("{i:x}"),
        r#type: None,
    });
    let call = NodeProto {
        op_type: "F".into(),
        domain: "own".into(),
        ..NodeProto::default()
    };
    let body = NodeProto {
        op_type: "A".into(),
        input: vec![String::new(); 50],
        ..NodeProto::default()
    };
    let mut unfolding = of(GraphProto {
        node: nodes(1000, call),
        ..GraphProto::default()
    });
    unfolding.functions.push(FunctionProto {
        name: "F".into(),
        domain: "own".into(),
        node: nodes(1000, body),
        opset_import: unfolding.opset_import.clone(),
        ..FunctionProto::default()
    });
    let index = |name: &str, kind| TensorProto {
        name: name.into(),
        dims: vec![1],
        data_type: kind,
        raw_data: vec![0; if kind == 7 { 8 } else { 1 }].into(),
        ..TensorProto::default()
    };
    let sparse = (0..64).map(|i| SparseTensorProto {
        values: Some(Box::new(index(&format!("s{i}"), 2))),
        indices: Some(Box::new(index("", 7))),
        dims: vec![i64::try_from(bytes / 16).unwrap()],
    });
    let mut int4 = padding(bytes);
    int4.data_type = 21;
    int4.dims[0] *= 2;
    let int32 = TensorProto {
        raw_data: Vec::new().into(),
        int32_data: vec![1; bytes],
        data_type: 3,
        ..padding(bytes)
    };
    let tensors = |tensor: TensorProto| {
        model(GraphProto {
            initializer: vec![tensor],
            ..GraphProto::default()
        })
    };
    vec![
        (
            "nodes",
            of(GraphProto {
                node: nodes(empty_nodes, NodeProto::default()),
                ..GraphProto::default()
            }),
        ),
        (
            "attributes",
            of(GraphProto {
                node: vec![NodeProto {
                    attribute: attributes.collect(),
                    ..NodeProto::default()
                }],
                ..GraphProto::default()
            }),
        ),
        (
            "texts",
            with(AttributeProto {
                name: "t".into(),
                strings: vec![prost::bytes::Bytes::new(); count(4)],
                r#type: 8,
                ..AttributeProto::default()
            }),
        ),
        (
            "integers",
            with(AttributeProto {
                name: "t".into(),
                ints: vec![1; bytes],
                r#type: 7,
                ..AttributeProto::default()
            }),
        ),
        (
            "inputs",
            of(GraphProto {
                input: inputs.collect(),
                ..GraphProto::default()
            }),
        ),
        ("functions", unfolding),
        (
            "sparse",
            of(GraphProto {
                sparse_initializer: sparse.collect(),
                ..GraphProto::default()
            }),
        ),
        ("int4", tensors(int4)),
        ("int32", tensors(int32)),
    ]
}

/// The most memory that this process has had, in bytes.
#[cfg(target_os = "linux")]
fn most_memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    1024 * line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
}

/// Run by the test below in a process of its own.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "a part of `greedy_files_take_memory_in_proportion`"]
fn measured() {
    let path = PathBuf::from(std::env::var_os("DOUBLEBACK_GREEDY").unwrap());
    let before = most_memory();
    let model = Model::read(&path);
    println!("took {} {}", most_memory() - before, model.is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn greedy_files_take_memory_in_proportion() {
    let folder = tempfile::tempdir().unwrap();
    for (name, proto) in greedy(1 << 20) {
        let path = folder.path().join("m.onnx");
        let bytes = proto.encode_to_vec();
        fs::write(&path, &bytes).unwrap();
        let module = module_path!().split_once("::").unwrap().1;
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", &format!("{module}::measured")])
            .env("DOUBLEBACK_GREEDY", &path)
            .output()
            .unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        let took = said.split("took ").nth(1).unwrap_or_else(|| panic!("{name}: {said}"));
        let mut took = took.split_whitespace();
        let memory: usize = took.next().unwrap().parse().unwrap();
        println!(
            "{name}: {} times {} bytes, read: {}",
            memory / bytes.len(),
            bytes.len(),
            took.next().unwrap()
        );
        assert!(
            memory <= PER_BYTE * bytes.len() + ANYWAY,
            "{name}: {memory} for {} bytes",
            bytes.len()
        );
    }
}
