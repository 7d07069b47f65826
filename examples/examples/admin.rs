//! Looks after a table of sessions: creates and verifies it, lists and ends sessions, purges and counts them, moves those of
//! another store in, and writes its infrastructure as text.
//!
//! `cargo run --example admin -- --help`. To make it yours, copy this file and change [`ShopSession`], [`INDEX`] and
//! [`options`].

#![allow(clippy::print_stderr)]

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use std::{fs, future};

use clap::{Args, Parser, Subcommand, ValueEnum};
use dynamo_session::embedded::Engine;
use dynamo_session::index::SessionIndex;
use dynamo_session::infrastructure::{Access, Infrastructure};
use dynamo_session::interop::ForeignStore;
use dynamo_session::table::{TableChange, TableOptions};
use dynamo_session::{CreatedAt, DynamoSession, Expires, SessionId, SessionStore};
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// The sessions of the shop, `examples/shop`. The struct has the same name there: the keys in the table begin with it.
#[derive(DynamoSession)]
#[session(
    table = "shop-sessions",
    idle_timeout = "30m",
    remember_timeout = "30 days",
    absolute_timeout = "90 days"
)]
struct ShopSession {
    #[session(hash_key)]
    id: SessionId,
    #[session(ttl)]
    expires_at: Expires,
    #[session(created)]
    created_at: CreatedAt,
    #[session(index = "by_user")]
    user: Option<String>,
    #[session(remember)]
    remember: bool,
    #[session(counter)]
    cart: BTreeMap<String, u32>,
    device: Option<String>,
    notice: Option<String>,
}

/// The index that `list` and `end` use.
const INDEX: SessionIndex<ShopSession, String> = ShopSession::USER;

/// How the table is set up.
fn options() -> TableOptions {
    TableOptions::new().tag("application", "shop")
}

