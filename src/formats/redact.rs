//! Taking credentials out of a line that is kept.
//!
//! Some servers write what a client sent for `AUTH` into their logs, in base64 (RFC 4954 section 4): Haraka as the
//! parameter of a hook, hMailServer, Courier and MailEnable as the client's line. A line that cannot be read may be of
//! any server, so every kept line goes through here, and what might be a credential is one: an id that is lost from a
//! line which nobody could read costs little, a password that is kept costs much.

use std::borrow::Cow;

/// What stands in place of a secret.
const REDACTED: &[u8] = b"[redacted]";

/// The shortest word that is taken for a secret where nothing in front of it says so, but it is base64 of a text.
const SHORT: usize = 8;

/// The shortest one that is taken for a secret by its length and letters alone.
const LONG: usize = 24;

/// What stands in front of what a client has sent.
const MARKS: [&[u8]; 12] = [
    b"params=",
    b"params=\"",
    b"\"params\":\"",
    b"C: ",
    b"RECEIVED: ",
    b"cmd: ",
    b"cmd=",
    b"cmd=\"",
    b"334 ",
    b"AUTH\t",
    b"Bearer ",
    b"<,",
];

/// Commands that are no secrets where they stand in such a place.
const COMMANDS: [&[u8]; 14] = [
    b"AUTH",
    b"BDAT",
    b"DATA",
    b"EHLO",
    b"HELO",
    b"HELP",
    b"LHLO",
    b"MAIL",
    b"NOOP",
    b"QUIT",
    b"RCPT",
    b"RSET",
    b"STARTTLS",
    b"VRFY",
];

/// A line in which whatever may be a client's credentials is replaced.
#[must_use]
pub fn credentials(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut clean: Vec<u8> = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while at < raw.len() {
        let length = word_length(&raw[at..]);
        // What an equals sign follows is a field's name.
        if length > 0 && raw.get(at + length) != Some(&b'=') && is_secret(&raw[..at], &raw[at..at + length]) {
            clean.extend_from_slice(&raw[copied..at]);
            clean.extend_from_slice(REDACTED);
            copied = at + length;
        }
        at += length.max(1);
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    clean.extend_from_slice(&raw[copied..]);
    Cow::Owned(clean)
}

/// How many bytes of base64 a text begins with, its padding included. A slash may stand escaped, as in JSON.
fn word_length(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        match &text[length..] {
            [b'\\', b'/', ..] => length += 2,
            [byte, ..] if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => length += 1,
            _ => break,
        }
    }
    let padding = if length == 0 { 0 } else { text[length..].iter().take(2).take_while(|byte| **byte == b'=').count() };
    // `name=value`: that sign ends no base64.
    if text.get(length + padding).is_some_and(u8::is_ascii_alphanumeric) { length } else { length + padding }
}

fn is_secret(before: &[u8], word: &[u8]) -> bool {
    let is_command = || COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command));
    if MARKS.iter().any(|mark| before.ends_with(mark)) {
        return !is_command();
    }
    is_behind_auth(before) || looks_secret(word)
}

/// Whether a word stands behind `AUTH MECHANISM`.
fn is_behind_auth(before: &[u8]) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some((mechanism, rest)) = last_word(before).filter(|_| before.last().is_some_and(blank)) else { return false };
    let is_mechanism = mechanism.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_mechanism
        && last_word(rest).is_some_and(|(command, _)| {
            let start = command.iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
            command[start..].eq_ignore_ascii_case(b"AUTH")
        })
}

/// The last word of a text, and what stands in front of it.
fn last_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_end();
    let start = text.iter().rposition(u8::is_ascii_whitespace).map_or(0, |at| at + 1);
    (start < text.len()).then(|| (&text[start..], &text[..start]))
}

/// Whether a word is base64 of a text, or is padded, or is long and of letters that no name has.
fn looks_secret(word: &[u8]) -> bool {
    let digits = word.iter().filter(|byte| !matches!(byte, b'=' | b'\\')).copied();
    let count = digits.clone().count();
    let padded = word.ends_with(b"=");
    if count % 4 == 1 || (padded && (count + word.iter().filter(|byte| **byte == b'=').count()) % 4 != 0) {
        return false;
    }
    let has = |is: fn(&u8) -> bool| word.iter().any(is);
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(|byte| !byte.is_ascii_alphabetic());
    let whole = padded || count % 4 == 0;
    (padded && count + 2 >= SHORT) || (count >= LONG && mixed) || (whole && count >= SHORT && is_text(&decode(digits)))
}

/// Base64's digits as bytes; a rest that fills no byte is left out.
fn decode(digits: impl Iterator<Item = u8>) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

/// Whether bytes are text as a client sends it: `\0user\0password`, or a token with its own separators (RFC 7628).
fn is_text(bytes: &[u8]) -> bool {
    let is_text =
        |text: &str| text.chars().all(|character| !character.is_control() || matches!(character, '\0' | '\x01'));
    std::str::from_utf8(bytes).is_ok_and(is_text)
}

#[cfg(test)]
mod tests {
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
            // Anything of the kind.
            "auth plain c2VjcmV0",
            "C: AUTH LOGIN 5OTk5A==",
            r#"x {"m":"AGEAYi9j\/w=="}"#,
            "cut in the middle AG5ld3NsZXR0ZXJAbmV3cy5leGFtcGxl",
        ] {
            let clean = shown(line);
            assert!(clean.contains("[redacted]"), "{line}");
            for secret in
                ["RXJw", "bGVn", "AG5l", "c2Vj", "YnJl", "YWRv", "5OTk", "5/bk", "AGEA", "d3Jv", "LTY", "3cm9"]
            {
                assert!(!clean.contains(secret), "{clean}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_line_stays() {
        for line in [
            "Dec 30 10:00:06 mx1 postfix/submission/smtpd[546]: A73A89D6896: client=unknown[127.0.2.32], sasl_method=LOGIN",
            "[NOTICE] [1014A164-B54B-4A4B-8C4E-3C5F8E1B0D0A] [core] connect ip=192.0.2.1 port=54007 local_port=587",
            r#"hook=unrecognized_command plugin=tls function=upgrade_connection params=STARTTLS retval=OK msg="""#,
            "[core] C: AUTH LOGIN state=1",
            "[core] C: EHLO printer.example.org state=1",
            "2026-01-01 14:00:03 1vbJDf-00001B-2d <= erp@erp.example.com H=(erp.example.com) [127.0.10.1] P=esmtpsa",
            "",
        ] {
            assert_eq!(shown(line), line);
        }
    }
}
