//! Whether several values may stand where one literal does. What is around it decides: Terraform takes a list in few
//! places only, and a list of which one element is asked for means something else when it grows. What else uses it is
//! [`super::uses`]' business.

use crate::source::{Source, Span};
use crate::syntax::hcl::{self, Accessor, Attribute, Block, Expr, ExprKind};
use crate::syntax::json;
use crate::value::{Node, Value};

use super::site::{document, is_template, with_holes};

/// What may stand in place of a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// One value.
    One,
    /// Any number of elements of the list that holds it.
    Elements,
    /// A list.
    List,
}

/// What an expression is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// For all that it is: a function, an operator or a text is made from it.
    Whole,
    /// For one value or for each of several, of which there must not be more.
    One,
    /// For a list of any length.
    List,
    /// For a text or a list of any length.
    Either,
    /// For texts and for lists of any length and depth.
    Nested,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place {
    takes: Takes,
    /// Whether Terraform brings it to one type with something else, so that a text must not become a list.
    typed: bool,
    /// Whether it becomes a policy as it is.
    policy: bool,
}

impl Place {
    const LIST: Self = Self { takes: Takes::List, typed: false, policy: false };
    const POLICY: Self = Self { policy: true, ..Self::LIST };
    const WHOLE: Self = Self { takes: Takes::Whole, ..Self::LIST };

    fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    /// The same, of which only lists may grow.
    fn typed(self) -> Self {
        let takes = if matches!(self.takes, Takes::Either | Takes::Nested) { Takes::List } else { self.takes };
        Self { takes, typed: true, ..self }
    }

    /// That of a list's elements, where they are no literals.
    fn element(self) -> Self {
        self.takes(if self.takes == Takes::Either { Takes::List } else { self.takes })
    }

    /// That of an entry's value.
    fn entry(self, name: &str) -> Self {
        let is_either = ["Action", "NotAction", "Resource", "NotResource"].contains(&name);
        self.takes(match (self.takes, name) {
            (Takes::Whole, _) => Takes::Whole,
            (_, "for_each") => Takes::One,
            _ if is_either && self.policy && !self.typed => Takes::Either,
            _ => Takes::List,
        })
    }

    /// What may stand in place of a literal that is an element.
    fn room_of_element(self) -> Room {
        if matches!(self.takes, Takes::Whole | Takes::One) { Room::One } else { Room::Elements }
    }

    /// What may stand in place of a literal.
    fn room(self) -> Room {
        if matches!(self.takes, Takes::Either | Takes::Nested) { Room::List } else { Room::One }
    }
}

/// What may stand in place of the literal at a place.
pub(super) fn room(source: &Source, at: Span) -> Room {
    let finder = Finder { source, at };
    let room = if source.path.extension().is_some_and(|it| it == "json") {
        let place = if is_template(source) { Place::LIST } else { Place::POLICY };
        json::parse_source(source).root.and_then(|root| finder.node(&root, place))
    } else {
        let cut = hcl::cut(source).blocks.into_iter().find(|it| it.span.contains(at));
        cut.and_then(|cut| hcl::parse_block(source, &cut).0).and_then(|block| finder.block(&block))
    };
    room.unwrap_or(Room::One)
}

struct Finder<'s> {
    source: &'s Source,
    at: Span,
}

