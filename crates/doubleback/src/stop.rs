//! Work that is stopped from outside while it computes, without waiting for the end of a step.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doubleback_ops::kernels::{convolutions_are_direct, with_direct_convolutions};

use crate::{Error, Result};

thread_local! {
    /// Of the work that this thread does.
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
    let stop = Stop {
        flag: Some(Arc::clone(flag)),
        ..Stop::of_this_thread()
    };
    stop.known(work)
}

/// What stops the work of a thread, if anything does, and how it convolves: for other threads that do a part of it.
#[derive(Clone)]
pub(crate) struct Stop {
    flag: Option<Arc<AtomicBool>>,
    direct: bool,
}

impl Stop {
    /// Of this thread.
    pub fn of_this_thread() -> Self {
        Self {
            flag: FLAG.with(|place| place.borrow().clone()),
            direct: convolutions_are_direct(),
        }
    }

    /// Does `work`, which the same stops, with the same convolutions. What the thread did before may be another's, and is that again afterwards.
    pub fn known<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Before(Option<Arc<AtomicBool>>);
        impl Drop for Before {
            fn drop(&mut self) {
                FLAG.with(|place| *place.borrow_mut() = self.0.take());
            }
        }
        let _before = Before(FLAG.with(|place| place.replace(self.flag.clone())));
        with_direct_convolutions(self.direct, work)
    }
}

/// Ends the work of this thread if that was asked for.
///
/// # Errors
/// [`Error::Interrupted`].
pub(crate) fn check() -> Result<()> {
    let asked = FLAG.with(|place| place.borrow().as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)));
    if asked { Err(Error::Interrupted) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::{Classifier, Network, Pool, small_cnn};

    /// A batch that threads share ends too, and so does its pullback.
    #[test]
    fn all_threads_of_a_batch_end() {
        let shape = ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        };
        let device = Device::flex();
        let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
        let images = Tensor::zeros([64, 1, 28, 28], &device);
        let flag = Arc::new(AtomicBool::new(false));
        stoppable(&flag, || {
            let (logits, pullback) = network.logits_with_pullback(images.clone()).unwrap();
            assert!(pullback.apply(logits.clone()).is_ok());
            flag.store(true, Ordering::Relaxed);
            assert!(matches!(pullback.apply(logits), Err(Error::Interrupted)));
            assert!(matches!(network.logits(images.clone()), Err(Error::Interrupted)));
            let again = network.logits_with_pullback(images.clone());
            assert!(matches!(again.map(drop), Err(Error::Interrupted)));
        });
        assert!(network.logits(images).is_ok());
    }
}
