//! Images of one part: which axis is which, and which values a pixel can have.

use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::labels::Labels;
use super::names::Arrays;
use crate::dataset::Bounds;
use crate::error::{DataError, NpyProblem, NpzProblem};
use crate::formats::npy::{Element, Header};
use crate::formats::npz::Npz;
use crate::image_shape::ImageShape;
use crate::limits::npy::MAX_BYTES;
use crate::preparation::shuffle::Hash;
use crate::split::Split;
use crate::stored;
use crate::words::grouped;

/// Which axis is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Images, rows, columns.
    Nhw,
    /// Images, channels, rows, columns.
    Nchw,
    /// Images, rows, columns, channels.
    Nhwc,
}

impl Layout {
    /// What the array `layout` says, if there is one.
    pub fn read(npz: &mut Npz, arrays: &Arrays) -> Result<Option<Self>, NpzProblem> {
        let Some(array) = &arrays.layout else {
            return Ok(None);
        };
        let texts = npz.read(array, |npy| npy.texts())?;
        let text = texts.first().map(|text| text.to_ascii_uppercase()).unwrap_or_default();
        match (texts.len(), text.as_str()) {
            (1, "NHW") => Ok(Some(Self::Nhw)),
            (1, "NCHW") => Ok(Some(Self::Nchw)),
            (1, "NHWC") => Ok(Some(Self::Nhwc)),
            _ => Err(NpzProblem::Classes(format!(
                "array `{array}` says `{text}`. Expected one of NCHW, NHWC and NHW: images, channels, rows (height), columns (width)"
            ))),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Nhw => "images x rows x columns",
            Self::Nchw => "images x channels x rows x columns",
            Self::Nhwc => "images x rows x columns x channels",
        }
    }
}

/// Pixels as the file has them.
#[derive(Debug)]
enum Numbers {
    /// Bytes, of which this one stands for 1; in the order of images, channels, rows and columns.
    Bytes(Arc<Vec<u8>>, u8),
    Floats(Vec<f32>),
}

/// Images of one part.
#[derive(Debug)]
pub(super) struct Images {
    array: String,
    numbers: Numbers,
    layout: Layout,
    count: usize,
    shape: ImageShape,
    /// How far the next image, channel, row and column are.
    strides: [usize; 4],
}

impl Images {
    /// Reads the array, which holds an image for each of the labels.
    pub fn read(npz: &mut Npz, array: &str, layout: Option<Layout>, labels: &Labels) -> Result<Self, NpzProblem> {
        let understood = npz.read(array, |npy| {
            let header = npy.header.clone();
            let axes = match axes(&header, layout, labels) {
                Ok(axes) => axes,
                Err(why) => return Ok(Err((header.shape, why))),
            };
            let values = header.count()?;
            if values
                .checked_mul(size_of::<f32>())
                .is_none_or(|bytes| bytes > MAX_BYTES)
            {
                return Err(NpyProblem::TooLarge { shape: header.shape });
            }
            let numbers = match header.element {
                Element::Unsigned(1) => Numbers::Bytes(npy.bytes()?.into(), u8::MAX),
                Element::Bool => Numbers::Bytes(npy.bytes()?.into(), 1),
                Element::Float(_) => Numbers::Floats(npy.floats()?),
                other => {
                    return Err(NpyProblem::Type {
                        found: other.to_string(),
                        expected: "uint8, bool, float16, float32 or float64",
                    });
                }
            };
            Ok(Ok((axes, numbers)))
        })?;
        let array = array.to_owned();
        match understood {
            Err((shape, why)) => Err(NpzProblem::Shape { array, shape, why }),
            Ok((axes, numbers)) => Ok(Self {
                array,
                numbers,
                layout: axes.layout,
                count: axes.count,
                shape: axes.shape,
                strides: axes.strides,
            }
            .in_order()),
        }
    }

    /// Bytes in the order in which all parts that are dealt out of them can share them.
    fn in_order(mut self) -> Self {
        let ImageShape { height, width, .. } = self.shape;
        let strides = [self.shape.len(), height * width, width, 1];
        if let Numbers::Bytes(bytes, one) = &self.numbers
            && self.strides != strides
        {
            let images = (0..self.count).flat_map(|image| self.places(image));
            let ordered: Vec<u8> = images.map(|place| bytes[place]).collect();
            self.numbers = Numbers::Bytes(ordered.into(), *one);
            self.strides = strides;
        }
        self
    }

    /// How the array was understood.
    pub fn description(&self) -> String {
        let values = match self.numbers {
            Numbers::Bytes(_, u8::MAX) => "unsigned bytes, of which 255 is 1",
            Numbers::Bytes(..) => "truth values, 0 and 1",
            Numbers::Floats(_) => "fractions, as they are",
        };
        format!("`{}`: {}; {values}", self.array, self.layout.words())
    }

