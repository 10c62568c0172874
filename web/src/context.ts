// What every view is given: the data, the choices, and the ways to change them.

import { type Page, SMALLER_DOMAINS } from './contract';
import { type Facts, LUMPED } from './facts';
import type { Format } from './format';
import type { State } from './state';

export interface Context {
  page: Page;
  facts: Facts;
  format: Format;
  /** What the reader has chosen by now. */
  readonly state: State;
  /** The rows of `activity` that pass the filters. */
  rows: Uint32Array;
  /** The same, narrowed to the domain of `Show data for`. */
  shown: Uint32Array;
  versionLabels: string[];
  /** Views that have data. */
  views: string[];
  /** Changes what is chosen, and draws what shows it. */
  go(change: Partial<State>): void;
  /** Sets one option of the view. */
  choose(option: string, value: string): void;
  /** Keeps options in the link, for what has drawn itself. */
  keep(options: State['options']): void;
  /** The link to what is chosen by now but for some of it, without the options of the view. */
  href(change: Partial<State>): string;
  /** Tells something to those who do not see it change. */
  say(text: string): void;
}

export function accountName(context: Context, account: number): string {
  if (account >= 0) return context.facts.accounts[account];
  return account === LUMPED ? context.format.t.lumpedName : context.format.t.unknownAccount;
}

export function domainName(context: Context, domain: number): string {
  if (domain < 0) return context.format.t.unknownDomain;
  const word = context.facts.domains[domain];
  return word === SMALLER_DOMAINS ? context.format.t.lumpedDomains : word;
}
