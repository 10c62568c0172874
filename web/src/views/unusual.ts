// Unusual activity: what was seen, in a sentence, the severest first; the figures behind it in the row's details.

import { datasetColumns, partlyNote, theRest } from '../columns';
import type { Table } from '../contract';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { narrowed, skippedNote } from '../narrow';
import { dataTable } from '../table';
import { fileName, link, nameParts, segments, spoken, spokenList } from './parts';

export const SEVERITIES = ['high', 'notice', 'info'];
const FIRST = ['severity', 'date', 'account', 'rule', 'sentence'];
const FIGURES = ['observed', 'threshold', 'baseline_median', 'baseline_mad', 'baseline_days', 'z', 'cold_start'];

/** The sentence in the reader's language. */
export const sentence = (context: Context, table: Table, row: number): Child => spoken(context, table.text('sentence', row));

const ruleName = (context: Context, table: Table, row: number): string => {
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
    rule: { kind: 'spare', text: (row) => ruleName(context, table, rows[row]), show: (row) => ruleName(context, table, rows[row]), plain: (row) => table.text('rule', rows[row]) },
    sentence: { text: (row) => format.own(table.text('sentence', rows[row]) ?? ''), show: (row) => sentence(context, table, rows[row]), plain: (row) => table.text('sentence', rows[row]) },
    // A phone has no room for a column of sentences, which are what this is about: there they stand below the name.
    account: { kind: 'name', show: (row) => [nameParts(table.text('account', rows[row]) ?? '–'), h('span', { class: 'under' }, `${format.shortDay(table.number('date', rows[row]))} · `, sentence(context, table, rows[row]))] },
    date: { kind: 'spare' },
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
      notes: [partlyNote(context, table), skippedNote(context, table)],
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
    table.text('evidence', row) && h('p', {}, h('strong', {}, `${format.t.evidence}: `), spokenList(context, table.text('evidence', row))),
    account && h('p', {}, link(context, { view: 'volume', account: { operator: 'is', text: account } }, format.t.onlyThisAccount), ' · ', link(context, { view: 'volume', from: day, to: day }, format.day(day))),
  ];
}
