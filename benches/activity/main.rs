//! How the rule for unusual volume compares with what one would take instead: `benches/activity.sh`.
//!
//! Prints a page of Markdown. It depends on nothing but the rules and the seeds, so it is the same on every machine.
#![expect(clippy::print_stdout, reason = "the page is what this program is for")]

mod simulation;

use simulation::{ATTACK, KINDS, RULES, WINDOW, detection, false_alerts};

/// Senders of each kind, and their days.
const SENDERS: u64 = 60;
const DAYS: usize = 400;

fn main() {
    println!("# Unusual volume: false alerts and detection\n");
    println!("{SENDERS} made senders of each kind over {DAYS} days, each day held against the {WINDOW} before it.");
    println!("`benches/activity.sh` writes this page; the senders are in `benches/activity/simulation.rs`.\n");
    println!("False alerts per 1000 days of a sender:\n");
    head();
    let alerts = KINDS.each_ref().map(|kind| false_alerts(kind, SENDERS, DAYS));
    for (place, rule) in RULES.iter().enumerate() {
        let cells = alerts.map(|alerts| format!("{:.1}", alerts[place]));
        println!("| {} | {} |", rule.name, cells.join(" | "));
    }
    println!(
        "\nPercentage of senders of whom a rule sees day 1, 2, … {ATTACK} of an attack of ten times the median, and of at"
    );
    println!("least 120 messages a day ({} senders of each kind):\n", 4 * SENDERS);
    head();
    let seen = KINDS.each_ref().map(|kind| detection(kind, 4 * SENDERS));
    for (place, rule) in RULES.iter().enumerate() {
        let cells = seen.map(|seen| seen[place].map(|percent| format!("{percent:.0}")).join(" "));
        println!("| {} | {} |", rule.name, cells.join(" | "));
    }
    println!(
        "\nThe monthly run and the bursting printer do what they are flagged for. Of the monthly run, `unusual_activity`"
    );
    println!("says so with severity `info`, since a day within the 90 before had as many.");
}

fn head() {
    println!("| | {} |", KINDS.each_ref().map(|kind| kind.name).join(" | "));
    println!("|---|{}", "--:|".repeat(KINDS.len()));
}
