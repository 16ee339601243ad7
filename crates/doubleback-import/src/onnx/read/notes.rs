//! What happened while reading, in sentences.

use std::collections::BTreeMap;

use super::super::refusal::Refusal;

/// Counts of what happened.
#[derive(Default)]
pub(super) struct Notes {
    /// Tensors by the type they had.
    converted: BTreeMap<&'static str, usize>,
    cut: usize,
    overflowed: usize,
    densified: usize,
    /// Calls by the name of a function.
    inlined: BTreeMap<String, usize>,
    others: Vec<String>,
}

impl Notes {
    /// A tensor of that type became one of `f32`.
    pub fn converted(&mut self, element: &'static str) {
        *self.converted.entry(element).or_default() += 1;
    }

    /// So many values of `float16` are exactly 10,000 or -10,000.
    pub fn cut(&mut self, values: usize) {
        self.cut += values;
    }

    /// So many finite values became infinite.
    pub fn overflowed(&mut self, values: usize) {
        self.overflowed += values;
    }

    /// A sparse tensor got its zeros.
    pub fn densified(&mut self) {
        self.densified += 1;
    }

    /// A call of a function was replaced by its nodes.
    pub fn inlined(&mut self, function: &str) {
        *self.inlined.entry(function.to_owned()).or_default() += 1;
    }

    /// Something else.
    pub fn other(&mut self, note: String) {
        self.others.push(note);
    }

    /// All of it.
    pub fn sentences(self) -> Vec<String> {
        let mut notes = Vec::new();
        for (element, count) in self.converted {
            let rounded = if element == "double" { ", rounded" } else { "" };
            notes.push(format!("{} of {element} became float32{rounded}", tensors(count)));
        }
        if self.overflowed > 0 {
            notes.push(format!(
                "beyond float32, {} of double became infinite",
                values(self.overflowed)
            ));
        }
        if self.cut > 0 {
            notes.push(format!(
                "exactly 10,000 or -10,000: {} of float16. onnxconverter-common cuts greater ones to that when it converts a model, so compare with the original",
                values(self.cut)
            ));
        }
        if self.densified > 0 {
            notes.push(format!("{} stored sparse became dense", tensors(self.densified)));
        }
        for (function, count) in self.inlined {
            let times = if count == 1 {
                "once".to_owned()
            } else {
                format!("{count} times")
            };
            notes.push(format!("function {function} of the file was inlined, {times}"));
        }
        notes.extend(self.others);
        // Names of the file may have anything in them.
        notes.into_iter().map(|note| Refusal(note).to_string()).collect()
    }
}

fn tensors(count: usize) -> String {
    if count == 1 {
        "1 tensor".into()
    } else {
        format!("{count} tensors")
    }
}

fn values(count: usize) -> String {
    if count == 1 {
        "1 value".into()
    } else {
        format!("{count} values")
    }
}
