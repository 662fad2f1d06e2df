//! From a change of the policy to edits of the files that say it: written as what stands beside it is written, so that
//! every byte around survives. What cannot be written that way is not offered.

use std::ops::Range;
use std::sync::Arc;

use super::room::{Room, room};
use super::site::{Dialect, Item, Kind, Link, around};
use super::uses::{self, Change};
use crate::catalog;
use crate::frontend::terraform::{self, Folder};
use crate::policy::matches;
use crate::rule::{Edit, Rewrite, Wanted};
use crate::source::{Source, Span, Workspace};
use crate::value::HOLE;

/// The edits that make a change; none when it cannot be written down where it belongs.
pub(super) fn edits(workspace: &Workspace, change: &Rewrite) -> Option<Vec<Edit>> {
    let (Rewrite::Replace { at, .. }
    | Rewrite::Spell { at, .. }
    | Rewrite::TakeOut { at, .. }
    | Rewrite::LeaveOut { at }
    | Rewrite::Entry { at, .. }
    | Rewrite::Condition { at, .. }
    | Rewrite::Scope { at, .. }
    | Rewrite::Apart { at, .. }
    | Rewrite::DenyPlainHttp { at, .. }
    | Rewrite::SwitchOn { at, .. }
    | Rewrite::Uncomment { at }) = change;
    let source = workspace.source(at.file);
    let links = match change {
        Rewrite::Uncomment { .. } => Vec::new(),
        _ => around(&source, *at),
    };
    let place = Place { workspace, source: &source, at: at.range(), links };
    let edits = match change {
        Rewrite::Replace { with, .. } => place.replace(with),
        Rewrite::Spell { reached, of, .. } => place.spell(reached, *of),
        Rewrite::TakeOut { at, by, also } => place.take_out((*at, *by), also),
        Rewrite::LeaveOut { .. } => place.leave_out(),
        Rewrite::Entry { name, value, .. } => place.entry(name, value),
        Rewrite::Condition { operator, key, value, .. } => place.condition(operator, key, value),
        Rewrite::Scope { forms, apart, .. } => place.scope(forms, apart),
        Rewrite::DenyPlainHttp { resource, service, .. } => place.deny_plain_http(*resource, service),
        Rewrite::Apart { actions, .. } => place.split(Vec::new(), actions, true),
        Rewrite::SwitchOn { name, .. } => place.switch_on(name),
        Rewrite::Uncomment { .. } => place.uncomment(),
    }?;
    let grows = match change {
        Rewrite::Replace { with, .. } => with.len() > 1 || edits.iter().all(|it| it.text.is_empty()),
        Rewrite::Scope { forms, .. } => forms.len() > 1,
        Rewrite::Spell { .. } | Rewrite::TakeOut { .. } => true,
        _ => false,
    };
    let narrows = matches!(change, Rewrite::Spell { .. } | Rewrite::Scope { .. });
    let are_alike = |at: Span, change: Change| uses::are_alike(workspace, &source, at, change);
    // What a statement gets, and what is put beside it, is not where the change is named.
    let beside = match change {
        Rewrite::Scope { apart, .. } => !apart.is_empty(),
        Rewrite::Apart { .. } | Rewrite::DenyPlainHttp { .. } => true,
        _ => false,
    };
    let statement = place.statement().map(|(_, it)| Span::new(source.id, it.span.start, it.span.end));
    let holds = match (change, statement) {
        (Rewrite::Uncomment { .. }, _) => true,
        (Rewrite::Condition { .. }, Some(statement)) => are_alike(statement, Change { grows: false, narrows: false }),
        (_, Some(statement)) if beside => {
            are_alike(statement, Change { grows: true, narrows: false }) && are_alike(*at, Change { grows, narrows })
        }
        _ => are_alike(*at, Change { grows, narrows }),
    };
    holds.then_some(edits)
}

/// A place in a file and what holds it, outermost first.
struct Place<'s> {
    workspace: &'s Workspace,
    source: &'s Arc<Source>,
    at: Range<usize>,
    links: Vec<Link>,
}

/// Condition keys that the permission of a function has as arguments.
const PERMISSION: [(&str, &str); 2] = [("aws:SourceAccount", "source_account"), ("aws:SourceArn", "source_arn")];

/// A literal text: the quotes around it, `"` or `\"`.
struct Quoted<'s> {
    quote: &'s str,
}

