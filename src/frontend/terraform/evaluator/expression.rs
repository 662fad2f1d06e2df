//! Expressions by their kind: lists, objects, templates, operators, conditions, `for` and calls of functions.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::draft::{Drafts, Premise};
use super::host::FunctionHost;
use super::known::{elements, is_many, number, open_of, same, sort_entries, text_of, texts_of};
use super::{Case, Doubt, Evaluator, Failure, Outcome, Scope, WEIGHT, only_in, secret};
use crate::frontend::terraform::decimal::{calculated, order};
use crate::frontend::terraform::functions::{self, truth};
use crate::source::Span;
use crate::syntax::hcl::{Accessor, BinaryOp, Call, Expr, ExprKind, For, Part, UnaryOp};
use crate::value::{
    Arm, Entry, Hole, HoleKind, Node, Number, Object, Origin, Text, Value, excludes, is_any_of, is_name, opposite,
};

/// Why nothing is known of what a loop gives.
const UNKNOWN_COLLECTION: &str = "what it goes through is not known";

impl Evaluator<'_> {
    pub(super) fn expression(&self, expr: &Expr, scope: &Scope) -> Outcome {
        let span = expr.span;
        let node = |value| Ok(Node::new(value, span));
        match &expr.kind {
            ExprKind::Null => node(Value::Null),
            ExprKind::Bool(it) => node(Value::Bool(*it)),
            // Terraform holds every digit of it.
            ExprKind::Number(it)
                if (span.len() > 15 || it.0 == 0.0 || !it.0.is_finite())
                    && Number::exactly(self.source(span.file).slice(span)).is_none() =>
            {
                Ok(Node::unknown(self.hole(HoleKind::Opaque, span, scope, Number::TOO_LONG)))
            }
            ExprKind::Number(it) => node(Value::Number(*it)),
            ExprKind::Text(it) => node(Value::Text(it.clone())),
            ExprKind::Template(parts) => match parts.as_slice() {
                // `"${x}"` is `x` itself, of whatever type.
                [Part::Interpolation(inner)] => self.eval(inner, scope),
                parts => self.template(parts, span, scope),
            },
            ExprKind::List(items) => self.written_out(scope, || {
                let nodes = match self.trying.get() {
                    0 => items.iter().map(|it| self.value(it, scope).as_element(false)).collect(),
                    _ => items
                        .iter()
                        .map(|it| Ok(self.eval(it, scope)?.as_element(false)))
                        .collect::<Result<_, Failure>>()?,
                };
                Ok(Node::new(Value::List(nodes), span))
            }),
            ExprKind::Object(items) => self.written_out(scope, || {
                let mut object = Object { entries: Vec::with_capacity(items.len()), open: None };
                let mut choices = Vec::new();
                for item in items {
                    let key_span = item.key.span;
                    if let ExprKind::Text(key) = &item.key.kind {
                        let node = self.part(&item.value, scope)?;
                        object.entries.push(Entry { key: key.clone(), key_span, node });
                        continue;
                    }
                    let key = self.part(&item.key, scope)?;
                    let node = self.part(&item.value, scope)?;
                    match key.to_text() {
                        Some(key) => object.entries.push(Entry { key, key_span, node }),
                        None if is_one_of_texts(&key) => {
                            // Which key it is, is told below.
                            object.entries.push(Entry { key: Text::default(), key_span, node });
                            choices.push((object.entries.len() - 1, key));
                        }
                        None => object.open = Some(self.why_unknown(&key, key_span, scope)),
                    }
                }
                Ok(self.by_keys(object, choices, span, scope))
            }),
            ExprKind::Variable(name) => self.access(&[], name, expr, span, scope),
            ExprKind::Access(it) => match &it.base.kind {
                ExprKind::Variable(name) => self.access(&it.accessors, name, expr, it.base.span, scope),
                _ => {
                    let base = self.eval(&it.base, scope)?;
                    self.steps_into(base, &it.accessors, span, scope)
                }
            },
            ExprKind::Call(call) => self.call(call, span, scope),
            ExprKind::Conditional(arms) => self.conditional(arms, scope),
            ExprKind::Unary(op, inner) => {
                let inner = self.eval(inner, scope)?;
                self.distribute(&[inner], span, scope, &|nodes| Ok(self.unary(*op, &nodes[0], span, scope)))
            }
            ExprKind::Binary(op, sides) => self.binary(*op, sides, span, scope),
            ExprKind::For(it) => self.for_expression(it, span, scope),
            ExprKind::Paren(inner) => self.eval(inner, scope),
            ExprKind::Unread => Ok(self.free(span, scope, "it could not be read")),
        }
    }

    /// An object some keys of which, each with its place among the entries, are one of several: one object for each of these.
    fn by_keys(&self, mut object: Object, mut choices: Vec<(usize, Node)>, span: Span, scope: &Scope) -> Node {
        /// How many of the keys are told apart.
        const MOST: usize = 2;
        if choices.len() > MOST {
            // The last ones first, so that the places of the others stay.
            for (at, key) in choices.into_iter().rev() {
                object.open = Some(self.why_unknown(&key, object.entries.remove(at).key_span, scope));
            }
            return Node::new(Value::Object(Arc::new(object)), span);
        }
        let Some((at, key)) = choices.pop() else { return Node::new(Value::Object(Arc::new(object)), span) };
        let arms = match &key.value {
            Value::OneOf(arms) => Arc::clone(arms),
            _ => Arc::new([]) as Arc<[Arm]>,
        };
        let arm = |arm: &Arm| {
            let case = (Arc::clone(&arm.when), arm.at);
            let decided = |it: &Node| self.in_assumed_case(it.clone(), &[&case]);
            let mut object = object.clone();
            object.entries.iter_mut().for_each(|it| it.node = decided(&it.node));
            let mut left = Vec::with_capacity(choices.len());
            for (at, key) in &choices {
                let key = decided(key);
                match key.to_text() {
                    Some(key) => object.entries[*at].key = key,
                    None => left.push((*at, key)),
                }
            }
            object.entries[at].key = key.inherit(&arm.node).to_text()?;
            Some(Arm { node: self.by_keys(object, left, span, scope), ..arm.clone() })
        };
        functions::one_of(arms.iter().filter_map(arm).collect(), span)
    }

    /// A list or object as it is written out, weighed where it is no part of another one.
    pub(super) fn written_out(&self, scope: &Scope, evaluate: impl FnOnce() -> Outcome) -> Outcome {
        let within = self.within.replace(true);
        let outcome = evaluate();
        self.within.set(within);
        if within { outcome } else { outcome.map(|node| self.weighed(node, scope)) }
    }

    /// Text of parts; nothing but text may be spliced into text. Where a directive hangs on what is not known, it is one
    /// of several texts.
    pub(super) fn template(&self, parts: &[Part], span: Span, scope: &Scope) -> Outcome {
        let mut out = Drafts::with_room(parts.len());
        self.template_into(parts, scope, &mut out)?;
        if !self.pay(out.footprint()) {
            return Ok(self.free(span, scope, "the text is too large to be evaluated"));
        }
        let one = || {
            let mut one = Drafts::only_one();
            self.template_into(parts, scope, &mut one)?;
            Ok(one
                .into_node(span)
                .unwrap_or_else(|| self.free(span, scope, "it hangs on conditions that are not known")))
        };
        if out.are_many() || out.are_spent() {
            if let Some(tree) = out.document() {
                // As text it is less known than as what it says.
                let node: Node = one()?;
                let text = node.as_text().cloned().unwrap_or_default();
                return Ok(Node { value: Value::Text(Text::encoding(tree, move || text)), ..node });
            }
            out = Drafts::of_text();
            self.template_into(parts, scope, &mut out)?;
            if !self.pay(out.footprint()) {
                return Ok(self.free(span, scope, "the text is too large to be evaluated"));
            }
        }
        out.into_node(span).map_or_else(one, Ok)
    }

    pub(super) fn template_into(&self, parts: &[Part], scope: &Scope, out: &mut Drafts) -> Result<(), Failure> {
        for part in parts {
            match part {
                Part::Literal(text) => out.push_text(text, &Origin::HERE),
                Part::Interpolation(expr) => {
                    let node = self.part(expr, scope)?;
                    match node.to_text() {
                        Some(text) => out.push_text(&text, &node.origin),
                        None if node.is_known() && self.trying.get() > 0 => {
                            return Err(Failure {
                                span: expr.span,
                                message: "only text, numbers and truth values can be put into text".into(),
                            });
                        }
                        None => self.choice_into(&node, expr.span, scope, out),
                    }
                }
                Part::If { condition, then, otherwise, span: directive } => {
                    let test = self.eval(condition, scope)?;
                    match truth(&test) {
                        Some(true) => self.template_into(then, scope, out)?,
                        Some(false) => self.template_into(otherwise, scope, out)?,
                        None => {
                            let Asked { when, not, at } = self.asked(condition, &test, scope);
                            let ways = [(when, then, scope), (not, otherwise, scope)];
                            self.undecided(ways, at, false, *directive, scope, out)?;
                        }
                    }
                }
                Part::For { key, value, collection, body, span: directive } => {
                    let at = collection.span;
                    let all = self.eval(collection, scope)?;
                    let within = |name: Node, element: Node| {
                        let inner = scope.with_element(value, element, name.clone());
                        key.as_ref().map_or(inner.clone(), |key| inner.with(key, name))
                    };
                    let Some(elements) = elements(&all) else {
                        let inner = self.of_any_element(key.as_deref(), value, at, scope);
                        let (words, _) = self.has_element(collection);
                        let ways = [(opposite(&words), &Vec::new(), scope), (words, body, &inner)];
                        self.undecided(ways, at, true, *directive, scope, out)?;
                        continue;
                    };
                    let Some(_rounds) = self.rounds(elements.len()) else {
                        let why = "loops within loops go through more than iamlint goes along with";
                        out.push_hole(&Arc::new(self.hole(HoleKind::Free, *directive, scope, why)));
                        continue;
                    };
                    for (name, element) in elements {
                        self.template_into(body, &within(name, element), out)?;
                        if !self.pay(1) {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// One of several texts as a hole that knows them, where there are few.
    fn choice_into(&self, node: &Node, at: Span, scope: &Scope, out: &mut Drafts) {
        let arms = texts_of(node).unwrap_or_default();
        let texts = || arms.iter().filter_map(|arm| arm.node.as_text());
        // Something fixed, whichever it is.
        let is_fixed = |it: &Text| {
            !it.raw().contains(['*', '?']) && !it.is_empty() && it.holes().all(|(_, it)| it.kind == HoleKind::Opaque)
        };
        // Terraform puts nothing but text into text.
        if let ([only], Value::OneOf(all)) = (&arms[..], &node.value)
            && all.len() > 1
            && let Some(text) = only.node.as_text()
        {
            self.doubt(Doubt::Unless((Arc::clone(&only.when), only.at)), scope);
            return out.push_text(text, &only.node.origin);
        }
        let is_choice = arms.len() > 1;
        let kind = if is_choice && texts().all(is_fixed) { HoleKind::Opaque } else { HoleKind::Free };
        let hole = Arc::new(self.hole(kind, at, scope, "it depends on a condition that is not known"));
        // What is there in one case only is one of no two.
        if is_choice { out.push_choice(&hole, &arms.into()) } else { out.push_hole(&hole) }
    }

    /// A directive that gives one of two texts: each in its case, or a hole where there are too many.
    fn undecided(
        &self,
        ways: [(Arc<str>, &Vec<Part>, &Scope); 2],
        at: Span,
        is_loop: bool,
        directive: Span,
        scope: &Scope,
        out: &mut Drafts,
    ) -> Result<(), Failure> {
        let mut drafts = Vec::new();
        for (words, parts, inner) in ways.into_iter().filter(|_| !out.are_one()) {
            let mut part = out.of_part(Premise { words, at, meaning: self.meaning(at, scope), is_loop });
            self.template_into(parts, inner, &mut part)?;
            drafts.extend(part.into_drafts());
        }
        if drafts.is_empty() || !out.branch(&drafts) {
            let why = "it depends on a condition that is not known";
            out.push_hole(&Arc::new(self.hole(HoleKind::Free, directive, scope, why)));
        }
        Ok(())
    }

    pub(super) fn conditional(&self, arms: &[Expr; 3], scope: &Scope) -> Outcome {
        let [condition, then, otherwise] = arms;
        let test = self.eval(condition, scope)?;
        match truth(&test) {
            Some(true) => self.chosen(then, otherwise, scope),
            Some(false) => self.chosen(otherwise, then, scope),
            None if test.is_known() => Err(not_a_condition(condition)),
            None => {
                let Asked { when, not, at } = self.asked(condition, &test, scope);
                let arm = |when: Arc<str>, expr: &Expr| {
                    // What would fail in the other case only does not.
                    let doubt = self.doubt.take();
                    let node = self.value(expr, scope);
                    self.doubt.replace(doubt);
                    let case = (when, at);
                    let node = self.in_assumed_case(node, &[&case]);
                    Arm { when: case.0, at: case.1, node }
                };
                let mut arms = [arm(when, then), arm(not, otherwise)];
                if let Some((then, otherwise)) = of_one_type(&arms[0].node, &arms[1].node) {
                    arms[0].node = then;
                    arms[1].node = otherwise;
                }
                if let [a, b] = &arms
                    && same(&a.node, &b.node) == Some(true)
                {
                    return Ok(a.node.clone());
                }
                // A choice by what is asked, and one by the contrary, are one choice.
                if arms[0].when.starts_with("not ") {
                    arms.reverse();
                }
                Ok(Node::new(Value::OneOf(Arc::new(arms)), then.span.to(otherwise.span)))
            }
        }
    }

    /// What a condition that is not known asks. What is asked by way of names is asked of what they stand for: two
    /// arguments of a module may be one value of whoever calls it.
    fn asked(&self, condition: &Expr, test: &Node, scope: &Scope) -> Asked {
        if let Some(asked) = asked_of_choice(test) {
            return asked;
        }
        let (mut expr, mut is_negated) = (condition, false);
        loop {
            expr = match &expr.kind {
                ExprKind::Paren(inner) => inner,
                ExprKind::Unary(UnaryOp::Not, inner) => {
                    is_negated = !is_negated;
                    inner
                }
                ExprKind::Binary(op, sides) => {
                    let decides_nothing =
                        |side: &Expr| truth(&self.value(side, scope)).is_some_and(|it| is_neutral(*op, it));
                    match &**sides {
                        [left, right] if decides_nothing(left) => right,
                        [left, right] if decides_nothing(right) => left,
                        _ => break,
                    }
                }
                _ => break,
            };
        }
        let (mut what, at) = self.stands_for(expr, scope).unwrap_or_else(|| (self.written(expr.span), expr.span));
        if let Some(negated) = what.strip_prefix('!').filter(|it| is_name(it)) {
            is_negated = !is_negated;
            what = negated.into();
        }
        let when: Arc<str> = format!("`{what}`{}", self.which(expr.span, scope)).into();
        let not = opposite(&when);
        let (when, not) = if is_negated { (not, when) } else { (when, not) };
        Asked { when, not, at }
    }

    /// What a reference is another name of, as it is written, and where.
    fn stands_for(&self, expr: &Expr, scope: &Scope) -> Option<(Arc<str>, Span)> {
        let ExprKind::Access(access) = &expr.kind else { return None };
        if !matches!(&access.base.kind, ExprKind::Variable(root) if matches!(&**root, "var" | "local")) {
            return None;
        }
        let node = self.value(expr, scope);
        let hole = match &node.value {
            Value::Unknown(hole) => hole,
            Value::Text(text) if text.is_hole() => text.holes().next()?.1,
            _ => return None,
        };
        let own = &scope.module.address;
        let is_of_caller =
            hole.scope.is_empty() || own.strip_prefix(&*hole.scope).is_some_and(|it| it.starts_with('.'));
        let is_told = (hole.scope == *own || is_of_caller) && !hole.reference.contains(['`', '…']);
        is_told.then(|| (Arc::clone(&hole.reference), hole.span))
    }

    /// The arm of a condition that holds, of the type that both have.
    fn chosen(&self, arm: &Expr, other: &Expr, scope: &Scope) -> Outcome {
        let node = self.eval(arm, scope)?;
        // Only what is text in the other one makes a difference, and what is not attached need not be asked for.
        if !may_become_text(&node, &mut WEIGHT.clone()) || !may_have_text(other) {
            return Ok(node);
        }
        let other = self.value(other, scope);
        Ok(of_one_type(&node, &other).map_or(node, |(node, _)| node))
    }

    /// Applies `apply` to every combination of arms, when there are few; to the nodes themselves when there are none.
    pub(super) fn distribute(
        &self,
        nodes: &[Node],
        span: Span,
        scope: &Scope,
        apply: &dyn Fn(&[Node]) -> Outcome,
    ) -> Outcome {
        let Some(at) = nodes.iter().position(|it| matches!(it.value, Value::OneOf(_))) else { return apply(nodes) };
        let arms: usize = nodes
            .iter()
            .map(|it| if let Value::OneOf(arms) = &it.value { arms.len() } else { 1 })
            .fold(1, usize::saturating_mul);
        let Value::OneOf(choices) = &nodes[at].value else { return apply(nodes) };
        if arms > 8 {
            return Ok(self.free(span, scope, "it depends on too many conditions that are not known"));
        }
        let (mut out, mut failure) = (Vec::new(), None);
        for arm in choices.iter() {
            let mut chosen = nodes.to_vec();
            chosen[at] = nodes[at].inherit(&arm.node);
            match self.distribute(&chosen, span, scope, apply) {
                Ok(node) => out.push(Arm { node, ..arm.clone() }),
                Err(failed) => failure = Some(failed),
            }
        }
        match (&out[..], failure) {
            ([], Some(failure)) => Err(failure),
            // Terraform goes on in this case only.
            ([only], Some(_)) if choices.len() > 1 => {
                self.doubt(Doubt::Unless((Arc::clone(&only.when), only.at)), scope);
                Ok(only.node.clone())
            }
            (_, failure) => {
                failure.into_iter().for_each(|_| self.doubt(Doubt::Somehow, scope));
                Ok(functions::of_each(out, choices.len(), span))
            }
        }
    }

    pub(super) fn unary(&self, op: UnaryOp, node: &Node, span: Span, scope: &Scope) -> Node {
        match op {
            UnaryOp::Not => truth(node).map(|it| Value::Bool(!it)),
            UnaryOp::Negate => number(node).map(|it| Value::Number(Number(-it))),
        }
        .map_or_else(|| self.free(span, scope, "it depends on a value that is not known"), |it| Node::new(it, span))
    }

    pub(super) fn binary(&self, op: BinaryOp, sides: &[Expr; 2], span: Span, scope: &Scope) -> Outcome {
        let left = self.eval(&sides[0], scope)?;
        // Terraform evaluates both sides; here one side that decides is enough, so that an unknown one does not matter.
        match (op, truth(&left)) {
            (BinaryOp::And, Some(false)) | (BinaryOp::Or, Some(true)) => {
                return Ok(Node::new(Value::Bool(op == BinaryOp::Or), span));
            }
            _ => {}
        }
        let right = self.eval(&sides[1], scope)?;
        match (op, truth(&right)) {
            (BinaryOp::And, Some(false)) | (BinaryOp::Or, Some(true)) => {
                return Ok(Node::new(Value::Bool(op == BinaryOp::Or), span));
            }
            _ => {}
        }
        // Beside what decides nothing it is what the other side is.
        for (side, other) in [(&left, &right), (&right, &left)] {
            if truth(side).is_some_and(|it| is_neutral(op, it)) && matches!(other.value, Value::Unknown(_)) {
                return Ok(other.clone());
            }
        }
        // What is written out is a tuple or an object, which equals no list and no map; of what it is held against, the
        // type is not known here.
        let is_written = |side: &Expr| matches!(side.kind, ExprKind::List(_) | ExprKind::Object(_));
        let is_of_one_type = is_written(&sides[0]) == is_written(&sides[1]);
        let is_set = |it: &Node| matches!(&it.value, Value::List(nodes) if nodes.is_set());
        let is_list = |side: &Expr, it: &Node| !is_set(it) && it.as_list().is_some() && is_no_set(side);
        let same = |left: &Node, right: &Node| {
            let are_apart = is_set(left) && is_list(&sides[1], right) || is_set(right) && is_list(&sides[0], left);
            let order = || order(left, right).map(Ordering::is_eq);
            let same = if are_apart { Some(false) } else { same(left, right).or_else(order) };
            same.filter(|it| !it || is_of_one_type)
        };
        self.distribute(&[left, right], span, scope, &|nodes| {
            let (left, right) = (&nodes[0], &nodes[1]);
            let value = match op {
                BinaryOp::Equal => same(left, right).map(Value::Bool),
                BinaryOp::NotEqual => same(left, right).map(|it| Value::Bool(!it)),
                BinaryOp::And => truth(left).zip(truth(right)).map(|(a, b)| Value::Bool(a && b)),
                BinaryOp::Or => truth(left).zip(truth(right)).map(|(a, b)| Value::Bool(a || b)),
                _ => match number(left).zip(number(right)) {
                    None if left.is_known() && right.is_known() => {
                        return Err(Failure { span, message: "only numbers can be calculated with".into() });
                    }
                    None => order(left, right).and_then(|it| {
                        Some(Value::Bool(match op {
                            BinaryOp::Less => it.is_lt(),
                            BinaryOp::LessOrEqual => it.is_le(),
                            BinaryOp::Greater => it.is_gt(),
                            BinaryOp::GreaterOrEqual => it.is_ge(),
                            _ => return None,
                        }))
                    }),
                    Some((a, b)) => {
                        let is_known = || Number(a).is_same(Number(b)).is_some();
                        match op {
                            BinaryOp::Less => is_known().then_some(Value::Bool(a < b)),
                            BinaryOp::LessOrEqual => is_known().then_some(Value::Bool(a <= b)),
                            BinaryOp::Greater => is_known().then_some(Value::Bool(a > b)),
                            BinaryOp::GreaterOrEqual => is_known().then_some(Value::Bool(a >= b)),
                            // Terraform leaves what it cannot divide.
                            BinaryOp::Modulo if b == 0.0 => Some(Value::Number(Number(a))),
                            BinaryOp::Divide if b == 0.0 => {
                                return Err(Failure { span, message: "it divides by zero".into() });
                            }
                            op => {
                                let too_long = || {
                                    Value::Unknown(Arc::new(self.hole(HoleKind::Opaque, span, scope, Number::TOO_LONG)))
                                };
                                Some(calculated(op, a, b).map_or_else(too_long, |it| Value::Number(Number(it))))
                            }
                        }
                    }
                },
            };
            Ok(value.map_or_else(
                || self.free(span, scope, "it depends on a value that is not known"),
                |it| Node::new(it, span),
            ))
        })
    }

    /// Goes through so many elements in each round of the loops around, for as long as what is given back lives; none
    /// where that comes to too many, which is told before any of it is done.
    fn rounds(&self, elements: usize) -> Option<Rounds<'_>> {
        let before = self.rounds.get();
        let all = before.saturating_mul(elements.max(1));
        (all <= WEIGHT).then(|| {
            self.rounds.set(all);
            Rounds { of: &self.rounds, before }
        })
    }

    pub(super) fn for_expression(&self, it: &For, span: Span, scope: &Scope) -> Outcome {
        let collection = self.eval(&it.collection, scope)?;
        self.distribute(&[collection], span, scope, &|nodes| {
            let collection = &nodes[0];
            let Some(elements) = elements(collection) else {
                if collection.is_known() {
                    return Err(Failure {
                        span: it.collection.span,
                        message: "only lists and objects can be gone through".into(),
                    });
                }
                return Ok(self.for_over_unknown(it, span, scope));
            };
            let Some(_rounds) = self.rounds(elements.len()) else {
                return Ok(self.free(span, scope, "loops within loops go through more than iamlint goes along with"));
            };
            let mut list = Vec::new();
            let mut keys = FxHashSet::default();
            let mut object = Object { entries: Vec::new(), open: open_of(collection) };
            for (name, element) in elements {
                let (element, case) = match only_in(&element) {
                    Some((element, case)) => (element, Some(case)),
                    None => (element, None),
                };
                let is_many = is_many(&element);
                let mut inner = scope.with_element(&it.value, element, name.clone());
                if let Some(key) = &it.key {
                    inner = inner.with(key, name);
                }
                if self.steps.get() == 0 {
                    return Ok(self.free(span, scope, "the module is too large to be evaluated any further"));
                }
                let mut asked = None;
                if let Some(condition) = &it.condition {
                    let test = self.eval(condition, &inner)?;
                    match truth(&test) {
                        Some(true) => {}
                        Some(false) => continue,
                        None if test.is_known() => return Err(not_a_condition(condition)),
                        // It may be there or not.
                        None => asked = Some(self.asked(condition, &test, &inner)),
                    }
                }
                let mut node = self.eval(&it.result, &inner)?;
                let case = case.or_else(|| asked.map(|it| (it.when, it.at)));
                if let Some((when, at)) = &case {
                    node = functions::in_case(when, *at, node);
                }
                let Some(key) = &it.result_key else {
                    if is_many {
                        self.of_any_number(&node, &self.has_element(&it.collection), &mut list);
                        let why = "what it goes through is not wholly known";
                        list.push(self.free(it.result.span, &inner, why).as_element(true));
                    } else {
                        list.push(node.as_element(false));
                    }
                    continue;
                };
                let key = self.eval(key, &inner)?;
                match text_of(&key) {
                    None => object.open = Some(self.why_unknown(&key, key.span, scope)),
                    Some(text) if it.grouping => match object.entries.iter_mut().find(|it| it.key == text) {
                        Some(entry) => {
                            let mut group = entry.node.as_list().map(<[Node]>::to_vec).unwrap_or_default();
                            group.push(node);
                            entry.node = Node::list(group, span);
                        }
                        None => object.entries.push(Entry {
                            key: text,
                            key_span: key.span,
                            node: Node::list(vec![node], span),
                        }),
                    },
                    Some(text) if case.is_none() && !keys.insert(text.clone()) => {
                        return Err(Failure {
                            span: key.span,
                            message: format!("two elements have the key `{text}`").into(),
                        });
                    }
                    Some(text) => object.entries.push(Entry { key: text, key_span: key.span, node }),
                }
            }
            let value = match it.result_key {
                None => {
                    // What else there is to go through gives elements as well.
                    let why = "what it goes through is not wholly known";
                    list.extend(object.open.take().map(|_| self.free(it.result.span, scope, why).as_element(true)));
                    Value::List(list.into())
                }
                Some(_) => {
                    sort_entries(&mut object);
                    Value::Object(Arc::new(object))
                }
            };
            Ok(self.weighed(Node { value, span, origin: collection.origin.clone() }, scope))
        })
    }

    /// The value of what is tried, and why it may fail all the same.
    fn tried(&self, expr: &Expr, scope: &Scope) -> (Outcome, Option<Doubt>) {
        let around = self.doubt.take();
        let outcome = self.eval(expr, scope);
        let doubt = self.doubt.replace(around);
        let is_missing = || outcome.as_ref().is_ok_and(|it| self.may_be_missing(expr, it, scope));
        let doubt = doubt.or_else(|| is_missing().then_some(Doubt::Somehow));
        (outcome, doubt)
    }

    /// The case in which what is tried does not fail.
    fn unless(&self, doubt: Doubt, tried: &Expr) -> Case {
        match doubt {
            Doubt::Unless(case) => case,
            Doubt::Somehow => (format!("`{}` is there", self.written(tried.span)).into(), tried.span),
        }
    }

    /// Whether what is not known of a variable or an element may be that it has no such part; what the type of the
    /// variable names is there.
    fn may_be_missing(&self, expr: &Expr, node: &Node, scope: &Scope) -> bool {
        let ExprKind::Access(it) = &expr.kind else { return false };
        let ExprKind::Variable(root) = &it.base.kind else { return false };
        let (Value::Unknown(_), [Accessor::Attribute(name), rest @ ..]) = (&node.value, it.accessors.as_slice()) else {
            return false;
        };
        let folder = &scope.module.folder;
        let declared = || {
            let block = folder.find("variable", &name.text, "").and_then(|id| folder.block(id))?;
            let of = block.body.attribute("type")?.value.span;
            Some(self.source(of.file).slice(of).to_owned())
        };
        let is_named = |accessor: &Accessor, types: &str| match accessor {
            Accessor::Attribute(part) => types.contains(&*part.text),
            _ => false,
        };
        match &**root {
            _ if scope.name(root).is_some() => true,
            "var" => !rest.is_empty() && declared().is_none_or(|types| !rest.iter().all(|it| is_named(it, &types))),
            "each" => &*name.text == "value" && !rest.is_empty(),
            _ => false,
        }
    }

    /// What the names of a loop over something unknown mean: one element of which nothing is known.
    fn of_any_element(&self, key: Option<&str>, value: &str, collection: Span, scope: &Scope) -> Scope {
        let part = |name: &str| {
            let hole = self.hole(HoleKind::Free, collection, scope, UNKNOWN_COLLECTION);
            Node::unknown(Hole { reference: name.into(), ..hole })
        };
        let inner = scope.with(value, part(value));
        key.map_or(inner.clone(), |key| inner.with(key, part(key)))
    }

    /// What a loop over something unknown gives: any number of what it makes of one element of which nothing is known.
    fn for_over_unknown(&self, it: &For, span: Span, scope: &Scope) -> Node {
        let free = || self.free(span, scope, UNKNOWN_COLLECTION);
        let inner = self.of_any_element(it.key.as_deref(), &it.value, it.collection.span, scope);
        if it.result_key.is_some() {
            return free();
        }
        let Ok(node) = self.eval(&it.result, &inner) else { return free() };
        let mut nodes = Vec::new();
        self.of_any_number(&node, &self.has_element(&it.collection), &mut nodes);
        // Of what is made of the element alone nothing is known either.
        if nodes.is_empty() {
            return free();
        }
        nodes.push(free().as_element(true));
        Node::list(nodes, span)
    }

    /// What is known of what a loop makes of any number of elements: what it may be of one of them is there where there is
    /// such a one. Of two elements it may be one thing and another, so these are no cases of one choice.
    fn of_any_number(&self, node: &Node, case: &Case, out: &mut Vec<Node>) {
        match &node.value {
            Value::OneOf(arms) => arms.iter().for_each(|arm| self.of_any_number(&node.inherit(&arm.node), case, out)),
            Value::Text(text) if text.encodes().is_none() && text.is_hole() => {}
            Value::Text(_) | Value::Object(_) => out.push(functions::in_case(&case.0, case.1, node.clone())),
            Value::List(nodes) => {
                let mut within = Vec::new();
                nodes.iter().for_each(|it| self.of_any_number(&node.inherit(it), case, &mut within));
                out.extend((!within.is_empty()).then(|| Node { value: Value::List(within.into()), ..node.clone() }));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => {}
        }
    }

    pub(super) fn call(&self, call: &Call, span: Span, scope: &Scope) -> Outcome {
        match &*call.name.text {
            "try" => {
                let _trying = Counted::new(&self.trying);
                let mut last = Failure { span, message: "none of its expressions can be evaluated".into() };
                let mut perhaps: Vec<Arm> = Vec::new();
                for (n, argument) in call.arguments.iter().enumerate() {
                    let (outcome, doubt) = self.tried(argument, scope);
                    match (outcome, doubt) {
                        // It may be there or not, and then the next one is what counts.
                        (Ok(node), Some(doubt)) if n + 1 < call.arguments.len() => {
                            let (when, at) = self.unless(doubt, argument);
                            perhaps.push(Arm { when, at, node });
                        }
                        (Ok(node), doubt) => {
                            let is_within = self.trying.get() > 1;
                            doubt.filter(|_| is_within).into_iter().for_each(|it| self.doubt(it, scope));
                            return Ok(one_of_perhaps(perhaps, node, span));
                        }
                        (Err(failure), _) => last = failure,
                    }
                }
                return match perhaps.pop() {
                    Some(arm) => Ok(one_of_perhaps(perhaps, arm.node, span)),
                    None => Err(last),
                };
            }
            "can" => {
                let Some(argument) = call.arguments.first() else {
                    return Err(Failure { span, message: "`can` takes one expression".into() });
                };
                let _trying = Counted::new(&self.trying);
                let of = |it: bool| Node::new(Value::Bool(it), span);
                return Ok(match self.tried(argument, scope) {
                    (Ok(node), _) if may_have_failed(&node) => {
                        self.free(span, scope, "it depends on a value that is not known")
                    }
                    (Ok(_), Some(doubt)) => {
                        let (when, at) = self.unless(doubt, argument);
                        let not = Arm { when: opposite(&when), at, node: of(false) };
                        Node::new(Value::OneOf([Arm { when, at, node: of(true) }, not].into()), span)
                    }
                    (outcome, _) => of(outcome.is_ok()),
                });
            }
            "sensitive" | "nonsensitive" => {
                let [argument] = call.arguments.as_slice() else {
                    return Err(Failure { span, message: format!("`{}` takes one value", call.name.text).into() });
                };
                if &*call.name.text == "nonsensitive" {
                    let _revealing = Counted::new(&self.revealing);
                    return self.eval(argument, scope);
                }
                let node = self.eval(argument, scope)?;
                if self.revealing.get() > 0 {
                    return Ok(node);
                }
                return Ok(self.masked(&node, span, scope, secret::CALL, None));
            }
            _ => {}
        }
        let evaluated = || call.arguments.iter().map(|it| self.eval(it, scope)).collect::<Result<Vec<_>, _>>();
        let mut arguments = evaluated()?;
        match (&*call.name.text, arguments.iter().find(|it| secret::is_marked(it))) {
            ("issensitive", Some(_)) => return Ok(Node::new(Value::Bool(true), span)),
            (name, Some(_)) if secret::READERS.contains(&name) => {
                // What it says of a text that it cannot read would show the text.
                let refused = || Failure { span, message: format!("`{name}` cannot read it").into() };
                let revealing = Counted::new(&self.revealing);
                let arguments = evaluated().map_err(|_| refused())?;
                let arguments: Vec<Node> = arguments.into_iter().map(|it| it.as_element(true)).collect();
                let mut host = FunctionHost { evaluator: self, scope };
                let read = functions::call(name, &arguments, span, &mut host).map_err(|_| refused())?;
                drop(revealing);
                return Ok(self.masked(&self.weighed(read, scope), span, scope, secret::CALL, None));
            }
            _ => {}
        }
        if call.expand
            && let Some(last) = arguments.pop()
        {
            // As many arguments as there are in each case.
            if let Some(Value::OneOf(arms)) = functions::as_choice(&last, true).map(|it| it.value) {
                return self.called_in_each(call, &arguments, &arms, span, scope);
            }
            match &last.value {
                Value::List(nodes) if nodes.iter().any(|it| only_in(it).is_some()) => {
                    return Ok(self.free(span, scope, "how many arguments there are is not known"));
                }
                Value::List(nodes) => arguments.extend(nodes.iter().map(|it| last.inherit(it))),
                // `concat(var.lists...)`: one argument of which nothing is known stands for all.
                Value::Unknown(_) | Value::OneOf(_) => arguments.push(last),
                _ => return Err(Failure { span, message: "only a list can be expanded into arguments".into() }),
            }
        }
        self.called(call, arguments, span, scope)
    }

    fn called(&self, call: &Call, arguments: Vec<Node>, span: Span, scope: &Scope) -> Outcome {
        // What is not known may be a list.
        let arguments: Vec<Node> = arguments.into_iter().map(|it| it.as_element(true)).collect();
        let mut host = FunctionHost { evaluator: self, scope };
        match functions::call(&call.name.text, &arguments, span, &mut host) {
            // What is looked up is a part of what was weighed already.
            Ok(node) if &*call.name.text == "lookup" => Ok(node),
            Ok(node) => Ok(self.weighed(node, scope)),
            Err(error) => Err(Failure { span, message: error.to_string().into() }),
        }
    }

    /// What a call gives whose last arguments are one of several lists; where Terraform would refuse it in some case, it is
    /// as in the others.
    fn called_in_each(&self, call: &Call, first: &[Node], lists: &[Arm], span: Span, scope: &Scope) -> Outcome {
        let in_case = |arm: &Arm| {
            let last = arm.node.as_list().into_iter().flatten().map(|it| arm.node.inherit(it));
            let arguments = first.iter().cloned().chain(last).collect();
            self.called(call, arguments, span, scope).map(|node| Arm { node, ..arm.clone() })
        };
        let (mut arms, mut refused) = (Vec::with_capacity(lists.len()), None);
        for arm in lists.iter().map(in_case) {
            match arm {
                Ok(arm) => arms.push(arm),
                Err(failure) => refused = Some(failure),
            }
        }
        match (&arms[..], refused) {
            ([], Some(failure)) => Err(failure),
            (_, refused) => {
                refused.into_iter().for_each(|_| self.doubt(Doubt::Somehow, scope));
                Ok(functions::one_of(arms, span))
            }
        }
    }
}

/// A condition that is not known.
struct Asked {
    /// The case in which it holds.
    when: Arc<str>,
    /// The case in which it does not.
    not: Arc<str>,
    /// Where that is decided.
    at: Span,
}

/// What is asked where it is one of several truth values: of the choice in whose cases they are.
fn asked_of_choice(test: &Node) -> Option<Asked> {
    let Value::OneOf(arms) = &test.value else { return None };
    let differs = |(n, it): (usize, &Arm)| arms[..n].iter().all(|other| excludes(&it.when, &other.when));
    if arms.len() < 2 || !arms.iter().enumerate().all(differs) {
        return None;
    }
    let case = |holds: bool| {
        let such: Vec<&Arm> = arms.iter().filter(|it| truth(&it.node) == Some(holds)).collect();
        let words: Option<Arc<str>> = match such[..] {
            [only] => Some(Arc::clone(&only.when)),
            _ => is_any_of(&such.iter().map(|it| &*it.when).collect::<Vec<_>>()).map(Into::into),
        };
        Some((words?, such.len()))
    };
    let ((when, so), (not, otherwise)) = (case(true)?, case(false)?);
    (so + otherwise == arms.len()).then(|| Asked { when, not, at: arms[0].at })
}

/// Whether it is one of a few texts.
fn is_one_of_texts(node: &Node) -> bool {
    match &node.value {
        Value::OneOf(arms) => (2..=4).contains(&arms.len()) && arms.iter().all(|it| it.node.to_text().is_some()),
        _ => false,
    }
}

/// Whether it is not known, or is one of several values of which one is not: an arm that fails is a hole.
fn may_have_failed(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) => true,
        Value::OneOf(arms) => arms.iter().any(|arm| may_have_failed(&arm.node)),
        _ => false,
    }
}

/// The first of several values that is there, where it is not known of all but the last whether they are.
fn one_of_perhaps(perhaps: Vec<Arm>, last: Node, span: Span) -> Node {
    let Some(first) = perhaps.first() else { return last };
    let none = perhaps.iter().map(|it| opposite(&it.when).to_string()).collect::<Vec<_>>().join(" and ");
    let last = Arm { when: none.into(), at: first.at, node: last };
    Node::new(Value::OneOf(perhaps.into_iter().chain([last]).collect()), span)
}

/// Whether what an expression gives is no set, where it gives a list: it is written out, or made a list.
fn is_no_set(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::List(_) => true,
        ExprKind::Call(call) => &*call.name.text == "tolist",
        ExprKind::Paren(inner) => is_no_set(inner),
        _ => false,
    }
}

/// Whether a truth value beside another one leaves that one as it is.
fn is_neutral(op: BinaryOp, truth: bool) -> bool {
    match op {
        BinaryOp::And => truth,
        BinaryOp::Or => !truth,
        _ => false,
    }
}

fn not_a_condition(expr: &Expr) -> Failure {
    Failure { span: expr.span, message: "a condition is either true or false".into() }
}

/// The arms of a condition as Terraform converts them, where it changes them: to one type.
fn of_one_type(then: &Node, otherwise: &Node) -> Option<(Node, Node)> {
    if ![then, otherwise].iter().any(|it| may_become_text(it, &mut WEIGHT.clone())) {
        return None;
    }
    let [then, otherwise] = functions::unified(&[then.clone(), otherwise.clone()])?.try_into().ok()?;
    Some((then, otherwise))
}

/// Whether there is a number or a truth value in it.
fn may_become_text(node: &Node, left: &mut usize) -> bool {
    let Some(rest) = left.checked_sub(1) else { return false };
    *left = rest;
    match &node.value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::List(nodes) => nodes.iter().any(|it| may_become_text(it, left)),
        Value::Object(object) => object.entries.iter().any(|it| may_become_text(&it.node, left)),
        _ => false,
    }
}

/// Whether there may be text in an expression, which has no policy document in it.
fn may_have_text(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) => false,
        _ => !names_document(expr),
    }
}

fn names_document(expr: &Expr) -> bool {
    let mut names = matches!(&expr.kind, ExprKind::Variable(name) if matches!(&**name, "data" | "module"));
    expr.each_child(&mut |it| names = names || names_document(it));
    names
}

/// The rounds of a loop, which are over when it is dropped.
struct Rounds<'r> {
    of: &'r Cell<usize>,
    before: usize,
}

impl Drop for Rounds<'_> {
    fn drop(&mut self) {
        self.of.set(self.before);
    }
}

/// Counts a call for as long as it is evaluated.
pub(super) struct Counted<'c>(&'c Cell<u32>);

impl<'c> Counted<'c> {
    pub(super) fn new(count: &'c Cell<u32>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
