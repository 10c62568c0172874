// Coverage: what the figures were built from, and in words what is wrong with it.

import { datasetColumns, partlyNote, theRest } from '../columns';
import type { Table } from '../contract';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { narrowed, skippedNote } from '../narrow';
import { dataTable } from '../table';
import { type Warning, warnings } from '../warnings';
import { fields, fileName, panel, spoken, spokenList } from './parts';

const FIRST = ['date', 'source', 'submissions', 'refusals', 'lines_read', 'lines_used', 'lines_ignored', 'lines_rejected', 'unknown_tls_share', 'warnings'];

const HIDDEN = ['bytes', 'first_line', 'last_line', 'files', 'inputs_digest', 'tool_version'];

export function coverage(context: Context): Child[] {
  const { format, page } = context;
  const { t } = format;
  const table = page.tables.get('coverage')!;
  const rows = narrowed(context, table);
  const found = warnings(table, rows);
  const when = ({ days, varies }: Warning) => `${format.many(t.warningDays, days)}${varies ? `, ${t.atWorst}` : ''}`;
  const columns = datasetColumns(context, table, rows, theRest(table, FIRST), {
    source: { kind: 'name' },
    warnings: { show: (row) => spokenList(context, table.text('warnings', rows[row])) },
    longest_gap_seconds: { show: (row) => gap(context, table.number('longest_gap_seconds', rows[row])) },
    // For machines, and for whoever opens the row.
    ...Object.fromEntries(HIDDEN.map((name) => [name, { hidden: true }])),
  });
  return [
    h('p', { class: 'intro' }, t.coverageIntro),
    panel(
      t.warnings,
      found.length === 0
        ? h('p', { class: 'good' }, t.noWarnings)
        : h('ul', { class: 'warnings' }, ...found.map((warning) => h('li', {}, h('strong', {}, warning.source), h('span', { class: 'quiet' }, ` · ${when(warning)} `), spoken(context, warning.text)))),
    ),
    panel(t.coverageGrid, grid(context, table, rows)),
    dataTable(context, {
      id: '',
      caption: t.coverageTable,
      rows: rows.length,
      columns,
      sort: '-date',
      key: (row) => `${table.text('source', rows[row])} ${format.day(table.number('date', rows[row]))}`,
      detail: (row) => [fields(context, columns, row)],
      notes: [partlyNote(context, table), skippedNote(context, table)],
      file: fileName(context, 'coverage'),
    }),
  ];
}

const gap = (context: Context, seconds: number): string => (Number.isNaN(seconds) ? '–' : `${context.format.tenth(seconds / 3600)} h`);

/** A row per source, a cell per day: its submissions, and a mark where there is a warning or no log. */
function grid(context: Context, table: Table, rows: Uint32Array): Child {
  const { format } = context;
  const { t } = format;
  const days = [...new Set(Array.from(rows, (row) => table.number('date', row)))].sort((a, b) => a - b);
  const sources = [...new Set(Array.from(rows, (row) => table.text('source', row) ?? ''))].sort(format.compare());
  const at = new Map(Array.from(rows, (row) => [`${table.text('source', row)} ${table.number('date', row)}`, row]));
  const cell = (source: string, day: number): HTMLElement => {
    const row = at.get(`${source} ${day}`);
    // A day between two others may have been built from nothing.
    const submissions = row === undefined || table.number('lines_read', row) === 0 ? NaN : table.number('submissions', row);
    const isWarned = row !== undefined && table.text('warnings', row) !== null;
    if (Number.isNaN(submissions)) return h('td', { class: 'missing' }, t.missingDay);
    return h('td', { class: isWarned ? 'warned' : '' }, format.compact(submissions), isWarned && h('span', { class: 'hidden' }, ` ${t.warned}`));
  };
  const head = h('tr', {}, h('th', { scope: 'col' }, format.heading('source')), ...days.map((day) => h('th', { scope: 'col' }, format.shortDay(day))));
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t.coverageGrid },
    h('table', { class: 'grid' }, h('caption', { class: 'hidden' }, t.coverageGrid), h('thead', {}, head), h('tbody', {}, ...sources.map((source) => h('tr', {}, h('th', { scope: 'row' }, source), ...days.map((day) => cell(source, day)))))),
  );
}
