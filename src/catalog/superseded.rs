//! Names that are no names of the reference, and what is known of them: retired ones, those of SDKs
//! and endpoints, and operations that other actions authorise.

use super::layout::{
    FactsRecord, OperationRecord, PrefixAliasRecord, Record, RetiredActionRecord, RetiredKeyRecord,
    RetiredServiceRecord, UnlistedServiceRecord,
};
use super::reference::{Action, Service};
use super::{said, table};

/// The month of the SDK that [`operation`] and [`unlisted_service`] know.
pub fn sdk_date() -> &'static str {
    table::text(table::record::<FactsRecord>(0).sdk_date)
}

/// A service that the reference does not have any more, or that only managed policies name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetiredService {
    /// Its prefix.
    pub prefix: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The month of the last reference that had it.
    pub last_seen: Option<&'static str>,
}

/// An action that the reference does not have any more, or that only managed policies or other pages of AWS name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetiredAction {
    /// Its full name.
    pub name: &'static str,
    /// Whether the reference never had it, although AWS names it elsewhere.
    pub is_unlisted: bool,
    /// The month of the last reference that had it.
    pub last_seen: Option<&'static str>,
    /// How many managed policies name it.
    pub managed_policies: usize,
}

/// A condition key that the reference does not have any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetiredKey {
    /// The key.
    pub name: &'static str,
    /// The month of the last reference that had it.
    pub last_seen: Option<&'static str>,
}

/// A service of the SDKs without a page in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnlistedService {
    /// The name it signs requests with.
    pub name: &'static str,
    /// Whether only an SDK newer than the reference has it, so that it may be a prefix by now.
    pub is_newer: bool,
}

/// An API operation without an action of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its full name.
    pub name: &'static str,
    /// Whether only an SDK newer than the reference has it, so that it may be an action by now.
    pub is_newer: bool,
    authorised_by: u32,
}

impl Operation {
    /// The actions that authorise it; none if that is not known.
    pub fn authorised_by(self) -> impl ExactSizeIterator<Item = Action> + DoubleEndedIterator + Clone {
        table::list(self.authorised_by).map(|it| Action::at(it as usize))
    }
}

/// What became of a service prefix, in any case.
pub fn retired_service(prefix: &str) -> Option<RetiredService> {
    let record: RetiredServiceRecord = find(prefix)?;
    Some(RetiredService {
        prefix: table::text(record.prefix),
        name: table::text(record.name),
        last_seen: said(table::text(record.last_seen)),
    })
}

/// What became of an action, in any case.
pub fn retired_action(full_name: &str) -> Option<RetiredAction> {
    let record: RetiredActionRecord = find(full_name)?;
    Some(RetiredAction {
        name: table::text(record.name),
        is_unlisted: record.unlisted != 0,
        last_seen: said(table::text(record.last_seen)),
        managed_policies: record.managed_policies as usize,
    })
}

/// What became of a condition key, in any case.
pub fn retired_condition_key(name: &str) -> Option<RetiredKey> {
    let record: RetiredKeyRecord = find(name)?;
    Some(RetiredKey { name: table::text(record.name), last_seen: said(table::text(record.last_seen)) })
}

/// The service that people mean by the name of an SDK client or an endpoint: `efs` is `elasticfilesystem`.
pub fn prefix_alias(prefix: &str) -> Option<Service> {
    find(prefix).map(|it: PrefixAliasRecord| Service::at(it.service as usize))
}

/// What the SDKs know of a service that the reference lacks, in any case.
pub fn unlisted_service(prefix: &str) -> Option<UnlistedService> {
    let record: UnlistedServiceRecord = find(prefix)?;
    Some(UnlistedService { name: table::text(record.name), is_newer: record.newer != 0 })
}

/// What the SDKs know of an operation that is no action, in any case: `s3:ListObjectsV2`.
pub fn operation(full_name: &str) -> Option<Operation> {
    let record: OperationRecord = find(full_name)?;
    Some(Operation { name: table::text(record.name), is_newer: record.newer != 0, authorised_by: record.authorised_by })
}

fn find<R: Record>(name: &str) -> Option<R> {
    table::find::<R>(0, name).map(table::record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_name_the_actions_that_authorise_them() {
        let operation = operation("dynamodb:transactgetitems").unwrap();
        assert_eq!(operation.name, "dynamodb:TransactGetItems");
        assert!(!operation.is_newer);
        let actions: Vec<_> = operation.authorised_by().map(Action::full_name).collect();
        assert_eq!(actions, ["dynamodb:GetItem"]);
    }

    #[test]
    fn names_of_clients_and_endpoints_are_known() {
        assert_eq!(prefix_alias("EFS").map(Service::prefix), Some("elasticfilesystem"));
        assert_eq!(prefix_alias("s3"), None);
        assert!(unlisted_service("iotsecuredtunneling").is_some_and(|it| !it.is_newer));
    }

    #[test]
    fn what_was_there_once_is_known() {
        assert_eq!(retired_service("deeplens").unwrap().last_seen, Some("2025-04"));
        assert_eq!(retired_action("ACCOUNT:getchallengequestions").unwrap().name, "account:GetChallengeQuestions");
        assert!(retired_action("budgets:CreateBudget").unwrap().is_unlisted);
        assert!(retired_action("transform:ListJobs").unwrap().is_unlisted);
        assert!(retired_action("glue:ShareResource").unwrap().is_unlisted);
        assert_eq!(retired_condition_key("rds:multitenant").unwrap().name, "rds:MultiTenant");
        assert_eq!(retired_action("s3:GetObject"), None);
    }
}
