//! A short name for a long text, the same in every process and release.

/// Returns the FNV-1a hash of `text` as 16 hexadecimal digits. It protects against chance, not against malice.
pub(crate) fn short(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_the_hash_that_others_call_fnv_1a() {
        assert_eq!(super::short(""), "cbf29ce484222325");
        assert_eq!(super::short("a"), "af63dc4c8601ec8c");
        assert_eq!(super::short("foobar"), "85944171f73967e8");
    }
}
