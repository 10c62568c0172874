//! What was refused.

use super::parse;

#[test]
fn refusals_name_who_was_refused() {
    assert_eq!(
        parse(
            "2025-12-30 10:00:04 plain authenticator failed for ([192.168.1.78]) [127.0.2.32]:37917: 535 Incorrect authentication data (set_id=nobody@x, set_id=ceo)"
        ),
        "auth_failed nobody@x, set_id=ceo (PLAIN) from [127.0.2.32] as [192.168.1.78]: 535 535 Incorrect authentication data"
    );
    assert_eq!(
        parse("2025-12-30 10:00:04 login authenticator failed for H (h) [127.0.2.32]: 501 Authentication cancelled"),
        "auth_aborted  (LOGIN) from [127.0.2.32] as h: 501 501 Authentication cancelled"
    );
    assert_eq!(
        parse(
            "2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (gnutls_handshake): No supported cipher suites have been found."
        ),
        "tls_failed  () from [127.0.10.3] as S:  No supported cipher suites have been found."
    );
    assert_eq!(
        parse("2026-01-01 00:00:02 TLS error on connection from (S) [127.0.10.3] (recv): Error in the pull function."),
        "-"
    );
}

/// `smtp_in_auth` in `smtp_in.c`: `"435 Unable to authenticate at present%s: %s"`.
#[test]
fn an_account_that_could_not_be_judged_ends_in_front_of_why() {
    let failed = |text: &str| parse(&format!("2026-01-03 10:00:00 plain authenticator failed for {text}"));
    assert_eq!(
        failed(
            "host.example ([192.168.0.14]) [198.51.100.1]: 435 Unable to authenticate at present (set_id=bob@corp.example.com): cannot connect to saslauthd daemon at /var/run/saslauthd/mux: Permission denied"
        ),
        "auth_failed bob@corp.example.com (PLAIN) from [198.51.100.1] as [192.168.0.14]: 435 435 Unable to authenticate at present"
    );
    assert_eq!(
        failed("(x) [198.51.100.1]: 435 Internal error (set_id=u): return 9 from authentication check"),
        "auth_failed u (PLAIN) from [198.51.100.1] as x: 435 435 Internal error"
    );
    assert_eq!(
        failed("(x) [198.51.100.1]: 435 Unable to authenticate at present: cannot connect [x]: y"),
        "auth_failed  (PLAIN) from [198.51.100.1] as x: 435 435 Unable to authenticate at present: cannot connect [x]: y"
    );
    assert_eq!(
        failed(
            "H=(ylmf-pc) [198.51.100.2]:5555 I=[192.0.2.1]:587 U=ident: 535 Incorrect authentication data (set_id=bob)"
        ),
        "auth_failed bob (PLAIN) from [198.51.100.2] as ylmf-pc: 535 535 Incorrect authentication data"
    );
    assert_eq!(
        failed("root: 535 Incorrect authentication data (set_id=bob)"),
        "auth_failed bob (PLAIN) from [] as : 535 535 Incorrect authentication data"
    );
}

#[test]
fn a_refused_client_cannot_name_another() {
    let failed = |text: &str| parse(&format!("2026-01-03 10:00:00 plain authenticator failed for {text}"));
    assert_eq!(
        failed("(x (set_id=ceo) [198.51.100.9]: 535 Incorrect authentication data (set_id=mallory)"),
        "auth_failed mallory (PLAIN) from [198.51.100.9] as x (set_id=ceo: 535 535 Incorrect authentication data"
    );
    assert_eq!(
        failed("(x) [1.1.1.1]: 535 no (set_id=ceo) [198.51.100.9]: 535 Incorrect authentication data (set_id=mallory)"),
        "unreadable: refusal that can be read in several ways"
    );
    let error = |text: &str| parse(&format!("2026-01-03 10:00:00 TLS error on connection from {text}"));
    assert_eq!(
        error(
            "(x) [1.1.1.1] (gnutls_handshake): y) [198.51.100.4]:1 I=[192.0.2.1]:465 (SSL_accept): unsupported protocol"
        ),
        "tls_failed  () from [198.51.100.4] as x) [1.1.1.1] (gnutls_handshake): y:  unsupported protocol"
    );
    assert_eq!(error("[198.51.100.4] (via inetd) (SSL_accept): no"), "tls_failed  () from [198.51.100.4] as :  no");
    assert_eq!(
        failed("(x Ci=1) [198.51.100.4]:2 I=[192.0.2.1]:587 Ci=22 U=i: 535 Incorrect authentication data (set_id=a)"),
        "auth_failed a (PLAIN) from [198.51.100.4] as x Ci=1: 535 535 Incorrect authentication data"
    );
    assert_eq!(
        parse(
            "2026-01-03 10:00:00 TLS error on connection Ci=22 from (x) [198.51.100.4]:1 I=[192.0.2.1]:465 (gnutls_handshake): no"
        ),
        "tls_failed  () from [198.51.100.4] as x:  no"
    );
}

/// `smtp_handle_acl_fail` in `smtp_in.c`: the account stands there at `RCPT` and behind the content.
#[test]
fn refused_content_is_a_refusal_of_whose_it_was() {
    let line = |text: &str| parse(&format!("2026-01-03 10:00:11 1vbJDq-00001B-2d {text}"));
    assert_eq!(
        line(
            "H=(x) [198.51.100.4] X=TLS1.3:A:256 F=<a@b> A=plain:a@b rejected after DATA: This message contains malware"
        ),
        "data_rejected a@b (PLAIN) from [198.51.100.4] as x:  This message contains malware"
    );
    assert_eq!(
        line(
            " DS H=h.example (x) [198.51.100.4]:1 U=i X=TLS1.3:A:256 CV=no F=<a@b> A=login SPF=pass DMARC=none temporarily rejected after DATA"
        ),
        "data_rejected  (LOGIN) from [198.51.100.4] as x:  rejected after DATA"
    );
    assert_eq!(
        line(
            r#"H=(x) [198.51.100.4] X=TLS1.3:A:256 F=<"> A=plain:ceo rejected after DATA"@b> A=plain:a@b rejected during MIME ACL checks: no"#
        ),
        "data_rejected a@b (PLAIN) from [198.51.100.4] as x:  no"
    );
    assert_eq!(line("H=(x) [198.51.100.4] X=TLS1.3:A:256 F=<a@b> rejected after DATA: spam A=5"), "-");
    assert_eq!(line("H=(x) [198.51.100.4] X=TLS1.3:A:256 F=<a@b> A=plain:a@b rejected RCPT <c@d>: relay"), "-");
    assert_eq!(
        line(
            "H=(x) [1.1.1.1] F=<a@b> A=plain:ceo rejected after DATA: ) [198.51.100.4] F=<a@b> rejected after DATA: no"
        ),
        "unreadable: refusal that can be read in several ways"
    );
}
