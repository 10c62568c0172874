//! Shares: messages and percent per TLS version, and rounding that does not depend on a float's luck.
//!
//! Percentages have two decimals, halves away from zero, worked out in whole hundredths: 0.5 % of a hundredth is
//! a half exactly, which it rarely is as a binary fraction.

use polars::prelude::*;

use super::super::tls::TLS_VERSIONS;

/// The part of a whole in percent; 0 where the whole is nothing.
pub(super) fn percent(part: Expr, whole: Expr) -> Expr {
    when(whole.clone().gt(lit(0))).then(rounded(part, whole)).otherwise(lit(0.0))
}

/// A change in percent of what was before; missing where there was nothing.
pub(super) fn change_percent(change: Expr, before: Expr) -> Expr {
    when(before.clone().gt(lit(0))).then(rounded(change, before)).otherwise(lit(NULL).cast(DataType::Float64))
}

/// `part / whole` in percent, with two decimals, halves away from zero. `whole` is positive.
fn rounded(part: Expr, whole: Expr) -> Expr {
    let hundredths = (part.clone().abs() * lit(20_000_i64) + whole.clone()).floor_div(whole * lit(2_i64));
    let signed = when(part.lt(lit(0))).then(lit(0_i64) - hundredths.clone()).otherwise(hundredths);
    signed.cast(DataType::Float64) / lit(100.0)
}

/// The messages of each version, of the rows for which `of` holds: `<prefix>messages_none` and so on.
pub(super) fn version_messages<'a>(prefix: &'a str, of: &'a Expr) -> impl Iterator<Item = Expr> + 'a {
    TLS_VERSIONS.iter().map(move |version| {
        let rows = of.clone().and(col("tls_version").eq(lit(version.name)));
        col("messages").filter(rows).sum().alias(format!("{prefix}{}", version.messages()))
    })
}

/// For each version the columns of its messages and of its percentage of `whole`.
pub(super) fn version_columns<'a>(prefix: &'a str, whole: &'a Expr) -> impl Iterator<Item = Expr> + 'a {
    TLS_VERSIONS.iter().flat_map(move |version| {
        let messages = col(format!("{prefix}{}", version.messages()));
        let share = percent(messages.clone(), whole.clone());
        [messages, share.alias(format!("{prefix}{}", version.percent()))]
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        let frame = df!(
            "part" => [1_i64, -1, 1, 2, 0, 5, 5973, 5280],
            "whole" => [20_000_i64, 20_000, 3, 3, 7, 0, 11_253, 11_253],
        );
        let shares = [
            percent(col("part"), col("whole")).alias("percent"),
            change_percent(col("part"), col("whole")).alias("change"),
        ];
        let rows = frame.unwrap().lazy().select(shares).collect().unwrap();
        let column = |name: &str| rows.column(name).unwrap().f64().unwrap().iter().collect::<Vec<_>>();
        let expected = [0.01, -0.01, 33.33, 66.67, 0.0, 0.0, 53.08, 46.92].map(Some);
        assert_eq!(column("percent"), expected);
        let mut expected = expected;
        expected[5] = None;
        assert_eq!(column("change"), expected);
    }
}
