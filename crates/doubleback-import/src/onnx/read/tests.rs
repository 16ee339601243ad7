//! What the reader makes of files.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message;

use super::super::constant::Constant;
use super::super::model::{Attribute, Dim, Model};
use super::proto::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, SparseTensorProto,
    StringStringEntryProto, TensorProto, TrainingInfoProto, ValueInfoProto,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/onnx-reader")
        .join(name)
}

/// A node written `op inputs : outputs`, names parted by spaces, `-` for one that is left out.
fn node(written: &str) -> NodeProto {
    let (left, outputs) = written.split_once(':').unwrap();
    let names = |names: &str| -> Vec<String> { names.split_whitespace().map(|name| name.replace('-', "")).collect() };
    let mut input = names(left);
    let op_type = input.remove(0);
    let (domain, op_type) = match op_type.split_once('.') {
        Some((domain, op)) => (domain.to_owned(), op.to_owned()),
        None => (String::new(), op_type),
    };
    NodeProto {
        op_type,
        domain,
        input,
        output: names(outputs),
        ..NodeProto::default()
    }
}

fn port(name: &str) -> ValueInfoProto {
    ValueInfoProto {
        name: name.into(),
        r#type: None,
    }
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: values.to_vec(),
        ..TensorProto::default()
    }
}

fn truth(name: &str, value: bool) -> TensorProto {
    TensorProto {
        name: name.into(),
        data_type: 9,
        raw_data: vec![u8::from(value)].into(),
        ..TensorProto::default()
    }
}

fn attribute(name: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        ..AttributeProto::default()
    }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        r#type: 2,
        ..attribute(name)
    }
}

fn graph(nodes: &[&str], inputs: &[&str], outputs: &[&str]) -> GraphProto {
    GraphProto {
        node: nodes.iter().map(|written| node(written)).collect(),
        input: inputs.iter().map(|name| port(name)).collect(),
        output: outputs.iter().map(|name| port(name)).collect(),
        ..GraphProto::default()
    }
}

fn opset(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto {
        domain: domain.into(),
        version,
    }
}

fn model(graph: GraphProto) -> ModelProto {
    ModelProto {
        ir_version: 8,
        opset_import: vec![opset("", 17), opset("own", 1)],
        graph: Some(Box::new(graph)),
        ..ModelProto::default()
    }
}

fn read(proto: &ModelProto) -> Model {
    Model::of_bytes(proto.encode_to_vec(), Path::new("model.onnx")).unwrap()
}

fn refusal(proto: &ModelProto) -> String {
    Model::of_bytes(proto.encode_to_vec(), Path::new("model.onnx"))
        .unwrap_err()
        .0
}

/// Nodes as `op inputs : outputs`.
fn written(model: &Model) -> Vec<String> {
    let names = |names: &[Option<String>]| -> Vec<String> {
        names
            .iter()
            .map(|name| name.clone().unwrap_or_else(|| "-".into()))
            .collect()
    };
    let node = |node: &super::super::model::Node| {
        format!(
            "{} {} : {}",
            node.op,
            names(&node.inputs).join(" "),
            names(&node.outputs).join(" ")
        )
    };
    model.graph.nodes.iter().map(node).collect()
}

/// What a fixture says of its constants.
#[derive(Clone, PartialEq, Message)]
struct Expected {
    #[prost(message, repeated, tag = "14")]
    metadata_props: Vec<StringStringEntryProto>,
}

/// Compares constants with what the file's metadata say of them; gives how many there were.
fn compare(model: &Model, file: &str) -> usize {
    let expected = Expected::decode(fs::read(fixture(file)).unwrap().as_slice()).unwrap();
    for StringStringEntryProto { key: name, value } in &expected.metadata_props {
        let expected: serde_json::Value = serde_json::from_str(value).unwrap();
        let found = &model.graph.initializers[name];
        assert_eq!(serde_json::json!(found.shape()), expected["shape"], "{name}");
        for (place, expected) in expected["values"].as_array().unwrap().iter().enumerate() {
            match found {
                Constant::Int(values) => assert_eq!(values.iter().nth(place).copied(), expected.as_i64(), "{name}"),
                Constant::Bool(values) => assert_eq!(values.iter().nth(place).copied(), expected.as_bool(), "{name}"),
                Constant::Float(values) => {
                    let expected: f32 = expected.as_str().unwrap().parse().unwrap();
                    assert_eq!(
                        values.iter().nth(place).unwrap().to_bits(),
                        expected.to_bits(),
                        "{name}"
                    );
                }
            }
        }
    }
    expected.metadata_props.len()
}