impl Finder<'_> {
    fn block(&self, block: &Block) -> Option<Room> {
        let inner = || block.body.blocks.iter().find(|it| it.span.contains(self.at));
        match block.body.attributes.iter().find(|it| it.value.span.contains(self.at)) {
            Some(attribute) => self.expr(&attribute.value, self.argument(block, attribute)),
            None => self.block(inner()?),
        }
    }

    fn argument(&self, block: &Block, attribute: &Attribute) -> Place {
        let of = (&*block.kind.text == "variable").then(|| block.body.attribute("type")).flatten();
        let name = &*attribute.name.text;
        // The type that another module gives it is not looked at.
        if &*block.kind.text == "module" {
            return Place::WHOLE;
        }
        match (name, of.map(|it| self.source.slice(it.value.span))) {
            // There is one instance for each.
            ("for_each", _) => Place::LIST.takes(Takes::One).typed(),
            ("default", Some(of)) if of.contains("tuple") => Place::WHOLE,
            ("default", Some(of)) if of != "any" => Place::LIST.typed(),
            _ => Place::LIST,
        }
    }

    fn expr(&self, expr: &Expr, place: Place) -> Option<Room> {
        if !expr.span.contains(self.at) {
            return None;
        }
        if expr.span == self.at {
            return Some(place.room());
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.expr(inner, place),
            ExprKind::List(elements) => elements.iter().find_map(|it| {
                if it.span == self.at { Some(place.room_of_element()) } else { self.expr(it, place.element()) }
            }),
            ExprKind::Object(items) => {
                let name = |key: &Expr| match &key.kind {
                    ExprKind::Text(key) => key.raw().to_owned(),
                    _ => String::new(),
                };
                let policy = place.policy || items.iter().any(|it| name(&it.key) == "Statement");
                let place = Place { policy, ..place };
                let value = |it: &hcl::Item| self.expr(&it.value, place.entry(&name(&it.key)));
                items.iter().find_map(|it| self.expr(&it.key, Place::WHOLE).or_else(|| value(it)))
            }
            ExprKind::Access(access) => {
                let is_entry = |it: &Accessor| matches!(it, Accessor::Attribute(_) | Accessor::Index(_));
                let of_object =
                    matches!(access.base.kind, ExprKind::Object(_)) && access.accessors.iter().all(is_entry);
                self.expr(&access.base, if of_object { place } else { Place::WHOLE }).or_else(|| self.within(expr))
            }
            ExprKind::Call(call) => {
                let place = if call.expand { Place::WHOLE } else { argument_of(&call.name.text, place) };
                call.arguments.iter().find_map(|it| self.expr(it, place))
            }
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let own =
                    |it: &Expr, other: &Expr| self.expr(it, if agrees(it, other) { place } else { place.typed() });
                let arms = || own(then, otherwise).or_else(|| own(otherwise, then));
                self.expr(condition, Place::WHOLE).or_else(arms)
            }
            ExprKind::For(of) => {
                let many = of.result_key.is_none() && !matches!(of.result.kind, ExprKind::Object(_));
                let collection = match place.takes {
                    Takes::Whole => Takes::Whole,
                    Takes::List | Takes::Either | Takes::Nested if many => Takes::List,
                    _ => Takes::One,
                };
                let result = if of.grouping { Place::WHOLE } else { place.element() };
                self.expr(&of.collection, place.takes(collection).typed())
                    .or_else(|| self.expr(&of.result, result))
                    .or_else(|| self.within(expr))
            }
            ExprKind::Text(text) => self.node(&document(text)?, Place::POLICY),
            ExprKind::Template(parts) => {
                self.within(expr).or_else(|| self.node(&document(&with_holes(parts)?)?, Place::POLICY))
            }
            _ => self.within(expr),
        }
    }

    /// The same of what something else is made from.
    fn within(&self, expr: &Expr) -> Option<Room> {
        let mut room = None;
        expr.each_child(&mut |child| room = room.or_else(|| self.expr(child, Place::WHOLE)));
        room
    }

    fn node(&self, node: &Node, place: Place) -> Option<Room> {
        if !node.span.contains(self.at) {
            return None;
        }
        if node.span == self.at {
            return Some(place.room());
        }
        match &node.value {
            Value::List(nodes) => nodes.iter().find_map(|it| {
                if it.span == self.at { Some(place.room_of_element()) } else { self.node(it, place.element()) }
            }),
            Value::Object(object) => {
                object.entries.iter().find_map(|it| self.node(&it.node, place.entry(it.key.raw())))
            }
            Value::Text(text) => self.node(&document(text)?, Place::POLICY),
            _ => None,
        }
    }
}

