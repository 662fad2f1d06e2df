//! Whether it matters how many elements a named list has, or which stands where: an element of it is asked for by its
//! place, it is measured, compared or zipped with another one, or something is repeated for each.

use std::path::Path;

use crate::frontend::terraform::Folder;
use crate::source::Workspace;
use crate::syntax::hcl::{self, Accessor, Block, Expr, ExprKind, For};

/// Functions that ask how many there are, or for those at some places.
const COUNTING: [&str; 14] = [
    "chunklist",
    "coalescelist",
    "element",
    "index",
    "length",
    "matchkeys",
    "one",
    "range",
    "setproduct",
    "slice",
    "try",
    "can",
    "tomap",
    "zipmap",
];

/// Whether it matters for what `local.name` or `var.name` stands for in the modules of a folder. What is handed to
/// another module counts, since what that does with it is not looked at.
pub(super) fn is_counted(workspace: &Workspace, folder: &Path, root: &str, name: &str) -> bool {
    let Some(folder) = Folder::open(workspace, folder) else { return true };
    let mut blocks = Vec::new();
    for file in &folder.files {
        if file.source.path.extension().is_some_and(|it| it == "json") {
            // An expression is a text there.
            if file.source.text.contains(&format!("{root}.{name}")) {
                return true;
            }
            continue;
        }
        let cut = hcl::cut(&file.source).blocks;
        blocks.extend(cut.iter().filter_map(|it| hcl::parse_block(&file.source, it).0));
    }
    let mut names = vec![(root.to_owned(), name.to_owned())];
    let mut at = 0;
    while let Some((root, name)) = names.get(at).cloned() {
        at += 1;
        let mut search = Search { root: &root, name: &name, passed_to: Vec::new() };
        if blocks.iter().any(|it| search.block(it)) {
            return true;
        }
        for local in search.passed_to {
            let next = ("local".to_owned(), local);
            if !names.contains(&next) {
                names.push(next);
            }
        }
    }
    false
}

struct Search<'s> {
    root: &'s str,
    name: &'s str,
    /// Locals that it is a part of.
    passed_to: Vec<String>,
}

impl Search<'_> {
    fn block(&mut self, block: &Block) -> bool {
        let kind = &*block.kind.text;
        for attribute in &block.body.attributes {
            let is_repeated = kind != "dynamic" && matches!(&*attribute.name.text, "count" | "for_each");
            if self.is_counted(&attribute.value, is_repeated || kind == "module") {
                return true;
            }
            if kind == "locals" && self.is_in(&attribute.value) {
                self.passed_to.push(attribute.name.text.to_string());
            }
        }
        block.body.blocks.iter().any(|it| self.block(it))
    }

    fn is_it(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Access(it) if matches!(&it.base.kind, ExprKind::Variable(root) if **root == *self.root)
            && matches!(it.accessors.first(), Some(Accessor::Attribute(name)) if *name.text == *self.name))
    }

    fn is_in(&self, expr: &Expr) -> bool {
        let mut found = self.is_it(expr);
        expr.each_child(&mut |it| found = found || self.is_in(it));
        found
    }

    /// Whether it stands in an expression where it is counted.
    fn is_counted(&self, expr: &Expr, within: bool) -> bool {
        let picks = |accessors: &[Accessor]| accessors.iter().any(|it| !matches!(it, Accessor::Attribute(_)));
        let within = match &expr.kind {
            ExprKind::Access(it) if self.is_it(expr) => return within || picks(&it.accessors),
            ExprKind::Access(it) => within || picks(&it.accessors),
            ExprKind::Call(call) => within || call.expand || COUNTING.contains(&&*call.name.text),
            ExprKind::Binary(..) => true,
            ExprKind::For(it) => within || is_by_place(it),
            _ => within,
        };
        let mut found = false;
        expr.each_child(&mut |it| found = found || self.is_counted(it, within));
        found
    }
}

/// Whether a loop knows the places of what it goes through, or makes an object of it, in which no key is there twice.
fn is_by_place(of: &For) -> bool {
    of.key.is_some() || of.result_key.is_some()
}
