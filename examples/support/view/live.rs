//! A run drawn in a terminal: one line for each node, loops folded, redrawn in the same place as the run goes on.

mod lane;

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use maestro::ports::{Clock, SystemClock};
use maestro::{Run, RunStep, Score};

use self::lane::Lane;
use super::{Out, words};

const FRAME: Duration = Duration::from_millis(100);

/// More lines may not fit, and what has scrolled away cannot be redrawn.
const MOST_LANES: usize = 20;

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const NO_WRAP: &str = "\x1b[?7l"; // a long line is cut, not folded: each lane stays one line
const WRAP: &str = "\x1b[?7h";
const CLEAR_BELOW: &str = "\x1b[0J";

pub(crate) struct Live {
    clock: SystemClock,
    colours: bool,
    /// What is written once, before all else.
    title: Option<String>,
    /// One for each node that stands in no loop, in the order of the score.
    lanes: Vec<Lane>,
    drawn: usize,
}

impl Live {
    pub(super) fn of(score: &Score) -> Self {
        let in_a_loop = |id| score.nodes.iter().any(|node| node.kind.body().contains(id));
        let lanes = score.nodes.iter().filter(|node| !in_a_loop(&node.id)).map(Lane::of).collect();
        let colours = std::env::var_os("NO_COLOR").is_none();
        let title = format!("{HIDE_CURSOR}{NO_WRAP}{}\n", words::cut(&score.name, 100));
        Self { clock: SystemClock::new(), colours, title: Some(title), lanes, drawn: 0 }
    }

    pub(super) fn show(&mut self, run: &Run, news: &[RunStep], out: &mut Out) {
        for step in news {
            let node = step.key.as_str().split('.').next().unwrap_or_default();
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.is_of(node)) {
                lane.take(step);
            }
        }
        self.draw(run, MOST_LANES, out);
    }

    /// Draws everything for the last time.
    pub(super) fn end(&mut self, run: &Run, out: &mut Out) {
        self.draw(run, usize::MAX, out);
        // The end of the run follows in words; they may be longer than a line.
        out.write(&format!("\x1b[1A{CLEAR_BELOW}{WRAP}"));
        self.drawn = 0;
    }

    pub(super) async fn tick(&self) {
        self.clock.sleep(FRAME).await;
    }

    fn draw(&mut self, run: &Run, most: usize, out: &mut Out) {
        let now = run.finished_at.unwrap_or_else(|| self.clock.now());
        let from = run.started_at.unwrap_or(now);
        let mut frame = self.title.take().unwrap_or_default();
        if self.drawn > 0 {
            let _ = write!(frame, "\x1b[{}A\r{CLEAR_BELOW}", self.drawn);
        }
        // The last ones that began say most about where the run is.
        let begun = self.lanes.iter().rposition(Lane::has_begun).map_or(0, |last| last + 1);
        let end = (begun + most / 2).max(most).min(self.lanes.len());
        let shown = &self.lanes[end.saturating_sub(most)..end];
        for lane in shown {
            let _ = writeln!(frame, "{}", lane.line(from, now, self.colours));
        }
        let hidden = self.lanes.len() - shown.len();
        let more = if hidden > 0 { format!(" · {hidden} more nodes") } else { String::new() };
        let _ = writeln!(frame, "{}", self.footer(run, now - from, &more));
        self.drawn = shown.len() + 1;
        out.write(&frame);
    }

    fn footer(&self, run: &Run, elapsed: TimeDelta, more: &str) -> String {
        let mark = words::of_run(run.status);
        let status = paint(self.colours, mark.colour, &format!("{} {}", mark.sign, mark.word));
        format!("{status} · {}{}{more}", words::span(elapsed), words::bill(&run.totals))
    }
}

impl Drop for Live {
    /// Leaves the terminal as it was.
    fn drop(&mut self) {
        if self.title.is_some() {
            return; // nothing was drawn
        }
        let mut out = io::stdout();
        let _ = write!(out, "{WRAP}{SHOW_CURSOR}");
        let _ = out.flush();
    }
}

fn paint(colours: bool, colour: u8, text: &str) -> String {
    if colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Returns a share of the time between two moments as so many of `cells`.
fn cells_of(at: DateTime<Utc>, from: DateTime<Utc>, now: DateTime<Utc>, cells: i64) -> i64 {
    let whole = (now - from).num_microseconds().unwrap_or(i64::MAX).max(1);
    let part = (at - from).num_microseconds().unwrap_or(i64::MAX).clamp(0, whole);
    (i128::from(part) * i128::from(cells) / i128::from(whole)) as i64
}
