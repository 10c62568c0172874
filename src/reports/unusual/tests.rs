//! Every rule at its threshold and one short of it, worked out by hand.

use super::examples::Story;
use super::rules::RULES;
use super::{Limit, Profile, Settings, Severity, Thresholds};

/// The baseline's days: the 28 before.
fn baseline() -> std::ops::Range<i32> {
    -28..0
}

/// Ten messages on each day of the baseline: the median is 10, z > 3.5 from 26 on (2·√26.375 = 10.271 against
/// 6.442 + 3.5 = 9.942; 24 gives 9.874), the floor from 30 on, three times the median from 30 on.
fn steady() -> Story {
    Story::new().sends(baseline(), 10)
}

#[test]
fn an_ordinary_day_is_not_unusual() {
    assert_eq!(steady().sends([0], 10).told(), [] as [&str; 0]);
}

#[test]
fn volume_fires_at_its_floor_and_not_one_below() {
    assert!(steady().with([0], 29, |day| day.recipients = 10).told().is_empty());
    let story = steady().with([0], 30, |day| day.recipients = 10);
    assert_eq!(story.told(), ["volume notice"]);
    let finding = story.finding("volume").unwrap();
    assert_eq!((finding.observed, finding.baseline_days, finding.cold_start), (30, 28, false));
    assert_eq!((finding.baseline_median, finding.baseline_mad, finding.threshold), (Some(10.0), Some(0.0), Some(3.5)));
    assert!((finding.z.unwrap() - (2.0 * 30.375_f64.sqrt() - 2.0 * 10.375_f64.sqrt())).abs() < 1e-12);
    assert_eq!(finding.date.to_string(), "2026-03-31");
    assert_eq!(&*finding.account, "alice@a.test");
    assert_eq!(finding.sentence, "30 messages on this day; the median of 28 active days in the 28 days before is 10.");
    assert_eq!(finding.evidence, None);
}

#[test]
fn only_active_days_are_a_baseline() {
    // Seven days of 2 in 28: with the silent days the median would be 0, and 21 unusual.
    let rare = || Story::new().sends((-28..0).step_by(4), 2);
    assert!(rare().sends([0], 21).told().is_empty());
    assert_eq!(rare().with([0], 22, |day| day.recipients = 2).told(), ["volume notice"]);
}

#[test]
fn six_active_days_are_a_cold_start() {
    let six = || Story::new().sends(-6..0, 2);
    let seven = || Story::new().sends(-7..0, 2);
    let alone = |story: Story, messages| story.with([0], messages, |day| day.recipients = 2).told();
    assert_eq!(alone(seven(), 99), ["volume notice"]);
    assert!(alone(six(), 99).is_empty());
    assert_eq!(alone(six(), 100), ["volume notice"]);
    let finding = six().sends([0], 100).finding("volume").unwrap();
    assert!(finding.cold_start);
    assert_eq!((finding.baseline_median, finding.baseline_mad, finding.z), (None, None, None));
    assert_eq!((finding.baseline_days, finding.threshold), (6, Some(100.0)));
    assert_eq!(
        finding.sentence,
        "100 messages on this day; 6 active days in the 28 days before are too few for a baseline."
    );
}

#[test]
fn the_seventh_day_must_be_within_the_baseline() {
    // The day itself and the 29th before are no days of the baseline.
    let story = |seventh| Story::new().sends(-6..0, 2).sends([seventh], 2).with([0], 50, |day| day.recipients = 2);
    assert_eq!(story(-28).told(), ["volume notice"]);
    assert!(story(-29).told().is_empty());
}

#[test]
fn recipients_are_held_against_recipients() {
    assert!(steady().with([0], 10, |day| day.recipients = 29).told().is_empty());
    let story = steady().with([0], 10, |day| day.recipients = 30);
    assert_eq!(story.told(), ["recipients notice"]);
    let finding = story.finding("recipients").unwrap();
    assert_eq!((finding.observed, finding.baseline_median), (30, Some(10.0)));
    assert!(finding.sentence.starts_with("30 recipients on this day; the median of 28 active days"));
}

