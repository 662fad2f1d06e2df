//! What functions need of their surroundings: files of the workspace, templates, and the budget.

use std::sync::Arc;

use super::{Doubt, Evaluator, Scope};
use crate::frontend::terraform::functions::{self, CallError, Host, Style};
use crate::source::{ReadError, Source, Span};
use crate::syntax::hcl;
use crate::syntax::json;
use crate::value::{HoleKind, Node, Text};

/// The surroundings of a call in one scope.
pub(super) struct FunctionHost<'e, 'w> {
    pub(super) evaluator: &'e Evaluator<'w>,
    pub(super) scope: &'e Scope,
}

impl Host for FunctionHost<'_, '_> {
    fn read(&mut self, path: &str, _at: Span) -> Result<Text, Arc<str>> {
        let source = self.evaluator.file(path)?;
        Ok(Text::known(&source.text, source.span()))
    }

    fn exists(&mut self, path: &str) -> Result<bool, Arc<str>> {
        match self.evaluator.opened(path) {
            Ok(_) => Ok(true),
            Err((ReadError::Missing, _)) => Ok(false),
            // What may not be read may be there.
            Err((_, why)) => Err(why),
        }
    }

    fn files_below(&mut self, folder: &str) -> Result<Vec<String>, Arc<str>> {
        let folder = self.evaluator.workspace.ground.normal(&self.evaluator.root.join(folder));
        // Of a folder that was not named there is nothing to be seen, and there may be files in it.
        if self.evaluator.workspace.open(&folder.join("*")).is_err_and(|it| it == ReadError::Outside) {
            return Err(format!("`{}` {}", folder.display(), ReadError::Outside).into());
        }
        let files = self.evaluator.workspace.files_below(&folder);
        Ok(files
            .iter()
            .filter_map(|it| it.strip_prefix(&folder).ok())
            .map(|it| it.to_string_lossy().into_owned())
            .collect())
    }

    fn template(&mut self, text: &Text, vars: &Node, at: Span) -> Node {
        let evaluator = self.evaluator;
        let expr = match hcl::parse_template(text, at) {
            Ok(expr) => expr,
            Err(error) => {
                evaluator.notes.borrow_mut().push((error.span, error.message.into()));
                return evaluator.free(at, self.scope, "the template could not be read");
            }
        };
        let mut scope = self.scope.clone();
        if let Some(object) = vars.as_object() {
            for entry in &object.entries {
                scope = scope.with(entry.key.raw(), vars.inherit(&entry.node));
            }
        }
        evaluator.value(&expr, &scope)
    }

    fn json(&mut self, text: &Text, _at: Span) -> Result<Node, String> {
        let parsed = json::parse(text);
        match (parsed.errors.first(), parsed.root) {
            (None, Some(root)) => Ok(root),
            (Some(error), _) => Err(error.message.clone()),
            (None, None) => Err("the text is empty".to_owned()),
        }
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.evaluator.pay(bytes)
    }

    fn most_of_one(&self) -> usize {
        /// A policy has some thousands of bytes, each of which may have a place of its own.
        const MOST: usize = 4 << 20;
        MOST
    }

    fn may_fail(&mut self, _error: &CallError) {
        self.evaluator.doubt(Doubt::Somehow, self.scope);
    }

    fn meaning(&self, span: Span) -> Arc<str> {
        self.evaluator.meaning(span, self.scope)
    }

    fn written(&self, span: Span) -> Arc<str> {
        self.evaluator.written(span)
    }
}

impl Evaluator<'_> {
    /// A template's text with names of its own.
    pub(in crate::frontend::terraform) fn rendered(&self, text: &Text, vars: &Node, at: Span, scope: &Scope) -> Node {
        FunctionHost { evaluator: self, scope }.template(text, vars, at)
    }

    /// The text that is made of a tree as JSON.
    pub(in crate::frontend::terraform) fn json_text(&self, tree: &Node, by: Style, span: Span, scope: &Scope) -> Text {
        let mut host = FunctionHost { evaluator: self, scope };
        functions::json_text(tree, by, span, &mut host).unwrap_or_else(|| {
            Text::hole(Arc::new(self.hole(HoleKind::Free, span, scope, "it cannot be encoded as JSON")))
        })
    }

    /// The text of a file that a module names, when it may be read.
    pub(super) fn file(&self, path: &str) -> Result<Arc<Source>, Arc<str>> {
        self.opened(path).map_err(|(_, why)| why)
    }

    /// The same, or why it could not be had, also in words.
    fn opened(&self, path: &str) -> Result<Arc<Source>, (ReadError, Arc<str>)> {
        // A relative path is relative to where Terraform runs, which is the root module's folder.
        let path = self.workspace.ground.normal(&self.root.join(path));
        self.workspace.open(&path).map_err(|error| {
            let why = format!("`{}` {error}", path.display()).into();
            (error, why)
        })
    }
}
