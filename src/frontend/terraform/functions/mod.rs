//! The pure functions of Terraform's standard library, on values of which perhaps only a part is known.
//! What is unknown stays local: a list keeps its known elements, a text its known parts.
//!
//! This module knows values and nothing of expressions: `try` and `can`, whose arguments are evaluated one at a time,
//! are the evaluator's, and so are `sensitive` and `nonsensitive`. What a function needs of its surroundings it asks of a [`Host`].

mod arguments;
mod arms;
mod aws;
mod collections;
mod compare;
mod convert;
mod encoding;
mod files;
mod format;
mod joined;
mod json;
mod network;
mod numbers;
mod regular;
mod strings;
mod time;
mod yaml;

/// Why what is marked as sensitive is not known.
pub(super) const MARKED: &str = "it is marked as sensitive";

pub(super) use arms::{
    ANY_NUMBER, LIMIT, THIS_ELEMENT, as_choice, at_key, both, foremost, in_case, named, of_each, one_of, only_in,
    tells_one,
};
pub(super) use collections::key_of;
pub(super) use compare::{as_set, in_order, same};
pub(super) use convert::{parse_number, truth, unified};
pub(super) use joined::{By, WHICH, one_of_many};
pub(super) use json::Style;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::source::Span;
use crate::value::{Hole, HoleKind, Node, Text, Value};

use arguments::{Answer, Call, Stop};

/// What a function needs of its surroundings.
pub trait Host {
    /// The text of a file, its path relative to the module, or why it may not be read. The text maps to the file's own
    /// bytes.
    fn read(&mut self, path: &str, at: Span) -> Result<Text, Arc<str>>;
    /// Whether there is such a file.
    fn exists(&mut self, path: &str) -> Result<bool, Arc<str>>;
    /// The files at any depth below a folder, relative to it, with `/` between the parts.
    fn files_below(&mut self, folder: &str) -> Result<Vec<String>, Arc<str>>;
    /// What a template gives with these variables.
    fn template(&mut self, text: &Text, variables: &Node, at: Span) -> Node;
    /// The value of a JSON text, each part with its place.
    fn json(&mut self, text: &Text, at: Span) -> Result<Node, String>;
    /// Asks for about that many bytes of new values; `false` when the budget is used up.
    fn spend(&mut self, bytes: usize) -> bool;
    /// What one text may cost at most, so that one that is refused leaves what others need.
    fn most_of_one(&self) -> usize {
        usize::MAX
    }
    /// Where names mean what they mean in what is written at a span.
    fn meaning(&self, span: Span) -> Arc<str>;
    /// What is written at a span: what a value is known by when it cannot be computed.
    fn written(&self, span: Span) -> Arc<str>;

    /// Told that a call fails under one arm of an argument that is [`Value::OneOf`](crate::value::Value::OneOf). Its
    /// value leaves that arm out, which is right unless a `try` or `can` stands around it.
    fn may_fail(&mut self, error: &CallError) {
        let _ = error;
    }

    /// Told that a hole in the text of a `jsonencode` stands for `node`, which has no text of its own: one of several
    /// values, or something too large. Whoever parses the text back may put the node there.
    fn stands_for(&mut self, hole: &Arc<Hole>, node: &Node) {
        let _ = (hole, node);
    }
}

/// What the function would refuse in Terraform: `try` goes on to its next argument, `can` is `false`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What is wrong: one sentence, lower case, no final stop.
    pub message: String,
    /// The argument that is refused, from 0.
    pub argument: Option<usize>,
}