/// Networks of 1: z > 3.5 from 9 on (2·√9.375 = 6.124 against 2.345 + 3.5 = 5.845; 8 gives 5.788), the floor of 3
/// from 4 on, three times the median from 3 on. So the floor is tried with a smaller z.
#[test]
fn client_networks_have_a_floor_of_three() {
    let story = |count, z| {
        let mut story =
            Story::new().with(baseline(), 10, |day| day.networks(1)).with([0], 10, |day| day.networks(count));
        story.settings.usual.z = z;
        story.settings.usual.many_networks = 100;
        story
    };
    assert!(story(8, 3.5).finding("client_networks").is_none());
    let finding = story(9, 3.5).finding("client_networks").unwrap();
    assert_eq!((finding.observed, finding.baseline_median, finding.severity), (9, Some(1.0), Severity::Notice));
    assert!(story(3, 1.0).finding("client_networks").is_none());
    assert!(story(4, 1.0).finding("client_networks").is_some());
}

/// An account that never fails: t(0) = 1.225, so z > 3.5 from 6 on, and the floor is reached at 10.
#[test]
fn failures_have_a_floor_of_ten() {
    let story = |count: i64| steady().with([0], 10, move |day| day.failures = vec![(count - 4, false), (4, false)]);
    assert!(story(9).told().is_empty());
    assert_eq!(story(10).told(), ["auth_failures notice"]);
    let finding = story(10).finding("auth_failures").unwrap();
    assert_eq!((finding.observed, finding.baseline_median, finding.baseline_days), (10, Some(0.0), 28));
    assert!(finding.sentence.starts_with("10 failed sign-ins on this day; the median of 28 active days"));
}

#[test]
fn an_account_that_fails_every_day_is_used_to_it() {
    let story = |count| {
        let failing = Story::new().with(baseline(), 10, |day| day.failures = vec![(40, false)]);
        failing.with([0], 10, move |day| day.failures = vec![(count, false)])
    };
    assert!(story(119).told().is_empty());
    assert_eq!(story(120).told(), ["auth_failures notice"]);
}

#[test]
fn failures_of_an_account_that_never_sends_are_seen_too() {
    let story = |count| Story::new().with([0], 0, move |day| day.failures = vec![(count, false)]);
    assert!(story(49).told().is_empty());
    assert_eq!(story(50).told(), ["auth_failures notice"]);
}

#[test]
fn a_precedent_explains_and_never_hides() {
    // Two thirds of 300 are 200.
    let told = |day, messages| steady().sends([day], messages).with([0], 300, |day| day.recipients = 10).told();
    assert_eq!(told(-30, 200), ["volume info"]);
    assert_eq!(told(-30, 199), ["volume notice"]);
    // Between the ninetieth and the eighth day before.
    assert_eq!(told(-90, 200), ["volume info"]);
    assert_eq!(told(-91, 200), ["volume notice"]);
    assert_eq!(told(-8, 200), ["volume info"]);
    assert_eq!(told(-7, 200), ["volume notice"]);
    let finding = steady().sends([-31], 398).sends([0], 412).finding("volume").unwrap();
    assert_eq!(finding.evidence.as_deref(), Some("a day with 398 messages 31 days before"));
}

#[test]
fn a_precedent_is_of_the_same_count() {
    let story = steady().with([-30], 10, |day| day.recipients = 400).with([0], 300, |day| day.recipients = 400);
    assert_eq!(story.told(), ["volume notice", "recipients info"]);
}

#[test]
fn a_network_is_new_for_28_days() {
    let elsewhere = |day: &mut super::examples::AccountDay| day.addresses = vec![Some("198.51.100.7".to_owned())];
    let story = steady().with([0], 10, elsewhere);
    assert_eq!(story.told(), ["new_network notice"]);
    let finding = story.finding("new_network").unwrap();
    assert_eq!((finding.observed, finding.baseline_days, finding.threshold, finding.z), (1, 28, None, None));
    assert_eq!(finding.sentence, "First time from 198.51.100.0/24 in 28 days (28 of them active).");
    assert_eq!(finding.evidence.as_deref(), Some("198.51.100.0/24"));
    // Another address of the same /24, and a day 28 and 29 days before.
    assert!(steady().with([0], 10, |day| day.addresses = vec![Some("192.0.2.77".to_owned())]).told().is_empty());
    assert!(steady().with([-28], 10, elsewhere).with([0], 10, elsewhere).told().is_empty());
    assert_eq!(steady().with([-29], 10, elsewhere).with([0], 10, elsewhere).told(), ["new_network notice"]);
}