/// Against what onnx's own numpy_helper says of its own files.
#[test]
fn constants_of_every_type_in_every_field() {
    let model = Model::read(&fixture("types.onnx")).unwrap();
    assert_eq!(compare(&model, "types.onnx"), 84);
    assert_eq!((model.ir_version, model.opset), (11, 22));
    assert_eq!(model.producer, "doubleback fixtures");
    assert_eq!(model.graph.unreadable["texts"].0, "it has texts (string)");
    assert_eq!(
        model.graph.unreadable["complex"].0,
        "it has complex numbers (complex64)"
    );
    assert_eq!(model.graph.elements["int8 raw 2"], "int8");
    assert_eq!(model.graph.elements["float16 typed 1"], "float16");
    assert!(!model.graph.elements.contains_key("float raw 1"));
    let [input] = model.graph.inputs.as_slice() else {
        panic!()
    };
    assert_eq!(input.element, "float");
    let free = |name: Option<&str>| Dim::Free(name.map(str::to_owned));
    let expected = vec![free(Some("batch")), Dim::Known(3), Dim::Known(2), free(None)];
    assert_eq!(input.shape.as_ref(), Some(&expected));
    assert_eq!(model.graph.outputs[0].shape, None);
    assert!(
        model.notes.contains(&"4 tensors of float16 became float32".to_owned()),
        "{:?}",
        model.notes
    );
    assert!(
        model
            .notes
            .contains(&"4 tensors of double became float32, rounded".to_owned())
    );
}

#[test]
fn constants_in_a_file_beside_the_model() {
    let model = Model::read(&fixture("external.onnx")).unwrap();
    assert_eq!(compare(&model, "external.onnx"), 12);
    let beside = [fixture("external.onnx.data")];
    assert_eq!(model.beside, beside);
    assert_eq!(super::files_beside(&fixture("external.onnx")), beside);
    assert!(super::files_beside(&fixture("types.onnx")).is_empty());
}

/// Every way in which a file beside the model could be another one.
#[test]
fn files_outside_the_folder_and_damaged_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let path = inner.join("m.onnx");
    fs::write(folder.path().join("secret"), [0; 64]).unwrap();
    fs::write(inner.join("weights"), [0; 64]).unwrap();
    fs::create_dir(inner.join("folder")).unwrap();
    let tensor = |entries: &[(&str, &str)]| TensorProto {
        name: "w".into(),
        dims: vec![4],
        data_type: 1,
        data_location: 1,
        external_data: entries
            .iter()
            .map(|(key, value)| StringStringEntryProto {
                key: (*key).into(),
                value: (*value).into(),
            })
            .collect(),
        ..TensorProto::default()
    };
    let read = |entries: &[(&str, &str)], times: usize| {
        let mut graph = graph(&[], &["x"], &["x"]);
        for time in 0..times {
            let mut tensor = tensor(entries);
            tensor.name.push_str(&time.to_string());
            graph.initializer.push(tensor);
        }
        fs::write(&path, model(graph).encode_to_vec()).unwrap();
        Model::read(&path).map_err(|error| error.to_string())
    };
    let problem = |entries: &[(&str, &str)]| {
        let problem = read(entries, 1).unwrap_err();
        assert!(
            problem.starts_with(&format!("{}: constant `w0` ", path.display())),
            "{problem}"
        );
        problem
    };
    assert!(read(&[("location", "weights")], 1).is_ok());
    assert!(read(&[("location", "./weights"), ("offset", "48"), ("length", "16")], 1).is_ok());
    let absolute = folder.path().join("secret");
    for outside in ["../secret", "folder/../../secret", absolute.to_str().unwrap()] {
        let problem = problem(&[("location", outside)]);
        assert!(
            problem.contains("is not in the model's folder, so it is not read"),
            "{problem}"
        );
    }
    assert!(problem(&[("location", "gone")]).contains("is missing. Put it beside the model"));
    assert!(problem(&[("location", "folder")]).contains("which is no file"));
    assert!(problem(&[]).contains("another file that is not named"));
    assert!(
        problem(&[("location", "weights"), ("length", "8")])
            .contains("has 8 bytes in `weights`, its shape asks for 16")
    );
    for offset in ["49", "18446744073709551615"] {
        assert!(problem(&[("location", "weights"), ("offset", offset)]).contains("which has 64 bytes"));
    }
    assert!(problem(&[("location", "weights"), ("offset", "-1")]).contains("which is no number of bytes"));
    // Four tensors of a quarter each may share the file four times over.
    assert!(read(&[("location", "weights")], 16).is_ok());
    assert!(
        read(&[("location", "weights")], 17)
            .unwrap_err()
            .contains("too many other tensors")
    );

    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("secret"), inner.join("link")).unwrap();
        assert!(problem(&[("location", "link")]).contains("is not in the model's folder"));
        // The cache of Hugging Face: both are links to files of one other folder.
        let blobs = folder.path().join("blobs");
        fs::create_dir(&blobs).unwrap();
        let mut graph = graph(&[], &["x"], &["x"]);
        graph.initializer.push(tensor(&[("location", "linked.data")]));
        fs::write(blobs.join("1"), model(graph).encode_to_vec()).unwrap();
        fs::write(blobs.join("2"), [0; 16]).unwrap();
        std::os::unix::fs::symlink(blobs.join("1"), inner.join("linked.onnx")).unwrap();
        std::os::unix::fs::symlink(blobs.join("2"), inner.join("linked.data")).unwrap();
        assert!(Model::read(&inner.join("linked.onnx")).is_ok());
    }
}

