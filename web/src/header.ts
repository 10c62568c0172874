// The head of the page: the widget's number, the window's other figures, the navigation and the filters.

import type { Context } from './context';
import { type Child, debounced, h } from './dom';
import { SUFFIXES, VERSIONS, isLegacy } from './facts';
import { fromIsoDay, isoDay } from './format';
import { FIELDS, type Field, NO_MATCH, OPERATORS, type Operator, type State, isFiltered } from './state';
import { LANGUAGES } from './texts';
import type { View } from './views';

/** The figures of the whole window: they stay whatever the filters say. */
export function numbers(context: Context): Child {
  const { format, page } = context;
  const { t } = format;
  const summary = page.tables.get('summary');
  if (!summary) return null;
  const figure = (name: string) => summary.number(name, 0);
  const { window } = page;
  const legacy = (prefix: string) => VERSIONS.reduce((sum, _, at) => (isLegacy(at) ? sum + figure(`${prefix}messages_${SUFFIXES[at]}`) : sum), 0);
  const share = (part: number, whole: number) => (whole > 0 ? (100 * part) / whole : 0);
  const now = share(legacy(''), figure('messages'));
  const before = figure('previous_messages') > 0 ? now - share(legacy('previous_'), figure('previous_messages')) : NaN;
  // Within a year, days tell themselves apart.
  const day = window.end - window.previous_start < 365 ? format.shortDay : format.day;
  const compared = format.say(t.comparedWith, { from: day(window.previous_start), to: day(window.previous_end) });
  return h(
    'div',
    { class: 'numbers' },
    h(
      'div',
      { class: 'widget' },
      h('p', { class: 'figure', id: 'widget' }, format.count(figure('accounts'))),
      h('div', {}, h('p', { class: 'widget-name' }, format.many(t.widget, figure('accounts'))), h('p', { class: 'quiet' }, change(context, figure('change_accounts'), figure('change_accounts_percent')), ' ', figure('previous_accounts') > 0 && h('span', {}, compared))),
    ),
    h(
      'dl',
      { class: 'kpis' },
      kpi('messages', t.kpiMessages, format.count(figure('messages')), change(context, figure('change_messages'), figure('change_messages_percent'))),
      kpi('legacy', t.kpiLegacy, format.percent(now), Number.isNaN(before) ? format.count(legacy('')) : h('span', { class: 'change' }, Math.abs(before) < 0.05 ? t.unchanged : format.changePoints(before))),
      kpi('recipients', t.kpiRecipients, format.count(figure('recipients')), null),
      kpi('domains', t.kpiDomains, format.count(figure('domains')), null),
      kpi('bytes', t.kpiBytes, format.bytes(figure('bytes')), null),
    ),
  );
}

function kpi(name: string, label: string, figure: string, note: Child): HTMLElement {
  return h('div', { 'data-kpi': name }, h('dt', {}, label), h('dd', { class: 'figure' }, figure), note && h('dd', { class: 'quiet' }, note));
}

function change(context: Context, by: number, percent: number): Child {
  const { format } = context;
  if (Number.isNaN(percent)) return by === 0 ? format.t.unchanged : format.t.noneBefore;
  return h('span', { class: 'change' }, by === 0 ? format.t.unchanged : `${format.change(by)} (${format.changePercent(percent)})`);
}

export function title(context: Context, theme: string, chooseTheme: (theme: string) => void): HTMLElement {
  const { format, page } = context;
  const { t } = format;
  const { window } = page;
  const languages = Object.entries(LANGUAGES).map(([tag, texts]) => h('option', { value: tag, selected: tag === format.language, lang: tag }, texts.language));
  const themes = [['', t.themeAuto], ['light', t.themeLight], ['dark', t.themeDark]].map(([value, name]) => h('option', { value, selected: value === theme }, name));
  const value = (event: Event) => (event.target as HTMLSelectElement).value;
  return h(
    'div',
    { class: 'title' },
    h('div', {}, h('h1', {}, page.title), h('p', { class: 'quiet' }, h('strong', { id: 'window' }, format.say(t.window, { from: format.day(window.start), to: format.day(window.end) })), ' · ', format.say(t.windowNote, { asOf: format.day(window.as_of) }))),
    h(
      'div',
      { class: 'settings' },
      h('select', { 'aria-label': t.languageLabel, id: 'language', onchange: (event: Event) => context.go({ language: value(event) }) }, ...languages),
      h('select', { 'aria-label': t.themeLabel, id: 'theme', onchange: (event: Event) => chooseTheme(value(event)) }, ...themes),
    ),
  );
}

