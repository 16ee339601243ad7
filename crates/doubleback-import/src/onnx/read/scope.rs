//! Where a node stood in the framework's tree of modules.

use super::proto::{NodeProto, StringStringEntryProto};

/// What PyTorch's exporter writes since 2.5: the modules that a node stands in, from the outermost on, then the name of the operation.
const SCOPES: &str = "pkg.torch.onnx.name_scopes";
/// Which rewriting made a node of several.
const RULE: &str = "pkg.onnxscript.rewriter.rule_name";

/// The path of a node's module, such as `layer1.0.conv1`, if the file says it.
pub(super) fn scope(node: &NodeProto) -> Option<String> {
    let of = |key: &str| entry(&node.metadata_props, key);
    // A batch norm that was merged into a convolution left its own path; the weights still have the convolution's.
    if of(RULE).is_some_and(|rules| rules.contains("FuseBatchNorm"))
        && let Some(path) = node.input.get(1).and_then(|weight| weight.strip_suffix(".weight"))
        && is_path(path)
    {
        return Some(path.to_owned());
    }
    let path = match of(SCOPES) {
        Some(written) => {
            let scopes = list(written)?;
            let [modules @ .., _operation] = scopes.as_slice() else {
                return None;
            };
            (*modules.last()?).to_owned()
        }
        None => of_name(&node.name)?,
    };
    is_path(&path).then_some(path)
}

fn entry<'a>(entries: &'a [StringStringEntryProto], key: &str) -> Option<&'a str> {
    let entry = entries.iter().find(|entry| entry.key == key);
    entry.map(|entry| entry.value.as_str())
}

/// The texts of a list as Python writes it: `['', 'layer1', 'layer1.0']`.
fn list(written: &str) -> Option<Vec<&str>> {
    let inside = written.strip_prefix('[')?.strip_suffix(']')?;
    inside.split(',').map(unquoted).collect()
}

fn unquoted(item: &str) -> Option<&str> {
    let item = item.trim();
    let between = |quote: char| item.strip_prefix(quote)?.strip_suffix(quote);
    between('\'').or_else(|| between('"'))
}

/// The path in a name of PyTorch's old exporter: `/layer1/layer1.0/conv1/Conv` is of `layer1.0.conv1`.
fn of_name(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.strip_prefix('/')?.split('/').collect();
    let [modules @ .., _operator] = parts.as_slice() else {
        return None;
    };
    let mut path = String::new();
    let mut above = "";
    for &module in modules {
        // A module of a sequence has its sequence's name before its own.
        let below = module.strip_prefix(above).and_then(|rest| rest.strip_prefix('.'));
        let own = if above.is_empty() {
            module
        } else {
            below.unwrap_or(module)
        };
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(own);
        above = module;
    }
    Some(path)
}

/// Whether it can be one: words with dots between them, and no more than any framework has.
fn is_path(path: &str) -> bool {
    const LONGEST: usize = 256;
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    path.len() <= LONGEST && path.split('.').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope_of(name: &str, weight: &str, entries: &[(&str, &str)]) -> Option<String> {
        let entry = |(key, value): &(&str, &str)| StringStringEntryProto {
            key: (*key).into(),
            value: (*value).into(),
        };
        scope(&NodeProto {
            name: name.into(),
            input: vec!["x".into(), weight.into()],
            metadata_props: entries.iter().map(entry).collect(),
            ..NodeProto::default()
        })
    }

    /// As PyTorch 2.9.1 writes them.
    #[test]
    fn paths_of_both_exporters() {
        let of_scopes = |scopes| scope_of("node_relu_1", "", &[(SCOPES, scopes)]);
        let expected = Some("layer1.0.relu".to_owned());
        assert_eq!(
            of_scopes("['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu_1']"),
            expected
        );
        assert_eq!(
            of_scopes("['', 'layer1', 'layer1.0', 'add_65']"),
            Some("layer1.0".into())
        );
        for outermost in [
            "['', 'view']",
            "[]",
            "['view']",
            "view",
            "['', 'a b', 'view']",
            "[''', 'x']",
        ] {
            assert_eq!(of_scopes(outermost), None, "{outermost}");
        }
        let merged = [
            (RULE, "RemoveOptionalBiasFromConv, FuseBatchNormIntoConv"),
            (SCOPES, "['', 'bn1', '_native_batch_norm_legit_no_training']"),
        ];
        assert_eq!(scope_of("node_Conv_293", "conv1.weight", &merged), Some("conv1".into()));
        assert_eq!(scope_of("node_Conv_293", "val_3", &merged), Some("bn1".into()));

        let of_name = |name| scope_of(name, "", &[]);
        assert_eq!(of_name("/layer1/layer1.0/conv1/Conv"), Some("layer1.0.conv1".into()));
        assert_eq!(
            of_name("/features/features.1/conv/conv.0/conv.0.0/Conv"),
            Some("features.1.conv.0.0".into())
        );
        assert_eq!(of_name("/layer1/layer1.0/Add"), Some("layer1.0".into()));
        for none in ["/Flatten", "Conv_0", "", "/", "//Conv", "/a b/Conv"] {
            assert_eq!(of_name(none), None, "{none}");
        }
    }
}
