//! Whether the files of a part are all there: names such as `train-00000-of-00003.parquet` say how many there are.

use std::path::{Path, PathBuf};

use crate::words::{count, first_few, shown};

/// The number of a file, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    number: usize,
    of: usize,
}

/// What is wrong with the files of one part, and what to do.
pub(super) fn check(files: &[PathBuf]) -> Result<(), String> {
    let places: Vec<Option<Place>> = files.iter().map(|path| place(path)).collect();
    let Some((first, expected)) = places
        .iter()
        .zip(files)
        .find_map(|(place, path)| Some((path, (*place)?.of)))
    else {
        return Ok(());
    };
    let odd = places
        .iter()
        .position(|place| place.is_none_or(|place| place.of != expected));
    if let Some(odd) = odd {
        return Err(format!(
            "{} and {} are not of one set of files. Leave one set",
            name(first),
            name(&files[odd])
        ));
    }
    let mut numbers: Vec<usize> = places.iter().flatten().map(|place| place.number).collect();
    numbers.sort_unstable();
    if let Some(twice) = numbers.windows(2).position(|pair| pair[0] == pair[1]) {
        return Err(format!(
            "file {} of {} is there twice. Leave one",
            numbers[twice], expected
        ));
    }
    // Of names that say that there are millions, only the first missing ones are looked for.
    let missing: Vec<String> = (0..expected)
        .filter(|number| numbers.binary_search(number).is_err())
        .take(7)
        .map(|number| format!("{number:05}-of-{expected:05}"))
        .collect();
    if !missing.is_empty() || numbers.len() != expected {
        return Err(format!(
            "{} there of {expected}: missing are {}. Get them too",
            count(numbers.len(), "file"),
            first_few(missing.into_iter())
        ));
    }
    Ok(())
}

/// What a name says, if it does.
fn place(path: &Path) -> Option<Place> {
    let stem = path.file_stem()?.to_str()?;
    let (before, after) = stem.split_once("-of-")?;
    let number = before.rsplit('-').next()?.parse().ok()?;
    let of = after.split('-').next()?.parse().ok()?;
    Some(Place { number, of })
}

fn name(path: &Path) -> String {
    shown(Path::new(path.file_name().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(names: &[&str]) -> Result<(), String> {
        check(&names.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[test]
    fn whole_sets_pass_whatever_their_names() {
        for names in [
            &["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"][..],
            &["train-00000-of-00001-5b19d4539d508aa0.parquet"],
            &["train.parquet"],
            &["0000.parquet", "0001.parquet"],
            &[],
        ] {
            assert_eq!(checked(names), Ok(()), "{names:?}");
        }
    }

    #[test]
    fn others_are_told_what_is_wrong() {
        for (names, expected) in [
            (
                &["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"][..],
                "2 files there of 3: missing are 00001-of-00003",
            ),
            (
                &["train-00000-of-00001.parquet", "train-00000-of-00002.parquet"],
                "not of one set",
            ),
            (
                &["train-00000-of-00001-aa.parquet", "train-00000-of-00001-bb.parquet"],
                "file 0 of 1 is there twice",
            ),
            (&["train-00000-of-00001.parquet", "train.parquet"], "not of one set"),
            (&["train-00003-of-00001.parquet"], "missing are 00000-of-00001"),
        ] {
            let error = checked(names).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
