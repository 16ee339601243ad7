use crate::onnx::refusal::Refusal;

/// Values that folding may write for any file.
const FREE: usize = 1 << 20;
/// And for each value of its initializers.
const PER_VALUE: usize = 16;
/// Most axes of a tensor.
pub(super) const MOST_AXES: usize = 64;

/// What folding may still write: a small file shall not take much memory, whatever sizes it says.
#[derive(Debug)]
pub(crate) struct Room {
    left: usize,
}

impl Room {
    /// For a file whose initializers have so many values together: 2^20 values and 16 for each of those, all constants that are computed together,
    /// and as many as were `allowed` besides.
    pub fn of(values: usize, allowed: usize) -> Self {
        let left = values.saturating_mul(PER_VALUE).saturating_add(FREE);
        Self {
            left: left.saturating_add(allowed),
        }
    }

    /// Takes the room of a tensor, before it is made, and gives the number of its values.
    pub fn take(&mut self, shape: &[usize]) -> Result<usize, Refusal> {
        if shape.len() > MOST_AXES {
            return Err(Refusal(format!(
                "gives a tensor of {} axes, more than {MOST_AXES}",
                shape.len()
            )));
        }
        // Empty tensors too have axes to go along.
        let strides = product(shape.iter().map(|&size| size.max(1))).filter(|&count| count <= self.left);
        let count = strides.and_then(|_| product(shape.iter().copied()));
        let left = count.and_then(|count| self.left.checked_sub(count));
        match (count, left) {
            (Some(count), Some(left)) => {
                self.left = left;
                Ok(count)
            }
            _ => Err(Refusal(format!(
                "gives a constant of {shape:?} values, more than a file of this size may ask for; where the file is trusted, `--generated-values N` \
                 allows N values more"
            ))),
        }
    }

    /// Takes room for work that is not seen in the size of a result.
    pub fn work(&mut self, values: Option<usize>) -> Result<(), Refusal> {
        let left = values.and_then(|values| self.left.checked_sub(values));
        self.left = left.ok_or("takes more work than a constant of a file of this size may ask for")?;
        Ok(())
    }
}

/// Of sizes, if it does not overflow.
pub(super) fn product(mut sizes: impl Iterator<Item = usize>) -> Option<usize> {
    sizes.try_fold(1, usize::checked_mul)
}
