// The finest rows of the page, `activity`: date, account, TLS version, AUTH family, 3DES or not, TLS or not where its
// version is not known. Every filter narrows these rows, and every chart and account table is a sum over what is left,
// so that filters always mean the same.

import type { Page, Table } from './contract';
import { type State, passes } from './state';

export const VERSIONS = ['none', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'unknown'] as const;
/** The end of a version's column names in the datasets. */
export const SUFFIXES = ['none', 'sslv3', 'tlsv1_0', 'tlsv1_1', 'tlsv1_2', 'tlsv1_3', 'unknown'] as const;
export const NONE = 0;
export const UNKNOWN = 6;
/** The lowest version that is not legacy (RFC 8996). */
export const FIRST_CURRENT = 4;
export const isLegacy = (version: number): boolean => version < FIRST_CURRENT;

export type Measure = 'messages' | 'recipients' | 'bytes';
export const MEASURES: readonly Measure[] = ['messages', 'recipients', 'bytes'];

/** An account that holds the rows of many small ones, where the page was cut. */
export const LUMPED = -2;

export interface AccountSum {
  /** Index into the dictionary of accounts; -1 not known, `LUMPED` many together. */
  account: number;
  domain: number;
  messages: number;
  recipients: number;
  bytes: number;
  activeDays: number;
  versions: Float64Array;
  basic: number;
  oauth: number;
  other: number;
}

export class Facts {
  readonly rows: number;
  readonly first: number;
  readonly days: number;
  readonly accounts: string[];
  readonly domains: string[];
  readonly day: Int32Array;
  readonly account: Int32Array;
  readonly domain: Int32Array;
  readonly version: Int32Array;
  readonly family: Int32Array;
  readonly families: string[];
  readonly tripleDes: Float64Array;
  /** Whether there was TLS: an unknown version is over TLS, or of no log that tells. */
  readonly tlsPresent: Float64Array;
  readonly measures: Record<Measure, Float64Array>;
  /** Made when it is first asked for. */
  private domainsByAccount?: Map<string, string[]>;

  constructor(page: Page) {
    const table: Table = page.tables.get('activity')!;
    this.rows = table.rows;
    this.first = page.window.start;
    this.days = page.window.end - page.window.start + 1;
    const [account, domain, tls] = ['account', 'domain', 'tls_version'].map((name) => table.column(name));
    this.accounts = account.words;
    this.domains = domain.words;
    this.domain = domain.values as Int32Array;
    this.day = mapped(table.column('date').values, (day) => day - this.first);
    const lumped = table.has('lumped') ? table.column('lumped').values : null;
    this.account = lumped ? mapped(account.values, (word, row) => (lumped[row] === 1 ? LUMPED : word)) : (account.values as Int32Array);
    const order = tls.words.map((word) => VERSIONS.indexOf(word as (typeof VERSIONS)[number]));
    this.version = mapped(tls.values, (word) => (word < 0 || order[word] < 0 ? UNKNOWN : order[word]));
    this.family = table.column('auth_family').values as Int32Array;
    this.families = table.column('auth_family').words;
    this.tripleDes = table.column('triple_des').values as Float64Array;
    this.tlsPresent = table.column('tls_known_present').values as Float64Array;
    const measure = (name: Measure) => table.column(name).values as Float64Array;
    this.measures = { messages: measure('messages'), recipients: measure('recipients'), bytes: measure('bytes') };
  }

  /** The rows that pass every filter. */
  select(state: State, versionLabels: string[], show?: string): Uint32Array {
    const from = (state.from ?? this.first) - this.first;
    const to = (state.to ?? this.first + this.days - 1) - this.first;
    // Each word is tested once, not each row.
    const accounts = mask(this.accounts, (word) => passes(state.account, word));
    const domains = mask(this.domains, (word) => passes(state.domain, word) && (show === undefined || word === show));
    const versions = VERSIONS.map((word, index) => passes(state.tls, word, versionLabels[index]));
    const namelessPasses = !state.account.text;
    const domainlessPasses = !state.domain.text && (show === undefined || show === '');
    const found = new Uint32Array(this.rows);
    let length = 0;
    for (let row = 0; row < this.rows; row++) {
      const day = this.day[row];
      if (day < from || day > to || !versions[this.version[row]]) continue;
      const account = this.account[row];
      if (account >= 0 ? !accounts[account] : !namelessPasses) continue;
      const domain = this.domain[row];
      if (domain >= 0 ? !domains[domain] : !domainlessPasses) continue;
      found[length++] = row;
    }
    return found.subarray(0, length);
  }

