//! Shares: messages and percent per TLS version, and rounding that does not depend on a float's luck.
//!
//! Percentages have two decimals, halves away from zero, worked out in whole hundredths: 0.5 % of a hundredth is
//! a half exactly, which it rarely is as a binary fraction.

use polars::prelude::*;

use super::super::tls::TLS_VERSIONS;

/// The part of a whole in percent; 0 where the whole is nothing.
pub(in super::super) fn percent(part: Expr, whole: Expr) -> Expr {
    when(whole.clone().gt(lit(0))).then(rounded(part, whole)).otherwise(lit(0.0))
}

/// A change in percent of what was before; missing where there was nothing.
pub(super) fn change_percent(change: Expr, before: Expr) -> Expr {
    when(before.clone().gt(lit(0))).then(rounded(change, before)).otherwise(lit(NULL).cast(DataType::Float64))
}

/// The part of a whole, 0 to 1 with four decimals, halves up; 0 where the whole is nothing.
pub(super) fn share(part: Expr, whole: Expr) -> Expr {
    let parts = (part * lit(20_000_i64) + whole.clone()).floor_div(whole.clone() * lit(2_i64));
    when(whole.gt(lit(0))).then(decimal(parts, 4)).otherwise(lit(0.0))
}

/// `part / whole` in percent, with two decimals, halves away from zero. `whole` is positive.
fn rounded(part: Expr, whole: Expr) -> Expr {
    let hundredths = (part.clone().abs() * lit(20_000_i64) + whole.clone()).floor_div(whole * lit(2_i64));
    let signed = when(part.lt(lit(0))).then(lit(0_i64) - hundredths.clone()).otherwise(hundredths);
    decimal(signed, 2)
}

/// A whole number of hundredths (or of other such parts) as the float that is nearest to it. Polars divides by a
/// literal as if it multiplied by its inverse, and then 35 hundredths are 0.35000000000000003; rounding does divide.
fn decimal(parts: Expr, decimals: u32) -> Expr {
    let whole = lit(10_f64.powi(decimals as i32));
    (parts.cast(DataType::Float64) / whole).round(decimals, RoundMode::HalfAwayFromZero)
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
    fn decimals_are_the_nearest_floats() {
        let frame = df!("part" => (0..=10_000_i64).collect::<Vec<_>>(), "whole" => vec![10_000_i64; 10_001]).unwrap();
        let [part, whole] = ["part", "whole"].map(col);
        let shares = [percent(part.clone(), whole.clone()).alias("percent"), share(part, whole).alias("share")];
        for rows in [frame.clone(), frame.slice(35, 1)] {
            let rows = rows.lazy().select([&[col("part")], &shares[..]].concat()).collect().unwrap();
            let floats = |name: &str| rows.column(name).unwrap().f64().unwrap().iter().collect::<Vec<_>>();
            let parts: Vec<_> = rows.column("part").unwrap().i64().unwrap().iter().flatten().collect();
            let of = |whole: f64| parts.iter().map(|part| Some(*part as f64 / whole)).collect::<Vec<_>>();
            assert_eq!(floats("percent"), of(100.0));
            assert_eq!(floats("share"), of(10_000.0));
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        let frame = df!(
            "part" => [1_i64, -1, 1, 2, 0, 5, 5973, 5280],
            "whole" => [20_000_i64, 20_000, 3, 3, 7, 0, 11_253, 11_253],
        );
        let shares = [
            percent(col("part"), col("whole")).alias("percent"),
            change_percent(col("part"), col("whole")).alias("change"),
            share(col("part"), col("whole")).alias("share"),
        ];
        let rows = frame.unwrap().lazy().select(shares).collect().unwrap();
        let column = |name: &str| rows.column(name).unwrap().f64().unwrap().iter().collect::<Vec<_>>();
        let expected = [0.01, -0.01, 33.33, 66.67, 0.0, 0.0, 53.08, 46.92].map(Some);
        assert_eq!(column("percent"), expected);
        assert_eq!(column("share")[2..], [0.3333, 0.6667, 0.0, 0.0, 0.5308, 0.4692].map(Some));
        let mut expected = expected;
        expected[5] = None;
        assert_eq!(column("change"), expected);
    }
}
