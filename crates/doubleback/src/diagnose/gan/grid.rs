//! A picture of what every generator makes of some images: a row of the images, then one row a stage.

use burn::tensor::Tensor;

use crate::Result;
use crate::data::{Bounds, ImageShape, Sheet};
use crate::nn::to_vec;

/// A PNG of rows of images `[n, channels, height, width]`.
pub(super) fn png(rows: &[Tensor<4>], shape: ImageShape, bounds: Bounds) -> Result<Vec<u8>> {
    let columns = rows.iter().map(|row| row.dims()[0]).max().unwrap_or(0);
    let mut sheet = Sheet::new(rows.len(), columns, shape)?;
    for (row, images) in rows.iter().enumerate() {
        let values = to_vec(images.clone())?;
        for (column, image) in values.chunks_exact(shape.len()).enumerate() {
            sheet.place([row, column], image, bounds)?;
        }
    }
    Ok(sheet.png()?)
}
