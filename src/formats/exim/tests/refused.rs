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

/// `tls_server_start` in `tls-openssl.c`.
#[test]
fn handshakes_break_in_several_words() {
    let error = |text: &str| parse(&format!("2026-01-03 10:00:00 TLS error on connection from {text}"));
    assert_eq!(
        error("(h) [10.0.0.2] (SSL_accept (TLSv1.0)): error:1: x"),
        "tls_failed  () from [10.0.0.2] as h:  error:1: x"
    );
    assert_eq!(
        error("(h) [10.0.0.2] SSL_accept: TCP connection closed by peer"),
        "tls_failed  () from [10.0.0.2] as h:  TCP connection closed by peer"
    );
    assert_eq!(
        error("(x) [1.1.1.1] SSL_accept: TCP connection closed by peer) [10.0.0.2] (SSL_accept): (TLSv1.3)"),
        "tls_failed  () from [10.0.0.2] as x) [1.1.1.1] SSL_accept: TCP connection closed by peer:  (TLSv1.3)"
    );
}

/// `synprot_error` and `smtp_handle_acl_fail` in `smtp_in.c`.
#[test]
fn commands_to_authenticate_may_be_refused() {
    let line = |text: &str| parse(&format!("2026-01-03 10:00:00 {text}"));
    let error = |command: &str, text: &str| line(&format!("SMTP protocol error in \"{command}\" {text}"));
    assert_eq!(
        error(
            "auth PLAIN AGEAYmM=",
            "H=h.example (x) [10.0.0.2]:5 I=[10.0.0.1]:587 U=i Ci=7 AUTH command used when not advertised"
        ),
        "auth_failed  (PLAIN) from [10.0.0.2] as x:  AUTH command used when not advertised"
    );
    assert_eq!(
        error("AUTH CRAM-MD5", "H=(x) [10.0.0.2] CRAM-MD5 authentication mechanism not supported"),
        "auth_failed  (CRAM-MD5) from [10.0.0.2] as x:  authentication mechanism not supported"
    );
    assert_eq!(
        error("AUTH", "H=(x) [10.0.0.2] AUTH command used when not advertised"),
        "auth_failed  () from [10.0.0.2] as x:  AUTH command used when not advertised"
    );
    // A password where the mechanism should be.
    assert_eq!(
        error("AUTH AGFsaWNlAGFsaWNlLXNlY3JldA==", "H=(x) [10.0.0.2] AUTH command used when not advertised"),
        "auth_failed  () from [10.0.0.2] as x:  AUTH command used when not advertised"
    );
    assert_eq!(
        line(" DS H=(x) [10.0.0.2] Ci=7 X=TLS1.3:A:256 CV=no temporarily rejected AUTH LOGIN: not from here: go"),
        "auth_failed  (LOGIN) from [10.0.0.2] as x:  not from here: go"
    );
    // Up to 4.96 the whole command stands there.
    assert_eq!(
        line("H=(x) [10.0.0.2] rejected AUTH PLAIN AGEAYmM=: no"),
        "auth_failed  (PLAIN) from [10.0.0.2] as x:  rejected AUTH"
    );
    for other in [
        "SMTP protocol error in \"AUTH LOGIN\" H=(x) [10.0.0.2] already authenticated",
        "SMTP protocol error in \"AUTH LOGIN\" U=root AUTH command used when not advertised",
        "SMTP protocol error in \"MAIL FROM:<a@b>\" H=(x) [10.0.0.2] AUTH command used when not advertised",
        "H=(x) [10.0.0.2] rejected MAIL <\"a rejected AUTH LOGIN\"@b>: no",
        "H=(x) [10.0.0.2] F=<\"a [1.1.1.1] rejected AUTH LOGIN: \"@b> rejected RCPT <c@d>: no",
        "H=h.example [10.0.0.2] F=<\"(y) [1.1.1.1] rejected AUTH LOGIN: \"@b> rejected RCPT <c@d>: no",
        "H=[10.0.0.2] F=<\"(y) [1.1.1.1] rejected AUTH LOGIN: \"@b> rejected RCPT <c@d>: no",
    ] {
        assert_eq!(line(other), "-", "{other}");
    }
    for several in [
        "H=(x) [1.1.1.1] rejected AUTH LOGIN: ) [10.0.0.2] incomplete transaction (QUIT) from <a@b>",
        "H=(x) [10.0.0.2] F=<\"(y) [1.1.1.1] rejected AUTH LOGIN: \"@b> rejected RCPT <c@d>: no",
        "SMTP protocol error in \"AUTH X\" H=(y) [1.1.1.1] U=\" H=(x) [10.0.0.2] AUTH command used when not advertised",
    ] {
        assert_eq!(line(several), "unreadable: refusal that can be read in several ways", "{several}");
    }
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
            "H=(x) [198.51.100.4] X=TLS1.3:A:256:X25519 F=<a@b> A=plain:a@b SPF DMARC DSN=ret,notify rejected after DATA: no"
        ),
        "data_rejected a@b (PLAIN) from [198.51.100.4] as x:  no"
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
