//! The table as text to commit and review: a CloudFormation template, a Terraform configuration, IAM policies.
//!
//! [`Infrastructure`] makes them from the session type and its [`TableOptions`](crate::table::TableOptions), so
//! they agree with what the store expects. Nothing is sent; a program of a few lines, or a test, writes the files:
//!
//! | text | made by |
//! |---|---|
//! | AWS CloudFormation, YAML | [`cloudformation`](Infrastructure::cloudformation) |
//! | Terraform, HCL | [`terraform`](Infrastructure::terraform) |
//! | the least IAM policy for each [`Access`], JSON | [`iam_policy`](Infrastructure::iam_policy) |
//! | which requirements of OWASP's ASVS the type meets, Markdown | [`asvs`](Infrastructure::asvs) |

mod access;
mod asvs;
mod cloudformation;
mod described_table;
mod hcl;
mod location;
mod of_store;
mod policy;
mod terraform;
mod text;
mod tree;

pub use access::Access;
pub use described_table::Infrastructure;