#[test]
fn nodes_are_sorted_and_values_are_given_once() {
    let sorted = read(&model(graph(
        &["Add b c : y", "Relu a : b", "Relu x : a", "Neg x : c"],
        &["x"],
        &["y"],
    )));
    assert_eq!(
        written(&sorted),
        ["Relu x : a", "Relu a : b", "Neg x : c", "Add b c : y"]
    );
    assert_eq!(sorted.graph.nodes[0].name, "Relu_2");

    let refused = |nodes: &[&str], outputs: &[&str]| refusal(&model(graph(nodes, &["x"], outputs)));
    assert_eq!(
        refused(&["Relu z : y"], &["y"]),
        "node `Relu_0` (Relu, opset 17) takes `z`, which nothing gives. Export the model again, whole"
    );
    assert!(refused(&["Add x b : a", "Relu a : b"], &["a"]).contains("the nodes go in a circle"));
    assert!(refused(&["Relu x : a", "Neg x : a"], &["a"]).contains("gives `a`, which something else gives too"));
    assert!(refused(&["Relu x : x"], &["x"]).contains("gives `x`, which something else gives too"));
    assert_eq!(
        refused(&[], &["y"]),
        "output `y` is given by nothing. Export the model again, whole"
    );
}

/// IR 3 lists initializers among the inputs; old files leave out the types of attributes; training information means nothing here.
#[test]
fn old_files() {
    let mut old = graph(&["Conv x w : y"], &["x", "w"], &["y"]);
    old.initializer.push(floats("w", &[1, 1, 1, 1], &[2.0]));
    old.node[0].attribute.push(AttributeProto {
        ints: vec![1, 1],
        ..attribute("strides")
    });
    old.node[0].attribute.push(AttributeProto {
        s: Some("VALID".into()),
        ..attribute("auto_pad")
    });
    let mut proto = model(old);
    proto.opset_import.clear();
    proto.training_info.push(TrainingInfoProto {});
    let model = read(&proto);
    let inputs: Vec<&str> = model.graph.inputs.iter().map(|port| port.name.as_str()).collect();
    assert_eq!((inputs.as_slice(), model.opset), (["x"].as_slice(), 1));
    let node = &model.graph.nodes[0];
    assert_eq!(node.required_ints("strides").unwrap(), [1, 1]);
    assert_eq!(node.text("auto_pad", "NOTSET").unwrap(), "VALID");
    assert!(node.int("strides", 0).is_err() && node.required_int("group").is_err());
    assert_eq!(
        model.notes,
        ["information for training, which the file has, was left out"]
    );
}

/// Before opset 7 operators of two values said how one is repeated; without an axis that is as it has been since.
#[test]
fn operators_of_before_opset_7() {
    let mut graph = graph(&["Add x w : a", "Neg a : y"], &["x"], &["y"]);
    graph.initializer.push(floats("w", &[1], &[1.0]));
    graph.node[0].attribute.push(int("broadcast", 1));
    let mut proto = model(graph);
    proto.opset_import[0].version = 6;
    assert!(read(&proto).graph.nodes[0].attributes.is_empty());
    proto.graph.as_mut().unwrap().node[0].attribute.push(int("axis", 1));
    assert_eq!(
        refusal(&proto),
        "node `Add_0` (Add, opset 6): repeats values from axis 1 on, as before opset 7. Convert the model: \
         onnx.version_converter.convert_version(model, 13)"
    );
}

