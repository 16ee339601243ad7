//! Limits of what can be computed at all.

pub(crate) const ADDRESSABLE: &str = "tensors of fewer values than memory has addresses";

/// Whether a tensor of these sizes could be addressed, in any float type.
pub(crate) fn addressable(dims: &[usize]) -> bool {
    let values = dims.iter().try_fold(1usize, |values, &size| values.checked_mul(size));
    values.is_some_and(|values| values <= isize::MAX as usize / size_of::<f64>())
}
