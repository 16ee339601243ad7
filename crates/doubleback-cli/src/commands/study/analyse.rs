use doubleback_study::analysis::{Analysis, Counted, Impression, Measure, ModelComparison, Options, Rate, analyse};
use doubleback_study::folder::read_manifest;
use doubleback_study::report::write_analysis;
use doubleback_study::store;

use super::answers;
use crate::args::StudyAnalyseArgs;
use crate::context::Context;
use crate::exit::Result;
use crate::output::{self, grouped, percent, sentences};

/// Analyses a study.
pub fn run(args: &StudyAnalyseArgs, context: &Context) -> Result<()> {
    let folder = args.folder();
    output::check_json(args.json.as_ref())?;
    output::check_folder(&folder)?;
    let manifest = read_manifest(&args.study)?;
    let export = store::export(&args.study)?;
    let impressions: Vec<Impression> = export
        .comparisons
        .iter()
        .map(|said| Impression {
            participant: said.participant,
            preferred: said.comparison.preferred,
            comment: said.comparison.comment.clone(),
        })
        .collect();
    let options = Options {
        counted: match args.unfinished {
            true => Counted::All,
            false => Counted::Finished,
        },
        seed: args.seed,
        ..Options::default()
    };
    let analysis = context.during("analysing", || {
        analyse(&manifest, &export.responses, &impressions, &options)
    })?;
    let written = write_analysis(&analysis, &folder)?;
    let text = format!(
        "{}\nReport:  {}\nFigures: {} ({} files)\nResults: {}\n",
        summary(&analysis),
        folder.join("report.html").display(),
        folder.join("figures").display(),
        written.len() - 2,
        folder.join("analysis.json").display(),
    );
    context.results(&analysis, args.json.as_ref(), &text)
}

fn summary(analysis: &Analysis) -> String {
    let description = &analysis.description;
    let counted = match description.counted {
        Counted::Finished => "theirs are counted",
        Counted::All => "all are counted",
    };
    let mut text = sentences(
        "",
        &format!(
            "{}; {} finished all {} images: {counted}.",
            answers(description.answers, description.participants),
            grouped(description.finished),
            description.images_each
        ),
    );
    if description.counted_answers == 0 {
        let what = match description.counted {
            Counted::Finished => "Nobody has answered all images yet. With `--unfinished`, all answers are counted.",
            Counted::All => "Nobody has answered yet.",
        };
        return text + &sentences("", what);
    }
    let rows: Vec<Vec<String>> = analysis
        .rates
        .iter()
        .map(|model| {
            let rate = |measure| model.of(measure).map(told).unwrap_or_default();
            vec![
                model.name.clone(),
                model.role.name().to_owned(),
                rate(Measure::Fooled),
                rate(Measure::Reasonable),
            ]
        })
        .collect();
    text += &format!(
        "\n{}",
        output::table(&["model", "role", "human fooled", "mistake reasonable"], &rows)
    );
    for comparison in analysis.comparisons.iter().filter(|comparison| comparison.main) {
        text += &format!("\n{}", compared(analysis, comparison));
    }
    text
}

/// Such as `16.4 % (9.2 to 26.5)`.
fn told(rate: &Rate) -> String {
    match (rate.rate, rate.interval) {
        (Some(share), Some([low, high])) => format!("{} ({} to {})", percent(share), percent(low), percent(high)),
        (Some(share), None) => percent(share),
        (None, _) => "no answer".to_owned(),
    }
}

fn compared(analysis: &Analysis, comparison: &ModelComparison) -> String {
    let name = |index: usize| analysis.models.get(index).map_or("", |model| model.name.as_str());
    let about = format!(
        "{} against {}, by sign flips of {} participants' differences:",
        name(comparison.to),
        name(comparison.from),
        comparison.participants
    );
    let mut text = sentences("", &about);
    for measure in &comparison.measures {
        let corrected = measure.p_holm.map(|p| format!(" ({p:.3} with Holm's correction)"));
        let share = |share: Option<f64>| share.map_or_else(|| "no answer".to_owned(), percent);
        text += &sentences(
            "  ",
            &format!(
                "{}: {} against {}, p = {:.3}{}",
                measure.measure.words(),
                share(measure.to),
                share(measure.from),
                measure.p,
                corrected.unwrap_or_default()
            ),
        );
    }
    text
}