#[test]
fn what_is_not_known_is_not_new() {
    let unknown = |day: &mut super::examples::AccountDay| {
        day.addresses = vec![None];
        day.mechanisms = vec![None];
        day.versions = vec!["unknown"];
    };
    assert!(steady().with([0], 10, unknown).told().is_empty());
    assert!(Story::new().with(baseline(), 10, unknown).sends([0], 10).told().is_empty());
}

#[test]
fn an_account_is_new_where_the_lake_knows_its_past() {
    let others = |days| Story::new().of("bob@b.test", days, 1, |_| {});
    assert_eq!(others(-7..1).sends([0], 3).told(), ["new_account notice"]);
    assert!(others(-6..1).sends([0], 3).told().is_empty(), "a lake of six days cannot tell");
    let finding = others(-40..1).sends([0], 3).finding("new_account").unwrap();
    assert_eq!((finding.observed, finding.baseline_days, finding.threshold), (3, 0, None));
    assert_eq!(finding.sentence, "First day of this account, with 3 messages: it is on none of the 40 days before.");
    assert!(others(-7..1).sends([-90], 1).sends([0], 3).finding("new_account").is_none());
    assert!(others(-7..1).sends([-91], 1).sends([0], 3).finding("new_account").is_some());
}

#[test]
fn a_mechanism_is_new() {
    let with =
        |story: Story, day, way| story.with([day], 10, move |day| day.mechanisms = vec![Some("PLAIN"), Some(way)]);
    let story = with(steady(), 0, "LOGIN");
    assert_eq!(story.told(), ["new_mechanism notice"]);
    let finding = story.finding("new_mechanism").unwrap();
    assert_eq!(finding.sentence, "First time with LOGIN in 28 days (28 of them active).");
    assert!(with(with(steady(), -28, "LOGIN"), 0, "LOGIN").told().is_empty());
    assert_eq!(with(with(steady(), -29, "LOGIN"), 0, "LOGIN").told(), ["new_mechanism notice"]);
}

#[test]
fn a_version_below_all_others_is_a_downgrade() {
    let with = |story: Story, day, version| story.with([day], 10, move |day| day.versions = vec!["TLSv1.3", version]);
    let story = with(steady(), 0, "TLSv1.0");
    assert_eq!(story.told(), ["tls_downgrade notice"]);
    let finding = story.finding("tls_downgrade").unwrap();
    assert_eq!(finding.sentence, "Used TLSv1.0; its lowest version in the 28 days before was TLSv1.2.");
    assert_eq!((finding.observed, finding.baseline_days), (1, 28));
    assert!(with(steady(), 0, "TLSv1.2").told().is_empty(), "the same version is none");
    assert!(with(with(steady(), -28, "TLSv1.0"), 0, "TLSv1.0").told().is_empty());
    assert_eq!(with(with(steady(), -29, "TLSv1.0"), 0, "TLSv1.0").told(), ["tls_downgrade notice"]);
    let bare = with(steady(), 0, "none").finding("tls_downgrade").unwrap();
    assert_eq!(bare.sentence, "Sent without TLS; its lowest version in the 28 days before was TLSv1.2.");
}

#[test]
fn five_networks_are_many_where_they_never_were() {
    let story = |before, today| {
        let story = Story::new().with(baseline(), 10, |day| day.networks(1));
        // All of its networks were seen before, or the day would be new too.
        let story = story.with([-3], 10, move |day| day.networks(before));
        let story = story.with([-2], 10, |day| day.addresses = vec![Some("198.51.3.1".to_owned())]);
        let story = story.with([-1], 10, |day| day.addresses = vec![Some("198.51.4.1".to_owned())]);
        story.with([0], 10, move |day| day.networks(today))
    };
    assert!(story(3, 4).finding("many_networks").is_none());
    assert!(story(5, 5).finding("many_networks").is_none(), "as many as before");
    let finding = story(4, 5).finding("many_networks").unwrap();
    assert_eq!((finding.observed, finding.threshold, finding.severity), (5, Some(5.0), Severity::Notice));
    assert_eq!(
        finding.sentence,
        "Signed in from 5 networks (/24 or /48) on this day; never from more than 4 in the 28 days before."
    );
    assert!(finding.evidence.unwrap().starts_with("198.51.0.0/24, 198.51.1.0/24"));
}