  sum(rows: Uint32Array, measure: Measure = 'messages'): number {
    const values = this.measures[measure];
    let sum = 0;
    for (const row of rows) sum += values[row] || 0;
    return sum;
  }

  /** For each key the sum per day. */
  pivot(rows: Uint32Array, keys: Int32Array, measure: Measure = 'messages'): Map<number, Float64Array> {
    const values = this.measures[measure];
    const series = new Map<number, Float64Array>();
    for (const row of rows) {
      const key = keys[row];
      let days = series.get(key);
      if (!days) series.set(key, (days = new Float64Array(this.days)));
      days[this.day[row]] += values[row] || 0;
    }
    return series;
  }

  /** The sums of every account, most messages first. */
  perAccount(rows: Uint32Array): AccountSum[] {
    const sums = new Map<number, AccountSum>();
    const seen = new Map<number, Uint8Array>();
    const { messages, recipients, bytes } = this.measures;
    const families = this.families.map((word) => (word === 'basic' || word === 'oauth' || word === 'other' ? word : null));
    for (const row of rows) {
      const account = this.account[row];
      let sum = sums.get(account);
      if (!sum) {
        sum = { account, domain: this.domain[row], messages: 0, recipients: 0, bytes: 0, activeDays: 0, versions: new Float64Array(VERSIONS.length), basic: 0, oauth: 0, other: 0 };
        sums.set(account, sum);
        seen.set(account, new Uint8Array(this.days));
      }
      sum.domain = this.firstDomain(sum.domain, this.domain[row]);
      const count = messages[row];
      sum.messages += count;
      sum.recipients += recipients[row] || 0;
      sum.bytes += bytes[row] || 0;
      sum.versions[this.version[row]] += count;
      const family = this.family[row] >= 0 ? families[this.family[row]] : null;
      if (family) sum[family] += count;
      const days = seen.get(account)!;
      if (days[this.day[row]] === 0) {
        days[this.day[row]] = 1;
        sum.activeDays++;
      }
    }
    return [...sums.values()].sort((a, b) => b.messages - a.messages || a.account - b.account);
  }

  /** The one of two domains that comes first by the alphabet, as the datasets have it; one that is not known comes last. */
  firstDomain(one: number, other: number): number {
    if (one === other) return one;
    if (one < 0 || other < 0) return Math.max(one, other);
    return this.domains[other] < this.domains[one] ? other : one;
  }

  /** The domains that an account has messages of; `undefined` where it has none in the window, or is held together with others. */
  domainsOf(account: string): string[] | undefined {
    this.domainsByAccount ??= this.allDomains();
    return this.domainsByAccount.get(account);
  }

  private allDomains(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (let row = 0; row < this.rows; row++) {
      const [account, domain] = [this.accounts[this.account[row]], this.domains[this.domain[row]]];
      if (account === undefined || domain === undefined) continue;
      const domains = found.get(account);
      if (!domains) found.set(account, [domain]);
      else if (!domains.includes(domain)) domains.push(domain);
    }
    return found;
  }

  /** How many accounts with a name are among the rows, or `lumped` more where small ones are counted together. */
  distinctAccounts(rows: Uint32Array): number {
    const seen = new Uint8Array(this.accounts.length);
    let distinct = 0;
    for (const row of rows) {
      const account = this.account[row];
      if (account >= 0 && seen[account] === 0) {
        seen[account] = 1;
        distinct++;
      }
    }
    return distinct;
  }
}

/** Like `from`, which asks an iterator for each value and takes ten times as long. */
function mapped(values: ArrayLike<number>, to: (value: number, at: number) => number): Int32Array {
  const result = new Int32Array(values.length);
  for (let at = 0; at < values.length; at++) result[at] = to(values[at], at);
  return result;
}

function mask(words: string[], test: (word: string) => boolean): Uint8Array {
  return Uint8Array.from(words, (word) => (test(word) ? 1 : 0));
}
