//! What keeps a policy from granting all that its statements otherwise say, and the policy as it would be without.

use super::{Condition, Effect, Guard, Policy, Statement, grant};
use crate::source::Span;

/// One thing that keeps a policy narrow, by its place among the policy's statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restraint {
    /// A condition of a statement that allows, by its place among the statement's.
    Condition(usize, usize),
    /// A statement that denies.
    Denial(usize),
}

impl Policy {
    /// Every condition of what it allows, and every statement by which it denies.
    pub fn restraints(&self) -> Vec<Restraint> {
        let of_statement = |(at, statement): (usize, &Statement)| match statement.effect {
            Effect::Allow => (0..statement.conditions.len()).map(|it| Restraint::Condition(at, it)).collect(),
            Effect::Deny => vec![Restraint::Denial(at)],
        };
        self.statements.iter().enumerate().flat_map(of_statement).collect()
    }

    /// The policy as it would be if these were not there.
    pub fn without(&self, gone: &[Restraint]) -> Self {
        let left = self.statements.iter().enumerate().filter(|(at, _)| !gone.contains(&Restraint::Denial(*at)));
        let statements = left.map(|(at, statement)| {
            let conditions = statement.conditions.iter().enumerate();
            let stays = |it: &(usize, &Condition)| !gone.contains(&Restraint::Condition(at, it.0));
            let conditions: Vec<Condition> = conditions.filter(stays).map(|(_, it)| it.clone()).collect();
            Statement {
                conditions: Condition::together(conditions),
                facts: grant::Facts::default(),
                ..statement.clone()
            }
        });
        Self { statements: statements.collect(), ..self.clone() }
    }

    /// Where a restraint is written, and what it does, in words that follow "silenced by".
    pub fn restraint(&self, restraint: Restraint) -> Option<(Span, String)> {
        match restraint {
            Restraint::Condition(at, condition) => {
                let condition = self.statements.get(at)?.conditions.get(condition)?;
                let narrows = condition.guard().map(|it| format!(", which narrows {}", in_words(it)));
                Some((condition.place.span, format!("`{}`{}", condition.key, narrows.unwrap_or_default())))
            }
            Restraint::Denial(at) => {
                let statement = self.statements.get(at)?;
                let name = statement.sid.as_ref().map(|it| format!(" `{it}`"));
                Some((statement.place.span, format!("the denial{}", name.unwrap_or_default())))
            }
        }
    }
}

fn in_words(guard: Guard) -> &'static str {
    match guard {
        Guard::Principal => "who calls",
        Guard::Resource => "what is called upon",
        Guard::Path => "by which way it is called",
        Guard::Network => "from which network",
        Guard::Request => "what a request is like",
    }
}