#[test]
fn who_did_not_send_before_had_no_networks_and_no_senders() {
    let story = |held: std::ops::Range<i32>| {
        let others = Story::new().of("bob@b.test", held, 1, |_| {});
        others.with([0], 10, |day| {
            day.networks(5);
            day.senders = 5;
        })
    };
    let told = story(-7..1).told();
    assert_eq!(told, ["many_networks high", "many_senders high", "new_account notice"]);
    let sentence = story(-7..1).finding("many_senders").unwrap().sentence;
    assert_eq!(sentence, "5 sender addresses (MAIL FROM) on this day; never more than 0 in the 28 days before.");
    assert!(story(-6..1).told().is_empty(), "a lake that begins knows nothing of before");
}

#[test]
fn failures_before_a_message_are_a_guessed_password() {
    let story = |count, later| steady().with([0], 10, move |day| day.failures = vec![(count, later)]);
    assert!(story(9, true).told().is_empty());
    assert_eq!(story(10, true).told(), ["auth_failures notice", "failures_then_success notice"]);
    assert_eq!(story(10, false).told(), ["auth_failures notice"], "nothing was accepted afterwards");
    let finding = story(37, true).finding("failures_then_success").unwrap();
    assert_eq!((finding.observed, finding.threshold), (37, Some(10.0)));
    assert_eq!(
        finding.sentence,
        "37 failed sign-ins, and then a message was accepted; on no day in the 28 days before were there more than 0."
    );
    // A device with an old password that fails every day beside one that works.
    let used_to = Story::new().with(baseline(), 10, |day| day.failures = vec![(37, true)]);
    assert!(used_to.with([0], 10, |day| day.failures = vec![(37, true)]).told().is_empty());
}

#[test]
fn five_senders_are_many_where_they_never_were() {
    let story = |before, today| {
        steady().with([-3], 10, move |day| day.senders = before).with([0], 10, move |day| day.senders = today)
    };
    assert!(story(1, 4).told().is_empty());
    assert!(story(5, 5).told().is_empty());
    assert_eq!(story(4, 5).told(), ["many_senders notice"]);
    let finding = story(4, 5).finding("many_senders").unwrap();
    assert_eq!(
        finding.sentence,
        "5 sender addresses (MAIL FROM) on this day; never more than 4 in the 28 days before."
    );
}

#[test]
fn twenty_messages_at_night_are_odd() {
    let night = |count, active: std::ops::Range<i32>| {
        let usual = Story::new().sends(active, 30);
        usual.with([0], 30, move |day| day.hours = vec![(3, count), (9, 30 - count)])
    };
    assert!(night(19, baseline()).told().is_empty());
    assert_eq!(night(20, baseline()).told(), ["odd_hours notice"]);
    assert!(night(20, -13..0).told().is_empty(), "thirteen active days do not tell");
    assert_eq!(night(20, -14..0).told(), ["odd_hours notice"]);
    let finding = night(20, baseline()).finding("odd_hours").unwrap();
    assert_eq!((finding.observed, finding.threshold, finding.baseline_days), (20, Some(20.0), 28));
    assert_eq!(finding.evidence.as_deref(), Some("03:00"));
    assert_eq!(
        finding.sentence,
        "20 messages in hours (UTC) that have 0.0 % of those of 28 active days in the 28 days before."
    );
}

/// 28 days of 100 messages: 1 % are 28, so with 28 at night before the hour is one that the account keeps.
#[test]
fn an_hour_with_one_percent_is_no_odd_one() {
    let story = |at_night| {
        let usual = Story::new().sends(-28..-1, 100);
        let usual = usual.with([-1], 100, move |day| day.hours = vec![(3, at_night), (9, 100 - at_night)]);
        usual.with([0], 100, |day| day.hours = vec![(3, 20), (9, 80)])
    };
    assert!(story(28).told().is_empty());
    assert_eq!(story(27).told(), ["odd_hours notice"]);
}

#[test]
fn thirty_silent_days_are_a_sleep() {
    assert!(Story::new().sends([-30], 3).sends([0], 3).told().is_empty(), "29 days between");
    let story = Story::new().sends([-31], 3).sends([0], 3);
    assert_eq!(story.told(), ["dormant_wakes notice"]);
    let finding = story.finding("dormant_wakes").unwrap();
    assert_eq!((finding.observed, finding.threshold, finding.baseline_days), (3, Some(30.0), 0));
    assert_eq!(finding.sentence, "First day with messages (3 messages) after 30 days without any.");
}

