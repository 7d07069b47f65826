//! Writes the infrastructure of every table as text into a directory: for `tests/infrastructure-lint`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use dynamo_session::ErrorKind;
use dynamo_session::infrastructure::Access;
use dynamo_session::interop::ForeignStore;
use dynamo_session_tests::tables;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(env::args_os().nth(1).ok_or("name a directory")?);
    for (name, infrastructure) in tables() {
        let write = |folder: &str, file: String, text: String| {
            let folder = directory.join(folder);
            fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(file), text))
        };
        write("cloudformation", format!("{name}.yaml"), infrastructure.cloudformation()?)?;
        write("terraform", format!("{name}.tf"), infrastructure.terraform()?)?;
        let adopting = infrastructure.adopt(&ForeignStore::koa("koa-sessions"));
        for access in Access::ALL.iter().copied() {
            let policy = match adopting.iam_policy([access]) {
                // Nothing to list by.
                Err(error) if error.kind() == ErrorKind::Configuration => continue,
                policy => policy?,
            };
            write("iam", format!("{name}-{access:?}.json").to_lowercase(), policy)?;
        }
    }
    Ok(())
}
