//! A small study in a temporary folder, and its server on free ports.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use doubleback_study::assignment::Assignment;
use doubleback_study::folder::Manifest;
use doubleback_study::web::{Rate, ServeOptions, Serving, serve};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::small_study;

/// A study that nobody has taken part in.
#[derive(Clone)]
pub struct Study {
    folder: Arc<TempDir>,
    manifest: Arc<Manifest>,
}

impl Study {
    /// Ten classes and three models, as the paper's.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = small_study::write(folder.path());
        Self {
            folder: Arc::new(folder),
            manifest: Arc::new(manifest),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Images that each participant sees.
    pub fn items(&self) -> usize {
        Assignment::new(&self.manifest).items()
    }
}

/// A server within this process. It stops with this value.
pub struct Server {
    study: Study,
    /// Of the participants' pages.
    pub address: SocketAddr,
    /// Of the researcher's pages.
    pub researcher: SocketAddr,
    pub admin_token: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves a new study to anybody, who may ask as often as they like.
    pub fn start() -> Self {
        Self::start_with(|_| ())
    }

    pub fn start_with(change: impl FnOnce(&mut ServeOptions)) -> Self {
        Self::of(Study::new(), change)
    }

    pub fn of(study: Study, change: impl FnOnce(&mut ServeOptions)) -> Self {
        let mut options = options(study.path(), (Ipv4Addr::LOCALHOST, 0).into());
        change(&mut options);
        let (said, hear) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            let ready = move |serving: Serving| said.send(serving).unwrap();
            let stopped = async {
                let _ = stopped.await;
            };
            runtime.block_on(serve(options, ready, stopped)).unwrap();
        });
        let serving = hear.recv().expect("the server starts");
        Self {
            study,
            address: serving.participants,
            researcher: serving.researcher,
            admin_token: serving
                .admin_token
                .map_or_else(String::new, |token| token.text().to_owned()),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn path(&self) -> &Path {
        self.study.path()
    }

    pub fn manifest(&self) -> &Manifest {
        self.study.manifest()
    }

    pub fn items(&self) -> usize {
        self.study.items()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().expect("the server did not panic");
        }
    }
}

/// Open to a hundred thousand participants, with limits that none of them meets.
fn options(folder: &Path, listen: SocketAddr) -> ServeOptions {
    let mut options = ServeOptions::new(folder);
    options.listen = listen;
    options.admin_listen = (Ipv4Addr::LOCALHOST, 0).into();
    options.contact = Some("Ada Example <ada@example.org>".to_owned());
    options.open_enrolment = Some(100_000);
    let often = Rate::new(1_000_000, 1_000_000);
    (options.limits.session, options.limits.newcomers, options.limits.address) = (often, often, often);
    options.limits.stop_time = Duration::from_secs(1);
    options
}

/// Serves a study until the process ends.
pub fn serve_until_killed(folder: &Path, listen: SocketAddr, ready: impl FnOnce(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let ready = |serving: Serving| ready(serving.participants);
    runtime
        .block_on(serve(options(folder, listen), ready, std::future::pending()))
        .unwrap();
}
