use doubleback::data::{self, FileState, Presence, catalog};

use crate::args::{DataCommand, ShowArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Does a command of `data`.
pub fn run(command: &DataCommand, context: &Context) -> Result<()> {
    match command {
        DataCommand::List => list(context),
        DataCommand::Verify { dataset } => verify(dataset, context),
        DataCommand::Show(args) => show(args, context),
    }
}

fn list(context: &Context) -> Result<()> {
    let mut rows = Vec::new();
    let mut places = Vec::new();
    for info in catalog() {
        rows.push(vec![
            info.name.to_owned(),
            output::grouped(info.train),
            output::grouped(info.validation),
            output::grouped(info.test),
            info.shape.to_string(),
            info.classes.len().to_string(),
        ]);
        let place = match info.presence(&context.data)? {
            Presence::Present { folder } => format!("    in {}\n", folder.display()),
            Presence::Missing { folder, files } => format!(
                "    not here: {} lacks {} of its {} files; `doubleback data verify {}` names them\n",
                folder.display(),
                files.len(),
                info.files().count(),
                info.name
            ),
            // The description says where the others are.
            _ => String::new(),
        };
        places.push(format!(
            "  {}: {}, {}\n{place}",
            info.name, info.description, info.license
        ));
    }
    let header = ["data set", "train", "validation", "test", "images", "classes"];
    output::print(&format!(
        "{}\n{}\nSizes are those with all published files; svhn and cifar10 make do with fewer.\n",
        output::table(&header, &rows),
        places.concat()
    ))
}

fn verify(name: &str, context: &Context) -> Result<()> {
    let files = data::verify(name, &context.data)?;
    let lines: Vec<String> = files
        .iter()
        .map(|file| format!("{}: {}\n", file.file, file.state))
        .collect();
    output::print(&lines.concat())?;
    let wrong = files
        .iter()
        .filter(|file| !matches!(file.state, FileState::Official))
        .count();
    if wrong > 0 {
        return Err(Failure::Input(format!(
            "{name}: {wrong} of {} files are not the official ones. Get them again",
            files.len()
        )));
    }
    Ok(())
}

fn show(args: &ShowArgs, context: &Context) -> Result<()> {
    output::check_ending(&args.out, "png")?;
    output::check_file(&args.out)?;
    let dataset = context.load(&args.dataset)?;
    let png = data::contact_sheet(&dataset, args.part, args.per_class)?;
    output::make_parent(&args.out)?;
    doubleback::write::write_atomically(&args.out, &png)?;
    output::print(&format!("Picture: {}\n", args.out.display()))
}
