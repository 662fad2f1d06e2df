//! `aws_iam_policy_document`, rendered as the AWS provider renders it, every part at the place where it is written.

use std::sync::Arc;

use super::evaluator::{self, Case, Evaluator, Instance, Scope, Standing, text_of};
use super::folder::BlockId;
use super::functions;
use crate::frontend::ReplacedStatement;
use crate::policy::{Effect, MOST_STATEMENTS, Place};
use crate::source::Span;
use crate::syntax::hcl::{Block, Body};
use crate::value::{Arm, Entry, Hole, HoleKind, Node, Object, Text, Value, excludes, opposite};

const UNREAD: &str = "it could not be read";
const TOO_LARGE: &str = "the document says more than AWS takes of any";
/// How many statements may be compared with each other when some take the place of others.
const COMPARISONS: usize = 1 << 18;
/// What two cases cost that are compared, beside two statements.
const OF_CASES: usize = 8;
/// From where on a document is weighed against all others that are so large.
const LARGE: usize = 4_000;
/// In how many cases a statement may be left when others perhaps take its place; more make it no less sure.
const CASES: usize = 32;

/// How much one of the ways in which a document gets its statements may still give: documents that are made of each other
/// or of loops would grow without end.
struct Room {
    statements: usize,
    weight: usize,
    comparisons: usize,
}

impl Room {
    fn new() -> Self {
        // One more stands for those that are left out.
        Self { statements: MOST_STATEMENTS - 1, weight: evaluator::WEIGHT, comparisons: COMPARISONS }
    }

    /// Whether there is room for what is put in. Where there was too little there is none any more.
    fn takes(&mut self, node: &Node) -> bool {
        if !evaluator::weigh(node, &mut self.weight) {
            self.weight = 0;
        }
        self.weight > 0
    }

    fn takes_statement(&mut self, node: &Node) -> bool {
        let Some(left) = self.statements.checked_sub(1) else { return false };
        self.statements = left;
        self.comparisons > 0 && self.takes(node)
    }
}

