//! A picture of what every generator makes of some images: a row of the images, then one row a stage.

use std::io::Cursor;

use burn::tensor::Tensor;
use image::{ImageFormat, Rgb, RgbImage};

use crate::data::{Bounds, ImageShape};
use crate::nn::to_vec;
use crate::{Error, Result};

/// Least height of an image, in pixels; smaller images are enlarged by whole factors.
const TILE: usize = 56;
/// Pixels around images.
const GAP: usize = 4;
const BACKGROUND: Rgb<u8> = Rgb([0x60, 0x60, 0x60]);

/// A PNG of rows of images `[n, channels, height, width]`.
pub(super) fn png(rows: &[Tensor<4>], shape: ImageShape, bounds: Bounds) -> Result<Vec<u8>> {
    let scale = (TILE / shape.height.max(1)).max(1);
    let (across, down) = (shape.width * scale + GAP, shape.height * scale + GAP);
    let columns = rows.iter().map(|row| row.dims()[0]).max().unwrap_or(0);
    let size = |count: usize, step: usize| u32::try_from(count * step + GAP);
    let (Ok(width), Ok(height)) = (size(columns, across), size(rows.len(), down)) else {
        return Err(Error::value(
            "grid",
            "less than 2^32 pixels high and wide",
            format!("{columns} columns"),
        ));
    };
    let mut sheet = RgbImage::from_pixel(width, height, BACKGROUND);
    for (y, row) in rows.iter().enumerate() {
        let values = to_vec(row.clone())?;
        for (x, image) in values.chunks_exact(shape.len()).enumerate() {
            paste(
                &mut sheet,
                [x * across + GAP, y * down + GAP],
                scale,
                image,
                shape,
                bounds,
            );
        }
    }
    let mut png = Cursor::new(Vec::new());
    let written = sheet.write_to(&mut png, ImageFormat::Png);
    written.map_err(|e| Error::internal("drawing a grid", e))?;
    Ok(png.into_inner())
}

fn paste(
    sheet: &mut RgbImage,
    [left, top]: [usize; 2],
    scale: usize,
    image: &[f32],
    shape: ImageShape,
    bounds: Bounds,
) {
    let plane = shape.height * shape.width;
    let byte = |value: f32| ((value - bounds.low) / (bounds.high - bounds.low) * 255.0).round() as u8;
    for y in 0..shape.height * scale {
        for x in 0..shape.width * scale {
            let pixel = y / scale * shape.width + x / scale;
            let channel = |c: usize| byte(image[c.min(shape.channels - 1) * plane + pixel]);
            let color = Rgb([channel(0), channel(1), channel(2)]);
            sheet.put_pixel((left + x) as u32, (top + y) as u32, color);
        }
    }
}
