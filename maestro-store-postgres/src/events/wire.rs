//! The text of a notification: ids and nothing else, a line for each kind and place.

use std::fmt::Write;

use maestro_core::{
    domain::{OrchestraId, RunId, WorkspaceId},
    ports::store::{Change, Changed},
};
use uuid::Uuid;

use super::{Heard, outbox::Letter};

/// A notification has fewer than 8,000 bytes.
const MOST_BYTES: usize = 7_900;
/// A letter that needs more notifications names no run.
const MOST_NOTIFICATIONS: usize = 4;

/// Writes a notification that tells nothing: by it a store finds out whether it hears itself.
pub(super) fn write_echo(origin: Uuid) -> String {
    origin.simple().to_string()
}

/// Writes a letter as notifications; none when there is nothing to tell.
pub(super) fn write(origin: Uuid, mut letter: Letter) -> Vec<String> {
    let notifications = write_all(origin, &letter);
    if notifications.len() <= MOST_NOTIFICATIONS {
        return notifications;
    }
    letter.forget_runs();
    write_all(origin, &letter)
}

fn write_all(origin: Uuid, letter: &Letter) -> Vec<String> {
    let mut pages = Pages { heading: origin.simple().to_string(), pages: Vec::new() };
    // What workers wait for comes first.
    letter.due.iter().for_each(|workspace| pages.line(&format!("d {workspace}")));
    letter.signals.iter().for_each(|(place, runs)| pages.runs('s', place, runs));
    letter.workspaces.iter().for_each(|workspace| pages.line(&format!("w {workspace}")));
    letter.orchestras.iter().for_each(|(workspace, id)| pages.line(&format!("o {workspace} {id}")));
    letter.scores.iter().for_each(|(workspace, id)| pages.line(&format!("c {workspace} {id}")));
    letter.agents.iter().for_each(|(workspace, id)| pages.line(&format!("a {workspace} {id}")));
    letter.runs.iter().for_each(|(place, runs)| pages.runs('r', place, runs));
    if letter.has_gap {
        pages.line("*");
    }
    pages.pages
}

/// Notifications under way.
struct Pages {
    heading: String,
    pages: Vec<String>,
}

impl Pages {
    fn line(&mut self, line: &str) {
        let page = match self.pages.pop() {
            Some(page) if page.len() + 1 + line.len() <= MOST_BYTES => page,
            full => {
                self.pages.extend(full);
                self.heading.clone()
            }
        };
        self.pages.push(format!("{page}\n{line}"));
    }

    /// Writes the runs of an orchestra, in as many lines as they need.
    fn runs<'r>(
        &mut self,
        kind: char,
        (workspace, orchestra_id): &(WorkspaceId, OrchestraId),
        runs: impl IntoIterator<Item = &'r RunId>,
    ) {
        const A_LINE: usize = 32;
        let mut runs = runs.into_iter().peekable();
        while runs.peek().is_some() {
            let mut line = format!("{kind} {workspace} {orchestra_id}");
            for run in runs.by_ref().take(A_LINE) {
                let _ = write!(line, " {}", Uuid::from_u128(run.as_u128()).simple());
            }
            self.line(&line);
        }
    }
}

/// Reads which store has sent a notification, and what it tells. What cannot be read, as of a store of a later version,
/// counts as a gap; `None` is a text that no store has sent.
pub(super) fn read(text: &str) -> Option<(Uuid, Vec<Heard>)> {
    let mut lines = text.lines();
    let origin = Uuid::try_parse(lines.next()?).ok()?;
    let mut heard = Vec::new();
    for line in lines {
        match read_line(line) {
            Some(changes) => heard.extend(changes.into_iter().map(Heard::Change)),
            None => heard.push(Heard::Gap),
        }
    }
    Some((origin, heard))
}

