//! What is left of lines with credentials in them, whole and cut.

use super::*;

fn shown(line: &str) -> String {
    String::from_utf8_lossy(&credentials(line.as_bytes())).into_owned()
}

#[test]
fn credentials_are_taken_out() {
    for line in [
        // Haraka.
        r#"[core] hook=unrecognized_command plugin=auth/flat_file params="RXJwLVB3LTY=" retval=OK"#,
        r#"[core]  hook=unrecognized_command plugin=auth/poste params=RXJwLVB3LTYx retval=OK msg="""#,
        r#"{"plugin":"auth/flat_file","params":"bGVnYWN5ZmF4","retval":"OK""#,
        r#"{"params":"AG5ld3NsZXR0ZXJAbmV3cy5leGFtcGxlLm5ldAB3cm9uZy1wYXNzd29yZA==""#,
        "[PROTOCOL] [X] [core] C: AUTH PLAIN AG5ld3NsZXR0ZXIAd3Jvbmc= state=1",
        "[PROTOCOL] [X] [core] C: 5/bkFw state=1",
        // hMailServer, MailEnable, Courier.
        "\"SMTPD\"\t1\t2\t\"192.0.2.1\"\t\"RECEIVED: c2VjcmV0\"",
        "SMTP-IN\tX.MAI\t1448\t192.0.2.1\tAUTH\tYnJlZA==\t535 Invalid Username or Password",
        "courieresmtpd: error,relay=::ffff:192.0.2.1,msg=\"535 Authentication failed.\",cmd: YWRv",
        // Stalwart.
        r#"TRACE Raw SMTP input received (smtp.raw-input) remotePort = 35567, size = 9, contents = "bred\r\n""#,
        // Exim.
        r#"SMTP protocol error in "AUTH PLAIN c2VjcmV0" H=(h) [192.0.2.1] AUTH command used when not advertised"#,
        r#"SMTP syntax error in "c2VjcmV0cw" H=(h) [192.0.2.1] unrecognized command"#,
        r#"SMTP protocol error in "AUTH PLAIN x c2VjcmV0 " AGEA" H=(h) [192.0.2.1] already authenticated"#,
        r#"H=(h) [192.0.2.1] rejected AUTH PLAIN c2VjcmV0: not without TLS"#,
        r#"SMTP call from h [192.0.2.1] dropped: too many syntax or protocol errors (last command was "c2VjcmV0 AGEA", C=AUTH)"#,
        // Anything of the kind.
        "auth plain c2VjcmV0",
        "C: AUTH LOGIN 5OTk5A==",
        r#"x {"m":"AGEAYi9j\/w=="}"#,
        "cut in the middle AG5ld3NsZXR0ZXJAbmV3cy5leGFtcGxl",
    ] {
        let clean = shown(line);
        assert!(clean.contains("[redacted]"), "{line}");
        for secret in ["RXJw", "bGVn", "AG5l", "c2Vj", "YnJl", "YWRv", "5OTk", "5/bk", "AGEA", "d3Jv", "LTY", "3cm9"] {
            assert!(!clean.contains(secret), "{clean}");
        }
    }
}

