//! Images without labels: an array in a `.npy` file, or pictures in a folder.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::dataset::{Bounds, Preparation};
use crate::error::{DataError, NpyProblem};
use crate::formats::image_folder;
use crate::formats::image_folder::Wanted;
use crate::formats::npy::{Element, Header, Npy};
use crate::image_shape::ImageShape;
use crate::sets::options::LoadOptions;
use crate::split::Split;
use crate::words::by;

/// Images without labels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unlabelled {
    /// The images; their labels are all 0 and say nothing.
    pub images: Split,
    /// Shape of an image.
    pub shape: ImageShape,
    /// Between these lie all values.
    pub bounds: Bounds,
    /// Names of their files, where each has one.
    pub files: Vec<String>,
    /// What was done to the images of files, beyond scaling.
    pub preparation: Preparation,
    /// How they were understood, in sentences.
    pub notes: Vec<String>,
}

/// Reads images of this shape. A `.npy` file holds `[n, channels, height, width]` or `[n, height, width, channels]` (told by the shape; of one channel
/// also `[n, height, width]`), as `uint8`, of which 255 becomes 1, or as fractions, which stay as they are. A folder holds PNG or JPEG files, taken in
/// the order of their names; options for image folders are for them.
///
/// # Errors
/// [`DataError`] when there are none, or they are of another shape, or of one that can be read in two ways.
pub fn unlabelled(path: &Path, shape: ImageShape, options: &LoadOptions) -> Result<Unlabelled, DataError> {
    let found = fs::metadata(path).map_err(|cause| DataError::Io {
        path: path.to_owned(),
        cause,
    })?;
    if found.is_dir() {
        return of_folder(path, shape, options);
    }
    match super::catalog::for_folders(options) {
        Some(option) => Err(refuse(
            path,
            format!("`{option}` is for a folder of pictures. Leave it out"),
        )),
        None => of_array(path, shape),
    }
}

fn refuse(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::Unlabelled {
        path: path.to_owned(),
        problem: problem.into(),
    }
}

fn of_folder(folder: &Path, shape: ImageShape, options: &LoadOptions) -> Result<Unlabelled, DataError> {
    if options.image_size.is_some() && options.preprocess.is_some() {
        return Err(DataError::TwoSizes);
    }
    let wanted = Wanted {
        size: options.image_size,
        preprocess: options.preprocess,
        channels: Some(options.channels.unwrap_or(shape.channels)),
        channels_asked: options.channels.is_some(),
        grayscale: options.grayscale.unwrap_or_default(),
        background: options.background,
        ..Wanted::default()
    };
    let (found, files) = image_folder::read_flat(folder, wanted)?;
    if found.pixels.shape != shape {
        let ImageShape { height, width, .. } = shape;
        return Err(refuse(
            folder,
            format!(
                "its images are {}, the model takes {shape}. Resize them: `--image-size {height}x{width}`, or `--preprocess \
                 resize={},crop={height}x{width}`",
                found.pixels.shape,
                height.min(width)
            ),
        ));
    }
    Ok(Unlabelled {
        images: found.pixels.whole(|byte| f32::from(byte) / 255.0)?,
        shape,
        bounds: Bounds::UNIT,
        files: files
            .iter()
            .map(|file: &PathBuf| image_folder::within(folder, file))
            .collect(),
        preparation: found.preparation,
        notes: found.notes,
    })
}

fn of_array(path: &Path, shape: ImageShape) -> Result<Unlabelled, DataError> {
    let file = File::open(path).map_err(|cause| DataError::Io {
        path: path.to_owned(),
        cause,
    })?;
    // What is said of arrays in archives goes for one alone, but for how it is written.
    let wrong = |problem: NpyProblem| refuse(path, problem.to_string().replace("numpy.savez", "numpy.save"));
    let npy = Npy::open(BufReader::new(file)).map_err(wrong)?;
    let header = npy.header.clone();
    let layout = layout(&header, shape).map_err(|problem| refuse(path, problem))?;
    let (values, bytes) = match header.element {
        Element::Unsigned(1) => {
            let bytes = npy.bytes().map_err(wrong)?;
            (bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect(), true)
        }
        Element::Float(_) => (npy.floats().map_err(wrong)?, false),
        ref other => {
            return Err(refuse(
                path,
                format!("its elements are of type {other}, expected uint8 or float32"),
            ));
        }
    };
    if let Some(place) = values.iter().position(|value: &f32| !value.is_finite()) {
        return Err(refuse(
            path,
            format!("value {place} is {}. Correct it, or leave the image out", values[place]),
        ));
    }
    let count = values.len() / shape.len().max(1);
    let ordered = layout.ordered(values, shape);
    let least = ordered.iter().copied().fold(0.0, f32::min);
    let most = ordered.iter().copied().fold(1.0, f32::max);
    Ok(Unlabelled {
        images: Split::new(ordered, vec![0; count], shape)?,
        shape,
        bounds: Bounds { low: least, high: most },
        files: Vec::new(),
        preparation: Preparation::default(),
        notes: vec![format!(
            "{}; {}",
            layout.words(),
            if bytes {
                "unsigned bytes, of which 255 is 1"
            } else {
                "fractions, as they are"
            }
        )],
    })
}

