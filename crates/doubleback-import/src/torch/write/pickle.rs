//! The pickle of a state dict, of protocol 2: an `OrderedDict` of tensors, whose values are files beside it in the archive.

use super::entries::{StateTensor, StateValues};

/// The pickle; the values of tensor `i` are the storage `i`.
pub(super) fn state_dict(tensors: &[StateTensor]) -> Vec<u8> {
    let mut pickle = Pickle(vec![0x80, 2]);
    pickle.ordered_dict();
    pickle.mark();
    for (key, tensor) in tensors.iter().enumerate() {
        pickle.text(&tensor.name);
        pickle.tensor(key, tensor);
    }
    // SETITEMS, STOP.
    pickle.0.extend(b"u.");
    pickle.0
}

/// Opcodes one after another.
struct Pickle(Vec<u8>);

impl Pickle {
    fn mark(&mut self) {
        self.0.push(b'(');
    }

    /// All since the mark as a tuple.
    fn tuple(&mut self) {
        self.0.push(b't');
    }

    fn global(&mut self, module: &str, name: &str) {
        self.0.extend(format!("c{module}\n{name}\n").bytes());
    }

    fn text(&mut self, text: &str) {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.push(b'X');
        self.0.extend(length.to_le_bytes());
        self.0.extend(text.bytes());
    }

    fn number(&mut self, value: usize) {
        match (u8::try_from(value), i32::try_from(value)) {
            (Ok(value), _) => self.0.extend([b'K', value]),
            (_, Ok(value)) => {
                self.0.push(b'J');
                self.0.extend(value.to_le_bytes());
            }
            // LONG1 of nine bytes: the last one is the sign.
            _ => {
                self.0.extend([0x8a, 9]);
                self.0.extend((value as u64).to_le_bytes());
                self.0.push(0);
            }
        }
    }

    fn numbers(&mut self, values: &[usize]) {
        self.mark();
        values.iter().for_each(|&value| self.number(value));
        self.tuple();
    }

    /// An empty one: a call without arguments.
    fn ordered_dict(&mut self) {
        self.global("collections", "OrderedDict");
        self.0.extend(b")R");
    }

    /// A call of what PyTorch makes tensors with: storage, offset, sizes, strides, no gradient, no hooks.
    fn tensor(&mut self, key: usize, tensor: &StateTensor) {
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.mark();
        self.mark();
        self.text("storage");
        let storage = match tensor.values {
            StateValues::Floats(_) => "FloatStorage",
            StateValues::Integers(_) => "LongStorage",
        };
        self.global("torch", storage);
        self.text(&key.to_string());
        self.text("cpu");
        self.number(tensor.values.len());
        self.tuple();
        // BINPERSID.
        self.0.push(b'Q');
        self.number(0);
        self.numbers(&tensor.shape);
        self.numbers(&strides(&tensor.shape));
        // NEWFALSE.
        self.0.push(0x89);
        self.ordered_dict();
        self.tuple();
        // REDUCE.
        self.0.push(b'R');
    }
}

/// Steps along each axis, in values.
fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis].max(1);
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_contiguous() {
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
        assert!(strides(&[]).is_empty());
    }

    #[test]
    fn numbers_of_every_size() {
        let of = |value: usize| {
            let mut pickle = Pickle(Vec::new());
            pickle.number(value);
            pickle.0
        };
        assert_eq!(of(7), [b'K', 7]);
        assert_eq!(of(256), [b'J', 0, 1, 0, 0]);
        assert_eq!(of(1 << 32), [0x8a, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    }
}
