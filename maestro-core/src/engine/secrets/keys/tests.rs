//! What keys open, and what they refuse.

use super::*;
use crate::domain::SecretName;

const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TWO: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

fn workspace(name: &str) -> WorkspaceId {
    WorkspaceId::new(name).unwrap()
}

fn sealed_by(keys: &MasterKeys) -> SealedSecret {
    let unsealed = SealedSecret {
        name: SecretName::new("crm").unwrap(),
        version: 3,
        key_id: String::new(),
        sealed: Vec::new(),
        created_at: chrono::DateTime::UNIX_EPOCH,
    };
    keys.seal(&workspace("acme"), unsealed, &Secret::new("sk-live-0123").unwrap()).unwrap()
}

#[test]
fn a_sealed_secret_opens_only_where_it_belongs() {
    let keys = MasterKeys::new(ONE).unwrap();
    let sealed = sealed_by(&keys);
    assert_eq!(keys.open(&workspace("acme"), &sealed).unwrap().expose(), "sk-live-0123");
    assert!(!sealed.sealed.windows(4).any(|bytes| bytes == b"sk-l"));
    assert_ne!(sealed.sealed, sealed_by(&keys).sealed, "each has a nonce of its own");

    let mut changed = sealed.clone();
    *changed.sealed.last_mut().unwrap() ^= 1;
    let elsewhere = [
        (workspace("other"), sealed.clone()),
        (workspace("acme"), SealedSecret { version: 2, ..sealed.clone() }),
        (workspace("acme"), SealedSecret { name: SecretName::new("smtp").unwrap(), ..sealed.clone() }),
        (workspace("acme"), changed),
        (workspace("acme"), SealedSecret { sealed: Vec::new(), ..sealed.clone() }),
        (workspace("acme"), SealedSecret { sealed: sealed.sealed[..20].to_vec(), ..sealed.clone() }),
    ];
    for (workspace, secret) in elsewhere {
        let error = keys.open(&workspace, &secret).unwrap_err();
        assert!(matches!(error, SecretError::Unusable { .. }), "{error}");
    }
}

#[test]
fn a_previous_key_opens_and_the_current_one_seals() {
    let old = MasterKeys::new(ONE).unwrap();
    let sealed = sealed_by(&old);
    let new = MasterKeys::new(TWO).unwrap();
    let error = new.open(&workspace("acme"), &sealed).unwrap_err();
    assert!(error.is_retryable(), "another process may have the key: {error}");
    let both = new.with_previous(ONE).unwrap();
    assert!(both.open(&workspace("acme"), &sealed).is_ok());
    assert_eq!(sealed_by(&both).key_id, both.current_id());
    assert_ne!(both.current_id(), old.current_id());
}

#[test]
fn keys_are_read_from_variables_and_shown_by_their_names_only() {
    let read = |current: &'static str, previous: &'static str| {
        MasterKeys::from_variables(move |name| match name {
            CURRENT => Some(current.to_owned()),
            PREVIOUS => Some(previous.to_owned()),
            _ => None,
        })
    };
    assert!(MasterKeys::from_variables(|_| None).unwrap().is_none());
    assert!(read("", "  ").unwrap().is_none());
    let keys = read(TWO, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=, ,").unwrap().unwrap();
    assert!(keys.knows(MasterKeys::new(ONE).unwrap().current_id()));
    let shown = format!("{keys:?}");
    assert!(!shown.contains("ICEi") && shown.contains(keys.current_id()), "{shown}");

    assert_eq!(read("", TWO).unwrap_err(), MasterKeyError::NoCurrent);
    assert_eq!(read("not base64!", "").unwrap_err(), MasterKeyError::NotBase64 { what: CURRENT });
    assert_eq!(read(ONE, "AAEC").unwrap_err(), MasterKeyError::WrongLength { what: PREVIOUS, bytes: 3 });
}