#[test]
fn volume_and_something_grave_are_high() {
    let elsewhere = |day: &mut super::examples::AccountDay| {
        day.addresses = vec![Some("203.0.113.9".to_owned())];
        day.recipients = 10;
    };
    let story = steady().with([0], 300, elsewhere);
    assert_eq!(story.told(), ["volume high", "new_network high"]);
    assert_eq!(story.finding("volume").unwrap().evidence.as_deref(), Some("also: new_network 1"));
    assert_eq!(story.finding("new_network").unwrap().evidence.as_deref(), Some("203.0.113.0/24; also: volume 300"));
    // A precedent explains the volume alone.
    assert_eq!(steady().sends([-30], 300).with([0], 300, elsewhere).told(), ["new_network high", "volume info"]);
}

#[test]
fn two_grave_things_are_high_and_others_stay_notices() {
    let story = steady().with([0], 10, |day| {
        day.senders = 7;
        day.versions = vec!["TLSv1.0"];
        day.mechanisms = vec![Some("LOGIN")];
    });
    assert_eq!(story.told(), ["tls_downgrade high", "many_senders high", "new_mechanism notice"]);
    let volume_and_mechanism = steady().with([0], 300, |day| {
        day.recipients = 10;
        day.mechanisms = vec![Some("LOGIN")];
    });
    assert_eq!(volume_and_mechanism.told(), ["volume notice", "new_mechanism notice"]);
}

#[test]
fn every_grave_rule_counts() {
    let grave: Vec<&str> = RULES.iter().filter(|rule| rule.grave).map(|rule| rule.name).collect();
    let wanted = ["new_network", "tls_downgrade", "many_networks", "failures_then_success", "many_senders"];
    assert_eq!(grave, wanted);
}

#[test]
fn every_day_of_the_window_is_held_against_the_days_before_it() {
    // An attack of three days: a median is not moved by it, so each of its days is seen.
    let mut story = steady().with([-2, -1, 0], 300, |day| day.recipients = 10);
    story.window = 7;
    assert_eq!(story.told(), ["volume notice"; 3]);
    let dates: Vec<String> = story.findings().iter().map(|finding| finding.date.to_string()).collect();
    assert_eq!(dates, ["2026-03-31", "2026-03-30", "2026-03-29"], "the newest first");
}

#[test]
fn accounts_do_not_mix() {
    let mut story = steady().sends([0], 10);
    story = story.of("bob@b.test", baseline(), 500, |_| {}).of("bob@b.test", [0], 510, |_| {});
    story = story.of("carol@c.test", baseline(), 10, |_| {}).of("carol@c.test", [0], 30, |day| day.recipients = 10);
    let found = story.findings();
    assert_eq!(found.iter().map(|finding| &*finding.account).collect::<Vec<_>>(), ["carol@c.test"]);
}

#[test]
fn a_profile_raises_the_floor_of_its_accounts() {
    let thresholds = Thresholds { volume: Limit { floor: 500, cold_start: 1_000 }, ..Thresholds::default() };
    let profile = |account: &str| Profile {
        name: "high_volume".to_owned(),
        accounts: vec![account.to_owned()],
        thresholds: thresholds.clone(),
    };
    let story = |messages, account: &str| {
        let mut story = steady().with([0], messages, |day| day.recipients = 10);
        story.settings = Settings { profiles: vec![profile(account)], ..Settings::default() };
        story.told()
    };
    assert!(story(509, "alice@a.test").is_empty());
    assert_eq!(story(510, "alice@a.test"), ["volume notice"]);
    assert!(story(509, "*@a.test").is_empty());
    assert_eq!(story(509, "bob@a.test"), ["volume notice"]);
}

#[test]
fn lengths_are_settings() {
    let mut story = Story::new().sends([-40, -45], 3).sends([0], 3);
    story.settings.usual.dormant_days = 39;
    assert_eq!(story.told(), ["dormant_wakes notice"]);
    story.settings.usual.dormant_days = 40;
    assert!(story.told().is_empty());
    // With a baseline of 60 days, seven days at its far end are one.
    let mut story = Story::new().sends(-60..-53, 2).with([0], 50, |day| day.recipients = 2);
    story.settings.usual.dormant_days = 366;
    assert!(story.told().is_empty());
    story.settings.baseline_days = 60;
    assert_eq!(story.told(), ["volume notice"]);
}
