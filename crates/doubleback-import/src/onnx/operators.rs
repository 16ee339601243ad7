//! Every operator of the newest ONNX, and what becomes of it: asked of the tables by which nodes are folded and translated.

use super::fold::folds;
use super::help::help;
use super::translate::translator;

/// Made by `scripts/list-onnx-operators.py`.
const LIST: &str = include_str!("operators.tsv");

/// What becomes of nodes of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorFate {
    /// They become layers, or need none.
    Supported,
    /// They are computed when the model is imported, if their inputs are constants; else they are refused.
    Folded,
    /// They are refused.
    Refused,
}

/// An operator of ONNX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Empty for ONNX's own.
    pub domain: &'static str,
    /// Such as `Conv`.
    pub name: &'static str,
    /// The versions of the domain at which it changed, the oldest first.
    pub versions: Vec<u32>,
    /// The version since which it is no more.
    pub gone: Option<u32>,
    /// What becomes of it.
    pub fate: OperatorFate,
    /// What helps where it is refused.
    pub help: &'static str,
}

/// The operators of the newest ONNX, with what becomes of them here.
pub fn onnx_operators() -> Vec<Operator> {
    LIST.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(operator)
        .collect()
}

/// Which ONNX the operators are of, such as `onnx 1.23.2, opset 28`.
pub fn newest_onnx() -> &'static str {
    let line = LIST.lines().next().unwrap_or_default();
    line.trim_start_matches("# ").split(':').next().unwrap_or_default()
}

fn operator(line: &'static str) -> Option<Operator> {
    let mut fields = line.split('\t');
    let (domain, name) = (fields.next()?, fields.next()?);
    let versions = fields
        .next()?
        .split(',')
        .filter_map(|version| version.parse().ok())
        .collect();
    Some(Operator {
        domain,
        name,
        versions,
        gone: fields.next().and_then(|version| version.parse().ok()),
        fate: fate(domain, name),
        help: help(domain, name),
    })
}

fn fate(domain: &str, name: &str) -> OperatorFate {
    // Of a known branch, and of a value, there is nothing left after reading.
    let read = domain.is_empty() && ["Constant", "If"].contains(&name);
    let key = if domain.is_empty() {
        name.to_owned()
    } else {
        format!("{domain}.{name}")
    };
    match key.as_str() {
        _ if read => OperatorFate::Supported,
        key if translator(key).is_some() => OperatorFate::Supported,
        _ if domain.is_empty() && folds(name) => OperatorFate::Folded,
        _ => OperatorFate::Refused,
    }
}