    /// Where the values of an image are, in channel, row, column order.
    fn places(&self, image: usize) -> impl Iterator<Item = usize> + use<> {
        let [n, c, h, w] = self.strides;
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        (0..channels * height * width).map(move |at| {
            let (channel, row, column) = (at / (height * width), at / width % height, at % width);
            image * n + channel * c + row * h + column * w
        })
    }

    /// The values of an image, in channel, row, column order.
    fn values(&self, image: usize) -> impl Iterator<Item = f32> + '_ {
        self.places(image).map(move |place| match &self.numbers {
            Numbers::Bytes(bytes, one) => f32::from(bytes[place]) / f32::from(*one),
            Numbers::Floats(floats) => floats[place],
        })
    }

    /// SHA-256 of the values of each image.
    pub fn hashes(&self) -> Vec<Hash> {
        let hash = |image| {
            let bytes: Vec<u8> = self.values(image).flat_map(f32::to_le_bytes).collect();
            Sha256::digest(bytes).into()
        };
        (0..self.count).into_par_iter().map(hash).collect()
    }

    /// The images of `indices`, in this order, with their labels.
    pub fn split(&self, indices: &[usize], labels: &[u32]) -> Result<Split, DataError> {
        let labels = indices.iter().map(|&index| labels[index]).collect();
        if let Numbers::Bytes(bytes, one) = &self.numbers {
            let values = stored::values(|byte| f32::from(byte) / f32::from(*one));
            return Split::of_bytes(Arc::clone(bytes), indices.to_vec(), values, labels, self.shape);
        }
        let mut values = Vec::with_capacity(indices.len() * self.shape.len());
        for &index in indices {
            values.extend(self.values(index));
        }
        Split::new(values, labels, self.shape)
    }

    /// The first image that has a value for which `wrong` is true, and this value.
    fn first(&self, wrong: impl Fn(f32) -> bool + Sync) -> Option<(usize, f32)> {
        let find = |image| {
            self.values(image)
                .find(|&value| wrong(value))
                .map(|value| (image, value))
        };
        (0..self.count).into_par_iter().find_map_first(find)
    }

    /// The least and the greatest value.
    fn range(&self) -> (f32, f32) {
        match &self.numbers {
            Numbers::Bytes(..) => (0.0, 1.0),
            Numbers::Floats(floats) => floats
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
                    (low.min(value), high.max(value))
                }),
        }
    }
}

/// How an array of images is laid out.
struct Axes {
    layout: Layout,
    count: usize,
    shape: ImageShape,
    strides: [usize; 4],
}

/// Which axis is which; otherwise what is wrong with the shape, and what to do.
fn axes(header: &Header, layout: Option<Layout>, labels: &Labels) -> Result<Axes, String> {
    let shape = &header.shape[..];
    if shape.contains(&0) {
        return Err("there is nothing in it. Leave it out, and its labels".to_owned());
    }
    let expected = labels.values.len();
    if shape.len() > 2 && shape[0] != expected {
        let hint = match shape {
            [.., last] if *last == expected && shape.len() == 3 => {
                ". The images must come first: `x.transpose(2, 0, 1)`"
            }
            [.., last] if *last == expected => ". The images must come first: `x.transpose(3, 0, 1, 2)`",
            _ => ". Save an image for each label",
        };
        let (found, expected) = (grouped(shape[0]), grouped(expected));
        return Err(format!(
            "{found} images, but `{}` has {expected} labels{hint}",
            labels.array
        ));
    }
    let layout = match (layout, shape) {
        (Some(Layout::Nhw), [_, _, _]) | (None, [_, _, _]) => Layout::Nhw,
        (Some(layout @ (Layout::Nchw | Layout::Nhwc)), [_, _, _, _]) => layout,
        (None, &[_, second, _, last]) => match ([1, 3].contains(&second), [1, 3].contains(&last)) {
            (true, false) => Layout::Nchw,
            (false, true) => Layout::Nhwc,
            (true, true) => {
                return Err(
                    "the channels may be its second axis or its last. Say which: save an array `layout=\"NCHW\"` (images, channels, rows, columns) or \
                     `layout=\"NHWC\"` as well"
                        .to_owned(),
                );
            }
            (false, false) => {
                return Err(
                    "neither its second axis nor its last is 1 (gray) or 3 (red, green, blue). Images are images x rows x columns, or with channels \
                     as the second or the last axis; with another number of channels, save `layout=\"NCHW\"` or `layout=\"NHWC\"` as well"
                        .to_owned(),
                );
            }
        },
        (Some(layout), _) => return Err(format!("`layout` says {}. Correct one of them", layout.words())),
        (None, &[_, values]) => {
            let side = values.isqrt();
            let side = if side * side == values {
                side.to_string()
            } else {
                "ROWS".to_owned()
            };
            let columns = if side == "ROWS" { "COLUMNS" } else { &side };
            return Err(format!(
                "expected images x rows x columns, or with channels as well. Give images their rows and columns: `x.reshape(-1, {side}, {columns})`"
            ));
        }
        _ => return Err("expected images x rows x columns, or with channels as well".to_owned()),
    };
    let places = if header.by_column {
        strides(shape.iter())
    } else {
        let mut places = strides(shape.iter().rev());
        places.reverse();
        places
    };
    // Images, channels, rows, columns.
    let order: [Option<usize>; 4] = match layout {
        Layout::Nhw => [Some(0), None, Some(1), Some(2)],
        Layout::Nchw => [Some(0), Some(1), Some(2), Some(3)],
        Layout::Nhwc => [Some(0), Some(3), Some(1), Some(2)],
    };
    let [count, channels, height, width] = order.map(|axis| axis.map_or(1, |axis| shape[axis]));
    Ok(Axes {
        layout,
        count,
        shape: ImageShape {
            channels,
            height,
            width,
        },
        strides: order.map(|axis| axis.map_or(0, |axis| places[axis])),
    })
}

