// What a server's switch would break: the same rule as `mailtally cutover`, over the rows that are shown.
//
// A lowest TLS version breaks the connections below it; AUTH without TLS is a switch of its own, as servers have it
// (smtpd_tls_auth_only). What is not logged breaks nothing here, and is not called safe either.

import { type Facts, NONE, UNKNOWN } from './facts';

export interface Switches {
  /** Index of the lowest version accepted; 0 is as today. */
  minTls: number;
  no3des: boolean;
  noCleartext: boolean;
  noBasic: boolean;
}

type Reason = 'tls' | 'des3' | 'cleartext' | 'basic';
export const REASONS: readonly Reason[] = ['tls', 'des3', 'cleartext', 'basic'];
type Status = 'breaks' | 'mixed' | 'undetermined' | 'safe';
export const STATUSES: readonly Status[] = ['breaks', 'mixed', 'undetermined', 'safe'];

export interface Outcome {
  account: number;
  domain: number;
  status: Status;
  messages: number;
  failing: number;
  unknown: number;
  /** Bits in the order of `REASONS`. */
  reasons: number;
  /** The last day, counted from the first one of the window, on which something would have failed; -1 for none. */
  last: number;
}

interface WhatIf {
  accounts: Outcome[];
  failing: number;
  undetermined: number;
  messages: number;
  failingByDay: Float64Array;
  undeterminedByDay: Float64Array;
  /** Those that are known to pass. */
  passingByDay: Float64Array;
  counts: Record<Status, number>;
}

/** Why a row would fail, as bits; 0 if it would not. */
function reasonsOf(switches: Switches, version: number, tripleDes: boolean, basic: boolean): number {
  const isTls = version !== NONE && version !== UNKNOWN;
  return (
    (isTls && version < switches.minTls ? 1 : 0) |
    (switches.no3des && tripleDes ? 2 : 0) |
    (switches.noCleartext && version === NONE ? 4 : 0) |
    (switches.noBasic && basic ? 8 : 0)
  );
}

/** Whether what is not known of a row could make it fail. */
function isUndetermined(facts: Facts, row: number, switches: Switches): boolean {
  const family = facts.family[row];
  return (
    (switches.minTls > 0 && facts.version[row] === UNKNOWN) ||
    // Without a cipher in the log, 3DES is neither known nor ruled out.
    (switches.no3des && Number.isNaN(facts.tripleDes[row])) ||
    (switches.noCleartext && Number.isNaN(facts.tlsPresent[row])) ||
    (switches.noBasic && (family < 0 || facts.families[family] === 'unknown'))
  );
}

export function whatIf(facts: Facts, rows: Uint32Array, switches: Switches): WhatIf {
  const accounts = new Map<number, Outcome>();
  const result: WhatIf = {
    accounts: [],
    failing: 0,
    undetermined: 0,
    messages: 0,
    failingByDay: new Float64Array(facts.days),
    undeterminedByDay: new Float64Array(facts.days),
    passingByDay: new Float64Array(facts.days),
    counts: { breaks: 0, mixed: 0, undetermined: 0, safe: 0 },
  };
  const isBasic = facts.families.map((word) => word === 'basic');
  for (const row of rows) {
    const account = facts.account[row];
    const version = facts.version[row];
    const family = facts.family[row];
    const messages = facts.measures.messages[row];
    let sum = accounts.get(account);
    if (!sum) {
      sum = { account, domain: facts.domain[row], status: 'safe', messages: 0, failing: 0, unknown: 0, reasons: 0, last: -1 };
      accounts.set(account, sum);
    }
    sum.domain = facts.firstDomain(sum.domain, facts.domain[row]);
    const reasons = reasonsOf(switches, version, facts.tripleDes[row] === 1, family >= 0 && isBasic[family]);
    sum.messages += messages;
    result.messages += messages;
    if (reasons !== 0) {
      sum.failing += messages;
      sum.reasons |= reasons;
      sum.last = Math.max(sum.last, facts.day[row]);
      result.failing += messages;
      result.failingByDay[facts.day[row]] += messages;
    } else if (isUndetermined(facts, row, switches)) {
      sum.unknown += messages;
      result.undetermined += messages;
      result.undeterminedByDay[facts.day[row]] += messages;
    } else {
      result.passingByDay[facts.day[row]] += messages;
    }
  }
  for (const sum of accounts.values()) {
    sum.status = statusOf(sum);
    // Messages without an account are messages, but no account.
    if (sum.account >= 0) result.counts[sum.status]++;
    result.accounts.push(sum);
  }
  const rank = (outcome: Outcome) => STATUSES.indexOf(outcome.status);
  result.accounts.sort((a, b) => rank(a) - rank(b) || b.failing - a.failing || b.messages - a.messages);
  return result;
}

function statusOf(sum: Outcome): Status {
  if (sum.failing > 0) return sum.failing === sum.messages ? 'breaks' : 'mixed';
  return sum.unknown > 0 ? 'undetermined' : 'safe';
}
