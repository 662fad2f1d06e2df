//! Terraform and OpenTofu: modules evaluated as far as they can be without running anything.

pub mod functions;
