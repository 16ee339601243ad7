use doubleback::nn::{LayerSummary, ModelCard, Standardization, Summary};
use doubleback_import::{Source, Unsupported, open, unsupported};
use serde::Serialize;
use serde_json::Value;

use crate::args::InspectArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, short_name, table_within, wrapped};

/// Columns that a table of layers may take.
const WIDTH: usize = 100;
/// Longest options of a layer, in characters.
const OPTIONS: usize = 34;

/// All that is known of a model. JSON of `inspect`.
#[derive(Serialize)]
struct Inspection<'a> {
    model: String,
    import: Option<&'a Source>,
    card: &'a ModelCard,
    #[serde(flatten)]
    summary: &'a Summary,
    flops: u64,
}

/// What is in the way of importing a file. JSON of `inspect` then.
#[derive(Serialize)]
struct Refused<'a> {
    model: String,
    problem: String,
    unsupported: &'a [Unsupported],
}

/// Shows what a model is made of.
pub fn run(args: &InspectArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    let options = args.options.options(context.data.image_size);
    let imported = match open(&args.model, &options, &context.device) {
        Ok(imported) => imported,
        Err(error) => return refused(args, Failure::from(error)),
    };
    let summary = Summary::of(&imported.network)?;
    let inspection = Inspection {
        model: args.model.display().to_string(),
        import: imported.source.as_ref(),
        card: &imported.card,
        summary: &summary,
        flops: summary.multiply_adds.saturating_mul(2),
    };
    output::results(&inspection, args.json.as_ref(), &readable(&inspection))
}

/// Says all that is in the way, and ends as the error says.
fn refused(args: &InspectArgs, failure: Failure) -> Result<()> {
    let found = unsupported(&args.model).unwrap_or_default();
    if found.is_empty() {
        return Err(failure);
    }
    let refused = Refused {
        model: args.model.display().to_string(),
        problem: failure.to_string(),
        unsupported: &found,
    };
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|one| {
            vec![
                short_name(&one.node),
                one.operator.clone(),
                one.opset.to_string(),
                one.problem.clone(),
            ]
        })
        .collect();
    let table = output::table_left(&["node", "operator", "opset", "what is in the way"], &rows);
    output::results(
        &refused,
        args.json.as_ref(),
        &format!("{}\n\n{table}\n", args.model.display()),
    )?;
    Err(failure)
}

fn readable(found: &Inspection<'_>) -> String {
    let summary = found.summary;
    let [channels, height, width] = summary.input;
    let [low, high] = summary.bounds;
    let mut facts = vec![("format", format(found))];
    for key in ["defense", "dataset"] {
        facts.extend(found.card.get(key).map(|value| (key, value.clone())));
    }
    facts.push((
        "images",
        format!("{channels} x {height} x {width}, values from {low} to {high}"),
    ));
    facts.extend(
        summary
            .normalization
            .as_ref()
            .map(|found| ("normalization", normalization(found))),
    );
    facts.push(("classes", classes(found)));
    facts.push(("parameters", grouped(summary.parameters)));
    if summary.buffers > 0 {
        facts.push(("buffers", format!("{}, not trained", grouped(summary.buffers))));
    }
    facts.push((
        "multiply-adds",
        format!(
            "{} an image, {} FLOP",
            grouped64(summary.multiply_adds),
            scaled(found.flops)
        ),
    ));
    for file in found.import.iter().flat_map(|source| &source.files) {
        facts.push(("sha256", format!("{} {}", file.sha256, file.file)));
    }
    let mut text = format!("{}\n", found.model);
    for (name, fact) in facts {
        text += &wrapped(&format!("  {name:<15}{fact}"), WIDTH, 17);
    }
    let rows: Vec<Vec<String>> = summary.layers.iter().map(row).collect();
    let header = ["layer", "kind", "options", "output", "parameters", "multiply-adds"];
    let rows: Vec<Vec<String>> = rows;
    text += &format!("\n{}", table_of_layers(&header, &rows));
    let stages: Vec<String> = summary
        .stages
        .iter()
        .map(|stage| format!("{} ({})", stage.name, size(stage.size)))
        .collect();
    text += &format!("\n{}", wrapped(&format!("Latents: {}", stages.join(", ")), WIDTH, 2));
    if let Some(notes) = found
        .import
        .map(|source| &source.notes)
        .filter(|notes| !notes.is_empty())
    {
        text += "\nNotes\n";
        for note in notes {
            text += &wrapped(&format!("  - {note}"), WIDTH, 4);
        }
    }
    text
}