/// The value of `name(arguments)`. What cannot be known is a hole which says why.
///
/// A list may hold [`Value::Unknown`](crate::value::Value::Unknown), which stands for any number of elements where its
/// hole says so; so does an argument that may be a list, and text with a hole never does. An element that is one of one
/// value, [`Value::OneOf`](crate::value::Value::OneOf) with a single arm, is there in that case and otherwise not: what
/// `concat` makes of more conditions than can be told apart.
///
/// An argument that is one of several values gives one of several results, those left out under which the call fails.
pub fn call(name: &str, arguments: &[Node], span: Span, host: &mut dyn Host) -> Result<Node, CallError> {
    let name = name.strip_prefix("core::").unwrap_or(name);
    if let Some((kind, why)) = impure(name) {
        return Ok(hole(kind, why.into(), span, host));
    }
    let function = match name.strip_prefix("provider::").and_then(|name| name.split_once("::")) {
        Some((_, name)) => find_in_provider(name),
        None => find(name),
    };
    let Some(function) = function else {
        let why = format!("`{name}` is not a function iamlint evaluates");
        return Ok(hole(HoleKind::Free, why.into(), span, host));
    };
    // What puts texts together keeps the choices within.
    let told_apart = match name {
        "format" | "formatlist" | "join" | "jsonencode" | "tostring" | "yamlencode" => None,
        _ => arms::told_apart(arguments),
    };
    let arguments = told_apart.as_deref().unwrap_or(arguments);
    let with_places = arms::with_places(name, arguments);
    let arguments = with_places.as_deref().unwrap_or(arguments);
    match function.answer(&mut Call { name, arguments, span, host }, LIMIT) {
        Ok(node) => Ok(node),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Hole { kind, why }) => Ok(hole(kind, why, span, host)),
    }
}

