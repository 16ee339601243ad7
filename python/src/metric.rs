//! Metrics of the library's table: how far explanations are to be believed.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use doubleback::data::ImageShape;
use doubleback::evaluate::{ImageSource, batch_size};
use doubleback::explain::{Attribution, Explainer, InternalBatch, Upsampling};
use doubleback::faithfulness::{Explained, Measured, MetricSpec, Need};
use doubleback::nn::Network;
use doubleback::progress::Phase;
use doubleback::{Error, Result};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Map, Value, json};

use crate::arrays::{self, Array, Values, array, few};
use crate::attack;
use crate::errors;
use crate::method::Method;
use crate::model::{ModelHandle, device};
use crate::progress::Bar;
use crate::work::run;

/// The table of metrics, as JSON: of each its name, its options with their defaults, and what it needs.
#[pyfunction]
pub fn metrics() -> PyResult<String> {
    let entry = |spec: MetricSpec| -> Result<Value> {
        Ok(json!({
            "name": spec.name(),
            "options": spec.options()?,
            "asks_again": spec.needs().contains(&Need::Method),
            "compares": spec.needs().contains(&Need::OtherMaps),
        }))
    };
    let entries: Result<Vec<Value>> = MetricSpec::all().into_iter().map(entry).collect();
    Ok(Value::Array(entries.map_err(errors::exception)?).to_string())
}

/// The metric of a name with options as JSON; an attack among them has its own, and a `target` there may be the name of a class.
fn spec(name: &str, options: &str, classes: &[String]) -> PyResult<MetricSpec> {
    let mut options: Map<String, Value> = serde_json::from_str(options)
        .map_err(|problem| errors::internal(format!("options of the metric: {problem}")))?;
    if let Some(Value::Object(attack)) = options.get_mut("attack") {
        let name = attack.remove("attack");
        let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
        let of = attack::spec(name, &Value::Object(attack.clone()).to_string(), classes)?;
        let of = serde_json::to_value(of);
        let of = of.map_err(|problem| errors::internal(format!("options of the attack: {problem}")))?;
        options.insert("attack".to_owned(), of);
    }
    MetricSpec::with_options(name, &options).map_err(errors::exception)
}

/// A method as a call names it: name, options, background, and how its maps were brought to the size of the images.
type AskedAgain<'py> = (String, String, Option<Bound<'py, PyAny>>, Option<String>);

/// What a metric says of the maps of images for these classes: `values`, NaN where there is none, their `mean` with its `interval`, and how many are
/// `undefined` for which reason.
#[pyfunction]
#[pyo3(signature = (model, x, targets, maps, gap, name, options, method, others, internal_batch, bar))]
#[expect(clippy::too_many_arguments, reason = "they are options of one call")]
pub fn measure<'py>(
    py: Python<'py>,
    model: &Bound<'py, ModelHandle>,
    x: &Bound<'py, PyAny>,
    targets: PyReadonlyArray1<'py, i64>,
    maps: &Bound<'py, PyAny>,
    gap: Option<PyReadonlyArray1<'py, f64>>,
    name: &str,
    options: &str,
    method: Option<AskedAgain<'py>>,
    others: Vec<Bound<'py, PyAny>>,
    internal_batch: Option<usize>,
    bar: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let handle = model.get();
    let spec = spec(name, options, &handle.names())?;
    let network = match spec.needs().contains(&Need::Network) {
        true => Some(&handle.network(name)?.network),
        false => None,
    };
    let method = match &method {
        Some((name, options, background, how)) => {
            let how = how.as_deref().map(str::parse::<Upsampling>).transpose();
            let method = Method::new(
                (name.as_str(), options.as_str()),
                background.as_ref(),
                internal_batch,
                handle,
            )?;
            Some((method, how.map_err(errors::exception)?))
        }
        None => None,
    };
    let asked = method.as_ref().map(|(method, how)| (method.asked(), *how));
    let (x, maps) = (Array::new(x)?, Array::new(maps)?);
    let others = others.iter().map(Array::new).collect::<PyResult<Vec<_>>>()?;
    let images = Images {
        handle,
        network,
        pixels: x.values(),
        targets: arrays::labels("y", &targets)?,
        maps: maps.values(),
        gap: gap.map(|gap| gap.as_array().to_vec()),
        others: others.iter().map(Array::values).collect(),
        internal_batch: InternalBatch::try_from(internal_batch).map_err(errors::exception)?,
    };
    let mut bar = Bar::new(bar);
    let found = run(py, || {
        images.check()?;
        let asked = asked.as_ref().map(|(asked, how)| asked.upsampled(*how, handle));
        images.measure(&spec, asked.transpose()?.as_deref(), &mut bar)
    })?;
    dictionary(py, &spec, found)
}

/// What was found.
struct Found {
    values: Vec<f64>,
    undefined: BTreeMap<&'static str, usize>,
}

/// Images with their maps.
struct Images<'a> {
    handle: &'a ModelHandle,
    network: Option<&'a Network>,
    pixels: Values<'a>,
    targets: Vec<usize>,
    maps: Values<'a>,
    gap: Option<Vec<f64>>,
    others: Vec<Values<'a>>,
    internal_batch: InternalBatch,
}