/// Lines that are cut where it is worst: anywhere.
#[test]
fn what_is_left_of_credentials_is_taken_out() {
    const SECRETS: [&str; 3] = [
        // A name and a password, one with an umlaut; a token (RFC 7628).
        "AGFsaWNlQGNvcnAuZXhhbXBsZS5jb20AaHVudGVyMi1zZWNyZXQ=",
        "AG3DvGxsZXJAZXhhbXBsZS5vcmcAZ2Vow7xyZW4tc3Ryw6TDn2U=",
        "bixhPWFsaWNlQGV4YW1wbGUub3JnLAFhdXRoPUJlYXJlciB2RjlkZnQ0cW1UYzJOdmI=",
    ];
    for secret in SECRETS {
        for (before, behind) in [
            ("[core] C: AUTH PLAIN ", " state=1"),
            ("[core] C: AUTH  PLAIN  ", " state=1"),
            ("[core] C: ", " state=1"),
            ("[core] C: (after-disconnect): ", " state=100"),
            ("[core] pipeline: ", ""),
            ("[early_talker] state=1 esmtp=true line=\"", "\""),
            ("hook=unrecognized_command params=\"", "\" retval=OK msg=\"\""),
            ("\"192.0.2.7\"\t\"RECEIVED: AUTH PLAIN ", "\""),
            (r#"{"response":{"code":535,"command":""#, r#""},"peer_address":{}}"#),
        ] {
            for end in 8..=secret.len() {
                let clean = shown(&format!("{before}{}", &secret[..end]));
                assert!(!clean.contains(&secret[..8]), "{clean}");
            }
            for start in 0..=secret.len() - 8 {
                let clean = shown(&format!("{}{behind}", &secret[start..]));
                assert!(!clean.contains(&secret[secret.len() - 8..]), "{start}: {clean}");
            }
            let clean = shown(&format!("{before}{secret}{behind}"));
            assert_eq!(clean.matches("[redacted]").count(), 1, "{clean}");
            assert!(clean.ends_with(behind), "{clean}");
        }
    }
}

/// A client that sends its password as it is.
#[test]
fn what_a_client_has_sent_goes_whole() {
    for (line, clean) in [
        ("[core] C: correct@horse.battery state=1", "[core] C: [redacted] state=1"),
        ("[core] C: -correct \"horse\" state=2 state=1", "[core] C: [redacted] state=1"),
        ("[core] C: quit@home state=1", "[core] C: [redacted] state=1"),
        ("[core] C: AUTH LOGIN a@b my=p,w state=1", "[core] C: AUTH LOGIN [redacted] state=1"),
        ("[core] C: AUTH AGEAaHVudGVyMg== PLAIN state=1", "[core] C: AUTH [redacted] state=1"),
        (
            "SMTP protocol error in \"AUTH  AGFsaWNlQGV4YW1wbGUub3JnAGh1bnRlcjI= PLAIN\" U=root AUTH command",
            "SMTP protocol error in \"AUTH  [redacted]\" U=root AUTH command",
        ),
        ("x params=my-p@ss:word! retval=OK msg=\"\"", "x params=[redacted] retval=OK msg=\"\""),
        ("x params=\"my \\\"p@ss\" retval=OK", "x params=\"[redacted]\" retval=OK"),
        (r#""response":{"code":501,"command":"p@ss\"w"},"#, r#""response":{"code":501,"command":"[redacted]"},"#),
        (r#"{"params":"my p@ss\"w","retval":"OK"}"#, r#"{"params":"[redacted]","retval":"OK"}"#),
        (r#"{"message":"C: p@ss\"w state=1","x":"y"}"#, r#"{"message":"C: [redacted] state=1","x":"y"}"#),
        ("\"192.0.2.1\"\t\"RECEIVED: p@ss\"wo rd\"", "\"192.0.2.1\"\t\"RECEIVED: [redacted]\""),
        ("\"192.0.2.1\"\t\"RECEIVED: p@ss\"wo", "\"192.0.2.1\"\t\"RECEIVED: [redacted]"),
        ("size = 1, contents = \"p@ss w\\\"d\\r\\n\", x = 1", "size = 1, contents = \"[redacted]\", x = 1"),
        (r#"contents = "AUTH LOGIN\r\nYWxpY2U=\r\naHVudGVyMiE=\r\n""#, r#"contents = "AUTH LOGIN\r\n[redacted]""#),
        (r#"contents = "EHLO x\r\nAUTH PLAIN p@ss\r\n""#, r#"contents = "EHLO x\r\nAUTH PLAIN [redacted]""#),
        (r"buffered: AUTH LOGIN\r\nYWxpY2U=\r\naHVudGVyMiE=\r\n", r"buffered: AUTH LOGIN\r\n[redacted]"),
        (r"got AUTH\tPLAIN\tAGEAYg==", r"got AUTH\tPLAIN\t[redacted]"),
        (r"input YWxpY2U=\r\naHVudGVyMiE=\r\n", r"input [redacted]\r\n[redacted]\r\n"),
        ("1448\tAUTH\tp@ss word\t535 Invalid", "1448\tAUTH\t[redacted]\t535 Invalid"),
        ("auth plain p@ss/word!", "auth plain [redacted]"),
        ("2026-03-02,c,s,1,l,r,<,AUTH login p@ss,", "2026-03-02,c,s,1,l,r,<,AUTH login [redacted]"),
    ] {
        assert_eq!(shown(line), clean);
    }
}

#[test]
fn the_rest_of_a_line_stays() {
    for line in [
        "Dec 30 10:00:06 mx1 postfix/submission/smtpd[546]: A73A89D6896: client=unknown[127.0.2.32], sasl_method=LOGIN",
        "[NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1 port=54007 local_port=587",
        r#"hook=unrecognized_command plugin=tls function=upgrade_connection params=STARTTLS retval=OK msg="""#,
        "[core] C: AUTH LOGIN state=1",
        r#""response":{"code":550,"content":"no such user","command":"RCPT TO:<nobody@example.org>"},"peer"#,
        r#"size = 12, contents = "AUTH LOGIN\r\n""#,
        "[core] C: EHLO printer.example.org state=1",
        "\"SMTPD\"\t1\t2\t\"2026-03-02 19:46:05.177\"\t\"192.0.2.7\"\t\"RECEIVED: MAIL FROM:<a@example.org>\"",
        "2026-03-02T07:57:37.405Z,MBX1\\Client,08D7D4D2EFBC4CC6,9,192.0.2.1:587,192.0.2.7:5000,<,AUTH login,",
        "2026-01-01 14:00:03 1vbJDf-00001B-2d <= erp@erp.example.com H=(erp.example.com) [127.0.10.1] P=esmtpsa",
        "",
    ] {
        assert_eq!(shown(line), line);
    }
}
