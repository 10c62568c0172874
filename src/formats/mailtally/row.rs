//! One line's columns, and the record that they make.

use std::net::IpAddr;

use super::number::{plain, without_fraction};
use super::{COLUMNS, FREE, TLS_VERSIONS};
use crate::formats::bytes::decimal;
use crate::formats::record::{Accepted, Client, Encrypted, LARGEST_MESSAGE, RefusalKind, Refused};
use crate::formats::{Unreadable, service};
use crate::sources::fields::{Fields, NESTED};

/// A line's columns, in the order of [`COLUMNS`]; empty ones are not there.
pub(super) struct Row<'a>([&'a [u8]; COLUMNS.len()]);

impl<'a> Row<'a> {
    pub(super) fn of(fields: Fields<'a>) -> Result<Self, Unreadable> {
        let mut found = [None; COLUMNS.len()];
        for (path, value) in fields.iter() {
            match COLUMNS.iter().position(|column| column.as_bytes() == path) {
                Some(place) if found[place].replace(value).is_some() => {
                    return Err(Unreadable("a column that is there twice"));
                }
                None if path.starts_with(FREE) => {}
                None if path.ends_with(NESTED) => return Err(Unreadable("a list or an object, which is no value")),
                None => return Err(Unreadable("a column that is not in the schema")),
                Some(_) => {}
            }
        }
        Ok(Self(found.map(Option::unwrap_or_default)))
    }

    fn get(&self, column: &str) -> &'a [u8] {
        COLUMNS.iter().position(|other| *other == column).map_or(b"", |place| self.0[place])
    }

    /// A column that is a whole number, up to a most.
    fn count(&self, column: &str, most: u64, reason: &'static str) -> Result<Option<u64>, Unreadable> {
        match self.get(column) {
            b"" => Ok(None),
            text => {
                let count = decimal(without_fraction(&plain(text))).filter(|count| *count <= most);
                count.map(Some).ok_or(Unreadable(reason))
            }
        }
    }

    /// What was refused; none of a submission.
    pub(super) fn kind(&self) -> Result<Option<RefusalKind>, Unreadable> {
        match self.get("kind") {
            b"" | b"submission" => Ok(None),
            text => {
                let kind = RefusalKind::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == text);
                kind.map(Some).ok_or(Unreadable("kind is none of the schema's"))
            }
        }
    }

    pub(super) fn accepted(&self) -> Result<Accepted<'a>, Unreadable> {
        let recipients = self.count("recipients", u32::MAX.into(), "recipients is no count")?;
        Ok(Accepted {
            queue_id: self.get("queue_id"),
            service: self.service()?,
            client: self.client()?,
            helo: self.get("helo"),
            encrypted: self.encrypted()?,
            mechanism: self.get("mechanism"),
            account: self.account()?,
            mail_from: self.mail_from(),
            size: self.count("size_bytes", LARGEST_MESSAGE, "size_bytes is no count, or above 1 TiB")?,
            recipients: recipients.and_then(|count| u32::try_from(count).ok()),
            message_id: self.get("message_id"),
            more_follows: false,
        })
    }

    pub(super) fn refused(&self, kind: RefusalKind) -> Result<Refused<'a>, Unreadable> {
        let code = without_fraction(self.get("code"));
        if !code.is_empty() && (code.len() != 3 || decimal(code).is_none()) {
            return Err(Unreadable("code is not three digits"));
        }
        // Before anybody has authenticated, there may be no account.
        let account = match kind {
            RefusalKind::AuthFailed | RefusalKind::AuthAborted | RefusalKind::TlsFailed => self.get("account"),
            _ => self.account()?,
        };
        Ok(Refused {
            kind,
            id: self.get("queue_id"),
            service: self.service()?,
            client: self.client()?,
            helo: self.get("helo"),
            encrypted: self.encrypted()?,
            mechanism: self.get("mechanism"),
            account,
            reason: self.get("reason"),
            code,
            attempts: 1,
        })
    }

    fn account(&self) -> Result<&'a [u8], Unreadable> {
        match self.get("account").trim_ascii() {
            b"" => Err(Unreadable("account is missing")),
            account => Ok(account),
        }
    }

    fn mail_from(&self) -> &'a [u8] {
        match self.get("mail_from") {
            b"<>" => b"",
            address => address,
        }
    }

    fn client(&self) -> Result<Client<'a>, Unreadable> {
        let ip = without_zone(self.get("client_ip"));
        let is_address = || std::str::from_utf8(ip).is_ok_and(|ip| ip.parse::<IpAddr>().is_ok());
        if !ip.is_empty() && !is_address() {
            return Err(Unreadable("client_ip is no IP address"));
        }
        Ok(Client { name: self.get("client_name"), ip })
    }

    /// The service, or where it is missing, the one that the port stands for.
    fn service(&self) -> Result<&'a [u8], Unreadable> {
        self.count("port", u16::MAX.into(), "port is no port")?;
        Ok(match self.get("service") {
            b"" => service::of_port(without_fraction(&plain(self.get("port")))).unwrap_or_default(),
            service => service,
        })
    }

    fn encrypted(&self) -> Result<Encrypted<'a>, Unreadable> {
        let (version, cipher) = (self.get("tls_version"), self.get("cipher"));
        let present = match self.get("tls_known_present") {
            b"" => None,
            b"true" | b"True" => Some(true),
            b"false" | b"False" => Some(false),
            _ => return Err(Unreadable("tls_known_present is neither true nor false")),
        };
        if !version.is_empty() && !TLS_VERSIONS.iter().any(|known| known.as_bytes() == version) {
            return Err(Unreadable("tls_version is none of the schema's"));
        }
        match (version, present) {
            (b"none", None) | (b"none" | b"" | b"unknown", Some(false)) if cipher.is_empty() => Ok(Encrypted::No),
            (b"none", _) | (_, Some(false)) => Err(Unreadable("tls_version, tls_known_present and cipher disagree")),
            (b"" | b"unknown", None) if cipher.is_empty() => Ok(Encrypted::Unsaid),
            (b"" | b"unknown", Some(true)) if cipher.is_empty() => Ok(Encrypted::Yes),
            (version, _) => Ok(Encrypted::With { version, cipher }),
        }
    }
}

/// An address without the zone that only the server itself can tell (`fe80::1%eth0`, RFC 4007 section 11).
fn without_zone(ip: &[u8]) -> &[u8] {
    match memchr::memchr(b'%', ip) {
        Some(zone) if ip[..zone].contains(&b':') && zone + 1 < ip.len() => &ip[..zone],
        _ => ip,
    }
}
