//! A picture of the first images of each class, one class a row: a data set at a glance.

use std::path::Path;

use image::{ImageFormat, Rgb, RgbImage};

use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::image_shape::ImageShape;
use crate::limits::MAX_PER_CLASS;
use crate::part::Part;

/// Least height of an image on the sheet, in pixels; smaller images are enlarged by whole factors.
const TILE: usize = 56;
/// Pixels around images.
const GAP: usize = 4;
/// Most pixels of a sheet.
const MAX_PIXELS: usize = 1 << 28;
const BACKGROUND: Rgb<u8> = Rgb([0x60, 0x60, 0x60]);

/// A PNG of the first `per_class` images of each class of a part, one class a row in the order of the labels.
/// Classes with fewer images leave their places empty. Images whose contrast was normalized are each shown between their own extremes.
///
/// ```
/// use doubleback_data::{LoadOptions, Part, contact_sheet, load};
/// let dataset = load("mnist-mini", &LoadOptions::default())?;
/// let png = contact_sheet(&dataset, Part::Test, 12)?;
/// assert!(png.starts_with(b"\x89PNG"));
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::PerClass`] unless `per_class` is 1 to [`MAX_PER_CLASS`], [`DataError::NothingToShow`] if the part is empty,
/// [`DataError::Channels`] if the images are neither gray nor colored.
pub fn contact_sheet(dataset: &Dataset, part: Part, per_class: usize) -> Result<Vec<u8>, DataError> {
    let sheet = draw(dataset, part, per_class)?;
    let mut png = std::io::Cursor::new(Vec::new());
    sheet.write_to(&mut png, ImageFormat::Png).map_err(DataError::Png)?;
    Ok(png.into_inner())
}

/// Writes [`contact_sheet`] to the file `path`, which is complete or not touched.
///
/// # Errors
/// Those of [`contact_sheet`], and [`DataError::Io`] if the file cannot be written.
pub fn save_contact_sheet(dataset: &Dataset, part: Part, per_class: usize, path: &Path) -> Result<(), DataError> {
    let png = contact_sheet(dataset, part, per_class)?;
    crate::atomic_file::replace(path, &png).map_err(|cause| DataError::Io {
        path: path.to_owned(),
        cause,
    })
}

fn draw(dataset: &Dataset, part: Part, per_class: usize) -> Result<RgbImage, DataError> {
    if !(1..=MAX_PER_CLASS).contains(&per_class) {
        return Err(DataError::PerClass { asked: per_class });
    }
    let split = dataset.split(part);
    if split.is_empty() {
        return Err(DataError::NothingToShow {
            dataset: dataset.name.clone(),
            part: part.name(),
        });
    }
    let ImageShape {
        channels,
        height,
        width,
    } = dataset.shape;
    if ![1, 3].contains(&channels) {
        return Err(DataError::Channels {
            dataset: dataset.name.clone(),
            channels,
        });
    }
    let mut rows = vec![Vec::new(); dataset.classes.len()];
    for (index, &label) in split.labels().iter().enumerate() {
        match rows.get_mut(usize::from(label)) {
            Some(row) if row.len() < per_class => row.push(index),
            _ => {}
        }
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let scale = (TILE / height).max(1);
    let (across, down) = (
        width.saturating_mul(scale).saturating_add(GAP),
        height.saturating_mul(scale).saturating_add(GAP),
    );
    let mut sheet = blank(columns.saturating_mul(across), rows.len().saturating_mul(down))?;
    for (row, indices) in rows.iter().enumerate() {
        for (column, &index) in indices.iter().enumerate() {
            let corner = (column * across + GAP, row * down + GAP);
            paste(&mut sheet, corner, scale, split.image(index), dataset);
        }
    }
    Ok(sheet)
}

fn blank(width: usize, height: usize) -> Result<RgbImage, DataError> {
    let (width, height) = (width.saturating_add(GAP), height.saturating_add(GAP));
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(wide), Ok(high)) if width.saturating_mul(height) <= MAX_PIXELS => {
            Ok(RgbImage::from_pixel(wide, high, BACKGROUND))
        }
        _ => Err(DataError::SheetTooLarge { width, height }),
    }
}

/// Draws an image with its upper left corner at `corner` (column, row), each of its pixels a square of `scale` x `scale`.
fn paste(sheet: &mut RgbImage, corner: (usize, usize), scale: usize, image: &[f32], dataset: &Dataset) {
    let ImageShape {
        channels,
        height,
        width,
    } = dataset.shape;
    let range = if dataset.preparation.contrast_normalized {
        // The bounds are those of the most extreme image, between which most would be a flat gray.
        extremes(image)
    } else {
        dataset.bounds
    };
    for (row, column) in (0..height * scale).flat_map(|row| (0..width * scale).map(move |column| (row, column))) {
        let value = |channel: usize| {
            let value = image[(channel * height + row / scale) * width + column / scale];
            byte(value, range)
        };
        let color = if channels == 1 {
            [value(0); 3]
        } else {
            [value(0), value(1), value(2)]
        };
        // The sheet's size was checked to be within u32.
        sheet.put_pixel((corner.0 + column) as u32, (corner.1 + row) as u32, Rgb(color));
    }
}

/// Least and greatest value of an image.
fn extremes(image: &[f32]) -> Bounds {
    let (low, high) = image
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        });
    // One value alone is black.
    Bounds {
        low,
        high: if high > low { high } else { low + 1.0 },
    }
}

/// Black at the lower bound, white at the upper.
fn byte(value: f32, Bounds { low, high }: Bounds) -> u8 {
    // A float to integer cast saturates.
    ((value - low) / (high - low) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Split;

    /// Two classes of 1 and 2 images of 1x2 pixels, in `channels` channels whose values are 0, 1, 2, …
    fn tiny(channels: usize) -> Dataset {
        let shape = ImageShape {
            channels,
            height: 1,
            width: 2,
        };
        let count = 3 * shape.len();
        let values = (0..count).map(|value| value as f32).collect();
        let test = Split::new(values, vec![1, 0, 1], shape).unwrap();
        let bounds = Bounds { low: 0.0, high: 255.0 };
        let classes = vec!["a".to_owned(), "b".to_owned()];
        Dataset::new(
            "tiny",
            classes,
            shape,
            bounds,
            Split::empty(shape),
            Split::empty(shape),
            test,
        )
        .unwrap()
    }

    /// The color at the middle of pixel `x` of the image in this row and column.
    fn color(sheet: &RgbImage, row: usize, column: usize, x: usize) -> [u8; 3] {
        let at = |offset: usize| (GAP + offset + TILE / 2) as u32;
        sheet
            .get_pixel(at(column * (2 * TILE + GAP) + x * TILE), at(row * (TILE + GAP)))
            .0
    }

    #[test]
    fn each_class_has_a_row_and_missing_images_stay_blank() {
        let sheet = draw(&tiny(1), Part::Test, 5).unwrap();
        assert_eq!(
            sheet.dimensions(),
            ((2 * (2 * TILE + GAP) + GAP) as u32, (2 * (TILE + GAP) + GAP) as u32)
        );
        assert_eq!([color(&sheet, 0, 0, 0), color(&sheet, 0, 0, 1)], [[2; 3], [3; 3]]);
        assert_eq!([color(&sheet, 1, 0, 0), color(&sheet, 1, 1, 1)], [[0; 3], [5; 3]]);
        assert_eq!(color(&sheet, 0, 1, 0), BACKGROUND.0);
    }

    #[test]
    fn normalized_images_are_shown_between_their_extremes() {
        let mut dataset = tiny(1);
        dataset.preparation.contrast_normalized = true;
        let sheet = draw(&dataset, Part::Test, 5).unwrap();
        assert_eq!([color(&sheet, 0, 0, 0), color(&sheet, 0, 0, 1)], [[0; 3], [255; 3]]);
    }

    #[test]
    fn channels_are_planes() {
        let sheet = draw(&tiny(3), Part::Test, 1).unwrap();
        assert_eq!([color(&sheet, 1, 0, 0), color(&sheet, 1, 0, 1)], [[0, 2, 4], [1, 3, 5]]);
    }

    #[test]
    fn what_cannot_be_shown_is_an_error() {
        let asked = [
            (tiny(1), Part::Test, 0),
            (tiny(1), Part::Test, 101),
            (tiny(1), Part::Train, 1),
            (tiny(2), Part::Test, 1),
        ];
        let messages = asked.map(|(dataset, part, per_class)| draw(&dataset, part, per_class).unwrap_err().to_string());
        assert_eq!(
            messages,
            [
                "0 images of each class: ask for 1 to 100",
                "101 images of each class: ask for 1 to 100",
                "tiny: no train images to show. Show another part",
                "tiny: its images have 2 channels, but only images of 1 (gray) or 3 (red, green, blue) can be shown",
            ]
        );
        assert!(matches!(blank(1 << 20, 1 << 20), Err(DataError::SheetTooLarge { .. })));
    }
}
