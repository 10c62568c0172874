//! The ranking that the rule for unusual volume was chosen for, on fewer senders than `benches/results/activity.md`.

#[path = "../../benches/activity/simulation.rs"]
mod simulation;

use simulation::{KINDS, Kind, RULES, detection, false_alerts};

fn kind(name: &str) -> &'static Kind {
    static ALL: [Kind; 7] = KINDS;
    ALL.iter().find(|kind| kind.name == name).unwrap()
}

fn rule(name: &str) -> usize {
    RULES.iter().position(|rule| rule.name.starts_with(name)).unwrap()
}

#[test]
fn people_and_rare_senders_are_left_in_peace() {
    let (ours, deviations) = (rule("mailtally"), rule("mean"));
    let people = false_alerts(kind("person"), 20, 200);
    assert!(people[ours] < 4.0, "{people:?}");
    assert!(people[deviations] > 5.0 * people[ours] && people[deviations] > 18.0, "{people:?}");
    let rare = false_alerts(kind("rare"), 20, 200);
    assert_eq!(rare[ours], 0.0);
    assert!(rare[deviations] > 30.0, "{rare:?}");
    for quiet in ["printer", "nightly job"] {
        assert_eq!(false_alerts(kind(quiet), 20, 200)[ours], 0.0, "{quiet}");
    }
    let application = false_alerts(kind("application"), 20, 200);
    assert!(application[ours] < 1.0 && application[deviations] > 8.0, "{application:?}");
}

#[test]
fn an_attack_that_lasts_does_not_become_usual() {
    let (ours, deviations) = (rule("mailtally"), rule("mean"));
    for name in ["printer", "person", "nightly job", "rare"] {
        let seen = detection(kind(name), 40);
        assert_eq!(seen[ours][..4], [100.0; 4], "{name}");
        // A rare sender may have more days of the attack than of its own by then.
        assert!(seen[ours][4] == 100.0 || (name == "rare" && seen[ours][4] > 60.0), "{name}: {:?}", seen[ours]);
        assert!(seen[deviations][0] > 95.0, "{name}: {:?}", seen[deviations]);
        assert!(seen[deviations][3] < 10.0 && seen[deviations][4] < 10.0, "{name}: {:?}", seen[deviations]);
    }
}

/// The committed page is of these rules.
#[test]
fn the_committed_page_names_every_rule_and_kind() {
    let page = std::fs::read_to_string(crate::project().join("benches/results/activity.md")).unwrap();
    for rule in &RULES {
        assert_eq!(page.matches(&format!("| {} |", rule.name)).count(), 2, "{}", rule.name);
    }
    for kind in &KINDS {
        assert!(page.matches(kind.name).count() >= 2, "{}", kind.name);
    }
}
