//! What each layer costs, for whoever works on one: `cargo bench --bench layers`, or with a layer's name behind it.
//!
//! The layers run on one made log ([`log`]) through functions that other layers call too. Whole programs are
//! compared in `compare.sh`, and CI counts instructions with `instructions.sh`; nothing here is checked.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail by panicking")]

mod log;
mod place;
mod reading;
mod writing;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let criterion = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    let mut criterion = criterion.sample_size(10).configure_from_args();
    let place = place::Place::new(&log::log(32 << 20));
    reading::run(&mut criterion, &place);
    writing::run(&mut criterion, &place);
    criterion.final_summary();
}
