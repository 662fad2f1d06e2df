//! One folder of Terraform files, cut into blocks and indexed by name. Blocks are parsed when they are asked for, once,
//! however many modules and threads ask.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use compact_str::CompactString;
use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use super::resources;
use crate::source::{Source, Span, Workspace};
use crate::syntax::hcl::{self, Accessor, Attribute, Block, Body, Cut, Expr, ExprKind};
use crate::syntax::{SyntaxError, json};

/// A longer file is parsed from one end to the other, so that its blocks share in what may be made of one file, and always
/// in the same way.
const AT_ONCE: usize = 4 << 20;

/// A folder that Terraform takes as one module.
#[derive(Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Its files, in the order in which Terraform reads them: override files last.
    pub files: Vec<File>,
    blocks: Vec<Placed>,
    /// The blocks by what [`hash`] makes of their kinds and labels, sorted.
    index: Vec<(u64, u32)>,
    /// The resources of types that have to do with access, which most have not.
    concerning: Vec<BlockId>,
    locals: OnceLock<FxHashMap<CompactString, Local>>,
    /// By what each thing is referred to.
    users: OnceLock<FxHashMap<Thing, Vec<Thing>>>,
    /// What [`hash`] makes of the variables and outputs that may be marked as secret, which most are not.
    secret: OnceLock<FxHashSet<u64>>,
}

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Thing {
    Block(BlockId),
    Local(CompactString),
}

/// A file of a folder.
#[derive(Debug)]
pub struct File {
    /// Its text.
    pub source: Arc<Source>,
    /// Whether its blocks override those of other files.
    pub overrides: bool,
    cut: Arc<CutFile>,
}

impl File {
    /// What is wrong with it at the top level.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.cut.errors
    }
}

/// A file cut into its blocks, which says the same in every folder and run.
#[derive(Debug)]
struct CutFile {
    blocks: Vec<Lazy>,
    errors: Vec<SyntaxError>,
}

#[derive(Debug)]
struct Lazy {
    cut: Option<Cut>,
    parsed: OnceLock<Parsed>,
}

/// What could be understood of a block, and what could not.
type Parsed = (Option<Arc<Block>>, Vec<SyntaxError>);

/// A block of a folder.
#[derive(Debug)]
struct Placed {
    file: usize,
    /// Which of the file's.
    at: usize,
    /// What [`hash`] makes of its kind, as most of those that are looked through are of another one.
    kind: u64,
    /// Whether this folder has asked for it.
    asked: AtomicBool,
}

impl CutFile {
    fn of(source: &Source) -> Self {
        if source.path.extension().is_some_and(|it| it == "json") {
            let parsed = json::parse_source(source);
            let mut errors = parsed.errors;
            let (blocks, wrong) = parsed.root.as_ref().map(hcl::from_json).unwrap_or_default();
            errors.extend(wrong);
            let parsed = |block| OnceLock::from((Some(Arc::new(block)), Vec::new()));
            let blocks = blocks.into_iter().map(|it| Lazy { cut: None, parsed: parsed(it) }).collect();
            return Self { blocks, errors };
        }
        let cuts = hcl::cut(source);
        let mut left = hcl::MOST_NODES;
        let parsed = |cut: &Cut| {
            if source.text.len() <= AT_ONCE {
                return OnceLock::new();
            }
            let (block, errors) = hcl::parse_block_within(source, cut, &mut left);
            OnceLock::from((block.map(Arc::new), errors))
        };
        let parsed: Vec<_> = cuts.blocks.iter().map(parsed).collect();
        let lazy = |(cut, parsed)| Lazy { cut: Some(cut), parsed };
        Self { blocks: cuts.blocks.into_iter().zip(parsed).map(lazy).collect(), errors: cuts.errors }
    }
}

/// A local value: its block, and which of its attributes.
type Local = (Arc<Block>, usize);

