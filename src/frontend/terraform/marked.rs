//! What a file marks as sensitive where it is written there, so that who shows a part of the file can leave it out.

use super::is_terraform;
use crate::source::{Source, Span};
use crate::syntax::hcl::{self, Block, Body, Expr, ExprKind};
use crate::syntax::json;

/// What is written in the default of a variable and in the value of an output that are sensitive or ephemeral, and in
/// what `sensitive` is called with, in order.
pub fn marked(source: &Source) -> Vec<Span> {
    const MARKS: [&str; 2] = ["sensitive", "ephemeral"];
    let name = source.path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    if !is_terraform(name) || !MARKS.iter().any(|it| source.text.contains(it)) {
        return Vec::new();
    }
    let blocks: Vec<Block> = if name.ends_with(".json") {
        json::parse_source(source).root.as_ref().map(hcl::from_json).unwrap_or_default().0
    } else {
        let mut left = hcl::MOST_NODES;
        let cuts = hcl::cut(source).blocks;
        cuts.iter().filter_map(|cut| hcl::parse_block_within(source, cut, &mut left).0).collect()
    };
    let mut out = Vec::new();
    for Block { kind, body, .. } in &blocks {
        let value = match &*kind.text {
            "variable" => body.attribute("default"),
            "output" => body.attribute("value"),
            _ => None,
        };
        let says = |it: &&str| body.attribute(it).is_some_and(|it| !matches!(it.value.kind, ExprKind::Bool(false)));
        if let Some(value) = value.filter(|_| MARKS.iter().any(says)) {
            literals(&value.value, &mut out);
        }
        marked_in(body, &mut out);
    }
    out.sort_by_key(|it| (it.start, it.end));
    out
}

fn marked_in(body: &Body, out: &mut Vec<Span>) {
    fn look(expr: &Expr, out: &mut Vec<Span>) {
        match &expr.kind {
            ExprKind::Call(call) if &*call.name.text == "sensitive" => {
                call.arguments.iter().for_each(|it| literals(it, out));
            }
            _ => expr.each_child(&mut |it| look(it, out)),
        }
    }
    body.attributes.iter().for_each(|it| look(&it.value, out));
    body.blocks.iter().for_each(|it| marked_in(&it.body, out));
}

fn literals(expr: &Expr, out: &mut Vec<Span>) {
    match &expr.kind {
        ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Template(_) => out.push(expr.span),
        _ => expr.each_child(&mut |it| literals(it, out)),
    }
}
