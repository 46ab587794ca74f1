//! What a form has done, kept for the page that the browser is sent to.
//!
//! A page that answers a form itself sends it again when it is reloaded. So forms of people who are signed in answer with a
//! redirect, and the page that follows tells what became of them: once, and only in the sign-in that sent the form. Secrets
//! that are shown once are among it, so it is kept in memory alone and for a short while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::Method;
use axum::response::Response;
use dealwright_accounts::codes::NewCode;
use dealwright_accounts::{Link, Params, Secret};

use super::answer::{Failure, redirect};
use super::visit::Visit;

/// How long a page has to come for its news.
const KEPT: Duration = Duration::from_mins(5);
/// How many news wait at most; beyond that the oldest go.
const WAITING: usize = 1_000;

/// What to tell.
#[derive(Default)]
pub(super) struct News {
    pub(super) done: &'static str,
    pub(super) problem: String,
    pub(super) secret: Option<Secret>,
    pub(super) code: Option<NewCode>,
    pub(super) link: Option<Link>,
    /// The form as it was sent, so that a mistake in it can be mended. Never one with a password.
    pub(super) sent: Params,
}

impl News {
    pub(super) fn done(done: &'static str) -> Self {
        Self { done, ..Self::default() }
    }

    pub(super) fn problem(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), ..Self::default() }
    }

    /// A secret that was just made.
    pub(super) fn secret(secret: Secret) -> Self {
        Self { secret: Some(secret), ..Self::default() }
    }
}

/// News that wait for their pages. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Board(Arc<Mutex<VecDeque<Waiting>>>);

struct Waiting {
    /// The sign-in, by the token of its forms, and the page.
    form_token: String,
    path: String,
    since: Instant,
    news: News,
}

impl Board {
    fn put(&self, form_token: &str, path: &str, news: News) {
        let mut waiting = self.waiting();
        waiting.retain(|one| !one.is_for(form_token, path));
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        let (form_token, path) = (form_token.to_owned(), path.to_owned());
        waiting.push_back(Waiting { form_token, path, since: Instant::now(), news });
    }

    fn take(&self, form_token: &str, path: &str) -> Option<News> {
        let mut waiting = self.waiting();
        let at = waiting.iter().position(|one| one.is_for(form_token, path))?;
        waiting.remove(at).map(|one| one.news)
    }

    /// Those that are not too old.
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while waiting.front().is_some_and(|oldest| oldest.since.elapsed() >= KEPT) {
            waiting.pop_front();
        }
        waiting
    }
}

impl Waiting {
    fn is_for(&self, form_token: &str, path: &str) -> bool {
        self.form_token == form_token && self.path == path
    }
}

impl Visit {
    /// Sends the browser of the person signed in on to a page, which tells the news.
    pub(super) fn tell(&self, path: &str, news: News) -> Result<Response, Failure> {
        self.board.put(self.signed_in()?.form_token(), path, news);
        Ok(redirect(path))
    }

    /// What this page has to tell, if anything.
    pub(super) fn news(&self) -> News {
        let found = match &self.sign_in {
            Some(sign_in) if self.method == Method::GET => self.board.take(sign_in.form_token(), &self.path),
            _ => None,
        };
        found.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_told_once_where_they_belong_and_do_not_pile_up() {
        let board = Board::default();
        board.put("ada", "/console", News::done("first"));
        board.put("ada", "/console", News::done("second"));
        assert!(board.take("eve", "/console").is_none() && board.take("ada", "/console/account").is_none());
        assert_eq!(board.take("ada", "/console").map(|news| news.done), Some("second"));
        assert!(board.take("ada", "/console").is_none());
        for number in 0..WAITING + 7 {
            board.put("ada", &format!("/{number}"), News::default());
        }
        assert_eq!(board.waiting().len(), WAITING);
        assert!(board.take("ada", "/6").is_none() && board.take("ada", "/7").is_some());
    }
}
