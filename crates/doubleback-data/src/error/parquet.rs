use std::path::PathBuf;

use crate::limits;
use crate::words::{classes, count, first_few, grouped, shown};

/// What is wrong with Parquet files of images and labels. Rows are counted from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetProblem {
    /// A file in place of a folder.
    #[error("it is a file. Give the folder that it is in")]
    NotAFolder,
    /// No files of this kind.
    #[error(
        "it has no .parquet files, and no sub-folder has. Get those of a data set's repository, such as `train-00000-of-00001.parquet`"
    )]
    NoFiles,
    /// Several sub-folders with files, one of which is meant.
    #[error("there are .parquet files in its sub-folders {}. Give one of them, such as `parquet:{}`", first_few(folders.iter().map(|folder| format!("`{}`", shown(folder)))), folders.first().map(|folder| shown(folder)).unwrap_or_default())]
    SeveralFolders {
        /// The sub-folders.
        folders: Vec<PathBuf>,
    },
    /// Files of one part that do not make a whole.
    #[error("of the {part} part, {why}")]
    Shards {
        /// The part.
        part: &'static str,
        /// What is wrong with them, and what to do.
        why: String,
    },
    /// What Git has in place of a large file.
    #[error("it is Git's pointer to a large file, not the file. Get the file with `git lfs pull`")]
    LfsPointer,
    /// More bytes than can be held.
    #[error(
        "it has more than {} bytes. Write it as several files",
        grouped(limits::parquet::MAX_BYTES)
    )]
    TooLarge,
    /// The file is damaged, or uses what is not read.
    #[error("it cannot be read: {0}. Get it again, or write it again with snappy, zstd, gzip or no compression")]
    Damaged(String),
    /// A column that is needed is not there, or it is not clear which it is.
    #[error("{0}")]
    Columns(String),
    /// A row without a picture.
    #[error("row {} has no picture{}", grouped(*row), match path {
        Some(path) => format!(" but the path `{path}`. Write the file with the pictures in it: `bytes` of each image"),
        None => ". Remove the row".to_owned(),
    })]
    NoPicture {
        /// The row.
        row: usize,
        /// The path that it has instead.
        path: Option<String>,
    },
    /// A picture that cannot be read.
    #[error("row {}: {why}. Correct or remove it", grouped(*row))]
    Picture {
        /// The row.
        row: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A row without a label, or with the one that stands for none.
    #[error("row {} has {}, as images whose labels are kept secret do. Leave the file out, or remove the row", grouped(*row), match label {
        Some(label) => format!("the label {label}"),
        None => "no label".to_owned(),
    })]
    NoLabel {
        /// The row.
        row: usize,
        /// The label, if there is one.
        label: Option<i64>,
    },
    /// A label that names no class.
    #[error("row {} has the label {label}, which is not one of the {} (0 to {}). Correct or remove it", grouped(*row), classes(*of), of.saturating_sub(1))]
    Label {
        /// The row.
        row: usize,
        /// Its label.
        label: i64,
        /// Classes there are.
        of: usize,
    },
    /// Classes that cannot be told.
    #[error("{0}")]
    Classes(String),
    /// A class with too few images to have some in each part.
    #[error("class `{class}` has {}, too few for a training, a validation and a test part. Add images, or files of the parts, such as `test-00000-of-00001.parquet`", count(*found, "image"))]
    TooFew {
        /// The class.
        class: String,
        /// Its images.
        found: usize,
    },
}
