//! Real worker processes on one database: started, killed, frozen, thawed and asked to end.

#![allow(dead_code, reason = "not every user of the fleet does everything to it")]

pub(crate) mod effects;

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

/// One process of the example program `worker`. Killed when dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a worker and waits until it says that it is ready.
    pub(crate) fn start(url: &str, args: &[&str]) -> Self {
        Self::start_in(url, args, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_in(url: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(example("worker"));
        command.args(["--database-url", url]).args(args).envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a worker can be started");
        let said = BufReader::new(child.stdout.take().expect("it is piped")).lines().next();
        let said = said.and_then(Result::ok).unwrap_or_default();
        assert!(said.ends_with("is ready"), "a worker said {said:?}");
        Self { child }
    }

    /// Returns its number in the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("a worker can be killed");
        self.child.wait().expect("a killed worker ends");
    }

    /// Stops it in whatever it does, until it is [thawed](Self::thaw).
    pub(crate) fn freeze(&self) {
        self.tell("STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.tell("CONT");
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn ask_to_end(mut self) -> ExitStatus {
        self.tell("TERM");
        self.child.wait().expect("a worker that is asked to end ends")
    }

    fn tell(&self, signal: &str) {
        let told = Command::new("kill").args(["-s", signal]).arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "{signal} reaches the worker");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns an example program, which cargo builds before it runs tests: it stands beside the folder of this one.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a program knows where it is");
    let folder = test.parent().and_then(|deps| deps.parent()).expect("it stands in target/*/deps");
    let built = folder.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "build it first: cargo build --example {name}");
    built
}
