use std::path::Path;

use doubleback::attack::AttackSpec;
use doubleback::evaluate::model_names;
use doubleback_study::folder::{Manifest, Role};
use doubleback_study::stimuli::{DEMO_IS_LESS, Demo, Request, Subject, cells, default_attack, demo, make, role_of};

use crate::args::StudyNewArgs;
use crate::commands::{attacks, models};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output::{self, grouped, sentences};

/// Makes a study.
pub fn run(args: &StudyNewArgs, context: &Context) -> Result<()> {
    let manifest = match &args.dataset {
        Some(dataset) if !args.demo => of_models(args, dataset, context)?,
        _ => of_demo(args, context)?,
    };
    let mut text = summary(&manifest);
    if args.demo {
        text += &format!("\n{}", sentences("", &format!("{DEMO_IS_LESS}.")));
    }
    let study = args.study.display();
    text += &format!(
        "\nImages:  {}\nTexts:   {} (edit them: what people consent to, and whom to ask)\nNext:    doubleback study serve {study}\n",
        args.study.join("stimuli.png").display(),
        args.study.join("texts").display(),
    );
    output::print(&text)
}

fn of_demo(args: &StudyNewArgs, context: &Context) -> Result<Manifest> {
    if !args.given.0.is_empty() {
        return Err(Failure::Input(
            "`--demo`: its attack has no options to choose. Leave them out, or give models with `--models`".to_owned(),
        ));
    }
    let request = Demo {
        seed: args.sample_seed,
        title: args.title.clone(),
        ..Demo::new(&args.study, &context.device)
    };
    let opening = "Training three small models on mnist-mini, and making images that fool them (a minute or two)";
    Ok(demo(&request, &mut context.reporter().announcing(opening.to_owned()))?)
}

fn of_models(args: &StudyNewArgs, dataset: &str, context: &Context) -> Result<Manifest> {
    check_attack(args)?;
    let names = model_names(&args.models)?;
    if !args.roles.is_empty() && args.roles.len() != names.len() {
        return Err(Failure::Input(format!(
            "`--roles`: {} roles for {} models. Give one for each, in the order of `--models`: {}",
            args.roles.len(),
            names.len(),
            Role::ALL.map(Role::name).join(", ")
        )));
    }
    let paths: Vec<&Path> = args.models.iter().map(|model| model.path.as_path()).collect();
    let (loaded, dataset) = models::load_all(&paths, &args.import, context.load_test(dataset)?, context)?;
    let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let subjects: Vec<Subject<'_>> = (0..names.len())
        .map(|index| Subject {
            name: &names[index],
            role: args.roles.get(index).copied(),
            file: &files[index],
            network: &loaded[index].network,
            card: &loaded[index].card,
        })
        .collect();
    for subject in subjects.iter().filter(|subject| subject.role.is_none()) {
        if role_of(subject.card) == Role::Other {
            tracing::warn!(
                "{}: its file does not say that it is normal, distilled or regularized, so its role is `other`. Give it with `--roles`",
                subject.file
            );
        }
    }
    let attack = match args.attack {
        Some(name) => Some(AttackSpec::with_options_for(name, &args.given.0, &dataset.classes)?),
        None => None,
    };
    let by_default = default_attack(&dataset).0;
    if attack.is_none() && !AttackSpec::taking_eps().contains(&by_default.name()) && !args.eps.is_empty() {
        return Err(Failure::Input(format!(
            "`--eps`: the attack on such images is `{}` by default, which has no size. Leave it out, or give another `--attack`",
            by_default.name()
        )));
    }
    let request = Request {
        attack,
        eps: args.eps.iter().map(|size| size.value).collect(),
        per_class: args.per_class,
        seed: args.sample_seed,
        title: args.title.clone(),
        strict: args.strict,
        ..Request::new(&args.study, &subjects, &dataset, &context.device)
    };
    Ok(make(&request, &mut context.reporter())?)
}

/// Before any data is read: options that the attack does not have, and options without an attack that they could be of.
fn check_attack(args: &StudyNewArgs) -> Result<()> {
    match args.attack {
        Some(name) => attacks::check_given(name, &args.given.0, !args.eps.is_empty()),
        None if args.given.0.is_empty() => Ok(()),
        None => Err(Failure::Input(
            "options of an attack are given, and no `--attack` that they are of. Give it".to_owned(),
        )),
    }
}

fn summary(manifest: &Manifest) -> String {
    let found = cells(manifest);
    let rows: Vec<Vec<String>> = manifest
        .models
        .iter()
        .enumerate()
        .map(|(index, model)| {
            let of_model = found.iter().filter(|cell| cell.model == index).map(|cell| cell.found);
            let least = of_model.clone().min().unwrap_or_default();
            vec![
                model.name.clone(),
                model.role.name().to_owned(),
                output::percent(model.clean_accuracy),
                grouped(of_model.sum()),
                least.to_string(),
            ]
        })
        .collect();
    let header = ["model", "role", "clean accuracy", "images", "fewest of a class"];
    let wanted = manifest.protocol.candidates;
    let mut text = format!(
        "{} on {}: images that each model takes for the class that was aimed at,\nof {wanted} that the protocol wants for a class and model\n\n{}",
        manifest.attack.name,
        manifest.data.dataset,
        output::table(&header, &rows)
    );
    let short = &manifest.protocol.short;
    if !short.is_empty() {
        let cells: Vec<String> = short
            .iter()
            .map(|cell| {
                let (model, class) = (&manifest.models[cell.model].name, &manifest.classes[cell.original]);
                format!("{model} {class} ({})", cell.found)
            })
            .collect();
        let listed = format!("Fewer than {wanted}: {}.", cells.join(", "));
        text += &format!("\n{}", sentences("", &listed));
    }
    text
}
