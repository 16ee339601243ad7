//! Opens a study and serves it on two addresses: one for participants, which may be public, and one for the researcher.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::listener::listen;
use super::options::ServeOptions;
use super::state::App;
use super::{participant, researcher, security};
use crate::assignment::Assignment;
use crate::folder::Study;
use crate::store::{Store, Token};
use crate::{Error, Result};

/// How often data whose time is over are deleted.
const RETENTION: Duration = Duration::from_secs(60 * 60);
/// How often rate limits forget.
const TIDYING: Duration = Duration::from_secs(60);

/// A server that is about to take requests.
pub struct Serving {
    /// Address of the participants' pages.
    pub participants: SocketAddr,
    /// Address of the researcher's pages.
    pub researcher: SocketAddr,
    /// The researcher's token, if it was made now: it is not shown again.
    pub admin_token: Option<Token>,
    /// Images that each participant sees.
    pub items: usize,
    /// Cells without a candidate, as (model, original class), by name: no participant sees an image of them.
    pub empty_cells: Vec<(String, String)>,
    /// Texts in which notes to the researcher, `[RESEARCHER: …]`, are still to be replaced. With a public origin they are refused.
    pub drafts: Vec<PathBuf>,
}

/// Serves a study until `stop` is done. `ready` is called once, when both addresses are bound.
///
/// # Errors
/// If an option cannot be, if the folder is no study that can be served, if a text wants a contact and there is none, if an address cannot be bound, or if
/// the store fails.
pub async fn serve(
    mut options: ServeOptions,
    ready: impl FnOnce(Serving),
    stop: impl Future<Output = ()>,
) -> Result<()> {
    options.check()?;
    let study = Study::open(&options.folder)?;
    check_texts(&study, &options)?;
    let assignment = Assignment::new(&study.manifest);
    let bind = async |address: SocketAddr| {
        let refuse = |cause| {
            Error::Setting(format!(
                "{address}: cannot listen: {cause}; choose another address or port"
            ))
        };
        let listener = TcpListener::bind(address).await.map_err(refuse)?;
        let bound = listener.local_addr().map_err(refuse)?;
        Ok::<_, Error>((listener, bound))
    };
    let (participants, participants_at) = bind(options.listen).await?;
    let (researcher, researcher_at) = bind(options.admin_listen).await?;
    (options.listen, options.admin_listen) = (participants_at, researcher_at);
    raise_file_limit(&options);
    let store = Store::open(&options.folder)?;
    if let Some(cap) = options.open_enrolment {
        let mut settings = store.settings().await?;
        settings.open_enrolment = Some(cap);
        store.set_settings(settings).await?;
    }
    let name = |(model, class): (usize, usize)| {
        (
            study.manifest.models[model].name.clone(),
            study.manifest.classes[class].clone(),
        )
    };
    let serving = Serving {
        participants: participants_at,
        researcher: researcher_at,
        admin_token: store.admin_token(options.new_admin_token).await?,
        items: assignment.items(),
        drafts: drafts(&study),
        empty_cells: assignment.empty_cells().into_iter().map(name).collect(),
    };
    let app = App::new(study, store.clone(), options, assignment.items());
    let for_participants = security::protect(participant::routes(app.clone()), &app.options)?;
    let for_researcher = security::protect(researcher::routes(app.clone()), &app.options)?;
    ready(serving);

    let (stopping, stopped) = watch::channel(false);
    let limits = &app.options.limits;
    let listening = async {
        tokio::join!(
            listen(participants, for_participants, limits.clone(), stopped.clone()),
            listen(researcher, for_researcher, limits.clone(), stopped.clone()),
        );
    };
    let stop = async {
        tokio::select! {
            () = stop => {}
            () = housekeep(&app) => {}
        }
        let _ = stopping.send(true);
    };
    tokio::join!(listening, stop);
    store.close().await
}

/// Serves a study until the process is asked to end, by Ctrl-C or, on Unix, SIGTERM.
///
/// # Errors
/// As [`serve`].
pub fn run(options: ServeOptions, ready: impl FnOnce(Serving)) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Error::Setting(format!("cannot start threads: {cause}")))?;
    runtime.block_on(serve(options, ready, asked_to_end()))
}

async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn drafts(study: &Study) -> Vec<PathBuf> {
    study
        .texts
        .all()
        .into_iter()
        .filter(|text| text.is_draft())
        .map(|text| text.path().to_owned())
        .collect()
}

/// A text that wants a contact gets one: people who take part have somebody to ask. And nobody agrees to a draft.
fn check_texts(study: &Study, options: &ServeOptions) -> Result<()> {
    if let (Some(_), Some(path)) = (&options.public_origin, drafts(study).into_iter().next()) {
        let what = "it has notes to the researcher, `[RESEARCHER: …]`: write what they ask for before people read it"
            .to_owned();
        return Err(Error::Content { path, what });
    }
    if options
        .contact
        .as_ref()
        .is_some_and(|contact| !contact.trim().is_empty())
    {
        return Ok(());
    }
    match study.texts.all().into_iter().find(|text| text.wants("contact")) {
        None => Ok(()),
        Some(text) => {
            let what = "it has `{{contact}}`, and no contact is given: say whom participants ask, such as a name and a mail address".to_owned();
            Err(Error::Content {
                path: text.path().to_owned(),
                what,
            })
        }
    }
}

/// Deletes data whose time is over, and forgets old rate limits, for ever.
async fn housekeep(app: &App) {
    let mut retention = tokio::time::interval(RETENTION);
    let mut tidying = tokio::time::interval(TIDYING);
    loop {
        tokio::select! {
            _ = retention.tick() => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                match app.store.delete_expired(i64::try_from(now).unwrap_or(i64::MAX)).await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "participants' data were deleted because their time was over"),
                    Err(error) => tracing::error!(%error, "data whose time is over could not be deleted"),
                }
            }
            _ = tidying.tick() => app.rates.tidy(),
        }
    }
}

/// Each connection is an open file, and many systems allow 1,024 unless asked for more.
fn raise_file_limit(options: &ServeOptions) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let wanted = 2 * options.limits.connections as u64 + 256;
        let limit = getrlimit(Resource::Nofile);
        let enough = limit.current.is_none_or(|current| current >= wanted);
        let raised = Rlimit {
            current: Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted))),
            maximum: limit.maximum,
        };
        if !enough && setrlimit(Resource::Nofile, raised).is_err() {
            tracing::warn!("the limit of open files could not be raised: with many participants at once some may wait");
        }
    }
    #[cfg(not(unix))]
    let _ = options;
}
