//! An audit of a model, in a folder that it can go on from: see [`doubleback::audit`].

mod maps;
mod surrogate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doubleback::audit::{Audit, AuditRun, Measured, Plan, Setup, Shard, Shown};
use doubleback::data::Dataset;
use doubleback::evaluate::{EightBit, Identity, Named, TestSet, Unfinished};
use doubleback::explain::ExplainSpec;
use doubleback::nn::Classifier;
use doubleback::progress::Watch;
use doubleback::train::Recipe;
use doubleback::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::outside_data::check_outside;

pub use maps::{ExampleMap, ExampleMaps};

/// The file with the results, in the folder of an audit.
pub const RESULTS: &str = "results.json";
/// The file with the pictures.
pub const EXAMPLES: &str = "examples.json";
const WORK: &str = "work";

/// What an audit is asked.
pub struct Request<'a> {
    /// What the model is called.
    pub name: &'a str,
    /// The model.
    pub model: &'a dyn Classifier,
    /// What tells it from others: its [`checksum`](doubleback::nn::checksum), or of a function what it [`answers`](doubleback::evaluate::answers).
    pub checksum: String,
    /// What the data set is called.
    pub dataset_name: &'a str,
    /// The data set, with its classes in the model's order.
    pub dataset: &'a Dataset,
    /// Its images that are attacked.
    pub test: TestSet<'a>,
    /// What to do.
    pub plan: &'a Plan,
    /// Eps as it was given, if that was a fraction.
    pub eps_given: Option<String>,
    /// Arguments of the command line by which model and data were read.
    pub arguments: &'a [String],
    /// What is to be known of the model: what reading it undid.
    pub notes: &'a [String],
    /// The part of the images.
    pub shard: Shard,
    /// How long attacks may take.
    pub budget: Option<Duration>,
    /// Also attack with examples of a network that is trained here first, which needs the training images.
    pub surrogate: bool,
    /// Methods that explain the examples that a report shows, and the images that they were made of.
    pub explain: &'a [ExplainSpec],
    /// Name of the device.
    pub device: &'a str,
    /// Folder to write to, if any.
    pub out: Option<&'a Path>,
}

/// Examples that a report shows, with the images that they were made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    /// Channels, height and width.
    pub shape: [usize; 3],
    /// The examples.
    pub examples: Vec<Shown>,
    /// The images by place in the test part, as the examples.
    pub originals: BTreeMap<usize, Vec<u8>>,
    /// What methods say of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<ExampleMaps>,
}

/// An audit, and examples to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Audited {
    /// Its results.
    pub audit: Audit,
    /// Examples.
    pub examples: Examples,
    /// It was there already: nothing was computed.
    pub was_there: bool,
}

impl Request<'_> {
    /// What the audit is of.
    ///
    /// # Errors
    /// When the device fails.
    pub fn setup(&self) -> Result<Setup> {
        let model = Named {
            name: self.name,
            model: self.model,
        };
        let checksums = BTreeMap::from([
            ("model".to_owned(), self.checksum.clone()),
            ("images".to_owned(), self.test.checksum()),
        ]);
        let classes = &self.dataset.classes;
        let mut setup = Setup::new(
            self.plan,
            &model,
            self.dataset_name,
            classes,
            (&self.test, self.device),
            checksums,
        );
        setup.eps_given.clone_from(&self.eps_given);
        setup.shard = self.shard;
        setup.arguments = self.arguments.to_vec();
        setup.notes.extend_from_slice(self.notes);
        setup.settings.surrogate = self.recipe()?.as_ref().map(surrogate::in_words);
        Ok(setup)
    }

    fn recipe(&self) -> Result<Option<Recipe>> {
        match self.surrogate {
            true => surrogate::recipe(self.dataset, self.plan.seed()).map(Some),
            false => Ok(None),
        }
    }

    /// Makes the audit, or finds it finished in its folder. An unfinished one goes on from there.
    ///
    /// # Errors
    /// When the folder holds another audit or cannot be written; when images do not fit the model; [`Error::Interrupted`] when `watch` breaks.
    pub fn run(&self, watch: &mut dyn Watch) -> Result<Audited> {
        let setup = self.setup()?;
        if let Some(out) = self.out {
            check_outside(out, self.dataset)?;
            if let Some(mut found) = found(out, &setup)? {
                // A kill may have come between the results and this.
                Unfinished::open(&out.join(WORK), identity(&setup)?)?.remove()?;
                if !self.explain.is_empty() && !found.examples.are_explained_by(self.explain) {
                    found.examples.maps = self.maps(&found.audit, &found.examples, watch)?;
                    crate::json::write_compact(&out.join(EXAMPLES), &found.examples)?;
                }
                return Ok(found);
            }
        }
        let work = self.out.map(|out| out.join(WORK));
        let mut kept = match &work {
            Some(folder) => Some(Unfinished::open(folder, identity(&setup)?)?),
            None => None,
        };
        let trained = match self.recipe()? {
            Some(recipe) => Some(recipe.run(self.dataset, self.test.device, None, watch)?.trained.network),
            None => None,
        };
        let run = AuditRun {
            surrogate: trained.as_ref().map(|network| Named {
                name: "surrogate",
                model: network,
            }),
            model: Named {
                name: self.name,
                model: self.model,
            },
            test: self.test,
            plan: self.plan,
            eight_bit: EightBit::of(self.dataset),
            shard: self.shard,
            budget: self.budget,
        };
        let measured = run.run(kept.as_mut(), watch)?;
        let mut examples = self.examples(&measured);
        let audit = Audit::new(setup, measured);
        examples.maps = self.maps(&audit, &examples, watch)?;
        if let Some(out) = self.out {
            write(out, &audit, &examples)?;
        }
        match kept {
            // The same command goes on with what the time did not suffice for.
            Some(kept) if audit.partial.is_none() => kept.remove()?,
            _ => {}
        }
        Ok(Audited {
            audit,
            examples,
            was_there: false,
        })
    }

    fn examples(&self, measured: &Measured) -> Examples {
        let shape = self.dataset.shape;
        let bounds = self.dataset.bounds;
        let bytes = |index: usize| -> Vec<u8> {
            let image = self.test.split.image(index);
            let range = bounds.high - bounds.low;
            image
                .iter()
                .map(|v| ((v - bounds.low) / range * 255.0).round() as u8)
                .collect()
        };
        Examples {
            shape: [shape.channels, shape.height, shape.width],
            originals: measured
                .shown
                .iter()
                .map(|shown| (shown.index, bytes(shown.index)))
                .collect(),
            examples: measured.shown.clone(),
            maps: Vec::new(),
        }
    }
}

