//! NumPy's `.npz` files: zip archives of `.npy` files.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::error::{NpyProblem, NpzProblem};
use crate::formats::idx::GZIP;
use crate::formats::npy::Npy;

/// An archive and the names of its arrays.
pub(crate) struct Npz {
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// Place in the archive of each array.
    places: BTreeMap<String, usize>,
}

impl Npz {
    /// The archive that these bytes are.
    pub fn open(bytes: Vec<u8>) -> Result<Self, NpzProblem> {
        if bytes.starts_with(b"\x93NUMPY") {
            return Err(NpzProblem::SingleArray);
        }
        if bytes.starts_with(&GZIP) {
            return Err(NpzProblem::Gzip);
        }
        if !bytes.starts_with(b"PK") {
            return Err(NpzProblem::NotZip);
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let mut places = BTreeMap::new();
        for place in 0..archive.len() {
            let file = archive.by_index_raw(place).map_err(damaged)?;
            let Some(name) = file.name().strip_suffix(".npy") else {
                continue;
            };
            let name = name.to_owned();
            if places.insert(name.clone(), place).is_some() {
                return Err(NpzProblem::Twice { array: name });
            }
        }
        Ok(Self { archive, places })
    }

    /// The names of its arrays, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// What `read` makes of the array `name`, which is one of [`names`](Self::names).
    pub fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Npy<&mut dyn Read>) -> Result<T, NpyProblem>,
    ) -> Result<T, NpzProblem> {
        let place = self.places.get(name).ok_or_else(|| NpzProblem::Missing {
            array: name.to_owned(),
            advice: "Save it with the others",
        })?;
        let mut file = self.archive.by_index(*place).map_err(damaged)?;
        let reader: &mut dyn Read = &mut file;
        Npy::open(reader).and_then(read).map_err(|problem| NpzProblem::Array {
            array: name.to_owned(),
            problem,
        })
    }
}

fn damaged(error: ZipError) -> NpzProblem {
    NpzProblem::Zip(error.to_string())
}
