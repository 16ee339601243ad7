//! From the cells' files to `results.json`.

use burn::tensor::Device;

use super::cell::Cell;
use super::files::read_json;
use super::launch::Failed;
use super::results::{Point, SweepResults};
use super::run_cell::{Outcome, Record, black_box};
use super::selection::select;
use super::sweep_folder::Sweep;
use crate::interruptible::SharedWatch;
use crate::json;
use crate::lambda_rule::SHARE_OF_NORMAL;
use doubleback::Result;
use doubleback::data::Dataset;
use doubleback::progress::{Phase, Watch};

impl Sweep {
    /// Measures what is left to measure on the normal models' examples, applies the rule, and writes `results.json`. Cells that are not
    /// done are `failed` in it.
    ///
    /// # Errors
    /// [`Error::Interrupted`](doubleback::Error::Interrupted) when `watch` breaks; when a cell's files are damaged.
    pub fn gather(&self, failed: &[Failed], device: &Device, watch: &mut dyn Watch) -> Result<SweepResults> {
        let mut dataset: Option<(&str, Dataset)> = None;
        let mut points = Vec::new();
        let missing = |cell: &&Cell| self.folder(cell).is_done() && !self.folder(cell).black_box().is_file();
        let steps = self.cells().iter().filter(missing).count();
        let mut step = 0;
        let shared = SharedWatch::new(watch);
        let mut told = &shared;
        let mut phase = (steps > 0).then(|| Phase::begin("measuring on the normal models' examples", steps, &mut told));
        // One data set in memory at a time.
        let mut cells: Vec<&Cell> = self.cells().iter().collect();
        cells.sort_by_key(|cell| cell.settings.dataset.as_str());
        for cell in cells {
            if missing(&cell) {
                let name = cell.settings.dataset.as_str();
                let loaded = match dataset.take() {
                    Some((loaded, data)) if loaded == name => data,
                    _ => self.load(name)?,
                };
                cell.settings.check_data(&loaded)?;
                black_box(&self.folder(cell), &cell.settings, &loaded, device, &shared)?;
                dataset = Some((name, loaded));
                step += 1;
                if let Some(phase) = &mut phase {
                    phase.done_unless_finished(step)?;
                }
            }
            points.push(self.point(cell, failed)?);
        }
        let order = |point: &Point| self.cells().iter().position(|cell| cell.name == point.cell);
        points.sort_by_key(order);
        let (means, selection) = select(&points);
        let results = SweepResults {
            // No `RunRecord`: cells may have run on different machines, and `cell.json` says on which.
            version: env!("CARGO_PKG_VERSION").into(),
            selection_eps: self
                .cells()
                .first()
                .map_or(0.0, |cell| cell.settings.measure.selection_eps),
            share_of_normal: SHARE_OF_NORMAL,
            selection,
            means,
            cells: points,
        };
        json::write(&self.results(), &results)?;
        Ok(results)
    }

    fn point(&self, cell: &Cell, failed: &[Failed]) -> Result<Point> {
        let (folder, settings) = (self.folder(cell), &cell.settings);
        let mut point = Point {
            cell: cell.name.clone(),
            dataset: settings.dataset.clone(),
            defense: settings.defense,
            lambda: settings.lambda,
            paper_lambda: settings.paper_lambda,
            seed: settings.seed,
            outcome: "failed".into(),
            problem: failed.iter().find(|f| f.cell == cell.name).map(|f| f.problem.clone()),
            validation: None,
            validation_black_box: None,
            test: None,
            test_black_box: Vec::new(),
            test_white_box: Vec::new(),
            zero_gradient_images: 0,
        };
        let Some(record) = read_json::<Record>(&folder.record())? else {
            return Ok(point);
        };
        point.outcome = match record.outcome {
            Outcome::Trained => "trained".into(),
            Outcome::Diverged => "diverged".into(),
        };
        point.problem = record.problem;
        point.validation = record.validation;
        point.test = record.test;
        point.test_white_box = record.white_box;
        point.zero_gradient_images = record.zero_gradient_images;
        if let Some(found) = read_json::<super::BlackBox>(&folder.black_box())? {
            point.validation_black_box = Some(found.validation);
            point.test_black_box = found.test;
        }
        Ok(point)
    }
}
