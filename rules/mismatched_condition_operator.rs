use super::wildcard_action::FEW;
use crate::catalog::{ConditionKey, KeyStanding, KeyType};
use crate::policy::{Condition, OperatorKind, Policy, Statement, split_arn};
use crate::rule::{Confidence, Context, Severity};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    let mut found: Vec<Mismatch<'_>> = Vec::new();
    for statement in &policy.statements {
        found.extend(statement.conditions.iter().filter_map(|it| Mismatch::of(statement, it)));
    }
    // One habit of a document is one thing to say.
    while let Some(first) = found.first() {
        let message = first.message.clone();
        let (same, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.message == message);
        match &same[..] {
            [first, rest @ ..] if rest.len() >= FEW => first.report(rest, cx),
            few => few.iter().for_each(|it| it.report(&[], cx)),
        }
        found = others;
    }
}

/// A condition that compares a key as what it is not.
struct Mismatch<'p> {
    statement: &'p Statement,
    condition: &'p Condition,
    known: ConditionKey,
    message: String,
    severity: Severity,
}

impl<'p> Mismatch<'p> {
    fn of(statement: &'p Statement, condition: &'p Condition) -> Option<Self> {
        let (operator, key) = (&condition.operator, &condition.key);
        let known = condition.known_key()?;
        let compared = operator.kind.and_then(OperatorKind::compares)?;
        let (message, severity) = if crosses_colons(condition, known) {
            let message = format!("under `{operator}` a `*` crosses the colons of an ARN, which `{key}` is");
            (message, Severity::Low)
        } else {
            let types = (one(compared), many(known.key_type()));
            let message = format!("`{operator}` compares `{key}` as {}, but its values are {}", types.0, types.1);
            (message, mismatch(known, compared)?)
        };
        Some(Self { statement, condition, known, message, severity })
    }

    /// Whether its operator compares nothing else: what others of the same operator are compared with is theirs.
    fn is_alone(&self) -> bool {
        let mut others = self.statement.conditions.iter().filter(|it| !std::ptr::eq(*it, self.condition));
        others.all(|it| it.operator_place.span != self.condition.operator_place.span)
    }

    /// Reports it, with the same of further conditions.
    fn report(&self, rest: &[Self], cx: &mut Context<'_>) {
        let Self { statement, condition, known, message, severity } = self;
        let (operator, key) = (&condition.operator, &condition.key);
        let global = known.standing() == KeyStanding::Global;
        let place = if self.is_alone() { &condition.operator_place } else { &condition.place };
        let count = match rest.len() {
            0 => String::new(),
            more => format!(", in {} conditions", more + 1),
        };
        let mut report = cx
            .report(place, format!("{message}{count}"))
            .severity(*severity)
            .confidence(if global { Confidence::High } else { Confidence::Medium })
            .of(statement, format!("{operator} {key}"))
            .label(condition.place.span, format!("is of type {}", known.key_type()))
            .help(match plain_name(known.key_type()) {
                Some(plain) => {
                    let name = operator.with_test(plain);
                    // On a key of one value this quantifier says nothing.
                    let needless = !known.is_multivalued() && !operator.negated;
                    let name = name.strip_prefix("ForAnyValue:").filter(|_| needless).unwrap_or(&name);
                    match self.is_alone() && rest.iter().all(Self::is_alone) {
                        true => format!("write `{name}`"),
                        false => format!("put `{key}` under an operator of its own, `{name}`"),
                    }
                }
                None => format!("compare with an operator for {}", many(known.key_type())),
            });
        for other in rest.iter().take(FEW) {
            report = report.label(other.condition.place.span, "and here");
        }
    }
}

/// How bad it is to compare the key so; none when it is of that type, or does no harm.
fn mismatch(key: ConditionKey, compared: KeyType) -> Option<Severity> {
    let own = key.key_type();
    if own == compared || key.other_type() == Some(compared) {
        return None;
    }
    match (compared, own) {
        // An ARN compared as text is equal to itself.
        (KeyType::String, KeyType::Arn) => None,
        // Spelled as AWS spells them, they match.
        (KeyType::String, KeyType::Bool | KeyType::Numeric | KeyType::Binary) => Some(Severity::Low),
        // Many keys of services that the reference calls text hold numbers or ARNs; the values tell.
        (_, KeyType::String) if key.standing() != KeyStanding::Global => None,
        (KeyType::Arn | KeyType::Bool, KeyType::String) => None,
        _ => Some(Severity::Medium),
    }
}

/// Whether an ARN is compared as text with a wildcard that stands for more than one part.
fn crosses_colons(condition: &Condition, key: ConditionKey) -> bool {
    let early = |raw: &str| {
        let parts = split_arn(raw);
        raw.starts_with("arn:") && parts.iter().take(5).any(|it| it.contains('*'))
    };
    condition.operator.kind == Some(OperatorKind::StringLike)
        && key.key_type() == KeyType::Arn
        && condition.values.iter().any(|it| early(it.text.raw()))
}

/// The operator that most often is meant for a type; none where order counts.
fn plain_name(of: KeyType) -> Option<OperatorKind> {
    match of {
        KeyType::String => Some(OperatorKind::StringEquals),
        KeyType::Arn => Some(OperatorKind::ArnLike),
        KeyType::Bool => Some(OperatorKind::Bool),
        KeyType::IpAddress => Some(OperatorKind::IpAddress),
        KeyType::Numeric | KeyType::Date | KeyType::Binary => None,
    }
}

fn one(of: KeyType) -> &'static str {
    match of {
        KeyType::String => "a string",
        KeyType::Arn => "an ARN",
        KeyType::Bool => "a truth value",
        KeyType::Numeric => "a number",
        KeyType::Date => "a date",
        KeyType::IpAddress => "an address",
        KeyType::Binary => "bytes",
    }
}

fn many(of: KeyType) -> &'static str {
    match of {
        KeyType::String => "strings",
        KeyType::Arn => "ARNs",
        KeyType::Bool => "truth values",
        KeyType::Numeric => "numbers",
        KeyType::Date => "dates",
        KeyType::IpAddress => "addresses",
        KeyType::Binary => "bytes",
    }
}
