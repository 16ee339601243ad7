use super::attack::TargetedAttack;
use super::images::{first_of_each, gather};
use super::{Frame, GridCell, TargetedGrid};
use crate::class_sample::{ALL_PAIRS_UP_TO, shown};
use crate::reproduce::pictures::shown_range;
use doubleback::Result;
use doubleback::evaluate::{Named, TestSet};
use doubleback::nn::{predictions, to_vec};

/// Attacks one model's first test image of each class with every class as the target, for pictures. Classes without a test image have no row. Of
/// more than [`ALL_PAIRS_UP_TO`](crate::ALL_PAIRS_UP_TO) classes so many are drawn, by a fixed seed.
///
/// # Errors
/// When the images do not fit the model, or a setting of the attack is out of range.
pub fn targeted_grid(attack: &TargetedAttack, crafted_on: Named<'_>, test: &TestSet<'_>) -> Result<TargetedGrid> {
    targeted_grid_of(attack, crafted_on, test, &mut |_, _| Ok(()))
}

/// As [`targeted_grid`]; `told` hears how many targets of how many are done, and may stop it.
pub(crate) fn targeted_grid_of(
    attack: &TargetedAttack,
    crafted_on: Named<'_>,
    test: &TestSet<'_>,
    told: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<TargetedGrid> {
    let Named { name, model } = crafted_on;
    let first = first_of_each(test, model.classes(), 1);
    let all: Vec<usize> = (0..model.classes()).collect();
    // Of many classes those that have a picture; of few all, even if they are targets only.
    let with_image: Vec<usize> = all.iter().copied().filter(|&class| !first[class].is_empty()).collect();
    let targets = if all.len() > ALL_PAIRS_UP_TO {
        shown(&with_image)
    } else {
        all
    };
    let places: Vec<usize> = targets.iter().flat_map(|&class| first[class].iter().copied()).collect();
    let bounds = shown_range(test, &places, model.bounds());
    let mut cells = Vec::new();
    if !places.is_empty() {
        let (images, labels) = gather(test, &places);
        let predicted = predictions(&model.logits(images)?)?;
        for ((&index, &source), &prediction) in places.iter().zip(&labels).zip(&predicted) {
            cells.push(GridCell {
                index,
                source,
                target: source,
                prediction,
                success: prediction == source,
                changed: 0,
                pixels: test.split.image(index),
                frames: Vec::new(),
            });
        }
    }
    for (done, &target) in targets.iter().enumerate() {
        told(done, targets.len())?;
        let others: Vec<usize> = places
            .iter()
            .copied()
            .filter(|&place| test.split.labels()[place] as usize != target)
            .collect();
        if others.is_empty() {
            continue;
        }
        let (images, labels) = gather(test, &others);
        let attacked = attack
            .run(model, &images, &vec![target; others.len()])
            .map_err(|error| error.of_model(name, |row| others[row]))?;
        let mut frames = vec![Vec::new(); others.len()];
        for step in attack.frames(model, &images, target)? {
            for (frames, pixels) in frames.iter_mut().zip(to_vec(step)?.chunks_exact(test.shape.len())) {
                frames.push(Frame::quantized(pixels, bounds));
            }
        }
        for example in &attacked.by_eps {
            let pixels = to_vec(example.images.clone())?;
            for (i, pixels) in pixels.chunks_exact(test.shape.len()).enumerate() {
                cells.push(GridCell {
                    index: others[i],
                    source: labels[i],
                    target,
                    prediction: example.predictions[i],
                    success: example.success[i],
                    changed: example.l0[i] as usize,
                    pixels: pixels.to_vec(),
                    frames: std::mem::take(&mut frames[i]),
                });
            }
        }
    }
    told(targets.len(), targets.len())?;
    cells.sort_by_key(|cell| (cell.source, cell.target));
    Ok(TargetedGrid {
        attack: attack.name().into(),
        model: name.into(),
        shape: [test.shape.channels, test.shape.height, test.shape.width],
        bounds,
        cells,
    })
}
