use std::fmt::Display;
use std::sync::Arc;

use compact_str::{CompactString, ToCompactString as _};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::wildcard_action::FEW;
use crate::policy::{
    Action, Condition, OperatorKind, Place, Policy, Principal, PrincipalKind, Scope, Statement, Value, date, matches,
    number, split_arn,
};
use crate::rule::{Context, Rewrite, Safety, quoted};
use crate::source::Span;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        let ways = policy.other_ways(statement).map(|it| it.spans().collect()).collect();
        let mut list = List { statement, ways, cx };
        let actions = statement.actions.entries();
        list.report(actions, |it| &it.place, Action::has_wildcard, |one, other| one.covers(other));
        let resources = statement.resources.as_ref().map(Scope::entries).unwrap_or_default();
        list.report(resources, |it| &it.place, |it| it.text.raw().contains('*'), |one, other| one.covers(other));
        let principals = statement.principals.as_ref().map(Scope::entries).unwrap_or_default();
        list.report(principals, |it| &it.place, |_| true, holds_principal);
        for condition in &statement.conditions {
            let values: Vec<Shown<'_>> = condition.values.iter().map(Shown).collect();
            list.report(&values, |it| &it.0.place, |_| true, |one, other| holds_value(condition, one.0, other.0));
        }
    }
}

struct List<'l, 'c> {
    statement: &'l Statement,
    /// What stands in the statement where it turns out another way.
    ways: Vec<FxHashSet<Span>>,
    cx: &'l mut Context<'c>,
}

impl List<'_, '_> {
    /// Reports each entry that another one holds; of two that are equal, the later one. `is_broad` says which may hold
    /// others than their equals, since lists are long and patterns in them few.
    fn report<T: Display>(
        &mut self,
        entries: &[T],
        place: impl Fn(&T) -> &Place,
        is_broad: impl Fn(&T) -> bool,
        holds: impl Fn(&T, &T) -> bool,
    ) {
        if entries.len() < 2 {
            return;
        }
        let certain: Vec<&T> = entries.iter().filter(|it| place(it).given.is_none()).collect();
        let broad: Vec<(usize, &T)> = certain.iter().copied().enumerate().filter(|(_, it)| is_broad(it)).collect();
        let mut equals: FxHashMap<CompactString, (usize, &T)> =
            FxHashMap::with_capacity_and_hasher(certain.len(), FxBuildHasher);
        let mut held: Vec<(&T, &T)> = Vec::new();
        for (n, entry) in certain.iter().copied().enumerate() {
            let more = |(m, other): &(usize, &T)| {
                *m != n
                    // One literal that comes in by two ways is not written twice.
                    && place(other).span != place(entry).span
                    && holds(other, entry)
                    && (*m < n || !holds(entry, other))
            };
            let mut lower = entry.to_compact_string();
            lower.make_ascii_lowercase();
            let equal = *equals.entry(lower).or_insert((n, entry));
            if let Some((_, other)) = Some(equal).filter(&more).or_else(|| broad.iter().copied().find(more)) {
                // What is held in one case only is there for the others.
                let is_held =
                    |way: &FxHashSet<Span>| !way.contains(&place(entry).span) || way.contains(&place(other).span);
                if self.ways.iter().all(is_held) {
                    held.push((entry, other));
                }
            }
        }
        if held.len() > FEW {
            self.report_all(&held, place);
            return;
        }
        for (entry, other) in held {
            let way = |it| place(it).origin.steps().map(|step| Arc::clone(&step.words)).collect::<Vec<_>>();
            let (message, help) = if entry.to_string() == other.to_string() {
                // Two names that come to the same were meant to be two things.
                let help = match way(entry) == way(other) {
                    true => "remove one of the two",
                    false => "write the one that was meant beside the first, or remove one of the two",
                };
                (format!("`{entry}` is listed twice"), help.to_owned())
            } else {
                let help = match bucket_with_slash(&entry.to_string()) {
                    // How another module spells it is no use here.
                    Some(bucket) if bucket.contains("${") => {
                        "leave out the slash at its end if the bucket itself is meant, else remove it".to_owned()
                    }
                    Some(bucket) => format!("write `{bucket}` if the bucket itself is meant, else remove it"),
                    None => format!("remove `{entry}`, which has no effect, or narrow `{other}`"),
                };
                (format!("`{entry}` is held by `{other}` already"), help)
            };
            self.cx
                .report(place(entry), message)
                .of(self.statement, entry)
                .telling("impossible_arn", entry.to_string())
                .label(place(other).span, "holds it")
                .help(help)
                .help_where_needed(format!(
                    "narrow `{other}`: where the module is called otherwise, the entry is needed"
                ))
                .fix(
                    Safety::Safe,
                    format!("take out `{entry}`"),
                    [Rewrite::TakeOut { at: place(entry).span, by: place(other).span, also: Vec::new() }],
                );
        }
    }