impl Lazy {
    /// The kind and labels of a block of a file.
    fn head<'f>(&'f self, source: &'f Source) -> Option<(&'f str, [&'f str; 2])> {
        match (&self.cut, self.parsed.get()) {
            (Some(cut), _) => {
                let label = |n: usize| cut.labels.get(n).map(|it| source.slice(*it)).unwrap_or_default();
                Some((source.slice(cut.kind), [label(0), label(1)]))
            }
            (None, Some((Some(block), _))) => {
                let label = |n: usize| block.labels.get(n).map(|it| &*it.text).unwrap_or_default();
                Some((&*block.kind.text, [label(0), label(1)]))
            }
            _ => None,
        }
    }
}

/// Names one block of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlockId(usize);

/// Whether Terraform reads a file of this name.
pub fn is_terraform(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.')
}

impl Folder {
    /// Reads and cuts the files given, all of one folder; those that cannot be read are left out and reported by the
    /// caller, who opens them too.
    pub fn read(workspace: &Workspace, path: &Path, files: &[PathBuf]) -> Self {
        let mut folder = Self {
            path: path.to_owned(),
            files: Vec::new(),
            blocks: Vec::new(),
            index: Vec::new(),
            concerning: Vec::new(),
            locals: OnceLock::new(),
            users: OnceLock::new(),
            secret: OnceLock::new(),
        };
        let is_override = |path: &&PathBuf| {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
            let stem = name.split('.').next().unwrap_or_default();
            stem == "override" || stem.ends_with("_override")
        };
        let (later, first): (Vec<_>, Vec<_>) = files.iter().partition(is_override);
        for (path, overrides) in first.into_iter().map(|it| (it, false)).chain(later.into_iter().map(|it| (it, true))) {
            if let Ok(source) = workspace.open(path) {
                folder.add(workspace, source, overrides);
            }
        }
        folder.index.sort_unstable();
        folder
    }

    /// Reads the folder at a path, whatever files of Terraform's lie in it; none when there are none.
    pub fn open(workspace: &Workspace, path: &Path) -> Option<Self> {
        let name = |path: &PathBuf| path.file_name().and_then(|it| it.to_str()).is_some_and(is_terraform);
        let files: Vec<PathBuf> = workspace.files_in(path).into_iter().filter(name).collect();
        (!files.is_empty()).then(|| Self::read(workspace, path, &files))
    }

    fn add(&mut self, workspace: &Workspace, source: Arc<Source>, overrides: bool) {
        let file = self.files.len();
        let cut = workspace.made(&source, || CutFile::of(&source));
        for (at, lazy) in cut.blocks.iter().enumerate() {
            let (kind, [first, second]) = lazy.head(&source).unwrap_or_default();
            if kind == "resource" && !overrides && resources::concerns(first).is_some() {
                self.concerning.push(BlockId(self.blocks.len()));
            }
            let own = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
            self.index.push((hash(kind, first, second), own));
            self.blocks.push(Placed { file, at, kind: hash(kind, "", ""), asked: AtomicBool::new(false) });
        }
        self.files.push(File { source, overrides, cut });
    }

    fn lazy(&self, n: usize) -> &Lazy {
        let placed = &self.blocks[n];
        &self.files[placed.file].cut.blocks[placed.at]
    }

    /// The blocks of a kind and labels, overriding ones too.
    fn named<'f>(&'f self, kind: &'f str, first: &'f str, second: &'f str) -> impl Iterator<Item = usize> + 'f {
        let wanted = hash(kind, first, second);
        let found = &self.index[self.index.partition_point(|(hash, _)| *hash < wanted)..];
        let same = move |n: &usize| self.head(*n).is_some_and(|head| head == (kind, [first, second]));
        found.iter().take_while(move |(hash, _)| *hash == wanted).map(|(_, n)| *n as usize).filter(same)
    }

    fn head(&self, n: usize) -> Option<(&str, [&str; 2])> {
        self.lazy(n).head(&self.files[self.blocks[n].file].source)
    }

