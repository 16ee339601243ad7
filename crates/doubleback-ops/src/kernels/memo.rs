//! Weights in the form that a kernel wants, kept while the same weights come again: an attack makes hundreds of passes with those of one network, and preparing
//! those of a 3x3 convolution takes as long as convolving some ten small images with them.
//!
//! A form is found by the weights' values, all of which are compared: it takes a tenth of the time, and it does not matter who owns them, or that training
//! writes new ones to the same place.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of weights and forms that are kept.
const MOST: usize = 16 << 20;

/// Lookups after which a form that no one found makes place for others.
const OLD: u64 = 1 << 12;

/// Weights that were seen once are remembered by a mark, so that those of a training step, most of which never come again, are not kept.
const MARKS: usize = 64;

/// Values that make a mark.
const SAMPLES: usize = 61;

/// Which form it is, and all that it depends on besides the weights' values.
pub(crate) type Key = (&'static str, [usize; 4]);

/// Weights as a kernel wants them.
type Form = Arc<dyn Any + Send + Sync>;

struct Entry {
    key: Key,
    weights: Arc<[f32]>,
    form: Form,
    bytes: usize,
    /// The lookup that found it last.
    found: u64,
}

/// Forms that are kept, for all threads.
pub(crate) struct Memo(Mutex<State>);

struct State {
    entries: Vec<Entry>,
    /// Of the weights seen last, the oldest first.
    marks: VecDeque<u64>,
    bytes: usize,
    lookups: u64,
}

static MEMO: Memo = Memo::new();

/// What `make` makes of the weights, or made of them before: it must depend on the key and the weights' values alone. `bytes` is the size of the form.
pub(crate) fn remembered<T: Any + Send + Sync>(
    key: Key,
    weights: &[f32],
    bytes: usize,
    make: impl FnOnce() -> T,
) -> Arc<T> {
    MEMO.remembered(key, weights, bytes, make)
}

impl Memo {
    const fn new() -> Self {
        Self(Mutex::new(State {
            entries: Vec::new(),
            marks: VecDeque::new(),
            bytes: 0,
            lookups: 0,
        }))
    }

    fn remembered<T: Any + Send + Sync>(
        &self,
        key: Key,
        weights: &[f32],
        bytes: usize,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let bytes = bytes + size_of_val(weights);
        if bytes > MOST / 4 {
            return Arc::new(make());
        }
        // Others may look while the weights are compared.
        let candidates = self.state().candidates(key, weights);
        for (place, form) in candidates {
            if same(&place, weights)
                && let Ok(form) = form.downcast()
            {
                self.state().touch(&place);
                return form;
            }
        }
        let made = Arc::new(make());
        self.state().keep(key, weights, made.clone(), bytes);
        made
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bit by bit: -0 and 0 make different forms.
fn same(a: &[f32], b: &[f32]) -> bool {
    bytemuck::cast_slice::<f32, u8>(a) == bytemuck::cast_slice::<f32, u8>(b)
}

/// A number that differs, nearly always, where the key or the weights do.
fn mark(key: Key, weights: &[f32]) -> u64 {
    let step = (weights.len() / SAMPLES).max(1);
    let values = weights.iter().step_by(step).map(|value| u64::from(value.to_bits()));
    let sizes = key.1.iter().map(|&size| size as u64);
    let name = key.0.bytes().map(u64::from);
    // FNV-1a by words.
    values
        .chain(sizes)
        .chain(name)
        .fold(0xcbf2_9ce4_8422_2325, |mark, word| {
            (mark ^ word).wrapping_mul(0x0100_0000_01b3)
        })
}

impl State {
    /// Forms of this key whose weights begin and end like these.
    fn candidates(&mut self, key: Key, weights: &[f32]) -> Vec<(Arc<[f32]>, Form)> {
        self.lookups += 1;
        let ends = |w: &[f32]| (w.len(), w.first().map(|v| v.to_bits()), w.last().map(|v| v.to_bits()));
        let alike = |entry: &&Entry| entry.key == key && ends(&entry.weights) == ends(weights);
        let entries = self.entries.iter().filter(alike);
        entries
            .map(|entry| (entry.weights.clone(), entry.form.clone()))
            .collect()
    }

    fn touch(&mut self, weights: &Arc<[f32]>) {
        let lookups = self.lookups;
        if let Some(entry) = self
            .entries
            .iter_mut()
            .find(|entry| Arc::ptr_eq(&entry.weights, weights))
        {
            entry.found = lookups;
        }
    }

    /// Keeps the form of weights that were seen before, where there is room; those that are not asked for any longer make some.
    fn keep(&mut self, key: Key, weights: &[f32], form: Form, bytes: usize) {
        let mark = mark(key, weights);
        if !self.marks.contains(&mark) {
            self.marks.push_back(mark);
            if self.marks.len() > MARKS {
                self.marks.pop_front();
            }
            return;
        }
        let lookups = self.lookups;
        if self.bytes + bytes > MOST {
            self.entries.retain(|entry| lookups - entry.found < OLD);
            self.bytes = self.entries.iter().map(|entry| entry.bytes).sum();
        }
        let there = self
            .entries
            .iter()
            .any(|entry| entry.key == key && same(&entry.weights, weights));
        if self.bytes + bytes > MOST || there {
            return;
        }
        self.bytes += bytes;
        self.entries.push(Entry {
            key,
            weights: weights.into(),
            form,
            bytes,
            found: lookups,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// The sums of neighbours, and how often they were made.
    fn sums(memo: &Memo, made: &AtomicUsize, weights: &[f32]) -> Arc<Vec<f32>> {
        memo.remembered(("sums", [weights.len(), 0, 0, 0]), weights, 4 * weights.len(), || {
            made.fetch_add(1, Ordering::Relaxed);
            weights.windows(2).map(|pair| pair[0] + pair[1]).collect()
        })
    }

    #[test]
    fn what_comes_a_third_time_is_not_made_again() {
        let (memo, made) = (Memo::new(), AtomicUsize::new(0));
        let mut weights: Vec<f32> = (0..999).map(|i| i as f32).collect();
        let first = sums(&memo, &made, &weights);
        for _ in 0..5 {
            assert_eq!(sums(&memo, &made, &weights), first);
        }
        assert_eq!(made.load(Ordering::Relaxed), 2);
        // Another value anywhere is another form, though neither the ends nor the samples differ.
        weights[500] = 0.0;
        let changed = sums(&memo, &made, &weights);
        assert_eq!((changed[499], changed[500]), (499.0, 501.0));
        assert_ne!(changed, first);
        weights[500] = -0.0;
        assert_eq!(sums(&memo, &made, &weights), changed);
        assert!(made.load(Ordering::Relaxed) >= 4);
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let (memo, made) = (Memo::new(), AtomicUsize::new(0));
        let rounds: Vec<Vec<f32>> = (0..40).map(|i| vec![i as f32 + 0.5; 100_000]).collect();
        for weights in rounds.iter().flat_map(|weights| [weights, weights, weights]) {
            assert_eq!(sums(&memo, &made, weights)[0], 2.0 * weights[0]);
        }
        let kept = {
            let state = memo.state();
            (
                state.bytes,
                state.entries.iter().map(|entry| entry.bytes).sum::<usize>(),
            )
        };
        assert_eq!(kept.0, kept.1);
        assert!(kept.0 <= MOST);
        // One that is too large for its share is made each time.
        let large = vec![1.0; MOST / 8];
        let before = made.load(Ordering::Relaxed);
        for _ in 0..3 {
            sums(&memo, &made, &large);
        }
        assert_eq!(made.load(Ordering::Relaxed), before + 3);
    }
}
