//! Rates, intervals, tests, agreement and power of the answers. `docs/study-analysis.md` says what each is, why it was chosen, and how it does in
//! simulated studies.
//!
//! - [`analyse`] makes all of it: [`Analysis`], which goes to JSON and back.
//! - [`simulate`] makes answers of people who are not there, for a study's manifest or for [`paper_manifest`].
//! - [`power`] says how many participants the paper's effect needs.

mod agreement;
mod claims;
mod compare;
mod describe;
mod flips;
mod impressions;
mod interval;
mod measure;
mod mixed;
mod options;
mod paper;
mod power;
mod published;
mod random;
mod rates;
mod sample;
mod simulate;

use serde::{Deserialize, Serialize};

pub use agreement::Agreement;
pub use claims::{Claim, Evidence, Verdict};
pub use compare::{Difference, ModelComparison};
pub use describe::{Description, Flag, Flagged, LabelUse};
pub use impressions::{Impression, ImpressionGroup, Impressions};
pub use measure::Measure;
pub use mixed::{FixedEffect, MixedModel, OddsRatio};
pub use options::{Counted, Options, PowerOptions};
pub use paper::paper_manifest;
pub use power::{MeasurePower, Power, PowerPoint, SettingPower, power};
pub use published::{PARTICIPANTS, Published, PublishedRow, SETTINGS, Setting};
pub use rates::{ModelRates, Rate};
pub use simulate::{AnswerModel, simulate};

use self::sample::Sample;
use crate::Result;
use crate::answer::Response;
use crate::folder::{Manifest, Role};

/// All that the answers of a study say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// Name of the study.
    pub title: String,
    /// Version of the program that analysed it.
    pub version: String,
    /// Data set of the images.
    pub dataset: String,
    /// Attack that made them.
    pub attack: String,
    /// How it was analysed.
    pub options: Options,
    /// The models, in the manifest's order.
    pub models: Vec<AnalysedModel>,
    /// What was answered, by whom, and how.
    pub description: Description,
    /// "Human fooled" and "mistake reasonable" by model.
    pub rates: Vec<ModelRates>,
    /// Normal models against others; the paper's comparison is `main`.
    pub comparisons: Vec<ModelComparison>,
    /// The same comparison with people and images in a model; none if not asked for.
    pub mixed: Vec<MixedModel>,
    /// Agreement on the most plausible label, of all models together, then of each.
    pub agreement: Vec<Agreement>,
    /// How many participants the paper's effect needs, if asked for.
    pub power: Option<Power>,
    /// Table 1.
    pub published: Vec<Published>,
    /// Which of its claims this study replicates.
    pub claims: Vec<Claim>,
    /// The qualitative part.
    pub impressions: Impressions,
}

/// A model of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnalysedModel {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Images of it that participants may be shown.
    pub candidates: usize,
}

/// Analyses the answers of a study. The same answers and options give the same analysis.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting) if an option is out of its range, or if an answer does not fit the manifest: an image or label that is not
/// there, or two answers of one participant to one image.
pub fn analyse(
    manifest: &Manifest,
    responses: &[Response],
    impressions: &[Impression],
    options: &Options,
) -> Result<Analysis> {
    options.check()?;
    let sample = Sample::new(manifest, responses, options.counted)?;
    let comparisons = compare::comparisons(manifest, &sample, options);
    Ok(Analysis {
        title: manifest.title.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dataset: manifest.data.dataset.clone(),
        attack: manifest.attack.name.clone(),
        options: options.clone(),
        models: models(manifest),
        description: describe::describe(manifest, responses, &sample, options.counted),
        rates: rates::rates(manifest, &sample, options.confidence),
        claims: claims::claims(manifest, &comparisons),
        comparisons,
        mixed: if options.mixed {
            mixed::mixed_models(manifest, &sample, options)
        } else {
            Vec::new()
        },
        agreement: agreement::agreements(manifest, &sample, options),
        power: options.power.as_ref().map(|own| power(own, options.seed)).transpose()?,
        published: published::table(manifest),
        impressions: impressions::impressions(manifest, impressions),
    })
}

fn models(manifest: &Manifest) -> Vec<AnalysedModel> {
    let of = |index: usize| manifest.candidates.iter().filter(|one| one.model == index).count();
    let models = manifest.models.iter().enumerate();
    models
        .map(|(index, model)| AnalysedModel {
            name: model.name.clone(),
            role: model.role,
            candidates: of(index),
        })
        .collect()
}