impl Images<'_> {
    fn shape(&self) -> ImageShape {
        self.handle.classifier().shape()
    }

    fn check(&self) -> Result<()> {
        let (n, shape) = (self.pixels.count(), self.shape());
        self.pixels.check_images(shape)?;
        arrays::check_labels(&self.targets, n, self.handle.classifier().classes())?;
        if let Some(gap) = self.gap.as_ref().filter(|gap| gap.len() != n) {
            return Err(Error::shape("gap", n, gap.len()));
        }
        let fits = |dims: &[usize]| {
            let whole = [n, shape.channels, shape.height, shape.width];
            *dims == whole || *dims == [n, 1, shape.height, shape.width]
        };
        let mut maps = std::iter::once(&self.maps).chain(&self.others);
        match maps.find(|maps| !fits(maps.dims())) {
            Some(maps) => {
                let channels = match shape.channels {
                    1 => "1".to_owned(),
                    channels => format!("{channels} or 1"),
                };
                Err(Error::Shape {
                    what: "attribution".to_owned(),
                    expected: format!(
                        "[{n}, {channels}, {}, {}], as the images (`resized()` brings the map of a stage there)",
                        shape.height, shape.width
                    ),
                    found: format!("{:?}", maps.dims()),
                })
            }
            None => Ok(()),
        }
    }

    fn measure(&self, spec: &MetricSpec, method: Option<&dyn Explainer>, bar: &mut Bar) -> Result<Found> {
        let (n, shape) = (self.pixels.count(), self.shape());
        // A network with new weights is made for each batch.
        let size = match self.network {
            Some(_) => batch_size(shape),
            None => few(shape),
        };
        let mut found = Found {
            values: vec![f64::NAN; n],
            undefined: BTreeMap::new(),
        };
        let mut phase = Phase::begin(spec.name(), n, bar);
        for places in self.pixels.batches(size) {
            let end = places.end;
            let mut defined = Vec::with_capacity(places.len());
            for place in places {
                match self.undefined(place)? {
                    Some(why) => *found.undefined.entry(why).or_default() += 1,
                    None => defined.push(place),
                }
            }
            if !defined.is_empty() {
                let measured = self.some(spec, method, &defined);
                let measured = measured.map_err(|error| error.at(|row| defined[row]))?;
                for (&place, value) in defined.iter().zip(measured.values) {
                    match value.is_finite() {
                        true => found.values[place] = value,
                        false => *found.undefined.entry("the number is not finite").or_default() += 1,
                    }
                }
            }
            phase.done_unless_finished(end)?;
        }
        Ok(found)
    }

    /// Why nothing can be said of an image, if that is so. Maps with values that are not finite are refused.
    fn undefined(&self, place: usize) -> Result<Option<&'static str>> {
        let zero = |maps: &Values<'_>| -> Result<bool> {
            let map = maps.rows(place..place + 1)?;
            if map.iter().any(|value| !value.is_finite()) {
                let expected = "finite in all values (NaN or infinite ones say nothing): leave the image out, or look for what overflows";
                return Err(Error::value("attribution", expected, format!("that of image {place}")));
            }
            Ok(map.iter().all(|&value| value == 0.0))
        };
        if zero(&self.maps)? {
            return Ok(Some("the map is zero everywhere"));
        }
        let mut silent = !self.others.is_empty();
        for maps in &self.others {
            silent &= zero(maps)?;
        }
        Ok(silent.then_some("the maps of all other methods are zero everywhere"))
    }

    /// Of the images at these places.
    fn some(&self, spec: &MetricSpec, method: Option<&dyn Explainer>, places: &[usize]) -> Result<Measured> {
        let model = self.handle.classifier();
        let of = |values: &Values<'_>| -> Result<Tensor<4>> {
            let mut rows = Vec::new();
            for &place in places {
                rows.extend(values.rows(place..place + 1)?);
            }
            let dims = values.dims();
            let data = TensorData::new(rows, [places.len(), dims[1], dims[2], dims[3]]);
            Ok(Tensor::from_data(data, &device()))
        };
        let images = self.pixels.on(device()).read(places)?;
        let targets: Vec<usize> = places.iter().map(|&place| self.targets[place]).collect();
        let gap = self.gap.as_ref();
        let attribution = Attribution {
            values: of(&self.maps)?,
            gap: gap.map(|gap| places.iter().map(|&place| gap[place]).collect()),
        };
        let others = self.others.iter().map(of).collect::<Result<Vec<_>>>()?;
        let mut explained = Explained::new(model, &images, &targets, attribution)?
            .beside(others)?
            .at_once(self.internal_batch.images(self.shape()))?;
        if let Some(method) = method {
            explained = explained.with_explainer(method);
        }
        if let Some(network) = self.network {
            explained = explained.with_network(network);
        }
        spec.metric().measure(&explained)
    }
}

fn dictionary<'py>(py: Python<'py>, spec: &MetricSpec, found: Found) -> PyResult<Bound<'py, PyDict>> {
    let defined = found.values.iter().copied().filter(|value| value.is_finite());
    let summary = Measured::from(defined.collect::<Vec<_>>()).summary();
    let interval = summary.and_then(|summary| summary.interval);
    let count = found.values.len();
    let entries = PyDict::new(py);
    entries.set_item("values", array(py, found.values, [count])?)?;
    entries.set_item("undefined", found.undefined)?;
    entries.set_item("mean", summary.map(|summary| summary.mean))?;
    entries.set_item("interval", interval.map(|[low, high]| (low, high)))?;
    entries.set_item("direction", spec.direction().in_words())?;
    entries.set_item("units", spec.units())?;
    entries.set_item("question", spec.question())?;
    Ok(entries)
}
