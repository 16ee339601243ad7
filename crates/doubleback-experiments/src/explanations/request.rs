use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use doubleback::Result;
use doubleback::data::Dataset;
use doubleback::device::Device;
use doubleback::evaluate::{Explain, ExplainedClass, Explanations, Named, TestSet, background};
use doubleback::explain::{ExplainSpec, Explainer, Given, InternalBatch, Upsampled, Upsampling};
use doubleback::faithfulness::MetricSpec;
use doubleback::nn::{Classifier, Network, checksum};
use doubleback::progress::{Renamed, Watch};

use super::metrics::Maps;
use super::results::{ExplainResults, MethodResults, ModelResults, Models};
use crate::run_record::RunRecord;

/// How maps of another size than that of the images are brought there.
const UPSAMPLING: Upsampling = Upsampling::Bilinear;

/// A method, whose maps are brought to the size of the images for metrics.
pub(crate) type Method = Upsampled<Box<dyn Explainer>>;

/// A method as results name it, with the background that it asks for, from the training images.
///
/// # Errors
/// When options are out of range, or there are no images for a background.
pub(crate) fn explainer(
    spec: &ExplainSpec,
    dataset: &Dataset,
    internal_batch: InternalBatch,
    device: &Device,
) -> Result<Method> {
    let background = match spec.background() {
        Some((count, seed)) => Some(background(dataset, count, seed, device)?),
        None => None,
    };
    let of = spec.explainer(&Given {
        internal_batch,
        background,
    })?;
    Ok(Upsampled { of, how: UPSAMPLING })
}

/// A model to explain.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What results call it.
    pub name: &'a str,
    /// Its file.
    pub file: &'a Path,
    /// The model.
    pub network: &'a Network,
    /// What is to be known of it: what reading it undid.
    pub notes: &'a [String],
}

/// What is to be explained and measured.
pub struct Request<'a> {
    /// The models.
    pub models: &'a [Subject<'a>],
    /// What the data set is called.
    pub dataset_name: &'a str,
    /// The data set, with its classes in the models' order.
    pub dataset: &'a Dataset,
    /// Its images that are explained.
    pub test: TestSet<'a>,
    /// The seed by which they were drawn, if they were.
    pub sample_seed: Option<u64>,
    /// The class that is explained, as it was asked for.
    pub target: &'a str,
    /// The methods.
    pub methods: &'a [ExplainSpec],
    /// The metrics.
    pub metrics: &'a [MetricSpec],
    /// Images that a model is asked about at once. No bit of a result depends on it.
    pub internal_batch: InternalBatch,
    /// The program and the machine.
    pub run: RunRecord,
    /// Arguments of the command line by which models and data were read.
    pub arguments: Vec<String>,
}

/// What a method says of a model's images, in its own size and in that of the images.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodMaps {
    /// As the method gives it.
    pub own: Explanations,
    /// The same at the size of the images, where that is another.
    sized: Option<Explanations>,
}

impl MethodMaps {
    /// At the size of these images.
    ///
    /// # Errors
    /// When the size has no pixel, or too many.
    pub fn new(own: Explanations, test: &TestSet<'_>) -> Result<Self> {
        let size = [test.shape.height, test.shape.width];
        let sized = match [own.shape.height, own.shape.width] == size {
            true => None,
            false => Some(own.resized(size, UPSAMPLING, test.device)?),
        };
        Ok(Self { own, sized })
    }

    /// At the size of the images.
    pub fn at_image_size(&self) -> &Explanations {
        self.sized.as_ref().unwrap_or(&self.own)
    }

    /// Rows and columns of the method's own maps, where these are not those of the images.
    pub fn other_size(&self) -> Option<[usize; 2]> {
        let shape = self.own.shape;
        self.sized.as_ref().map(|_| [shape.height, shape.width])
    }
}

/// What was explained and measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// In a few numbers.
    pub results: ExplainResults,
    /// The maps, by model and method as the results.
    pub maps: Vec<Vec<MethodMaps>>,
}