#[test]
fn constant_nodes_are_initializers() {
    let mut graph = graph(
        &[
            "Constant : a",
            "Constant : b",
            "Constant : c",
            "Constant : d",
            "Relu x : y",
        ],
        &["x"],
        &["y"],
    );
    let [a, b, c, d, _] = graph.node.as_mut_slice() else {
        panic!()
    };
    a.attribute.push(AttributeProto {
        t: Some(Box::new(TensorProto {
            data_type: 3,
            raw_data: vec![0xff].into(),
            ..TensorProto::default()
        })),
        r#type: 4,
        ..attribute("value")
    });
    b.attribute.push(AttributeProto {
        floats: vec![1.0, 2.0],
        r#type: 6,
        ..attribute("value_floats")
    });
    c.attribute.push(int("value_int", 3));
    d.attribute.push(AttributeProto {
        s: Some("text".into()),
        r#type: 3,
        ..attribute("value_string")
    });
    let model = read(&model(graph));
    assert_eq!(written(&model), ["Relu x : y"]);
    let constants = &model.graph.initializers;
    assert_eq!(constants["a"].ints().unwrap(), [-1]);
    assert_eq!(model.graph.elements["a"], "int8");
    assert_eq!(constants["b"].floats().unwrap(), [1.0, 2.0]);
    assert_eq!(
        (constants["c"].ints().unwrap(), constants["c"].shape()),
        (vec![3], [].as_slice())
    );
    assert!(model.graph.unreadable.contains_key("d"));
}

fn function(name: &str, inputs: &[&str], outputs: &[&str], nodes: &[&str]) -> FunctionProto {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    FunctionProto {
        name: name.into(),
        domain: "own".into(),
        input: names(inputs),
        output: names(outputs),
        node: nodes.iter().map(|written| node(written)).collect(),
        opset_import: vec![opset("", 13), opset("own", 1)],
        ..FunctionProto::default()
    }
}

/// Names inside are new, attributes those of the call or the function's own, versions the function's.
#[test]
fn functions_are_put_in_place_of_their_calls() {
    let mut inner = function("Inner", &["x", "bias"], &["y"], &["LeakyRelu x : t", "Add t bias : y"]);
    inner.node[0].attribute.push(AttributeProto {
        ref_attr_name: "slope".into(),
        r#type: 1,
        ..attribute("alpha")
    });
    inner.attribute_proto.push(AttributeProto {
        f: Some(0.5),
        r#type: 1,
        ..attribute("slope")
    });
    // Gives one of its inputs as it is, and leaves out the bias of the second call.
    let outer = function(
        "Outer",
        &["x", "b"],
        &["y", "x"],
        &["own.Inner x b : t", "own.Inner t : y"],
    );
    let mut graph = graph(
        &["own.Outer x w : y z", "Relu y : own/t", "Add own/t z : out"],
        &["x"],
        &["out"],
    );
    graph.initializer.push(floats("w", &[1], &[1.0]));
    graph.node[0].name = "own".into();
    graph.node[0].attribute.push(AttributeProto {
        f: Some(0.25),
        r#type: 1,
        ..attribute("slope")
    });
    let mut proto = model(graph);
    proto.functions = vec![inner, outer];
    let model = read(&proto);
    assert_eq!(
        written(&model),
        [
            "LeakyRelu x : own/Inner_0/t",
            "Add own/Inner_0/t w : own/t.2",
            "LeakyRelu own/t.2 : own/Inner_1/t",
            "Add own/Inner_1/t - : y",
            "Identity x : z",
            "Relu y : own/t",
            "Add own/t z : out",
        ]
    );
    let node = &model.graph.nodes[0];
    assert_eq!((node.name.as_str(), node.opset), ("own/Inner_0/LeakyRelu_0", 13));
    // `slope` was given to the outer function, which does not pass it on.
    assert_eq!(node.attributes["alpha"], Attribute::Float(0.5));
    assert_eq!(
        model.notes,
        [
            "function Inner of the file was inlined, 2 times",
            "function Outer of the file was inlined, once"
        ]
    );
}

