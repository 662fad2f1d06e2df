//! What a question to the catalogue costs, and what being ready costs: nothing.

use divan::{Bencher, black_box};
use iamlint::catalog;

fn main() {
    divan::main();
}

#[divan::bench(args = ["s3:GetObject", "iam:passrole", "a4b:ApproveSkill", "xray:NoSuchAction"])]
fn look_up_an_action(name: &str) -> Option<catalog::Action> {
    catalog::action(black_box(name))
}

#[divan::bench(args = ["aws:SourceArn", "aws:ResourceTag/team", "kms:EncryptionContext:app", "aws:NoSuchKey"])]
fn look_up_a_condition_key(name: &str) -> Option<catalog::ConditionKey> {
    catalog::condition_key(black_box(name))
}

#[divan::bench(args = ["s3:Get*", "s3:*", "*:Describe*", "*"])]
fn expand_a_pattern(pattern: &str) -> usize {
    catalog::actions_matching(black_box(pattern)).count()
}

#[divan::bench]
fn unpack_one_managed_policy(bencher: Bencher<'_, '_>) {
    // Each run takes another policy, so most runs unpack the block it is in.
    let mut policies = catalog::managed_policies().step_by(100).cycle();
    bencher.bench_local(|| policies.next().map(|it| it.document().len()));
}

#[divan::bench]
fn suggest_an_action() -> Option<catalog::Action> {
    catalog::nearest_action(black_box("ec2:DescribeInstnaces"))
}
