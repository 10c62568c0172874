// Legacy clients: the devices to fix, those that already fail, and how the number of legacy accounts goes down.

import { chart } from '../chart';
import { datasetColumns, partlyNote, theRest } from '../columns';
import type { Table } from '../contract';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { narrowed, notNarrowed } from '../narrow';
import { dataTable } from '../table';
import { fileName, panel } from './parts';

const DEVICES = ['account', 'tls_version', 'client_ip', 'client_name', 'helo', 'messages', 'last_seen', 'mechanism', 'service', 'cipher', 'first_seen'];
const REFUSED = ['client_ip', 'client_name', 'last_account', 'last_tls_version', 'kind', 'attempts', 'first_seen', 'last_seen'];
const WEEKS = ['week', 'domain', 'accounts', 'legacy_accounts', 'legacy_share', 'new_accounts', 'cured_accounts', 'relapsed_accounts'];

export function legacy(context: Context): Child[] {
  const { format, page } = context;
  const { t } = format;
  const [clients, refused, weeks] = ['legacy_clients', 'refused_clients', 'burn_down'].map((name) => page.tables.get(name));
  return [
    clients && [h('p', { class: 'intro' }, t.legacyIntro), table(context, clients, t.devices, DEVICES, '', 'account', '-messages')],
    refused && [h('p', { class: 'intro' }, t.refusedIntro), table(context, refused, t.refused, REFUSED, 'r', 'client_ip', '-attempts')],
    weeks && weeks.rows > 0 && burnDown(context, weeks),
  ];
}

export function skipped(context: Context, dataset: Table): Child {
  const { format } = context;
  const fields = notNarrowed(context, dataset).map((field) => ({ account: format.t.account, domain: format.t.domain, tls: format.t.tlsVersion })[field]);
  return fields.length ? format.say(format.t.notFiltered, { fields: fields.join(', ') }) : null;
}

function table(context: Context, dataset: Table, caption: string, first: string[], id: string, head: string, sort: string): HTMLElement {
  const rows = narrowed(context, dataset);
  const names = theRest(dataset, first);
  const mono = (name: string) => ({ show: (row: number) => h('code', {}, dataset.text(name, rows[row]) ?? '–') });
  const more = { client_ip: mono('client_ip'), [head]: { kind: 'name' as const } };
  if (head === 'client_ip') more.client_ip = { ...mono('client_ip'), kind: 'name' } as never;
  return dataTable(context, {
    id,
    caption,
    rows: rows.length,
    columns: datasetColumns(context, dataset, rows, names, more),
    sort,
    key: (row) => `${dataset.text(head, rows[row])} ${rows[row]}`,
    notes: [partlyNote(context, dataset), skipped(context, dataset)],
    file: fileName(context, dataset.name),
  });
}

/** Legacy accounts by week, over all domains, with what came and went. */
function burnDown(context: Context, weeks: Table): Child {
  const { format, palette } = context;
  const { t } = format;
  const rows = narrowed(context, weeks);
  const days = [...new Set(Array.from(rows, (row) => weeks.number('week', row)))].sort((a, b) => a - b);
  const names = ['legacy_accounts', 'new_accounts', 'cured_accounts', 'relapsed_accounts'].filter((name) => weeks.has(name));
  const paints = [palette.versions[2], palette.series[3], palette.series[2], palette.versions[3]];
  const series = names.map((name, at) => {
    const values = new Float64Array(days.length);
    for (const row of rows) values[days.indexOf(weeks.number('week', row))] += weeks.number(name, row) || 0;
    return { name: format.heading(name), paint: paints[at], values };
  });
  return [
    panel(t.burnDown, days.length > 1 && chart(context, { title: t.burnDown, days, series, value: format.count, tick: format.compact, shape: 'line', label: format.heading('week'), height: 220 })),
    table(context, weeks, t.burnDownTable, WEEKS, 'b', 'domain', '-week'),
  ];
}
