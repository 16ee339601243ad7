//! Long evaluations that hear an interrupt within a fraction of a second, whatever they are in the middle of: at every forward and backward
//! pass the watch is asked whether to go on.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Change, Classifier, Cotangents, Layered, Nearby, Pullback, Staged};
use doubleback::progress::{Progress, Watch};
use doubleback::{Error, Result};

/// A watch that phases and models share.
pub(crate) struct SharedWatch<'a>(Mutex<Shared<'a>>);

struct Shared<'a> {
    watch: &'a mut dyn Watch,
    /// How far the phase was when the watch last heard of it.
    last: Progress,
    asked: Instant,
}

impl<'a> SharedWatch<'a> {
    /// The watch is asked at most this often, beside what phases tell it.
    const EVERY: Duration = Duration::from_millis(100);

    pub fn new(watch: &'a mut dyn Watch) -> Self {
        let last = Progress {
            step: 0,
            steps: 0,
            loss: None,
        };
        Self(Mutex::new(Shared {
            watch,
            last,
            asked: Instant::now(),
        }))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared<'a>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A phase of this name and so many steps begins.
    pub fn begin(&self, phase: &str, steps: usize) {
        let mut told = self;
        Watch::begin(&mut told, phase, steps);
    }

    /// So many steps of so many are done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the watch breaks.
    pub fn done(&self, step: usize, steps: usize) -> Result<()> {
        let loss = None;
        match self.with(|shared| shared.tell(Progress { step, steps, loss })) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted),
        }
    }

    /// Whether work may go on, if there was no answer for a while.
    fn check(&self) -> Result<()> {
        self.with(|shared| {
            if shared.asked.elapsed() < Self::EVERY {
                return Ok(());
            }
            match shared.tell(shared.last) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        })
    }
}

impl Shared<'_> {
    fn tell(&mut self, progress: Progress) -> ControlFlow<()> {
        (self.last, self.asked) = (progress, Instant::now());
        self.watch.advance(progress)
    }
}

impl Watch for &SharedWatch<'_> {
    fn begin(&mut self, phase: &str, steps: usize) {
        self.with(|shared| {
            shared.last = Progress {
                step: 0,
                steps,
                loss: None,
            };
            shared.watch.begin(phase, steps);
        });
    }

    fn resume(&mut self, step: usize) {
        self.with(|shared| {
            shared.last.step = step;
            shared.watch.resume(step);
        });
    }

    fn advance(&mut self, progress: Progress) -> ControlFlow<()> {
        self.with(|shared| shared.tell(progress))
    }
}

/// A model that stops with [`Error::Interrupted`] when its watch breaks.
pub(crate) struct Interruptible<'a, 'w> {
    model: &'a dyn Classifier,
    watch: &'a SharedWatch<'w>,
}

impl<'a, 'w> Interruptible<'a, 'w> {
    pub fn new(model: &'a dyn Classifier, watch: &'a SharedWatch<'w>) -> Self {
        Self { model, watch }
    }
}

impl Classifier for Interruptible<'_, '_> {
    fn classes(&self) -> usize {
        self.model.classes()
    }

    fn shape(&self) -> ImageShape {
        self.model.shape()
    }

    fn bounds(&self) -> Bounds {
        self.model.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        self.watch.check()?;
        self.model.logits(images)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        self.watch.check()?;
        let (logits, pullback) = self.model.logits_with_pullback(images)?;
        let watched = Pullback::new(move |cotangent| {
            self.watch.check()?;
            pullback.apply(cotangent)
        });
        Ok((logits, watched))
    }

    fn logits_with_gradient(&self, images: Tensor<4>, cotangents: &Cotangents<'_>) -> Result<(Tensor<2>, Tensor<4>)> {
        self.watch.check()?;
        self.model.logits_with_gradient(images, cotangents)
    }

    fn nearby(&self, images: &Tensor<4>) -> Result<Option<Box<dyn Nearby + '_>>> {
        Ok(match self.model.nearby(images)? {
            Some(nearby) => Some(Box::new(InterruptibleNearby {
                watch: self.watch,
                nearby,
            })),
            None => None,
        })
    }

    fn as_staged(&self) -> Option<&dyn Staged> {
        self.model.as_staged()
    }

    fn as_layered(&self) -> Option<&dyn Layered> {
        self.model.as_layered()
    }
}

struct InterruptibleNearby<'a, 'w> {
    watch: &'a SharedWatch<'w>,
    nearby: Box<dyn Nearby + 'a>,
}

impl Nearby for InterruptibleNearby<'_, '_> {
    fn logits(&self, changes: &[Change<'_>]) -> Result<Tensor<2>> {
        self.watch.check()?;
        self.nearby.logits(changes)
    }

    fn keep(&mut self, changes: &[Change<'_>]) -> Result<()> {
        self.watch.check()?;
        self.nearby.keep(changes)
    }
}

#[cfg(test)]
mod tests {
    use doubleback::nn::FromFunction;
    use doubleback::progress::Phase;
    use doubleback_test_device::test_device;

    use super::*;

    #[test]
    fn a_model_hears_an_interrupt_in_the_middle_of_its_work() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 2,
        };
        let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
        let mut heard = Vec::new();
        let mut watch = |progress: Progress| {
            heard.push(progress.step);
            if heard.len() < 3 {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let shared = SharedWatch::new(&mut watch);
        let slow = Interruptible::new(&model, &shared);
        let mut told = &shared;
        Phase::begin("work", 9, &mut told).done(4).unwrap();
        let image = || Tensor::<4>::zeros([1, 1, 1, 2], &test_device());
        // Asked too soon, the watch is left alone.
        slow.logits(image()).unwrap();
        std::thread::sleep(SharedWatch::EVERY);
        let (logits, pullback) = slow.logits_with_pullback(image()).unwrap();
        std::thread::sleep(SharedWatch::EVERY);
        assert!(matches!(pullback.apply(logits), Err(Error::Interrupted)));
        drop(pullback);
        // What it hears is how far the phase is.
        assert_eq!(heard, [4, 4, 4]);
    }
}
