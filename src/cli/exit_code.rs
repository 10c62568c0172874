//! Exit codes: what a scheduler learns without reading a word.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All that was asked for is done, or there was nothing to do.
    Done = 0,
    /// The command failed, or a stage of a run did: what was committed before it stays.
    Failed = 1,
    /// The command line, a setting or the pipeline file is wrong; nothing was begun.
    Usage = 2,
    /// Everything is done, but more lines were rejected than the pipeline allows, or all of a file, or a day is left as
    /// it is on which somebody has to decide; or a report counts days that are not rolled up; or there is nothing to
    /// show: an empty lake, or nothing of an account that is explained. A run that finds no line of the days asked for
    /// has nothing to do, which is [`Done`](Self::Done).
    DataCheck = 3,
    /// Another run holds the lake.
    Locked = 4,
    /// Some days failed, or all of them; what did not is done, and running again resumes.
    SomeDaysFailed = 5,
}

impl ExitCode {
    /// Every code in order.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Failed, Self::Usage, Self::DataCheck, Self::Locked, Self::SomeDaysFailed];

    /// The number that the process ends with.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// What it means, as the help says it.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Failed => "failed; what a run has done before it stays; run again to go on",
            Self::Usage => "the command line, a setting or the pipeline file is wrong",
            Self::DataCheck => {
                "done, but look at it: bad lines, days left as they are or not rolled up, or nothing to show"
            }
            Self::Locked => "another run holds the lake",
            Self::SomeDaysFailed => "days failed, some or all; what did not is done; run again to resume",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}