/// Functions that call themselves, or unfold to more than a memory holds, are refused at once.
#[test]
fn functions_without_end_are_refused() {
    let call = |functions| {
        let mut proto = model(graph(&["own.F x : y"], &["x"], &["y"]));
        proto.functions = functions;
        refusal(&proto)
    };
    let problem = call(vec![function("F", &["x"], &["y"], &["own.F x : y"])]);
    assert!(problem.contains("deeper than any network, or itself"), "{problem}");
    let double = |i: usize| {
        let name = if i == 0 { "F".to_owned() } else { format!("F{i}") };
        let next = i + 1;
        let (first, second) = (format!("own.F{next} x : t"), format!("own.F{next} t : y"));
        function(&name, &["x"], &["y"], &[&first, &second])
    };
    let mut functions: Vec<_> = (0..22).map(double).collect();
    functions.push(function("F22", &["x"], &["y"], &["Relu x : y"]));
    let problem = call(functions);
    assert!(
        problem.contains("unfolds to far more than any network of a file of its size"),
        "{problem}"
    );
    let twice = vec![function("F", &["x"], &["y"], &[]), function("F", &["x"], &["y"], &[])];
    assert!(call(twice).contains("defines the function `F` twice"));
}

/// The branch that is taken stands in the place of an `If` whose condition is known, with names of its own.
#[test]
fn branches_that_are_always_taken() {
    let branch = |nodes: &[&str]| {
        let mut graph = graph(nodes, &[], &["t"]);
        graph.initializer.push(floats("c", &[], &[3.0]));
        graph
    };
    let conditional = |name: &str, branch: GraphProto| AttributeProto {
        g: Some(Box::new(branch)),
        r#type: 5,
        ..attribute(name)
    };
    let mut inner = branch(&["If yes : t"]);
    inner.node[0].attribute = vec![
        conditional("then_branch", branch(&["Mul a c : t"])),
        conditional("else_branch", branch(&["Div a c : t"])),
    ];
    let mut graph = graph(&["Relu x : a", "If no : b", "Add b t : y", "Neg a : t"], &["x"], &["y"]);
    graph.initializer = vec![truth("yes", true), truth("no", false), floats("c", &[], &[1.0])];
    graph.node[1].attribute = vec![
        conditional("then_branch", branch(&["Sub a c : t"])),
        conditional("else_branch", inner),
    ];
    let mut proto = model(graph);
    let model = read(&proto);
    assert_eq!(
        written(&model),
        [
            "Relu x : a",
            "Mul a c.3 : t.3",
            "Identity t.3 : t.2",
            "Identity t.2 : b",
            "Neg a : t",
            "Add b t : y"
        ]
    );
    assert_eq!(model.graph.initializers["c.3"].floats().unwrap(), [3.0]);
    assert_eq!(model.notes.len(), 2);
    assert_eq!(
        model.notes[0],
        "node `If_1` (If) always takes its `else` branch: it was put in its place"
    );
    // One that is not known stays, and what it takes from around it comes before it.
    let graph = proto.graph.as_mut().unwrap();
    graph.initializer.retain(|tensor| tensor.name != "no");
    graph.input.push(port("no"));
    graph.node.swap(0, 1);
    let model = read(&proto);
    let ops: Vec<&str> = model.graph.nodes.iter().map(|node| node.op.as_str()).collect();
    assert_eq!(ops, ["Relu", "If", "Neg", "Add"]);
    // Known later: by who folds constants.
    let node = model.graph.nodes.iter().find(|node| node.op == "If").unwrap();
    let taken = super::branch::taken(node, true, &mut |name| format!("new {name}")).unwrap();
    assert_eq!(taken.nodes.len(), 2);
    assert_eq!(taken.nodes[0].input(1), Some("new c"));
}

#[test]
fn sparse_constants_become_dense() {
    let ints = |dims: &[i64], values: &[i64]| TensorProto {
        dims: dims.to_vec(),
        data_type: 7,
        int64_data: values.to_vec(),
        ..TensorProto::default()
    };
    let sparse = |dims: &[i64], indices: TensorProto| {
        let mut graph = graph(&[], &["x"], &["x"]);
        graph.sparse_initializer.push(SparseTensorProto {
            values: Some(Box::new(floats("s", &[2], &[5.0, 7.0]))),
            indices: Some(Box::new(indices)),
            dims: dims.to_vec(),
        });
        model(graph)
    };
    let expected = [0.0, 5.0, 0.0, 0.0, 0.0, 7.0];
    for indices in [ints(&[2], &[1, 5]), ints(&[2, 2], &[0, 1, 1, 2])] {
        let model = read(&sparse(&[2, 3], indices));
        let dense = &model.graph.initializers["s"];
        assert_eq!(
            (dense.shape(), dense.floats().unwrap()),
            ([2, 3].as_slice(), expected.to_vec())
        );
        assert_eq!(model.notes, ["1 tensor stored sparse became dense"]);
    }
    for indices in [
        ints(&[2], &[1, 6]),
        ints(&[2, 2], &[0, 1, 1, 3]),
        ints(&[2], &[-1, 1]),
        ints(&[1], &[1]),
    ] {
        assert!(refusal(&sparse(&[2, 3], indices)).contains("constant `s` is sparse with"));
    }
    let large = refusal(&sparse(&[1 << 20, 1 << 20], ints(&[2], &[1, 5])));
    assert!(large.contains("unfolds to far more"), "{large}");
}