impl Request<'_> {
    /// Explains all images by all methods on all models, and measures that.
    ///
    /// # Errors
    /// When there are no images, or these or a method do not fit a model; when options are out of range;
    /// [`Interrupted`](doubleback::Error::Interrupted) when `watch` breaks.
    pub fn run(&self, watch: &mut dyn Watch) -> Result<Outcome> {
        let explained = ExplainedClass::named(self.target, &self.dataset.classes)?;
        let explainers = self.explainers()?;
        let (mut models, mut all_maps) = (Vec::new(), Vec::new());
        for model in self.models {
            let (name, several) = (model.name, self.models.len() > 1);
            let mut watch = Renamed::new(watch, move |phase: &str| match several {
                true => format!("{phase} on {name}"),
                false => phase.to_owned(),
            });
            let (mut methods, maps) = self.explain(model, explained, &explainers, &mut watch)?;
            self.measure(model, &explainers, &maps, &mut methods, &mut watch)?;
            models.push(ModelResults {
                model: name.to_owned(),
                model_file: model.file.to_owned(),
                targets: maps.first().map(|maps| maps.own.target.clone()).unwrap_or_default(),
                notes: model.notes.to_vec(),
                methods,
            });
            all_maps.push(maps);
        }
        let places = 0..self.test.count();
        Ok(Outcome {
            results: ExplainResults {
                dataset: self.dataset_name.to_owned(),
                count: places.len(),
                sample_seed: self.sample_seed,
                by_index: self.sample_seed.is_none() && self.test.sample().is_some(),
                target: self.target.to_owned(),
                classes: self.dataset.classes.clone(),
                index: places.clone().map(|place| self.test.index(place)).collect(),
                label: places.map(|place| self.test.label(place)).collect(),
                models: Models(models),
                run: self.run.clone(),
                checksums: self.checksums()?,
                arguments: self.arguments.clone(),
            },
            maps: all_maps,
        })
    }

    fn explainers(&self) -> Result<Vec<Method>> {
        let explainer = |spec| explainer(spec, self.dataset, self.internal_batch, self.test.device);
        self.methods.iter().map(explainer).collect()
    }

    fn explain(
        &self,
        model: &Subject<'_>,
        explained: ExplainedClass,
        explainers: &[Method],
        watch: &mut dyn Watch,
    ) -> Result<(Vec<MethodResults>, Vec<MethodMaps>)> {
        let named = Named {
            name: model.name,
            model: model.network,
        };
        let (mut methods, mut all_maps) = (Vec::new(), Vec::new());
        for (spec, explainer) in self.methods.iter().zip(explainers) {
            let asked = Explain {
                method: &explainer.of,
                name: spec.name(),
                explained,
                internal_batch: self.internal_batch,
            };
            let begun = Instant::now();
            let found = Explanations::of(&named, &self.test, &self.dataset.classes, asked, watch)?;
            let seconds = begun.elapsed().as_secs_f64();
            let maps = MethodMaps::new(found, &self.test)?;
            methods.push(MethodResults {
                spec: spec.clone(),
                settings: spec.in_words(),
                summary: maps.own.summary(),
                map_size: maps.other_size(),
                seconds,
                file: None,
                metrics: Vec::new(),
            });
            all_maps.push(maps);
        }
        Ok((methods, all_maps))
    }

    fn measure(
        &self,
        model: &Subject<'_>,
        explainers: &[Method],
        maps: &[MethodMaps],
        methods: &mut [MethodResults],
        watch: &mut dyn Watch,
    ) -> Result<()> {
        for (place, method) in methods.iter_mut().enumerate() {
            let others = maps.iter().enumerate().filter(|&(other, _)| other != place);
            let measured = Maps {
                model: model.name,
                network: model.network,
                test: &self.test,
                explainer: &explainers[place],
                method: method.spec.name(),
                maps: maps[place].at_image_size(),
                others: others.map(|(_, maps)| maps.at_image_size()).collect(),
                at_once: self.internal_batch.images(model.network.shape()),
            };
            for metric in self.metrics {
                method.metrics.push(measured.measure(metric, watch)?);
            }
        }
        Ok(())
    }

    fn checksums(&self) -> Result<BTreeMap<String, String>> {
        let mut checksums = BTreeMap::from([("images".to_owned(), self.test.checksum())]);
        for model in self.models {
            let name = match self.models {
                [_] => "model".to_owned(),
                _ => format!("model {}", model.name),
            };
            checksums.insert(name, checksum(model.network)?);
        }
        Ok(checksums)
    }
}
