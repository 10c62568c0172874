// What several views are made of.

import { type Context, domainName } from '../context';
import { type Child, append, h } from '../dom';
import { VERSIONS } from '../facts';
import { isoDay } from '../format';
import { type Paint, css, palette } from '../palette';
import type { Series } from '../chart';
import type { State } from '../state';
import type { TableColumn } from '../table';

/** The days that are shown. */
export function shownDays(context: Context): number[] {
  const { from = context.page.window.start, to = context.page.window.end } = context.state;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}

/** The part of a series over all days that is shown. */
export function ofShownDays(context: Context, values: Float64Array): Float64Array {
  const first = context.facts.first;
  const days = shownDays(context);
  return days.length ? values.subarray(days[0] - first, days[0] - first + days.length) : new Float64Array();
}

/** A series per TLS version that occurs, lowest first. */
export function versionSeries(context: Context, rows: Uint32Array): Series[] {
  const pivot = context.facts.pivot(rows, context.facts.version);
  return VERSIONS.map((_, at) => ({ at, values: pivot.get(at) }))
    .filter((series) => series.values)
    .map(({ at, values }) => ({ name: context.versionLabels[at], paint: palette.versions[at], values: ofShownDays(context, values!) }));
}

const MOST_SERIES = 11;

/** The largest domains as a series each, and all others as one. Colours follow the whole window, not the filter. */
export function domainSeries(context: Context, rows: Uint32Array, measure: 'messages' | 'recipients' | 'bytes'): Series[] {
  const { facts, format } = context;
  const total = (values: Float64Array) => values.reduce((sum, n) => sum + n, 0);
  const pivot = [...facts.pivot(rows, facts.domain, measure)].sort((a, b) => total(b[1]) - total(a[1]) || a[0] - b[0]);
  const top = pivot.slice(0, MOST_SERIES);
  const series = top.map(([domain, values]): Series => ({ name: domainName(context, domain), paint: domainPaint(context, domain), values: ofShownDays(context, values) }));
  const rest = pivot.slice(MOST_SERIES);
  if (rest.length > 0) {
    const sum = new Float64Array(facts.days);
    for (const [, values] of rest) values.forEach((n, day) => (sum[day] += n));
    series.push({ name: format.many(format.t.others, rest.length), paint: palette.rest, values: ofShownDays(context, sum) });
  }
  return series;
}

const ranks = new WeakMap<object, Map<number, number>>();

function domainPaint(context: Context, domain: number): Paint {
  const { facts } = context;
  let rank = ranks.get(facts);
  if (!rank) {
    const sums = new Map<number, number>();
    for (let row = 0; row < facts.rows; row++) sums.set(facts.domain[row], (sums.get(facts.domain[row]) ?? 0) + facts.measures.messages[row]);
    rank = new Map([...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([key], at) => [key, at]));
    ranks.set(facts, rank);
  }
  return palette.series[rank.get(domain)! % palette.series.length];
}

interface Choice {
  value: string;
  label: string;
}

/** A select of more choices has them once the reader turns to it: the browser measures each of them. */
const MOST_AT_ONCE = 500;

/** A labelled select whose choice is an option of the view. */
function select(label: string, choices: Choice[], value: string, chosen: (value: string) => void): HTMLElement {
  const option = (choice: Choice) => h('option', { value: choice.value, selected: choice.value === value }, choice.label);
  const element = h('select', { 'data-focus': label, onchange: (event: Event) => chosen((event.target as HTMLSelectElement).value) });
  const isLong = choices.length > MOST_AT_ONCE;
  element.append(...(isLong ? choices.filter((choice) => choice.value === value) : choices).map(option));
  if (isLong) {
    const complete = () => element.length < choices.length && element.replaceChildren(...choices.map(option));
    // Safari opens it without focusing it.
    for (const event of ['focus', 'pointerdown']) element.addEventListener(event, complete);
  }
  return h('label', { class: 'field' }, h('span', {}, label), element);
}

