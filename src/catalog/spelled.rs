//! Few entries for many actions of a service, as a person would write them: reads by their verb, all else by name.

use super::{Action, Power, Service, leads_on};

/// More entries than this are no policy that anybody reads.
const MOST: usize = 24;

/// What a program that uses a service may be left with in place of all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// To read and change, but neither to give permissions nor to do what is known to lead to more of them.
    Work,
    /// To read.
    Read,
}

impl Use {
    /// Whether it needs the action.
    pub fn needs(self, action: Action) -> bool {
        let most = if self == Self::Work { Power::Changes } else { Power::ReadsData };
        action.power() <= most && !leads_on(action)
    }
}

impl Service {
    /// Entries that hold those of `reached` that a use needs, and nothing that it does not or that is not `held`; none
    /// when they would be too many to read.
    pub fn spelled(self, reached: &[Action], of: Use, held: &dyn Fn(Action) -> bool) -> Option<Vec<String>> {
        let wanted: Vec<Action> = reached.iter().copied().filter(|it| it.service() == self && of.needs(*it)).collect();
        let mut entries: Vec<String> = Vec::new();
        let mut last = "";
        for action in wanted {
            let verb = verb(action.name());
            // Actions come in the order of their names, so those of a verb stand together.
            if verb == last {
                continue;
            }
            let mut family = self.actions().filter(|it| it.name().starts_with(verb));
            // `GET` and other short words begin too much.
            let reads = |it: Action| Use::Read.needs(it) && held(it);
            let reads = verb.len() > 2 && family.clone().all(reads) && family.nth(1).is_some();
            if reads {
                last = verb;
                entries.push(format!("{self}:{verb}*"));
            } else {
                entries.push(action.full_name());
            }
            if entries.len() > MOST {
                return None;
            }
        }
        (!entries.is_empty()).then_some(entries)
    }
}

/// The first word of a name: `Get` of `GetObject`.
fn verb(name: &str) -> &str {
    let end = name.char_indices().skip(1).find(|(_, char)| char.is_ascii_uppercase()).map_or(name.len(), |(at, _)| at);
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::service;

    #[test]
    fn reads_are_written_by_their_verb_and_all_else_by_name() {
        let sqs = service("sqs").expect("there are queues");
        let all: Vec<Action> = sqs.actions().collect();
        let work = sqs.spelled(&all, Use::Work, &|_| true).expect("they are few");
        assert!(work.contains(&"sqs:Get*".to_owned()) && work.contains(&"sqs:SendMessage".to_owned()), "{work:?}");
        assert!(!work.contains(&"sqs:AddPermission".to_owned()));
        let read = sqs.spelled(&all, Use::Read, &|_| true).expect("they are few");
        assert_eq!(read, ["sqs:Get*", "sqs:List*", "sqs:ReceiveMessage"]);
        let queues = |it: Action| it.name().contains("Queue");
        let some: Vec<Action> = all.iter().copied().filter(|it| queues(*it)).collect();
        let read = sqs.spelled(&some, Use::Read, &queues).expect("they are few");
        assert_eq!(read, ["sqs:Get*", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueues", "sqs:ListQueueTags"]);
        let ec2 = service("ec2").expect("there are machines");
        assert_eq!(ec2.spelled(&ec2.actions().collect::<Vec<_>>(), Use::Work, &|_| true), None);
    }
}