/// How far the next one of each axis is, the first of which varies fastest.
fn strides<'a>(sizes: impl Iterator<Item = &'a usize>) -> Vec<usize> {
    let next = |place: &mut usize, &size: &usize| {
        let here = *place;
        *place = place.saturating_mul(size);
        Some(here)
    };
    sizes.scan(1, next).collect()
}

/// The shape of the images of all parts.
pub(super) fn one_shape(parts: &[&Images]) -> Result<ImageShape, NpzProblem> {
    let Some(first) = parts.first() else {
        return Err(NpzProblem::NoImages { found: Vec::new() });
    };
    match parts.iter().find(|part| part.shape != first.shape) {
        None => Ok(first.shape),
        Some(other) => Err(NpzProblem::Sizes {
            first: first.array.clone(),
            expected: first.shape,
            array: other.array.clone(),
            found: other.shape,
        }),
    }
}

/// Between which values all pixels are: those of the array `bounds`, or 0 and 1.
pub(super) fn bounds(npz: &mut Npz, arrays: &Arrays, parts: &[&Images]) -> Result<Bounds, NpzProblem> {
    let of_fractions = || parts.iter().filter(|part| matches!(part.numbers, Numbers::Floats(_)));
    for part in of_fractions() {
        if let Some((image, value)) = part.first(|value| !value.is_finite()) {
            let array = part.array.clone();
            return Err(NpzProblem::NotFinite { array, image, value });
        }
    }
    let bounds = match &arrays.bounds {
        Some(array) => said(npz.read(array, |npy| npy.doubles())?)?,
        None => Bounds::UNIT,
    };
    let of_bytes = |part: &&&Images| matches!(part.numbers, Numbers::Bytes(..));
    if let Some(part) = parts.iter().find(of_bytes).filter(|_| bounds != Bounds::UNIT) {
        return Err(NpzProblem::Bounds(format!(
            "`{}` holds bytes, which become 0 to 1. Leave `bounds` out, or save the images as float32",
            part.array
        )));
    }
    let Bounds { low, high } = bounds;
    for part in of_fractions() {
        if let Some((image, value)) = part.first(|value| !(low..=high).contains(&value)) {
            let (least, most) = part.range();
            let array = part.array.clone();
            let advice = if arrays.bounds.is_some() {
                format!("Its values reach from {least} to {most}: correct `bounds`, or the images")
            } else if least >= 0.0 && most <= 255.0 {
                format!(
                    "Its values reach from {least} to {most}: divide them by 255, save them as `uint8`, or say what a pixel can be with an array \
                     `bounds=[0, 255]`"
                )
            } else {
                format!(
                    "Its values reach from {least} to {most}: say what a pixel can be with an array `bounds=[LEAST, GREATEST]`, or scale them to 0 \
                     to 1"
                )
            };
            return Err(NpzProblem::Range {
                array,
                image,
                value,
                low,
                high,
                advice,
            });
        }
    }
    Ok(bounds)
}

/// The bounds that an array holds.
fn said(numbers: Vec<f64>) -> Result<Bounds, NpzProblem> {
    match numbers[..] {
        [low, high] if low < high && (low as f32).is_finite() && (high as f32).is_finite() => Ok(Bounds {
            low: low as f32,
            high: high as f32,
        }),
        [low, high] => Err(NpzProblem::Bounds(format!("{low} and {high} are none"))),
        _ => Err(NpzProblem::Bounds(format!("it has {} numbers", numbers.len()))),
    }
}