fn format(found: &Inspection<'_>) -> String {
    let Some(source) = found.import else {
        return format!("doubleback, {}", found.summary.architecture);
    };
    let opset = source.opset.map(|opset| format!(", opset {opset}")).unwrap_or_default();
    let by = match source.producer.as_str() {
        "" => String::new(),
        producer => format!(", written by {producer}"),
    };
    format!("{}{opset}{by}", source.format)
}

fn normalization(found: &Standardization) -> String {
    let list = |values: &[f32]| {
        values
            .iter()
            .map(|value| output::short(f64::from(*value)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!("mean {}; deviation {}", list(&found.mean), list(&found.std))
}

fn classes(found: &Inspection<'_>) -> String {
    let count = grouped(found.summary.classes);
    match doubleback::nn::card::classes(found.card) {
        Some(names) => format!("{count}: {}", doubleback::data::words::first_few(names.into_iter())),
        None => count,
    }
}

fn row(layer: &LayerSummary) -> Vec<String> {
    let number = |value: u64| if value == 0 { String::new() } else { grouped64(value) };
    vec![
        short_name(&layer.name),
        layer.kind.clone(),
        options(layer),
        size(layer.output),
        number(layer.parameters as u64),
        number(layer.multiply_adds),
    ]
}

/// The options of a layer that say something, short: `64, kernel 7x7, stride 2x2`.
fn options(layer: &LayerSummary) -> String {
    let worth = |(name, value): (&String, &Value)| {
        let text = match value {
            Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("x"),
            other => plain(other),
        };
        let dull = matches!(text.as_str(), "" | "0" | "0x0" | "false" | "null") || (name == "stride" && text == "1x1");
        (!dull).then(|| match value {
            Value::Bool(_) => name.clone(),
            _ if matches!(name.as_str(), "channels" | "units" | "function") => text,
            _ => format!("{name} {text}"),
        })
    };
    let text = layer.options.iter().filter_map(worth).collect::<Vec<_>>().join(", ");
    if text.chars().count() <= OPTIONS {
        return text;
    }
    text.chars().take(OPTIONS - 1).chain(['…']).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string().replace(['"', '{', '}', '[', ']'], ""),
    }
}

fn size([height, width, channels]: [usize; 3]) -> String {
    match (height, width) {
        (1, 1) => grouped(channels),
        _ => format!("{height}x{width}x{channels}"),
    }
}

fn grouped64(value: u64) -> String {
    doubleback::data::words::grouped64(value)
}

/// `3.63 G`.
fn scaled(value: u64) -> String {
    let (divided, unit) = match value {
        0..1_000_000 => return grouped64(value),
        1_000_000..1_000_000_000 => (value as f64 / 1e6, "M"),
        _ => (value as f64 / 1e9, "G"),
    };
    format!("{divided:.2} {unit}")
}

/// Names to the left, numbers to the right.
fn table_of_layers(header: &[&str], rows: &[Vec<String>]) -> String {
    // Columns of numbers are the last two.
    let fixed = header.len() - 2;
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let padded = |row: &[String]| -> Vec<String> {
        let cells = row.iter().zip(&widths).enumerate();
        cells
            .map(|(column, (cell, &width))| {
                if column < fixed {
                    format!("{cell:<width$}")
                } else {
                    cell.clone()
                }
            })
            .collect()
    };
    let rows: Vec<Vec<String>> = rows.iter().map(|row| padded(row)).collect();
    let header: Vec<String> = padded(&header.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table_within(&header, &rows, 1, WIDTH)
}
