//! A sweep's folder: a folder for each cell under `cells/`, and the results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cell::{Cell, Settings, cells};
use super::files::{CellFolder, make_folder, read_json};
use super::lock::Lock;
use super::memory::estimate;
use super::plan::Plan;
use crate::json;
use doubleback::data::{self, Dataset, LoadOptions};
use doubleback::write::remove_partial_files;
use doubleback::{Error, Result};

/// A sweep in its folder. While it lives no other process can open the folder.
#[derive(Debug)]
pub struct Sweep {
    root: PathBuf,
    cells: Vec<Cell>,
    data: LoadOptions,
    estimates: BTreeMap<String, u64>,
    _lock: Lock,
}

impl Sweep {
    /// Opens or makes the folder `out` of a plan. Cells that are there with the same settings are kept, so a plan can be extended.
    ///
    /// # Errors
    /// When the plan does not fit the data, a cell is there with other settings, or another process works on the folder. Nothing is
    /// written then.
    pub fn open(plan: &Plan, out: &Path, data: &LoadOptions) -> Result<Self> {
        let (mut all, mut estimates) = (Vec::<Cell>::new(), BTreeMap::new());
        for name in &plan.datasets {
            let dataset = data::load(name, data)?;
            let of_data = cells(plan, name, &dataset)?;
            estimates.insert(name.clone(), largest(&of_data, &dataset)?);
            for cell in of_data {
                if all.iter().any(|other| other.name == cell.name) {
                    let problem = format!(
                        "cannot be told apart from another of the plan in file names ({})",
                        cell.name
                    );
                    return Err(Error::file(name, problem));
                }
                all.push(cell);
            }
        }
        // Normal models first: the others are measured on their examples.
        all.sort_by_key(|cell| !cell.settings.is_normal());
        let folders = out.join("cells");
        for cell in &all {
            let folder = CellFolder::new(folders.join(&cell.name));
            if read_json::<Settings>(&folder.settings())?.is_some_and(|found| found != cell.settings) {
                let problem = "holds a cell with other settings or data than the plan's. Give another --out, or delete that folder";
                return Err(Error::file(folder.path(), problem));
            }
        }
        make_folder(&folders)?;
        let root = out.canonicalize().map_err(Error::io(out, "looking at it"))?;
        let lock = Lock::take(&root.join("lock"), "this sweep")?;
        remove_partial_files(&root);
        let sweep = Self {
            root,
            cells: all,
            data: data.clone(),
            estimates,
            _lock: lock,
        };
        for cell in &sweep.cells {
            let folder = sweep.folder(cell);
            make_folder(folder.path())?;
            if !folder.settings().is_file() {
                json::write(&folder.settings(), &cell.settings)?;
            }
        }
        Ok(sweep)
    }

    /// The folder, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All cells, normal models first.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Those that are left to do.
    pub fn unfinished(&self) -> Vec<&Cell> {
        self.cells.iter().filter(|cell| !self.folder(cell).is_done()).collect()
    }

    /// The folder of a cell.
    pub fn folder(&self, cell: &Cell) -> CellFolder {
        CellFolder::new(self.root.join("cells").join(&cell.name))
    }

    /// Where `gather` writes.
    pub fn results(&self) -> PathBuf {
        self.root.join("results.json")
    }

    /// Estimated bytes of memory of a cell on this data set.
    pub fn estimate(&self, dataset: &str) -> u64 {
        self.estimates.get(dataset).copied().unwrap_or(0)
    }

    pub(super) fn load(&self, dataset: &str) -> Result<Dataset> {
        Ok(data::load(dataset, &self.data)?)
    }
}

/// Estimated memory of the cells of one data set; they differ in the defense, which the estimate does not look at.
fn largest(cells: &[Cell], dataset: &Dataset) -> Result<u64> {
    match cells.first() {
        Some(cell) => estimate(&cell.settings.recipe(dataset)?, dataset),
        None => Ok(0),
    }
}
