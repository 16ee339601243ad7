//! What several methods say of the images of one or several models, and what metrics say of that: see [`doubleback::explain`] and
//! [`doubleback::faithfulness`].

mod metrics;
mod request;
mod results;
mod smoothing;

pub(crate) use request::explainer;
pub use request::{MethodMaps, Outcome, Request, Subject};
pub use results::{ExplainResults, MethodResults, MetricResults, ModelResults, Models, RESULTS};
pub use smoothing::{Gain, Smoothing, smoothing};
