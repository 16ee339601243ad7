//! Names of values.

use std::collections::{HashMap, HashSet};

/// Names that values have, and new ones.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// The number to try next for a name that was asked for before.
    next: HashMap<String, usize>,
}

impl Names {
    /// These are taken.
    pub fn take<'a>(&mut self, names: impl Iterator<Item = &'a String>) {
        self.taken.extend(names.cloned());
    }

    /// A name that no value has, made of `wanted`.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while !self.taken.insert(name.clone()) {
            let number = self.next.entry(wanted.to_owned()).or_insert(1);
            *number += 1;
            name = format!("{wanted}.{number}");
        }
        name
    }
}
