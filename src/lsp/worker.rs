//! Analyses what is open and answers questions about it, one after the other. An analysis waits until nothing newer is
//! known; one that has become stale is given up, and nothing of it is said.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{PublishDiagnostics, ShowMessage};
use lsp_types::request::{CodeActionRequest, Completion, GotoDefinition, HoverRequest, Request as _};
use lsp_types::{Diagnostic, MessageType, PublishDiagnosticsParams, ShowMessageParams, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::document::{Document, path_of, uri_of};
use super::project::{Buffers, Family, Project};
use super::{Client, action, completion, definition, diagnostic, hover};

/// An analysis that took longer than this waits for a pause in the typing.
const QUICK: Duration = Duration::from_millis(100);

/// How long such a pause is.
const PAUSE: Duration = Duration::from_millis(80);

/// What the worker is asked to do.
pub(super) enum Job {
    /// To say what is wrong with what is open.
    Analyse {
        documents: BTreeMap<PathBuf, Document>,
        /// Set when something newer is known.
        stop: Arc<AtomicBool>,
        /// Whether files may have changed on the disk.
        anew: bool,
    },
    /// To work in these folders from now on.
    Enter(Vec<PathBuf>),
    /// To answer a question about it.
    Answer(Request),
}

pub(super) struct Worker {
    client: Client,
    sender: crossbeam_channel::Sender<Message>,
    cancelled: Arc<Mutex<HashSet<RequestId>>>,
    documents: BTreeMap<PathBuf, Document>,
    project: Option<Project>,
    /// What the files said when they last could be read without an error.
    good: Buffers,
    families: Vec<Family>,
    /// The analysis that is due.
    due: Option<Arc<AtomicBool>>,
    /// How long the last one took.
    took: Duration,
    /// The files that the editor was told something about.
    published: BTreeMap<PathBuf, (Uri, Vec<Diagnostic>)>,
}

impl Worker {
    pub(super) fn new(
        client: Client,
        sender: crossbeam_channel::Sender<Message>,
        cancelled: Arc<Mutex<HashSet<RequestId>>>,
    ) -> Self {
        Self {
            client,
            sender,
            cancelled,
            documents: BTreeMap::new(),
            project: None,
            good: Buffers::new(),
            families: Vec::new(),
            due: None,
            took: Duration::ZERO,
            published: BTreeMap::new(),
        }
    }

    /// Works until nobody asks any more.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        loop {
            let job = if self.due.is_some() {
                let pause = if self.took > QUICK { PAUSE } else { Duration::ZERO };
                queue.recv_timeout(pause)
            } else {
                queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match job {
                Ok(Job::Analyse { documents, stop, anew }) => {
                    let new = documents.keys().any(|path| self.project.as_ref().is_none_or(|it| !it.knows(path)));
                    if anew || new {
                        self.project = None;
                    }
                    self.documents = documents;
                    self.due = Some(stop);
                }
                Ok(Job::Enter(roots)) => self.client.roots = roots,
                Ok(Job::Answer(request)) => {
                    self.analyse();
                    self.answer(request);
                }
                Err(RecvTimeoutError::Timeout) => self.analyse(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn analyse(&mut self) {
        let Some(stop) = self.due.take() else { return };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let begun = Instant::now();
        // What fails here is a bug of ours, which must not end the session; the next keystroke tries again.
        let done = catch_unwind(AssertUnwindSafe(|| self.judged(&stop)));
        self.took = begun.elapsed();
        if let Ok(said) = done
            && !stop.load(Ordering::Relaxed)
        {
            self.publish(said);
        }
    }

    fn project(&mut self, buffers: &Buffers) -> &mut Project {
        if self.project.is_none() {
            let project = Project::open(&self.client.roots, buffers);
            if let Some(message) = &project.problem {
                let params = ShowMessageParams { typ: MessageType::WARNING, message: message.clone() };
                self.notify::<ShowMessage>(params);
            }
            self.project = Some(project);
        }
        self.project.as_mut().expect("it was opened above")
    }

    /// What there is to say about each file of the families of what is open.
    fn judged(&mut self, stop: &Arc<AtomicBool>) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
        let buffers: Buffers = self.documents.iter().map(|(path, it)| (path.clone(), Arc::clone(&it.text))).collect();
        let encoding = self.client.encoding;
        let mut good = std::mem::take(&mut self.good);
        good.retain(|path, _| buffers.contains_key(path));
        let project = self.project(&buffers);
        let mut families: Vec<Family> = Vec::new();
        let mut said: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
        for path in buffers.keys() {
            if families.iter().any(|it| it.workspace.selected.iter().any(|it| it.path == *path)) {
                continue;
            }
            let family = project.lint(path, &buffers, stop);
            let broken: BTreeSet<PathBuf> = family.report.errors.iter().map(|it| it.path.clone()).collect();
            let broken: BTreeSet<PathBuf> = broken.into_iter().filter(|it| buffers.contains_key(it)).collect();
            let mut own = diagnostic::of(&family, encoding);
            for selected in &family.workspace.selected {
                if let Some(text) = buffers.get(&selected.path).filter(|_| !broken.contains(&selected.path)) {
                    good.insert(selected.path.clone(), Arc::clone(text));
                }
            }
            // While a file cannot be read, the others are judged beside what it last said.
            if broken.iter().any(|it| good.contains_key(it)) {
                let mut last = buffers.clone();
                last.extend(broken.iter().filter_map(|it| Some((it.clone(), Arc::clone(good.get(it)?)))));
                let others = diagnostic::of(&project.lint(path, &last, stop), encoding);
                own.retain(|path, _| broken.contains(path));
                own.extend(others.into_iter().filter(|(path, _)| !broken.contains(path)));
            }
            said.extend(own);
            families.push(family);
        }
        self.good = good;
        self.families = families;
        said
    }

    fn publish(&mut self, said: BTreeMap<PathBuf, Vec<Diagnostic>>) {
        let mut now = said;
        for path in self.documents.keys().chain(self.published.keys()) {
            if !now.contains_key(path) {
                now.insert(path.clone(), Vec::new());
            }
        }
        for (path, diagnostics) in now {
            let document = self.documents.get(&path);
            let before = self.published.get(&path);
            // The editor's own spelling, also of a file that it has closed by now.
            let known = document.map(|it| &it.uri).or(before.map(|(uri, _)| uri)).cloned();
            let Some(uri) = known.or_else(|| uri_of(&path)) else { continue };
            let version = document.map(|it| it.version);
            // What is not open is worth a word only when it has changed.
            if version.is_some() || before.is_none_or(|(_, it)| *it != diagnostics) {
                let params = PublishDiagnosticsParams { uri: uri.clone(), diagnostics: diagnostics.clone(), version };
                self.notify::<PublishDiagnostics>(params);
            }
            if diagnostics.is_empty() {
                self.published.remove(&path);
            } else {
                self.published.insert(path, (uri, diagnostics));
            }
        }
    }

    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let is_cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let response = if is_cancelled {
            Response::new_err(id, ErrorCode::RequestCanceled as i32, "it was cancelled".to_owned())
        } else {
            let answered = catch_unwind(AssertUnwindSafe(|| self.response(request)));
            answered.unwrap_or_else(|_| {
                let message = "iamlint failed here, which is a bug in iamlint: please report it".to_owned();
                Response::new_err(id, ErrorCode::InternalError as i32, message)
            })
        };
        // The listening thread notices when nobody is there any more.
        let _ = self.sender.send(response.into());
    }

    fn response(&mut self, request: Request) -> Response {
        match request.method.as_str() {
            HoverRequest::METHOD => answered::<HoverRequest>(request, |params| {
                let at = params.text_document_position_params;
                hover::at(&self.place(&at.text_document.uri)?, at.position)
            }),
            GotoDefinition::METHOD => answered::<GotoDefinition>(request, |params| {
                let at = params.text_document_position_params;
                definition::of(&self.place(&at.text_document.uri)?, at.position)
            }),
            Completion::METHOD => answered::<Completion>(request, |params| {
                let at = params.text_document_position;
                completion::at(&self.place(&at.text_document.uri)?, at.position)
            }),
            CodeActionRequest::METHOD => answered::<CodeActionRequest>(request, |params| {
                let documents = self.client.versioned_edits.then_some(&self.documents);
                Some(action::of(&self.place(&params.text_document.uri)?, &params, documents))
            }),
            _ => Response::new_err(
                request.id,
                ErrorCode::MethodNotFound as i32,
                format!("`{}` is not served", request.method),
            ),
        }
    }

    /// An open file in its family, as it was analysed.
    fn place(&self, uri: &Uri) -> Option<Place<'_>> {
        let path = path_of(uri)?;
        let project = self.project.as_ref()?;
        let family = self.families.iter().find(|it| it.workspace.selected.iter().any(|it| it.path == path))?;
        let source = family.workspace.open(&path).ok()?;
        Some(Place { client: &self.client, project, family, source })
    }

    fn notify<N: lsp_types::notification::Notification>(&self, params: N::Params)
    where
        N::Params: Serialize,
    {
        // The listening thread notices when nobody is there any more.
        let _ = self.sender.send(Notification::new(N::METHOD.to_owned(), params).into());
    }
}

/// An open file and what is known around it.
pub(super) struct Place<'w> {
    pub(super) client: &'w Client,
    pub(super) project: &'w Project,
    pub(super) family: &'w Family,
    pub(super) source: Arc<crate::source::Source>,
}

fn answered<R>(request: Request, answer: impl FnOnce(R::Params) -> R::Result) -> Response
where
    R: lsp_types::request::Request,
    R::Params: DeserializeOwned,
    R::Result: Serialize,
{
    match serde_json::from_value(request.params) {
        Ok(params) => Response::new_ok(request.id, answer(params)),
        Err(error) => Response::new_err(request.id, ErrorCode::InvalidParams as i32, error.to_string()),
    }
}
