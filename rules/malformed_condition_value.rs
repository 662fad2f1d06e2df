use base64::Engine as _;

use crate::catalog::{self, KeyType, ValueForm};
use crate::policy::{Condition, IpRange, OperatorKind, Policy, Value, date, is_account_id, number, split_arn};
use crate::rule::{Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            let key = &condition.key;
            let truths = condition.operator.kind == Some(OperatorKind::Bool) && condition.operator.quantifier.is_none();
            if truths && condition.values.len() > 1 && condition.case().is_none() {
                let message = format!("`{key}` is compared with several truth values");
                cx.report(&condition.place, message)
                    .of(statement, key)
                    .help("compare with the one that is meant; both together bound nothing");
            }
            let first = condition.values.iter().find_map(|it| it.json);
            if let Some(first) = first
                && let Some((value, json)) =
                    condition.values.iter().find_map(|it| Some((it, it.json.filter(|it| *it != first)?)))
            {
                let message = format!("`{}` is {json} in a list whose first value is {first}", value.text);
                cx.report(&value.place, message)
                    .of(statement, format!("{key} {}", value.text))
                    .help("write all values of a list in one JSON type, strings for choice");
            }
            for value in &condition.values {
                let Some(fault) = fault(condition, value) else { continue };
                let text = &value.text;
                let report = cx
                    .report(&value.place, format!("`{text}` {}", fault.what))
                    .severity(fault.severity)
                    .of(statement, format!("{key} {text}"))
                    .help(fault.help);
                // The operator of a block that is one with another block's stands there, beside another key.
                if statement.is_alone(condition) {
                    report.label(condition.operator_place.span, format!("compared by `{}`", condition.operator));
                }
            }
        }
    }
}

struct Fault {
    what: String,
    help: String,
    severity: Severity,
}

fn fault(condition: &Condition, value: &Value) -> Option<Fault> {
    // What is empty is a value that somebody has not filled in.
    let raw = value.text.as_known().filter(|it| !it.is_empty() && !it.contains("${"))?;
    let fault = |what: &str, help: &str| Fault { what: what.into(), help: help.into(), severity: Severity::Medium };
    let kind = condition.operator.kind?;
    match kind.compares() {
        None | Some(KeyType::Bool) => (!["true", "false"].iter().any(|it| raw.eq_ignore_ascii_case(it)))
            .then(|| fault("is neither `true` nor `false`", "write `true` or `false`")),
        Some(KeyType::Numeric) => number(raw).is_none().then(|| fault("is no number", "write a plain number")),
        Some(KeyType::Date) => date(raw)
            .is_none()
            .then(|| fault("is no date as IAM reads one", "write `2026-12-31T00:00:00Z`, or the seconds since 1970")),
        Some(KeyType::Binary) => base64::engine::general_purpose::STANDARD
            .decode(raw)
            .is_err()
            .then(|| fault("is not encoded in base64", "encode the bytes in base64")),
        Some(KeyType::IpAddress) => match IpRange::parse(raw) {
            None => Some(fault("is no address or CIDR block", "write `203.0.113.0/24` or `2001:db8::/32`")),
            Some(range) if range.has_host_bits() => Some(Fault {
                severity: Severity::Low,
                ..fault("sets bits beyond its mask", "write the first address of the block, or a longer mask")
            }),
            Some(_) => None,
        },
        Some(KeyType::Arn) => (!is_arn_pattern(raw)).then(|| {
            fault(
                "is no ARN, so it never matches",
                "write the six parts of an ARN, with `*` for those that do not matter",
            )
        }),
        Some(KeyType::String) => {
            let form = form(condition)?;
            // A wildcard under an exact operator is the matter of another rule.
            if raw.contains(['*', '?']) { None } else { of_form(form, raw) }
        }
    }
}

/// Whether some ARN may fit: it has the parts of one, or a wildcard where they are missing.
fn is_arn_pattern(raw: &str) -> bool {
    raw.starts_with(['*', '?']) || raw.starts_with("arn:") && (raw.ends_with('*') || split_arn(raw).len() == 6)
}

fn form(condition: &Condition) -> Option<ValueForm> {
    const OF_SERVICES: [&str; 2] = ["iam:passedtoservice", "iam:awsservicename"];
    let named = || OF_SERVICES.iter().any(|it| condition.is_on(it)).then_some(ValueForm::ServicePrincipal);
    condition.known_key()?.value_form().or_else(named)
}

fn of_form(form: ValueForm, raw: &str) -> Option<Fault> {
    let fault = |what: String, help: String| Some(Fault { what, help, severity: Severity::Medium });
    let hint = |nearest: Option<&str>| nearest.map(|it| format!("; did you mean `{it}`?")).unwrap_or_default();
    match form {
        ValueForm::AccountId if !is_account_id(raw) => {
            fault("is no account id".into(), "write the twelve digits of the account".into())
        }
        ValueForm::OrganizationId if !is_organization(raw) => fault(
            "is no organisation id".into(),
            "write the id of the organisation, `o-` and its 10 to 32 letters and digits".into(),
        ),
        ValueForm::OrganizationPath if !raw.split('/').next().is_some_and(is_organization) => fault(
            "is no path in an organisation".into(),
            "write the path from the organisation down, `o-…/r-…/ou-…/`".into(),
        ),
        ValueForm::Region if catalog::region_partition(raw).is_none() || misspelt_region(raw) => {
            let nearest = catalog::nearest_region(raw).map(|it| it.name());
            fault(format!("is no region{}", hint(nearest)), "write the code of a region, such as `eu-central-1`".into())
        }
        ValueForm::VpcId if !is_id(raw, "vpc-") => {
            fault("is no VPC id".into(), "write `vpc-` and its 8 or 17 hexadecimal digits".into())
        }
        ValueForm::VpcEndpointId if !is_id(raw, "vpce-") => {
            fault("is no VPC endpoint id".into(), "write `vpce-` and its 8 or 17 hexadecimal digits".into())
        }
        ValueForm::ServicePrincipal if !raw.contains('.') => {
            let nearest = catalog::nearest_service_principal(raw).map(|it| it.name());
            fault(
                format!("is no service principal{}", hint(nearest)),
                "write the name under which the service calls, `lambda.amazonaws.com`".into(),
            )
        }
        _ => None,
    }
}

/// A region that is not known has the form of one all the same, unless a known one is a slip away.
fn misspelt_region(raw: &str) -> bool {
    let same_number = |it: &catalog::Region| it.name().rsplit('-').next() == raw.rsplit('-').next();
    catalog::region(raw).is_none() && catalog::nearest_region(raw).is_some_and(|it| same_number(&it))
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
fn is_organization(raw: &str) -> bool {
    let letters = |it: &str| it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    raw.strip_prefix("o-").is_some_and(|it| (10..=32).contains(&it.len()) && letters(it))
}

fn is_id(raw: &str, prefix: &str) -> bool {
    let hexadecimal = |it: &str| it.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
    raw.strip_prefix(prefix).is_some_and(|it| matches!(it.len(), 8 | 17) && hexadecimal(it))
}
