//! Work on images in batches, of which finished ones may be there from an earlier run.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Unfinished;
use crate::Result;
use crate::progress::{Phase, Watch};

/// What came of a batch.
pub(crate) trait Part: Serialize + DeserializeOwned {
    /// Places of the images that it is of.
    fn places(&self) -> &[usize];

    /// The part of a name, if it is kept and whole.
    fn find(kept: &Unfinished, name: &str) -> Option<Self> {
        kept.get(name)
    }

    /// Keeps it under a name.
    fn keep(&mut self, kept: &mut Unfinished, name: &str) -> Result<()> {
        kept.put(name, self)
    }
}

/// Places of images, of which so many are computed at once.
#[derive(Clone, Copy)]
pub(crate) struct Batches<'a> {
    /// Ascending.
    pub places: &'a [usize],
    /// Images of a batch, at most.
    pub size: usize,
}

/// Does a phase of work batch by batch: with `make`, unless a batch is kept; `each` takes what came of each, in order. Before a batch `over` is asked
/// whether to leave it there; gives whether all were done. `title` is told, `name` is what parts are kept under.
///
/// # Errors
/// Those of `make` and `each`; [`Error::Interrupted`](crate::Error::Interrupted) when `watch` breaks before the last batch.
pub(crate) fn in_parts<P: Part>(
    (title, name): (&str, &str),
    batches: Batches<'_>,
    kept: &mut Option<&mut Unfinished>,
    watch: &mut dyn Watch,
    over: impl Fn() -> bool,
    make: impl Fn(&[usize]) -> Result<P>,
    mut each: impl FnMut(P) -> Result<()>,
) -> Result<bool> {
    let Batches { places, size } = batches;
    if places.is_empty() {
        return Ok(true);
    }
    let mut phase = Phase::begin(title, places.len(), watch);
    let mut done = 0;
    for batch in places.chunks(size.max(1)) {
        if over() {
            return Ok(false);
        }
        done += batch.len();
        let name = format!("{name}-{:07}", batch[0]);
        let found = kept.as_deref().and_then(|kept| P::find(kept, &name));
        if let Some(part) = found.filter(|found| found.places() == batch) {
            each(part)?;
            phase.resume(done);
            continue;
        }
        let mut part = make(batch)?;
        if let Some(kept) = kept {
            part.keep(kept, &name)?;
        }
        each(part)?;
        phase.done_unless_finished(done)?;
    }
    Ok(true)
}
