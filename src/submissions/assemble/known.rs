//! What is known of a stream's servers: their names, whether they log TLS versions, the ciphers that they use.

use rustc_hash::FxHashMap;

use super::encryption::Tls;
use super::names::Names;
use crate::calendar::Timestamp;
use crate::formats::spelling::Spelling;
use crate::submissions::cipher::CipherClass;
use crate::submissions::tls::{TlsLogging, TlsVersion};

/// The names of hosts, services and ciphers, and what goes with them.
#[derive(Debug)]
pub(super) struct Known {
    /// How they write accounts and addresses.
    pub spelling: Spelling,
    hosts: Names,
    /// By host: whether its sessions' TLS versions are logged.
    logs_tls: Vec<bool>,
    /// By host: when its first line was.
    since: Vec<Timestamp>,
    services: Names,
    /// By host and service: when a line has said the TLS version of a session last.
    said_tls: FxHashMap<(u32, u32), Timestamp>,
    ciphers: Names,
    /// The class of each cipher met, since each name is taken apart once.
    classes: FxHashMap<(u32, TlsVersion), CipherClass>,
}

impl Default for Known {
    /// A message that no line says the service of has the number 0: that of an empty name.
    fn default() -> Self {
        let (hosts, mut services, ciphers) = (Names::default(), Names::default(), Names::default());
        services.number(b"");
        Self {
            spelling: Spelling::default(),
            hosts,
            logs_tls: Vec::new(),
            since: Vec::new(),
            services,
            said_tls: FxHashMap::default(),
            ciphers,
            classes: FxHashMap::default(),
        }
    }
}

impl Known {
    /// Nothing yet but how the servers write.
    pub(super) fn new(spelling: Spelling) -> Self {
        Self { spelling, ..Self::default() }
    }

    /// The number of the host of a line.
    pub(super) fn host(&mut self, name: &[u8], at: Timestamp, logging: &TlsLogging) -> u32 {
        let number = self.hosts.number(name);
        if number as usize == self.logs_tls.len() {
            self.logs_tls.push(logging.of(self.hosts.text(number)));
            self.since.push(at);
        }
        number
    }

    /// A host's name.
    pub(super) fn server(&self, host: u32) -> &str {
        self.hosts.text(host)
    }

    /// Whether a host logs its sessions' TLS versions.
    pub(super) fn logs_tls(&self, host: u32) -> bool {
        self.logs_tls[host as usize]
    }

    /// A line has said the TLS version of a session of this service.
    pub(super) fn note_tls(&mut self, host: u32, service: u32, at: Timestamp) {
        self.said_tls.insert((host, service), at);
    }

    /// When a line has said the TLS version of a session of this service last, among those that were read.
    pub(super) fn said_tls(&self, host: u32, service: u32) -> Option<Timestamp> {
        self.said_tls.get(&(host, service)).copied()
    }

    /// When a host's first line was.
    pub(super) fn since(&self, host: u32) -> Timestamp {
        self.since[host as usize]
    }

    /// The number of a service; an empty name where it is not known.
    pub(super) fn service(&mut self, name: &[u8]) -> u32 {
        self.services.number(name)
    }

    /// A service's name.
    pub(super) fn service_name(&self, service: u32) -> &str {
        self.services.text(service)
    }

    /// A session's encryption, as the server spells it.
    pub(super) fn tls(&mut self, version: &[u8], cipher: &[u8]) -> Tls {
        let (version, cipher) = (TlsVersion::of(version, cipher), self.ciphers.number(cipher));
        let class = self.classes.entry((cipher, version));
        let class = *class.or_insert_with(|| CipherClass::of(self.ciphers.text(cipher), version));
        Tls { version, cipher, class }
    }

    /// A cipher's name; empty for none.
    pub(super) fn cipher(&self, tls: Option<Tls>) -> &str {
        tls.map_or("", |tls| self.ciphers.text(tls.cipher))
    }
}
