//! Who uses what a fix changes. A text that is written once may be used often: by another policy, by a comparison, by a
//! filter, by whoever calls the module. Here it is followed from where it is written through local values, variables,
//! calls of modules and attributes to where it ends, and it may be changed when it ends in one element of policies and
//! nothing on the way looks at it: takes one by its place, counts, compares, joins, filters or tells them apart.
//!
//! What is not known to hand a value on as it is looks at it.

use std::path::{Path, PathBuf};

use compact_str::CompactString;

use super::site::{document, is_template, with_holes};
use crate::frontend::terraform::{Folder, OF_THE_CALL};
use crate::source::{Source, Span, Workspace};
use crate::syntax::hcl::{self, Accessor, Block, Call, Expr, ExprKind, For, Part};
use crate::syntax::json;
use crate::value::{Node, Value};

/// More names than a value goes by, and more steps than lead to one.
const MOST: (usize, usize) = (500, 64);

/// Functions that give the lists they are given, or one list of all of them.
const LISTS: [&str; 8] = ["compact", "concat", "distinct", "reverse", "setunion", "sort", "tolist", "toset"];
/// Functions that give what they are given, or one of it.
const SAME: [&str; 6] = ["coalescelist", "nonsensitive", "sensitive", "tomap", "try", "coalesce"];
/// Functions that tell one document from another, which is what changes.
const DIGESTS: [&str; 7] = ["base64encode", "base64gzip", "base64sha256", "base64sha512", "md5", "sha1", "sha256"];

/// How a value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether a list comes to hold more or less, or a list comes to stand where there was a text.
    pub(super) grows: bool,
    /// Whether it comes to say less, as much as is needed where it was found and may be too little elsewhere.
    pub(super) narrows: bool,
}

/// Whether all that uses what stands at a place of a file uses it alike, so that it may be changed there.
pub(super) fn are_alike(workspace: &Workspace, source: &Source, at: Span, change: Change) -> bool {
    let mut search = Search { workspace, change, names: Vec::new(), uses: Vec::new() };
    search.origin(source, at).is_ok() && search.follow().is_ok() && search.are_alike()
}

/// Something looks at the value.
#[derive(Debug)]
struct Looked;

/// A step from a value to what is changed in it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// To an element that comes to be several, or none.
    Entry,
    /// To another element, by its place where that is known.
    Element(Option<usize>),
    /// To the value of an entry, by its name where that is known, and with the company it has in its statement.
    Key(Option<CompactString>, Option<Company>),
    /// From a text to what it encodes.
    Decoded,
}

/// How what is changed is a part of a value: the steps to it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flow(Vec<Step>);

impl Flow {
    const SELF: Self = Self(Vec::new());

    fn first(&self) -> Option<&Step> {
        self.0.first()
    }

    /// The same, as a part of something.
    fn under(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }

    /// The same without its first step.
    fn inner(mut self) -> Self {
        self.0.drain(..self.0.len().min(1));
        self
    }

    /// Whether it is all of the value.
    fn is_self(&self) -> bool {
        self.0.is_empty()
    }

    fn is_encoded(&self) -> bool {
        self.first() == Some(&Step::Decoded)
    }

    /// Whether it is within a policy that is a text, or all of one.
    fn is_document(&self) -> bool {
        self.is_encoded() && (self.0.len() == 1 || self.is_in_policy())
    }

    fn is_in_policy(&self) -> bool {
        self.0.iter().any(|it| matches!(it, Step::Key(Some(name), _) if name == "Statement" || name == "Version"))
    }
}

type Flows = Result<Vec<Flow>, Looked>;

/// A name in a folder that what is changed goes by: `local.a`, `data.aws_iam_policy_document.a`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    folder: PathBuf,
    address: Vec<CompactString>,
    flow: Flow,
}

/// What is looked for in an expression.
#[derive(Clone, Copy)]
enum Sought<'s> {
    Place(Span),
    Name(&'s Named),
}

