//! Data sets from the sites of their makers, or from mirrors of these.
//!
//! [`fetch`] gets a data set by name, [`download`] any file. A file appears under its name only when it is whole and is what it should be;
//! until then it is `NAME.part`, from which the next run goes on.
pub(crate) mod archive;
pub(crate) mod archive_problem;
mod by_name;
mod download;
mod error;
mod fetched;
mod options;
mod part;
mod sites;
mod watch;

pub use archive::{Member, read_archive};
pub use archive_problem::{ArchiveLimits, ArchiveProblem};
pub use by_name::{check, fetch};
pub use download::download;
pub use error::{FetchError, ServerFailure, ServerProblem};
pub use fetched::{Fetched, Outcome};
pub use options::{FetchOptions, RemoteFile};
pub use watch::{FetchEvent, FetchWatch};
