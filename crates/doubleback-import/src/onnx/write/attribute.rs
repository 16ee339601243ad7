//! Attributes of nodes.

use prost::bytes::Bytes;

use crate::onnx::read::proto::AttributeProto;

const FLOAT: i32 = 1;
const INT: i32 = 2;
const STRING: i32 = 3;
const INTS: i32 = 7;

fn named(name: &str, kind: i32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: kind,
        ..AttributeProto::default()
    }
}

pub(super) fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        f: Some(value as f32),
        ..named(name, FLOAT)
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..named(name, INT)
    }
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(Bytes::copy_from_slice(value.as_bytes())),
        ..named(name, STRING)
    }
}

pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..named(name, INTS)
    }
}

/// A list of sizes.
pub(super) fn sizes(name: &str, values: &[usize]) -> AttributeProto {
    ints(name, &whole(values))
}

/// Sizes as the numbers of a file.
pub(super) fn whole(values: &[usize]) -> Vec<i64> {
    values
        .iter()
        .map(|&value| i64::try_from(value).unwrap_or(i64::MAX))
        .collect()
}