/// A name of a loop, and what it stands for: of a `dynamic` block's what is behind its `value`.
struct Bound {
    name: CompactString,
    of_block: bool,
    flows: Vec<Flow>,
}

/// The effect of a statement, and what its resources look like or where they are said.
type Company = String;

/// Where what is changed ends: in which element, and in what company.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    element: String,
    company: Company,
}

struct Search<'s> {
    workspace: &'s Workspace,
    change: Change,
    names: Vec<Named>,
    uses: Vec<Use>,
}

impl Search<'_> {
    /// The folder that a call of a module names by its path.
    fn called(&self, block: &Block, folder: &Path) -> Option<PathBuf> {
        match &block.body.attribute("source")?.value.kind {
            ExprKind::Text(text) => {
                let path = text.as_known().filter(|it| it.starts_with('.'))?;
                Some(self.workspace.ground.normal(&folder.join(path)))
            }
            _ => None,
        }
    }

    fn are_alike(&self) -> bool {
        let Some(first) = self.uses.first() else { return true };
        self.uses.iter().all(|it| it.element == first.element && (!self.change.narrows || it.company == first.company))
    }

    /// Looks at the block that holds the place.
    fn origin(&mut self, source: &Source, at: Span) -> Result<(), Looked> {
        let path = source.path.parent().unwrap_or(Path::new("")).to_owned();
        let name = source.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        let variable =
            |name: &str, flow: Flow| Named { folder: path.clone(), address: vec!["var".into(), name.into()], flow };
        if name.ends_with(".json") && !is_template(source) {
            let Some(root) = json::parse_source(source).root else { return Ok(()) };
            let Some(flow) = node_flow(&root, at, self.change.grows) else { return Ok(()) };
            if name.ends_with(".tfvars.json") {
                if let Some(Step::Key(Some(name), _)) = flow.first().cloned() {
                    self.names.push(variable(&name, flow.inner()));
                }
                return Ok(());
            }
            // A list of texts alone may be read by anything.
            let in_statement = flow.is_self() || flow.0.iter().any(|it| matches!(it, Step::Key(..)));
            return if in_statement { Ok(()) } else { Err(Looked) };
        }
        if name.ends_with(".tfvars") {
            let mut left = hcl::MOST_NODES;
            for span in hcl::cut(source).attributes {
                for attribute in hcl::parse_attributes(source, span, &mut left).0.attributes {
                    for flow in self.expr(&attribute.value, Sought::Place(at), &mut Vec::new())? {
                        self.names.push(variable(&attribute.name.text, flow));
                    }
                }
            }
            return Ok(());
        }
        let Some(block) = Folder::open(self.workspace, &path).and_then(|it| it.block_at(at)) else { return Ok(()) };
        self.top(&block, &path, Sought::Place(at))
    }

    /// Follows every name.
    fn follow(&mut self) -> Result<(), Looked> {
        let mut at = 0;
        while let Some(named) = self.names.get(at).cloned() {
            at += 1;
            if at > MOST.0 || named.flow.0.len() > MOST.1 {
                return Err(Looked);
            }
            let Some(folder) = Folder::open(self.workspace, &named.folder) else { return Err(Looked) };
            let Some(last) = named.address.last() else { continue };
            for block in folder.mentioning(last) {
                self.top(&block, &named.folder, Sought::Name(&named))?;
            }
        }
        Ok(())
    }

    fn name(&mut self, named: Named) {
        if !self.names.contains(&named) {
            self.names.push(named);
        }
    }

    fn top(&mut self, block: &Block, folder: &Path, sought: Sought<'_>) -> Result<(), Looked> {
        let label = |n: usize| block.labels.get(n).map(|it| it.text.clone()).unwrap_or_default();
        let named = |address: Vec<CompactString>, flow: Flow| Named { folder: folder.to_owned(), address, flow };
        let kind = &*block.kind.text;
        if matches!(kind, "resource" | "data" | "ephemeral") {
            let mut address = vec![label(0), label(1)];
            if kind != "resource" {
                address.insert(0, block.kind.text.clone());
            }
            return self.body(
                block,
                &Surroundings { folder, top: block, address, nested: &[] },
                sought,
                &mut Vec::new(),
            );
        }
        for attribute in &block.body.attributes {
            let name = attribute.name.text.clone();
            for flow in self.expr(&attribute.value, sought, &mut Vec::new())? {
                match (kind, &*name) {
                    ("locals", _) => self.name(named(vec!["local".into(), name.clone()], flow)),
                    ("variable", "default") => self.name(named(vec!["var".into(), label(0)], flow)),
                    ("output", "value") if flow.is_document() => {
                        self.used(&flow, "", company(None, None, attribute.value.span));
                    }
                    ("module", name) if OF_THE_CALL.contains(&name) => return Err(Looked),
                    ("module", _) => {
                        let called = self.called(block, folder).filter(|it| Folder::open(self.workspace, it).is_some());
                        match called {
                            Some(folder) => {
                                self.name(Named { folder, address: vec!["var".into(), name.clone()], flow });
                            }
                            None if flow.is_document() => {
                                self.used(&flow, "", company(None, None, attribute.value.span));
                            }
                            None => return Err(Looked),
                        }
                    }
                    _ => return Err(Looked),
                }
            }
        }
        // What stands deeper in such a block asks whether it is right, or sets up a provider.
        let mut deeper = Vec::new();
        block.body.blocks.iter().for_each(|it| every_value(it, &mut deeper));
        for value in deeper {
            if !self.expr(value, sought, &mut Vec::new())?.is_empty() {
                return Err(Looked);
            }
        }
        Ok(())
    }

    /// What a resource or data source makes of it.
    fn body(
        &mut self,
        block: &Block,
        around: &Surroundings<'_>,
        sought: Sought<'_>,
        bound: &mut Vec<Bound>,
    ) -> Result<(), Looked> {
        let is_top = around.nested.is_empty();
        for attribute in &block.body.attributes {
            let name = &*attribute.name.text;
            for flow in self.expr(&attribute.value, sought, bound)? {
                let repeats = is_top && matches!(name, "count" | "for_each" | "depends_on" | "provider");
                if repeats || block.body.json && matches!(name, "dynamic" | "lifecycle") {
                    return Err(Looked);
                }
                let argument = |name: &str| block.body.attribute(name).map(|it| &it.value);
                let (effect, resources) = (argument("effect"), argument("resources"));
                let is_document = around.top.labels.first().is_some_and(|it| it.text == "aws_iam_policy_document");
                let place = if is_document && !matches!(around.nested, [it, ..] if it != "statement") {
                    name.to_owned()
                } else {
                    let kind = around.top.labels.first().map(|it| &*it.text).unwrap_or_default();
                    format!("{kind}.{}.{name}", around.nested.join("."))
                };
                self.used(&flow, &place, company(effect, resources, attribute.value.span));
                let mut flow = flow.under(Step::Key(Some(name.into()), None));
                for kind in around.nested.iter().rev() {
                    flow = flow.under(Step::Element(None)).under(Step::Key(Some(kind.clone()), None));
                }
                self.name(Named { folder: around.folder.to_owned(), address: around.address.clone(), flow });
            }
        }
        for inner in &block.body.blocks {
            let kind = &inner.kind.text;
            let mut nested = around.nested.to_vec();
            let Some(label) = inner.labels.first().filter(|_| kind == "dynamic") else {
                nested.push(kind.clone());
                self.body(inner, &Surroundings { nested: &nested, ..around.clone() }, sought, bound)?;
                continue;
            };
            let mut name = label.text.clone();
            let mut flows = Vec::new();
            for attribute in &inner.body.attributes {
                match (&*attribute.name.text, &attribute.value.kind) {
                    ("iterator", ExprKind::Variable(it)) => name = it.clone(),
                    ("for_each", _) => {
                        for flow in self.expr(&attribute.value, sought, bound)? {
                            match flow.first() {
                                Some(Step::Element(_) | Step::Key(..)) => flows.push(flow.inner()),
                                _ => return Err(Looked),
                            }
                        }
                    }
                    _ => {}
                }
            }
            nested.push(label.text.clone());
            bound.push(Bound { name, of_block: true, flows });
            for content in &inner.body.blocks {
                self.body(content, &Surroundings { nested: &nested, ..around.clone() }, sought, bound)?;
            }
            bound.pop();
        }
        Ok(())
    }

    /// A place where it ends: an argument, or an element of a policy that is one.
    fn used(&mut self, flow: &Flow, place: &str, company: Company) {
        let key = flow.0.iter().rev().find_map(|it| match it {
            Step::Key(name, company) => Some((name.as_deref().unwrap_or("?"), company)),
            _ => None,
        });
        let company = key.and_then(|(_, own)| own.clone()).unwrap_or(company);
        let place = match key {
            _ if flow.0 == [Step::Decoded] => "document".to_owned(),
            Some((name, _)) if flow.is_in_policy() || !place.contains('.') => name.to_owned(),
            Some((name, _)) => format!("{place}.{name}"),
            None => place.to_owned(),
        };
        let element = match &*place {
            "actions" => "Action".to_owned(),
            "not_actions" => "NotAction".to_owned(),
            "resources" => "Resource".to_owned(),
            "not_resources" => "NotResource".to_owned(),
            _ => place,
        };
        self.uses.push(Use { element, company });
    }

    fn expr(&self, expr: &Expr, sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        if let Sought::Place(at) = sought {
            if expr.span == at {
                return Ok(vec![Flow::SELF]);
            }
            if !expr.span.contains(at) && bound.iter().all(|it| it.flows.is_empty()) {
                return Ok(Vec::new());
            }
        }
        match &expr.kind {
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Unread => Ok(Vec::new()),
            ExprKind::Text(text) => match sought {
                Sought::Place(at) if expr.span.contains(at) => {
                    let flow = document(text).and_then(|it| node_flow(&it, at, self.change.grows));
                    Ok(vec![flow.map_or(Flow::SELF, |it| it.under(Step::Decoded))])
                }
                _ => Ok(Vec::new()),
            },
            ExprKind::Template(parts) => self.template(expr, parts, sought, bound),
            ExprKind::List(elements) => {
                let mut out = Vec::new();
                for (n, element) in elements.iter().enumerate() {
                    let is_it = matches!(sought, Sought::Place(at) if element.span == at);
                    for flow in self.expr(element, sought, bound)? {
                        let may_be_list = self.change.grows && flow.is_self();
                        out.push(match (is_it && self.change.grows, may_be_list) {
                            (true, _) => flow.under(Step::Entry),
                            (false, true) => return Err(Looked),
                            (false, false) => flow.under(Step::Element(Some(n))),
                        });
                    }
                }
                Ok(out)
            }
            ExprKind::Object(items) => self.object(items, sought, bound),
            ExprKind::Variable(name) => Ok(bound
                .iter()
                .rev()
                .find(|it| it.name == *name && !it.of_block)
                .map_or(Vec::new(), |it| it.flows.clone())),
            ExprKind::Access(access) => {
                let mut flows = Vec::new();
                let mut rest = &access.accessors[..];
                match (&access.base.kind, sought) {
                    (ExprKind::Variable(root), _) if bound.iter().any(|it| it.name == *root) => {
                        if let Some(bound) = bound.iter().rev().find(|it| it.name == *root) {
                            let skips = usize::from(bound.of_block);
                            let is_value = matches!(rest.first(), Some(Accessor::Attribute(it)) if it.text == "value");
                            if !bound.of_block || is_value {
                                flows.clone_from(&bound.flows);
                            }
                            rest = &rest[skips.min(rest.len())..];
                        }
                    }
                    (ExprKind::Variable(root), Sought::Name(named)) => {
                        if let Some(behind) = named.behind(root, rest) {
                            flows.push(named.flow.clone());
                            rest = behind;
                        }
                    }
                    (ExprKind::Variable(_), Sought::Place(_)) => {}
                    _ => flows = self.expr(&access.base, sought, bound)?,
                }
                for accessor in &access.accessors {
                    if let Accessor::Index(index) = accessor
                        && !self.expr(index, sought, bound)?.is_empty()
                    {
                        return Err(Looked);
                    }
                }
                steps_into(flows, rest)
            }
            ExprKind::Call(call) => self.call(call, sought, bound),
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.unseen(condition, sought, bound)?;
                let mut flows = self.expr(then, sought, bound)?;
                flows.extend(self.expr(otherwise, sought, bound)?);
                Ok(flows)
            }
            ExprKind::Unary(_, inner) => self.unseen(inner, sought, bound),
            ExprKind::Binary(_, sides) => {
                for side in sides.iter() {
                    self.unseen(side, sought, bound)?;
                }
                Ok(Vec::new())
            }
            ExprKind::For(of) => self.each(of, sought, bound),
            ExprKind::Paren(inner) => self.expr(inner, sought, bound),
        }
    }

    /// Nothing, unless the value is in an expression that looks at it.
    fn unseen(&self, expr: &Expr, sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        if self.expr(expr, sought, bound)?.is_empty() { Ok(Vec::new()) } else { Err(Looked) }
    }

    fn object(&self, items: &[hcl::Item], sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        let name = |key: &Expr| match &key.kind {
            ExprKind::Text(key) => Some(CompactString::from(key.raw())),
            _ => None,
        };
        let entry = |of: &str| items.iter().find(|it| name(&it.key).as_deref() == Some(of)).map(|it| &it.value);
        let mut out = Vec::new();
        for item in items {
            match sought {
                Sought::Place(at) if item.key.span == at => return Ok(vec![Flow::SELF]),
                _ => self.unseen(&item.key, sought, bound)?,
            };
            for flow in self.expr(&item.value, sought, bound)? {
                let (effect, resources) = (entry("Effect"), entry("Resource"));
                out.push(flow.under(Step::Key(name(&item.key), Some(company(effect, resources, item.value.span)))));
            }
        }
        Ok(out)
    }

    fn template(&self, expr: &Expr, parts: &[Part], sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        if let [Part::Interpolation(inner)] = parts {
            return self.expr(inner, sought, bound);
        }
        let mut out = Vec::new();
        let document = || document(&with_holes(parts)?);
        for part in parts {
            match part {
                Part::Literal(_) => {}
                Part::Interpolation(inner) => {
                    for flow in self.expr(inner, sought, bound)? {
                        // A text that is all of a text of a document is that text.
                        let flow = if flow.is_encoded() {
                            Some(flow)
                        } else if flow.is_self() && !self.change.grows {
                            document().and_then(|it| hole_flow(&it, inner.span)).map(|it| it.under(Step::Decoded))
                        } else {
                            None
                        };
                        out.push(flow.ok_or(Looked)?);
                    }
                }
                Part::If { condition: asked, then, otherwise, .. } => {
                    self.unseen(asked, sought, bound)?;
                    out.extend(self.template(expr, then, sought, bound)?);
                    out.extend(self.template(expr, otherwise, sought, bound)?);
                }
                Part::For { collection, body, .. } => {
                    self.unseen(collection, sought, bound)?;
                    out.extend(self.template(expr, body, sought, bound)?);
                }
            }
        }
        if let Sought::Place(at) = sought
            && out.is_empty()
            && expr.span.contains(at)
        {
            let flow = document().and_then(|it| node_flow(&it, at, self.change.grows));
            out.push(flow.map_or(Flow::SELF, |it| it.under(Step::Decoded)));
        }
        Ok(out)
    }

    fn call(&self, call: &Call, sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            arguments.push(self.expr(argument, sought, bound)?);
        }
        if call.expand
            && let Some(last) = arguments.last_mut()
        {
            let of_several = |flow: Flow| match flow.first() {
                Some(Step::Element(_)) => Ok(flow.inner()),
                _ => Err(Looked),
            };
            *last = std::mem::take(last).into_iter().map(of_several).collect::<Result<_, _>>()?;
        }
        let name = &*call.name.text;
        let default = if name == "lookup" && arguments.len() == 3 { arguments.pop() } else { None };
        let mut out = default.unwrap_or_default();
        for flow in arguments.into_iter().flatten() {
            let is_document = flow.is_document();
            out.push(match (name, flow.first()) {
                ("jsonencode" | "yamlencode", _) => flow.under(Step::Decoded),
                ("jsondecode" | "yamldecode", Some(Step::Decoded)) => flow.inner(),
                ("chomp" | "trimspace" | "tostring", Some(Step::Decoded)) => flow,
                _ if is_document && DIGESTS.contains(&name) => continue,
                _ if SAME.contains(&name) => flow,
                (_, Some(Step::Entry)) if LISTS.contains(&name) => flow,
                (_, Some(Step::Element(_))) if LISTS.contains(&name) => flow.inner().under(Step::Element(None)),
                ("flatten", Some(Step::Entry | Step::Element(_))) => {
                    let mut flow = flow;
                    while matches!(flow.0[..], [Step::Element(_), Step::Element(_) | Step::Entry, ..]) {
                        flow = flow.inner();
                    }
                    match flow.first() {
                        Some(Step::Element(_)) => flow.inner().under(Step::Element(None)),
                        _ => flow,
                    }
                }
                ("merge", Some(Step::Key(..))) => flow,
                ("values", Some(Step::Key(..))) => flow.inner().under(Step::Element(None)),
                ("keys", Some(Step::Key(..))) | ("length", Some(Step::Key(..) | Step::Element(_))) => continue,
                ("lookup", Some(Step::Key(own, _))) => {
                    let asked = call.arguments.get(1).and_then(|it| match &it.kind {
                        ExprKind::Text(text) => text.as_known(),
                        _ => None,
                    });
                    if matches!((own, asked), (Some(own), Some(asked)) if own != asked) {
                        continue;
                    }
                    flow.inner()
                }
                _ => return Err(Looked),
            });
        }
        Ok(out)
    }

    fn each(&self, of: &For, sought: Sought<'_>, bound: &mut Vec<Bound>) -> Flows {
        let collection = self.expr(&of.collection, sought, bound)?;
        let of_entries = collection.iter().any(|it| it.first() == Some(&Step::Entry));
        let mut flows = Vec::new();
        for flow in collection {
            if flow.is_self() || flow.is_encoded() {
                return Err(Looked);
            }
            flows.push(flow.inner());
        }
        // One for each of them, whose number changes.
        if of_entries && (of.key.is_some() || of.result_key.is_some()) {
            return Err(Looked);
        }
        bound.push(Bound { name: of.value.clone(), of_block: false, flows });
        if let Some(key) = &of.key {
            bound.push(Bound { name: key.clone(), of_block: false, flows: Vec::new() });
        }
        let parts = (
            of.condition.as_ref().map_or(Ok(Vec::new()), |it| self.unseen(it, sought, bound)),
            of.result_key.as_ref().map_or(Ok(Vec::new()), |it| self.unseen(it, sought, bound)),
            self.expr(&of.result, sought, bound),
        );
        bound.truncate(bound.len() - 1 - usize::from(of.key.is_some()));
        let (_, _, result) = (parts.0?, parts.1?, parts.2?);
        if of_entries {
            let is_itself = !result.is_empty() && result.iter().all(Flow::is_self);
            return if is_itself { Ok(vec![Flow::SELF.under(Step::Entry)]) } else { Err(Looked) };
        }
        let mut out = Vec::new();
        for flow in result {
            if self.change.grows && flow.is_self() && of.result_key.is_none() {
                return Err(Looked);
            }
            let flow = if of.grouping { flow.under(Step::Element(None)) } else { flow };
            let step = if of.result_key.is_some() { Step::Key(None, None) } else { Step::Element(None) };
            out.push(flow.under(step));
        }
        Ok(out)
    }
}

