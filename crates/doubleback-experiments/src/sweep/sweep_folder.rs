//! A sweep's folder: a folder for each cell under `cells/`, and the results.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cell::{Cell, Settings, cells};
use super::files::{CellFolder, make_folder, read_json};
use super::lock::Lock;
use super::memory::estimate;
use super::plan::Plan;
use crate::json;
use crate::outside_data::check_outside;
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
            check_outside(out, &dataset)?;
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
            let Some(there) = read_json::<Settings>(&folder.settings())? else {
                continue;
            };
            let differences = cell.settings.differences(&there)?;
            if !differences.is_empty() {
                let problem = format!(
                    "holds a cell with other settings or data than the plan's ({}). Give another --out, or delete that folder",
                    differences.join("; ")
                );
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_cell_of_other_settings_or_data_is_refused_with_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let plan = |steps: usize| Plan::parse(&format!("datasets = [\"mnist-mini\"]\nsteps = {steps}")).unwrap();
        let open = |steps| Sweep::open(&plan(steps), folder.path(), &LoadOptions::default()).map(drop);
        open(5).unwrap();
        let refused = open(6).unwrap_err().to_string();
        assert!(
            refused.contains("(steps: 5 there, 6 here). Give another --out"),
            "{refused}"
        );

        let path = folder.path().join("cells/mnist-mini_normal_seed-0/settings.json");
        let kept = std::fs::read_to_string(&path).unwrap();
        let with = |change: &dyn Fn(&mut Value)| {
            let mut value: Value = serde_json::from_str(&kept).unwrap();
            change(&mut value);
            std::fs::write(&path, value.to_string()).unwrap();
            open(5)
        };
        let refused = with(&|of| of["content"] = json!("0123456789abcdef"))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("(images and labels: SHA-256 0123456789ab… there, "),
            "{refused}"
        );
        let file = |of: &mut Value| {
            let files = of["data"].as_object_mut().unwrap();
            *files.values_mut().next().unwrap() = json!("fedcba9876543210");
        };
        let refused = with(&file).unwrap_err().to_string();
        assert!(refused.contains(" fedcba987654… there, "), "{refused}");
        // As earlier versions wrote them.
        with(&|of| drop(of.as_object_mut().unwrap().remove("content"))).unwrap();
    }
}
