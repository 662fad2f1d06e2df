//! The language server: the same pipeline behind an editor. One thread listens, so that a keystroke is known at once and
//! ends an analysis that it makes stale; another one analyses and answers, in the order in which it was asked.

mod action;
mod completion;
mod definition;
mod diagnostic;
mod document;
mod hover;
mod project;
mod worker;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use lsp_server::{Connection, Message, Notification, RequestId};
use lsp_types::notification::{
    Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Notification as _,
};
use lsp_types::request::{RegisterCapability, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    DidChangeWatchedFilesRegistrationOptions, FileChangeType, FileEvent, FileSystemWatcher, GlobPattern,
    HoverProviderCapability, InitializeParams, InitializeResult, NumberOrString, OneOf, Registration,
    RegistrationParams, ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};
use serde::de::DeserializeOwned;

use document::{Document, Encoding, path_of};
use worker::{Job, Worker};

/// Why a session ended other than by the editor's will.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The editor spoke another language.
    #[error("the editor broke the language server protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// Standard input or output failed.
    #[error("the connection to the editor failed: {0}")]
    Io(#[from] std::io::Error),
}

/// What the other end of a session can do.
#[derive(Clone, Debug)]
struct Client {
    encoding: Encoding,
    /// Whether edits may say for which version of a file they are.
    versioned_edits: bool,
    /// Whether it tells of changes that were made outside of it.
    watches: bool,
    roots: Vec<PathBuf>,
}

/// Serves an editor on standard input and output until it hangs up.
pub fn run() -> Result<(), Error> {
    let (connection, threads) = Connection::stdio();
    serve(connection)?;
    Ok(threads.join()?)
}