impl Named {
    /// What stands behind the name, where an expression is about it: of a resource only a part can be meant.
    fn behind<'a>(&self, root: &str, accessors: &'a [Accessor]) -> Option<&'a [Accessor]> {
        let (first, rest) = self.address.split_first()?;
        if *first != *root {
            return None;
        }
        let own = accessors.get(..rest.len())?;
        if !own.iter().zip(rest).all(|(it, name)| name_of(it).is_some_and(|it| it == name)) {
            return None;
        }
        let behind = &accessors[rest.len()..];
        if matches!(&**first, "local" | "var") {
            return Some(behind);
        }
        let is_instance = |it: &&Accessor| !matches!(it, Accessor::Attribute(_));
        let behind = &behind[usize::from(behind.first().filter(is_instance).is_some())..];
        (!behind.is_empty()).then_some(behind)
    }
}

/// The name by which an accessor steps into an object.
fn name_of(accessor: &Accessor) -> Option<&str> {
    match accessor {
        Accessor::Attribute(name) => Some(&name.text),
        Accessor::Index(Expr { kind: ExprKind::Text(text), .. }) => text.as_known(),
        _ => None,
    }
}

/// What is left of flows behind some steps into the value.
fn steps_into(mut flows: Vec<Flow>, accessors: &[Accessor]) -> Flows {
    for (n, accessor) in accessors.iter().enumerate() {
        if let Accessor::FullSplat(_) | Accessor::AttributeSplat(_) = accessor {
            let rest = &accessors[n + 1..];
            // Behind `.*` only names are those of each element.
            let is_name = |it: &Accessor| matches!(it, Accessor::Attribute(_));
            let of_each = match accessor {
                Accessor::AttributeSplat(_) => rest.iter().take_while(|it| is_name(it)).count(),
                _ => rest.len(),
            };
            let mut out = Vec::new();
            for flow in flows {
                match flow.first() {
                    Some(Step::Entry) if rest.is_empty() => out.push(flow),
                    Some(Step::Entry) => return Err(Looked),
                    first => {
                        let is_list = matches!(first, Some(Step::Element(_)));
                        let inner = if is_list { flow.inner() } else { flow };
                        let inner = steps_into(vec![inner], &rest[..of_each])?;
                        out.extend(inner.into_iter().map(|it| it.under(Step::Element(None))));
                    }
                }
            }
            return steps_into(out, &rest[of_each..]);
        }
        let name = name_of(accessor);
        let place = match accessor {
            Accessor::Index(Expr { kind: ExprKind::Number(it), .. }) => Some(it.0),
            _ => None,
        };
        let mut out = Vec::new();
        for flow in flows {
            match flow.first() {
                None => out.push(flow),
                Some(Step::Entry | Step::Decoded) => return Err(Looked),
                Some(Step::Key(Some(own), _)) if name.is_some_and(|it| it != own) => {}
                Some(Step::Element(Some(own)))
                    if place.is_some_and(|it| u32::try_from(*own).map(f64::from) != Ok(it)) => {}
                Some(Step::Key(..) | Step::Element(_)) => out.push(flow.inner()),
            }
        }
        flows = out;
    }
    Ok(flows)
}

