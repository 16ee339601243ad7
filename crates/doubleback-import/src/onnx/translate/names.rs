//! Names of layers, from those that the framework gave its modules.

use std::collections::{BTreeSet, HashMap, HashSet};

use doubleback::nn::IMAGES;

use crate::onnx::model::Node;

/// Gives each layer a name: where its node stood in the module tree, such as `layer1.0.conv1`, or else the name of the node.
#[derive(Debug)]
pub(super) struct Names {
    /// Parts that the paths of all nodes begin with, which say nothing.
    common: Vec<String>,
    /// Paths that other paths go on from, or where nodes of several operators are: their nodes are told apart by operator.
    shared: HashSet<String>,
    /// Names given, and how often they were asked for.
    taken: HashMap<String, usize>,
    /// Nodes are called as their layers: the file was written from a network of this program.
    of_layers: bool,
}

impl Names {
    /// Takes the names of nodes, up to a slash, as those of their layers.
    pub fn are_of_layers(&mut self) {
        self.of_layers = true;
    }

    /// For these nodes.
    pub fn new(nodes: &[Node]) -> Self {
        let paths: Vec<Vec<String>> = nodes.iter().map(path).collect();
        let common = common(&paths);
        let mut operators: HashMap<String, BTreeSet<&str>> = HashMap::new();
        let mut shared = HashSet::new();
        for (node, path) in nodes.iter().zip(&paths) {
            let path = path.strip_prefix(common.as_slice()).unwrap_or(path);
            for end in 1..path.len() {
                shared.insert(path[..end].join("."));
            }
            operators.entry(path.join(".")).or_default().insert(&node.op);
        }
        let several = operators.into_iter().filter(|(_, operators)| operators.len() > 1);
        shared.extend(several.map(|(path, _)| path));
        Self {
            common,
            shared,
            taken: HashMap::from([(IMAGES.to_owned(), 1)]),
            of_layers: false,
        }
    }

    /// What the layers of a node should be called.
    pub fn of(&self, node: &Node) -> String {
        if self.of_layers && !node.name.is_empty() {
            let layer = node.name.split('/').find(|part| !part.is_empty());
            return parts(layer.unwrap_or_default()).join(".");
        }
        let path = path(node);
        let path = path.strip_prefix(self.common.as_slice()).unwrap_or(&path).join(".");
        match path.as_str() {
            "" => snake_case(&node.op),
            shared if self.shared.contains(shared) => format!("{shared}.{}", snake_case(&node.op)),
            _ => path,
        }
    }

    /// A name that no layer has yet: this one, or with a number.
    pub fn unique(&mut self, wish: &str) -> String {
        loop {
            let count = self.taken.entry(wish.to_owned()).or_default();
            *count += 1;
            let name = match *count {
                1 => return wish.to_owned(),
                count => format!("{wish}.{count}"),
            };
            if !self.taken.contains_key(&name) {
                self.taken.insert(name.clone(), 1);
                return name;
            }
        }
    }
}

/// The parts of the path to a node in the module tree, without its operator.
fn path(node: &Node) -> Vec<String> {
    if let Some(scope) = &node.scope {
        return parts(scope);
    }
    let mut steps: Vec<&str> = node.name.split('/').filter(|step| !step.is_empty()).collect();
    // `/layer1/layer1.0/conv1/Conv_3` is a node of `conv1`.
    if node.name.contains('/') {
        let by_operator = steps.last().and_then(|last| last.strip_prefix(node.op.as_str()));
        let number = |rest: &str| rest.trim_start_matches('_').chars().all(|c| c.is_ascii_digit());
        if by_operator.is_some_and(number) {
            steps.pop();
        }
    }
    // Some modules say their parent too: `layer1`, then `layer1.0`.
    let says_parent = |place: usize| {
        let rest = steps.get(place + 1).and_then(|next| next.strip_prefix(steps[place]));
        rest.is_some_and(|rest| rest.starts_with('.'))
    };
    let kept = (0..steps.len()).filter(|&place| !says_parent(place));
    kept.flat_map(|place| parts(steps[place])).collect()
}