    /// One finding for all such entries of a list.
    fn report_all<T: Display>(&mut self, held: &[(&T, &T)], place: impl Fn(&T) -> &Place) {
        let [(first, holder), rest @ ..] = held else { return };
        let entries: Vec<&T> = held.iter().map(|(entry, _)| *entry).collect();
        let mut holders: Vec<&T> = Vec::new();
        for (_, other) in held {
            if !holders.iter().any(|it| std::ptr::eq(*it, *other)) {
                holders.push(other);
            }
        }
        let names = quoted(&entries);
        let also = rest.iter().map(|(entry, other)| (place(entry).span, place(other).span)).collect();
        let take_out = Rewrite::TakeOut { at: place(first).span, by: place(holder).span, also };
        let mut report = self
            .cx
            .report(place(first), format!("{} entries are held by {} already: {names}", held.len(), quoted(&holders)))
            .of(self.statement, entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            .label(place(holder).span, format!("holds `{first}`"))
            .help(format!("remove the entries that have no effect, or narrow {}", quoted(&holders)))
            .help_where_needed(format!(
                "narrow {}: where the module is called otherwise, the entries are needed",
                quoted(&holders)
            ))
            .fix(Safety::Safe, format!("take out {names}"), [take_out]);
        for (entry, other) in rest {
            report = report.label(place(entry).span, format!("held by `{other}`"));
        }
    }
}

/// What was meant by the ARN of a bucket with a slash behind it, which is that of no bucket and of no object.
fn bucket_with_slash(entry: &str) -> Option<&str> {
    let bucket = entry.strip_suffix('/')?;
    let name = bucket.rsplit(":::").next().unwrap_or(bucket);
    let is_bucket = bucket.contains(":s3:::") || bucket.starts_with("${") && bucket.ends_with(".arn}");
    (is_bucket && !name.contains(['/', '*'])).then_some(bucket)
}

/// A value of a condition, as messages show it.
struct Shown<'v>(&'v Value);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.text.fmt(f)
    }
}

/// Whether who is the one is also the other: the same text, or a session of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
fn holds_principal(one: &Principal, other: &Principal) -> bool {
    let same = one.kind == other.kind && one.text == other.text;
    let of_role = || {
        let (role, session) = (split_arn(one.text.raw()), split_arn(other.text.raw()));
        let ([.., account, role], [.., its_account, session]) = (&role[..], &session[..]) else { return false };
        let name = role.strip_prefix("role/").and_then(|it| it.rsplit('/').next());
        let its_name = session.strip_prefix("assumed-role/").and_then(|it| it.split('/').next());
        account == its_account && name.is_some() && name == its_name
    };
    let both_aws = one.kind == PrincipalKind::Aws && other.kind == PrincipalKind::Aws;
    same || both_aws && !one.text.has_holes() && !other.text.has_holes() && of_role()
}

/// Whether a request that passes by `other` passes by `one` as well. Any of the values will do.
fn holds_value(condition: &Condition, one: &Value, other: &Value) -> bool {
    use OperatorKind as Kind;
    if one.text == other.text {
        return true;
    }
    if one.text.has_holes()
        || other.text.has_holes()
        || other.text.raw().contains("${")
        || one.text.raw().contains("${")
    {
        return false;
    }
    let (one, other) = (one.text.raw(), other.text.raw());
    let compare = |read: fn(&str) -> Option<f64>, holds: fn(&f64, &f64) -> bool| {
        read(one).zip(read(other)).is_some_and(|(one, other)| holds(&one, &other))
    };
    match condition.operator.kind {
        Some(Kind::StringLike) => matches(&one.replace('?', "\u{0}"), other, false),
        Some(Kind::NumericLessThan | Kind::NumericLessThanEquals) => compare(number, f64::ge),
        Some(Kind::NumericGreaterThan | Kind::NumericGreaterThanEquals) => compare(number, f64::le),
        Some(Kind::DateLessThan | Kind::DateLessThanEquals) => compare(date, f64::ge),
        Some(Kind::DateGreaterThan | Kind::DateGreaterThanEquals) => compare(date, f64::le),
        _ => false,
    }
}