/// What stands beside something in its statement: for a pattern it means the same in two statements that have it alike.
fn company(effect: Option<&Expr>, resources: Option<&Expr>, own: Span) -> Company {
    let effect = match effect.map(|it| &it.kind) {
        Some(ExprKind::Text(text)) => text.raw(),
        Some(_) => return format!("{own:?}"),
        None => "Allow",
    };
    let texts = match resources.map(|it| (&it.kind, std::slice::from_ref(it))) {
        Some((ExprKind::List(texts), _)) => texts.as_slice(),
        Some((_, text)) => text,
        None => &[],
    };
    let look = |it: &Expr| match &it.kind {
        ExprKind::Text(text) => looks(text.raw()),
        _ => None,
    };
    let looks: Option<Vec<String>> = texts.iter().map(look).collect();
    match looks {
        Some(mut looks) if !looks.is_empty() => {
            looks.sort_unstable();
            looks.dedup();
            format!("{effect} {}", looks.join(" "))
        }
        _ => format!("{own:?}"),
    }
}

/// An ARN without the names in it; none for what has the form of none.
fn looks(arn: &str) -> Option<String> {
    let [_, _, service, _, _, resource] = arn.splitn(6, ':').collect::<Vec<_>>()[..] else { return None };
    let mut parts = resource.split_inclusive(['/', ':']);
    // What the resource is, which buckets and queues do not say.
    let kind = parts.clone().next().filter(|it| *service != *"s3" && it.ends_with(['/', ':'])).unwrap_or_default();
    let name = |part: &str| {
        let end = part.len() - part.trim_end_matches(['/', ':']).len();
        let name = if part.contains(['*', '?']) { "*" } else { "name" };
        format!("{name}{}", &part[part.len() - end..])
    };
    if !kind.is_empty() {
        parts.next();
    }
    Some(format!("{service}:{kind}{}", parts.map(name).collect::<String>()))
}