#[test]
fn shapes_that_no_memory_holds_and_values_that_do_not_fit() {
    let with = |tensor: TensorProto| {
        let mut graph = graph(&[], &["x"], &["x"]);
        graph.initializer.push(tensor);
        refusal(&model(graph))
    };
    assert!(with(floats("w", &[i64::MAX, 16], &[])).contains("which no memory holds"));
    assert!(with(floats("w", &[-1], &[1.0])).contains("with a size below 0"));
    assert!(with(floats("w", &[1; 40], &[1.0])).contains("has 40 axes, more than 32"));
    assert!(with(floats("w", &[3], &[1.0])).contains("has 1 values of its type, its shape asks for 3"));
    let mut twice = floats("w", &[1], &[1.0]);
    twice.raw_data = vec![0; 4].into();
    assert!(with(twice.clone()).contains("has values in several places"));
    twice.float_data.clear();
    twice.raw_data = vec![0; 3].into();
    assert!(with(twice.clone()).contains("has 3 bytes, its shape asks for 4"));
    twice.data_type = 99;
    assert!(with(twice.clone()).contains("has elements of type 99, which is not known"));
    twice.data_type = 3;
    twice.raw_data = Vec::new().into();
    twice.int32_data = vec![300];
    assert!(with(twice).contains("has 300 among elements of 8 bits"));
}

#[test]
fn values_that_a_conversion_changed_are_told() {
    let mut graph = graph(&[], &["x"], &["x"]);
    graph.initializer.push(TensorProto {
        name: "half".into(),
        dims: vec![3],
        data_type: 10,
        int32_data: [1.0, 10_000.0, -10_000.0]
            .map(|value| i32::from(half::f16::from_f32(value).to_bits()))
            .to_vec(),
        ..TensorProto::default()
    });
    graph.initializer.push(TensorProto {
        name: "double".into(),
        dims: vec![3],
        data_type: 11,
        double_data: vec![1e300, f64::INFINITY, 1.0],
        ..TensorProto::default()
    });
    let model = read(&model(graph));
    assert_eq!(model.notes[0], "1 tensor of double became float32, rounded");
    assert_eq!(model.notes[1], "1 tensor of float16 became float32");
    assert_eq!(model.notes[2], "beyond float32, 1 value of double became infinite");
    assert!(model.notes[3].starts_with("exactly 10,000 or -10,000: 2 values of float16. "));
}

/// Layers are named after nodes, and after all that stands before a slash or dot in their names.
#[test]
fn names_without_end_are_cut() {
    let mut graph = graph(&["Relu x : y"], &["x"], &["y"]);
    graph.node[0].name = "/a".repeat(100_000);
    let node = &read(&model(graph)).graph.nodes[0];
    assert_eq!((node.name.chars().count(), node.scope.as_ref()), (257, None));
}

/// Empty messages take two bytes each, and a hundred times that as structures.
#[test]
fn files_of_many_empty_parts_are_refused() {
    let graph = GraphProto {
        node: vec![NodeProto::default(); 100_000],
        ..GraphProto::default()
    };
    let problem = refusal(&model(graph));
    assert!(
        problem.contains("far more empty parts than any network of its size"),
        "{problem}"
    );
    assert!(refusal(&ModelProto::default()).contains("has no graph"));
    let text = Model::of_bytes(b"PK\x03\x04 and more".to_vec(), Path::new("m")).unwrap_err();
    assert!(text.0.contains("is no ONNX model, or damaged"), "{text}");
    let mut deep = GraphProto::default();
    for _ in 0..20 {
        let mut around = GraphProto::default();
        around.node.push(NodeProto {
            attribute: vec![AttributeProto {
                g: Some(Box::new(deep)),
                r#type: 5,
                ..attribute("body")
            }],
            ..node("Loop x : y")
        });
        deep = around;
    }
    assert!(refusal(&model(deep)).contains("graphs within graphs"));
}
