//! Work that is stopped from outside while it computes, without waiting for the end of a step.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Error, Result};

thread_local! {
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// Does `work`, in which this thread's networks end with [`Error::Interrupted`] before their next layer once `flag` is set. What keeps its
/// results then ends as it does when its [`Watch`](crate::progress::Watch) breaks.
///
/// ```
/// use std::sync::{Arc, atomic::AtomicBool};
///
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Classifier, Network, Pool, small_cnn};
/// use doubleback::{Error, stop::stoppable};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let images = Tensor::zeros([1, 1, 28, 28], &Device::flex());
/// let flag = Arc::new(AtomicBool::new(true));
/// let stopped = stoppable(&flag, || network.logits(images.clone()));
/// assert!(matches!(stopped, Err(Error::Interrupted)));
/// assert!(network.logits(images).is_ok());
/// # Ok::<(), Error>(())
/// ```
pub fn stoppable<R>(flag: &Arc<AtomicBool>, work: impl FnOnce() -> R) -> R {
    /// Puts back what was there, however the work ends.
    struct Before(Option<Arc<AtomicBool>>);
    impl Drop for Before {
        fn drop(&mut self) {
            FLAG.with(|place| *place.borrow_mut() = self.0.take());
        }
    }
    let _before = Before(FLAG.with(|place| place.borrow_mut().replace(Arc::clone(flag))));
    work()
}

/// Ends the work of this thread if that was asked for.
///
/// # Errors
/// [`Error::Interrupted`].
pub(crate) fn check() -> Result<()> {
    let asked = FLAG.with(|place| place.borrow().as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)));
    if asked { Err(Error::Interrupted) } else { Ok(()) }
}
