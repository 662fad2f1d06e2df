//! What a statement grants, entry by entry and by what is written: enough to say later whether it grants more.

use serde::{Deserialize, Serialize};

use super::{Condition, Effect, Principal, PrincipalKind, Scope, Statement, is_account_id, matches};

/// The grant of one statement as texts, sorted, so that two of them can be compared long after the files have changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Granted {
    /// Its actions.
    pub actions: Scope<String>,
    /// Its resources; none in a trust policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Scope<String>>,
    /// Whom it lets in; none in a policy of an identity. Other kinds than `AWS` say so: `Service lambda.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principals: Option<Scope<String>>,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Test>,
}

/// One test of a statement's `Condition`, as texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Test {
    /// The operator, as written.
    pub operator: String,
    /// The key, as written.
    pub key: String,
    /// The values, sorted.
    pub values: Vec<String>,
    /// Whether more values let less through: the operator is a negative one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negated: bool,
}

impl Granted {
    /// What a statement grants; nothing when it denies.
    pub fn of(statement: &Statement) -> Option<Self> {
        Self::by(statement, || texts(&statement.actions, ToString::to_string))
    }

    /// The same with these of its actions only.
    pub fn of_these(statement: &Statement, actions: Vec<String>) -> Option<Self> {
        Self::by(statement, || sorted(Scope::Only(actions)))
    }

    fn by(statement: &Statement, actions: impl FnOnce() -> Scope<String>) -> Option<Self> {
        if statement.effect != Effect::Allow {
            return None;
        }
        let mut conditions: Vec<Test> = statement.conditions.iter().map(Test::of).collect();
        conditions.sort();
        Some(Self {
            actions: actions(),
            resources: statement.resources.as_ref().map(|it| texts(it, ToString::to_string)),
            principals: statement.principals.as_ref().map(|it| texts(it, principal)),
            conditions,
        })
    }

    /// The actions that lie within none of the patterns, in words.
    pub fn acts_beyond(&self, patterns: &[String]) -> Vec<String> {
        more(&self.actions, &Scope::Only(patterns.to_vec()), &|wide, narrow| covers(wide, narrow, true))
    }

    /// Whether some action is written in both, in one of them as part of a pattern.
    pub fn shares_actions(&self, other: &Self) -> bool {
        let (Scope::Only(own), Scope::Only(others)) = (&self.actions, &other.actions) else { return true };
        let either = |a: &String, b: &String| covers(a, b, true) || covers(b, a, true);
        own.iter().any(|a| others.iter().any(|b| either(a, b)))
    }

    /// What it grants that `accepted` does not, in words; empty when it grants no more.
    pub fn beyond(&self, accepted: &Self) -> Vec<String> {
        let mut out = more(&self.actions, &accepted.actions, &|wide, narrow| covers(wide, narrow, true));
        let resources = |wide: &str, narrow: &str| covers(wide, narrow, false);
        out.extend(more_of(&self.resources, &accepted.resources, &resources).iter().map(|it| format!("on {it}")));
        out.extend(more_of(&self.principals, &accepted.principals, &holds).iter().map(|it| format!("to {it}")));
        out.extend(accepted.conditions.iter().filter_map(|test| test.given_up_in(&self.conditions)));
        out
    }
}

impl Test {
    fn of(condition: &Condition) -> Self {
        let mut values: Vec<String> = condition.values.iter().map(|it| it.text.to_string()).collect();
        values.sort();
        values.dedup();
        Self {
            operator: condition.operator.to_string(),
            key: condition.key.to_string(),
            values,
            negated: condition.operator.negated,
        }
    }

    /// What the tests that are there now let through and this one did not, in words.
    fn given_up_in(&self, now: &[Self]) -> Option<String> {
        let same =
            |it: &&Self| it.operator.eq_ignore_ascii_case(&self.operator) && it.key.eq_ignore_ascii_case(&self.key);
        let beyond = |it: &Self| -> Vec<String> {
            let (narrow, wide) = if self.negated { (&self.values, &it.values) } else { (&it.values, &self.values) };
            let is_in = |value: &String| wide.iter().any(|it| covers(it, value, false));
            narrow.iter().filter(|it| !is_in(it)).map(|it| format!("`{it}`")).collect()
        };
        let nearest = now.iter().filter(same).map(beyond).min_by_key(Vec::len);
        match nearest {
            None => Some(format!("no longer under `{} {}`", self.operator, self.key)),
            Some(values) if values.is_empty() => None,
            Some(values) => Some(format!("where `{}` is {}", self.key, values.join(" or "))),
        }
    }
}