/// Where a block of a resource or data source stands.
#[derive(Clone)]
struct Surroundings<'s> {
    folder: &'s Path,
    /// The resource.
    top: &'s Block,
    address: Vec<CompactString>,
    /// The kinds of the blocks in it that hold this one.
    nested: &'s [CompactString],
}

/// Every argument of a block and of those in it.
fn every_value<'b>(block: &'b Block, out: &mut Vec<&'b Expr>) {
    out.extend(block.body.attributes.iter().map(|it| &it.value));
    block.body.blocks.iter().for_each(|it| every_value(it, out));
}

/// How what stands at a place is a part of a tree.
fn node_flow(node: &Node, at: Span, grows: bool) -> Option<Flow> {
    if !node.span.contains(at) {
        return None;
    }
    if node.span == at {
        return Some(Flow::SELF);
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().enumerate().find_map(|(n, it)| {
            let step = if grows && it.span == at { Step::Entry } else { Step::Element(Some(n)) };
            Some(node_flow(it, at, grows)?.under(step))
        }),
        Value::Object(object) => object.entries.iter().find_map(|it| {
            if it.key_span.contains(at) {
                return Some(Flow::SELF);
            }
            Some(
                node_flow(&it.node, at, grows)?
                    .under(Step::Key(Some(it.key.raw().into()), Some(format!("{:?}", it.node.span)))),
            )
        }),
        Value::Text(text) => Some(node_flow(&document(text)?, at, grows)?.under(Step::Decoded)),
        _ => None,
    }
}

/// The same of the text that is nothing but the hole of an interpolation.
fn hole_flow(node: &Node, of: Span) -> Option<Flow> {
    match &node.value {
        Value::List(nodes) => {
            nodes.iter().enumerate().find_map(|(n, it)| Some(hole_flow(it, of)?.under(Step::Element(Some(n)))))
        }
        Value::Object(object) => object.entries.iter().find_map(|it| {
            Some(
                hole_flow(&it.node, of)?
                    .under(Step::Key(Some(it.key.raw().into()), Some(format!("{:?}", it.node.span)))),
            )
        }),
        Value::Text(text) if text.is_hole() => text.holes().any(|(_, it)| it.span == of).then_some(Flow::SELF),
        _ => None,
    }
}
