//! A folder with logs, a pipeline file and a lake, and the program run in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run of a scenario takes nearly as long; one that does hangs.
const LONGEST: Duration = Duration::from_secs(180);

/// A folder of its own.
pub(super) struct Place {
    folder: tempfile::TempDir,
}

/// What a run said and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    /// The exit code; none where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// A run that goes on.
pub(super) struct Running {
    child: Child,
    said: tempfile::TempDir,
}

/// The pipeline's sources as most scenarios want them.
pub(super) const MX1: &str = r#"
[[sources]]
name = "mx1"
format = "postfix"
files = ["logs/mx1/*"]
realm = "corp.example.com"
year = 2026
"#;

pub(super) const MX2: &str = r#"
[[sources]]
name = "mx2"
format = "postfix"
files = ["logs/mx2/*"]
realm = "example.org"
"#;

pub(super) const MX3: &str = r#"
[[sources]]
name = "mx3"
format = "postfix"
files = ["logs/mx3/*"]
"#;

impl Place {
    /// A place whose pipeline has these sources, looks back over all days and publishes CSV.
    pub(super) fn new(sources: &[&str]) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.pipeline(&sources.concat());
        place
    }

    /// Writes the pipeline file anew: its common part, and this.
    pub(super) fn pipeline(&self, rest: &str) {
        let common = "lake = \"lake\"\npublish = \"published\"\n\
                      run.lookback_days = \"all\"\nreport.formats = [\"csv\"]\n";
        fs::write(self.path("pipeline.toml"), format!("{common}{rest}")).unwrap();
    }

    /// A copy of all that is here.
    pub(super) fn copy(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir().unwrap() };
        copy_folder(self.folder.path(), copy.folder.path());
        copy
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a log: `mx1/mail.log`.
    pub(super) fn log(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path("logs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes the logs of one source.
    pub(super) fn logs<'a>(&self, source: &str, files: impl IntoIterator<Item = (String, &'a [u8])>) {
        for (name, bytes) in files {
            self.log(&format!("{source}/{name}"), bytes);
        }
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path("logs").join(from), self.path("logs").join(to)).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path("logs").join(name)).unwrap();
    }

    /// How many files there are below a folder, without those that are still being written: object_store's `NAME#1`.
    pub(super) fn files(&self, folder: &str) -> usize {
        count_files(&self.path(folder))
    }

    /// Runs the program in the folder to its end.
    pub(super) fn say(&self, arguments: &[&str]) -> Said {
        self.start(arguments).wait()
    }

    /// Starts the program in the folder. It sees nothing of this process's environment.
    pub(super) fn start(&self, arguments: &[&str]) -> Running {
        let said = tempfile::tempdir().unwrap();
        let stream = |name: &str| File::create(said.path().join(name)).unwrap();
        let child = Command::new(program())
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdout(stream("out"))
            .stderr(stream("err"))
            .spawn()
            .unwrap();
        Running { child, said }
    }

    /// `run pipeline.toml --json` with more arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> Said {
        self.say(&[&["run", "pipeline.toml", "--json"], arguments].concat())
    }

    /// The ingest stage, which most scenarios are about, and which has to end well.
    pub(super) fn ingest(&self) -> Said {
        self.run(&["--stage", "ingest"]).expect(0)
    }
}

impl Running {
    /// Kills the program where it stands, as SIGKILL does, once something is so; says whether it was still running.
    pub(super) fn kill_once(mut self, is_so: impl Fn() -> bool) -> bool {
        self.ended_before(is_so);
        self.child.kill().unwrap();
        self.child.wait().unwrap().code().is_none()
    }

    /// Waits for the end, but not for ever.
    pub(super) fn wait(mut self) -> Said {
        let status = self.ended_before(|| false).unwrap();
        let text = |name: &str| String::from_utf8(fs::read(self.said.path().join(name)).unwrap()).unwrap();
        Said { code: status.code(), out: text("out"), err: text("err") }
    }

    /// How the program has ended; none where something was so before.
    fn ended_before(&mut self, is_so: impl Fn() -> bool) -> Option<ExitStatus> {
        let started = Instant::now();
        while !is_so() {
            let status = self.child.try_wait().unwrap();
            if status.is_some() {
                return status;
            }
            if started.elapsed() > LONGEST {
                self.child.kill().unwrap();
                panic!("the program hangs");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Said {
    /// Checks the exit code.
    #[track_caller]
    pub(super) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Checks for words on standard error.
    #[track_caller]
    pub(super) fn warns(self, words: &str) -> Self {
        assert!(self.err.contains(words), "no '{words}' in: {}", self.err);
        self
    }

    /// The answer as JSON.
    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// The days of March 2026 of a source that were built, or under which another key of the answer lists it.
    #[track_caller]
    pub(super) fn days(&self, key: &str, source: &str) -> BTreeSet<u32> {
        let json = self.json();
        let days = json[key].as_array().unwrap().iter().filter(|day| day["source"] == source);
        days.map(|day| day["date"].as_str().unwrap().strip_prefix("2026-03-").unwrap().parse().unwrap()).collect()
    }

    /// Checks which days of March 2026 were built.
    #[track_caller]
    pub(super) fn built(self, source: &str, days: impl IntoIterator<Item = u32>) -> Self {
        assert_eq!(self.days("ingested", source), days.into_iter().collect(), "{}", self.err);
        self
    }
}

/// The program that was built with these tests. Cargo says where it lies when the tests run; what it said when they
/// were built is the place then, which need not hold any more.
fn program() -> PathBuf {
    std::env::var_os("CARGO_BIN_EXE_mailtally").map_or_else(|| env!("CARGO_BIN_EXE_mailtally").into(), PathBuf::from)
}

fn count_files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |entry: fs::DirEntry| match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
        true => count_files(&entry.path()),
        false => usize::from(!entry.file_name().to_string_lossy().contains('#')),
    };
    entries.flatten().map(count).sum()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            let modified = entry.metadata().unwrap().modified().unwrap();
            fs::copy(entry.path(), &to).unwrap();
            File::options().write(true).open(&to).unwrap().set_modified(modified).unwrap();
        }
    }
}