/// Where an argument of a function stands, when a call of it stands at a place.
fn argument_of(function: &str, place: Place) -> Place {
    match (function, place.takes) {
        ("jsonencode" | "yamlencode", _) => Place::POLICY,
        ("templatefile", _) => Place::LIST.typed(),
        ("try" | "sensitive" | "nonsensitive", _) => place,
        (_, Takes::Whole) => Place::WHOLE,
        ("flatten", Takes::List | Takes::Either | Takes::Nested) => place.takes(Takes::Nested),
        ("concat" | "merge", _) => place.element(),
        ("coalescelist" | "compact" | "distinct" | "reverse" | "setunion" | "sort" | "tolist" | "toset", _) => {
            place.typed()
        }
        _ => Place::WHOLE,
    }
}

/// Whether one arm of a choice has no other type than the other asks for, whatever it holds.
fn agrees(arm: &Expr, other: &Expr) -> bool {
    match &other.kind {
        ExprKind::Null => true,
        ExprKind::List(none) if none.is_empty() => matches!(&arm.kind, ExprKind::List(it) if it.len() == 1),
        ExprKind::Paren(other) => agrees(arm, other),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::source::Workspace;

    /// The room of the first `"sqs:*"` of a file.
    #[track_caller]
    fn room_in(name: &str, text: &str) -> Room {
        let workspace = Workspace::of_texts([(name, text.to_owned())]);
        let source = workspace.open(name.as_ref()).unwrap();
        let literal = if text.contains("\\\"sqs:*") { "\\\"sqs:*\\\"" } else { "\"sqs:*\"" };
        let start = text.find(literal).unwrap();
        room(&source, Span::new(source.id, start, start + literal.len()))
    }

    #[test]
    fn a_list_grows_where_nothing_but_lists_is_made_of_it() {
        for (value, wanted) in [
            ("[\"sqs:*\"]", Room::Elements),
            ("concat([\"sqs:*\", \"x\"], var.more)", Room::Elements),
            ("flatten([[\"sqs:*\"], \"x\"])", Room::Elements),
            ("distinct(toset(sort([\"sqs:*\"])))", Room::Elements),
            ("flatten([for a in var.all : \"sqs:*\"])", Room::List),
            ("[for a in [\"sqs:*\"] : a if a != \"x\"]", Room::Elements),
            ("var.wide ? [\"sqs:*\"] : [\"x\"]", Room::Elements),
            ("concat([\"x\"], var.wide ? [\"sqs:*\"] : [])", Room::Elements),
            ("{ prod = [\"sqs:*\"], dev = [] }[var.stage]", Room::Elements),
            ("try(var.actions, [\"sqs:*\"])", Room::Elements),
            ("[var.wide ? \"sqs:*\" : \"x\"]", Room::One),
            ("[for a in var.all : \"sqs:*\"]", Room::One),
            ("[for a in var.all : a if a != \"sqs:*\"]", Room::One),
            ("[[\"sqs:*\", \"x\"][0]]", Room::One),
            ("[element([\"sqs:*\", \"x\"], 0)]", Room::One),
            ("[one([\"sqs:*\"])]", Room::One),
            ("[lower(\"sqs:*\")]", Room::One),
            ("[replace(\"sqs:*\", \"q\", \"n\")]", Room::One),
            ("[coalesce(\"sqs:*\", \"x\")]", Room::One),
            ("[format(\"%s\", \"sqs:*\")]", Room::One),
            ("[\"${\"sqs:*\"}\"]", Room::One),
            ("values(tomap({ a = \"sqs:*\" }))", Room::One),
            ("values(zipmap([\"a\"], [\"sqs:*\"]))", Room::One),
            ("keys({ \"sqs:*\" = 1 })", Room::One),
            ("slice([\"sqs:*\", \"x\"], 0, 1)", Room::One),
            ("split(\",\", join(\",\", [\"sqs:*\"]))", Room::One),
            ("[{ a = \"sqs:*\" }.a]", Room::One),
        ] {
            let text = format!("data \"d\" \"a\" {{\n  statement {{\n    actions = {value}\n  }}\n}}\n");
            assert_eq!(room_in("a.tf", &text), wanted, "{value}");
        }
    }

    #[test]
    fn a_text_becomes_a_list_in_a_policy_only() {
        let statement = "{ Statement = [{ Effect = \"Allow\", Action = \"sqs:*\" }] }";
        let policy = format!("jsonencode({statement})");
        let action = |value: &str| policy.replace("\"sqs:*\"", value);
        for (value, wanted) in [
            (policy.as_str(), Room::List),
            (&format!("var.own ? {policy} : \"\""), Room::List),
            (&action("var.wide ? \"sqs:*\" : null"), Room::List),
            (&policy.replace("[{", "concat(var.more, [{").replace("}]", "}])"), Room::List),
            (&policy.replace("[{", "var.wide ? [{").replace("}]", "}] : []"), Room::List),
            (&policy.replace("[{", "[for a in var.all : {"), Room::List),
            (statement, Room::List),
            ("<<-EOT\n{ \"Id\": \"${var.a}\", \"Action\": \"sqs:*\" }\nEOT\n", Room::List),
            ("\"{\\\"Action\\\": \\\"sqs:*\\\"}\"", Room::List),
            ("\"{\\\"Action\\\": [\\\"sqs:*\\\"]}\"", Room::Elements),
            ("\"${jsonencode({ Action = [\"sqs:*\"] })}\"", Room::Elements),
            (&action("var.wide ? \"sqs:*\" : \"x\""), Room::One),
            (&action("lower(\"sqs:*\")"), Room::One),
            (&action("[for a in var.all : \"sqs:*\"]"), Room::One),
            (&policy.replace("[{", "var.wide ? [{").replace("}]", "}] : [{ Action = \"x\" }]"), Room::One),
            (&policy.replace("[{", "tolist([{").replace("}]", "}])"), Room::One),
            ("{ Effect = \"Allow\", Action = \"sqs:*\" }", Room::One),
            ("\"sqs:*\"", Room::One),
        ] {
            assert_eq!(
                room_in("a.tf", &format!("resource \"r\" \"a\" {{\n  policy = {value}\n}}\n")),
                wanted,
                "{value}"
            );
        }
        assert_eq!(room_in("a.json", "{ \"Statement\": { \"Action\": \"sqs:*\" } }"), Room::List);
        let json = |value: &str| format!("{{ \"locals\": {{ \"Action\": {value} }} }}");
        assert_eq!(room_in("a.tf.json", &json("\"sqs:*\"")), Room::One);
        assert_eq!(room_in("a.tf.json", &json("[\"sqs:*\"]")), Room::Elements);
    }

    #[test]
    fn a_variable_holds_what_its_type_has_room_for() {
        for (of, value, wanted) in [
            ("string", "\"sqs:*\"", Room::One),
            ("list(string)", "[\"sqs:*\"]", Room::Elements),
            ("map(list(string))", "{ a = [\"sqs:*\"] }", Room::Elements),
            ("tuple([string])", "[\"sqs:*\"]", Room::One),
            ("object({ Statement = list(any) })", "{ Statement = [{ Action = \"sqs:*\" }] }", Room::One),
            ("any", "{ Statement = [{ Action = \"sqs:*\" }] }", Room::List),
        ] {
            let text = format!("variable \"a\" {{\n  type    = {of}\n  default = {value}\n}}\n");
            assert_eq!(room_in("a.tf", &text), wanted, "{of}");
        }
        let each = "resource \"r\" \"a\" {\n  for_each = toset([\"sqs:*\"])\n}\n";
        assert_eq!(room_in("a.tf", each), Room::One);
        let dynamic =
            "data \"d\" \"a\" {\n  dynamic \"statement\" {\n    for_each = [{ actions = [\"sqs:*\"] }]\n  }\n}\n";
        assert_eq!(room_in("a.tf", dynamic), Room::Elements);
    }
}
