//! How pictures of several sizes become images of one: torchvision's `Resize` and `CenterCrop`, to the byte.
//!
//! The numbers are those of torchvision 0.24 on Pillow's pictures, which is what most published models were measured with: the shorter side is
//! resized with antialiasing, then the middle is cut out. Source: the documentation of `torchvision.transforms`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::formats::picture::{MAX_DECODED, MAX_SIDE};
use crate::preparation::resample::{Interpolation, resample};

/// What is done to each picture of an image folder.
///
/// ```
/// use doubleback_data::Preprocess;
/// let imagenet: Preprocess = "resize=256,crop=224".parse()?;
/// assert_eq!(imagenet, "imagenet".parse()?);
/// assert_eq!(imagenet.to_string(), "resize=256,crop=224,interpolation=bilinear");
/// assert!("resize=0".parse::<Preprocess>().unwrap_err().contains("1 to 16384"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preprocess {
    /// The size that pictures are brought to; without it they stay as they are.
    pub resize: Option<Resize>,
    /// Rows and columns that are cut out of the middle; where a picture is smaller, black is added around it.
    pub crop: Option<[usize; 2]>,
    /// How values between pixels are found.
    pub interpolation: Interpolation,
}

/// The size that a picture is brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resize {
    /// Pixels of the shorter side; the longer one is in proportion, rounded down.
    Shorter(usize),
    /// Rows and columns.
    Exactly([usize; 2]),
}

impl Preprocess {
    /// The size of the images, if it is the same whatever the pictures are.
    pub fn size(&self) -> Option<[usize; 2]> {
        match (self.crop, self.resize) {
            (Some(size), _) | (None, Some(Resize::Exactly(size))) => Some(size),
            _ => None,
        }
    }

    /// Does it to planes of bytes, each `[height, width]`: the new size, and the planes.
    ///
    /// # Errors
    /// A few words if the picture would take too much memory.
    pub(crate) fn apply(&self, planes: &[u8], size: [usize; 2]) -> Result<([usize; 2], Vec<u8>), String> {
        let resized = match self.resize {
            None => size,
            Some(Resize::Exactly(size)) => size,
            Some(Resize::Shorter(side)) => in_proportion(size, side),
        };
        let cut = self.crop.unwrap_or(resized);
        let count = planes.len() / (size[0] * size[1]).max(1);
        let bytes = cut[0].saturating_mul(cut[1]).saturating_mul(count);
        // Between the two passes there are all rows of the picture, but of the columns only those that stay.
        let between = size[0].saturating_mul(cut[1]).saturating_mul(count);
        if bytes.max(between) as u64 > MAX_DECODED || resized.iter().any(|&side| side as u64 > MAX_DECODED) {
            let [height, width] = resized;
            return Err(format!(
                "resized to {height}x{width} pixels it would take too much memory"
            ));
        }
        let windows = [0, 1].map(|axis| Window::of(resized[axis], cut[axis]));
        let kept = [windows[0].kept.clone(), windows[1].kept.clone()];
        let mut made = Vec::with_capacity(bytes);
        for plane in planes.chunks_exact((size[0] * size[1]).max(1)) {
            let pixels = resample(plane, size, resized, &kept, self.interpolation);
            framed(&pixels, &windows, cut[1], &mut made);
        }
        Ok((cut, made))
    }
}

/// Rows and columns with the shorter side so long.
fn in_proportion([height, width]: [usize; 2], side: usize) -> [usize; 2] {
    let (short, long) = (height.min(width).max(1), height.max(width));
    let longer = side.saturating_mul(long) / short;
    if width <= height {
        [longer, side]
    } else {
        [side, longer]
    }
}

/// What of a side stays, and what is added to it.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    kept: Range<usize>,
    before: usize,
    after: usize,
}

impl Window {
    /// The middle of a side: of an odd rest, half is rounded to the even number, as Python does; what lacks is added at the end sooner.
    fn of(side: usize, wanted: usize) -> Self {
        if wanted > side {
            let lacks = wanted - side;
            return Self {
                kept: 0..side,
                before: lacks / 2,
                after: lacks.div_ceil(2),
            };
        }
        let rest = side - wanted;
        let half = rest / 2;
        let start = if rest % 2 == 1 && half % 2 == 1 { half + 1 } else { half };
        Self {
            kept: start..start + wanted,
            before: 0,
            after: 0,
        }
    }
}

/// A plane with black around it where a window says so, `width` columns in all.
fn framed(pixels: &[u8], [rows, columns]: &[Window; 2], width: usize, made: &mut Vec<u8>) {
    made.resize(made.len() + rows.before * width, 0);
    for row in pixels.chunks_exact(columns.kept.len().max(1)) {
        made.resize(made.len() + columns.before, 0);
        made.extend_from_slice(row);
        made.resize(made.len() + columns.after, 0);
    }
    made.resize(made.len() + rows.after * width, 0);
}

