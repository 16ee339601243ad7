//! What all requests share.

use std::sync::Arc;

use axum::body::Bytes;

use super::limits::Rates;
use super::options::ServeOptions;
use super::session::Cookie;
use crate::folder::{Study, Values};
use crate::store::{Store, Token};

/// A study that is served. A handle: its clones are the same.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What an [`App`] shares.
pub struct Shared {
    /// The folder; its images have been taken out.
    pub study: Study,
    /// By candidate: a PNG.
    pub images: Vec<Bytes>,
    /// By practice image: a PNG.
    pub practice: Vec<Bytes>,
    /// Who takes part.
    pub store: Store,
    /// How it is served.
    pub options: ServeOptions,
    /// What may be asked for.
    pub rates: Rates,
    /// A secret of this run of the server.
    pub secret: [u8; 32],
    /// Images that each participant sees.
    pub items: usize,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(super) fn new(mut study: Study, store: Store, options: ServeOptions, items: usize) -> Self {
        let bytes = |images: &mut Vec<Vec<u8>>| std::mem::take(images).into_iter().map(Bytes::from).collect();
        Self(Arc::new(Shared {
            images: bytes(&mut study.images),
            practice: bytes(&mut study.practice),
            rates: Rates::new(&options.limits),
            secret: Token::random().hash().0,
            study,
            store,
            options,
            items,
        }))
    }
}

impl Shared {
    /// The cookie of a participant's session, which outlives the browser's window.
    pub fn session_cookie(&self) -> Cookie {
        Cookie {
            name: "study_session",
            max_age: 60 * 60 * 24 * 30,
            lax: true,
            secure: self.options.secure(),
        }
    }

    /// The cookie of somebody who reads the consent text.
    pub fn visit_cookie(&self) -> Cookie {
        Cookie {
            name: "study_visit",
            max_age: 60 * 60 * 12,
            lax: true,
            secure: self.options.secure(),
        }
    }

    /// What texts leave open, if data are kept so many days.
    pub fn values(&self, retention_days: Option<u32>) -> Values {
        let retention = match retention_days {
            None => "until the researchers delete them".to_owned(),
            Some(1) => "one day after your last answer".to_owned(),
            Some(days) => format!("{days} days after your last answer"),
        };
        Values {
            items: self.items,
            retention,
            contact: self.options.contact.clone(),
        }
    }
}
