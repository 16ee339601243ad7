//! Figure 11: the iterated targeted gradient sign method.

use doubleback_experiments::reproduce::TargetedGrid;

use super::grid_pictures::gallery;
use super::targeted::{content, grids, summaries};
use crate::format::percent;
use crate::page::{Content, File, reading_of};
use crate::reproduction::contact_sheet::{animation, still};
use crate::reproduction::context::Context;
use doubleback_experiments::reproduce::model_names::{DOUBLEBACK, NORMAL};

const ATTACK: &str = "itgsm";

/// Levels of brightness: in files, and in the page, which has to stay small.
const FINE: usize = 64;
const COARSE: usize = 16;

/// Bytes of all animations in the page; the rest are files only.
const PAGE_BYTES: usize = 5 << 19;

/// Figure 11.
pub fn itgsm(context: &Context) -> Result<Content, String> {
    let grids = grids(context, ATTACK);
    if grids.is_empty() && summaries(context, ATTACK).is_empty() {
        return Err("Iterated TGSM was not run.".to_owned());
    }
    let caption = "In the pictures, a row is a true class and a column a target; the images themselves are framed gray, examples that the attacked \
                   model takes for their target green, others orange. Of a regularized model the examples should look like their target.";
    Ok(content(
        context,
        ATTACK,
        gallery(context, &grids, &animations(&grids)),
        reading(context),
        caption,
    ))
}

/// The animations that have room in the page, the most telling models first.
fn animations(grids: &[&TargetedGrid]) -> Vec<(String, Vec<u8>)> {
    let rank = |grid: &&&TargetedGrid| {
        [DOUBLEBACK, NORMAL]
            .iter()
            .position(|model| grid.model == *model)
            .unwrap_or(2)
    };
    let mut ordered: Vec<&&TargetedGrid> = grids.iter().collect();
    ordered.sort_by_key(rank);
    let mut room = PAGE_BYTES;
    let mut kept = Vec::new();
    for grid in ordered {
        if let Some(file) = animation(grid, COARSE).filter(|file| file.len() <= room) {
            room -= file.len();
            kept.push((grid.model.clone(), file));
        }
    }
    kept
}

fn reading(context: &Context) -> String {
    let all = summaries(context, ATTACK);
    let success: Vec<String> = all
        .iter()
        .map(|one| format!("{} on {}", percent(one.success), one.model))
        .collect();
    // How well the examples of one model work on the others is what shows that they look like their target.
    let moved: Vec<String> = all
        .iter()
        .filter(|one| !one.taken_for_target.is_empty() && [NORMAL, DOUBLEBACK].contains(&one.model.as_str()))
        .map(|one| {
            let others: Vec<f64> = one
                .taken_for_target
                .iter()
                .filter(|share| share.model != one.model)
                .map(|share| share.share)
                .collect();
            format!(
                "{} of those crafted on {}",
                percent(others.iter().sum::<f64>() / others.len() as f64),
                one.model
            )
        })
        .collect();
    reading_of([
        (!success.is_empty()).then(|| format!("Iterated TGSM reaches its target on {}.", success.join(", "))),
        (!moved.is_empty()).then(|| {
            format!(
                "The other models take for the target, on average, {}.",
                moved.join(", ")
            )
        }),
    ])
}

/// The finished grid and its animation, a model.
pub fn files(context: &Context) -> Vec<File> {
    let mut files = Vec::new();
    for grid in grids(context, ATTACK) {
        let parts = [("png", still(grid)), ("gif", animation(grid, FINE))];
        files.extend(parts.into_iter().filter_map(|(extension, bytes)| {
            Some(File {
                name: format!("{}.{extension}", grid.model),
                bytes: bytes?,
            })
        }));
    }
    files
}
