//! The explanations as one PNG a model: a stage a row below the images, columns by pairs of clean and attacked.

use doubleback::data::Frame;
use doubleback_experiments::diagnosis::ModelDiagnosis;

use super::view::View;
use crate::page::{File, picture};

/// Times that a pixel is drawn in each direction.
const SCALE: usize = 3;
/// White between pictures, in pixels of the sheet.
const GAP: usize = 4;
/// Most pixels along a side of a picture; a run's images have fewer.
const MOST: usize = 1 << 12;
/// Most bytes of a sheet.
const MOST_BYTES: usize = 1 << 28;

/// A sheet for every model with pictures.
pub fn sheets(view: &View) -> Vec<File> {
    let mut names: Vec<String> = Vec::new();
    let sheet = |model: &ModelDiagnosis| {
        let bytes = sheet(model, view.results.shape)?;
        let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let mut name: String = model.model.chars().map(safe).collect();
        // `A/model` and `A-model` are two models.
        while names.contains(&name) {
            name.push('-');
        }
        names.push(name.clone());
        Some(File {
            name: format!("{name}.png"),
            bytes,
        })
    };
    view.models().filter_map(sheet).collect()
}

fn sheet(model: &ModelDiagnosis, shape: [usize; 3]) -> Option<Vec<u8>> {
    let images = &model.images;
    let stages = model.layers.len();
    let rows = (0..=stages).map(|row| {
        let frames = images.iter().flat_map(move |image| match row.checked_sub(1) {
            None => [Some(&image.clean), Some(&image.attacked)],
            Some(stage) => {
                let one = image.explanations.get(stage);
                [one.map(|one| &one.clean.frame), one.map(|one| &one.attacked.frame)]
            }
        });
        frames.collect::<Vec<_>>()
    });
    draw(&rows.collect::<Vec<_>>(), shape)
}

/// Pictures in rows on white; `None` without pictures, for other than one or three channels, or for more of them than can be drawn.
fn draw(rows: &[Vec<Option<&Frame>>], [channels, height, width]: [usize; 3]) -> Option<Vec<u8>> {
    let columns = rows.first().map_or(0, Vec::len);
    let drawable = |side: &usize| (1..=MOST).contains(side);
    if columns == 0 || ![height, width].iter().all(drawable) || (channels != 1 && channels != 3) {
        return None;
    }
    let (tall, wide) = (height * SCALE + GAP, width * SCALE + GAP);
    let (sheet_height, sheet_width) = (rows.len() * tall + GAP, columns * wide + GAP);
    let length = sheet_height.checked_mul(sheet_width)?.checked_mul(channels)?;
    if length > MOST_BYTES {
        return None;
    }
    let mut bytes = vec![255; length];
    for (row, frames) in rows.iter().enumerate() {
        for (column, frame) in frames.iter().enumerate() {
            let Some(frame) = frame.filter(|frame| frame.bytes.len() == channels * height * width) else {
                continue;
            };
            for y in 0..height * SCALE {
                for x in 0..width * SCALE {
                    let place = (row * tall + GAP + y) * sheet_width + column * wide + GAP + x;
                    for channel in 0..channels {
                        bytes[place * channels + channel] =
                            frame.bytes[(channel * height + y / SCALE) * width + x / SCALE];
                    }
                }
            }
        }
    }
    picture::file(&bytes, sheet_height, sheet_width, channels)
}