/** A few choices side by side. */
export function segments(label: string, choices: Choice[], value: string, chosen: (value: string) => void): HTMLElement {
  const name = `segments-${label}`;
  return h(
    'fieldset',
    { class: 'segments' },
    h('legend', {}, label),
    h(
      'div',
      { class: 'segment-row' },
      ...choices.map((choice) =>
        h('label', {}, h('input', { type: 'radio', name, value: choice.value, checked: choice.value === value, 'data-focus': `${name}-${choice.value}`, onchange: () => chosen(choice.value) }), h('span', {}, choice.label)),
      ),
    ),
  );
}

/** The domains by name, for each language. */
const namesOf = new WeakMap<object, Map<string, Choice[]>>();

function domainChoices(context: Context): Choice[] {
  const { facts, format } = context;
  const known = namesOf.get(facts) ?? new Map<string, Choice[]>();
  namesOf.set(facts, known);
  let choices = known.get(format.language);
  if (!choices) {
    const compare = format.compare();
    const named = facts.domains.map((domain, at) => ({ value: domain, label: domainName(context, at) }));
    choices = [{ value: '*', label: format.t.allDomains }, ...named.sort((a, b) => compare(a.label, b.label))];
    if (facts.domain.includes(-1)) choices.push({ value: '?', label: format.t.unknownDomain });
    known.set(format.language, choices);
  }
  return choices;
}

/** `Show data for`: one domain, or all. */
export function showFor(context: Context): HTMLElement {
  const { format, state } = context;
  const value = state.show === undefined ? '*' : state.show === '' ? '?' : state.show;
  return select(format.t.showFor, domainChoices(context), value, (chosen) =>
    context.go({ show: chosen === '*' ? undefined : chosen === '?' ? '' : chosen }),
  );
}

/** A link to another state of the page. */
export function link(context: Context, change: Partial<State>, ...children: Child[]): HTMLElement {
  return h('a', { href: context.href({ show: undefined, ...change }) }, ...children);
}

/** A panel that stands first where there is one column only. */
export function firstPanel(title: string, ...children: Child[]): HTMLElement {
  const element = panel(title, ...children);
  element.classList.add('first');
  return element;
}

export function panel(title: string, ...children: Child[]): HTMLElement {
  const element = h('section', { class: 'panel' }, h('h3', {}, title));
  append(element, children);
  return element;
}

export const empty = (context: Context): HTMLElement =>
  h('p', { class: 'empty' }, context.facts.rows === 0 ? context.format.t.nothingAtAll : context.format.t.nothing);

/** An account's name, which may wrap at its @. */
export function nameParts(name: string): Child[] {
  const at = name.lastIndexOf('@');
  return at > 0 ? [name.slice(0, at), h('wbr'), name.slice(at)] : [name];
}

/** The name of an export: what it is and of which days. */
export function fileName(context: Context, dataset: string): string {
  const { from = context.page.window.start, to = context.page.window.end } = context.state;
  return `${dataset}_${isoDay(from)}_${isoDay(to)}`;
}

/** What a dataset says in English: in the reader's language, or marked as English. */
export function spoken(context: Context, text: string | null): Child {
  const { format } = context;
  if (text === null) return '–';
  return format.isForeign(text) ? h('span', { lang: 'en' }, text) : format.own(text);
}

/** Several such texts that stand in one cell. */
export const spokenList = (context: Context, texts: string | null): Child =>
  texts === null ? '–' : texts.split('; ').map((text, at): Child => [at > 0 && '; ', spoken(context, text)]);

/** All that a row has, also what has no column of its own. */
export function fields(context: Context, columns: TableColumn[], row: number): HTMLElement {
  const field = (column: TableColumn) => h('div', {}, h('dt', {}, column.heading ?? context.format.heading(column.name)), h('dd', {}, column.show(row)));
  return h('dl', { class: 'figures-list' }, ...columns.map(field));
}

/** A bar of parts that sum to the whole, with a text alternative beside it. */
export function stackedBar(parts: { paint: Paint; share: number }[]): HTMLElement {
  const bar = h('div', { class: 'stacked', 'aria-hidden': 'true' });
  for (const { paint, share } of parts) {
    const part = h('span');
    part.style.flexGrow = String(share);
    part.style.background = css(paint.color);
    bar.append(part);
  }
  return bar;
}
