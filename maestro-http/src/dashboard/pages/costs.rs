//! Costs: by day, model, orchestra and node, each number leading to what it is the sum of.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::domain::{CostGroup, Costs, CostsBy, Day, ModelPricing, Money, Totals, Zone};
use serde::Deserialize;

use crate::{
    dashboard::{
        draw::{columns, meter},
        frame::{Frame, Place},
        markup::Markup,
        page::Page,
        visit::Visit,
        words,
    },
    extract::Query,
    problem::Problem,
};

/// So many rows of one split are shown.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "costs.html")]
struct CostsPage {
    f: Frame,
    by: &'static str,
    days: i64,
    total: String,
    total_words: String,
    chart: Markup,
    rows: Vec<Row>,
    hidden: usize,
    prices: Vec<Price>,
    budget: Option<String>,
}

impl CostsPage {
    const SPLITS: [(&'static str, &'static str); 4] =
        [("day", "Day"), ("orchestra", "Orchestra"), ("model", "Model"), ("node", "Node")];
    const SPANS: [(i64, &'static str); 3] = [(7, "7 days"), (30, "30 days"), (90, "90 days")];
}

struct Row {
    name: String,
    note: String,
    /// Where its runs are, or what it is about.
    href: Option<String>,
    calls: String,
    tokens: String,
    meter: Markup,
    cost: String,
}

struct Price {
    model: String,
    from: String,
    input: String,
    output: String,
}

/// Which split, over how many days.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    by: String,
    days: Option<i64>,
}

/// Shows what was spent.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Page, Problem> {
    let by =
        CostsPage::SPLITS.iter().map(|(name, _)| *name).find(|name| *name == asked.by).unwrap_or("orchestra");
    let days =
        CostsPage::SPANS.iter().map(|(days, _)| *days).find(|days| Some(*days) == asked.days).unwrap_or(30);
    let settings = visit.workspace.settings().await?;
    let now = visit.times.now;
    let since = Day::of(settings.timezone, now - TimeDelta::days(days - 1)).start;
    let until = now + TimeDelta::seconds(1);
    let split = match by {
        "day" => CostsBy::Day,
        "model" => CostsBy::Model,
        "node" => CostsBy::Node,
        _ => CostsBy::Orchestra,
    };
    let (f, mut daily, costs, prices) = futures_util::try_join!(
        Frame::load(visit.clone(), Place::Costs, None),
        async { Ok::<_, Problem>(visit.workspace.costs(CostsBy::Day, since, until).await?) },
        async { Ok(visit.workspace.costs(split, since, until).await?) },
        async { Ok(visit.workspace.prices().await?) },
    )?;
    daily.sort_by_key(day_of);
    let all = sum(&daily);
    let mut costs = costs;
    match by {
        "day" => costs.sort_by_key(|cost| std::cmp::Reverse(day_of(cost))),
        _ => costs.sort_by_key(|cost| std::cmp::Reverse(cost.totals.known)),
    }
    let most = costs.iter().map(|cost| cost.totals.known.nanos()).max().unwrap_or(0).max(1) as f64;
    let hidden = costs.len().saturating_sub(ROWS);
    let rows =
        costs.iter().take(ROWS).map(|cost| Row::of(&visit, &f, cost, most, settings.timezone)).collect();
    let page = CostsPage {
        by,
        days,
        total: words::dollars(&all.totals),
        total_words: total_words(&visit, settings.timezone, since, &all),
        chart: chart(&visit, &daily, since, settings.timezone),
        rows,
        hidden,
        prices: present(prices, now).into_iter().map(|price| Price::of(&visit, &price)).collect(),
        budget: settings
            .daily_budget_cents
            .map(|cents| words::dollars(&Totals { known: Money::from_cents(cents), ..Totals::default() })),
        f,
    };
    Ok(Page::new(&page, &visit))
}

fn day_of(cost: &Costs) -> Option<DateTime<Utc>> {
    match cost.group {
        CostGroup::Day(start) => Some(start),
        _ => None,
    }
}