    /// The blocks of a kind with their labels, in the order of files and places, overriding ones left out.
    pub fn blocks<'f>(&'f self, kind: &'f str) -> impl Iterator<Item = (BlockId, [&'f str; 2])> {
        self.of_kind(kind).filter(|n| !self.files[self.blocks[*n].file].overrides).filter_map(move |n| {
            let (own, labels) = self.head(n)?;
            (own == kind).then_some((BlockId(n), labels))
        })
    }

    /// The resources of types that have to do with access, likewise.
    pub fn concerning(&self) -> impl Iterator<Item = (BlockId, [&str; 2])> {
        self.concerning.iter().filter_map(|id| Some((*id, self.head(id.0)?.1)))
    }

    /// The blocks of a kind, and perhaps others.
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = usize> {
        let wanted = hash(kind, "", "");
        self.blocks.iter().enumerate().filter(move |(_, it)| it.kind == wanted).map(|(n, _)| n)
    }

    /// The block of a kind and labels.
    pub fn find(&self, kind: &str, first: &str, second: &str) -> Option<BlockId> {
        self.named(kind, first, second).next().map(BlockId)
    }

    /// A block, parsed; none when it cannot be. Blocks of override files are merged in.
    pub fn block(&self, id: BlockId) -> Option<Arc<Block>> {
        let block = self.parse(id.0)?;
        if !self.has_overrides() {
            return Some(block);
        }
        let (kind, [first, second]) = self.head(id.0)?;
        let overrides = |n: &usize| *n != id.0 && self.files[self.blocks[*n].file].overrides;
        let later: Vec<usize> = self.named(kind, first, second).filter(overrides).collect();
        if later.is_empty() || &*block.kind.text == "locals" {
            return Some(block);
        }
        let mut merged = (*block).clone();
        for block in later.into_iter().filter_map(|n| self.parse(n)) {
            merge(&mut merged.body, &block.body);
        }
        Some(Arc::new(merged))
    }

    fn parse(&self, n: usize) -> Option<Arc<Block>> {
        self.blocks[n].asked.store(true, Ordering::Relaxed);
        self.parsed(n).0.clone()
    }

    fn parsed(&self, n: usize) -> &Parsed {
        let lazy = self.lazy(n);
        lazy.parsed.get_or_init(|| {
            let Some(cut) = &lazy.cut else { return (None, Vec::new()) };
            let (block, errors) = hcl::parse_block(&self.files[self.blocks[n].file].source, cut);
            (block.map(Arc::new), errors)
        })
    }

    /// The value of an argument of a block. Of one that nobody else has asked for no more is read than that, so that not
    /// all of every folder is kept at once.
    fn argument(&self, id: BlockId, name: &str) -> Option<Expr> {
        let lazy = self.lazy(id.0);
        if let Some(cut) = &lazy.cut
            && lazy.parsed.get().is_none()
            && !self.has_overrides()
        {
            let placed = &self.blocks[id.0];
            placed.asked.store(true, Ordering::Relaxed);
            return hcl::parse_argument(&self.files[placed.file].source, cut, name);
        }
        Some(self.block(id)?.body.attribute(name)?.value.clone())
    }

    fn has_overrides(&self) -> bool {
        // Override files are the last ones.
        self.files.last().is_some_and(|it| it.overrides)
    }

    /// What was wrong in the blocks that were asked for, in this run and not in one that has the file in common.
    pub fn parse_errors(&self) -> impl Iterator<Item = &SyntaxError> {
        let asked = (0..self.blocks.len()).filter(|n| self.blocks[*n].asked.load(Ordering::Relaxed));
        asked.flat_map(|n| &self.parsed(n).1)
    }

    /// The expression of a local value.
    pub fn local(&self, name: &str) -> Option<(Arc<Block>, usize)> {
        let locals = self.locals.get_or_init(|| {
            let mut locals = FxHashMap::default();
            for n in self.of_kind("locals") {
                let Some(block) = self.parse(n) else { continue };
                if &*block.kind.text == "locals" {
                    for (at, attribute) in block.body.attributes.iter().enumerate() {
                        locals.insert(attribute.name.text.clone(), (Arc::clone(&block), at));
                    }
                }
            }
            locals
        });
        locals.get(name).cloned()
    }

    /// All of a block.
    pub fn span(&self, id: BlockId) -> Span {
        let lazy = self.lazy(id.0);
        let parsed = || self.parsed(id.0).0.as_ref().map(|it| it.span);
        let whole = || self.files[self.blocks[id.0].file].source.span();
        lazy.cut.as_ref().map(|it| it.span).or_else(parsed).unwrap_or_else(whole)
    }

    /// The block that holds a place.
    pub fn block_at(&self, at: Span) -> Option<Arc<Block>> {
        let holds = |n: &usize| match &self.lazy(*n).cut {
            Some(cut) => cut.span.contains(at),
            None => self.parsed(*n).0.as_ref().is_some_and(|it| it.span.contains(at)),
        };
        (0..self.blocks.len()).find(holds).and_then(|n| self.parsed(n).0.clone())
    }

    /// Whether a variable or an output may be marked as one that is not to be shown, which its block tells for certain.
    pub fn may_be_secret(&self, kind: &str, name: &str) -> bool {
        let secret = self.secret.get_or_init(|| {
            let marks = ["sensitive", "ephemeral"].map(Finder::new);
            let of_kinds = ["variable", "output"].into_iter().flat_map(|it| self.of_kind(it));
            let marked = of_kinds.filter(|n| marks.iter().any(|it| self.finds(*n, it)));
            marked.filter_map(|n| self.head(n)).map(|(kind, [name, _])| hash(kind, name, "")).collect()
        });
        !secret.is_empty() && secret.contains(&hash(kind, name, ""))
    }

    /// The blocks in which a word is written, and all of a file of JSON.
    pub fn mentioning(&self, word: &str) -> impl Iterator<Item = Arc<Block>> {
        let finder = Finder::new(word).into_owned();
        (0..self.blocks.len()).filter(move |n| self.finds(*n, &finder)).filter_map(|n| self.parsed(n).0.clone())
    }

    /// Whether a word may be written in a block, which need not be parsed for it.
    pub fn mentions(&self, id: BlockId, word: &str) -> bool {
        self.finds(id.0, &Finder::new(word))
    }

    fn finds(&self, n: usize, word: &Finder<'_>) -> bool {
        let text = |cut: &Cut| &self.files[self.blocks[n].file].source.text.as_bytes()[cut.span.range()];
        self.lazy(n).cut.as_ref().is_none_or(|cut| word.find(text(cut)).is_some())
    }

    /// Whether a data source is named anywhere.
    pub fn names_data(&self, kind: &str, name: &str) -> bool {
        let reference = format!("{kind}.{name}");
        let goes_on = |rest: &str| rest.starts_with(|it: char| it.is_alphanumeric() || matches!(it, '_' | '-'));
        self.files.iter().any(|file| {
            let text = &file.source.text;
            memchr::memmem::find_iter(text.as_bytes(), &reference).any(|at| !goes_on(&text[at + reference.len()..]))
        })
    }

    /// Whether what stands at a place must be known before a block is: by a reference from block to block, also through
    /// local values and calls of modules, or by `depends_on`.
    pub fn is_made_from(&self, block: &Block, at: Span) -> bool {
        let mut seen: FxHashSet<Span> = FxHashSet::default();
        let mut next: Vec<Reference> = Vec::new();
        if block.span.contains(at) {
            return true;
        }
        references_of(&block.body, &mut next);
        while let Some([root, first, second]) = next.pop() {
            let id = match &*root {
                "local" => {
                    let Some((block, index)) = self.local(&first) else { continue };
                    let value = &block.body.attributes[index].value;
                    if value.span.contains(at) {
                        return true;
                    }
                    if seen.insert(value.span) {
                        references(value, &mut next);
                    }
                    continue;
                }
                "data" => self.find("data", &first, &second),
                "module" => self.find("module", &first, ""),
                kind => self.find("resource", kind, &first),
            };
            let Some(block) = id.and_then(|it| self.block(it)) else { continue };
            if block.span.contains(at) {
                return true;
            }
            if seen.insert(block.span) {
                references_of(&block.body, &mut next);
            }
        }
        false
    }

    /// The resources, calls of modules and outputs that use what a data source says, through local values and other data
    /// sources too. The whole folder is read for it, and once for all.
    pub fn users_of(&self, id: BlockId) -> FxHashSet<BlockId> {
        let users = self.users.get_or_init(|| self.users());
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let start = Thing::Block(id);
        let mut next = vec![&start];
        while let Some(thing) = next.pop() {
            for user in users.get(thing).into_iter().flatten().filter(|it| seen.insert(*it)) {
                match user {
                    // What a resource or a module gives is something else.
                    Thing::Block(id) if self.head(id.0).is_none_or(|(kind, _)| kind != "data") => {
                        found.insert(*id);
                    }
                    Thing::Block(_) | Thing::Local(_) => next.push(user),
                }
            }
        }
        found
    }

    /// The users of data sources and local values, since what other things give is something else.
    fn users(&self) -> FxHashMap<Thing, Vec<Thing>> {
        let mut users: FxHashMap<Thing, Vec<Thing>> = FxHashMap::default();
        let mut add = |user: Thing, used: Vec<Reference>| {
            for [root, first, second] in used {
                let used = match &*root {
                    "local" => Some(Thing::Local(first)),
                    "data" => self.find("data", &first, &second).map(Thing::Block),
                    _ => None,
                };
                used.into_iter().for_each(|it| users.entry(it).or_default().push(user.clone()));
            }
        };
        let roots = ["data", "local"].map(Finder::new);
        let may_use = |id: &BlockId| roots.iter().any(|it| self.finds(id.0, it));
        let blocks = ["data", "resource", "module", "output"].into_iter().flat_map(|it| self.blocks(it));
        for id in blocks.map(|(id, _)| id).filter(may_use) {
            let mut used = Vec::new();
            self.block(id).iter().for_each(|it| references_of(&it.body, &mut used));
            add(Thing::Block(id), used);
        }
        for block in self.of_kind("locals").filter_map(|n| self.parse(n)) {
            for attribute in &block.body.attributes {
                let mut used = Vec::new();
                references(&attribute.value, &mut used);
                add(Thing::Local(attribute.name.text.clone()), used);
            }
        }
        users
    }

    /// The literal `source` of each module call, with the call.
    pub fn calls(&self) -> Vec<(BlockId, Option<String>)> {
        let literal = |id: BlockId| match self.argument(id, "source")?.kind {
            ExprKind::Text(text) => text.as_known().map(str::to_owned),
            _ => None,
        };
        self.blocks("module").map(|(id, _)| (id, literal(id))).collect()
    }
}

