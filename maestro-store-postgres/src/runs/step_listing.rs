//! Pages of steps: the shape of the statement follows the query.

use maestro_core::{
    domain::{RunId, WorkspaceId},
    ports::store::StepQuery,
};
use sea_query::{Alias, Expr, ExprTrait, Func, Iden, Order, PostgresQueryBuilder, Query, SelectStatement};
use sea_query_sqlx::{SqlxBinder, SqlxValues};

use crate::columns::{compared, uuid};

#[derive(Clone, Copy, Iden)]
enum RunSteps {
    Table,
    WorkspaceId,
    RunId,
    Key,
    Try,
    Seq,
    Kind,
    ToolName,
    Status,
    Input,
    Output,
    ErrorCode,
    ErrorMessage,
    StartedAt,
    FinishedAt,
    ResumeAt,
    Generation,
    Billed,
    InputTokens,
    OutputTokens,
    CacheReadTokens,
    CacheWriteTokens,
    ReasoningTokens,
    RawUsage,
    Model,
    Price,
    CostNano,
}

/// After every character that a key can have.
const AFTER_ALL: char = '~';

/// Which steps of a run to read.
pub(crate) struct Page<'a> {
    pub(crate) schema: &'a str,
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) run_id: RunId,
    pub(crate) query: &'a StepQuery,
    pub(crate) limit: u32,
}

impl Page<'_> {
    /// Returns the statement that reads the page, and its values; `None` when there can be no such step.
    pub(crate) fn statement(&self) -> Option<(String, SqlxValues)> {
        let StepQuery { prefix, after_seq, after, .. } = self.query;
        let mut steps = columns();
        steps
            .from((Alias::new(self.schema), RunSteps::Table))
            .and_where(Expr::col(RunSteps::WorkspaceId).eq(self.workspace.as_str()))
            .and_where(Expr::col(RunSteps::RunId).eq(uuid(self.run_id.as_u128())))
            .order_by(RunSteps::Key, Order::Asc)
            .order_by(RunSteps::Try, Order::Asc)
            .limit(self.limit.into());
        if let Some(prefix) = prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
            if prefix.contains('\0') {
                return None; // a text that no key can begin with, and no server takes
            }
            steps
                .and_where(Expr::col(RunSteps::Key).gte(prefix))
                .and_where(Expr::col(RunSteps::Key).lt(format!("{prefix}{AFTER_ALL}")));
        }
        if let Some(seq) = after_seq {
            steps.and_where(Expr::col(RunSteps::Seq).gt(compared(*seq)));
        }
        if let Some((key, attempt)) = after {
            let place = Expr::tuple([Expr::col(RunSteps::Key), Expr::col(RunSteps::Try)]);
            steps.and_where(place.gt(Expr::tuple([key.as_str().into(), compared(*attempt).into()])));
        }
        Some(steps.build_sqlx(PostgresQueryBuilder))
    }
}

/// Selects every column that a row is read from, in its order.
fn columns() -> SelectStatement {
    use RunSteps as S;
    let plain = [S::Key, S::Try, S::Seq, S::Kind, S::ToolName, S::Status];
    let ends =
        [S::ErrorCode, S::ErrorMessage, S::StartedAt, S::FinishedAt, S::ResumeAt, S::Generation, S::Billed];
    let tokens =
        [S::InputTokens, S::OutputTokens, S::CacheReadTokens, S::CacheWriteTokens, S::ReasoningTokens];
    // JSON is read as the text that it was.
    let text = |column| Func::cast_as(Expr::col(column), "text");
    Query::select()
        .columns(plain)
        .expr(text(S::Input))
        .expr(text(S::Output))
        .columns(ends)
        .columns(tokens)
        .expr(text(S::RawUsage))
        .column(S::Model)
        .expr(text(S::Price))
        .column(S::CostNano)
        .take()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(query: &StepQuery) -> Option<String> {
        let workspace = WorkspaceId::default();
        let run_id = RunId::from_u128(1);
        Some(Page { schema: "maestro", workspace: &workspace, run_id, query, limit: 20 }.statement()?.0)
    }

    fn query(set: impl FnOnce(&mut StepQuery)) -> StepQuery {
        let mut query = StepQuery::default();
        set(&mut query);
        query
    }

    #[test]
    fn each_field_of_the_query_is_one_condition() {
        let after = ("each.3.draft".parse().unwrap(), 2);
        let cases = [
            (StepQuery::default(), "", 3),
            (query(|q| q.prefix = Some(String::new())), "", 3),
            (query(|q| q.prefix = Some("each.".to_owned())), r#" AND "key" >= $3 AND "key" < $4"#, 5),
            (query(|q| q.after_seq = Some(7)), r#" AND "seq" > $3"#, 4),
            (query(|q| q.after = Some(after)), r#" AND ("key", "try") > ($3, $4)"#, 5),
        ];
        for (query, conditions, limit) in cases {
            let text = text(&query).unwrap();
            let from = r#"FROM "maestro"."run_steps" WHERE "workspace_id" = $1 AND "run_id" = $2"#;
            let end = format!(r#"{from}{conditions} ORDER BY "key" ASC, "try" ASC LIMIT ${limit}"#);
            assert!(text.ends_with(&end), "{query:?}: {text}");
        }
        assert_eq!(text(&query(|q| q.prefix = Some("\0".to_owned()))), None);
    }
}
