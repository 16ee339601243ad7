//! What one backward pass leaves for another to do.

use std::any::{Any, type_name};
use std::sync::{Arc, Mutex, PoisonError};

/// A place where the backward pass of a vjp leaves its part of the input's gradient, for the backward pass of the batch norm itself to
/// compute together with its own. It lies in the tensors' world, where the backend has no name, so its content has no type of its own.
#[derive(Clone, Default)]
pub(crate) struct Deferred(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl std::fmt::Debug for Deferred {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "nothing deferred"
        } else {
            "something deferred"
        })
    }
}

impl Deferred {
    /// Leaves something.
    ///
    /// # Panics
    /// When there is something already, which would be lost: ask [`is_empty`](Self::is_empty) first.
    pub fn leave<T: Send + 'static>(&self, something: T) {
        let before = self.lock().replace(Box::new(something));
        assert!(
            before.is_none(),
            "a bug in doubleback-ops: half of a batch norm's gradient was about to be lost, because another half lies there already"
        );
    }

    /// Takes what was left, if anything was.
    ///
    /// # Panics
    /// When it is of another type: dropped in silence, it would leave a wrong gradient.
    pub fn take<T: Send + 'static>(&self) -> Option<T> {
        let something = self.lock().take()?;
        match something.downcast() {
            Ok(something) => Some(*something),
            Err(_) => panic!(
                "a bug in doubleback-ops: half of a batch norm's gradient is not the {} that its other half expects",
                type_name::<T>()
            ),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.lock().is_none()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Box<dyn Any + Send>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_taken_once() {
        let deferred = Deferred::default();
        deferred.clone().leave(3u8);
        assert_eq!(deferred.take::<u8>(), Some(3));
        assert_eq!(deferred.take::<u8>(), None);
    }

    #[test]
    #[should_panic(expected = "a bug in doubleback-ops: half of a batch norm's gradient is not the u16")]
    fn another_type_is_loud() {
        let deferred = Deferred::default();
        deferred.leave(3u8);
        deferred.take::<u16>();
    }

    #[test]
    #[should_panic(expected = "about to be lost")]
    fn nothing_is_overwritten() {
        let deferred = Deferred::default();
        deferred.leave(3u8);
        deferred.leave(4u8);
    }
}
