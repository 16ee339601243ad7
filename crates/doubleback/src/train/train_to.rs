//! Training into a file: interrupted, it goes on; finished, it can be given more steps; what the file held before is not lost.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Device;

use super::card;
use super::checkpoint;
use super::defense::TEACHER;
use super::identity::Identity;
use super::model_files::ModelFiles;
use super::recipe::{Cooked, Places, Recipe, checkpoint_path};
use crate::data::Dataset;
use crate::nn;
use crate::progress::Watch;
use crate::write::remove_partial_files;
use crate::{Error, Result};

/// Facts of a model that do not make it another training's.
const OF_ANY_LENGTH: [&str; 3] = ["steps", "doubleback", "instruction_set"];

/// A model that is in its file.
#[derive(Clone, Debug)]
pub struct Written {
    /// The model.
    pub cooked: Cooked,
    /// What the file of that name, of another training, is called now.
    pub set_aside: Option<PathBuf>,
}

/// What was there before.
struct Earlier {
    /// States that the training goes on from, by phase.
    states: BTreeMap<&'static str, PathBuf>,
    /// Files of another training.
    others: Vec<PathBuf>,
}

impl Recipe {
    /// Trains a model into its file. A training that was interrupted goes on, and so does one that ended, if there are more steps to make: its
    /// state is kept beside the model. However often it was stopped, it ends with the same bytes as one that made all steps at once. A model of
    /// another training of that name is kept under another name.
    ///
    /// The teacher of a defense that has one goes on as well; the student then starts from the beginning, since it learns from the finished teacher.
    ///
    /// # Errors
    /// As [`train`](super::train) and [`nn::save`]; when an interrupted training there has other options or data, or has made more steps than are
    /// wanted.
    pub fn train_to(
        &self,
        files: &ModelFiles,
        dataset: &Dataset,
        device: &Device,
        watch: &mut dyn Watch,
    ) -> Result<Written> {
        self.check_on(dataset)?;
        let written = self.train_in(files, dataset, device, watch);
        // It stays if there is something in it: a checkpoint, or what the user keeps there.
        let _ = std::fs::remove_dir(files.work());
        written
    }

    fn train_in(
        &self,
        files: &ModelFiles,
        dataset: &Dataset,
        device: &Device,
        watch: &mut dyn Watch,
    ) -> Result<Written> {
        let work = files.work();
        let data = Identity::of_data(dataset);
        let earlier = self.earlier(files, &data, dataset, device)?;
        std::fs::create_dir_all(&work).map_err(Error::io(&work, "making the folder"))?;
        // Only here: beside the model's file another training may be writing its own.
        remove_partial_files(&work);
        let places = Places {
            work: &work,
            data,
            kept: Some(&earlier.states),
        };
        let cooked = self.run_at(dataset, device, Some(&places), watch)?;
        let network = &cooked.trained.network;
        self.put_together(network, dataset, &work)?;
        // Only now: until here the earlier files stay as they are, whatever happens.
        let set_aside = files.set_aside(&earlier.others)?;
        self.move_out(network, dataset, &work, files.model())?;
        for phase in self.phases() {
            let (from, to) = (checkpoint_path(&work, phase), files.state_of(phase));
            if from.exists() {
                std::fs::rename(&from, &to).map_err(Error::io(&to, "writing"))?;
            }
        }
        Ok(Written { cooked, set_aside })
    }

    /// Looks at what is there, and says on the log what will be kept under another name.
    fn earlier(&self, files: &ModelFiles, data: &Identity, dataset: &Dataset, device: &Device) -> Result<Earlier> {
        let mut earlier = Earlier {
            states: BTreeMap::new(),
            others: Vec::new(),
        };
        for phase in self.phases() {
            let path = files.state_of(phase);
            let here = self.identity_of(phase, data)?;
            match checkpoint::identity(&path)? {
                Some(found) if found == here || found.is_student_of_another(&here) => {
                    earlier.states.insert(phase, path);
                }
                Some(_) => earlier.others.push(path),
                None => {}
            }
        }
        let teachers = files.teacher_state();
        if !self.phases().any(|phase| phase == TEACHER) && teachers.exists() {
            earlier.others.push(teachers);
        }
        let interrupted = self
            .phases()
            .any(|phase| checkpoint_path(&files.work(), phase).exists());
        let goes_on = interrupted || !earlier.states.is_empty();
        if let Some(why) = self.differs_from(files, dataset, device, goes_on) {
            let path = files.model();
            tracing::warn!(
                "{}: is there already, {why}. It will be kept under another name",
                path.display()
            );
            earlier.others.insert(0, path.to_owned());
        }
        Ok(earlier)
    }

    /// Why the model in the file may not be replaced, if it may not: it is of another training.
    fn differs_from(&self, files: &ModelFiles, dataset: &Dataset, device: &Device, goes_on: bool) -> Option<String> {
        let path = files.model();
        if !path.exists() {
            return None;
        }
        let Ok((network, found)) = nn::load(path, device) else {
            return Some("and is no model that this version can read".into());
        };
        let ours = self.card(dataset);
        let mut differences = card::differences(&found, &ours, &OF_ANY_LENGTH);
        if *network.architecture() != self.architecture {
            differences.push(format!("its network is another one than {}", self.architecture.name));
        }
        match differences.is_empty() {
            false => Some(format!("of another training: {}", differences.join("; "))),
            true if goes_on || found == ours => None,
            true => {
                let differences = card::differences(&found, &ours, &[]);
                Some(format!(
                    "without a state to go on from ({}), so that this training starts from the first step",
                    differences.join("; ")
                ))
            }
        }
    }
}
