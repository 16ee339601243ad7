use doubleback_study::web::{self, ServeOptions, Serving};

use crate::args::StudyServeArgs;
use crate::exit::Result;
use crate::output;

/// Serves a study until it is asked to stop, which is how its work ends and no interruption.
pub fn run(args: &StudyServeArgs) -> Result<()> {
    let options = ServeOptions {
        listen: args.listen,
        admin_listen: args.admin_listen,
        admin_anywhere: args.admin_anywhere,
        public_origin: args.public_origin.clone(),
        contact: args.contact.clone(),
        open_enrolment: args.open,
        new_admin_token: args.new_admin_token,
        ..ServeOptions::new(&args.study)
    };
    let public = args.public_origin.clone();
    web::run(options, |serving| {
        for (model, class) in &serving.empty_cells {
            tracing::warn!("{model} has no image of {class}: participants see none");
        }
        for path in &serving.drafts {
            tracing::warn!(
                "{}: it has notes to the researcher, `[RESEARCHER: …]`. Write what they ask for before people read it",
                path.display()
            );
        }
        if let Err(error) = output::print(&announcement(&serving, public.as_deref())) {
            tracing::warn!("{error}");
        }
    })?;
    output::print("Stopped. Answers are kept: the same command goes on.\n")
}

fn announcement(serving: &Serving, public: Option<&str>) -> String {
    let at = format!("http://{}", serving.participants);
    let mut text = match public {
        None => format!("Participants: {at}/\n"),
        Some(origin) => format!("Participants: {origin}/ (the proxy asks {at})\n"),
    };
    text += &format!("Researcher:   http://{}/\n", serving.researcher);
    if let Some(token) = &serving.admin_token {
        text += &format!(
            "Key:          {}\n              for the researcher's pages. Keep it: it is not shown again\n",
            token.text()
        );
    }
    text + &format!(
        "Each participant sees {} images. Ctrl-C stops the server; answers are kept.\n",
        serving.items
    )
}
