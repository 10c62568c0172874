//! Any bytes as another product's report: it is read, or says its line.

use crate::formats::aggregate::AGGREGATES;

/// Reads the bytes as a report of each product.
pub fn any_bytes_as_a_report(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    for report in AGGREGATES {
        let _ = (report.claims)(bytes);
        match (report.read)(bytes) {
            Ok(usage) => {
                for usage in usage {
                    assert!((1..=lines).contains(&usage.line), "{usage:?}");
                    assert!(
                        !usage.account.is_empty() && usage.messages.iter().all(|(_, count)| *count > 0),
                        "{usage:?}"
                    );
                    let mut versions = usage.messages.iter().map(|(version, _)| *version).collect::<Vec<_>>();
                    versions.sort_unstable();
                    versions.dedup();
                    assert_eq!(versions.len(), usage.messages.len(), "{usage:?}");
                }
            }
            Err(fault) => assert!((1..=lines).contains(&fault.line), "{fault}"),
        }
    }
}