fn read_line(line: &str) -> Option<Vec<Change>> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let workspace: WorkspaceId = words.next()?.parse().ok()?;
    let one = |changed| Some(vec![Change { workspace: workspace.clone(), changed }]);
    match kind {
        "d" => one(Changed::Due),
        "w" => one(Changed::Workspace),
        "o" => one(Changed::Orchestra(words.next()?.parse().ok()?)),
        "c" => one(Changed::Score(words.next()?.parse().ok()?)),
        "a" => one(Changed::Agent(words.next()?.parse().ok()?)),
        "r" | "s" => {
            let orchestra_id: OrchestraId = words.next()?.parse().ok()?;
            let change = |word: &str| {
                let run_id = RunId::from_u128(Uuid::try_parse(word).ok()?.as_u128());
                let orchestra_id = orchestra_id.clone();
                let changed = match kind {
                    "r" => Changed::Run { orchestra_id, run_id },
                    _ => Changed::Signal { orchestra_id, run_id },
                };
                Some(Change { workspace: workspace.clone(), changed })
            };
            words.map(change).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(workspace: &str, changed: Changed) -> Change {
        Change { workspace: WorkspaceId::new(workspace).unwrap(), changed }
    }

    fn run(orchestra: &str, number: u128) -> Changed {
        let orchestra_id = OrchestraId::new(orchestra).unwrap();
        Changed::Run { orchestra_id, run_id: RunId::from_u128(number) }
    }

    /// Returns what is read of what is written, as a letter again, and whether a gap was told.
    fn there_and_back(changes: &[Change]) -> (Letter, usize) {
        let mut letter = Letter::default();
        changes.iter().cloned().for_each(|change| letter.put(change));
        let origin = Uuid::from_u128(7);
        let notifications = write(origin, letter);
        let mut found = Letter::default();
        for text in &notifications {
            assert!(text.len() < 8_000, "a notification of {} bytes", text.len());
            let (found_origin, heard) = read(text).unwrap();
            assert_eq!(found_origin, origin);
            for heard in heard {
                match heard {
                    Heard::Change(change) => found.put(change),
                    Heard::Gap => found.has_gap = true,
                }
            }
        }
        (found, notifications.len())
    }

    #[test]
    fn every_kind_of_change_reads_back() {
        let orchestra_id = OrchestraId::new("a_b-c").unwrap();
        let changes = [
            change("Main_1:a.b@c-d", Changed::Due),
            change("other", Changed::Workspace),
            change("other", Changed::Orchestra(orchestra_id.clone())),
            change("other", Changed::Score("song".parse().unwrap())),
            change("other", Changed::Agent("scout".parse().unwrap())),
            change("other", Changed::Signal { orchestra_id, run_id: RunId::from_u128(u128::MAX) }),
            change("other", run("overture", 0)),
            change("Main_1:a.b@c-d", run("overture", 1)),
        ];
        let mut expected = Letter::default();
        changes.iter().cloned().for_each(|change| expected.put(change));
        assert_eq!(there_and_back(&changes), (expected, 1));
    }

    #[test]
    fn many_runs_of_one_orchestra_fit_in_few_notifications() {
        let runs: Vec<_> = (0..600).map(|number| change("default", run("overture", number))).collect();
        let (found, notifications) = there_and_back(&runs);
        assert!(!found.has_gap && notifications <= 3, "{notifications}");
        assert_eq!(found.runs.values().next().unwrap().len(), 600);
    }

    #[test]
    fn a_letter_that_is_too_long_names_no_run_but_what_workers_wait_for() {
        let mut changes: Vec<_> =
            (0..900).map(|number| change("default", run(&format!("orchestra-{number}"), number))).collect();
        changes.push(change("default", Changed::Due));
        let (found, notifications) = there_and_back(&changes);
        assert!(found.has_gap && found.runs.is_empty() && found.due.len() == 1);
        assert_eq!(notifications, 1);
    }

    #[test]
    fn what_cannot_be_read_is_a_gap_and_what_is_no_stores_is_nothing() {
        let (_, heard) = read("00000000000000000000000000000007\nz something new\nd default").unwrap();
        assert!(matches!(heard[..], [Heard::Gap, Heard::Change(_)]));
        for text in ["", "hello", "hello\nd default"] {
            assert!(read(text).is_none(), "{text:?}");
        }
        let (origin, heard) = read(&write_echo(Uuid::from_u128(7))).unwrap();
        assert_eq!((origin.as_u128(), heard.len()), (7, 0));
    }
}