impl FromStr for Preprocess {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected parts such as resize=256,crop=224,interpolation=bilinear, or imagenet for resize=256,crop=224";
        if text == "imagenet" {
            return "resize=256,crop=224".parse();
        }
        let mut found = Self {
            resize: None,
            crop: None,
            interpolation: Interpolation::default(),
        };
        let mut given = Vec::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or(EXPECTED)?;
            let (name, value) = (name.trim(), value.trim());
            if given.contains(&name) {
                return Err(format!("`{name}` is given twice"));
            }
            match name {
                "resize" => {
                    found.resize = Some(match value.split_once('x') {
                        Some(_) => Resize::Exactly(sides(value)?),
                        None => Resize::Shorter(side(value)?),
                    });
                }
                "crop" => found.crop = Some(sides(value)?),
                "interpolation" => found.interpolation = value.parse()?,
                _ => return Err(format!("`{name}` is not known: {EXPECTED}")),
            }
            given.push(name);
        }
        match (found.resize, found.crop) {
            (None, None) => Err(format!("it changes nothing: {EXPECTED}")),
            _ => Ok(found),
        }
    }
}

fn side(text: &str) -> Result<usize, String> {
    let side = text.parse().ok().filter(|side| (1..=MAX_SIDE as usize).contains(side));
    side.ok_or_else(|| format!("`{text}` is no size: expected 1 to {MAX_SIDE}, or rows and columns such as 224x224"))
}

fn sides(text: &str) -> Result<[usize; 2], String> {
    match text.split_once('x') {
        Some((height, width)) => Ok([side(height)?, side(width)?]),
        None => Ok([side(text)?; 2]),
    }
}

impl fmt::Display for Preprocess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resize {
            Some(Resize::Shorter(side)) => write!(f, "resize={side},")?,
            Some(Resize::Exactly([height, width])) => write!(f, "resize={height}x{width},")?,
            None => {}
        }
        match self.crop {
            Some([height, width]) if height == width => write!(f, "crop={height},")?,
            Some([height, width]) => write!(f, "crop={height}x{width},")?,
            None => {}
        }
        write!(f, "interpolation={}", self.interpolation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in [
            "resize=256,crop=224,interpolation=bilinear",
            "resize=32x40,interpolation=bicubic",
            "crop=7x9,interpolation=bilinear",
        ] {
            assert_eq!(text.parse::<Preprocess>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "256",
            "resize",
            "resize=0",
            "crop=99999",
            "resize=2,resize=3",
            "interpolation=bicubic",
            "size=3",
        ] {
            assert!(text.parse::<Preprocess>().is_err(), "{text}");
        }
        let unknown = "resize=8,interpolation=cubic".parse::<Preprocess>().unwrap_err();
        assert!(unknown.contains("Did you mean `bicubic`"), "{unknown}");
    }

    /// Python's `round` goes to the even number: 2.5 to 2, 3.5 to 4.
    #[test]
    fn the_middle_is_pythons() {
        let kept = |side, wanted| Window::of(side, wanted).kept;
        assert_eq!([kept(10, 5), kept(12, 5), kept(11, 5)], [2..7, 4..9, 3..8]);
        let wide = Window::of(3, 8);
        assert_eq!((wide.kept, wide.before, wide.after), (0..3, 2, 3));
    }

    #[test]
    fn the_longer_side_is_rounded_down() {
        assert_eq!(in_proportion([375, 500], 256), [256, 341]);
        assert_eq!(in_proportion([500, 375], 256), [341, 256]);
        assert_eq!(in_proportion([1, 7], 3), [3, 21]);
    }

    #[test]
    fn black_is_added_where_the_picture_is_smaller() {
        let crop: Preprocess = "crop=3x2".parse().unwrap();
        let (size, planes) = crop.apply(&[1, 2, 3, 4, 5, 6, 7, 8], [1, 4]).unwrap();
        // Two planes of one row: columns 1 and 2 stay, rows are added.
        assert_eq!(size, [3, 2]);
        assert_eq!(planes, [0, 0, 2, 3, 0, 0, 0, 0, 6, 7, 0, 0]);
    }

    #[test]
    fn a_picture_that_would_be_too_large_is_refused() {
        let shorter: Preprocess = "resize=16384".parse().unwrap();
        let error = shorter.apply(&[0; 400], [1, 400]).unwrap_err();
        assert!(error.contains("too much memory"), "{error}");
        // What is cut out of it is small.
        let cut: Preprocess = "resize=16384,crop=2".parse().unwrap();
        assert_eq!(cut.apply(&[9; 400], [1, 400]).unwrap(), ([2, 2], vec![9; 4]));
    }
}
