//! Whose fault each error is. No `_` here: a new variant must choose.

use doubleback_error::ErrorKind;

use super::DataError;

impl DataError {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            DataError::MissingFiles { .. } => ErrorKind::Missing,
            DataError::Io { cause, .. } => cause.into(),
            DataError::UnknownDataset { .. }
            | DataError::NoDataDir
            | DataError::NoFolder { .. }
            | DataError::NoFolderButArrays { .. }
            | DataError::Folder { .. }
            | DataError::Picture { .. }
            | DataError::TwoSizes
            | DataError::Unlabelled { .. }
            | DataError::ClassNames { .. }
            | DataError::Idx { .. }
            | DataError::Mat { .. }
            | DataError::Cifar { .. }
            | DataError::Archive { .. }
            | DataError::Npz { .. }
            | DataError::Parquet { .. }
            | DataError::NoParquet { .. }
            | DataError::ArraySize { .. }
            | DataError::Grayscale { .. }
            | DataError::LabelCount { .. }
            | DataError::LabelRange { .. }
            | DataError::ImageSize { .. }
            | DataError::TooFewImages { .. }
            | DataError::ValueCount { .. }
            | DataError::PartShape { .. }
            | DataError::Value { .. }
            | DataError::Bounds { .. }
            | DataError::Channels { .. }
            | DataError::PerClass { .. }
            | DataError::NothingToShow { .. }
            | DataError::SheetTooLarge { .. }
            | DataError::Png(_) => ErrorKind::Input,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn absent_files_are_missing_and_bad_ones_are_input() {
        let missing = DataError::MissingFiles {
            folder: "mnist".into(),
            missing: vec!["t10k-images-idx3-ubyte.gz".to_owned()],
        };
        assert_eq!(missing.kind(), ErrorKind::Missing);
        let io = |kind: io::ErrorKind| DataError::Io {
            path: "a".into(),
            cause: kind.into(),
        };
        assert_eq!(io(io::ErrorKind::NotFound).kind(), ErrorKind::Missing);
        assert_eq!(io(io::ErrorKind::PermissionDenied).kind(), ErrorKind::Input);
        assert_eq!(DataError::NoDataDir.kind(), ErrorKind::Input);
    }
}