/// Serves the other end of a connection until it hangs up.
pub fn serve(connection: Connection) -> Result<(), Error> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let client = client_of(&params);
    let result = InitializeResult {
        capabilities: capabilities(client.encoding),
        server_info: Some(ServerInfo {
            name: "iamlint".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    connection.initialize_finish(id, serde_json::to_value(result).unwrap_or_default())?;
    if client.watches {
        watch(&connection);
    }
    let (jobs, queue) = mpsc::channel();
    let cancelled: Arc<Mutex<HashSet<RequestId>>> = Arc::default();
    let worker = Worker::new(client.clone(), connection.sender.clone(), Arc::clone(&cancelled));
    // The evaluator follows deep nesting, as the threads of a lint do.
    let worker = std::thread::Builder::new().stack_size(crate::lint::STACK).spawn(move || worker.run(&queue))?;
    let mut session = Session { client, documents: BTreeMap::new(), stop: Arc::default(), jobs, cancelled };
    let ended = session.listen(&connection);
    session.stop.store(true, Ordering::Relaxed);
    drop((session, connection));
    // A worker that failed has nothing more to say.
    let _ = worker.join();
    ended
}

fn client_of(params: &InitializeParams) -> Client {
    let general = params.capabilities.general.as_ref();
    let workspace = params.capabilities.workspace.as_ref();
    let folders = params.workspace_folders.iter().flatten().filter_map(|it| path_of(&it.uri));
    #[allow(deprecated, reason = "older editors have nothing else")]
    let root = params.root_uri.as_ref().and_then(path_of);
    let mut roots: Vec<PathBuf> = folders.collect();
    if roots.is_empty() {
        roots.extend(root);
    }
    Client {
        encoding: Encoding::of(general.and_then(|it| it.position_encodings.as_deref())),
        versioned_edits: workspace
            .and_then(|it| it.workspace_edit.as_ref())
            .and_then(|it| it.document_changes)
            .unwrap_or(false),
        watches: workspace.and_then(|it| it.did_change_watched_files).and_then(|it| it.dynamic_registration)
            == Some(true),
        roots,
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(lsp_types::TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec!["\"".to_owned(), ":".to_owned()]),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, action::FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

/// Asks to be told of changes that were made outside of the editor.
fn watch(connection: &Connection) {
    let globs = ["**/*.{tf,tofu,json,tfvars,tftpl,tpl,yaml,yml}", "**/{iamlint.toml,.iamlintignore,.gitignore}"];
    let watchers = globs.map(|it| FileSystemWatcher { glob_pattern: GlobPattern::String(it.to_owned()), kind: None });
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
    let registration = Registration {
        id: "files".to_owned(),
        method: DidChangeWatchedFiles::METHOD.to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    let params = RegistrationParams { registrations: vec![registration] };
    let request =
        lsp_server::Request::new(RequestId::from("watch".to_owned()), RegisterCapability::METHOD.to_owned(), params);
    // An editor that has hung up is noticed by the loop.
    let _ = connection.sender.send(request.into());
}

/// What is known of the editor between two messages.
struct Session {
    client: Client,
    documents: BTreeMap<PathBuf, Document>,
    /// Ends the analysis that was asked for last.
    stop: Arc<AtomicBool>,
    jobs: Sender<Job>,
    cancelled: Arc<Mutex<HashSet<RequestId>>>,
}

impl Session {
    fn listen(&mut self, connection: &Connection) -> Result<(), Error> {
        for message in &connection.receiver {
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    self.job(Job::Answer(request));
                }
                Message::Notification(notification) => self.notified(notification),
                Message::Response(_) => {}
            }
        }
        Ok(())
    }

    fn notified(&mut self, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(params) = params::<DidOpenTextDocument>(notification) else { return };
                let opened = params.text_document;
                let Some(path) = path_of(&opened.uri) else { return };
                let text = opened.text.into();
                self.documents.insert(path, Document { uri: opened.uri, version: opened.version, text });
                self.analyse(false);
            }
            DidChangeTextDocument::METHOD => {
                let Some(params) = params::<DidChangeTextDocument>(notification) else { return };
                let Some(path) = path_of(&params.text_document.uri) else { return };
                let Some(document) = self.documents.get_mut(&path) else { return };
                document.version = params.text_document.version;
                document.change(params.content_changes, self.client.encoding);
                self.analyse(false);
            }
            DidCloseTextDocument::METHOD => {
                let Some(params) = params::<DidCloseTextDocument>(notification) else { return };
                if let Some(path) = path_of(&params.text_document.uri) {
                    self.documents.remove(&path);
                }
                self.analyse(true);
            }
            DidSaveTextDocument::METHOD if !self.client.watches => self.analyse(true),
            DidChangeWatchedFiles::METHOD => {
                let Some(params) = params::<DidChangeWatchedFiles>(notification) else { return };
                let matters = |it: &FileEvent| {
                    let own = path_of(&it.uri).and_then(|path| self.documents.get(&path));
                    // What is open is known already, but for which modules it calls.
                    it.typ != FileChangeType::CHANGED || own.is_none_or(|it| it.text.contains("module"))
                };
                if params.changes.is_empty() || params.changes.iter().any(matters) {
                    self.analyse(true);
                }
            }
            DidChangeWorkspaceFolders::METHOD => {
                let Some(params) = params::<DidChangeWorkspaceFolders>(notification) else { return };
                let gone: Vec<PathBuf> = params.event.removed.iter().filter_map(|it| path_of(&it.uri)).collect();
                self.client.roots.retain(|it| !gone.contains(it));
                self.client.roots.extend(params.event.added.iter().filter_map(|it| path_of(&it.uri)));
                self.job(Job::Enter(self.client.roots.clone()));
                self.analyse(true);
            }
            Cancel::METHOD => {
                let Some(params) = params::<Cancel>(notification) else { return };
                let id = match params.id {
                    NumberOrString::Number(number) => RequestId::from(number),
                    NumberOrString::String(text) => RequestId::from(text),
                };
                self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            }
            _ => {}
        }
    }

    /// Asks for an analysis of what is open now; `anew` when files may have changed on the disk.
    fn analyse(&mut self, anew: bool) {
        self.stop.store(true, Ordering::Relaxed);
        self.stop = Arc::default();
        self.job(Job::Analyse { documents: self.documents.clone(), stop: Arc::clone(&self.stop), anew });
    }

    fn job(&self, job: Job) {
        // The worker listens as long as the session lasts.
        let _ = self.jobs.send(job);
    }
}

fn params<N: lsp_types::notification::Notification>(notification: Notification) -> Option<N::Params>
where
    N::Params: DeserializeOwned,
{
    serde_json::from_value(notification.params).ok()
}
