//! A picture of the first images of each class, one class a row: a data set at a glance.

use std::path::Path;

use super::sheet::Sheet;
use crate::dataset::{Bounds, Dataset};
use crate::error::DataError;
use crate::limits::{MAX_PER_CLASS, MAX_SHOWN_CLASSES};
use crate::part::Part;

/// A PNG of the first `per_class` images of each class of a part, one class a row in the order of the labels; of more than
/// [`MAX_SHOWN_CLASSES`] classes, of the first. Classes with fewer images leave their places empty. Images whose contrast was normalized are
/// each shown between their own extremes.
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
    let first: Vec<usize> = (0..dataset.classes.len().min(MAX_SHOWN_CLASSES)).collect();
    contact_sheet_of(dataset, part, per_class, &first)
}

/// [`contact_sheet`] of these classes, given by their labels, in this order.
///
/// # Errors
/// Those of [`contact_sheet`], and [`DataError::SheetTooLarge`] for very many classes.
pub fn contact_sheet_of(
    dataset: &Dataset,
    part: Part,
    per_class: usize,
    classes: &[usize],
) -> Result<Vec<u8>, DataError> {
    let split = dataset.split(part);
    let all = rows(dataset, part, per_class)?;
    let rows: Vec<&[usize]> = classes
        .iter()
        .map(|&class| all.get(class).map_or(&[][..], Vec::as_slice))
        .collect();
    let columns = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let mut sheet = Sheet::new(rows.len(), columns, dataset.shape)?;
    for (row, indices) in rows.iter().enumerate() {
        for (column, &index) in indices.iter().enumerate() {
            let image = split.image(index);
            sheet.place([row, column], &image, range(&image, dataset))?;
        }
    }
    sheet.png()
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

/// Indices of the first images of each class.
fn rows(dataset: &Dataset, part: Part, per_class: usize) -> Result<Vec<Vec<usize>>, DataError> {
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
    let channels = dataset.shape.channels;
    if ![1, 3].contains(&channels) {
        return Err(DataError::Channels {
            dataset: dataset.name.clone(),
            channels,
        });
    }
    let mut rows = vec![Vec::new(); dataset.classes.len()];
    for (index, &label) in split.labels().iter().enumerate() {
        match rows.get_mut(label as usize) {
            Some(row) if row.len() < per_class => row.push(index),
            _ => {}
        }
    }
    Ok(rows)
}

/// The values that are drawn black and white.
fn range(image: &[f32], dataset: &Dataset) -> Bounds {
    if dataset.preparation.contrast_normalized {
        // The bounds are those of the most extreme image, between which most would be a flat gray.
        extremes(image)
    } else {
        dataset.bounds
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageShape, Split};

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

    #[test]
    fn each_class_has_a_row_in_the_order_of_its_images() {
        assert_eq!(rows(&tiny(1), Part::Test, 5).unwrap(), [vec![1], vec![0, 2]]);
        assert_eq!(rows(&tiny(1), Part::Test, 1).unwrap(), [vec![1], vec![0]]);
    }

    #[test]
    fn of_very_many_classes_the_first_are_shown() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let many = 21_841_u32;
        let test = Split::new(vec![0.5; many as usize], (0..many).collect(), shape).unwrap();
        let classes = (0..many).map(|class| class.to_string()).collect();
        let empty = Split::empty(shape);
        let dataset = Dataset::new("many", classes, shape, Bounds::UNIT, empty.clone(), empty, test).unwrap();
        let height = |png: Vec<u8>| image::load_from_memory(&png).unwrap().height();
        let of = |count| contact_sheet_of(&dataset, Part::Test, 1, &(0..count).collect::<Vec<_>>()).unwrap();
        let first = contact_sheet(&dataset, Part::Test, 1).unwrap();
        assert_eq!(height(first), height(of(MAX_SHOWN_CLASSES)));
        assert!(height(of(MAX_SHOWN_CLASSES + 1)) > height(of(MAX_SHOWN_CLASSES)));
    }

    #[test]
    fn normalized_images_are_shown_between_their_extremes() {
        let mut dataset = tiny(1);
        assert_eq!(range(&[2.0, 3.0], &dataset), dataset.bounds);
        dataset.preparation.contrast_normalized = true;
        assert_eq!(range(&[2.0, 3.0], &dataset), Bounds { low: 2.0, high: 3.0 });
        assert_eq!(
            range(&[2.0, 2.0], &dataset),
            Bounds { low: 2.0, high: 3.0 },
            "one value alone is black"
        );
    }

    #[test]
    fn what_cannot_be_shown_is_an_error() {
        let asked = [
            (tiny(1), Part::Test, 0),
            (tiny(1), Part::Test, 101),
            (tiny(1), Part::Train, 1),
            (tiny(2), Part::Test, 1),
        ];
        let messages =
            asked.map(|(dataset, part, per_class)| contact_sheet(&dataset, part, per_class).unwrap_err().to_string());
        assert_eq!(
            messages,
            [
                "0 images of each class: ask for 1 to 100",
                "101 images of each class: ask for 1 to 100",
                "tiny: no train images to show. Show another part",
                "tiny: its images have 2 channels, but only images of 1 (gray) or 3 (red, green, blue) can be shown",
            ]
        );
    }
}
