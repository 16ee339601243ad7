//! What was explained and measured, as plain values: JSON of `doubleback explain`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doubleback::evaluate::ExplanationSummary;
use doubleback::explain::ExplainSpec;
use doubleback::faithfulness::{Direction, MetricSpec};
use doubleback::{Error, Result};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::run_record::RunRecord;

/// The file with the results, in the folder of a report.
pub const RESULTS: &str = "results.json";

/// What methods say of images, in a few numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExplainResults {
    /// Data set.
    pub dataset: String,
    /// Images explained.
    pub count: usize,
    /// The seed by which they were drawn, if they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_seed: Option<u64>,
    /// Whether they were chosen by their places.
    #[serde(skip)]
    pub by_index: bool,
    /// The class that is explained, as it was asked for: `true`, `predicted`, or one of all.
    pub target: String,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Places of the images in the test part of the data set.
    pub index: Vec<usize>,
    /// True classes.
    pub label: Vec<usize>,
    /// One entry a model, in the order given.
    #[serde(flatten)]
    pub models: Models,
    /// The program and the machine.
    #[serde(flatten)]
    pub run: RunRecord,
    /// SHA-256 of what goes in, by name.
    pub checksums: BTreeMap<String, String>,
    /// Arguments of the command line by which models and data were read, beside those that stand in other fields: `--arch`, `small-cnn`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
}

/// Models. In JSON the fields of a single one stand among those of the results; several are a list, `models`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models(pub Vec<ModelResults>);

impl Models {
    /// Whether models stand side by side.
    pub fn several(&self) -> bool {
        self.0.len() > 1
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, ModelResults> {
        self.0.iter()
    }
}

impl Serialize for Models {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if let [one] = self.0.as_slice() {
            return one.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("models", &self.0)?;
        map.end()
    }
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelResults {
    /// What it is called.
    pub model: String,
    /// Its file.
    pub model_file: PathBuf,
    /// By image, the class that is explained.
    pub targets: Vec<usize>,
    /// What is to be known of it: what reading it undid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// One entry a method, in the order given.
    pub methods: Vec<MethodResults>,
}

/// One method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodResults {
    /// Its name and options.
    #[serde(flatten)]
    pub spec: ExplainSpec,
    /// The same in words.
    pub settings: String,
    /// Its maps in a few numbers.
    #[serde(flatten)]
    pub summary: ExplanationSummary,
    /// Rows and columns of its maps, where these are not those of the images: for metrics and pictures they are brought to that size, bilinearly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_size: Option<[usize; 2]>,
    /// Time that the maps took.
    pub seconds: f64,
    /// Where its arrays are, if they were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// What metrics say of them, in the order given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricResults>,
}

/// What a metric says of a method's maps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricResults {
    /// Its name and options.
    #[serde(flatten)]
    pub spec: MetricSpec,
    /// The question it asks.
    pub question: String,
    /// Which values are better.
    pub direction: Direction,
    /// What its values are in.
    pub units: String,
    /// Mean over the images, if there is one.
    pub mean: Option<f64>,
    /// Its 95 % interval over images, if there are two.
    pub interval: Option<[f64; 2]>,
    /// Images that it is the mean of.
    pub n: usize,
    /// Images left out, since the map is zero everywhere and says nothing that could be measured, or no other method's says anything to compare with.
    pub undefined: usize,
    /// The value of each image, none of those left out: what to compare models and methods by, image by image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Option<f64>>,
    /// Why there is no mean, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_measured: Option<String>,
    /// Time that it took.
    pub seconds: f64,
}

impl ExplainResults {
    /// Writes them into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn save(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder, "making the folder"))?;
        crate::json::write(&folder.join(RESULTS), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str) -> ModelResults {
        ModelResults {
            model: name.to_owned(),
            model_file: "m.safetensors".into(),
            targets: vec![1],
            notes: Vec::new(),
            methods: Vec::new(),
        }
    }

    #[test]
    fn a_single_model_stands_among_the_results_and_several_are_a_list() {
        let mut results = ExplainResults {
            dataset: "mnist-mini".to_owned(),
            count: 1,
            sample_seed: None,
            by_index: true,
            target: "true".to_owned(),
            classes: vec!["0".to_owned(), "1".to_owned()],
            index: vec![7],
            label: vec![1],
            models: Models(vec![model("a")]),
            run: RunRecord::here("cpu", 1),
            checksums: BTreeMap::new(),
            arguments: Vec::new(),
        };
        let json = serde_json::to_value(&results).unwrap();
        assert_eq!(
            (&json["model"], &json["targets"]),
            (&"a".into(), &serde_json::json!([1]))
        );
        assert!(json.get("models").is_none() && json.get("by_index").is_none(), "{json}");
        results.models.0.push(model("b"));
        let json = serde_json::to_value(&results).unwrap();
        assert_eq!(json["models"][1]["model"], "b");
        assert!(json.get("model").is_none(), "{json}");
    }
}
