//! Refusals: what a driver does when the store cannot keep a value.

use super::{Driver, Left, Stop};
use crate::{
    domain::{Disposition, Failure, Finish, RunStep, StepStatus},
    engine::worker::recorder::Recorded,
    ports::store::StoreError,
};

const CODE: &str = "output_not_storable";

impl Driver<'_> {
    /// Finds the rows that the store refuses, records those steps as failed and the others as they are, and loads the play
    /// anew from what is then on record.
    pub(super) async fn refuse(&mut self, refused: Vec<RunStep>) -> Result<(), Stop> {
        let ended = std::mem::take(&mut self.unrecorded);
        let (ended, derived): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|row| ended.contains(&(row.key.clone(), row.attempt)));
        // What follows from an offender the play decides anew; only where none of these offends may it be to blame itself.
        if self.record_each(ended).await? == 0 {
            self.record_each(derived).await?;
        }
        // What runs goes on, and what it is billed is recorded: the play must learn of it from the record.
        let running = self.steps.show(self.life.shared.now());
        self.record_each(running).await?;
        self.reload().await
    }

    /// Records rows, by halves where they are refused; returns how many had to be recorded as failed.
    async fn record_each(&mut self, rows: Vec<RunStep>) -> Result<u32, Stop> {
        let mut offenders = 0;
        let mut parts = vec![rows];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let Recorded::NotStorable(mut part) = self.record(part, Disposition::Continue).await? else {
                continue;
            };
            let half = part.split_off(part.len() / 2);
            if !part.is_empty() {
                parts.extend([half, part]);
                continue;
            }
            for offender in half {
                offenders += 1;
                let recorded = self.record(vec![without_values(offender)], Disposition::Continue).await?;
                if let Recorded::NotStorable(_) = recorded {
                    let reason = "not even the failure of the step can be stored".to_owned();
                    return Err(Stop::Broken(StoreError::NotStorable { reason }));
                }
            }
        }
        Ok(offenders)
    }

    /// Ends the run although the store cannot keep what it ends with: the result is left out, and the line says so.
    pub(super) async fn finish_plainly(&mut self, finish: Finish) -> Result<Left, Stop> {
        let error = finish.error.map(|error| Failure::new(error.code, "the store cannot keep the message"));
        let output = Some("the store cannot keep the result".to_owned());
        let finish = Finish { result: None, output, error, ..finish };
        match self.record(Vec::new(), Disposition::Finish(finish)).await? {
            Recorded::NotStorable(_) => {
                let reason = "not even the bare end of the run can be stored".to_owned();
                Err(Stop::Broken(StoreError::NotStorable { reason }))
            }
            _ => Ok(Left::Finished),
        }
    }
}

fn without_values(row: RunStep) -> RunStep {
    let failure = Failure::new(CODE, "the store cannot keep the output of this step");
    RunStep {
        status: StepStatus::Failed,
        input: None,
        output: None,
        resume_at: None,
        error: Some(failure),
        ..row
    }
}
