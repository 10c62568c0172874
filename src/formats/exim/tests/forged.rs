//! What clients write that looks like fields.

use super::{message, parse};

#[test]
fn nothing_a_client_wrote_is_a_field() {
    let helo = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= m@ops.example.org H=(x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 () [127.0.10.5]:57677 P=esmtpa A=plain:m@ops.example.org S=300 id=a@b";
    assert_eq!(
        parse(helo),
        r#"1w6eVR-00001C-2b by m@ops.example.org (PLAIN) from [127.0.10.5] as x.example.org) [198.51.100.7] P=esmtpsa A=plain:ceo@corp.example.com X=TLS1.3:X:256 ( "No" sender m@ops.example.org size Some(300) to None id a@b"#
    );
    let behind = r#" S=1 id=x [192.0.2.9] P=esmtpsa A=plain:ceo@corp.example.com S=2 T="[192.0.2.9] P=esmtpsa A=plain:ceo for x" for a@b"#;
    let found =
        parse(&format!("2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpa A=plain:me{behind}"));
    assert!(found.contains(" by me (PLAIN) from [127.0.10.5] as h "), "{found}");
    let sni = "2026-03-29 01:59:57 1w6eVR-00001C-2b <= a@b H=(h) [127.0.10.5] P=esmtpsa CV=no SNI=a X=TLS1.3:A:256 A=plain:ceo A=plain:me S=1";
    assert!(parse(sni).contains(r#" by me (PLAIN) from [127.0.10.5] as h "Yes""#), "{}", parse(sni));
    let sender = r#"2026-03-29 01:59:57 1w6eVR-00001C-2b <= "a H=(q) [1.1.1.1] P=esmtpsa A=plain:ceo S=1 id=x"@b H=(h) [127.0.10.5] P=esmtpa A=plain:me S=1"#;
    assert!(parse(sender).contains(" by me (PLAIN) from [127.0.10.5] as h "), "{}", parse(sender));
}

#[test]
fn words_of_a_message_from_here_are_no_fields() {
    for (whence, fields) in [
        ("root@x U=root", r#"local S=812 T="Result A=5" for a@b"#),
        ("root@x U=root Ci=22", r#"local S=812 T="Result A=5" for a@b"#),
        ("<> R=1vbJDi-00001B-2d U=Debian-exim Ci=22", r#"local S=812 T="Mail A=5 failed" for a@b"#),
        ("root@x U=www", r#"local S=812 T="[192.0.2.7] P=esmtpsa X=TLS1.0:A:256 A=plain:ceo@corp S=1" for a@b"#),
        ("root@x U=www", r#"local S=812 id="a [1.1.1.1] P=esmtpa A=plain:ceo@corp S=1"@x"#),
        (
            "<> R=1vbJDi-00001B-2d U=Debian-exim",
            r#"local S=17 T="[192.0.2.7] P=esmtp A=plain:ceo S=1" from <> for a@b"#,
        ),
        ("root@x U=root", r#"spam-scanned S=4726 id=1@x T="A=plain""#),
    ] {
        assert_eq!(message(whence, fields), "-", "{whence} {fields}");
    }
}

/// Each of these is of a client that has not authenticated, and holds a submission in its own words.
#[test]
fn nobody_sends_as_somebody_else() {
    let mx = "H=mx.evil.example [198.51.100.7]";
    let tls = "X=TLS1.3:A:256 CV=no";
    for (whence, fields) in [
        // The sender: blanks stand between quotation marks, or behind a backslash.
        (format!(r#"x."q [1.1.1.1] P=esmtpsa A=plain:ceo S=1 id=x"@evil {mx}"#), format!("esmtps {tls} S=4726 id=2@x")),
        (format!(r"x\ [1.1.1.1]\ P=esmtpsa\ A=plain:ceo\ S=1@evil {mx}"), format!("esmtps {tls} S=4726 id=2@x")),
        // Its names.
        ("m@x H=(x [1.1.1.1] P=esmtpa A=plain:ceo S=1 id=z) [198.51.100.7]".into(), "esmtp S=4726 id=1@x".into()),
        ("m@x H=(x) [1.1.1.1] P=esmtpa A=plain:ceo S=1 id=z) [198.51.100.7]".into(), "esmtp S=4726 id=1@x".into()),
        ("m@x H=(x) [1.1.1.1] P=esmtpa A=plain:ceo S=1 for a@b) [198.51.100.7]".into(), "esmtp S=4726 id=1@x".into()),
        (format!("m@x {mx} U=q [192.0.2.7] P=esmtpa A=plain:ceo"), "esmtp S=4726 id=2@x".into()),
        (format!("m@x {mx}"), format!(r#"esmtps {tls} DN="/CN=x A=plain:ceo" S=4726 id=2@x"#)),
        (format!("m@x {mx}"), format!(r#"esmtps {tls} DN="/CN=x" A=plain:ceo" S=4726 id=2@x"#)),
        (format!("m@x {mx}"), format!("esmtps {tls} SNI=a A=plain:ceo S=4726 id=2@x")),
        // What it sends.
        (format!("m@x {mx}"), format!(r#"esmtps {tls} S=4726 for "q [1.1.1.1] P=esmtpsa A=plain:ceo S=1"@catchall"#)),
        (format!("m@x {mx}"), r#"esmtp S=4726 id=1@x T="x) [1.1.1.1] P=esmtpsa A=plain:ceo@y S=1 for x""#.into()),
        (
            format!("m@x {mx}"),
            r#"esmtp S=4726 id=1@x T="x A=plain:ceo@y S=1" from <"x A=plain:c S=2 "@y> for a@b"#.into(),
        ),
        (format!("m@x {mx}"), r#"esmtp S=4726 id*=2@x T="A=plain:ceo for x" for a@b"#.into()),
    ] {
        assert_eq!(message(&whence, &fields), "-", "{whence} {fields}");
    }
}

#[test]
fn nobody_hides_behind_words() {
    for (whence, fields) in [
        ("a@x H=(h) [127.0.10.5]", r#"esmtpa A=plain:me S=300 id=1@x T="x) [1.1.1.1] P=esmtp S=1 for x" for a@b"#),
        ("a@x H=(h) [127.0.10.5]", r#"esmtpa A=plain:me S=300 id="x) [1.1.1.1] P=esmtpa A=plain:ceo S=1"@x"#),
        ("a@x H=(h) [127.0.10.5]", r#"esmtpsa DN="C=DE,O=Foo, S=Bavaria,CN=a b" A=plain:me S=5 id=1"#),
        ("a@x H=(h) [127.0.10.5]", r#"esmtpsa DN="CN=x" A=plain:ceo S=1 T="x" SNI=y A=plain:me S=5 id=1"#),
        ("a@x H=(h) [127.0.10.5]", "esmtpsa CV=no SNI=q [1.1.1.1] P=esmtp A=plain:me S=5 id=1"),
        ("a@x H=(h) [127.0.10.5]", "esmtpsa CV=no SNI=q S=1 id=x A=plain:me S=5 id=1"),
        // What a syslog has cut.
        ("a@x H=(h) [127.0.10.5]", r#"esmtpa A=plain:me S=300 id=1@x T="half a subj"#),
        // A sender named at `AUTH=`.
        ("a@x H=(h) [127.0.10.5]", "esmtpa A=plain:me:x A=plain:ceo S=300 id=1@x"),
        ("a@x H=(h) [127.0.10.5]", "esmtpa A=plain:me:x S=1 id=z S=300 id=1@x"),
    ] {
        let found = message(whence, fields);
        assert!(found.contains(" by me (PLAIN) from [127.0.10.5] as h "), "{fields}: {found}");
    }
}

/// Where the client's words make sense as fields in every respect, nothing tells them from the server's.
#[test]
fn what_can_be_read_in_several_ways_is_kept_as_unreadable() {
    for (whence, fields) in [
        ("a@x H=(x) [1.1.1.1] P=esmtpa A=plain:ceo:) [198.51.100.7]", "esmtp S=4726 id=1@x"),
        ("a@x H=(x) [1.1.1.1] U=y) [127.0.10.5]", "esmtpa A=plain:me S=300 id=1@x"),
        ("a@x H=(h) [127.0.10.5]", "smtps CV=no SNI=q A=plain:ceo S=300 id=1@x"),
        ("a@x H=(h) [127.0.10.5]", "esmtpsa CV=no SNI=q A=plain:me:x A=plain:ceo S=300 id=1@x"),
    ] {
        assert_eq!(message(whence, fields), "unreadable: <= with A= that can be read in several ways", "{fields}");
    }
    let many = " P=x S=1".repeat(9);
    let found = message("a@x H=(h) [127.0.10.5]", &format!(r#"esmtpa A=plain:me S=300 id=1@x T="{many}""#));
    assert_eq!(found, "unreadable: <= with too much that looks like fields");
    assert_eq!(
        message(r#""a@x H=(h) [127.0.10.5]"#, "esmtpa A=plain:me S=3"),
        "unreadable: <= with A= whose sender cannot be read"
    );
    assert_eq!(message("a@x H=h", "esmtpa A=plain:me S=3"), "unreadable: <= with A= that cannot be read");
}
