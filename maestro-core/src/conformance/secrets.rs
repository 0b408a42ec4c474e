//! The tier of secrets.

use std::sync::Arc;

use super::kit::{assert_conflict, assert_not_found, at, read_pages, tick, workspace};
use crate::{
    domain::{SealedSecret, SecretInfo, SecretName, WorkspaceId},
    ports::store::{ConflictReason, SecretStore, StoreError},
};

/// The workspace of secrets that name no other.
const HOME: &str = "Main_1:a.b@c-d";
/// So many versions are kept where a clause does not look at that.
const KEEP: u32 = 100;

fn name(text: &str) -> SecretName {
    SecretName::new(text).expect("a good secret name")
}

/// Returns a version of a secret with bytes that no text has.
fn sealed(of: &str, version: u32) -> SealedSecret {
    SealedSecret {
        name: name(of),
        version,
        key_id: "key-1".to_owned(),
        sealed: [0, 255, version as u8, 0].to_vec(),
        created_at: at(i64::from(version)) + tick(),
    }
}

async fn put(store: &Arc<dyn SecretStore>, of: &WorkspaceId, secret: &SealedSecret) {
    store.put_secret(of, secret, KEEP).await.expect("a secret is put");
}

async fn read(
    store: &Arc<dyn SecretStore>,
    of: &WorkspaceId,
    secret: &str,
    version: Option<u32>,
) -> Result<SealedSecret, StoreError> {
    store.secret(of, &name(secret), version).await
}

async fn others(store: &Arc<dyn SecretStore>, key: &str, limit: u32) -> Vec<(WorkspaceId, SealedSecret)> {
    let mut found = store.secrets_under_other_keys(key, limit).await.expect("secrets are found");
    found.sort_by(|one, two| (&one.0, &one.1.name, one.1.version).cmp(&(&two.0, &two.1.name, two.1.version)));
    found
}

/// Every field of a secret reads back equal, and every byte.
pub async fn a_secret_reads_back_equal(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    let every: Vec<u8> = (0..=255).collect();
    for (index, bytes) in [Vec::new(), vec![0], every.clone(), every.repeat(300)].into_iter().enumerate() {
        let secret = SealedSecret {
            key_id: "k".repeat(index * 20 + 1),
            sealed: bytes,
            ..sealed(&format!("{}{index}", "s".repeat(index * 20)), 1)
        };
        put(&store, &home, &secret).await;
        let found = store.secret(&home, &secret.name, None).await.expect("a secret is found");
        assert_eq!(found, secret, "the latest version");
        let found = store.secret(&home, &secret.name, Some(1)).await.expect("a version is found");
        assert_eq!(found, secret, "the version by number");
    }
}

/// A number that does not follow the latest is a conflict.
pub async fn secret_versions_have_no_gaps(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    for version in [0, 2, 3] {
        let refused = store.put_secret(&home, &sealed("crm", version), KEEP).await;
        assert_conflict(refused, &[], &format!("version {version} as the first"));
    }
    assert_not_found(read(&store, &home, "crm", None).await, "a secret of which no version was put");
    for version in 1..=12 {
        let after_next = store.put_secret(&home, &sealed("crm", version + 1), KEEP).await;
        assert_conflict(after_next, &[], "a number that leaves a gap");
        put(&store, &home, &sealed("crm", version)).await;
        let latest = read(&store, &home, "crm", None).await.expect("a secret is found");
        assert_eq!(latest, sealed("crm", version), "the latest, by number and not by text");
    }
    for version in [0, 13] {
        assert_not_found(read(&store, &home, "crm", Some(version)).await, "a version that never was");
    }
}

/// A number that is taken is a conflict, unless the content is the same.
pub async fn a_secret_version_is_immutable(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    let (first, second) = (sealed("crm", 1), sealed("crm", 2));
    for latest in [&first, &second] {
        put(&store, &home, latest).await;
        let others = [
            SealedSecret { sealed: vec![1], ..latest.clone() },
            SealedSecret { key_id: "key-2".to_owned(), ..latest.clone() },
            SealedSecret { created_at: latest.created_at + tick(), ..latest.clone() },
        ];
        for other in others {
            let refused = store.put_secret(&home, &other, KEEP).await;
            assert_conflict(refused, &[], "another secret under a taken number");
        }
        put(&store, &home, latest).await;
        let found = read(&store, &home, "crm", None).await.expect("a secret is found");
        assert_eq!(found, *latest, "the version as it was put first");
    }
    put(&store, &home, &first).await;
    let found = read(&store, &home, "crm", None).await.expect("a secret is found");
    assert_eq!(found, second, "an older version that is put again is not the latest");
}

