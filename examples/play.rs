//! Plays a score once with the skills of the examples, in memory or on a database, and shows how it goes.
//!
//! ```text
//! play SCORE.json [--input INPUT.json] [--database-url URL] [--json]
//! ```
//!
//! In a terminal the timeline is drawn live; piped, every event is a line; with `--json` the run and its steps come as
//! one object at the end. Exits with 0 when the run ended succeeded or completed, with 1 when it ended otherwise or could
//! not be shown, and with 2 when it could not begin: then standard error says why.
//!
//! SIGINT (Ctrl-C), SIGTERM and SIGHUP cancel the run: its steps hear of it, it ends `cancelled`, and the program exits
//! with 1. A second signal leaves at once.

#[path = "support/args.rs"]
mod args;
#[path = "support/database.rs"]
mod database;
#[path = "support/interrupt.rs"]
mod interrupt;
#[path = "support/models.rs"]
mod models;
#[path = "support/record.rs"]
mod record;
#[path = "support/skills.rs"]
mod skills;
#[path = "support/view/mod.rs"]
mod view;

use std::{
    fs::File,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use args::{Asked, UsageError};
use database::DatabaseError;
use interrupt::Interrupt;
use maestro::domain::{
    Actor, InvalidPayload, NodeKind, OrchestraId, Problems, RunStatus, RunStep, ScoreId, StepKind, StepStatus,
};
use maestro::engine::{BuildError, Builder};
use maestro::{Error, Maestro, MemoryStore, NewOrchestra, Payload, Run, Score};
use models::ModelsError;
use record::Record;
use view::{Out, View};

/// How long a run that was interrupted may take to end.
const GRACE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let played = tokio::runtime::Runtime::new().map_err(Refusal::Runtime).and_then(|runtime| {
        let played = runtime.block_on(play());
        runtime.shutdown_timeout(Duration::from_secs(1)); // an operation that blocks may still be at work
        played
    });
    match played {
        Ok(code) => code,
        Err(refusal) => {
            let _ = writeln!(io::stderr(), "{}", view::plain(&refusal.to_string()));
            match refusal {
                Refusal::Output(_) => ExitCode::FAILURE,
                _ => ExitCode::from(2),
            }
        }
    }
}