fn texts<T>(scope: &Scope<T>, text: impl Fn(&T) -> String) -> Scope<String> {
    let texts = scope.entries().iter().map(text).collect();
    sorted(if scope.is_negated() { Scope::AllExcept(texts) } else { Scope::Only(texts) })
}

fn sorted(mut scope: Scope<String>) -> Scope<String> {
    let (Scope::Only(entries) | Scope::AllExcept(entries)) = &mut scope;
    entries.sort();
    entries.dedup();
    scope
}

fn principal(principal: &Principal) -> String {
    match principal.kind {
        PrincipalKind::Bare | PrincipalKind::Aws => principal.to_string(),
        PrincipalKind::Service => format!("Service {principal}"),
        PrincipalKind::Federated => format!("Federated {principal}"),
        PrincipalKind::CanonicalUser => format!("CanonicalUser {principal}"),
        PrincipalKind::Unknown => format!("? {principal}"),
    }
}

/// Whether a pattern holds all that another one holds, by what is written.
fn covers(wide: &str, narrow: &str, ignore_case: bool) -> bool {
    // `?` stands for one character, and the star of a pattern for more than one.
    wide == narrow || !(wide.contains('?') && narrow.contains('*')) && matches(wide, narrow, ignore_case)
}

/// Whether one principal holds another: everybody holds all, an account those in it.
fn holds(wide: &str, narrow: &str) -> bool {
    let account = |text: &str| -> Option<String> {
        let id = if is_account_id(text) { text } else { text.strip_prefix("arn:")?.split(':').nth(3)? };
        is_account_id(id).then(|| id.to_owned())
    };
    let is_account = is_account_id(wide) || wide.ends_with(":root");
    wide == narrow || wide == "*" || is_account && account(wide).is_some_and(|it| account(narrow) == Some(it))
}

fn more_of(
    now: &Option<Scope<String>>,
    accepted: &Option<Scope<String>>,
    covers: &dyn Fn(&str, &str) -> bool,
) -> Vec<String> {
    match (now, accepted) {
        (Some(now), Some(accepted)) => more(now, accepted, covers),
        // What a statement without `Resource` or `Principal` speaks of is not written in it.
        _ => Vec::new(),
    }
}

