//! `parquet:PATH`: files of Hugging Face's `datasets` and of pyarrow are read as what they are, what cannot be used is named by its row, and nothing
//! panics. Without the feature `parquet` the name says what is missing.
#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_the_feature_says_which_is_missing() {
    use doubleback_data::{DataError, LoadOptions, load, parquet, verify};
    let error = load("parquet:/nowhere", &LoadOptions::default()).unwrap_err();
    assert!(matches!(error, DataError::NoParquet { .. }));
    assert_eq!(
        error.to_string(),
        "parquet:/nowhere: this build does not read Parquet files. Build it with its feature `parquet`: `cargo install --path crates/doubleback-cli --features parquet`"
    );
    assert!(verify("parquet:/nowhere", &LoadOptions::default()).is_err());
    assert!(parquet::decode("x.parquet", Vec::new()).is_err());
}

#[cfg(feature = "parquet")]
mod damaged;
#[cfg(feature = "parquet")]
mod folders;
#[cfg(feature = "parquet")]
mod rows;

#[cfg(feature = "parquet")]
mod support {
    use std::fs;
    use std::path::{Path, PathBuf};

    use doubleback_data::{Dataset, LoadOptions, Split, load};

    /// A file of `scripts/make-parquet-fixtures.py`.
    pub fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/parquet/{name}.parquet"))
    }

    pub fn bytes(name: &str) -> Vec<u8> {
        fs::read(fixture(name)).unwrap()
    }

    /// A folder of these fixtures, each as the file that stands beside it.
    pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (fixture_name, path) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(fixture(fixture_name), path).unwrap();
        }
        folder
    }

    pub fn name(folder: &Path) -> String {
        format!("parquet:{}", folder.display())
    }

    pub fn read(folder: &Path) -> Dataset {
        load(&name(folder), &LoadOptions::default()).unwrap()
    }

    pub fn message(folder: &Path, options: &LoadOptions) -> String {
        let error = load(&name(folder), options).unwrap_err().to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    }

    /// Which images of the fixtures these are, in their order; each is checked to have its label.
    pub fn images(split: &Split, channels: usize) -> Vec<usize> {
        let image = |number: usize| -> Vec<f32> {
            let at = (0..channels).flat_map(|c| (0..8).flat_map(move |h| (0..8).map(move |w| (c, h, w))));
            at.map(|(c, h, w)| ((7 * number + 31 * c + 5 * h + w) % 251) as f32 / 255.0)
                .collect()
        };
        let known: Vec<Vec<f32>> = (0..24).map(image).collect();
        let mut found = Vec::new();
        for index in 0..split.len() {
            let pixels = split.image(index);
            let number = known.iter().position(|known| known[..] == pixels[..]).unwrap();
            assert_eq!(split.labels()[index] as usize, number % 3, "image {number}");
            found.push(number);
        }
        found
    }

    pub fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
        numbers.sort_unstable();
        numbers
    }
}
