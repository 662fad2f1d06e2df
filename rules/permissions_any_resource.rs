use super::wildcard_resource::{Concern, check_for};
use crate::policy::Policy;
use crate::rule::Context;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    check_for(Concern::Permissions, policy, cx);
}
