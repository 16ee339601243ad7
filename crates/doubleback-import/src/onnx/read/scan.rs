//! A look at a file's messages before any of them is decoded: how much memory their structures will take, and how deep they go. A message of
//! two bytes may become a structure of two hundred.

use prost::bytes::Bytes;
use prost::encoding::{WireType, decode_key, decode_varint};

use super::super::refusal::Refusal;
use super::proto::{
    AttributeProto, DimensionProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    SparseTensorProto, StringStringEntryProto, TensorProto, TensorTypeProto, TrainingInfoProto, TypeProto,
    ValueInfoProto,
};

/// Most bytes of structures for a byte of the file. A graph of the shortest possible names stays under 30.
const PER_BYTE: usize = 48;
/// Whatever the file's size.
const ANYWAY: usize = 1 << 16;
/// Most messages within messages. A graph within a node's attribute takes three.
const DEEPEST: usize = 48;

/// What may stand in a field.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Value,
    Type,
    TensorType,
    Shape,
    Dimension,
    Function,
    Opset,
    Entry,
    Training,
    /// A list of texts or bytes, of which each takes a structure.
    Text,
}

impl Kind {
    /// The field of a message, if its structure takes more memory than the bytes that it stands in.
    fn field(self, tag: u32) -> Option<Self> {
        use Kind::{
            Attribute, Dimension, Entry, Function, Graph, Model, Node, Opset, Shape, Sparse, Tensor, TensorType, Text,
            Training, Type, Value,
        };
        Some(match (self, tag) {
            (Model, 7) | (Attribute, 6) => Graph,
            (Model, 8) | (Function, 9) => Opset,
            (Model, 14) | (Node, 9) | (Tensor, 13) => Entry,
            (Model, 20) => Training,
            (Model, 25) => Function,
            (Function, 7) | (Graph, 1) => Node,
            (Function, 11) | (Node, 5) => Attribute,
            (Function, 4 | 5) | (Node, 1 | 2) | (Attribute, 9) => Text,
            (Graph, 5) | (Attribute, 5) | (Sparse, 1 | 2) => Tensor,
            (Graph, 15) | (Attribute, 22) => Sparse,
            (Graph, 11 | 12) => Value,
            (Value, 2) => Type,
            (Type, 1) => TensorType,
            (TensorType, 2) => Shape,
            (Shape, 1) => Dimension,
            _ => return None,
        })
    }

    /// Bytes of its structure.
    fn size(self) -> usize {
        match self {
            Self::Model => size_of::<ModelProto>(),
            Self::Graph => size_of::<GraphProto>(),
            Self::Node => size_of::<NodeProto>(),
            Self::Attribute => size_of::<AttributeProto>(),
            Self::Tensor => size_of::<TensorProto>(),
            Self::Sparse => size_of::<SparseTensorProto>(),
            Self::Value => size_of::<ValueInfoProto>(),
            Self::Type => size_of::<TypeProto>(),
            Self::TensorType | Self::Shape => size_of::<TensorTypeProto>(),
            Self::Dimension => size_of::<DimensionProto>(),
            Self::Function => size_of::<FunctionProto>(),
            Self::Opset => size_of::<OperatorSetIdProto>(),
            Self::Entry => size_of::<StringStringEntryProto>(),
            Self::Training => size_of::<TrainingInfoProto>(),
            Self::Text => size_of::<Bytes>(),
        }
    }
}

/// Refuses a file whose messages are no protobuf, too deep, or far more than a file of its size has.
pub(super) fn check(file: &[u8]) -> Result<(), Refusal> {
    let mut left = file.len().saturating_mul(PER_BYTE).saturating_add(ANYWAY);
    message(file, Kind::Model, DEEPEST, &mut left)
}

fn message(mut bytes: &[u8], kind: Kind, depth: usize, left: &mut usize) -> Result<(), Refusal> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err("has graphs within graphs, deeper than any network".into());
    };
    while !bytes.is_empty() {
        let (tag, wire) = decode_key(&mut bytes).map_err(damaged)?;
        let length = match wire {
            WireType::Varint => {
                decode_varint(&mut bytes).map_err(damaged)?;
                0
            }
            WireType::ThirtyTwoBit => 4,
            WireType::SixtyFourBit => 8,
            WireType::LengthDelimited => decode_varint(&mut bytes).map_err(damaged)?,
            WireType::StartGroup | WireType::EndGroup => return Err(damaged("groups, which ONNX has not")),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let (inside, after) = bytes
            .split_at_checked(length)
            .ok_or_else(|| damaged(format!("a field of {length} bytes where {} are left", bytes.len())))?;
        bytes = after;
        if wire != WireType::LengthDelimited {
            continue;
        }
        let Some(field) = kind.field(tag) else { continue };
        *left = left
            .checked_sub(field.size())
            .ok_or("has far more empty parts than any network of its size. Export it again")?;
        if !matches!(field, Kind::Text) {
            message(inside, field, depth, left)?;
        }
    }
    Ok(())
}

fn damaged(problem: impl std::fmt::Display) -> Refusal {
    Refusal(format!(
        "is no ONNX model, or damaged ({problem}). Copy or export it again"
    ))
}