/// All but the latest versions of this secret are forgotten, and none of another one.
pub async fn old_secret_versions_are_forgotten(store: Arc<dyn SecretStore>) {
    let (home, other) = (workspace(HOME), workspace("other"));
    for version in 1..=5 {
        put(&store, &home, &sealed("crm-2", version)).await;
        put(&store, &other, &sealed("crm", version)).await;
        store.put_secret(&home, &sealed("crm", version), 3).await.expect("a secret is put");
        for asked in 1..=version {
            let found = read(&store, &home, "crm", Some(asked)).await;
            match asked + 3 > version {
                true => assert_eq!(found.expect("a version that is kept"), sealed("crm", asked)),
                false => assert_not_found(found, "a version that was to be forgotten"),
            }
        }
    }
    store.put_secret(&home, &sealed("crm", 6), 1).await.expect("a secret is put");
    assert_not_found(read(&store, &home, "crm", Some(5)).await, "a version before the only one that is kept");
    assert_eq!(read(&store, &home, "crm", None).await.expect("the latest is kept"), sealed("crm", 6));
    for (of, secret) in [(&home, "crm-2"), (&other, "crm")] {
        let found = read(&store, of, secret, Some(1)).await.expect("versions of another secret are kept");
        assert_eq!(found, sealed(secret, 1));
    }
}

/// A secret of another workspace is not found.
pub async fn a_secret_is_found_in_its_workspace_only(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    put(&store, &home, &sealed("crm", 1)).await;
    for of in ["other", "main_1:a.b@c-d", "default"] {
        let other = workspace(of);
        assert_not_found(read(&store, &other, "crm", None).await, "a secret of another workspace");
        assert_not_found(read(&store, &other, "crm", Some(1)).await, "a version of another workspace");
        let gone = store.delete_secret(&other, &name("crm")).await;
        assert_not_found(gone, "a deletion in another workspace");
        let resealed = store.reseal_secret(&other, &sealed("crm", 1), &sealed("crm", 1)).await;
        assert_not_found(resealed, "a reseal in another workspace");
        let listed = store.secrets(&other, None, 9).await.expect("secrets are listed");
        assert_eq!(listed, [], "another workspace's list");
        let theirs = SealedSecret { sealed: of.as_bytes().to_vec(), ..sealed("crm", 1) };
        put(&store, &other, &theirs).await;
        let found = read(&store, &other, "crm", None).await.expect("a secret is found");
        assert_eq!(found, theirs, "each workspace has its own");
    }
    let found = read(&store, &home, "crm", None).await.expect("a secret is found");
    assert_eq!(found, sealed("crm", 1), "what others do changes nothing");
}

