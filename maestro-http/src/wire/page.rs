//! Pages: a list by keys, so that nothing is shown twice or left out when records come and go.

use maestro_core::domain::{RunId, StepKey};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Code, Problem};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// Asks for the next page; `null` on the last one.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// How many items a page has when the request does not say.
const DEFAULT_LIMIT: u32 = 50;
/// The most items of a page.
const MOST: u32 = 200;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many items at most, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 3000)]
    pub(crate) cursor: Option<String>,
}

/// Returns how many items a page may have.
pub(crate) fn page_limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit", format!("use 1 to {MOST}"))),
    }
}

/// Cuts a list of one item more than the page may have, and of more bytes than an answer should have, to a page. The cursor
/// is made from the last item that is on it.
pub(crate) fn page_of<D, T>(
    found: Vec<D>,
    limit: u32,
    size: impl Fn(&D) -> usize,
    key: impl Fn(&D) -> Key,
    view: impl Fn(D) -> T,
) -> Page<T> {
    let (mut bytes, total) = (0_usize, found.len());
    let mut last = None;
    let mut items = Vec::with_capacity(total.min(limit as usize));
    for item in found.into_iter().take(limit as usize) {
        bytes = bytes.saturating_add(size(&item));
        if bytes > LARGEST_PAGE && !items.is_empty() {
            break;
        }
        last = Some(key(&item));
        items.push(view(item));
    }
    let has_more = items.len() < total;
    Page { items, next_cursor: last.filter(|_| has_more).map(|key| key.encode()) }
}

/// The most bytes of payloads on a page; a page that would have more ends earlier.
pub(crate) const LARGEST_PAGE: usize = 4 * 1024 * 1024;

/// The place in a list behind which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Behind the record with this id.
    Id(String),
    /// Behind this run.
    Run(RunId),
    /// Behind this try of a step.
    Step(StepKey, u32),
    /// Behind the row of this slot, in microseconds since 1970.
    Slot(i64),
}

impl Key {
    /// Returns the cursor: opaque to callers, who should not build one.
    pub(crate) fn encode(&self) -> String {
        let text = match self {
            Self::Id(id) => format!("i{id}"),
            Self::Run(id) => format!("r{id}"),
            Self::Step(key, attempt) => format!("s{attempt}:{key}"),
            Self::Slot(micros) => format!("f{micros}"),
        };
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn decode(cursor: &str) -> Option<Self> {
        let digits = cursor.as_bytes().chunks(2).map(|two| {
            let two = std::str::from_utf8(two).ok()?;
            let is_ours = two.len() == 2 && two.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            is_ours.then(|| u8::from_str_radix(two, 16).ok()).flatten()
        });
        let text = String::from_utf8(digits.collect::<Option<Vec<u8>>>()?).ok()?;
        let (kind, rest) = text.split_at_checked(1)?;
        match kind {
            "i" => Some(Self::Id(rest.to_owned())),
            "r" => rest.parse().ok().map(Self::Run),
            "s" => {
                let (attempt, key) = rest.split_once(':')?;
                Some(Self::Step(key.parse().ok()?, attempt.parse().ok()?))
            }
            "f" => rest.parse().ok().map(Self::Slot),
            _ => None,
        }
    }
}

/// Reads a cursor as one list writes it.
pub(crate) fn read_cursor<T>(
    cursor: Option<&str>,
    read: impl FnOnce(Key) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    match Key::decode(cursor).and_then(read) {
        Some(place) => Ok(Some(place)),
        None => {
            let message = "send the next_cursor of a page of this list, unchanged";
            Err(Problem::new(Code::Invalid, "the cursor is not of this list").error(
                "cursor",
                "invalid_cursor",
                message,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_others_are_refused() {
        let keys = [
            Key::Id("a-b".to_owned()),
            Key::Run(RunId::from_u128(7)),
            Key::Step("each.3.draft".parse().unwrap(), 2),
            Key::Slot(-5),
        ];
        for key in keys {
            let cursor = key.encode();
            assert!(cursor.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_eq!(read_cursor(Some(&cursor), Some).ok().flatten(), Some(key));
        }
        let run = Key::Run(RunId::from_u128(7)).encode();
        let upper = run.to_uppercase();
        for bad in ["", "r", "x", "zz", "äö", "7", &run[..run.len() - 2], upper.as_str(), "72", "ff", "7331"]
        {
            let read = read_cursor(Some(bad), Some);
            assert_eq!(read.unwrap_err().errors()[0].code, "invalid_cursor", "{bad}");
        }
    }

    #[test]
    fn a_page_ends_at_its_limit_or_when_it_grows_too_large() {
        let page = |sizes: &[usize], limit| {
            let sizes = sizes.to_vec();
            page_of(sizes, limit, |size| *size, |size| Key::Slot(*size as i64), |size| size)
        };
        let next = |size: i64| Some(Key::Slot(size).encode());
        assert_eq!(page(&[1, 2, 3], 2).next_cursor, next(2));
        assert_eq!(page(&[1, 2], 2).next_cursor, None);
        let large = page(&[LARGEST_PAGE, 7, 8], 5);
        assert_eq!((large.items, large.next_cursor), (vec![LARGEST_PAGE], next(LARGEST_PAGE as i64)));
        assert_eq!(page(&[LARGEST_PAGE + 1], 5).items.len(), 1);
        assert_eq!(page(&[], 5).next_cursor, None);
    }
}