impl Examples {
    fn are_explained_by(&self, methods: &[ExplainSpec]) -> bool {
        self.maps.iter().map(|maps| &maps.method).eq(methods)
    }

    /// Adds those of another shard.
    fn extend(&mut self, other: Self) {
        self.shape = other.shape;
        self.examples.extend(other.examples);
        self.originals.extend(other.originals);
        for maps in other.maps {
            match self.maps.iter_mut().find(|own| own.method == maps.method) {
                Some(own) => own.maps.extend(maps.maps),
                None => self.maps.push(maps),
            }
        }
    }
}

/// The examples first: results say that all is there.
fn write(out: &Path, audit: &Audit, examples: &Examples) -> Result<()> {
    std::fs::create_dir_all(out).map_err(Error::io(out, "making the folder"))?;
    crate::json::write_compact(&out.join(EXAMPLES), examples)?;
    crate::json::write(&out.join(RESULTS), audit)
}

impl Audited {
    /// Writes the results and the examples into a folder, where [`Request::run`] with the same request finds them.
    ///
    /// # Errors
    /// When the folder holds another audit, or cannot be written.
    pub fn save(&self, out: &Path) -> Result<()> {
        match found(out, &self.audit.setup)? {
            Some(found) if found.examples == self.examples => Ok(()),
            _ => write(out, &self.audit, &self.examples),
        }
    }
}

/// A finished audit in a folder, if it is the one of this setup.
fn found(out: &Path, setup: &Setup) -> Result<Option<Audited>> {
    if !out.join(RESULTS).exists() {
        return Ok(None);
    }
    let audit = read(out)?;
    if audit.setup != *setup {
        let problem = "holds the results of another audit: of another model, data, eps or other settings. Give another --out, or delete the folder";
        return Err(Error::file(out, problem));
    }
    if audit.partial.is_some() {
        return Ok(None);
    }
    let examples = read_examples(out)?;
    Ok(Some(Audited {
        audit,
        examples,
        was_there: true,
    }))
}

fn identity(setup: &Setup) -> Result<Identity> {
    let settings = serde_json::to_string(&setup.settings).map_err(|e| Error::internal("describing an audit", e))?;
    let mut facts = vec![
        ("model".to_owned(), setup.model.clone()),
        ("data set".to_owned(), setup.dataset.clone()),
        ("eps".to_owned(), format!("{} in {}", setup.eps, setup.norm)),
        (
            "images".to_owned(),
            format!("{} (drawn by seed {:?})", setup.count, setup.sample_seed),
        ),
        ("shard".to_owned(), setup.shard.to_string()),
        ("settings".to_owned(), settings),
    ];
    let checksums = setup.checksums.iter();
    facts.extend(checksums.map(|(name, sum)| (format!("checksum of the {name}"), sum.clone())));
    Ok(facts.into_iter().collect())
}

/// The results in the folder of an audit, or in a file.
///
/// # Errors
/// When there are none, or they cannot be read as such.
pub fn read(path: &Path) -> Result<Audit> {
    let file = if path.is_dir() {
        path.join(RESULTS)
    } else {
        path.to_owned()
    };
    let bytes = std::fs::read(&file).map_err(Error::io(&file, "reading the results of an audit"))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let problem = format!(
            "cannot be read as results of an audit: {error}. Give the folder of `doubleback audit`, or its --json file"
        );
        Error::file(file, problem)
    })
}

/// The examples in the folder of an audit; none if it has none.
///
/// # Errors
/// When they cannot be read as such.
pub fn read_examples(folder: &Path) -> Result<Examples> {
    let file: PathBuf = folder.join(EXAMPLES);
    match std::fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Examples::default()),
        Err(error) => Err(Error::io(file, "reading the examples of an audit")(error)),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| Error::file(file, format!("cannot be read as examples of an audit: {error}"))),
    }
}

/// Writes an audit that was put together from shards into a folder, with the examples of those that are folders.
///
/// # Errors
/// When the folder holds another audit, or cannot be written; when examples cannot be read.
pub fn merged(audit: Audit, shards: &[PathBuf], out: &Path) -> Result<Audited> {
    if let Some(found) = found(out, &audit.setup)? {
        return Ok(found);
    }
    let mut examples = Examples::default();
    for folder in shards.iter().filter(|path| path.is_dir()) {
        examples.extend(read_examples(folder)?);
    }
    write(out, &audit, &examples)?;
    Ok(Audited {
        audit,
        examples,
        was_there: false,
    })
}
