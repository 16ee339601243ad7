use doubleback_import::{Source, StateDict, save_onnx};
use serde::Serialize;

use super::models;
use crate::args::{ExportArgs, Exported};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, wrapped};

/// Columns of the text.
const WIDTH: usize = 80;

/// What was written. JSON of `export`.
#[derive(Serialize)]
struct Export {
    model: String,
    out: String,
    /// `onnx`, `safetensors` or `pytorch`.
    format: &'static str,
    /// Tensors of a state dict, in its order.
    #[serde(skip_serializing_if = "Option::is_none")]
    tensors: Option<Vec<Tensor>>,
    /// What to know of it.
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<Source>,
}

#[derive(Serialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
}

/// Gives a model back to PyTorch or ONNX.
pub fn run(args: &ExportArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    let out = args.out.display();
    let Some(exported) = Exported::of(&args.out) else {
        return Err(Failure::Input(format!(
            "`--out {out}`: the ending says what is written. Give a name that ends in .onnx (a model), or .safetensors, .pt or .pth (a state dict)"
        )));
    };
    check_options(args, exported)?;
    output::check_file(&args.out)?;
    let model = models::open(&args.model, &args.options, context.data.image_size, context)?;
    let (format, tensors, notes) = match exported {
        Exported::Onnx => {
            output::make_parent(&args.out)?;
            let write = || save_onnx(&model.network, &model.card, &args.out, args.batch);
            context.during(&format!("writing {out}"), write)?;
            ("onnx", None, Vec::new())
        }
        Exported::Safetensors | Exported::PyTorch => {
            let mut dict = StateDict::of(&model.network, &model.card, args.state_names())?;
            if let Some(into) = &args.into {
                dict = dict.into_original(into)?;
            }
            output::make_parent(&args.out)?;
            context.during(&format!("writing {out}"), || dict.save(&args.out))?;
            let tensors = dict.tensors.into_iter().map(|tensor| Tensor {
                name: tensor.name,
                shape: tensor.shape,
            });
            let format = if exported == Exported::PyTorch {
                "pytorch"
            } else {
                "safetensors"
            };
            (format, Some(tensors.collect()), dict.notes)
        }
    };
    let export = Export {
        model: args.model.display().to_string(),
        out: out.to_string(),
        format,
        tensors,
        notes,
        import: model.source,
    };
    context.results(&export, args.json.as_ref(), &readable(&export))
}

/// Refuses options that such a file has no use for.
fn check_options(args: &ExportArgs, exported: Exported) -> Result<()> {
    let given = [
        ("--names", args.names.is_some(), false),
        ("--into", args.into.is_some(), false),
        ("--batch", args.batch.is_some(), true),
    ];
    let of_onnx = exported == Exported::Onnx;
    let useless = given.iter().find(|(_, given, onnx)| *given && *onnx != of_onnx);
    match useless {
        Some((option, _, true)) => Err(Failure::Input(format!(
            "`{option}`: a state dict has no batch. Leave it out, or write an .onnx file"
        ))),
        Some((option, ..)) => Err(Failure::Input(format!(
            "`{option}`: it is of state dicts. Leave it out, or write a .safetensors or .pt file"
        ))),
        None => Ok(()),
    }
}

fn readable(export: &Export) -> String {
    let what = match &export.tensors {
        None => "an ONNX model, from `images` to `logits`".to_owned(),
        Some(tensors) => format!("a state dict of {} tensors", grouped(tensors.len())),
    };
    let mut text = wrapped(&format!("{}: {what}", export.out), WIDTH, 2);
    for note in &export.notes {
        text += &wrapped(&format!("  - {note}"), WIDTH, 4);
    }
    text
}