impl Evaluator<'_> {
    /// The `json` of a data document.
    pub(super) fn document(&self, id: BlockId, block: &Block, instance: &Instance, span: Span) -> Node {
        let scope = &instance.scope;
        let module = &scope.module;
        self.used.borrow_mut().insert((Arc::clone(&module.address), id));
        self.used_alike.borrow_mut().insert((Arc::clone(module.first_alike()), id));
        let name = block.labels.get(1).map(|it| &*it.text).unwrap_or_default();
        let prefix = if module.address.is_empty() { String::new() } else { format!("{}.", module.address) };
        let head = block.head();
        let address: Arc<str> = format!("{prefix}data.aws_iam_policy_document.{name}{}", instance.key).into();
        self.documents.borrow_mut().insert(head, Arc::clone(&address));
        let tree = self.rendered_document(&block.body, &address, head, scope);
        let joined = repeats_operators(&tree).then(|| with_joined_operators(&tree));
        let text = self.json_text(joined.as_ref().unwrap_or(&tree), functions::Style::Document, span, scope);
        let text = match text.encodes() {
            Some(_) if joined.is_none() => text,
            _ => Text::encoding(Arc::new(tree), move || text),
        };
        Node::new(Value::Text(text), span)
    }

    fn rendered_document(&self, body: &Body, address: &Arc<str>, head: Span, scope: &Scope) -> Node {
        let attribute = |name: &str| body.attribute(name).map(|it| self.value(&it.value, scope));
        let mut statements: Vec<Node> = Vec::new();
        let mut room = Room::new();
        for name in ["source_policy_documents", "source_json"] {
            let Some(documents) = attribute(name) else { continue };
            let all = self.each_statement(&documents, &mut |statement| {
                let is_taken = room.takes_statement(&statement);
                statements.extend(Some(statement).filter(|_| is_taken));
                is_taken
            });
            if !all {
                statements.push(self.free(documents.span, scope, TOO_LARGE));
            }
        }
        // The provider refuses two source statements of one Sid, and two statements here; both are kept.
        let sources = statements.len();
        let mut room = Room::new();
        for (block, inner, case) in self.blocks(body, "statement", scope) {
            let node = self.statement(&block, &inner, &mut room);
            let node = match case {
                None => node,
                Some((when, at)) => Node::new(Value::OneOf(Arc::new([Arm { when, at, node }])), block.kind.span),
            };
            if !room.takes_statement(&node) {
                statements.push(self.free(block.kind.span, scope, TOO_LARGE));
                break;
            }
            if !self.replaces(&mut statements[..sources], &node, address, &mut room) {
                statements.push(node);
            }
        }
        let mut room = Room::new();
        for name in ["override_policy_documents", "override_json"] {
            let Some(documents) = attribute(name) else { continue };
            let mut put = |statement: Node, room: &mut Room| {
                if let Value::Unknown(hole) = &statement.value {
                    statements.iter_mut().for_each(|it| *it = perhaps_replaced(it, hole));
                }
                if !self.replaces(&mut statements, &statement, address, room) {
                    statements.push(statement);
                }
            };
            let all = self.each_statement(&documents, &mut |statement| {
                let is_taken = room.takes_statement(&statement);
                if is_taken {
                    put(statement, &mut room);
                }
                is_taken
            });
            if !all {
                put(self.free(documents.span, scope, TOO_LARGE), &mut room);
            }
        }
        let is_within = |span: &Span| body.blocks.iter().any(|it| it.span.contains(*span));
        if let Some(span) = body.unread.filter(|it| !is_within(it)) {
            statements.push(self.free(span, scope, UNREAD));
        }
        if !self.is_in_bounds(&statements, COMPARISONS - room.comparisons) {
            statements = vec![self.free(head, scope, "there are more documents of this size than iamlint reads")];
        }
        let mut object = Object::default();
        let mut entry = |key: &str, node: Node| {
            object.entries.push(Entry { key: Text::known(key, head), key_span: node.span, node });
        };
        if let Some(id) = attribute("policy_id").filter(|it| !it.is_null()) {
            entry("Id", id);
        }
        let version = attribute("version").filter(|it| !it.is_null());
        entry("Version", version.unwrap_or_else(|| Node::new(Value::Text(Text::known("2012-10-17", head)), head)));
        // Where there are none although something is to give them, none are written here.
        let gives = |name: &str| body.attribute(name).map(|it| it.value.span);
        let giver = || {
            let block = body.blocks.iter().find(|it| it.kind.text == "dynamic").map(|it| it.kind.span);
            block
                .or_else(|| ["source_policy_documents", "source_json"].into_iter().find_map(gives))
                .or_else(|| ["override_policy_documents", "override_json"].into_iter().find_map(gives))
        };
        let given = statements.is_empty().then(giver).flatten();
        let list = Node::list(statements, head);
        entry(
            "Statement",
            match given {
                Some(span) => list.through(span, "what gives the statements"),
                None => list,
            },
        );
        Node::new(Value::Object(Arc::new(object)), head)
    }

    /// Whether there may be one more document of this size.
    fn is_in_bounds(&self, statements: &[Node], comparisons: usize) -> bool {
        let mut left = usize::MAX;
        statements.iter().for_each(|it| _ = evaluator::weigh(it, &mut left));
        let cost = usize::MAX - left + comparisons / OF_CASES;
        let left = self.documents_left.get();
        let is_in_bounds = cost <= LARGE || cost <= left;
        if cost > LARGE && is_in_bounds {
            self.documents_left.set(left - cost);
        }
        is_in_bounds
    }

    /// Puts a statement in the place of the one of its Sid, where there is one for certain. One that it may take the
    /// place of, as its Sid is not known or it is there in one case only, is left where it does not.
    fn replaces(&self, statements: &mut [Node], statement: &Node, address: &Arc<str>, room: &mut Room) -> bool {
        let (new, new_cases) = without_cases(statement);
        let Some(new_sid) = sid_of(&new) else { return false };
        let mut is_placed = false;
        for old in statements {
            let (bare, old_cases) = without_cases(old);
            room.comparisons = room.comparisons.saturating_sub(1);
            let Some(old_sid) = sid_of(&bare) else { continue };
            let is_same = match functions::same(&old_sid, &new_sid) {
                Some(is_same) => is_same,
                None => {
                    let words = format!("`{}` is not `{}`", shown(&new_sid), shown(&old_sid));
                    let at = if old_sid.is_known() { new_sid.span } else { old_sid.span };
                    if old_cases.len() < CASES {
                        *old = in_case(old.clone(), Some(&(words.into(), at)));
                    }
                    continue;
                }
            };
            if !is_same {
                continue;
            }
            let cost = OF_CASES * old_cases.len() * new_cases.len();
            room.comparisons = room.comparisons.saturating_sub(cost);
            if old_cases.iter().any(|it| new_cases.iter().any(|new| excludes(&it.0, &new.0))) {
                continue;
            }
            // The cases in which the new one is there and the old one was.
            match new_cases.iter().find(|new| !old_cases.iter().any(|it| it.0 == new.0)) {
                Some(_) if old_cases.len() >= CASES => {}
                Some((when, at)) => *old = in_case(old.clone(), Some(&(opposite(when), *at))),
                None if is_placed => {}
                None => {
                    if old_cases.is_empty() {
                        self.note_replaced(address, old, &new);
                    }
                    *old = statement.clone();
                    is_placed = true;
                }
            }
        }
        is_placed
    }

    /// Remembers that a statement took the place of another one.
    fn note_replaced(&self, address: &Arc<str>, old: &Node, new: &Node) {
        let (Some(lost), Some(by)) = (sid_of(old), sid_of(new)) else { return };
        let Some(sid) = by.as_text().cloned() else { return };
        let effect = match old.get("Effect").as_ref().and_then(Node::as_str) {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => None,
        };
        let mut replaced = self.replaced.borrow_mut();
        // A document is rendered once for each reference to it.
        if !replaced.iter().any(|it| it.address == *address && it.lost.span == lost.span && it.by.span == by.span) {
            let (lost, by) = (Place::of(&lost), Place::of(&by));
            replaced.push(ReplacedStatement { address: Arc::clone(address), sid, effect, lost, by });
        }
    }

    /// Goes through the statements of each document of a list of JSON texts until one is not taken; whether all were.
    fn each_statement(&self, list: &Node, take: &mut dyn FnMut(Node) -> bool) -> bool {
        match &list.value {
            Value::Null => true,
            Value::List(nodes) => nodes.iter().all(|it| self.each_statement(&list.inherit(it), take)),
            Value::OneOf(arms) => arms.iter().all(|arm| {
                self.each_statement(&list.inherit(&arm.node), &mut |node| {
                    let span = node.span;
                    take(Node::new(Value::OneOf(Arc::new([Arm { node, ..arm.clone() }])), span))
                })
            }),
            Value::Text(text) => {
                if text.is_empty() {
                    return true;
                }
                let parsed = crate::syntax::json::parse(text);
                for error in parsed.errors {
                    self.notes.borrow_mut().push((error.span, error.message.into()));
                }
                let Some(root) = parsed.root else { return take(self.unknown_statement(list)) };
                let statement = root.get("Statement");
                statement.is_none_or(|it| each_in_its_case(&list.inherit(&it)).into_iter().all(take))
            }
            _ => take(self.unknown_statement(list)),
        }
    }

    fn unknown_statement(&self, list: &Node) -> Node {
        match &list.value {
            Value::Unknown(_) => list.clone(),
            _ => Node::unknown(Hole {
                kind: HoleKind::Free,
                reference: self.written(list.span),
                scope: "".into(),
                span: list.span,
                why: "the document is not known".into(),
                many: false,
            }),
        }
    }

    fn statement(&self, block: &Block, scope: &Scope, room: &mut Room) -> Node {
        let body = &block.body;
        let span = block.kind.span;
        let mut object = Object::default();
        if let Some(Value::Unknown(hole)) = body.unread.map(|it| self.free(it, scope, UNREAD).value) {
            object.open = Some(hole);
        }
        let attribute = |name: &str| {
            body.attribute(name).map(|it| (it.name.span, self.value(&it.value, scope))).filter(|(_, it)| !it.is_null())
        };
        let mut entry = |key: &str, key_span: Span, node: Node| {
            object.entries.push(Entry { key: Text::known(key, key_span), key_span, node });
        };
        if let Some((at, sid)) = attribute("sid").filter(|(_, it)| it.as_text().is_none_or(|it| !it.is_empty())) {
            entry("Sid", at, sid);
        }
        match attribute("effect") {
            Some((at, effect)) => entry("Effect", at, effect),
            None => entry("Effect", span, Node::new(Value::Text(Text::known("Allow", span)), span)),
        }
        for (from, to) in [
            ("actions", "Action"),
            ("not_actions", "NotAction"),
            ("resources", "Resource"),
            ("not_resources", "NotResource"),
        ] {
            if let Some((at, list)) = attribute(from) {
                if list.as_list().is_some_and(<[Node]>::is_empty) {
                    continue;
                }
                entry(to, at, with_variables(list));
            }
        }
        for (from, to) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
            let blocks = self.blocks(body, from, scope);
            if let Some((first, ..)) = blocks.first() {
                let at = first.kind.span;
                entry(to, at, self.principals(&blocks, at, room));
            }
        }
        let conditions = self.blocks(body, "condition", scope);
        if let Some((first, ..)) = conditions.first() {
            let at = first.kind.span;
            entry("Condition", at, self.conditions(&conditions, at, room));
        }
        Node::new(Value::Object(Arc::new(object)), span)
    }

    fn principals(&self, blocks: &[Standing<'_>], at: Span, room: &mut Room) -> Node {
        let mut object = Object::default();
        let mut everyone: Option<Node> = None;
        for (block, scope, case) in blocks {
            if room.weight == 0 {
                object.open = Some(self.too_large(block, scope));
                break;
            }
            let kind = block.body.attribute("type").map(|it| self.value(&it.value, scope));
            let identifiers = block.body.attribute("identifiers").map(|it| self.value(&it.value, scope));
            let (Some(kind), Some(identifiers)) = (kind, identifiers) else { continue };
            let identifiers = in_case(with_variables(identifiers), case.as_ref());
            for (kind, case) in cases(&kind) {
                let identifiers = in_case(only_if(&identifiers, case.as_ref()), case.as_ref());
                match text_of(&kind) {
                    Some(text) if text.raw() == "*" => everyone = Some(identifiers),
                    Some(text) => {
                        room.takes(merge(&mut object, text, kind.span, identifiers));
                    }
                    None => {
                        if let Value::Unknown(hole) = &kind.value {
                            object.open = Some(Arc::clone(hole));
                        }
                    }
                }
            }
        }
        match everyone {
            Some(everyone) if object.entries.is_empty() => everyone,
            Some(everyone) => {
                room.takes(merge(&mut object, Text::known("*", everyone.span), everyone.span, everyone));
                Node::new(Value::Object(Arc::new(object)), at)
            }
            None => Node::new(Value::Object(Arc::new(object)), at),
        }
    }

    /// The tests of a statement. Blocks of one operator are entries of their own, so that each has its own place, unless
    /// they test the same key, of which the provider joins the values.
    fn conditions(&self, blocks: &[Standing<'_>], at: Span, room: &mut Room) -> Node {
        let mut operators = Object::default();
        for (block, scope, case) in blocks {
            if room.weight == 0 {
                operators.open = Some(self.too_large(block, scope));
                break;
            }
            let of = |name: &str| block.body.attribute(name).map(|it| self.value(&it.value, scope));
            let (Some(test), Some(variable), Some(values)) = (of("test"), of("variable"), of("values")) else {
                continue;
            };
            let values = in_case(with_variables(as_strings(values)), case.as_ref());
            for (test, of_test) in cases(&test) {
                let values = in_case(only_if(&values, of_test.as_ref()), of_test.as_ref());
                for (variable, of_variable) in cases(&variable) {
                    let values = in_case(only_if(&values, of_variable.as_ref()), of_variable.as_ref());
                    let (Some(operator), Some(key)) = (text_of(&test), text_of(&variable)) else {
                        operators.open = match (&test.value, &variable.value) {
                            (Value::Unknown(hole), _) | (_, Value::Unknown(hole)) => Some(Arc::clone(hole)),
                            _ => operators.open,
                        };
                        continue;
                    };
                    let tests =
                        |it: &Entry| it.node.as_object().is_some_and(|it| it.entries.iter().any(|it| it.key == key));
                    let same = operators.entries.iter_mut().find(|it| it.key == operator && tests(it));
                    let mut keys = same.as_ref().and_then(|it| it.node.as_object()).cloned().unwrap_or_default();
                    room.takes(merge(&mut keys, key, variable.span, values));
                    let value = Value::Object(Arc::new(keys));
                    match same {
                        Some(entry) => entry.node.value = value,
                        None => {
                            let node = Node::new(value, test.span);
                            operators.entries.push(Entry { key: operator, key_span: test.span, node });
                        }
                    }
                }
            }
        }
        Node::new(Value::Object(Arc::new(operators)), at)
    }

    /// What stands for a nested block and all behind it.
    fn too_large(&self, block: &Block, scope: &Scope) -> Arc<Hole> {
        Arc::new(self.hole(HoleKind::Free, block.kind.span, scope, TOO_LARGE))
    }
}

/// The values that a node may be, each in its case.
fn cases(node: &Node) -> Vec<(Node, Option<Case>)> {
    let Value::OneOf(arms) = &node.value else { return vec![(node.clone(), None)] };
    let of_arm = |arm: &Arm| {
        let case = (Arc::clone(&arm.when), arm.at);
        cases(&node.inherit(&arm.node)).into_iter().map(move |(node, inner)| (node, inner.or(Some(case.clone()))))
    };
    arms.iter().flat_map(of_arm).collect()
}

/// What is left of a value in a case: of a choice that the same condition makes, the one arm.
fn only_if(node: &Node, case: Option<&Case>) -> Node {
    let (Value::OneOf(arms), Some((when, _))) = (&node.value, case) else { return node.clone() };
    match arms.iter().find(|arm| arm.when == *when) {
        Some(arm) => node.inherit(&arm.node),
        None => node.clone(),
    }
}

/// Whether an operator stands in a document's conditions more than once.
fn repeats_operators(node: &Node) -> bool {
    let entries = || node.as_object().into_iter().flat_map(|it| &it.entries);
    match &node.value {
        Value::List(nodes) => nodes.iter().any(repeats_operators),
        Value::OneOf(arms) => arms.iter().any(|arm| repeats_operators(&arm.node)),
        _ => entries().any(|entry| match entry.key.raw() {
            "Statement" => repeats_operators(&entry.node),
            "Condition" => entry.node.as_object().is_some_and(|it| {
                let is_again = |(n, one): (usize, &Entry)| it.entries[..n].iter().any(|it| it.key == one.key);
                it.entries.iter().enumerate().any(is_again)
            }),
            _ => false,
        }),
    }
}

/// A document as the provider writes it: an operator once, with the keys of all blocks that have it.
fn with_joined_operators(node: &Node) -> Node {
    let value = match &node.value {
        Value::List(nodes) => Value::List(nodes.iter().map(with_joined_operators).collect()),
        Value::OneOf(arms) => {
            let joined = |arm: &Arm| Arm { node: with_joined_operators(&arm.node), ..arm.clone() };
            Value::OneOf(arms.iter().map(joined).collect())
        }
        Value::Object(object) => {
            let mut object = (**object).clone();
            for entry in &mut object.entries {
                match entry.key.raw() {
                    "Statement" => entry.node = with_joined_operators(&entry.node),
                    "Condition" => entry.node = joined(&entry.node),
                    _ => {}
                }
            }
            Value::Object(Arc::new(object))
        }
        _ => return node.clone(),
    };
    Node { value, ..node.clone() }
}

fn joined(condition: &Node) -> Node {
    let Some(operators) = condition.as_object() else { return condition.clone() };
    let mut out = Object { entries: Vec::new(), open: operators.open.clone() };
    for entry in &operators.entries {
        let same = out.entries.iter_mut().find(|it| it.key == entry.key);
        match (same.map(|it| &mut it.node.value), &entry.node.value) {
            (Some(Value::Object(keys)), Value::Object(more)) => {
                Arc::make_mut(keys).entries.extend(more.entries.iter().cloned());
            }
            _ => out.entries.push(entry.clone()),
        }
    }
    Node { value: Value::Object(Arc::new(out)), ..condition.clone() }
}

/// A statement that another one of its Sid takes the place of, if there is one in what is not known.
fn perhaps_replaced(statement: &Node, by: &Hole) -> Node {
    if sid_of(&without_cases(statement).0).is_none() {
        return statement.clone();
    }
    in_case(statement.clone(), Some(&(format!("`{}` does not replace it", by.reference).into(), by.span)))
}

/// The `Sid` of a statement that has one, which is perhaps not known.
fn sid_of(statement: &Node) -> Option<Node> {
    statement.get("Sid").filter(|it| !it.is_null() && it.as_text().is_none_or(|it| !it.is_empty()))
}

/// A Sid in words.
fn shown(sid: &Node) -> String {
    match &sid.value {
        Value::Unknown(hole) => hole.reference.to_string(),
        _ => sid.as_text().map_or_else(|| "the Sid".to_owned(), Text::to_string),
    }
}

/// The elements of a list, or the one value in its place; what is undecided gives each in its case.
fn each_in_its_case(node: &Node) -> Vec<Node> {
    match &node.value {
        Value::List(nodes) => nodes.iter().flat_map(|it| each_in_its_case(&node.inherit(it))).collect(),
        Value::OneOf(arms) => {
            let of_arm = |arm: &Arm| {
                let case = (Arc::clone(&arm.when), arm.at);
                let nodes = each_in_its_case(&node.inherit(&arm.node)).into_iter();
                nodes.map(move |it| in_case(it, Some(&case)))
            };
            arms.iter().flat_map(of_arm).collect()
        }
        _ => vec![node.clone()],
    }
}

/// What there is in some cases only, and these.
fn without_cases(node: &Node) -> (Node, Vec<Case>) {
    let (mut node, mut cases) = (node.clone(), Vec::new());
    while let Some((inner, case)) = evaluator::only_in(&node) {
        node = inner;
        cases.push(case);
    }
    (node, cases)
}

/// Adds values under a key to those that are already there, and gives all of them.
fn merge(object: &mut Object, key: Text, key_span: Span, values: Node) -> &Node {
    let Some(at) = object.entries.iter().position(|it| it.key == key) else {
        object.entries.push(Entry { key, key_span, node: values });
        return &object.entries[object.entries.len() - 1].node;
    };
    let parts = |node: &Node| match &node.value {
        Value::List(nodes) => nodes.iter().map(|it| node.inherit(it)).collect(),
        _ => vec![node.clone()],
    };
    let entry = &mut object.entries[at];
    let mut all: Vec<Node> = parts(&entry.node);
    all.extend(parts(&values));
    entry.node = Node::list(all, entry.node.span);
    &entry.node
}

fn in_case(node: Node, case: Option<&Case>) -> Node {
    match case {
        None => node,
        Some((when, at)) => {
            let span = node.span;
            Node::new(Value::OneOf(Arc::new([Arm { when: Arc::clone(when), at: *at, node }])), span)
        }
    }
}

/// The provider's schema makes strings of numbers and truth values.
fn as_strings(node: Node) -> Node {
    let value = match &node.value {
        Value::Number(_) | Value::Bool(_) => text_of(&node).map_or(Value::Null, Value::Text),
        Value::List(nodes) => Value::List(nodes.iter().map(|it| as_strings(it.clone())).collect()),
        _ => return node,
    };
    Node { value, ..node }
}

/// `&{aws:username}` is how a data document writes `${aws:username}`.
fn with_variables(node: Node) -> Node {
    let value = match &node.value {
        Value::Text(text) if text.raw().contains("&{") => Value::Text(text.map_known(|it| it.replace("&{", "${"))),
        Value::List(nodes) if nodes.iter().any(needs_variables) => {
            Value::List(nodes.iter().map(|it| with_variables(it.clone())).collect())
        }
        Value::OneOf(arms) => {
            Value::OneOf(arms.iter().map(|arm| Arm { node: with_variables(arm.node.clone()), ..arm.clone() }).collect())
        }
        _ => return node,
    };
    Node { value, ..node }
}

fn needs_variables(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => text.raw().contains("&{"),
        Value::List(_) | Value::OneOf(_) => true,
        _ => false,
    }
}
