//! Descriptions of architectures as format `doubleback-1` had them, in today's words: batch norm could hide the ReLU after it, a layer had one
//! `input`, a sum named the other summand `with`, and pooling had square windows of one `size` that did not overlap.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::architecture::Architecture;

/// A description of an architecture of either format in today's words and order; nothing if it is not one.
pub(crate) fn renewed_description(architecture: &str) -> Option<String> {
    let mut architecture = serde_json::from_str(architecture).ok()?;
    renew(&mut architecture);
    let architecture: Architecture = serde_json::from_str(&architecture.to_string()).ok()?;
    serde_json::to_string(&architecture).ok()
}

/// Rewrites a description. What is not one is left as it is, for its reader to refuse.
pub(super) fn renew(architecture: &mut Value) {
    let Some(Value::Array(layers)) = architecture.get_mut("layers") else {
        return;
    };
    let taken: Vec<String> = layers
        .iter()
        .filter_map(|layer| Some(layer["name"].as_str()?.to_owned()))
        .collect();
    // By the name of a layer that hid a ReLU, the name of that ReLU.
    let mut ends = HashMap::new();
    let mut renewed: Vec<Value> = Vec::with_capacity(layers.len());
    for mut layer in std::mem::take(layers) {
        let before = renewed
            .last()
            .and_then(|layer| layer["name"].as_str())
            .map(str::to_owned);
        let relu = layer.as_object_mut().is_some_and(|layer| {
            rename_inputs(layer, before, &ends);
            square_windows(layer);
            layer.get("type") == Some(&json!("batch-norm")) && layer.remove("relu") == Some(Value::Bool(true))
        });
        let name = layer["name"].as_str().unwrap_or_default().to_owned();
        renewed.push(layer);
        if relu {
            let mut end = format!("{name}.relu");
            while taken.contains(&end) {
                end.push('_');
            }
            renewed.push(json!({ "name": end, "type": "relu" }));
            ends.insert(name, end);
        }
    }
    *layers = renewed;
}

/// `input` and `with` as `inputs`.
fn rename_inputs(layer: &mut Map<String, Value>, before: Option<String>, ends: &HashMap<String, String>) {
    let (input, with) = (layer.remove("input"), layer.remove("with"));
    let renamed = |name: Value| match name.as_str().and_then(|name| ends.get(name)) {
        Some(end) => Value::from(end.as_str()),
        None => name,
    };
    let inputs: Vec<Value> = match (input, with) {
        (None, None) => return,
        (Some(input), None) => vec![renamed(input)],
        (Some(input), Some(with)) => vec![renamed(input), renamed(with)],
        (None, Some(with)) => vec![before.map_or(json!("input"), Value::from), renamed(with)],
    };
    layer.insert("inputs".into(), inputs.into());
}

/// `size` as `kernel` and `stride`.
fn square_windows(layer: &mut Map<String, Value>) {
    let pool = ["max-pool", "avg-pool"].map(Value::from);
    if layer.get("type").is_some_and(|kind| pool.contains(kind))
        && let Some(size) = layer.remove("size")
    {
        layer.insert("kernel".into(), json!([size, size]));
        layer.insert("stride".into(), json!([size, size]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_words_become_new_ones_and_new_ones_stay() {
        let old = r#"{"name":"n","input":[1,4,4],"bounds":[0.0,0.1],"classes":4,"layers":[
            {"name":"conv","type":"conv2d","channels":1,"kernel":[1,1],"stride":[1,1],"padding":[0,0],"bias":false},
            {"name":"norm","type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9,"relu":true},
            {"name":"other","input":"conv","type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9,"relu":false},
            {"name":"sum","type":"add","with":"norm"},
            {"name":"pool","type":"max-pool","size":2},
            {"name":"flatten","type":"flatten"}]}"#;
        let new = concat!(
            r#"{"name":"n","input":[1,4,4],"bounds":[0.0,0.1],"classes":4,"layers":["#,
            r#"{"name":"conv","type":"conv2d","channels":1,"kernel":[1,1],"stride":[1,1],"padding":[0,0],"bias":false},"#,
            r#"{"name":"norm","type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9},"#,
            r#"{"name":"norm.relu","type":"relu"},"#,
            r#"{"name":"other","inputs":["conv"],"type":"batch-norm","gain":true,"epsilon":0.5,"decay":0.9},"#,
            r#"{"name":"sum","inputs":["other","norm.relu"],"type":"add"},"#,
            r#"{"name":"pool","type":"max-pool","kernel":[2,2],"stride":[2,2]},"#,
            r#"{"name":"flatten","type":"flatten"}]}"#
        );
        assert_eq!(renewed_description(old).as_deref(), Some(new));
        assert_eq!(renewed_description(new).as_deref(), Some(new));
        assert_eq!(renewed_description("[]"), None);
    }
}