/// The root of a reference and the two names behind it.
type Reference = [CompactString; 3];

fn references_of(body: &Body, out: &mut Vec<Reference>) {
    body.attributes.iter().for_each(|it| references(&it.value, out));
    body.blocks.iter().for_each(|it| references_of(&it.body, out));
}

fn references(expr: &Expr, out: &mut Vec<Reference>) {
    if let ExprKind::Access(it) = &expr.kind
        && let ExprKind::Variable(root) = &it.base.kind
    {
        let name = |n: usize| match it.accessors.get(n) {
            Some(Accessor::Attribute(name)) => name.text.clone(),
            _ => CompactString::default(),
        };
        out.push([root.clone(), name(0), name(1)]);
    }
    expr.each_child(&mut |child| references(child, out));
}

/// An override file's body wins attribute by attribute, and block type by block type.
fn merge(body: &mut Body, over: &Body) {
    for attribute in &over.attributes {
        let same = |it: &&mut Attribute| it.name.text == attribute.name.text;
        match body.attributes.iter_mut().find(same) {
            Some(old) => *old = attribute.clone(),
            None => body.attributes.push(attribute.clone()),
        }
    }
    body.blocks.retain(|old| !over.blocks.iter().any(|new| new.kind.text == old.kind.text));
    body.blocks.extend(over.blocks.iter().cloned());
}

fn hash(kind: &str, first: &str, second: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (kind, first, second).hash(&mut hasher);
    hasher.finish()
}
