//! Lists: every record once, whatever is made or deleted while somebody turns the pages.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use crate::house::{Answer, House};

/// Returns where the list goes on, from the header; it names the same place as the body.
fn next_of(answer: &Answer, path: &str) -> Option<String> {
    let cursor = answer.json()["next_cursor"].as_str().map(str::to_owned);
    let link = answer.headers.get("link").map(|link| link.to_str().unwrap());
    assert_eq!(cursor.is_some(), link.is_some());
    let query = link?.strip_prefix("<?")?.strip_suffix(">; rel=\"next\"")?;
    assert!(query.contains(&format!("cursor={}", cursor?)));
    Some(format!("{path}?{query}"))
}

fn ids(answer: &Answer) -> Vec<String> {
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item: &Value| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_show_each_run_once_while_others_are_made() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let mut before = BTreeSet::new();
    for _ in 0..7 {
        before.insert(house.workspace().run_now(&id).await.unwrap().id().to_string());
        house.clock.advance(Duration::from_millis(1));
    }
    let path = "/api/runs";
    let mut seen = Vec::new();
    let mut next = Some(format!("{path}?limit=2&status=queued"));
    while let Some(page) = next {
        let answer = house.get(&page).await;
        seen.extend(ids(&answer));
        next = next_of(&answer, path);
        house.workspace().run_now(&id).await.unwrap();
        house.clock.advance(Duration::from_millis(1));
    }
    assert_eq!(seen.len(), 7);
    assert_eq!(BTreeSet::from_iter(seen), before);
    house.close().await;
}

#[tokio::test]
async fn pages_show_each_orchestra_once_while_others_come_and_go() {
    let house = House::new().await;
    for name in ["B", "D", "F", "H"] {
        house.orchestra(name).await;
    }
    let path = "/api/orchestras";
    let first = house.get(&format!("{path}?limit=2")).await;
    assert_eq!(ids(&first), ["b", "d"]);
    house.orchestra("A").await; // before the page that was seen
    house.orchestra("E").await; // behind it
    house.workspace().delete_orchestra(&"d".parse().unwrap()).await.unwrap(); // what the cursor names
    let second = house.get(&next_of(&first, path).unwrap()).await;
    assert_eq!(ids(&second), ["e", "f"]);
    let third = house.get(&next_of(&second, path).unwrap()).await;
    assert_eq!((ids(&third), next_of(&third, path)), (vec!["h".to_owned()], None));
    house.close().await;
}

#[tokio::test]
async fn runs_are_filtered_by_what_the_query_says() {
    let house = House::new().await;
    let (one, two) = (house.orchestra("One").await, house.orchestra("Two").await);
    house.workspace().run_now(&one.parse().unwrap()).by_hand().await.unwrap();
    house.clock.advance(Duration::from_secs(60));
    house.workspace().run_now(&two.parse().unwrap()).await.unwrap();
    let count = async |query: &str| ids(&house.get(&format!("/api/runs?{query}")).await).len();
    for (query, expected) in [
        ("orchestra_id=one", 1),
        ("orchestra_id=three", 0),
        ("status=queued", 2),
        ("status=failed,queued", 2),
        ("status=failed", 0),
        ("trigger=manual", 1),
        ("since=2026-11-22T08:00:30Z", 1),
        ("until=2026-11-22T08:00:30Z", 1),
        ("until=2026-11-22T09:00:30%2B01:00", 1),
        ("since=2026-11-22T08:00:00Z&until=2026-11-22T08:00:00Z", 0),
        ("workspace=default", 2),
    ] {
        assert_eq!(count(query).await, expected, "{query}");
    }
    house.close().await;
}

#[tokio::test]
async fn the_ledger_is_listed_with_its_reasons() {
    let house = House::new().await;
    let id = house.orchestra("First").await;
    let patch = maestro_core::engine::OrchestraPatch::default().with_cron("0 * * * *");
    house.workspace().edit_orchestra(&id.parse().unwrap(), patch, None).await.unwrap();
    house.clock.advance(Duration::from_secs(2 * 3_600));
    let path = format!("/api/orchestras/{id}/firings");
    let passing = house.get(&path).await.json();
    let row = &passing["items"][0];
    assert_eq!((&row["outcome"], &row["count"]), (&"disabled".into(), &2.into()));
    assert_eq!(
        (&row["slot"], &row["until_slot"]),
        (&"2026-11-22T09:00:00Z".into(), &"2026-11-22T10:00:00Z".into())
    );
    house.workspace().enable_orchestra(&id.parse().unwrap()).await.unwrap();
    house.clock.advance(Duration::from_secs(3_600));
    maestro_core::testing::drain(&house.maestro, &house.clock).await.unwrap();
    let first = house.get(&format!("{path}?limit=1")).await;
    let row = &first.json()["items"][0];
    assert_eq!(row["outcome"], "fired");
    assert_eq!(
        house.get(&format!("/api/runs/{}", row["run_id"].as_str().unwrap())).await.json()["trigger"]["kind"],
        "cron"
    );
    let second = house.get(&next_of(&first, &path).unwrap()).await.json();
    assert_eq!(second["items"][0]["outcome"], "disabled");
    house.close().await;
}
