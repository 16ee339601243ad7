use doubleback::data::{self, Part, Presence, catalog};

use crate::args::{DataCommand, ShowArgs};
use crate::class_table;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Does a command of `data`.
pub fn run(command: &DataCommand, context: &Context) -> Result<()> {
    match command {
        DataCommand::List => list(context),
        DataCommand::Fetch(args) => super::fetch::run(args, context),
        DataCommand::Duplicates { dataset } => duplicates(dataset, context),
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
            Presence::Present { folder } => output::sentences("    ", &format!("in {}", folder.display())),
            Presence::Missing { folder, files } => {
                let missing = format!(
                    "not here: {} lacks {} of its {} files; get them with `doubleback data fetch {}`",
                    folder.display(),
                    files.len(),
                    info.files().count(),
                    info.name
                );
                output::sentences("    ", &missing)
            }
            // The description says where the others are.
            _ => String::new(),
        };
        let about = format!("{}: {}, {}", info.name, info.description, info.license);
        places.push(output::sentences("  ", &about) + &place);
    }
    let header = ["data set", "train", "validation", "test", "images", "classes"];
    places.push("  folder:PATH: your own images, one sub-folder of .png or .jpg files a class\n".to_owned());
    places.push("  npz:FILE: your own images and labels as NumPy arrays x and y\n".to_owned());
    let of_parquet = if doubleback::data::parquet::IS_READ {
        ""
    } else {
        " (not in this build: it lacks the feature parquet)"
    };
    places.push(output::sentences(
        "  ",
        &format!("parquet:PATH: files of Hugging Face's hub{of_parquet}"),
    ));
    let sizes = "Sizes are those with all published files; notmnist, svhn and cifar10 make do with fewer.";
    output::print(&format!(
        "{}\n{}\n{}",
        output::table(&header, &rows),
        places.concat(),
        output::sentences("", sizes)
    ))
}

fn verify(name: &str, context: &Context) -> Result<()> {
    let files = context.during(&format!("checking {name}"), || data::verify(name, &context.data))?;
    let lines: Vec<String> = files.iter().map(|file| format!("{file}\n")).collect();
    output::print(&lines.concat())?;
    let wrong: Vec<_> = files.iter().filter(|file| !file.state.is_right()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    // Files of a folder of images are nobody's to get again.
    let fetched = wrong.iter().any(|file| file.images.is_none());
    let advice = match doubleback::data::fetch::check(name) {
        Ok(()) if fetched => format!("Get them again with `doubleback data fetch {name} --replace`"),
        _ if wrong.len() == 1 => "Correct or remove it".to_owned(),
        _ => "Correct or remove them".to_owned(),
    };
    let all: usize = files.iter().map(|file| file.images.unwrap_or(1)).sum();
    Err(Failure::Input(format!(
        "{name}: {} of {} not what {} should be. {advice}",
        output::grouped(wrong.len()),
        data::words::count(all, "file") + if wrong.len() == 1 { " is" } else { " are" },
        if wrong.len() == 1 { "it" } else { "they" },
    )))
}

fn duplicates(name: &str, context: &Context) -> Result<()> {
    let dataset = context.load(name)?;
    let parts = context.during("comparing images", || data::duplicates(&dataset));
    let mut header = vec!["part", "images", "distinct"];
    let also: Vec<String> = Part::ALL.iter().map(|part| format!("also in {part}")).collect();
    header.extend(also.iter().map(String::as_str));
    header.push("other label");
    let row = |part: &data::PartDuplicates| {
        let mut row = vec![
            part.part.to_string(),
            output::grouped(part.images),
            output::grouped(part.distinct),
        ];
        row.extend(
            Part::ALL
                .iter()
                .zip(part.shared)
                .map(|(&other, shared)| match other == part.part {
                    true => String::new(),
                    false => output::grouped(shared),
                }),
        );
        row.push(output::grouped(part.contradictory));
        row
    };
    let rows: Vec<Vec<String>> = parts.iter().map(row).collect();
    let notes: Vec<String> = dataset.notes.iter().map(|note| output::sentences("  ", note)).collect();
    let gap = if notes.is_empty() { "" } else { "\n" };
    output::print(&format!("{}{gap}{}", output::table(&header, &rows), notes.concat()))
}

fn show(args: &ShowArgs, context: &Context) -> Result<()> {
    output::check_ending(&args.out, "png")?;
    output::check_file(&args.out)?;
    let dataset = context.load(&args.dataset)?;
    let classes: Vec<usize> = if args.classes.is_empty() {
        (0..dataset.classes.len().min(data::MAX_SHOWN_CLASSES)).collect()
    } else {
        let named = args
            .classes
            .iter()
            .map(|name| data::class_index(&dataset.classes, name));
        named
            .collect::<std::result::Result<_, _>>()
            .map_err(|unknown| Failure::Input(unknown.to_string()))?
    };
    let png = data::contact_sheet_of(&dataset, args.part, args.per_class, &classes)?;
    output::make_parent(&args.out)?;
    doubleback::write::write_atomically(&args.out, &png)?;
    let names: Vec<String> = classes
        .iter()
        .map(|&class| class_table::named(&dataset.classes, class))
        .collect();
    let rest = if args.classes.is_empty() && dataset.classes.len() > classes.len() {
        format!("; {} more with `--classes`", dataset.classes.len() - classes.len())
    } else {
        String::new()
    };
    let rows = format!("Rows from the top: {}{rest}", names.join(", "));
    output::print(&format!(
        "Picture: {}\n{}",
        args.out.display(),
        output::wrapped(&rows, 78, 2)
    ))
}