/// Looks after the table of the shop's sessions.
///
/// Without --db, it works on AWS, with Region and credentials as every AWS tool finds them, or at the endpoint in
/// AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL.
#[derive(Debug, Parser)]
#[command(name = "admin")]
struct Cli {
    /// The table's name, or its ARN [default: the one that the session type names]
    #[arg(long, global = true)]
    table: Option<String>,
    /// Work on an embedded engine's file, such as the shop's, in place of AWS
    #[arg(long, global = true, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create the table, with its indexes and TTL, and wait until it is ready
    Create,
    /// Add to a live table what it lacks: indexes, TTL, backups, protection
    Update,
    /// Compare the table with what is declared; exits with 1 if something is wrong
    Verify,
    /// List the sessions of a user, the newest first
    List {
        #[arg(long)]
        user: String,
    },
    /// End all sessions of a user: log out everywhere
    End {
        #[arg(long)]
        user: String,
        /// Keep this session, named as in the list; may be given more than once
        #[arg(long, value_name = "FINGERPRINT", allow_hyphen_values = true)]
        except: Vec<String>,
        #[command(flatten)]
        consent: Consent,
    },
    /// End the sessions of everyone, as after a break-in: of each user, and of visitors without a name
    EndEveryone {
        #[command(flatten)]
        sweep: Sweep,
        #[command(flatten)]
        consent: Consent,
    },
    /// Delete what has expired, without waiting for TTL
    Purge {
        #[command(flatten)]
        sweep: Sweep,
        /// Record the progress in this file, and resume from it next time
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Count the sessions that are alive and those that have expired
    Count {
        #[command(flatten)]
        sweep: Sweep,
        /// Measure them, too: each session is sent over the network in full
        #[arg(long)]
        sizes: bool,
    },
    /// Move all sessions of another store in; without --write, tell what would be moved, and what cannot be read and why
    Migrate {
        /// The package that keeps them
        #[arg(long, value_enum)]
        from: Package,
        /// Its table
        #[arg(long, value_name = "TABLE")]
        from_table: String,
        /// The table's hash key, if it is not that of the package
        #[arg(long, value_name = "ATTRIBUTE")]
        hash_key: Option<String>,
        /// The attribute of the expiry, if it is not that of the package
        #[arg(long, value_name = "ATTRIBUTE")]
        ttl_key: Option<String>,
        /// What the keys begin with, if it is not what the package has
        #[arg(long)]
        prefix: Option<String>,
        /// Move them
        #[arg(long)]
        write: bool,
        #[command(flatten)]
        sweep: Sweep,
        /// Record the progress in this file, and resume from it next time
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Tell which requirements of OWASP's ASVS 5.0 the session type meets, and by which test. Nothing is sent
    Asvs,
    /// Write the table as text: templates and policies. Nothing is sent
    #[command(subcommand)]
    Infra(Infra),
}

/// Where the sessions come from. The secrets are in the environment, where no list of processes shows them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Package {
    ConnectDynamodb,
    ConnectDynamodbSession,
    DynamodbSessionStore,
    DynamodbStore,
    Cyclic,
    Pwrdrvr,
    Koa,
    ReactRouter,
}

/// The secrets of the other service's cookies, separated by commas, the one that signs first.
const SECRETS: &str = "FOREIGN_SECRETS";

#[derive(Debug, Args)]
struct Consent {
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Sweep {
    /// Scan the table in this many segments at once
    #[arg(long)]
    segments: Option<u32>,
    /// Use at most this many capacity units per second, so that visitors are not slowed down
    #[arg(long, value_name = "UNITS")]
    capacity: Option<f64>,
}

#[derive(Debug, Subcommand)]
enum Infra {
    /// An AWS CloudFormation template, in YAML
    Cloudformation,
    /// A Terraform configuration, in HCL
    Terraform,
    /// The least IAM policy for a use of the table, in JSON
    Iam {
        /// What the policy is to allow, separated by commas
        #[arg(long, value_enum, value_delimiter = ',', default_value = "run")]
        access: Vec<Use>,
        /// Only in this Region; without it, in every one
        #[arg(long)]
        region: Option<String>,
        /// Only in this account; without it, in every one
        #[arg(long)]
        account: Option<String>,
        /// The package whose sessions are adopted: also allow what that takes on its table
        #[arg(long, value_enum, requires = "from_table")]
        from: Option<Package>,
        /// That package's table
        #[arg(long, value_name = "TABLE", requires = "from")]
        from_table: Option<String>,
        /// That table's hash key, if it is not that of the package
        #[arg(long, value_name = "ATTRIBUTE", requires = "from")]
        hash_key: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Use {
    Run,
    List,
    Purge,
    EndEveryone,
    Count,
    Migrate,
    Create,
    Update,
    Verify,
}

impl From<Use> for Access {
    fn from(chosen: Use) -> Self {
        match chosen {
            Use::Run => Self::Run,
            Use::List => Self::List,
            Use::Purge => Self::Purge,
            Use::EndEveryone => Self::EndEveryone,
            Use::Count => Self::Count,
            Use::Migrate => Self::Migrate,
            Use::Create => Self::Create,
            Use::Update => Self::Update,
            Use::Verify => Self::Verify,
        }
    }
}

type Result<T> = std::result::Result<T, Box<dyn StdError>>;
type Store = SessionStore<ShopSession>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        // Whoever was reading, such as `head`, has seen enough.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn StdError + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn run(cli: Cli) -> Result<ExitCode> {
    if let Command::Infra(infra) = cli.command {
        write!(io::stdout(), "{}", text(cli.table, infra)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Asvs = cli.command {
        let mut infrastructure = Infrastructure::of::<ShopSession>();
        if let Some(table) = cli.table {
            infrastructure = infrastructure.table_name(table);
        }
        write!(io::stdout(), "{}", infrastructure.asvs())?;
        return Ok(ExitCode::SUCCESS);
    }
    let is_embedded = cli.db.is_some();
    let store = open(cli.table, cli.db.as_deref(), matches!(cli.command, Command::Create)).await?;
    match cli.command {
        Command::Create => {
            let bar = spinner();
            let create = store.create_table();
            let changes = create.on_progress(|step| bar.set_message(step.to_string())).await?;
            bar.finish_and_clear();
            report("created", &changes)?;
        }
        Command::Update => {
            let bar = spinner();
            let update = store.update_table();
            let changes = update.on_progress(|step| bar.set_message(step.to_string())).await?;
            bar.finish_and_clear();
            report("added", &changes)?;
        }
        Command::Verify => {
            let report = store.verify_table().await?;
            say(&report)?;
            if !report.is_sound() {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::List { user } => list(&store, &user).await?,
        Command::End { user, except, consent } => {
            return end(&store, &user, &except, consent).await;
        }
        Command::EndEveryone { sweep, consent } => {
            let question = format!("End the sessions of everyone in table {}?", store.table_name());
            if !consents(consent, &question)? {
                return Ok(ExitCode::FAILURE);
            }
            end_everyone(&store, sweep.on(is_embedded)).await?;
        }
        Command::Purge { sweep, checkpoint, consent } => {
            let question = format!("Delete what has expired from table {}?", store.table_name());
            if !consents(consent, &question)? {
                return Ok(ExitCode::FAILURE);
            }
            purge(&store, sweep.on(is_embedded), checkpoint.as_deref()).await?;
        }
        Command::Count { sweep, sizes } => count(&store, sweep.on(is_embedded), sizes).await?,
        Command::Migrate {
            from,
            from_table,
            hash_key,
            ttl_key,
            prefix,
            write,
            sweep,
            checkpoint,
            consent,
        } => {
            let mut foreign = from.store(from_table, hash_key)?;
            foreign = ttl_key.into_iter().fold(foreign, ForeignStore::ttl_key);
            foreign = prefix.into_iter().fold(foreign, ForeignStore::prefix);
            let sweep = sweep.on(is_embedded);
            let (from, to) = (foreign.table().to_owned(), store.table_name());
            let question = format!("Move all sessions from table {from} to table {to}?");
            if write && !consents(consent, &question)? {
                return Ok(ExitCode::FAILURE);
            }
            migrate(&store, &foreign, write, sweep, checkpoint.as_deref()).await?;
        }
        Command::Asvs | Command::Infra(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(table: Option<String>, db: Option<&Path>, is_new: bool) -> Result<Store> {
    let mut builder = Store::builder().table_options(options());
    if let Some(table) = table {
        builder = builder.table_name(table);
    }
    if let Some(file) = db {
        if !is_new && !file.exists() {
            return Err(format!("there is no file {}: `create` makes it", file.display()).into());
        }
        builder = builder.client(Engine::file(file)?.client());
    }
    Ok(builder.build().await?)
}

fn text(table: Option<String>, infra: Infra) -> Result<String> {
    let mut infrastructure = Infrastructure::of::<ShopSession>().table_options(options());
    if let Some(table) = table {
        infrastructure = infrastructure.table_name(table);
    }
    Ok(match infra {
        Infra::Cloudformation => infrastructure.cloudformation()?,
        Infra::Terraform => infrastructure.terraform()?,
        Infra::Iam { access, region, account, from, from_table, hash_key } => {
            if let Some(region) = region {
                infrastructure = infrastructure.region(region);
            }
            if let Some(account) = account {
                infrastructure = infrastructure.account(account);
            }
            if let (Some(package), Some(table)) = (from, from_table) {
                infrastructure = infrastructure.adopt(&package.rows(table, hash_key)?);
            }
            if let Some(warning) = infrastructure.iam_warning() {
                eprintln!("warning: {warning}");
            }
            infrastructure.iam_policy(access.into_iter().map(Access::from))?
        }
    })
}

/// A line on standard output.
fn say(line: impl Display) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn report(what: &str, changes: &[TableChange]) -> io::Result<()> {
    if changes.is_empty() {
        say("Nothing to do: it was all there.")?;
    }
    for change in changes {
        say(format_args!("{what}: {change}"))?;
    }
    Ok(())
}

async fn list(store: &Store, user: &str) -> Result<()> {
    let mut sessions = store.by(INDEX).list(user);
    let mut count = 0;
    while let Some(page) = sessions.next_page().await? {
        for listed in page {
            let now = SystemTime::now();
            let began = match listed.created_at() {
                Some(created) => format!("{} ago", span(created.system_time(), now)),
                None => "at an unknown time".to_owned(),
            };
            let left = span(now, listed.expires_at().system_time());
            say(format_args!("{}  began {began}, expires in {left}", listed.fingerprint()))?;
            count += 1;
        }
    }
    say(format_args!("{} of {user}.", number_of_sessions(count)))?;
    Ok(())
}

fn number_of_sessions(count: u64) -> String {
    match count {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    }
}

async fn end(store: &Store, user: &str, except: &[String], consent: Consent) -> Result<ExitCode> {
    let question = match except {
        [] => format!("End all sessions of {user}?"),
        except => format!("End all sessions of {user} except {}?", except.join(", ")),
    };
    if !consents(consent, &question)? {
        return Ok(ExitCode::FAILURE);
    }
    let bar = spinner();
    let ended = if except.is_empty() {
        let ending = store.by(INDEX).end_all(user);
        ending.on_progress(|progress| bar.set_message(format!("{} ended", progress.ended))).await?
    } else {
        end_listed(store, user, except, &bar).await?
    };
    bar.finish_and_clear();
    say(format_args!("{} ended.", number_of_sessions(ended)))?;
    Ok(ExitCode::SUCCESS)
}

/// Ends what is not named: a fingerprint cannot be turned into a session.
async fn end_listed(
    store: &Store,
    user: &str,
    except: &[String],
    bar: &ProgressBar,
) -> Result<u64> {
    let (kept, others): (Vec<_>, Vec<_>) = store
        .by(INDEX)
        .list(user)
        .all()
        .await?
        .into_iter()
        .partition(|listed| except.contains(&listed.fingerprint()));
    // A slip of the pen must not end the session that was meant.
    if let Some(name) = except.iter().find(|name| kept.iter().all(|it| it.fingerprint() != **name))
    {
        return Err(format!("{user} has no session {name}: see `list`. Nothing was deleted").into());
    }
    let mut ended = 0;
    for listed in others {
        ended += u64::from(listed.end().await?);
        bar.set_message(format!("{ended} ended"));
    }
    Ok(ended)
}

/// Whoever logs in meanwhile stays: after a break-in, give the servers `valid_since` first.
async fn end_everyone(store: &Store, sweep: Sweep) -> Result<()> {
    let mut ending = store.end_everyone();
    if let Some(segments) = sweep.segments {
        ending = ending.segments(segments);
    }
    if let Some(units) = sweep.capacity {
        ending = ending.capacity_per_second(units);
    }
    let mut ending = ending.start();
    let bar = spinner();
    while let Some(progress) = ending.next().await {
        bar.set_message(progress?.to_string());
    }
    bar.finish_and_clear();
    say(format_args!("{}.", ending.progress()))?;
    Ok(())
}

async fn purge(store: &Store, sweep: Sweep, checkpoint: Option<&Path>) -> Result<()> {
    let mut purge = store.purge_expired();
    if let Some(units) = sweep.capacity {
        purge = purge.capacity_per_second(units);
    }
    match checkpoint.filter(|file| file.exists()) {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|error| in_file(file, &error))?;
            purge = purge.resume_from(text.parse()?);
        }
        None => purge = sweep.segments.into_iter().fold(purge, |purge, it| purge.segments(it)),
    }
    let mut purge = purge.start();
    if let Some(file) = checkpoint {
        save(file, &purge.checkpoint().to_string())?;
    }
    let bar = spinner();
    loop {
        let progress = tokio::select! {
            progress = purge.next() => progress,
            _ = interrupted() => {
                bar.finish_and_clear();
                say(format_args!("Stopped: {}.", purge.progress()))?;
                let Some(file) = checkpoint else {
                    return Err("not finished: --checkpoint FILE would record its progress".into());
                };
                save(file, &purge.checkpoint().to_string())?;
                return Err("not finished: the same command goes on from there".into());
            }
        };
        if let Some(file) = checkpoint {
            save(file, &purge.checkpoint().to_string())?;
        }
        match progress {
            Some(progress) => bar.set_message(progress?.to_string()),
            None => break,
        }
    }
    bar.finish_and_clear();
    if let Some(file) = checkpoint {
        fs::remove_file(file)?;
    }
    say(format_args!("{}.", purge.progress()))?;
    Ok(())
}

impl Package {
    fn rows(self, table: String, hash_key: Option<String>) -> Result<ForeignStore> {
        let named = |hash_key: Option<String>| {
            hash_key.ok_or("--hash-key names the attribute, which this package leaves to its users")
        };
        let foreign = match self {
            Self::ReactRouter => ForeignStore::react_router(table, named(hash_key.clone())?),
            Self::DynamodbSessionStore => {
                ForeignStore::dynamodb_session_store(table, named(hash_key.clone())?)
            }
            Self::ConnectDynamodb => ForeignStore::connect_dynamodb(table),
            Self::ConnectDynamodbSession => ForeignStore::connect_dynamodb_session(table),
            Self::DynamodbStore => ForeignStore::dynamodb_store(table),
            Self::Cyclic => ForeignStore::cyclic(table),
            Self::Pwrdrvr => ForeignStore::pwrdrvr(table),
            Self::Koa => ForeignStore::koa(table),
        };
        Ok(hash_key.into_iter().fold(foreign, ForeignStore::hash_key))
    }

    fn store(self, table: String, hash_key: Option<String>) -> Result<ForeignStore> {
        let secrets = std::env::var(SECRETS).map_err(|_| {
            format!("{SECRETS} is to have the secrets of the other service's cookies")
        })?;
        Ok(self.rows(table, hash_key)?.secrets(secrets.split(',')))
    }
}

/// The layer must go on accepting the other service's cookies: `SessionLayer::adopt`.
async fn migrate(
    store: &Store,
    foreign: &ForeignStore,
    write: bool,
    sweep: Sweep,
    checkpoint: Option<&Path>,
) -> Result<()> {
    let checkpoint = checkpoint.filter(|_| write);
    let mut migrate = store.migrate(foreign).dry_run(!write);
    if let Some(units) = sweep.capacity {
        migrate = migrate.capacity_per_second(units);
    }
    match checkpoint.filter(|file| file.exists()) {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|error| in_file(file, &error))?;
            migrate = migrate.resume_from(text.parse()?);
        }
        None => migrate = sweep.segments.into_iter().fold(migrate, |it, many| it.segments(many)),
    }
    let mut migration = migrate.start();
    if let Some(file) = checkpoint {
        save(file, &migration.checkpoint().to_string())?;
    }
    let bar = spinner();
    loop {
        let progress = tokio::select! {
            progress = migration.next() => progress,
            _ = interrupted() => {
                bar.finish_and_clear();
                say(format_args!("Stopped: {}.", migration.progress()))?;
                return Err("not finished: the same command goes on with the rest".into());
            }
        };
        if let Some(file) = checkpoint {
            save(file, &migration.checkpoint().to_string())?;
        }
        match progress {
            Some(progress) => bar.set_message(progress?.to_string()),
            None => break,
        }
    }
    bar.finish_and_clear();
    if let Some(file) = checkpoint {
        fs::remove_file(file)?;
    }
    for unreadable in &migration.progress().reasons {
        say(format_args!("{unreadable}"))?;
    }
    say(format_args!("{}.", migration.progress()))?;
    Ok(())
}

async fn count(store: &Store, sweep: Sweep, sizes: bool) -> Result<()> {
    let mut count = store.count_sessions().measure_sizes(sizes);
    if let Some(segments) = sweep.segments {
        count = count.segments(segments);
    }
    if let Some(units) = sweep.capacity {
        count = count.capacity_per_second(units);
    }
    let mut count = count.start();
    let bar = spinner();
    while let Some(progress) = count.next().await {
        bar.set_message(progress?.to_string());
    }
    bar.finish_and_clear();
    say(format_args!("{}.", count.progress()))?;
    Ok(())
}

impl Sweep {
    /// On an embedded engine, each segment walks through the whole table.
    fn on(mut self, is_embedded: bool) -> Self {
        self.segments = self.segments.or(is_embedded.then_some(1));
        self
    }
}

fn span(from: SystemTime, to: SystemTime) -> HumanDuration {
    HumanDuration(to.duration_since(from).unwrap_or_default())
}

/// So that a file that is cut short never takes the place of a whole one.
fn save(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_added_extension("new");
    let saved = fs::write(&new, text).and_then(|()| fs::rename(&new, file));
    saved.map_err(|error| in_file(file, &error))
}

fn in_file(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        future::pending::<()>().await;
    }
}

/// Whether to go on with what deletes: asks on a terminal, and takes silence elsewhere for a no.
fn consents(consent: Consent, question: &str) -> io::Result<bool> {
    if consent.yes {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        eprintln!("{question} Say so with --yes. Nothing was deleted.");
        return Ok(false);
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let agreed = matches!(answer.trim(), "y" | "Y" | "yes");
    if !agreed {
        eprintln!("Nothing was deleted.");
    }
    Ok(agreed)
}

/// Shown on a terminal only, and cleared where an error ends the work.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
