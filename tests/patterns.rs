//! The patterns that most data platforms on AWS are made of, written well and written badly: `testdata/data-platform`.
//! What is written well is silent, with every rule that is on and with those on hardening that it can satisfy.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use expect_test::expect;
use iamlint::config::Config;
use iamlint::lint::{self, Options};
use iamlint::source::Workspace;

/// What is said of a folder, a line each: severity, rule, file and line.
fn said(folder: &str, rules: &str) -> String {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/data-platform").join(folder);
    let mut names: Vec<_> = std::fs::read_dir(at).unwrap().map(|it| it.unwrap().path()).collect();
    names.sort();
    let texts = names.iter().map(|it| {
        let name = it.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(it).unwrap())
    });
    let workspace = Workspace::of_texts(texts);
    let config = Config::parse(&format!("select = [{rules}]")).unwrap();
    let options = Options { rules: config.rules(), ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let line = |it: &iamlint::rule::Finding| {
        let source = workspace.source(it.span.file);
        let line = source.position(it.span.start as usize).line;
        format!("{} {} {}:{line}\n", it.severity, it.rule, source.path.display())
    };
    report.findings.iter().map(line).collect()
}

#[test]
fn a_data_platform_that_is_written_well_is_silent() {
    expect![""].assert_eq(&said("well", "\"default\""));
}

#[test]
fn hardening_has_little_to_add_to_what_is_written_well() {
    expect![[r#"
        low key_left_to_account lake.tf:31
        low bucket_object_lock_off lake.tf:50
        low bucket_encryption_without_key lake.tf:145
        low bucket_lifecycle_missing lake.tf:145
        low bucket_object_lock_off lake.tf:145
        low bucket_versioning_off lake.tf:145
    "#]]
    .assert_eq(&said("well", "\"hardening\""));
}

#[test]
fn every_slip_of_a_data_platform_is_found() {
    expect![[r#"
        medium lacking_replication_role copies.tf:5
        low wide_replication_role copies.tf:34
        low wide_replication_role copies.tf:36
        medium notification_without_permission copies.tf:49
        low deprecated_role_argument jobs.tf:9
        medium attached_full_access jobs.tf:9
        medium data_any_resource jobs.tf:17
        low redundant_statement jobs.tf:18
        low bucket_name_of_others jobs.tf:18
        high kms_any_key jobs.tf:19
        high wildcard_action jobs.tf:20
        low wildcard_resource jobs.tf:21
        high credentials_any_resource jobs.tf:39
        low redundant_statement jobs.tf:40
        low loose_secret_name jobs.tf:40
        high permissions_any_resource jobs.tf:41
        medium wildcard_resource jobs.tf:59
        medium passrole_any_role jobs.tf:60
        high attached_administrator jobs.tf:75
        high workload_administrator jobs.tf:75
        critical public_key_policy lake.tf:10
        medium kms_wildcard_action lake.tf:18
        medium kms_grant_hands_on lake.tf:28
        critical public_bucket lake.tf:78
    "#]]
    .assert_eq(&said("badly", "\"default\""));
}

#[test]
fn hardening_finds_what_the_lake_does_without() {
    expect![[r#"
        low service_trust_without_source jobs.tf:50
        low key_rotation_off lake.tf:3
        low bucket_lifecycle_missing lake.tf:31
        low bucket_logging_off lake.tf:31
        low bucket_object_lock_off lake.tf:31
        low bucket_plain_http lake.tf:31
        low bucket_acls_enabled lake.tf:46
        low bucket_versioning_off lake.tf:53
        low bucket_encryption_without_key lake.tf:61
    "#]]
    .assert_eq(&said("badly", "\"hardening\""));
}