fn more(now: &Scope<String>, accepted: &Scope<String>, covers: &dyn Fn(&str, &str) -> bool) -> Vec<String> {
    let quoted = |entries: Vec<&String>| entries.into_iter().map(|it| format!("`{it}`")).collect();
    match (now, accepted) {
        (Scope::Only(now), Scope::Only(accepted)) => {
            quoted(now.iter().filter(|it| !accepted.iter().any(|wide| covers(wide, it))).collect())
        }
        (Scope::Only(now), Scope::AllExcept(spared)) => {
            let touches = |entry: &String| spared.iter().any(|it| covers(it, entry) || covers(entry, it));
            quoted(now.iter().filter(|it| touches(it)).collect())
        }
        (Scope::AllExcept(spared), Scope::AllExcept(before)) => {
            quoted(before.iter().filter(|it| !spared.iter().any(|wide| covers(wide, it))).collect())
        }
        (Scope::AllExcept(spared), Scope::Only(accepted)) => {
            let is_all = accepted.iter().any(|it| covers(it, "*"));
            let all_but = || format!("all but {}", quoted(spared.iter().collect()).join(", "));
            if is_all { Vec::new() } else { vec![all_but()] }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(entries: &[&str]) -> Scope<String> {
        Scope::Only(entries.iter().map(ToString::to_string).collect())
    }

    fn but(entries: &[&str]) -> Scope<String> {
        Scope::AllExcept(entries.iter().map(ToString::to_string).collect())
    }

    fn granted(actions: Scope<String>, resources: &[&str]) -> Granted {
        Granted { actions, resources: Some(only(resources)), principals: None, conditions: Vec::new() }
    }

    #[test]
    fn what_lies_within_is_no_more_and_what_does_not_is_named() {
        let accepted = granted(only(&["s3:Get*"]), &["arn:aws:s3:::a/*"]);
        assert!(granted(only(&["s3:getobject"]), &["arn:aws:s3:::a/b*"]).beyond(&accepted).is_empty());
        assert_eq!(
            granted(only(&["s3:GetObject", "s3:*"]), &["arn:aws:s3:::a/*", "*"]).beyond(&accepted),
            ["`s3:*`", "on `*`"]
        );
        // One character is fewer than any run of them.
        assert!(!granted(only(&["s3:Get*"]), &[]).beyond(&granted(only(&["s3:Get?"]), &[])).is_empty());
    }

    #[test]
    fn what_is_left_out_counts_the_other_way_round() {
        let accepted = granted(but(&["iam:*", "sts:*"]), &["*"]);
        assert!(granted(but(&["*:*", "iam:*", "sts:*"]), &["*"]).beyond(&accepted).is_empty());
        assert_eq!(granted(but(&["iam:*"]), &["*"]).beyond(&accepted), ["`sts:*`"]);
        assert_eq!(granted(only(&["s3:*", "iam:PassRole"]), &["*"]).beyond(&accepted), ["`iam:PassRole`"]);
        assert_eq!(accepted.beyond(&granted(only(&["s3:*"]), &["*"])), ["all but `iam:*`, `sts:*`"]);
        assert!(accepted.beyond(&granted(only(&["*"]), &["*"])).is_empty());
    }

    #[test]
    fn a_condition_that_is_gone_or_takes_more_is_more() {
        let test = |operator: &str, values: &[&str]| Test {
            operator: operator.into(),
            key: "aws:PrincipalOrgID".into(),
            values: values.iter().map(ToString::to_string).collect(),
            negated: operator.contains("Not"),
        };
        let with =
            |test: Option<Test>| Granted { conditions: test.into_iter().collect(), ..granted(only(&["s3:*"]), &["*"]) };
        let accepted = with(Some(test("StringEquals", &["o-1", "o-2"])));
        assert!(with(Some(test("StringEquals", &["o-1"]))).beyond(&accepted).is_empty());
        assert_eq!(with(None).beyond(&accepted), ["no longer under `StringEquals aws:PrincipalOrgID`"]);
        assert_eq!(
            with(Some(test("StringEquals", &["o-1", "o-3"]))).beyond(&accepted),
            ["where `aws:PrincipalOrgID` is `o-3`"]
        );
        let spared = with(Some(test("StringNotEquals", &["o-1", "o-2"])));
        assert!(with(Some(test("StringNotEquals", &["o-1", "o-2", "o-3"]))).beyond(&spared).is_empty());
        assert_eq!(
            with(Some(test("StringNotEquals", &["o-1"]))).beyond(&spared),
            ["where `aws:PrincipalOrgID` is `o-2`"]
        );
    }

    #[test]
    fn an_account_holds_those_in_it() {
        assert!(holds("*", "Service lambda.amazonaws.com"));
        assert!(holds("111122223333", "arn:aws:iam::111122223333:root"));
        assert!(holds("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/a"));
        assert!(!holds("arn:aws:iam::111122223333:role/a", "111122223333"));
        assert!(!holds("arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:role/a"));
    }

    #[test]
    fn actions_beyond_patterns_are_named() {
        let beyond = |actions: Scope<String>, pattern: &str| granted(actions, &[]).acts_beyond(&[pattern.to_owned()]);
        assert!(beyond(only(&["ec2:describe*", "ec2:DescribeI?stances"]), "ec2:Describe*").is_empty());
        assert_eq!(beyond(only(&["ec2:Desc*"]), "ec2:Describe*"), ["`ec2:Desc*`"]);
        assert_eq!(beyond(only(&["ec2:DescribeA", "s3:*"]), "ec2:*"), ["`s3:*`"]);
        assert_eq!(beyond(only(&["ec2:Describe*"]), "ec2:Describe?"), ["`ec2:Describe*`"]);
        assert_eq!(beyond(only(&["*"]), "ec2:*"), ["`*`"]);
        assert_eq!(beyond(but(&["ec2:*"]), "ec2:*"), ["all but `ec2:*`"]);
        assert!(beyond(but(&["ec2:*"]), "*").is_empty());
    }
}
