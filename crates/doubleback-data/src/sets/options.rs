//! Where data sets are looked for.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::error::DataError;
use crate::part::Part;
use crate::preparation::background::Background;
use crate::preparation::duplicates::DuplicatePolicy;
use crate::preparation::grayscale::Grayscale;
use crate::preparation::preprocess::Preprocess;

/// What [`load`](crate::load) and [`verify`](crate::verify) need to know besides a name.
///
/// ```
/// use doubleback_data::LoadOptions;
/// let options = LoadOptions::in_dir("/srv/datasets");
/// assert_eq!(options.folder("mnist")?, std::path::Path::new("/srv/datasets/mnist"));
/// # Ok::<(), doubleback_data::DataError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadOptions {
    /// The folder that holds `mnist/` and its like; `None` is `doubleback` in the user's data folder.
    pub data_dir: Option<PathBuf>,
    /// How colors become gray, for data sets whose colors do (`svhn`, `folder:PATH` and `parquet:PATH` of 1 channel); `None` is [`Grayscale::Luma`]. Others
    /// refuse it.
    pub grayscale: Option<Grayscale>,
    /// Rows and columns to which the images of `folder:PATH` or `parquet:PATH` are resized; `None` leaves them as they are, and they must be of one size.
    pub image_size: Option<[usize; 2]>,
    /// What is done to the pictures of `folder:PATH` or `parquet:PATH` to make them of one size, in place of `image_size`.
    pub preprocess: Option<Preprocess>,
    /// A file of class names in the order of a model's logits ([`ClassNames`](crate::ClassNames)): labels of `folder:PATH` and `parquet:PATH` are places in it. Then
    /// a folder that has no parts is all test images, and may have images of a few of the classes.
    pub class_names: Option<PathBuf>,
    /// Channels of the images of `folder:PATH` or `parquet:PATH`, 1 for gray or 3 for red, green and blue; `None` is 1 if all are stored gray, 3 otherwise.
    pub channels: Option<usize>,
    /// What the transparent images of `folder:PATH` or `parquet:PATH` are put on; `None` leaves transparency out, so that the colors beneath show.
    pub background: Option<Background>,
    /// What becomes of images that a data set holds more than once; `None` removes those of `notmnist` and keeps those of the others.
    pub duplicates: Option<DuplicatePolicy>,
    /// The only part that is needed: where the others have files of their own, these are not read, and the parts are empty. Its images are the
    /// same either way. `None` reads all.
    pub only: Option<Part>,
}

impl LoadOptions {
    /// Options that look for data sets in `dir`.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: Some(dir.into()),
            ..Self::default()
        }
    }

    /// Where the files of the data set `name` belong, whether or not they are there. Those of `emnist:letters` belong where those of `emnist` do.
    ///
    /// # Errors
    /// [`DataError::NoDataDir`] if no folder was given and the user has no data folder.
    pub fn folder(&self, name: &str) -> Result<PathBuf, DataError> {
        let (family, _) = name.split_once(':').unwrap_or((name, ""));
        Ok(self.root()?.join(family))
    }

    /// Whether a part is needed.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Whether one of the parts that come out of training files is needed.
    pub(crate) fn wants_training_files(&self) -> bool {
        self.wants(Part::Train) || self.wants(Part::Validation)
    }

    /// The folder that holds those of the data sets.
    pub(crate) fn root(&self) -> Result<PathBuf, DataError> {
        match &self.data_dir {
            Some(dir) => Ok(dir.clone()),
            None => user_data_dir().ok_or(DataError::NoDataDir),
        }
    }
}

fn user_data_dir() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
    Some(strategy.data_dir().join("doubleback"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_users_data_folder() {
        if let Ok(folder) = LoadOptions::default().folder("mnist") {
            assert!(folder.ends_with("doubleback/mnist"), "{}", folder.display());
        }
    }
}
