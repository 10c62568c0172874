// What the reader has chosen. All of it is in the URL's fragment, so that a link shows what its sender saw.

export type Operator = 'contains' | 'is' | 'starts';
export const OPERATORS: readonly Operator[] = ['contains', 'is', 'starts'];
export type Field = 'account' | 'domain' | 'tls';
export const FIELDS: readonly Field[] = ['account', 'domain', 'tls'];

interface Match {
  readonly operator: Operator;
  readonly text: string;
}

interface Choices {
  view: string;
  /** Days of the data, included; missing is the end of the data. */
  from?: number;
  to?: number;
  account: Match;
  domain: Match;
  tls: Match;
  /** `Show data for`: one domain, or all. */
  show?: string;
  /** Choices of single views: measure, shape, switches, severity. Each view names its own. */
  options: Readonly<Record<string, string>>;
  language?: string;
}

/** It is never changed, only followed by another one. */
export type State = Readonly<Choices>;

import { fromIsoDay, isoDay } from './format';

export const NO_MATCH: Match = { operator: 'contains', text: '' };

export function initial(): State {
  return { view: 'overview', account: NO_MATCH, domain: NO_MATCH, tls: NO_MATCH, options: {} };
}

function match(text: string | null): Match {
  if (!text) return NO_MATCH;
  const at = text.indexOf(':');
  const operator = OPERATORS.find((known) => known === text.slice(0, at));
  return operator ? { operator, text: text.slice(at + 1) } : { operator: 'contains', text };
}

/** The first and the last day of the data. */
interface Days {
  start: number;
  end: number;
}

/** Reads a fragment. What it does not understand it leaves out: a link is never an error. */
export function parse(fragment: string, window: Days): State {
  const options: Record<string, string> = {};
  const state: Choices = { ...initial(), options };
  for (const [key, value] of new URLSearchParams(fragment.replace(/^#/, ''))) {
    const day = /^\d{4}-\d\d-\d\d$/.test(value) ? fromIsoDay(value) : NaN;
    if (key === 'view') state.view = value;
    else if (key === 'from' || key === 'to') {
      if (!Number.isNaN(day)) state[key] = day;
    } else if (key === 'account' || key === 'domain' || key === 'tls') state[key] = match(value);
    else if (key === 'show') state.show = value;
    else if (key === 'lang') state.language = value;
    else options[key] = value;
  }
  return { ...state, ...within(window, state) };
}

/** The days that a link asks for, as far as there is data of them: all days where there is none. */
function within({ start, end }: Days, { from = start, to = end }: Pick<State, 'from' | 'to'>): Pick<State, 'from' | 'to'> {
  const isElsewhere = from > end || to < start;
  return { from: isElsewhere || from <= start ? undefined : from, to: isElsewhere || to >= end ? undefined : to };
}

/** The fragment of a state, shortest first: what is as it was to begin with is not written. */
export function format(state: State): string {
  const pairs = new URLSearchParams();
  pairs.set('view', state.view);
  if (state.from !== undefined) pairs.set('from', isoDay(state.from));
  if (state.to !== undefined) pairs.set('to', isoDay(state.to));
  for (const field of FIELDS) {
    if (state[field].text) pairs.set(field, `${state[field].operator}:${state[field].text}`);
  }
  if (state.show !== undefined) pairs.set('show', state.show);
  if (state.language) pairs.set('lang', state.language);
  for (const [key, value] of Object.entries(state.options)) if (value !== '') pairs.set(key, value);
  return `#${pairs}`;
}

/** Whether a text passes. Case does not count: accounts are folded, and nobody types capitals into a search. */
export function passes(match: Match, ...texts: (string | null)[]): boolean {
  if (!match.text) return true;
  const wanted = match.text.trim().toLowerCase();
  return texts.some((text) => {
    if (text === null) return false;
    const given = text.toLowerCase();
    if (match.operator === 'is') return given === wanted;
    return match.operator === 'starts' ? given.startsWith(wanted) : given.includes(wanted);
  });
}

/**
 * The options but for the pages and opened rows of tables, which belong to the rows that were shown. The names of a
 * table's options begin with its own prefix.
 */
export const withoutPlaces = (options: State['options']): State['options'] =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !/(page|row)$/.test(name)));

/** Whether two states have the same of what one of its names stands for. */
export const isSame = (one: State, other: State, name: keyof State): boolean => JSON.stringify(one[name]) === JSON.stringify(other[name]);

export const isFiltered = (state: State): boolean =>
  state.from !== undefined || state.to !== undefined || FIELDS.some((field) => state[field].text !== '');