/// What is between the dots, in letters that a name may have.
fn parts(path: &str) -> Vec<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let clean = |part: &str| part.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    path.split('.').filter(|part| !part.is_empty()).map(clean).collect()
}

/// What all paths of more than one part begin with, if they are most: `StatefulPartitionedCall`, `sequential`.
fn common(paths: &[Vec<String>]) -> Vec<String> {
    let long: Vec<&[String]> = paths.iter().map(Vec::as_slice).filter(|path| path.len() > 1).collect();
    let Some((first, others)) = long.split_first() else {
        return Vec::new();
    };
    if others.is_empty() || long.len() * 4 < paths.len() * 3 {
        return Vec::new();
    }
    let shared = (0..first.len() - 1).take_while(|&place| {
        let has = |path: &&[String]| path.len() > place + 1 && path[place] == first[place];
        others.iter().all(has)
    });
    first[..shared.count()].to_vec()
}

/// `GlobalAveragePool` as `global_average_pool`.
fn snake_case(operator: &str) -> String {
    let mut name = String::new();
    let mut before = None;
    for c in operator.chars().filter(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && before.is_some_and(|b: char| !b.is_ascii_uppercase()) {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    match name.is_empty() {
        true => "layer".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn node(op: &str, name: &str, scope: Option<&str>) -> Node {
        Node {
            name: name.to_owned(),
            op: op.to_owned(),
            domain: String::new(),
            opset: 17,
            scope: scope.map(str::to_owned),
            inputs: Vec::new(),
            outputs: Vec::new(),
            attributes: BTreeMap::new(),
        }
    }

    fn named(nodes: &[Node]) -> Vec<String> {
        let mut names = Names::new(nodes);
        let given = nodes.iter().map(|node| {
            let wish = names.of(node);
            names.unique(&wish)
        });
        given.collect()
    }

    #[test]
    fn modules_of_pytorch_keep_their_names() {
        let nodes = [
            node("Conv", "/conv1/Conv", None),
            node("Conv", "/layer1/layer1.0/conv1/Conv", None),
            node("Relu", "/layer1/layer1.0/relu/Relu", None),
            node("Relu", "/layer1/layer1.0/relu/Relu_1", None),
            node("Add", "/layer1/layer1.0/Add", None),
            node("Flatten", "/Flatten", None),
            node("Gemm", "/fc/Gemm", None),
        ];
        let expected = [
            "conv1",
            "layer1.0.conv1",
            "layer1.0.relu",
            "layer1.0.relu.2",
            "layer1.0.add",
            "flatten",
            "fc",
        ];
        assert_eq!(named(&nodes), expected);
    }

    #[test]
    fn scopes_go_before_names() {
        let nodes = [
            node("Conv", "node_conv2d", Some("layer1.0.conv1")),
            node("Add", "node_add_3", Some("layer1.0")),
            node("Sigmoid", "node_sigmoid", Some("act")),
            node("Mul", "node_mul", Some("act")),
            node("Reshape", "node_view", Some("")),
        ];
        let expected = ["layer1.0.conv1", "layer1.0.add", "act.sigmoid", "act.mul", "reshape"];
        assert_eq!(named(&nodes), expected);
    }

    #[test]
    fn what_all_names_begin_with_is_left_out() {
        let nodes = [
            node(
                "Conv",
                "StatefulPartitionedCall/sequential_1/conv2d_1/convolution",
                None,
            ),
            node("Relu", "StatefulPartitionedCall/sequential_1/conv2d_1/Relu", None),
            node("MatMul", "StatefulPartitionedCall/sequential_1/dense 1/MatMul", None),
            node("Transpose", "Transpose__12", None),
        ];
        let expected = ["conv2d_1.convolution", "conv2d_1.relu", "dense_1", "Transpose__12"];
        assert_eq!(named(&nodes), expected);
    }

    #[test]
    fn no_two_layers_have_one_name() {
        let nodes = ["a", "a.2", "a", "input", "", ""].map(|name| node("Relu", name, None));
        assert_eq!(
            named(&nodes),
            ["a.relu", "a.2", "a.relu.2", "input.2", "relu", "relu.2"]
        );
    }
}
