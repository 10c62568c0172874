// Unusual activity: what was seen, in a sentence, the severest first; the figures behind it in the row's details.

import { datasetColumns, partlyNote, theRest } from '../columns';
import type { Table } from '../contract';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { narrowed } from '../narrow';
import { dataTable } from '../table';
import { skipped } from './legacy';
import { fileName, link, segments } from './parts';

export const SEVERITIES = ['high', 'notice', 'info'];
const FIRST = ['severity', 'date', 'account', 'rule', 'sentence'];
const FIGURES = ['observed', 'threshold', 'baseline_median', 'baseline_mad', 'baseline_days', 'z', 'cold_start'];

/** The sentence in the reader's language: the dataset's own, or the figures put into one. */
export function sentence(context: Context, table: Table, row: number): string {
  const { format } = context;
  const { t } = format;
  const own = table.text('sentence', row);
  // Only rules that hold a count against a median can be told by their figures.
  if (t.sentence === null || Number.isNaN(table.number('baseline_median', row))) return own ?? '';
  return format.say(t.sentence, {
    rule: ruleName(context, table, row),
    observed: format.count(table.number('observed', row)),
    median: format.count(table.number('baseline_median', row)),
    days: format.count(table.number('baseline_days', row)),
  });
}

export const ruleName = (context: Context, table: Table, row: number): string => {
  const rule = table.text('rule', row) ?? '';
  return context.format.t.rules[rule] ?? context.format.heading(rule);
};

export function severityTag(context: Context, severity: string): HTMLElement {
  return h('span', { class: `severity ${severity}` }, context.format.t.severities[severity] ?? severity);
}

export function unusual(context: Context): Child[] {
  const { format, page, state } = context;
  const { t } = format;
  const table = page.tables.get('unusual_activity')!;
  const all = narrowed(context, table);
  const severity = (row: number) => table.text('severity', row) ?? '';
  const wanted = state.options.severity ?? '';
  const rows = wanted ? all.filter((row) => severity(row) === wanted) : all;
  const count = (name: string) => format.count(all.filter((row) => severity(row) === name).length);
  const choices = [{ value: '', label: `${t.all} (${format.count(all.length)})` }, ...SEVERITIES.map((value) => ({ value, label: `${t.severities[value]} (${count(value)})` }))];
  const names = theRest(table, FIRST, [...FIGURES, 'evidence']);
  const columns = datasetColumns(context, table, rows, [...names, ...FIGURES, 'evidence'], {
    // Sorted as numbers: the severest first, and of those the newest.
    severity: { number: (row) => 1e6 * (SEVERITIES.length - SEVERITIES.indexOf(severity(rows[row]))) + table.number('date', rows[row]), show: (row) => severityTag(context, severity(rows[row])), plain: (row) => severity(rows[row]), kind: 'short' },
    rule: { show: (row) => ruleName(context, table, rows[row]), plain: (row) => table.text('rule', rows[row]) },
    sentence: { show: (row) => sentence(context, table, rows[row]), plain: (row) => table.text('sentence', rows[row]) },
    account: { kind: 'name' },
    ...Object.fromEntries([...FIGURES, 'evidence'].map((name) => [name, { hidden: true }])),
  });
  return [
    h('p', { class: 'intro' }, t.unusualIntro),
    h('div', { class: 'controls' }, segments(format.heading('severity'), choices, wanted, (value) => context.choose('severity', value))),
    dataTable(context, {
      id: '',
      caption: t.views.unusual,
      rows: rows.length,
      columns,
      sort: '-severity',
      key: (row) => `${table.text('account', rows[row])} ${table.text('rule', rows[row])} ${table.number('date', rows[row])}`,
      detail: (row) => detail(context, table, rows[row]),
      notes: [partlyNote(context, table), skipped(context, table)],
      file: fileName(context, 'unusual_activity'),
    }),
  ];
}

function detail(context: Context, table: Table, row: number): Child[] {
  const { format } = context;
  const figures = FIGURES.filter((name) => table.has(name) && !Number.isNaN(table.number(name, row)));
  const account = table.text('account', row);
  const day = table.number('date', row);
  return [
    h('dl', { class: 'figures-list' }, ...figures.map((name) => h('div', {}, h('dt', {}, format.heading(name)), h('dd', {}, name === 'cold_start' ? (table.number(name, row) ? format.t.yes : format.t.no) : table.column(name).kind === 'int' ? format.count(table.number(name, row)) : format.decimal(table.number(name, row)))))),
    table.text('evidence', row) && h('p', {}, h('strong', {}, `${format.t.evidence}: `), table.text('evidence', row)),
    account && h('p', {}, link(context, { view: 'volume', account: { operator: 'is', text: account } }, format.t.onlyThisAccount), ' · ', link(context, { view: 'volume', from: day, to: day }, format.day(day))),
  ];
}
