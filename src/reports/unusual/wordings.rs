//! Every form of the sentences and of the evidence, which the page says in the languages of its readers.

use super::examples::Story;
use super::rules::RULES;
use super::{Finding, Limit};
use crate::reports::examples::assert_listed;

#[test]
fn the_list_of_the_page_has_every_form() {
    let findings: Vec<Finding> = stories().iter().flat_map(Story::findings).collect();
    for rule in RULES {
        assert!(findings.iter().any(|finding| finding.rule == rule.name), "no story tells of {}", rule.name);
    }
    assert_listed("sentences", findings.iter().map(|finding| finding.sentence.clone()));
    assert_listed("evidence", findings.iter().filter_map(|finding| finding.evidence.clone()));
}

fn stories() -> [Story; 7] {
    let steady = || Story::new().sends(-28..0, 10);
    let others = || Story::new().of("bob@b.test", -40..1, 1, |_| {});
    [
        one_of_everything(),
        // All at once, and in no way as before.
        steady().sends([-30], 400).with([0], 300, |day| {
            day.networks(10);
            day.senders = 5;
            day.mechanisms = vec![Some("LOGIN")];
            day.versions = vec!["none"];
            day.hours = vec![(3, 300)];
            day.failures = vec![(40, true)];
        }),
        steady().with([0], 10, |day| day.versions = vec!["TLSv1.0"]),
        Story::new().sends(-6..0, 2).sends([0], 100),
        others().sends([0], 1),
        others().sends([0], 3),
        Story::new().sends([-31], 3).sends([0], 3),
    ]
}

/// With limits so low that one of each count is unusual, and explained by one of each long before.
fn one_of_everything() -> Story {
    let fails = |story: Story, day, later| story.with([day], 1, move |day| day.failures = vec![(1, later)]);
    let mut story = fails(fails(Story::new(), -30, false).sends([-1], 1), 0, true);
    let usual = &mut story.settings.usual;
    for limit in [&mut usual.volume, &mut usual.recipients, &mut usual.client_networks, &mut usual.auth_failures] {
        *limit = Limit { floor: 1, cold_start: 1 };
    }
    usual.failures_then_success = 1;
    story
}