export function navigation(context: Context, views: View[]): HTMLElement {
  const { format, state } = context;
  const link = ({ name }: View) => h('a', { id: `section-${name}`, href: context.href({ view: name }), 'aria-current': name === state.view ? 'page' : null }, format.t.views[name]);
  return h('nav', { 'aria-label': format.t.sections }, h('ul', {}, ...views.map((view) => h('li', {}, link(view)))));
}

/** The filters. What is typed into them changes the state and leaves them alone. */
export function filters(context: Context, change: (change: Partial<State>) => void): HTMLElement {
  const { facts, format, page, state } = context;
  const { t } = format;
  const { start, end } = page.window;
  const day = (name: 'from' | 'to', label: string, edge: number) => {
    const input = h('input', { type: 'date', id: `filter-${name}`, min: isoDay(start), max: isoDay(end), value: isoDay(state[name] ?? edge) });
    // Not while it is typed: then its year is one of long ago.
    const asChosen = () => {
      if (document.activeElement !== input) input.value = isoDay(context.state[name] ?? edge);
    };
    input.addEventListener('blur', asChosen);
    input.addEventListener('change', () => {
      const value = fromIsoDay(input.value);
      const inside = Number.isNaN(value) ? edge : Math.min(end, Math.max(start, value));
      change({ [name]: inside === edge ? undefined : inside });
      asChosen();
    });
    return h('label', { class: 'field' }, h('span', {}, label), input);
  };
  const names: Record<Field, string> = { account: t.account, domain: t.domain, tls: t.tlsVersion };
  const words: Partial<Record<Field, string[]>> = { domain: facts.domains.slice(0, 500), tls: [...VERSIONS] };
  const text = (field: Field) => {
    const given = { ...state[field] };
    const changed = () => change({ [field]: { ...given } });
    const list = words[field] ? `words-${field}` : null;
    const input = h('input', { id: `filter-${field}`, type: 'text', value: given.text, list, 'aria-label': names[field], autocomplete: 'off', spellcheck: 'false' });
    const typed = debounced(input, 150, changed);
    input.addEventListener('input', () => {
      given.text = input.value;
      typed();
    });
    return h(
      'div',
      { class: 'field match', role: 'group', 'aria-label': names[field] },
      h('span', { 'aria-hidden': 'true' }, names[field]),
      h(
        'div',
        { class: 'match-row' },
        h('select', { id: `filter-${field}-operator`, 'aria-label': format.say(t.operator, { field: names[field] }), onchange: (event: Event) => { given.operator = (event.target as HTMLSelectElement).value as Operator; if (given.text) changed(); } },
          ...OPERATORS.map((operator) => h('option', { value: operator, selected: operator === given.operator }, t.operators[operator]))),
        input,
        list && h('datalist', { id: list }, ...words[field]!.map((word) => h('option', { value: word }))),
      ),
    );
  };
  const active = [state.from, state.to].filter((value) => value !== undefined).length + FIELDS.filter((field) => state[field].text).length;
  const details = h(
    'details',
    { class: 'filters', open: active > 0 || window.matchMedia('(min-width: 60rem)').matches },
    h('summary', {}, t.filters),
    h('form', { class: 'filter-row', onsubmit: (event: Event) => event.preventDefault() }, day('from', t.from, start), day('to', t.to, end), ...FIELDS.map(text)),
  );
  return details;
}

/** What the filters leave, and the way back; empty where nothing is filtered. */
export function filterStatus(context: Context): Child[] {
  const { facts, format, rows, state } = context;
  if (!isFiltered(state)) return [];
  const { t } = format;
  const accounts = facts.distinctAccounts(rows);
  const all = facts.measures.messages.reduce((sum, n) => sum + n, 0);
  return [
    h('span', { id: 'filtered' }, format.many(t.filtered, accounts, { messages: format.count(facts.sum(rows)), all: format.count(all), accounts: format.count(accounts) })),
    ' ',
    h('button', { type: 'button', id: 'clear', onclick: () => context.go({ from: undefined, to: undefined, account: NO_MATCH, domain: NO_MATCH, tls: NO_MATCH }) }, t.clear),
  ];
}