/// Each secret once, with its latest version and the oldest that is kept.
pub async fn secrets_are_listed_in_pages(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    let mut expected = Vec::new();
    // in the order of bytes
    for (index, of) in ["0", "a", "a-b", "a_b", "ab", "b", &"z".repeat(64)].into_iter().enumerate() {
        let latest = index as u32 + 1;
        for version in 1..=latest {
            store.put_secret(&home, &sealed(of, version), 2).await.expect("a secret is put");
        }
        expected.push(SecretInfo {
            name: name(of),
            version: latest,
            oldest_version: latest.saturating_sub(1).max(1),
            updated_at: sealed(of, latest).created_at,
        });
        put(&store, &workspace("other"), &sealed(of, 1)).await;
    }
    put(&store, &home, &sealed("a-c", 1)).await;
    store.delete_secret(&home, &name("a-c")).await.expect("a secret is deleted");
    for limit in [1, 3, 7, 99] {
        let found = read_pages(limit, |last: Option<SecretInfo>| {
            let (store, home) = (Arc::clone(&store), home.clone());
            async move { store.secrets(&home, last.map(|info| info.name).as_ref(), limit).await }
        })
        .await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    let found = store.secrets(&home, Some(&name("a-c")), 1).await.expect("secrets are listed");
    assert_eq!(found, expected[3..4], "after a name that is not listed");
}

/// Nothing of a deleted secret can be read, and its name may be used again.
pub async fn a_deleted_secret_is_gone(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    assert_not_found(store.delete_secret(&home, &name("crm")).await, "the deletion of what never was");
    for version in 1..=3 {
        put(&store, &home, &sealed("crm", version)).await;
    }
    put(&store, &home, &sealed("crm-2", 1)).await;
    store.delete_secret(&home, &name("crm")).await.expect("a secret is deleted");
    for version in [None, Some(1), Some(2), Some(3)] {
        assert_not_found(read(&store, &home, "crm", version).await, "a version of a deleted secret");
    }
    assert_not_found(store.delete_secret(&home, &name("crm")).await, "the deletion of what is gone");
    assert_conflict(store.put_secret(&home, &sealed("crm", 4), KEEP).await, &[], "a number from before");
    let anew = SealedSecret { sealed: vec![7], ..sealed("crm", 1) };
    put(&store, &home, &anew).await;
    assert_eq!(read(&store, &home, "crm", None).await.expect("the new one is found"), anew);
    assert!(read(&store, &home, "crm-2", None).await.is_ok(), "another secret stays");
}

/// Every key is told that something is sealed under, in any workspace, each once and in order.
pub async fn secret_keys_are_told(store: Arc<dyn SecretStore>) {
    let keys = async || store.secret_keys().await.expect("keys are told");
    assert_eq!(keys().await, [] as [&str; 0], "nothing is sealed");
    for (of, key) in [("one", "b"), ("two", "a"), ("three", "b")] {
        for version in 1..=2 {
            let secret = SealedSecret { key_id: format!("{key}{version}"), ..sealed("crm", version) };
            put(&store, &workspace(of), &secret).await;
        }
    }
    assert_eq!(keys().await, ["a1", "a2", "b1", "b2"], "of every version in every workspace");
    store.delete_secret(&workspace("two"), &name("crm")).await.expect("a secret is deleted");
    assert_eq!(keys().await, ["b1", "b2"], "only as long as something is sealed under it");
}

/// Whatever is sealed under another key is found, until there is none.
pub async fn secrets_under_other_keys_are_found(store: Arc<dyn SecretStore>) {
    let mut expected = Vec::new();
    for of in ["one", "two"] {
        for version in 1..=3 {
            let key_id = format!("key-{version}");
            let secret = SealedSecret { key_id, ..sealed("crm", version) };
            put(&store, &workspace(of), &secret).await;
            if version != 2 {
                expected.push((workspace(of), secret));
            }
        }
    }
    assert_eq!(others(&store, "key-2", 99).await, expected, "all but those under the key itself");
    assert_eq!(others(&store, "key-2", 3).await.len(), 3, "at most as many as were asked for");
    for (of, secret) in &expected {
        let resealed = SealedSecret { key_id: "key-2".to_owned(), sealed: vec![2], ..secret.clone() };
        store.reseal_secret(of, secret, &resealed).await.expect("a secret is resealed");
    }
    assert_eq!(others(&store, "key-2", 99).await, [], "none is left");
}

/// A version is resealed only if it is as expected.
pub async fn a_reseal_is_compared(store: Arc<dyn SecretStore>) {
    let home = workspace(HOME);
    let (first, second) = (sealed("crm", 1), sealed("crm", 2));
    put(&store, &home, &first).await;
    put(&store, &home, &second).await;
    let anew = SealedSecret { key_id: "key-2".to_owned(), sealed: vec![9, 0, 9], ..first.clone() };
    let strange = SealedSecret { sealed: vec![1], ..first.clone() };
    let refused = store.reseal_secret(&home, &strange, &anew).await;
    assert_conflict(refused, &[ConflictReason::Changed], "a reseal of what is not there");
    assert_eq!(read(&store, &home, "crm", Some(1)).await.expect("it is found"), first, "it stays as it is");

    store.reseal_secret(&home, &first, &anew).await.expect("a secret is resealed");
    assert_eq!(read(&store, &home, "crm", Some(1)).await.expect("it is found"), anew);
    store.reseal_secret(&home, &first, &anew).await.expect("the same call may be repeated");
    let refused = store.reseal_secret(&home, &first, &strange).await;
    assert_conflict(refused, &[ConflictReason::Changed], "a reseal of what was resealed");
    assert_eq!(read(&store, &home, "crm", Some(1)).await.expect("it is found"), anew);
    let latest = read(&store, &home, "crm", None).await.expect("it is found");
    assert_eq!(latest, second, "another version stays");
    let never = sealed("crm", 3);
    assert_not_found(store.reseal_secret(&home, &never, &never).await, "a version that never was");
}
