//! What the derive costs at compile time: `cargo check` of 100 structs of 20 fields, beside the same structs
//! with serde's derives and with none. It times cargo, so that it needs no release build:
//! `cargo test -p dynamo-session-tests --bench derive_cost`.
#![allow(clippy::print_stdout, reason = "the report")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const STRUCTS: usize = 100;
const FIELDS: usize = 20;
const RUNS: usize = 7;
const TYPES: &[&str] = &[
    "String",
    "Option<String>",
    "u32",
    "u64",
    "bool",
    "Vec<String>",
    "BTreeMap<String, u32>",
    "BTreeSet<String>",
    "i64",
    "f64",
];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("derive-cost");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = [
        ("plain", String::new()),
        ("serde-derives", "#[derive(serde::Serialize, serde::Deserialize)]".to_owned()),
        ("session-derive", "#[derive(DynamoSession)]".to_owned()),
    ];
    write(
        &root.join("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"target\"]\n",
    )?;
    fs::copy(here.join("../Cargo.lock"), root.join("Cargo.lock"))?;
    for (name, derive) in &crates {
        write(&root.join(name).join("Cargo.toml"), &manifest(name, here))?;
        write(&root.join(name).join("src/lib.rs"), &source(derive))?;
        check(&root, name)?;
    }
    let mut times = Vec::new();
    for (name, derive) in &crates {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            write(&root.join(name).join("src/lib.rs"), &source(derive))?;
            runs.push(check(&root, name)?);
        }
        runs.sort_unstable();
        times.push(runs[RUNS / 2].as_secs_f64());
    }
    let [plain, serde, session] = times[..] else { return Err("three crates".into()) };
    println!("cargo check of {STRUCTS} structs of {FIELDS} fields, median of {RUNS} runs");
    println!("no derive                {plain:.2} s");
    println!("Serialize + Deserialize  {serde:.2} s");
    println!("DynamoSession            {session:.2} s");
    println!("ratio, without the plain structs: {:.2}", (session - plain) / (serde - plain));
    Ok(())
}

fn manifest(name: &str, here: &Path) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         dynamo-session = {{ path = {:?}, default-features = false }}\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n",
        here.join("../session-runtime")
    )
}

fn source(derive: &str) -> String {
    let (key, ttl) = match derive.contains("DynamoSession") {
        true => ("#[session(hash_key)]", "#[session(ttl)]"),
        false => ("", ""),
    };
    let (key_type, ttl_type) = match derive.contains("DynamoSession") {
        true => ("SessionId", "Expires"),
        false => ("String", "i64"),
    };
    let fields: String = (2..FIELDS)
        .map(|field| format!("    pub field_{field}: {},\n", TYPES[field % TYPES.len()]))
        .collect();
    let structs: String = (0..STRUCTS)
        .map(|number| {
            format!(
                "{derive}\npub struct S{number} {{\n    {key} pub id: {key_type},\n    {ttl} pub expires_at: {ttl_type},\n{fields}}}\n"
            )
        })
        .collect();
    format!(
        "#![allow(unused_imports)]\nuse std::collections::{{BTreeMap, BTreeSet}};\n\
         use dynamo_session::{{DynamoSession, Expires, SessionId}};\n{structs}"
    )
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().ok_or("a file has a directory")?)?;
    Ok(fs::write(path, text)?)
}

fn check(root: &Path, package: &str) -> Result<Duration> {
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--package", package])
        .arg("--target-dir")
        .arg(root.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .current_dir(root)
        .status()?;
    match status.success() {
        true => Ok(start.elapsed()),
        false => Err(format!("cargo check of {package} failed").into()),
    }
}
