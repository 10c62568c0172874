// Columns of a details table: out of a dataset by the kind of each column, or computed.

import type { Column, Table } from './contract';
import type { Context } from './context';
import { type Child, h } from './dom';
import { FIRST_CURRENT, UNKNOWN, VERSIONS } from './facts';
import { isoDay, isoTime } from './format';
import type { TableColumn } from './table';

const WIDE = new Set(['sentence', 'evidence', 'warnings', 'reason']);
const VERSION_COLUMNS = new Set(['tls_version', 'min_tls_version', 'last_tls_version']);

export const textColumn = (name: string, text: (row: number) => string | null, more: Partial<TableColumn> = {}): TableColumn => ({
  name,
  text,
  show: (row) => text(row) ?? '–',
  ...more,
});

export const numberColumn = (name: string, number: (row: number) => number, show: (n: number) => Child, more: Partial<TableColumn> = {}): TableColumn => ({
  name,
  number,
  show: (row) => show(number(row)),
  kind: 'number',
  ...more,
});

/** A TLS version with the mark of what it is: legacy ones are not told by colour alone. */
export function versionTag(context: Context, version: string | null): Child {
  if (version === null) return '–';
  const at = VERSIONS.indexOf(version as (typeof VERSIONS)[number]);
  const group = at === UNKNOWN || at < 0 ? 'undetermined' : at < FIRST_CURRENT ? 'legacy' : 'current';
  return h('span', { class: `version ${group}` }, context.format.version(version));
}

/** The columns of some rows of a dataset. `rows` maps the table's rows to the dataset's. */
export function datasetColumns(context: Context, table: Table, rows: Uint32Array, names: string[], more: Record<string, Partial<TableColumn>> = {}): TableColumn[] {
  return names.filter((name) => table.has(name)).map((name) => ({ ...datasetColumn(context, table.column(name), rows), ...more[name] }));
}

function datasetColumn(context: Context, column: Column, rows: Uint32Array): TableColumn {
  const { format } = context;
  const { name, kind, values, words } = column;
  // A row beyond the end stands for what the dataset does not have.
  const number = (row: number) => values[rows[row]] ?? NaN;
  if (kind === 'text') {
    const text = (row: number) => (values[rows[row]] >= 0 ? words[values[rows[row]]] : null);
    if (VERSION_COLUMNS.has(name)) return textColumn(name, text, { show: (row) => versionTag(context, text(row)) });
    return textColumn(name, text, { kind: WIDE.has(name) ? 'wide' : undefined });
  }
  const known = (row: number) => (Number.isNaN(number(row)) ? null : number(row));
  const iso = (write: (n: number) => string) => (row: number) => (known(row) === null ? null : write(number(row)));
  switch (kind) {
    case 'date':
      return numberColumn(name, number, format.day, { plain: iso(isoDay), kind: 'short' });
    case 'time':
      return numberColumn(name, number, format.time, { plain: iso(isoTime), kind: 'short' });
    case 'bool':
      return numberColumn(name, number, (n) => (n === 1 ? format.t.yes : n === 0 ? format.t.no : '–'), { plain: (row) => (known(row) === null ? null : known(row) === 1 ? 'true' : 'false') });
    case 'float':
      // By the datasets' names: a share is of 1, a percentage of 100.
      if (name.endsWith('_share')) return numberColumn(name, number, (n) => format.percent(100 * n));
      return numberColumn(name, number, name.includes('percent') ? format.percent : format.decimal);
    default:
      return numberColumn(name, number, name === 'bytes' ? format.bytes : format.count);
  }
}

/** All columns of a dataset that are not in `first`, after those. */
export const theRest = (table: Table, first: string[], without: string[] = []): string[] => [
  ...first,
  ...table.columns.map((column) => column.name).filter((name) => !first.includes(name) && !without.includes(name)),
];

/** The first rows only: said under the table. */
export function partlyNote(context: Context, table: Table, file = table.name): Child {
  if (table.total <= table.rows) return null;
  const { format } = context;
  return format.say(format.t.partly, { rows: format.count(table.rows), total: format.count(table.total), file: `${file}.csv` });
}

/** The rows of a dataset for which a test holds. */
export function rowsWhere(table: Table, test: (row: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: table.rows }, (_, row) => row).filter(test);
}
