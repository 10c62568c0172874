// What every view is given: the data, the choices, and the ways to change them.

import { type Page, SMALLER_DOMAINS } from './contract';
import type { Facts } from './facts';
import type { Format } from './format';
import type { State } from './state';

export interface Context {
  page: Page;
  facts: Facts;
  format: Format;
  state: State;
  /** The rows of `activity` that pass the filters. */
  rows: Uint32Array;
  /** The same, narrowed to the domain of `Show data for`. */
  shown: Uint32Array;
  versionLabels: string[];
  /** Views that have data. */
  views: string[];
  /** Changes the state and draws the view anew. */
  go(change: Partial<State>): void;
  /** Sets one option of the view and draws it anew. */
  choose(option: string, value: string): void;
  /** Keeps an option in the link without drawing: for what has already drawn itself. */
  keep(options: Record<string, string>): void;
}

/** A link to a state. */
export type LinkTo = (change: Partial<State>) => string;

export function accountName(context: Context, account: number): string {
  if (account >= 0) return context.facts.accounts[account];
  return account === -2 ? context.format.t.lumpedName : context.format.t.unknownAccount;
}

export function domainName(context: Context, domain: number): string {
  if (domain < 0) return context.format.t.unknownDomain;
  const word = context.facts.domains[domain];
  return word === SMALLER_DOMAINS ? context.format.t.lumpedDomains : word;
}
