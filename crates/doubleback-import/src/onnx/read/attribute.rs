//! Which of an attribute's fields holds its value.

use prost::bytes::Bytes;

use super::proto::AttributeProto;

/// The number of an attribute's type. Old files leave it to be told from the field that is used.
pub(super) fn kind(proto: &AttributeProto) -> i32 {
    match proto {
        _ if proto.r#type != 0 => proto.r#type,
        _ if proto.t.is_some() => 4,
        _ if proto.g.is_some() => 5,
        _ if proto.sparse_tensor.is_some() => 11,
        _ if proto.s.is_some() => 3,
        _ if !proto.floats.is_empty() => 6,
        _ if !proto.ints.is_empty() => 7,
        _ if !proto.strings.is_empty() => 8,
        _ if proto.f.is_some() => 1,
        _ if proto.i.is_some() => 2,
        _ => 0,
    }
}

/// The texts of a list, if all of them are.
pub(super) fn texts(strings: &[Bytes]) -> Option<Vec<String>> {
    let text = |bytes: &Bytes| std::str::from_utf8(bytes).map(str::to_owned).ok();
    strings.iter().map(text).collect()
}

/// A type that no operator of a network needs, in words.
pub(super) fn other(kind: i32) -> String {
    match kind {
        0 => "without a value".into(),
        9 => "a list of tensors".into(),
        10 => "a list of graphs".into(),
        12 => "a list of sparse tensors".into(),
        13 => "a type".into(),
        14 => "a list of types".into(),
        other => format!("of an unknown kind ({other})"),
    }
}
