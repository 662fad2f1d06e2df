use crate::catalog::{self, KeyType};
use crate::policy::{OperatorKind, Place, Policy, Scope, Statement, split_arn};
use crate::rule::Context;
use crate::value::Text;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    // A template of something else: who fills it in may write the version as well.
    let old = policy.version.as_ref().is_none_or(|it| !it.has_holes()) && !policy.has_variables();
    for statement in &policy.statements {
        let mut report = |place: &Place, text: &Text, message: String, help: &str| {
            cx.report(place, message).of(statement, text).help(help);
        };
        for (text, place, site) in texts(statement) {
            if let Some((_, rest)) = text.raw().split_once("&{") {
                let name = rest.split('}').next().unwrap_or_default();
                let message = format!("`&{{{name}}}` is plain text outside of `aws_iam_policy_document`");
                report(place, text, message, "write `$${…}` in Terraform, `${…}` in JSON");
            }
            for variable in variables(text.raw()) {
                let (message, help) = match fault(variable, text) {
                    Some(fault) => fault,
                    None if !variable.is_named() => continue,
                    None => match misplaced(variable, text, &site, old) {
                        Some(fault) => fault,
                        None => continue,
                    },
                };
                report(place, text, message, help);
                // What follows lies within it.
                if !variable.closed {
                    break;
                }
            }
        }
    }
}

/// What a text with variables stands in.
enum Site {
    Action,
    Principal,
    Resource,
    Value(Option<OperatorKind>),
}

fn texts(statement: &Statement) -> impl Iterator<Item = (&Text, &Place, Site)> {
    let actions = statement.actions.entries().iter().map(|it| (&it.text, &it.place, Site::Action));
    let resources = statement.resources.iter().flat_map(Scope::entries);
    let resources = resources.map(|it| (&it.text, &it.place, Site::Resource));
    let principals = statement.principals.iter().flat_map(Scope::entries);
    let principals = principals.map(|it| (&it.text, &it.place, Site::Principal));
    let values = statement.conditions.iter().flat_map(|condition| {
        let site = move || Site::Value(condition.operator.kind);
        condition.values.iter().map(move |it| (&it.text, &it.place, site()))
    });
    actions
        .chain(resources)
        .chain(principals)
        .chain(values)
        .filter(|(text, ..)| text.raw().contains('{') && ["${", "&{"].iter().any(|it| text.raw().contains(it)))
}

/// What stands between `${` and `}`, or to the end where it is not closed.
#[derive(Clone, Copy)]
struct Variable<'t> {
    inner: &'t str,
    closed: bool,
}

fn variables(raw: &str) -> impl Iterator<Item = Variable<'_>> {
    raw.split("${").skip(1).map(|rest| match rest.split_once('}') {
        Some((inner, _)) => Variable { inner, closed: true },
        None => Variable { inner: rest, closed: false },
    })
}

impl<'t> Variable<'t> {
    fn name(self) -> &'t str {
        self.inner.split(',').next().unwrap_or_default()
    }

    /// Whether it has the form of a key; what has none, such as `${AWS::Region}`, is filled in by something else before
    /// IAM reads it.
    fn is_named(self) -> bool {
        self.name().contains(':') && !self.name().contains("::")
    }
}

type Fault = (String, &'static str);

fn fault(variable: Variable<'_>, text: &Text) -> Option<Fault> {
    let inner = variable.inner;
    let name = variable.name();
    if !variable.closed {
        return Some((format!("the variable in `{text}` is not closed"), "close it with `}`"));
    }
    if inner.trim().is_empty() {
        return Some((format!("a variable in `{text}` has no name"), "write the key between the braces"));
    }
    if !variable.is_named() {
        return None;
    }
    if name.trim_end().contains(' ') {
        return Some((format!("there is a blank in the variable `${{{inner}}}`"), "write the name without blanks"));
    }
    if let Some((_, default)) = inner.split_once(',') {
        let default = default.trim();
        if default.len() < 2 || !default.starts_with('\'') || !default.ends_with('\'') {
            let message = format!("the default of `${{{inner}}}` is not in single quotes");
            return Some((message, "write the default between two single quotes"));
        }
    }
    let of_aws = name.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("aws:"));
    let unknown = of_aws && catalog::condition_key(name).is_none();
    let nearest = unknown.then(|| catalog::nearest_condition_key(name)).flatten()?;
    let message = format!("there is no variable `${{{name}}}`; did you mean `${{{nearest}}}`?");
    Some((message, "write the name of a key that every request carries"))
}

fn misplaced(variable: Variable<'_>, text: &Text, site: &Site, old: bool) -> Option<Fault> {
    let name = variable.name();
    let plain = |what: &str| format!("{what} takes no variable, so `${{{name}}}` is plain text");
    match site {
        Site::Action => return Some((plain("an action"), "write the action out")),
        Site::Principal => return Some((plain("a principal"), "write the principal out, or bound it by a condition")),
        Site::Value(Some(kind)) if !matches!(kind.compares(), Some(KeyType::String | KeyType::Arn | KeyType::Bool)) => {
            let what = format!("`{kind:?}`");
            return Some((plain(&what), "compare with a fixed value"));
        }
        Site::Value(_) | Site::Resource => {}
    }
    if old {
        let message = format!("`${{{name}}}` is plain text, since the policy's version is not `2012-10-17`");
        return Some((message, "write `\"Version\": \"2012-10-17\"`"));
    }
    let parts = split_arn(text.raw());
    let early = matches!(site, Site::Resource) && parts.len() == 6 && parts[..5].iter().any(|it| it.contains(name));
    early.then(|| {
        (
            format!("`${{{name}}}` stands before the resource part of the ARN, where it is plain text"),
            "write a variable in the resource part only, and `*` before it",
        )
    })
}
