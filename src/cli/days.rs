//! Which days a command is about: `--date`, `--from`/`--to`, `--last`.

use clap::{Args, value_parser};

use super::{Context, Error, ExitCode, Result};
use crate::calendar::{Day, DayRange};
use crate::pipelines::report::Request;
use crate::pipelines::runner::Runner;
use crate::reports::Beyond;

/// A century: more days than anybody has logs of, and as many as a report can count.
const MOST_DAYS: u32 = 36_500;

/// The days asked for. All days are UTC days.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Days (UTC)")]
pub struct DayArgs {
    /// This one day
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to", "last"])]
    pub date: Option<Day>,

    /// From this day, which is included, up to --to or else up to the last complete day
    #[arg(long, value_name = "DAY", conflicts_with = "last")]
    pub from: Option<Day>,

    /// Up to this day, which is included
    #[arg(long, value_name = "DAY", requires = "from", conflicts_with = "last")]
    pub to: Option<Day>,

    /// The last N complete days: up to yesterday, or the newest in the lake
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    pub last: Option<u32>,
}

impl DayArgs {
    /// The days asked for, none where no flag asks for any. `today` is the first day that is not complete: a
    /// caller that counts from the newest day in the lake passes the day after it.
    ///
    /// # Errors
    /// Where the first day lies after the last, or too long before it.
    pub fn resolve(&self, today: Day) -> Result<Option<DayRange>> {
        if let Some(day) = self.date {
            return Ok(Some(DayRange::single(day)));
        }
        if let Some(days) = self.last {
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            return Ok(Some(DayRange { start: today.plus(-days), end: today }));
        }
        let Some(from) = self.from else { return Ok(None) };
        let to = self.to.unwrap_or(today.previous());
        if from > to {
            return Err(Error::NoDays { from, to });
        }
        let days = DayRange::inclusive(from, to);
        if days.len() > MOST_DAYS as usize {
            Err(Error::TooManyDays { from, to, most: MOST_DAYS })
        } else {
            Ok(Some(days))
        }
    }

    /// The report of the days asked for. Says where the lake does not have them; none where it is empty, which is said, too.
    ///
    /// # Errors
    /// Where the lake cannot be read, or there are no such days.
    pub(super) fn request(&self, runner: &Runner<'_>, context: &Context) -> Result<Option<Request>> {
        let found = runner.request(context.today(), |newest| self.resolve(newest.next()))?;
        let Some((request, beyond)) = found else {
            context.messages.warning("the lake is empty: `mailtally run` fills it");
            return Ok(None);
        };
        for beyond in beyond {
            context.messages.warning(&match beyond {
                Beyond::Before(first) => format!("the lake begins with {first}: the window's days before it are empty"),
                Beyond::Behind(last) => format!("the lake ends with {last}: the window's days behind it are empty"),
            });
        }
        Ok(Some(request))
    }
}

/// Says which of some days are not rolled up, and so count nothing or what they held before; and what a command ends with
/// that has shown them all the same.
///
/// # Errors
/// Where the lake cannot be read.
pub(super) fn check_rolled_up(days: DayRange, runner: &Runner<'_>, context: &Context) -> Result<ExitCode> {
    let left = runner.not_rolled_up(days)?;
    let (Some(first), Some(last)) = (left.first(), left.last()) else { return Ok(ExitCode::Done) };
    let days = if left.len() == 1 { first.to_string() } else { format!("{} days from {first} to {last}", left.len()) };
    context.messages.warning(&format!(
        "the daily tables do not count {days} as the lake has them, since a run did not come to its end: \
         `mailtally run --from {first} --to {last} --stage rollup,report` rolls them up"
    ));
    Ok(ExitCode::DataCheck)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        days: DayArgs,
    }

    /// The days that flags mean on 2026-03-10, or why they mean none.
    fn days(flags: &str) -> std::result::Result<Option<String>, String> {
        let args = std::iter::once("test").chain(flags.split_whitespace());
        let days = Alone::try_parse_from(args).map_err(|error| error.kind().to_string())?.days;
        let range = days.resolve("2026-03-10".parse().unwrap()).map_err(|error| error.to_string())?;
        Ok(range.map(|range| range.to_string()))
    }

    #[test]
    fn both_ends_are_included() {
        assert_eq!(days("--from 2026-02-27 --to 2026-03-02").unwrap().unwrap(), "2026-02-27 to 2026-03-02");
        assert_eq!(days("--from 2026-03-01 --to 2026-03-01").unwrap().unwrap(), "2026-03-01");
        assert_eq!(days("--date 2026-03-10").unwrap().unwrap(), "2026-03-10");
    }

    #[test]
    fn the_last_days_end_yesterday() {
        assert_eq!(days("--last 7").unwrap().unwrap(), "2026-03-03 to 2026-03-09");
        assert_eq!(days("--last 1").unwrap().unwrap(), "2026-03-09");
        assert_eq!(days("--from 2026-03-08").unwrap().unwrap(), "2026-03-08 to 2026-03-09");
    }

    #[test]
    fn no_flag_asks_for_no_days() {
        assert_eq!(days(""), Ok(None));
    }

    #[test]
    fn days_that_contradict_are_refused() {
        assert!(days("--from 2026-03-02 --to 2026-03-01").unwrap_err().contains("the first day lies after the last"));
        assert!(days("--from 2026-03-10").unwrap_err().contains("2026-03-10 to 2026-03-09"));
        let most = "are 36501: more than 36500";
        assert!(days("--from 1926-04-08 --to 2026-03-14").unwrap_err().contains(most), "one too many");
        assert!(days("--from 1926-04-09 --to 2026-03-14").is_ok());
        for flags in ["--date 2026-03-01 --last 2", "--date 2026-03-01 --from 2026-03-01", "--last 2 --from 2026-03-01"]
        {
            assert_eq!(days(flags).unwrap_err(), clap::error::ErrorKind::ArgumentConflict.to_string(), "{flags}");
        }
        assert_eq!(days("--to 2026-03-01").unwrap_err(), clap::error::ErrorKind::MissingRequiredArgument.to_string());
        assert_eq!(days("--last 0").unwrap_err(), clap::error::ErrorKind::ValueValidation.to_string());
        assert_eq!(days("--date 2026-02-30").unwrap_err(), clap::error::ErrorKind::ValueValidation.to_string());
    }
}
