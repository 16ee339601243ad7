use doubleback::audit::merge;
use doubleback_experiments::audit::{merged, read};

use super::audit;
use crate::args::MergeArgs;
use crate::context::Context;
use crate::exit::Result;
use crate::output;

/// Makes one audit of its shards.
pub fn run(args: &MergeArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    output::check_folder(&args.out)?;
    let audits = args
        .shards
        .iter()
        .map(|path| Ok(read(path)?))
        .collect::<Result<Vec<_>>>()?;
    let merged = merged(merge(audits)?, &args.shards, &args.out)?;
    audit::finish(&merged, &args.out, "", args.json.as_ref(), context)
}
