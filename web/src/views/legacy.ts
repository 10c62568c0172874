// Legacy clients: the devices to fix, those that already fail, and how the number of legacy accounts goes down.

import { chart } from '../chart';
import { datasetColumns, partlyNote, theRest } from '../columns';
import type { Table } from '../contract';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { narrowed, skippedNote } from '../narrow';
import { palette } from '../palette';
import { type TableColumn, dataTable } from '../table';
import { accountDetail } from './account';
import { fields, fileName, link, nameParts, panel, segments } from './parts';

const DEVICES = ['account', 'tls_version', 'other_versions', 'client_ip', 'client_name', 'messages', 'last_seen', 'helo'];
/** What tells the devices of an account apart. */
const KEY = ['client_ip', 'helo', 'tls_version', 'cipher', 'mechanism'];
const REFUSED = ['client_ip', 'client_name', 'last_account', 'last_tls_version', 'kind', 'attempts', 'first_seen', 'last_seen'];
const WEEKS = ['week', 'domain', 'accounts', 'legacy_accounts', 'legacy_share', 'new_accounts', 'cured_accounts', 'relapsed_accounts'];

export function legacy(context: Context): Child[] {
  const { page } = context;
  const [clients, refused, weeks] = ['legacy_clients', 'refused_clients', 'burn_down'].map((name) => page.tables.get(name));
  return [clients && devices(context, clients), refused && refusedClients(context, refused), weeks && weeks.rows > 0 && burnDown(context, weeks)];
}

const notes = (context: Context, dataset: Table): Child[] => [partlyNote(context, dataset), skippedNote(context, dataset)];

/** Addresses in letters of one width. */
const code = (dataset: Table, rows: Uint32Array): Partial<TableColumn> => ({ show: (row) => h('code', {}, dataset.text('client_ip', rows[row]) ?? '–') });

function devices(context: Context, dataset: Table): Child {
  const { facts, format } = context;
  const rows = narrowed(context, dataset);
  const name = (row: number) => dataset.text('account', rows[row]);
  const names = theRest(dataset, DEVICES);
  // What finds the device is shown; what is known beside it is in the row's details.
  const hidden = Object.fromEntries(names.filter((other) => !DEVICES.includes(other)).map((other) => [other, { hidden: true }]));
  const columns = datasetColumns(context, dataset, rows, names, { ...hidden, client_ip: code(dataset, rows), account: { kind: 'name', show: (row) => nameParts(name(row) ?? format.t.unknownAccount) } });
  return [
    h('p', { class: 'intro' }, format.t.legacyIntro),
    dataTable(context, {
      id: '',
      caption: format.t.devices,
      rows: rows.length,
      columns,
      sort: '-messages',
      key: (row) => [name(row) ?? format.t.unknownAccount, ...KEY.map((column) => dataset.text(column, rows[row]))].filter((text) => text !== null).join(' '),
      detail: (row) => [fields(context, columns, row), ...accountDetail(context, name(row) === null ? -1 : facts.accounts.indexOf(name(row)!))],
      notes: notes(context, dataset),
      file: fileName(context, dataset.name),
    }),
  ];
}

/** At first those whose handshake breaks: the others are no matter of TLS. */
function refusedClients(context: Context, dataset: Table): Child {
  const { format, state } = context;
  const { t } = format;
  const all = narrowed(context, dataset);
  const kind = (row: number) => dataset.text('kind', row) ?? '';
  const kindName = (value: string) => t.kinds[value] ?? format.heading(value);
  const kinds = [...new Set(Array.from(all, kind))].sort();
  const first = kinds.includes('tls_failed') ? 'tls_failed' : 'all';
  const wanted = [...kinds, 'all'].find((value) => value === state.options.kind) ?? first;
  const rows = wanted === 'all' ? all : all.filter((row) => kind(row) === wanted);
  const count = (value: string) => format.count(value === 'all' ? all.length : all.filter((row) => kind(row) === value).length);
  const choices = ['all', ...kinds].map((value) => ({ value, label: `${value === 'all' ? t.all : kindName(value)} (${count(value)})` }));
  const columns = datasetColumns(context, dataset, rows, theRest(dataset, REFUSED), {
    client_ip: { ...code(dataset, rows), kind: 'name' },
    kind: { text: (row) => kindName(kind(rows[row])), show: (row) => kindName(kind(rows[row])), plain: (row) => kind(rows[row]) },
  });
  const detail = (row: number): Child[] => {
    const account = dataset.text('last_account', rows[row]);
    return [fields(context, columns, row), account !== null && h('p', {}, link(context, { view: 'tls', account: { operator: 'is', text: account } }, account))];
  };
  return [
    h('p', { class: 'intro' }, t.refusedIntro),
    kinds.length > 1 && h('div', { class: 'controls' }, segments(format.heading('kind'), choices, wanted, (value) => context.choose('kind', value === first ? '' : value))),
    dataTable(context, {
      id: 'r',
      caption: t.refused,
      rows: rows.length,
      columns,
      sort: '-attempts',
      key: (row) => `${dataset.text('client_ip', rows[row])} ${kindName(kind(rows[row]))}`,
      detail,
      notes: notes(context, dataset),
      file: fileName(context, dataset.name),
    }),
  ];
}

/** Legacy accounts by week, over all domains: what was there before, what came, and below zero what was cured. */
function burnDown(context: Context, weeks: Table): Child {
  const { format } = context;
  const { t } = format;
  const rows = narrowed(context, weeks);
  const days = [...new Set(Array.from(rows, (row) => weeks.number('week', row)))].sort((a, b) => a - b);
  const place = new Map(days.map((day, at) => [day, at]));
  const sum = (name: string, sign = 1) => {
    const values = new Float64Array(days.length);
    for (const row of rows) values[place.get(weeks.number('week', row))!] += sign * (weeks.number(name, row) || 0);
    return values;
  };
  const [all, fresh, relapsed, cured] = [sum('legacy_accounts'), sum('new_accounts'), sum('relapsed_accounts'), sum('cured_accounts', -1)];
  const series = [
    { name: t.stillLegacy, paint: palette.versions[2], values: all.map((n, at) => n - fresh[at] - relapsed[at]) },
    { name: format.heading('relapsed_accounts'), paint: palette.versions[1], values: relapsed },
    { name: format.heading('new_accounts'), paint: palette.versions[3], values: fresh },
    { name: format.heading('cured_accounts'), paint: palette.series[2], values: cured },
  ];
  // Those that were cured are drawn below zero, and are no negative number.
  const value = (n: number) => format.count(Math.abs(n));
  // The newest week first, and in it the domains that have most to do.
  const inWeek = (row: number) => 1e6 * weeks.number('week', rows[row]) + weeks.number('legacy_accounts', rows[row]);
  const drawn = days.length > 0 && chart(context, { title: t.burnDown, days, series, value, tick: value, shape: 'stack', label: format.heading('week'), total: { name: format.heading('legacy_accounts'), values: all }, height: 260 });
  return [
    panel(t.burnDown, drawn),
    dataTable(context, {
      id: 'b',
      caption: t.burnDownTable,
      rows: rows.length,
      columns: datasetColumns(context, weeks, rows, theRest(weeks, WEEKS), { domain: { kind: 'name' }, week: { number: inWeek } }),
      sort: '-week',
      key: (row) => `${rows[row]}`,
      notes: notes(context, weeks),
      file: fileName(context, weeks.name),
    }),
  ];
}