fn sum(daily: &[Costs]) -> Costs {
    let mut all =
        Costs { group: CostGroup::Model(None), calls: 0, unpriced_calls: 0, totals: Totals::default() };
    for cost in daily {
        let (totals, more) = (&mut all.totals, &cost.totals);
        all.calls += cost.calls;
        all.unpriced_calls += cost.unpriced_calls;
        totals.input_tokens = totals.input_tokens.saturating_add(more.input_tokens);
        totals.output_tokens = totals.output_tokens.saturating_add(more.output_tokens);
        totals.cache_read_tokens = totals.cache_read_tokens.saturating_add(more.cache_read_tokens);
        totals.cache_write_tokens = totals.cache_write_tokens.saturating_add(more.cache_write_tokens);
        totals.known = totals.known.plus(more.known);
        totals.has_unknown |= more.has_unknown;
    }
    all
}

fn total_words(visit: &Visit, zone: Zone, since: DateTime<Utc>, all: &Costs) -> String {
    let unpriced = match all.unpriced_calls {
        0 => String::new(),
        1 => " One call has no price.".to_owned(),
        many => format!(" {} calls have no price.", words::count(many)),
    };
    let first = visit.times.by(zone).day(since);
    let (calls, tokens) = (words::many(all.calls, "call"), words::tokens(all.totals.tokens()));
    format!("{first} to today, {calls}, {tokens} tokens.{unpriced}")
}

fn chart(visit: &Visit, daily: &[Costs], since: DateTime<Utc>, zone: Zone) -> Markup {
    let times = visit.times.by(zone);
    let days = Day::between(zone, since, visit.times.now + TimeDelta::seconds(1), 400);
    let bars = days.iter().map(|day| {
        let cost = daily.iter().find(|cost| day_of(cost) == Some(day.start));
        let totals = cost.map(|cost| cost.totals.clone()).unwrap_or_default();
        let iso = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let href = visit.to(&format!("/runs?since={}", iso(day.start)));
        (times.day(day.start), totals.known.nanos() as f64 / 1e9, words::dollars(&totals), href)
    });
    columns(&bars.collect::<Vec<_>>())
}

impl Row {
    fn of(visit: &Visit, f: &Frame, cost: &Costs, most: f64, zone: Zone) -> Self {
        let (name, note, href) = match &cost.group {
            CostGroup::Day(start) => {
                let at = start.format("%Y-%m-%dT%H:%M:%SZ");
                (
                    visit.times.by(zone).day(*start),
                    String::new(),
                    Some(visit.to(&format!("/runs?since={at}"))),
                )
            }
            CostGroup::Model(model) => {
                (model.clone().unwrap_or_else(|| "model not told".to_owned()), String::new(), None)
            }
            CostGroup::Orchestra(id) => {
                (f.name_of(id).to_owned(), String::new(), Some(visit.to(&format!("/orchestras/{id}"))))
            }
            CostGroup::Node { score_id, node } => {
                let href = visit.to(&format!("/composer/{score_id}?node={node}"));
                (node.to_string(), score_id.to_string(), Some(href))
            }
        };
        Self {
            name,
            note,
            href,
            calls: words::count(cost.calls),
            tokens: words::tokens(cost.totals.tokens()),
            meter: meter(cost.totals.known.nanos() as f64 / most),
            cost: words::dollars(&cost.totals),
        }
    }
}

/// Returns of each model the price that holds now.
fn present(mut prices: Vec<ModelPricing>, now: DateTime<Utc>) -> Vec<ModelPricing> {
    prices.retain(|price| price.valid_from <= now);
    prices.sort_by(|one, two| one.model.cmp(&two.model).then(two.valid_from.cmp(&one.valid_from)));
    prices.dedup_by(|later, first| later.model == first.model);
    prices
}

impl Price {
    fn of(visit: &Visit, price: &ModelPricing) -> Self {
        let dollars = |micros: u64| format!("{}.{:02}", micros / 1_000_000, micros / 10_000 % 100);
        let since = price.valid_from > DateTime::UNIX_EPOCH;
        Self {
            model: price.model.clone(),
            from: if since { format!("from {}", visit.times.day(price.valid_from)) } else { String::new() },
            input: dollars(price.input),
            output: dollars(price.output),
        }
    }
}