async fn play() -> Result<ExitCode, Refusal> {
    let args = match args::parse(std::env::args_os().skip(1))? {
        Asked::Play(args) => args,
        Asked::Help => {
            let mut out = Out::default();
            out.write(&format!("{}\n", args::USAGE));
            return out.result().map(|()| ExitCode::SUCCESS).map_err(Refusal::Output);
        }
    };
    let score = Score::parse(&read(&args.score)?)
        .map_err(|problems| Refusal::Score { path: args.score, problems })?;
    let input = match args.input {
        None => Payload::empty_object(),
        Some(path) => Payload::parse(&read(&path)?).map_err(|reason| Refusal::Input { path, reason })?,
    };
    let mut view = match (args.json, io::stdout().is_terminal()) {
        (true, _) => View::json(),
        (false, true) => View::live(&score),
        (false, false) => View::lines(&score),
    };

    let (store, builder) = match &args.database_url {
        Some(url) => database::open(url).await.map(|(store, builder)| (Some(store), builder))?,
        None => {
            (None, skills::all(None).into_iter().fold(Maestro::builder(MemoryStore::new()), Builder::skill))
        }
    };
    let asks_models = score.nodes.iter().any(|node| matches!(node.kind, NodeKind::Llm { .. }));
    let (builder, _fake) = match asks_models {
        true => models::connect(builder).await?,
        false => (builder, None),
    };
    let maestro = builder.build().await?;
    let played = play_once(&maestro, score, input, &mut view).await;
    let has_ended = played.as_ref().is_ok_and(|run| run.status.is_final());
    maestro.shutdown(if has_ended { GRACE } else { Duration::ZERO }).await;
    if let Some(store) = store {
        store.close().await;
    }
    let run = played?;
    view.result().map_err(Refusal::Output)?;
    Ok(if run.status.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays a score in an orchestra of its own and returns how it ended; how it stands, when somebody insists on leaving.
async fn play_once(maestro: &Maestro, score: Score, input: Payload, view: &mut View) -> Result<Run, Refusal> {
    let studio = maestro.default_workspace();
    let score = studio.save_score(score).await?; // a new version when it is not as it was played last
    // By the id, not the name: scores of one name are not one score.
    let orchestra = studio.ensure_orchestra(NewOrchestra::new(score.id.as_str(), &score.id)).await?;
    if orchestra.score_id != score.id {
        return Err(Refusal::Taken { orchestra: orchestra.id, score: orchestra.score_id });
    }
    let (mut interrupt, mut interrupts) = (Interrupt::listen().map_err(Refusal::Runtime)?, 0);
    let mut record = Record::listen(maestro).await?;
    // This very version: others may play what they have saved under the same name.
    let run = studio.run_now(&orchestra.id).score_version(score.version).input(input).by_hand();
    let run_id = run.await?.id();

    loop {
        let (run, news) = record.read(&studio, run_id).await?;
        view.show(&run, &news);
        if run.status.is_final() || interrupts > 1 {
            let steps: Vec<RunStep> = record.steps().cloned().collect();
            let derived = studio.derived_inputs(&run, steps.clone()).await?;
            view.end(&run, steps, &derived);
            return Ok(run);
        }
        if let Some(step) = waits_for_a_person(&run, &record) {
            let why = match step.status {
                StepStatus::Unknown => "its effect may happen only once and its outcome is unknown",
                _ => "it waits for a person's approval",
            };
            let key = &step.key;
            let _ = writeln!(io::stderr(), "step {key}: {why}; nobody is here to say: the run is cancelled");
            studio.cancel(run_id, false, &Actor::new("play")).await?;
            continue;
        }
        tokio::select! {
            biased;
            () = interrupt.wait() => {
                interrupts += 1;
                // As a person would: the steps hear of it, and have a moment to stop.
                studio.cancel(run_id, false, &Actor::new("interrupt")).await?;
            }
            () = record.news(run_id) => {}
            () = view.tick() => {}
        }
    }
}

/// Returns the step that keeps a run waiting when nothing but a person can make it go on.
fn waits_for_a_person<'r>(run: &Run, record: &'r Record) -> Option<&'r RunStep> {
    let asked = |step: &RunStep| step.kind == StepKind::Approval && step.resume_at.is_none();
    let timed = |step: &RunStep| step.status == StepStatus::Waiting && !asked(step);
    let retried = |step: &RunStep| {
        step.is_retried()
            && !record.steps().any(|other| other.key == step.key && other.attempt > step.attempt)
    };
    if run.status != RunStatus::Waiting || record.steps().any(|step| timed(step) || retried(step)) {
        return None;
    }
    let waits = |step: &RunStep| match step.status {
        StepStatus::Unknown => true,
        status => status == StepStatus::Waiting && asked(step),
    };
    record.steps().find(|step| waits(step))
}

/// The longest file that is read: longer ones are neither a score nor an input, or have no end.
const LONGEST_FILE: u64 = 4 * 1024 * 1024; // bytes

/// Returns the text of a file that somebody named.
fn read(path: &Path) -> Result<String, Refusal> {
    let refused = |reason| Refusal::File { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(refused)?;
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(refused)?;
    if bytes.len() as u64 > LONGEST_FILE {
        let reason = format!("it is longer than {LONGEST_FILE} bytes; name a smaller file");
        return Err(refused(io::Error::other(reason)));
    }
    String::from_utf8(bytes).map_err(|_| refused(io::Error::other("it is not UTF-8; save it as UTF-8")))
}

/// Why nothing was played, or not shown.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}\n\n{usage}", usage = args::USAGE)]
    Usage(#[from] UsageError),
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    #[error("cannot read {}: {reason}", .path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("{} is no score:\n{}", .path.display(), view::problems(.problems))]
    Score { path: PathBuf, problems: Problems },
    #[error("{} is no input: {reason}", .path.display())]
    Input { path: PathBuf, reason: InvalidPayload },
    #[error("the score cannot be played:\n{}", view::problems(.0))]
    Unplayable(Problems),
    #[error(
        "the orchestra {orchestra} is there already and plays the score {score}: give this score another id"
    )]
    Taken { orchestra: OrchestraId, score: ScoreId },
    #[error("{}", database::with_causes(.0))]
    Engine(Error),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Score(problems) => Self::Unplayable(problems),
            error => Self::Engine(error),
        }
    }
}
