//! Attributes of a node by name, of the type that an operator wants.

use super::model::{Attribute, Constant, Graph, Node};
use super::refusal::Refusal;

impl Attribute {
    /// What it is, in words.
    fn kind(&self) -> &str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Ints(_) => "a list of integers",
            Self::Floats(_) => "a list of numbers",
            Self::Texts(_) => "a list of texts",
            Self::Tensor(_) => "a tensor",
            Self::Graph(_) => "a graph",
            Self::Other(kind) => kind,
        }
    }
}

impl Node {
    /// The attribute as `take` reads it, if there is one.
    fn attribute<'a, T>(
        &'a self,
        name: &str,
        wanted: &str,
        take: impl FnOnce(&'a Attribute) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(attribute) = self.attributes.get(name) else {
            return Ok(None);
        };
        let wrong = || Refusal(format!("its attribute `{name}` is {}, not {wanted}", attribute.kind()));
        take(attribute).map(Some).ok_or_else(wrong)
    }

    /// An integer, or what it is where it is not given.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, Refusal> {
        Ok(self.optional_int(name)?.unwrap_or(default))
    }

    /// An integer, if it is given.
    pub fn optional_int(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.attribute(name, "an integer", |attribute| match attribute {
            Attribute::Int(value) => Some(*value),
            _ => None,
        })
    }

    /// An integer that must be given.
    pub fn required_int(&self, name: &str) -> Result<i64, Refusal> {
        self.optional_int(name)?.ok_or_else(|| missing(name))
    }

    /// An integer that is 0 or 1 and means no or yes, or what it is where it is not given.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.optional_int(name)? {
            None => Ok(default),
            Some(0) => Ok(false),
            Some(1) => Ok(true),
            Some(other) => Err(Refusal(format!("its attribute `{name}` is {other}, not 0 or 1"))),
        }
    }

    /// A number, or what it is where it is not given.
    pub fn float(&self, name: &str, default: f32) -> Result<f32, Refusal> {
        Ok(self.optional_float(name)?.unwrap_or(default))
    }

    /// A number, if it is given.
    pub fn optional_float(&self, name: &str) -> Result<Option<f32>, Refusal> {
        self.attribute(name, "a number", |attribute| match attribute {
            Attribute::Float(value) => Some(*value),
            _ => None,
        })
    }

    /// A text, or what it is where it is not given.
    pub fn text<'a>(&'a self, name: &str, default: &'a str) -> Result<&'a str, Refusal> {
        Ok(self.optional_text(name)?.unwrap_or(default))
    }

    /// A text, if it is given.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        self.attribute(name, "a text", |attribute| match attribute {
            Attribute::Text(value) => Some(value.as_str()),
            _ => None,
        })
    }

    /// A text that must be given.
    pub fn required_text(&self, name: &str) -> Result<&str, Refusal> {
        self.optional_text(name)?.ok_or_else(|| missing(name))
    }

    /// A list of integers, if it is given.
    pub fn ints(&self, name: &str) -> Result<Option<&[i64]>, Refusal> {
        self.attribute(name, "a list of integers", |attribute| match attribute {
            Attribute::Ints(values) => Some(values.as_slice()),
            _ => None,
        })
    }

    /// A list of integers that must be given.
    pub fn required_ints(&self, name: &str) -> Result<&[i64], Refusal> {
        self.ints(name)?.ok_or_else(|| missing(name))
    }

    /// A list of numbers, if it is given.
    pub fn floats(&self, name: &str) -> Result<Option<&[f32]>, Refusal> {
        self.attribute(name, "a list of numbers", |attribute| match attribute {
            Attribute::Floats(values) => Some(values.as_slice()),
            _ => None,
        })
    }

    /// A tensor, if it is given.
    pub fn tensor(&self, name: &str) -> Result<Option<&Constant>, Refusal> {
        self.attribute(name, "a tensor", |attribute| match attribute {
            Attribute::Tensor(value) => Some(value),
            _ => None,
        })
    }

    /// A graph that must be given.
    pub fn required_graph(&self, name: &str) -> Result<&Graph, Refusal> {
        let graph = self.attribute(name, "a graph", |attribute| match attribute {
            Attribute::Graph(value) => Some(value.as_ref()),
            _ => None,
        });
        graph?.ok_or_else(|| missing(name))
    }
}

fn missing(name: &str) -> Refusal {
    Refusal(format!("it has no attribute `{name}`"))
}