/// Which axis is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    ChannelsFirst,
    ChannelsLast,
}

impl Layout {
    fn words(self) -> &'static str {
        match self {
            Self::ChannelsFirst => "images x channels x rows x columns",
            Self::ChannelsLast => "images x rows x columns x channels",
        }
    }

    /// Values in image, channel, row, column order.
    fn ordered(self, values: Vec<f32>, shape: ImageShape) -> Vec<f32> {
        let ImageShape {
            channels,
            height,
            width,
        } = shape;
        if self == Self::ChannelsFirst || channels == 1 {
            return values;
        }
        let plane = height * width;
        let image = |image: &[f32]| -> Vec<f32> {
            let place = |at: usize| image[at % plane * channels + at / plane];
            (0..plane * channels).map(place).collect()
        };
        values.chunks_exact(plane * channels).flat_map(image).collect()
    }
}

/// How an array of images of this shape is laid out; otherwise what is wrong with it.
fn layout(header: &Header, shape: ImageShape) -> Result<Layout, String> {
    let ImageShape {
        channels,
        height,
        width,
    } = shape;
    let found = header.shape.as_slice();
    let expected = || {
        format!(
            "expected n x {channels} x {height} x {width} or n x {height} x {width} x {channels}, as the model takes"
        )
    };
    if header.by_column && found.len() > 1 {
        return Err("it is in Fortran order. Save `numpy.ascontiguousarray(x)`".to_owned());
    }
    if found.first() == Some(&0) {
        return Err("it has no images".to_owned());
    }
    let first = found.get(1..) == Some(&[channels, height, width][..]);
    let last = found.get(1..) == Some(&[height, width, channels][..]);
    let plain = channels == 1 && found.get(1..) == Some(&[height, width][..]);
    match (first, last) {
        // Of one channel both are the same.
        (true, true) if channels > 1 => Err(format!(
            "its shape {} can be images x channels x rows x columns or images x rows x columns x channels. Give a folder of pictures, or labels and \
             `layout` in an `.npz` file: `--dataset npz:FILE`",
            by(found)
        )),
        (true, _) => Ok(Layout::ChannelsFirst),
        (_, true) => Ok(Layout::ChannelsLast),
        _ if plain => Ok(Layout::ChannelsFirst),
        _ => {
            let single = [[channels, height, width], [height, width, channels]]
                .iter()
                .any(|one| one == found);
            let hint = if single { ". Of one image, save `x[None]`" } else { "" };
            Err(format!("its shape is {}, {}{hint}", by(found), expected()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(shape: &[usize]) -> Header {
        Header {
            element: Element::Float(4),
            big_endian: false,
            shape: shape.to_vec(),
            by_column: false,
        }
    }

    const SHAPE: ImageShape = ImageShape {
        channels: 3,
        height: 4,
        width: 5,
    };

    #[test]
    fn the_shape_tells_which_axis_is_which() {
        assert_eq!(layout(&header(&[7, 3, 4, 5]), SHAPE), Ok(Layout::ChannelsFirst));
        assert_eq!(layout(&header(&[7, 4, 5, 3]), SHAPE), Ok(Layout::ChannelsLast));
        let cube = ImageShape {
            channels: 3,
            height: 3,
            width: 3,
        };
        assert!(
            layout(&header(&[7, 3, 3, 3]), cube)
                .unwrap_err()
                .contains("can be images x channels")
        );
        let gray = ImageShape { channels: 1, ..SHAPE };
        assert_eq!(layout(&header(&[7, 4, 5]), gray), Ok(Layout::ChannelsFirst));
        assert!(
            layout(&header(&[3, 4, 5]), SHAPE)
                .unwrap_err()
                .ends_with("save `x[None]`")
        );
        assert!(
            layout(&header(&[7, 5, 4, 3]), SHAPE)
                .unwrap_err()
                .contains("expected n x 3 x 4 x 5 or n x 4 x 5 x 3")
        );
        assert!(layout(&header(&[0, 3, 4, 5]), SHAPE).unwrap_err().contains("no images"));
    }

    #[test]
    fn channels_come_first() {
        let shape = ImageShape {
            channels: 2,
            height: 1,
            width: 2,
        };
        let values = vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
        let ordered = Layout::ChannelsLast.ordered(values, shape);
        assert_eq!(ordered, [1.0, 2.0, 10.0, 20.0, 3.0, 4.0, 30.0, 40.0]);
    }
}
