//! What the day has cost so far, and for whom.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::domain::{CostGroup, CostsBy, Totals};

use crate::{
    dashboard::{draw::meter, frame::Frame, markup::Markup, visit::Visit, words},
    problem::Problem,
};

pub(super) struct Cost {
    pub(super) total: String,
    pub(super) rows: Vec<CostRow>,
    pub(super) budget: Option<String>,
}

pub(super) struct CostRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) meter: Markup,
    pub(super) calls: String,
    pub(super) cost: String,
}

impl Cost {
    pub(super) async fn load(visit: &Visit, f: &Frame, midnight: DateTime<Utc>) -> Result<Self, Problem> {
        let until = visit.times.now + TimeDelta::seconds(1);
        let (mut costs, settings) = futures_util::try_join!(
            async { Ok::<_, Problem>(visit.workspace.costs(CostsBy::Orchestra, midnight, until).await?) },
            async { Ok(visit.workspace.settings().await?) },
        )?;
        costs.sort_by_key(|cost| std::cmp::Reverse(cost.totals.known));
        let mut all = Totals::default();
        for cost in &costs {
            all.known = all.known.plus(cost.totals.known);
            all.has_unknown |= cost.totals.has_unknown || cost.unpriced_calls > 0;
        }
        let most = costs.first().map_or(0, |cost| cost.totals.known.nanos()).max(1) as f64;
        let rows = costs.into_iter().take(6).filter_map(|cost| {
            let CostGroup::Orchestra(id) = &cost.group else { return None };
            Some(CostRow {
                name: f.name_of(id).to_owned(),
                href: visit.to(&format!("/orchestras/{id}")),
                meter: meter(cost.totals.known.nanos() as f64 / most),
                calls: words::many(cost.calls, "call"),
                cost: words::dollars(&cost.totals),
            })
        });
        let budget =
            settings.daily_budget_cents.map(|cents| format!("of ${}.{:02} a day", cents / 100, cents % 100));
        Ok(Self { total: words::dollars(&all), rows: rows.collect(), budget })
    }
}