impl Place<'_> {
    fn text(&self) -> &str {
        &self.source.text
    }

    fn edit(&self, range: Range<usize>, text: impl Into<String>) -> Edit {
        Edit { span: Span::new(self.source.id, range.start, range.end), text: text.into() }
    }

    /// The list that the place is an element of, and which.
    fn in_list(&self) -> Option<(&Link, usize)> {
        let link = self.links.last().filter(|it| it.kind == Kind::List)?;
        link.items.iter().position(|it| it.value == self.at).map(|n| (link, n))
    }

    /// How the place is quoted, when it is one literal that stands for nothing but itself.
    fn quoted(&self) -> Option<Quoted<'_>> {
        quoted(&self.text()[self.at.clone()])
    }

    fn dialect(&self) -> Option<Dialect> {
        self.links.last().map(|it| it.dialect)
    }

    fn replace(&self, with: &[String]) -> Option<Vec<Edit>> {
        if with.is_empty() || !with.iter().all(|it| is_plain(it)) {
            return None;
        }
        if let Some(edit) = self.bare_key(with) {
            return Some(vec![edit]);
        }
        let Quoted { quote } = self.quoted()?;
        let is_key = |it: &&Item| it.whole.start == self.at.start && self.at.end < it.value.start;
        let named = self.links.last().filter(|it| it.items.iter().any(|it| is_key(&it)));
        if named.is_some_and(|object| with.iter().any(|it| object.item(&[it]).is_some())) {
            return None;
        }
        let values: Vec<String> = with.iter().map(|it| format!("{quote}{it}{quote}")).collect();
        if let ([value], Some((list, n))) = (&values[..], self.in_list().filter(|_| self.room() == Room::Elements)) {
            // What stands there already need not be said twice.
            let says = |it: &Item| self.text()[it.value.clone()].eq_ignore_ascii_case(value);
            if list.items.iter().enumerate().any(|(m, it)| m != n && says(it)) {
                return self.without(list, &[n]);
            }
        }
        Some(vec![self.values(&values)?])
    }

    fn spell(&self, reached: &[catalog::Action], of: catalog::Use) -> Option<Vec<Edit>> {
        let Quoted { quote } = self.quoted()?;
        let pattern = self.text()[self.at.clone()].strip_prefix(quote)?.strip_suffix(quote)?;
        let held = |action: catalog::Action| matches(pattern, &action.full_name(), true);
        self.replace(&reached.first()?.service().spelled(reached, of, &held)?)
    }

    /// What may stand in place of the literal here.
    fn room(&self) -> Room {
        room(self.source, Span::new(self.source.id, self.at.start, self.at.end))
    }

    /// Values in place of the one here, each on its line when elements stand so, or when one line would be too long;
    /// none where there is room for one only.
    fn values(&self, values: &[String]) -> Option<Edit> {
        /// A line that is longer is hard to read.
        const WIDTH: usize = 120;
        if let [value] = values {
            return Some(self.edit(self.at.clone(), value));
        }
        let list = self.in_list();
        let parting = list.map_or(", ".to_owned(), |(list, n)| self.separator(list, n));
        let joined = values.join(&parting);
        let is_long = self.at.start - self.line_of(self.at.start) + joined.len() > WIDTH;
        let lines = || self.lines(values).filter(|_| is_long);
        let text = match (self.room(), list) {
            (Room::Elements, Some((list, _))) if list.span == (self.at.start - 1..self.at.end + 1) => {
                lines().unwrap_or(joined)
            }
            (Room::Elements, Some(_)) => joined,
            (Room::List, None) => format!("[{}]", lines().unwrap_or(joined)),
            _ => return None,
        };
        Some(self.edit(self.at.clone(), text))
    }

    /// Values on lines of their own, between the brackets of a list; none where its name does not begin a line.
    fn lines(&self, values: &[String]) -> Option<String> {
        let holder = self.links.iter().rev().find(|it| it.kind != Kind::List)?;
        let (line, indent) = (self.new_line(), self.indent(holder.items[holder.holding(&self.at)?].whole.start)?);
        let step = self.step(holder, indent);
        let values: String = values.iter().map(|it| format!("{line}{indent}{step}{it},")).collect();
        Some(format!("{}{line}{indent}", values.trim_end_matches(',')))
    }

    /// By how much what an object or block holds is set in behind it; `indent` is that of what it holds.
    fn step<'i>(&self, holder: &Link, indent: &'i str) -> &'i str {
        indent.strip_prefix(self.indent_of_line(holder.span.start)).filter(|it| !it.is_empty()).unwrap_or("  ")
    }

    /// Another name in place of a key of Terraform's that needs no quotes.
    fn bare_key(&self, with: &[String]) -> Option<Edit> {
        let object = self.links.last().filter(|it| it.kind == Kind::Object && it.dialect == Dialect::Hcl)?;
        let is_key = |it: &Item| it.whole.start == self.at.start && self.at.end < it.value.start;
        let [name] = with else { return None };
        let is_bare = is_identifier(&self.text()[self.at.clone()]) && object.items.iter().any(is_key);
        let is_bare = is_bare && object.item(&[name]).is_none();
        let name = if is_identifier(name) { name.clone() } else { format!("\"{name}\"") };
        is_bare.then(|| self.edit(self.at.clone(), name))
    }

    /// What stands between an element and one that is put behind it.
    fn separator(&self, list: &Link, n: usize) -> String {
        let whole = &list.items[n].whole;
        let has_company =
            list.items.get(n + 1).is_some_and(|it| !self.text()[whole.end..it.whole.start].contains('\n'));
        match self.indent(whole.start).filter(|_| !has_company) {
            Some(indent) => format!(",{}{indent}", self.new_line()),
            None => ", ".to_owned(),
        }
    }

    fn new_line(&self) -> &'static str {
        if self.text().contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// The white space before a byte, when nothing else stands before it on its line.
    fn indent(&self, at: usize) -> Option<&str> {
        let line = self.line_of(at);
        Some(&self.text()[line..at]).filter(|it| it.trim().is_empty() && line > 0)
    }

    /// Where the line of a byte ends, before its end mark.
    fn line_end(&self, at: usize) -> usize {
        let end = self.text()[at..].find('\n').map_or(self.text().len(), |it| at + it);
        if self.text()[at..end].ends_with('\r') { end - 1 } else { end }
    }

    fn line_of(&self, at: usize) -> usize {
        self.text()[..at].rfind('\n').map_or(0, |it| it + 1)
    }

    /// The white space at the beginning of the line of a byte.
    fn indent_of_line(&self, at: usize) -> &str {
        let line = &self.text()[self.line_of(at)..at];
        &line[..line.len() - line.trim_start().len()]
    }

    /// The list without some elements, each of which another one holds that stays in the list and says as much.
    fn take_out(&self, first: (Span, Span), also: &[(Span, Span)]) -> Option<Vec<Edit>> {
        let (list, _) = self.in_list().filter(|_| self.room() == Room::Elements)?;
        let position = |span: &Span| {
            let is_it = |it: &Item| span.file == self.source.id && it.value == span.range();
            list.items.iter().position(is_it)
        };
        // What two references come to may be the same today and not tomorrow, so one must hold the other as written.
        let says_it_all = |it: &str| it.starts_with(['"', '\\']) && !it.contains("${") && !it.contains("%{");
        let holds = |by: &str, own: &str| says_it_all(own) && says_it_all(by) || matches(by, own, true);
        let held = |(at, by): &(Span, Span)| {
            let (own, other) = (position(at)?, position(by)?);
            (own != other && holds(&self.text()[by.range()], &self.text()[at.range()])).then_some(own)
        };
        let gone: Vec<usize> = [first].iter().chain(also).map(held).collect::<Option<_>>()?;
        self.without(list, &gone)
    }

    /// The object without the entry whose value stands here.
    fn leave_out(&self) -> Option<Vec<Edit>> {
        let object = self.links.last().filter(|it| it.kind == Kind::Object)?;
        let n = object.items.iter().position(|it| it.value == self.at)?;
        self.without(object, &[n])
    }

    /// The list or object without some of what it holds, at least one of which stays; comments beside them do too.
    fn without(&self, list: &Link, gone: &[usize]) -> Option<Vec<Edit>> {
        let text = self.text();
        let items = &list.items;
        let last = (0..items.len()).rfind(|n| !gone.contains(n))?;
        let ends_with_comma = self.has_comma(items.last()?);
        let mut edits = Vec::new();
        if last + 1 < items.len() && !ends_with_comma {
            // The comma behind the last element that stays has nothing left to part.
            let behind = items[last].whole.end;
            let comma = skip_blank(text, behind);
            if !text[comma..].starts_with(',') {
                return None;
            }
            let end = items.last()?.whole.end;
            let mut gap = behind;
            let is_bare = items[last + 1..].iter().all(|it| {
                let between = &text[std::mem::replace(&mut gap, it.whole.end)..it.whole.start];
                between.trim().trim_start_matches(',').trim().is_empty()
            });
            if is_bare {
                edits.push(self.edit(behind..end, ""));
            } else {
                edits.push(self.edit(comma..comma + 1, ""));
                edits.extend(items[last + 1..].iter().map(|it| self.gone(it)));
            }
        }
        let rest = gone.iter().filter(|n| **n < last || ends_with_comma);
        edits.extend(rest.map(|n| self.gone(&items[*n])));
        Some(edits)
    }

    /// An element taken out with the comma behind it, and with its line when nothing else stands there.
    fn gone(&self, item: &Item) -> Edit {
        let text = self.text();
        let behind = skip_blank(text, item.whole.end);
        let end = if text[behind..].starts_with(',') { behind + 1 } else { item.whole.end };
        let line_end = text[end..].find('\n').map_or(text.len(), |it| end + it + 1);
        let begins_line = self.indent(item.whole.start).is_some();
        if begins_line && text[end..line_end].trim().is_empty() {
            return self.edit(self.line_of(item.whole.start)..line_end, "");
        }
        let blank = text[end..].len() - text[end..].trim_start_matches([' ', '\t']).len();
        self.edit(item.whole.start..if begins_line { end } else { end + blank }, "")
    }

    fn entry(&self, name: &str, value: &str) -> Option<Vec<Edit>> {
        let object = self.links.iter().rev().find(|it| it.span == self.at && it.kind == Kind::Object)?;
        let first = object.items.first()?;
        let entry = format!("{}{}", self.name(object, first, name)?, self.literal(object, value)?);
        Some(vec![self.before(object, first, &entry)])
    }

    /// An entry put before the first one of an object.
    fn before(&self, object: &Link, first: &Item, entry: &str) -> Edit {
        let at = first.whole.start;
        self.edit(at..at, format!("{entry}{}", self.parting(object, first)))
    }

    /// The name of an entry and what parts it from its value, as its neighbour has them.
    fn name(&self, object: &Link, beside: &Item, name: &str) -> Option<String> {
        let text = &self.text()[beside.whole.start..beside.value.start];
        let sign = if text.trim_end().ends_with(':') { ':' } else { '=' };
        let (before, after) = text.rsplit_once(sign)?;
        let blank = |it: bool| if it { " " } else { "" };
        let (before, after) = (blank(before.ends_with([' ', '\t'])), blank(!after.is_empty()));
        let is_bare = object.dialect == Dialect::Hcl && !text.starts_with('"') && is_identifier(name);
        let quote = if is_bare { "" } else { self.quote(object)? };
        Some(format!("{quote}{name}{quote}{before}{sign}{after}"))
    }

    /// The quote around texts of an object.
    fn quote(&self, object: &Link) -> Option<&str> {
        if object.dialect == Dialect::Hcl {
            return Some("\"");
        }
        let name = &self.text()[object.items.first()?.whole.clone()];
        Some(&name[..=name.find('"')?])
    }

    /// A text as a literal of an object's dialect.
    fn literal(&self, object: &Link, text: &str) -> Option<String> {
        let quote = self.quote(object).filter(|_| is_plain(text))?;
        Some(format!("{quote}{text}{quote}"))
    }

    fn has_comma(&self, item: &Item) -> bool {
        let text = self.text();
        text[skip_blank(text, item.whole.end)..].starts_with(',')
    }

    /// The statement that holds the place, and what holds the statement.
    fn statement(&self) -> Option<(usize, &Link)> {
        let n = self.links.iter().rposition(|it| match it.kind {
            Kind::Object => it.item(&["Effect", "Action", "NotAction"]).is_some(),
            Kind::Block(_) => it.item(&["actions", "not_actions"]).is_some(),
            Kind::List => false,
        })?;
        Some((n, &self.links[n]))
    }

    fn condition(&self, operator: &str, key: &str, value: &Wanted) -> Option<Vec<Edit>> {
        if let Some(permission) = self.links.first().filter(|it| self.is_permission(it)) {
            let name = PERMISSION.iter().find(|(it, _)| *it == key)?.1;
            return Some(vec![self.argument(permission, name, &self.wanted(permission, value)?)?]);
        }
        let (_, statement) = self.statement().filter(|_| is_plain(key))?;
        let last = statement.items.last()?;
        let value = self.wanted(statement, value)?;
        if let Kind::Block(_) = statement.kind {
            let lines = [
                "condition {".to_owned(),
                format!("  test     = \"{operator}\""),
                format!("  variable = \"{key}\""),
                format!("  values   = [{value}]"),
                "}".to_owned(),
            ];
            let (indent, line) = (self.indent(last.whole.start)?, self.new_line());
            let block: String = lines.iter().map(|it| format!("{line}{indent}{it}")).collect();
            let end = self.line_end(last.whole.end);
            return (end < statement.span.end).then(|| vec![self.edit(end..end, format!("{line}{block}"))]);
        }
        let Some(condition) = statement.item(&["Condition"]) else {
            let indent = self.indent(last.whole.start);
            let object = self.nested(statement, last, indent, &[operator, key], &value)?;
            let entry = format!("{}{object}", self.name(statement, last, "Condition")?);
            return Some(self.behind(statement, last, &entry));
        };
        let operators = self.object_at(&condition.value)?;
        let Some(same) = operators.item(&[operator]) else {
            let first = operators.items.first()?;
            let indent = self.indent(first.whole.start);
            let keys = self.nested(&operators, first, indent, &[key], &value)?;
            let entry = format!("{}{keys}", self.name(&operators, first, operator)?);
            return Some(vec![self.before(&operators, first, &entry)]);
        };
        let keys = self.object_at(&same.value)?;
        let first = keys.items.first().filter(|_| !keys.items.iter().any(|it| it.name.eq_ignore_ascii_case(key)))?;
        let entry = format!("{}{value}", self.name(&keys, first, key)?);
        Some(vec![self.before(&keys, first, &entry)])
    }

    /// Whether a block is a permission whose conditions are arguments.
    fn is_permission(&self, link: &Link) -> bool {
        matches!(link.kind, Kind::Block(head) if self.text()[link.span.start..head].contains("\"aws_lambda_permission\""))
    }

    /// What a condition of a statement asks for, as a value there.
    fn wanted(&self, statement: &Link, value: &Wanted) -> Option<String> {
        let (like, named) = match value {
            Wanted::Text(text) => return self.literal(statement, text),
            Wanted::Variable(name) => {
                let quote = self.quote(statement)?;
                // Terraform would read one dollar as its own.
                let dollar = if statement.dialect == Dialect::Json { "$" } else { "$$" };
                return Some(format!("{quote}{dollar}{{{name}}}{quote}"));
            }
            Wanted::OfAccount { like, named } => (like, named),
        };
        let looked_up = || terraform::account(&Folder::open(self.workspace, self.source.path.parent()?)?);
        match (statement.dialect, looked_up()) {
            (Dialect::Hcl, Some(account)) if *like == "{}" => Some(account),
            (Dialect::Hcl | Dialect::Template, Some(account)) => {
                let quote = self.quote(statement)?;
                Some(format!("{quote}{}{quote}", like.replace("{}", &format!("${{{account}}}"))))
            }
            _ => self.literal(statement, &like.replace("{}", named.as_deref()?)),
        }
    }

    fn object_at(&self, place: &Range<usize>) -> Option<Link> {
        let whole = Span::new(self.source.id, place.start, place.end);
        around(self.source, whole).pop().filter(|it| it.kind == Kind::Object && it.span == *place)
    }

    /// Objects within each other by their names, over lines where an indent is given, and written as an entry of the
    /// object around them is.
    fn nested(
        &self,
        object: &Link,
        beside: &Item,
        indent: Option<&str>,
        names: &[&str],
        value: &str,
    ) -> Option<String> {
        let step = indent.map_or("  ", |it| self.step(object, it));
        let gap =
            |depth: usize| indent.map_or(" ".to_owned(), |it| format!("{}{it}{}", self.new_line(), step.repeat(depth)));
        let mut out = String::new();
        for (depth, name) in names.iter().enumerate() {
            out.push_str(&format!("{{{}{}", gap(depth + 1), self.name(object, beside, name)?));
        }
        out.push_str(value);
        for depth in (0..names.len()).rev() {
            out.push_str(&format!("{}}}", gap(depth)));
        }
        Some(out)
    }

    /// An entry put behind the last one of an object, and behind the comment on its line.
    fn behind(&self, object: &Link, last: &Item, entry: &str) -> Vec<Edit> {
        let text = self.text();
        let at = last.whole.end;
        let Some(indent) = self.indent(last.whole.start) else {
            return vec![self.edit(at..at, format!(", {entry}"))];
        };
        let entry = format!("{}{indent}{entry}", self.new_line());
        let has_comma = self.has_comma(last);
        let comma = if has_comma || object.dialect != Dialect::Hcl || self.uses_commas(object) { "," } else { "" };
        let end = self.line_end(at);
        let rest = text[at..end].trim_start().trim_start_matches(',').trim_start();
        let is_free = rest.is_empty() || object.dialect == Dialect::Hcl && rest.starts_with(['#', '/']);
        match (is_free && end < object.span.end, has_comma) {
            (true, true) => vec![self.edit(end..end, format!("{entry},"))],
            (true, false) if end > at && !comma.is_empty() => {
                vec![self.edit(at..at, comma), self.edit(end..end, entry)]
            }
            (true, false) => vec![self.edit(end..end, format!("{comma}{entry}"))],
            // What stands behind it on its line goes with the new entry.
            (false, _) => vec![self.edit(at..at, format!("{comma}{entry}"))],
        }
    }

    /// What parts an entry from one that is put beside it.
    fn parting(&self, object: &Link, beside: &Item) -> String {
        match self.indent(beside.whole.start) {
            Some(indent) if object.dialect == Dialect::Hcl && !self.uses_commas(object) => {
                format!("{}{indent}", self.new_line())
            }
            Some(indent) => format!(",{}{indent}", self.new_line()),
            None => ", ".to_owned(),
        }
    }

    /// Whether the entries of an object of Terraform's are parted by commas rather than by lines.
    fn uses_commas(&self, object: &Link) -> bool {
        object.items.first().is_some_and(|it| object.items.len() > 1 && self.has_comma(it))
    }

    fn scope(&self, forms: &[&str], apart: &[Span]) -> Option<Vec<Edit>> {
        let Quoted { quote } = self.quoted()?;
        let dialect = self.dialect()?;
        if dialect == Dialect::Json {
            return None;
        }
        let folder = Folder::open(self.workspace, self.source.path.parent()?)?;
        let at = Span::new(self.source.id, self.at.start, self.at.end);
        let mut values: Vec<String> = Vec::new();
        for form in forms {
            let (reference, rest) = terraform::only_resource(&folder, form, at)?;
            let value = match (dialect, rest.as_str()) {
                (Dialect::Hcl, "") => reference,
                _ => format!("{quote}${{{reference}}}{rest}{quote}"),
            };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.is_empty() {
            return None;
        }
        let narrowed = self.values(&values)?;
        if apart.is_empty() {
            return Some(vec![narrowed]);
        }
        self.split(vec![narrowed], apart, false)
    }

    /// The statement without some of its actions, and behind it one of these alone that is otherwise as it was, or that
    /// is on `*`.
    fn split(&self, mut edits: Vec<Edit>, apart: &[Span], on_star: bool) -> Option<Vec<Edit>> {
        let (n, statement) = self.statement()?;
        let names = ["Action", "actions"];
        let actions = statement.item(&names)?.value.clone();
        let inside = |span: &Span| span.file == self.source.id && within(&span.range(), &actions);
        if !apart.iter().all(inside) {
            return None;
        }
        let list = around(self.source, apart.first().copied()?)
            .pop()
            .filter(|it| it.kind == Kind::List && it.span == actions)?;
        let moved = |it: &Item| apart.iter().any(|span| span.range() == it.value);
        let (kept, gone): (Vec<&Item>, Vec<&Item>) = list.items.iter().partition(|it| !moved(it));
        if kept.is_empty() || gone.len() != apart.len() {
            return None;
        }
        let text = self.text();
        let of = |items: &[&Item]| {
            let parts: Vec<&str> = items.iter().map(|it| &text[it.value.clone()]).collect();
            let Some(indent) = items.first().and_then(|it| self.indent(it.whole.start)) else {
                return format!("[{}]", parts.join(", "));
            };
            let line = self.new_line();
            let last = if list.items.last().is_some_and(|it| self.has_comma(it)) { "," } else { "" };
            let parts = parts.join(&format!(",{line}{indent}"));
            format!("[{line}{indent}{parts}{last}{line}{}]", self.indent_of_line(list.span.start))
        };
        let numbers: Vec<usize> = (0..list.items.len()).filter(|n| moved(&list.items[*n])).collect();
        edits.extend(self.without(&list, &numbers)?);
        // A copy of the statement behind it, with other actions and another name: a document has each name once.
        let mut changed = vec![(actions, of(&gone))];
        if on_star {
            let resources = statement.item(&["Resource", "resources"])?.value.clone();
            let star = self.literal(statement, "*")?;
            let is_block = matches!(statement.kind, Kind::Block(_));
            let star = match is_block {
                // What stands on lines of its own stays so, or the arguments around it would have to be aligned anew.
                true if text[resources.clone()].contains('\n') => {
                    let (line, indent) = (self.new_line(), self.indent_of_line(resources.start));
                    format!("[{line}{indent}  {star}{line}{indent}]")
                }
                true => format!("[{star}]"),
                false => star,
            };
            changed.push((resources, star));
        }
        if let Some(sid) = statement.item(&["Sid", "sid"]).map(|it| it.value.clone()) {
            let Quoted { quote } = quoted(&text[sid.clone()])?;
            let name = text[sid.clone()].strip_suffix(quote)?;
            changed.push((sid, format!("{name}Any{quote}")));
        }
        changed.sort_by_key(|(range, _)| range.start);
        let mut copy = String::new();
        let mut at = statement.span.start;
        for (range, new) in changed {
            copy.push_str(&text[at..range.start]);
            copy.push_str(&new);
            at = range.end;
        }
        copy.push_str(&text[at..statement.span.end]);
        edits.extend(self.behind_statement(n, &copy)?);
        Some(edits)
    }

    /// Another statement behind the one that is the `n`th link.
    fn behind_statement(&self, n: usize, another: &str) -> Option<Vec<Edit>> {
        let statement = &self.links[n];
        let Range { start, end } = statement.span;
        let holder = self.links.get(n.checked_sub(1)?)?;
        if let Kind::Block(_) = statement.kind {
            // The content of a `dynamic` block stands once for as many as there are.
            let is_static = self.text()[start..].starts_with("statement");
            let (line, indent) = (self.new_line(), self.indent_of_line(start));
            return is_static.then(|| vec![self.edit(end..end, format!("{line}{line}{indent}{another}"))]);
        }
        // Not an argument of a call, or what is made of each element of something.
        let own = holder.holding(&statement.span).filter(|n| holder.items[*n].value == statement.span)?;
        Some(if holder.kind == Kind::List {
            vec![self.edit(end..end, format!("{}{another}", self.separator(holder, own)))]
        } else {
            vec![self.edit(start..start, "["), self.edit(end..end, format!(", {another}]"))]
        })
    }

    fn deny_plain_http(&self, resource: Span, service: &str) -> Option<Vec<Edit>> {
        let (n, statement) = self.statement()?;
        let own = statement.item(&["Resource", "resources"])?;
        if resource.file != self.source.id || !within(&resource.range(), &own.value) {
            return None;
        }
        let resources = self.whole_and_within(&self.text()[resource.range()], statement.dialect, service)?;
        let literal = |text: &str| self.literal(statement, text);
        let (sid, action) = (literal("DenyPlainHttp")?, literal(&format!("{service}:*"))?);
        if let Kind::Block(_) = statement.kind {
            let (indent, line) = (self.indent(statement.span.start)?, self.new_line());
            let lines = [
                "statement {".to_owned(),
                format!("  sid       = {sid}"),
                "  effect    = \"Deny\"".to_owned(),
                format!("  actions   = [{action}]"),
                format!("  resources = {resources}"),
                String::new(),
                "  principals {".to_owned(),
                "    type        = \"*\"".to_owned(),
                "    identifiers = [\"*\"]".to_owned(),
                "  }".to_owned(),
                String::new(),
                "  condition {".to_owned(),
                "    test     = \"Bool\"".to_owned(),
                "    variable = \"aws:SecureTransport\"".to_owned(),
                "    values   = [\"false\"]".to_owned(),
                "  }".to_owned(),
                "}".to_owned(),
            ];
            let indented = lines.map(|it| if it.is_empty() { it } else { format!("{indent}{it}") });
            return self.behind_statement(n, indented.join(line).trim_start());
        }
        let first = statement.items.first()?;
        let indent = self.indent(first.whole.start);
        let test = ["Bool", "aws:SecureTransport"];
        let entries = [
            ("Sid", sid),
            ("Effect", literal("Deny")?),
            ("Principal", literal("*")?),
            ("Action", action),
            ("Resource", resources),
            ("Condition", self.nested(statement, first, indent, &test, &literal("false")?)?),
        ];
        let entries: Option<Vec<String>> = entries
            .iter()
            .map(|(name, value)| Some(format!("{}{value}", self.name(statement, first, name)?)))
            .collect();
        let (open, close) = match indent {
            Some(it) => {
                let line = self.new_line();
                (format!("{line}{it}"), format!("{line}{}", self.indent_of_line(statement.span.start)))
            }
            None => (" ".to_owned(), " ".to_owned()),
        };
        let entries = entries?.join(&self.parting(statement, first));
        self.behind_statement(n, &format!("{{{open}{entries}{close}}}"))
    }

    /// A resource as it is written; of a bucket also what is in it.
    fn whole_and_within(&self, written: &str, dialect: Dialect, service: &str) -> Option<String> {
        if service != "s3" {
            return Some(format!("[{written}]"));
        }
        if dialect == Dialect::Hcl && !written.starts_with('"') {
            return Some(format!("[{written}, \"${{{written}}}/*\"]"));
        }
        let quote = &written[..=written.find('"')?];
        let inside = written.strip_prefix(quote)?.strip_suffix(quote)?;
        let bucket = inside.strip_suffix("/*").unwrap_or(inside);
        // A part of a bucket is not all of it.
        let name = bucket.rsplit('}').next()?;
        let whole = !name.contains(['/', '*', '?']) && !bucket.contains("*/");
        whole.then(|| format!("[{quote}{bucket}{quote}, {quote}{bucket}/*{quote}]"))
    }

    fn switch_on(&self, name: &str) -> Option<Vec<Edit>> {
        let text = self.text();
        if &text[self.at.clone()] == "false" {
            return Some(vec![self.edit(self.at.clone(), "true")]);
        }
        let block =
            self.links.last().filter(|it| it.kind == Kind::Block(self.at.end) && it.span.start == self.at.start)?;
        Some(vec![self.argument(block, name, "true")?])
    }

    /// An argument put behind the last thing in a block that does not have it, and in line with that.
    fn argument(&self, block: &Link, name: &str, value: &str) -> Option<Edit> {
        let text = self.text();
        let last = block.items.last().filter(|_| block.item(&[name]).is_none())?;
        let (indent, line) = (self.indent(last.whole.start)?, self.new_line());
        let end = self.line_end(last.whole.end);
        let width = text[last.whole.start..last.value.start].find('=').unwrap_or_default().saturating_sub(1);
        (end < block.span.end).then(|| self.edit(end..end, format!("{line}{indent}{name:width$} = {value}")))
    }

    fn uncomment(&self) -> Option<Vec<Edit>> {
        let text = self.text();
        let line = self.line_of(self.at.start);
        let end = text[line..].find('\n').map_or(text.len(), |it| line + it);
        let open = text[line..self.at.start].rfind('[').map(|it| line + it)?;
        let close = text[self.at.end..end].find(']').map(|it| self.at.end + it)?;
        let (before, after) = (text[open + 1..self.at.start].trim_end(), text[self.at.end..close].trim_start());
        if let Some(rest) = after.strip_prefix(',').map(str::trim_start) {
            return Some(vec![self.edit(self.at.start..close - rest.len(), "")]);
        }
        if before.ends_with(',') {
            return Some(vec![self.edit(open + before.len()..self.at.end, "")]);
        }
        // The comment names nothing else. One that goes on over lines is left to its author.
        let start = ["#", "//"].iter().filter_map(|it| text[line..open].rfind(it)).max().map(|it| line + it)?;
        let code = text[line..start].trim_end();
        if text[line..open].contains("/*") {
            return None;
        }
        Some(vec![if code.is_empty() {
            self.edit(line..(end + 1).min(text.len()), "")
        } else {
            let end = text[..end].strip_suffix('\r').map_or(end, str::len);
            self.edit(line + code.len()..end, "")
        }])
    }
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// How a literal is quoted; none for what is no literal, or one with escapes and sequences in it.
fn quoted(text: &str) -> Option<Quoted<'_>> {
    let quote = &text[..=text.find('"')?];
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    (quote.trim_start_matches('\\') == "\"" && is_plain(inside)).then_some(Quoted { quote })
}

