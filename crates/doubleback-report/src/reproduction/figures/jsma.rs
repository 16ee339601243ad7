//! Figure 5: the Jacobian-based saliency map attack.

use super::grid_pictures::gallery;
use super::targeted::{content, grids, number, summaries};
use crate::format::percent;
use crate::page::{Content, File};
use crate::reproduction::contact_sheet::still;
use crate::reproduction::context::Context;

const ATTACK: &str = "jsma";

/// Figure 5.
pub fn jsma(context: &Context) -> Result<Content, String> {
    let grids = grids(context, ATTACK);
    if grids.is_empty() && summaries(context, ATTACK).is_empty() {
        return Err("JSMA was not run.".to_owned());
    }
    let caption = "Changed values are pixels, of each channel, that differ from the image. In the pictures, a row is a true class and a column a \
                   target; the images themselves are framed gray, examples that the attacked model takes for their target green, others \
                   orange. Look at where the changed pixels are, not only at how many there are.";
    Ok(content(
        context,
        ATTACK,
        gallery(context, &grids, &[]),
        reading(context),
        caption,
    ))
}

fn reading(context: &Context) -> String {
    let parts: Vec<String> = summaries(context, ATTACK)
        .iter()
        .map(|one| {
            format!(
                "{} on {} ({})",
                percent(one.success),
                one.model,
                number(one.mean_changed)
            )
        })
        .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(
            "JSMA reaches its target on (mean number of values changed): {}.",
            parts.join(", ")
        )
    }
}

/// A grid a model.
pub fn files(context: &Context) -> Vec<File> {
    let file = |grid: &&doubleback_experiments::reproduce::TargetedGrid| {
        Some(File {
            name: format!("{}.png", grid.model),
            bytes: still(grid)?,
        })
    };
    grids(context, ATTACK).iter().filter_map(file).collect()
}
