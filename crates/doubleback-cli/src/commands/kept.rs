//! Where an attack keeps finished batches until all is done: beside its output.

use std::path::Path;

use doubleback::evaluate::{Identity, Unfinished};

use crate::exit::Result;

/// What has no place to be kept, as a sentence for the start of the work.
const NOTHING: &str =
    "Nothing is kept on the way: with --json FILE or --out FILE the same command would go on after an interruption";

/// What is kept in such a folder, and what to say of it before the work starts.
pub fn open(folder: Option<&Path>, identity: Identity) -> Result<(Option<Unfinished>, Option<String>)> {
    let Some(folder) = folder else {
        return Ok((None, Some(NOTHING.to_owned())));
    };
    let unfinished = Unfinished::open(folder, identity)?;
    let opening = unfinished
        .is_begun()
        .then(|| format!("Going on with what {} has", folder.display()));
    Ok((Some(unfinished), opening))
}