/// Whether a text can be a key of an object of Terraform's without quotes.
fn is_identifier(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// Whether a text is written the same in every dialect and at every depth of quotes.
fn is_plain(text: &str) -> bool {
    !text.contains(['"', '\\', '$', '%', HOLE]) && !text.chars().any(char::is_control)
}

fn skip_blank(text: &str, from: usize) -> usize {
    text.len() - text[from..].trim_start().len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// Makes a change in a file at the text between `«` and `»`; the second pair is for changes that name two places.
    #[track_caller]
    fn changed(name: &str, text: &str, change: impl Fn(Span, Span) -> Rewrite) -> Option<String> {
        let mut places = Vec::new();
        let mut plain = String::new();
        for char in text.chars() {
            match char {
                '«' => places.push(plain.len()..0),
                '»' => places.last_mut().expect("a place begins before it ends").end = plain.len(),
                char => plain.push(char),
            }
        }
        let span = |n: usize| Span::new(FileId(0), places[n].start, places[n].end);
        let workspace = Workspace::of_texts([(name, plain)]);
        workspace.open(name.as_ref()).expect("it is in memory");
        let edits = edits(&workspace, &change(span(0), span(places.len() - 1)))?;
        crate::fix::texts(&workspace, edits.iter()).pop().map(|(_, text)| text)
    }

    fn replaced(name: &str, text: &str, with: &[&str]) -> Option<String> {
        changed(name, text, |at, _| Rewrite::Replace { at, with: with.iter().map(ToString::to_string).collect() })
    }

    fn taken_out(name: &str, text: &str) -> Option<String> {
        changed(name, text, |at, by| Rewrite::TakeOut { at, by, also: Vec::new() })
    }

    #[test]
    fn an_entry_is_left_out_with_its_name() {
        let left = |name: &str, text: &str| changed(name, text, |at, _| Rewrite::LeaveOut { at });
        let json = "{\n  \"Sid\": «\"\"»,\n  \"Effect\": \"Allow\"\n}";
        assert_eq!(left("a.json", json).as_deref(), Some("{\n  \"Effect\": \"Allow\"\n}"));
        let last = "{ \"Effect\": \"Allow\", \"Sid\": «\"\"» }";
        assert_eq!(left("a.json", last).as_deref(), Some("{ \"Effect\": \"Allow\" }"));
        let hcl = "locals {\n  a = {\n    Sid    = «\"\"»\n    Effect = \"Allow\"\n  }\n}\n";
        assert_eq!(left("a.tf", hcl).as_deref(), Some("locals {\n  a = {\n    Effect = \"Allow\"\n  }\n}\n"));
        assert_eq!(left("a.json", "{ \"Sid\": «\"\"» }"), None);
    }

    #[test]
    fn a_text_is_written_as_the_one_it_replaces() {
        let hcl = "resource \"aws_iam_policy\" \"a\" {\n  policy = jsonencode({ Action = «\"s3:*\"» })\n}\n";
        let both = replaced("a.tf", hcl, &["s3:A", "s3:B"]).unwrap();
        assert!(both.contains("{ Action = [\"s3:A\", \"s3:B\"] }"), "{both}");
        let escaped = "resource \"a\" \"b\" {\n  policy = \"{\\\"Action\\\":«\\\"s3:*\\\"»}\"\n}\n";
        let text = replaced("a.tf", escaped, &["s3:A", "s3:B"]).unwrap();
        assert!(text.contains(r#""{\"Action\":[\"s3:A\", \"s3:B\"]}""#), "{text}");
        assert_eq!(replaced("a.tf", hcl, &["s3:\"A"]), None);
        assert_eq!(replaced("a.tf", hcl, &["s3:${A}"]), None);
    }

    #[test]
    fn elements_stand_as_their_list_has_them() {
        let lines = "data \"d\" \"a\" {\n  statement {\n    actions = [\n      «\"s3:*\"», # why\n    ]\n  }\n}\n";
        let text = replaced("a.tf", lines, &["s3:A", "s3:B"]).unwrap();
        assert!(text.contains("[\n      \"s3:A\",\n      \"s3:B\", # why\n    ]"), "{text}");
        let heredoc = "resource \"r\" \"a\" {\n  policy = <<-EOT\n    {\n      \"Action\": [\n        «\"s3:*\"»\n      ]\n    }\n  EOT\n}\n";
        let text = replaced("a.tf", heredoc, &["s3:A", "s3:B"]).unwrap();
        assert!(text.contains("[\n        \"s3:A\",\n        \"s3:B\"\n      ]"), "{text}");
    }

    #[test]
    fn what_a_list_says_already_is_not_written_twice() {
        let json = "{ \"Action\": [\"s3:GetObject\", «\"s3:HeadObject\"»] }";
        assert_eq!(replaced("a.json", json, &["s3:GetObject"]).as_deref(), Some("{ \"Action\": [\"s3:GetObject\"] }"));
    }

    #[test]
    fn an_element_is_taken_out_with_its_comma_and_nothing_else() {
        let json = |list: &str| format!("{{ \"Action\": {list} }}");
        for (list, left) in [
            ("[«\"a\"», «\"b\"»]", "[\"b\"]"),
            ("[«\"b\"», «\"a\"»]", "[\"a\"]"),
            ("[\n  «\"a\"»,\n  «\"b\"»\n]", "[\n  \"b\"\n]"),
        ] {
            assert_eq!(taken_out("a.json", &json(list)), Some(json(left)), "{list}");
        }
        let last = changed("a.json", &json("[\n  «\"a\"»,\n  «\"b\"»\n]"), |by, at| Rewrite::TakeOut {
            at,
            by,
            also: Vec::new(),
        });
        assert_eq!(last, Some(json("[\n  \"a\"\n]")));
        let hcl = |list: &str| format!("data \"d\" \"a\" {{\n  actions = {list}\n}}\n");
        for (list, left) in [
            ("[\n    «\"a\"», # first\n    «\"b\"», # second\n  ]", "[\n     # first\n    \"b\", # second\n  ]"),
            ("[«\"a\"», /* of */ «\"b\"»]", "[/* of */ \"b\"]"),
        ] {
            assert_eq!(taken_out("a.tf", &hcl(list)), Some(hcl(left)), "{list}");
        }
        let last = changed("a.tf", &hcl("[\n    «\"a\"», # first\n    «\"b\"» # second\n  ]"), |by, at| {
            Rewrite::TakeOut { at, by, also: Vec::new() }
        });
        assert_eq!(last, Some(hcl("[\n    \"a\" # first\n     # second\n  ]")));
        // What makes one of them needless may stand in another list tomorrow.
        assert_eq!(taken_out("a.tf", "locals {\n  a = concat([«\"a\"», \"b\"], [«\"c\"»])\n}\n"), None);
        assert_eq!(taken_out("a.json", &json("[«\"a\"»]")), None);
    }

    #[test]
    fn an_entry_is_written_as_its_neighbours_are() {
        let version = |at, _| Rewrite::Entry { at, name: "Version", value: "2012-10-17" };
        let json = changed("a.json", "«{\n  \"Statement\": []\n}»", version).unwrap();
        assert_eq!(json, "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": []\n}");
        let hcl = "locals {\n  a = jsonencode(«{\n    Statement = []\n  }»)\n}\n";
        assert!(
            changed("a.tf", hcl, version)
                .unwrap()
                .contains("({\n    Version = \"2012-10-17\"\n    Statement = []\n  })")
        );
        let colon = "locals {\n  a = jsonencode(«{ \"Statement\" : [], \"Id\" : \"x\" }»)\n}\n";
        let text = changed("a.tf", colon, version).unwrap();
        assert!(text.contains("({ \"Version\" : \"2012-10-17\", \"Statement\" : []"), "{text}");
    }

    #[test]
    fn a_condition_is_put_into_every_form_of_a_statement() {
        let guard = |at, _| Rewrite::require(at, "Bool", "aws:SecureTransport", Wanted::Text("true"));
        let block = "data \"d\" \"a\" {\n  statement {\n    actions   = [«\"a:B\"»]\n    resources = [\"*\"]\n  }\n}\n";
        let text = changed("a.tf", block, guard).unwrap();
        let wanted = "[\"*\"]\n\n    condition {\n      test     = \"Bool\"\n      variable = \"aws:SecureTransport\"\n      values   = [\"true\"]\n    }\n  }\n";
        assert!(text.contains(wanted), "{text}");
        let json = r#"{ "Statement": { "Effect": "Allow", "Action": «"a:B"» } }"#;
        let wanted = r#"{ "Statement": { "Effect": "Allow", "Action": "a:B", "Condition": { "Bool": { "aws:SecureTransport": "true" } } } }"#;
        assert_eq!(changed("a.json", json, guard).as_deref(), Some(wanted));
        let beside = r#"{ "Effect": "Allow", "Action": «"a:B"», "Condition": { "Null": {} } }"#;
        let wanted = r#"{ "Effect": "Allow", "Action": "a:B", "Condition": { "Bool": { "aws:SecureTransport": "true" }, "Null": {} } }"#;
        assert_eq!(changed("a.json", beside, guard).as_deref(), Some(wanted));
        let hcl = "locals {\n  a = {\n    Effect = \"Allow\"\n    Action = «\"a:B\"»\n  }\n}\n";
        let wanted = "    Action = \"a:B\"\n    Condition = {\n      Bool = {\n        \"aws:SecureTransport\" = \"true\"\n      }\n    }\n  }\n";
        assert!(changed("a.tf", hcl, guard).unwrap().contains(wanted));
    }

    const TABLE: &str = "resource \"aws_dynamodb_table\" \"orders\" {\n  name = \"orders\"\n}\n";

    fn scope(at: Span, apart: Span) -> Rewrite {
        let forms = vec!["arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}"];
        Rewrite::Scope { at, forms, apart: if apart == at { Vec::new() } else { vec![apart] } }
    }

    #[test]
    fn a_resource_is_named_as_its_place_can_name_it() {
        let block = format!("{TABLE}data \"d\" \"a\" {{\n  resources = [«\"*\"»]\n}}\n");
        assert!(changed("a.tf", &block, scope).unwrap().contains("resources = [aws_dynamodb_table.orders.arn]"));
        let heredoc =
            format!("{TABLE}resource \"r\" \"a\" {{\n  policy = <<EOT\n{{ \"Resource\": «\"*\"» }}\nEOT\n}}\n");
        let text = changed("a.tf", &heredoc, scope).unwrap();
        assert!(text.contains("{ \"Resource\": \"${aws_dynamodb_table.orders.arn}\" }"), "{text}");
        assert_eq!(changed("a.json", "{ \"Resource\": «\"*\"» }", scope), None);
        let second = TABLE.replace("\"orders\" {", "\"more\" {");
        assert_eq!(changed("a.tf", &format!("{second}{block}"), scope), None, "there are two");
    }

    #[test]
    fn what_needs_a_star_goes_on_in_a_statement_of_its_own() {
        let text = format!(
            "{TABLE}data \"d\" \"a\" {{\n  statement {{\n    sid       = \"Orders\"\n    resources = [«\"*\"»]\n    actions   = [\"dynamodb:PutItem\", «\"s3:ListAllMyBuckets\"»]\n  }}\n}}\n"
        );
        let text = changed("a.tf", &text, scope).unwrap();
        let wanted = "  statement {\n    sid       = \"Orders\"\n    resources = [aws_dynamodb_table.orders.arn]\n    actions   = [\"dynamodb:PutItem\"]\n  }\n\n  statement {\n    sid       = \"OrdersAny\"\n    resources = [\"*\"]\n    actions   = [\"s3:ListAllMyBuckets\"]\n  }\n";
        assert!(text.ends_with(&format!("{wanted}}}\n")), "{text}");
        // A list over several lines keeps them: those who align the signs of equality look no further than a line.
        let text = "data \"d\" \"a\" {\n  statement {\n    actions = [\n      \"s3:GetObject\",\n      «\"s3:ListAllMyBuckets\"»\n    ]\n    effect = \"Allow\"\n    resources = [\n      \"arn:aws:s3:::a\",\n      \"arn:aws:s3:::a/*\"\n    ]\n    sid = \"List\"\n  }\n}\n";
        let text = changed("a.tf", text, |at, _| Rewrite::Apart { at, actions: vec![at] }).unwrap();
        let wanted = "  statement {\n    actions = [\n      \"s3:ListAllMyBuckets\"\n    ]\n    effect = \"Allow\"\n    resources = [\n      \"*\"\n    ]\n    sid = \"ListAny\"\n  }\n}\n";
        assert!(text.ends_with(wanted), "{text}");
    }

    #[test]
    fn a_comment_goes_when_it_names_nothing_else() {
        let uncomment = |at, _| Rewrite::Uncomment { at };
        for (text, left) in [
            ("a {\n  # iamlint: ignore[«b»] reason=\"x\"\n  c = 1\n}\n", "a {\n  c = 1\n}\n"),
            ("a {\n  c = 1 # iamlint: ignore[«b»]\n}\n", "a {\n  c = 1\n}\n"),
            ("# iamlint: ignore[«b», d]\n", "# iamlint: ignore[d]\n"),
            ("# iamlint: ignore[d, «b»]\n", "# iamlint: ignore[d]\n"),
        ] {
            assert_eq!(changed("a.tf", text, uncomment).as_deref(), Some(left), "{text}");
        }
        assert_eq!(changed("a.tf", "/* iamlint: ignore[«b»] */\n", uncomment), None);
    }
}
