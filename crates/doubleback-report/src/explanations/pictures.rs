//! Explanations as pictures, a file each.

use std::path::Path;

use doubleback::data::{Bounds, ImageShape};
use doubleback::evaluate::{Explanations, TestSet};

use crate::Error;
use crate::page::{Folder, picture};

/// Writes for each image `00003-image.png` and, for each method, `00003-METHOD.png` into a folder; the number is the image's place in the data.
///
/// A method's picture is a signed map: blue for negative, white for zero, red-brown for positive, each scaled by its own greatest magnitude; channels are added
/// up. It has the size of the attribution.
///
/// # Errors
/// [`Error::Write`] when a file cannot be written, [`Error::Run`] when the images have neither 1 nor 3 channels.
pub fn write_explanations(
    folder: &Path,
    test: &TestSet<'_>,
    bounds: Bounds,
    methods: &[(&str, &Explanations)],
) -> Result<(), Error> {
    let refused = |problem: &str| Error::Run {
        path: folder.to_owned(),
        problem: problem.to_owned(),
    };
    let sizes = |shape: ImageShape| [shape.channels, shape.height, shape.width];
    let mut files = Folder::new(folder)?;
    for place in 0..test.count() {
        let index = test.index(place);
        let image = test.split.image(index);
        let drawn = picture::image_file(&image, sizes(test.shape), [bounds.low, bounds.high]);
        let drawn = drawn
            .ok_or_else(|| refused("images have neither 1 nor 3 channels, and have no picture. Write arrays alone"))?;
        files.file(format!("{index:05}-image.png"), &drawn)?;
        for (name, found) in methods {
            let drawn = picture::signed_map_file(found.of_image(place), sizes(found.shape));
            let drawn =
                drawn.ok_or_else(|| refused("an attribution that is too large for a picture. Write arrays alone"))?;
            files.file(format!("{index:05}-{name}.png"), &drawn)?;
        }
    }
    Ok(())
}