/// The text that is made of a tree as JSON; none where it cannot be written.
pub(super) fn json_text(tree: &Node, by: Style, span: Span, host: &mut dyn Host) -> Option<Text> {
    let mut call = Call { name: "jsonencode", arguments: std::slice::from_ref(tree), span, host };
    match json::encode(&mut call, by).ok()?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn hole(kind: HoleKind, why: Arc<str>, span: Span, host: &dyn Host) -> Node {
    let reference = host.written(span);
    Node::unknown(Hole { kind, reference, scope: host.meaning(span), span, why, many: false })
}

/// What a function gives that is not known before Terraform runs, and why.
fn impure(name: &str) -> Option<(HoleKind, &'static str)> {
    Some(match name {
        "plantimestamp" | "timestamp" => (HoleKind::Opaque, "a time that is known when Terraform runs"),
        "uuid" | "bcrypt" => (HoleKind::Opaque, "it is another one at each run"),
        "rsadecrypt" => (HoleKind::Free, "a decrypted text"),
        "issensitive" => (HoleKind::Opaque, "iamlint does not follow what is marked sensitive"),
        "type" => (HoleKind::Opaque, "a type is no value"),
        _ => return None,
    })
}

/// A function as the table below has it.
#[derive(Clone, Copy)]
struct Function {
    run: fn(&mut Call<'_>) -> Answer,
    least: usize,
    most: usize,
    reach: Reach,
    /// Whether it makes of what is there in one case only what is there in that case only.
    keeps_cases: bool,
}

/// How deep a `OneOf` is looked for, to call the function once for each of its arms.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// The function copes by itself.
    Nowhere,
    /// An argument.
    Argument,
    /// An argument, an element or an entry of one.
    Element,
}

impl Function {
    fn answer(self, call: &mut Call<'_>, limit: usize) -> Answer {
        let given = call.arguments.len();
        if given < self.least || given > self.most {
            let wants = if given < self.least { self.least } else { self.most };
            let bound =
                if self.least == self.most { "" } else { ["at most ", "at least "][usize::from(given < wants)] };
            return Err(call.fail(None, format!("`{}` takes {bound}{wants} arguments, not {given}", call.name)));
        }
        match arms::distribute(call, self, limit) {
            Some(answer) => answer,
            None => (self.run)(call),
        }
    }
}

const MANY: usize = usize::MAX;

/// The functions by name.
fn find(name: &str) -> Option<Function> {
    use Reach::{Argument, Element, Nowhere};
    let (run, least, most, reach): (fn(&mut Call<'_>) -> Answer, usize, usize, Reach) = match name {
        "abs" => (numbers::abs, 1, 1, Argument),
        "abspath" => (files::abspath, 1, 1, Argument),
        "alltrue" => (collections::alltrue, 1, 1, Element),
        "anytrue" => (collections::anytrue, 1, 1, Element),
        "base64decode" => (encoding::base64decode, 1, 1, Argument),
        "base64encode" => (encoding::base64encode, 1, 1, Argument),
        "base64gzip" => (encoding::base64gzip, 1, 1, Argument),
        "base64sha256" => (encoding::base64sha256, 1, 1, Argument),
        "base64sha512" => (encoding::base64sha512, 1, 1, Argument),
        "basename" => (files::basename, 1, 1, Argument),
        "ceil" => (numbers::ceil, 1, 1, Argument),
        "chomp" => (strings::chomp, 1, 1, Argument),
        "chunklist" => (collections::chunklist, 2, 2, Argument),
        "cidrcontains" => (network::cidrcontains, 2, 2, Argument),
        "cidrhost" => (network::cidrhost, 2, 2, Argument),
        "cidrnetmask" => (network::cidrnetmask, 1, 1, Argument),
        "cidrsubnet" => (network::cidrsubnet, 3, 3, Argument),
        "cidrsubnets" => (network::cidrsubnets, 1, MANY, Argument),
        "coalesce" => (collections::coalesce, 1, MANY, Argument),
        "coalescelist" => (collections::coalescelist, 1, MANY, Argument),
        "compact" => (collections::compact, 1, 1, Element),
        "concat" => (collections::concat, 1, MANY, Argument),
        "contains" => (collections::contains, 2, 2, Element),
        "csvdecode" => (encoding::csvdecode, 1, 1, Argument),
        "dirname" => (files::dirname, 1, 1, Argument),
        "distinct" => (collections::distinct, 1, 1, Argument),
        "element" => (collections::element, 2, 2, Argument),
        "endswith" => (strings::endswith, 2, 2, Argument),
        "ephemeralasnull" => (convert::same, 1, 1, Nowhere),
        "file" => (files::file, 1, 1, Argument),
        "filebase64" => (files::filebase64, 1, 1, Argument),
        "filebase64sha256" => (files::filebase64sha256, 1, 1, Argument),
        "filebase64sha512" => (files::filebase64sha512, 1, 1, Argument),
        "fileexists" => (files::fileexists, 1, 1, Argument),
        "filemd5" => (files::filemd5, 1, 1, Argument),
        "fileset" => (files::fileset, 2, 2, Argument),
        "filesha1" => (files::filesha1, 1, 1, Argument),
        "filesha256" => (files::filesha256, 1, 1, Argument),
        "filesha512" => (files::filesha512, 1, 1, Argument),
        "flatten" => (collections::flatten, 1, 1, Element),
        "floor" => (numbers::floor, 1, 1, Argument),
        "format" => (format::format, 1, MANY, Argument),
        "formatdate" => (time::formatdate, 2, 2, Argument),
        "formatlist" => (format::formatlist, 1, MANY, Argument),
        "indent" => (strings::indent, 2, 2, Argument),
        "index" => (collections::index, 2, 2, Element),
        "join" => (strings::join, 2, MANY, Element),
        "jsondecode" => (json::jsondecode, 1, 1, Argument),
        "jsonencode" => (json::jsonencode, 1, 1, Nowhere),
        "keys" => (collections::keys, 1, 1, Argument),
        "length" => (collections::length, 1, 1, Argument),
        "log" => (numbers::log, 2, 2, Argument),
        "lookup" => (collections::lookup, 2, 3, Argument),
        "lower" => (strings::lower, 1, 1, Argument),
        "matchkeys" => (collections::matchkeys, 3, 3, Argument),
        "max" => (numbers::max, 1, MANY, Argument),
        "md5" => (encoding::md5, 1, 1, Argument),
        "merge" => (collections::merge, 0, MANY, Argument),
        "min" => (numbers::min, 1, MANY, Argument),
        "one" => (collections::one, 1, 1, Argument),
        "parseint" => (numbers::parseint, 2, 2, Argument),
        "pathexpand" => (files::pathexpand, 1, 1, Argument),
        "pow" => (numbers::pow, 2, 2, Argument),
        "range" => (collections::range, 1, 3, Argument),
        "regex" => (regular::regex, 2, 2, Argument),
        "regexall" => (regular::regexall, 2, 2, Argument),
        "replace" => (strings::replace, 3, 3, Argument),
        "reverse" => (collections::reverse, 1, 1, Argument),
        "setintersection" => (collections::setintersection, 1, MANY, Argument),
        "setproduct" => (collections::setproduct, 2, MANY, Argument),
        "setsubtract" => (collections::setsubtract, 2, 2, Argument),
        "setunion" => (collections::setunion, 1, MANY, Argument),
        "sha1" => (encoding::sha1, 1, 1, Argument),
        "sha256" => (encoding::sha256, 1, 1, Argument),
        "sha512" => (encoding::sha512, 1, 1, Argument),
        "signum" => (numbers::signum, 1, 1, Argument),
        "slice" => (collections::slice, 3, 3, Argument),
        "sort" => (collections::sort, 1, 1, Argument),
        "split" => (strings::split, 2, 2, Argument),
        "startswith" => (strings::startswith, 2, 2, Argument),
        "strcontains" => (strings::strcontains, 2, 2, Argument),
        "strrev" => (strings::strrev, 1, 1, Argument),
        "substr" => (strings::substr, 3, 3, Argument),
        "sum" => (numbers::sum, 1, 1, Element),
        "templatefile" => (files::templatefile, 2, 2, Argument),
        "templatestring" => (files::templatestring, 2, 2, Argument),
        "textdecodebase64" => (encoding::textdecodebase64, 2, 2, Argument),
        "textencodebase64" => (encoding::textencodebase64, 2, 2, Argument),
        "timeadd" => (time::timeadd, 2, 2, Argument),
        "timecmp" => (time::timecmp, 2, 2, Argument),
        "title" => (strings::title, 1, 1, Argument),
        "tobool" => (convert::tobool, 1, 1, Argument),
        "tolist" => (convert::tolist, 1, 1, Argument),
        "tomap" => (convert::tomap, 1, 1, Argument),
        "tonumber" => (convert::tonumber, 1, 1, Argument),
        "toset" => (convert::toset, 1, 1, Argument),
        "tostring" => (convert::tostring, 1, 1, Argument),
        "transpose" => (collections::transpose, 1, 1, Element),
        "trim" => (strings::trim, 2, 2, Argument),
        "trimprefix" => (strings::trimprefix, 2, 2, Argument),
        "trimspace" => (strings::trimspace, 1, 1, Argument),
        "trimsuffix" => (strings::trimsuffix, 2, 2, Argument),
        "upper" => (strings::upper, 1, 1, Argument),
        "urldecode" => (encoding::urldecode, 1, 1, Argument),
        "urlencode" => (encoding::urlencode, 1, 1, Argument),
        "uuidv5" => (encoding::uuidv5, 2, 2, Argument),
        "values" => (collections::values, 1, 1, Argument),
        "yamldecode" => (yaml::yamldecode, 1, 1, Argument),
        "yamlencode" => (yaml::yamlencode, 1, 1, Argument),
        "zipmap" => (collections::zipmap, 2, 2, Argument),
        _ => return None,
    };
    let keeps_cases = ["concat", "flatten", "merge", "setunion"].contains(&name);
    Some(Function { run, least, most, reach, keeps_cases })
}

/// The functions of providers. The name that a module gives a provider says nothing, so only the function's own counts.
fn find_in_provider(name: &str) -> Option<Function> {
    let (run, most): (fn(&mut Call<'_>) -> Answer, usize) = match name {
        "arn_build" => (aws::arn_build, 5),
        "arn_parse" => (aws::arn_parse, 1),
        "trim_iam_role_path" => (aws::trim_iam_role_path, 1),
        _ => return None,
    };
    Some(Function { run, least: most, most, reach: Reach::Argument, keeps_cases: false })
}
