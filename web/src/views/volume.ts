// Sending volume: the pivot per day and domain, and what each account sent.

import { chart } from '../chart';
import { datasetColumns, numberColumn, textColumn } from '../columns';
import type { Context } from '../context';
import { LUMPED, MEASURES, type Measure } from '../facts';
import type { Child } from '../dom';
import { dataTable } from '../table';
import { h } from '../dom';
import { accountDetail } from './account';
import { accountName, domainName, domainSeries, empty, fileName, nameCell, segments, shownDays, showFor } from './parts';


export function volume(context: Context): Child[] {
  const { format, state, shown } = context;
  const { t } = format;
  const measure = MEASURES.find((name) => name === state.options.measure) ?? 'messages';
  const names: Record<Measure, string> = { messages: t.kpiMessages, recipients: t.kpiRecipients, bytes: t.kpiBytes };
  const controls = h(
    'div',
    { class: 'controls' },
    showFor(context),
    segments(t.measure, MEASURES.map((value) => ({ value, label: names[value] })), measure, (value) => context.choose('measure', value === 'messages' ? '' : value)),
  );
  if (shown.length === 0) return [controls, empty(context)];
  const value = measure === 'bytes' ? format.bytes : format.count;
  return [
    controls,
    chart(context, {
      title: format.say(t.volumeChart, { measure: names[measure] }),
      days: shownDays(context),
      series: domainSeries(context, shown, measure),
      value,
      tick: measure === 'bytes' ? format.bytes : format.compact,
      shape: 'stack',
      select: (day) => context.go({ from: day, to: day }),
    }),
    accounts(context),
  ];
}

function accounts(context: Context): HTMLElement {
  const { facts, format, page, shown } = context;
  const { t } = format;
  const sums = facts.perAccount(shown);
  const all = facts.sum(shown);
  const details = page.tables.get('sending_volume_details');
  const lookup = rowsByAccount(context, 'sending_volume_details');
  const rows = Uint32Array.from(sums, (sum) => lookup(sum.account));
  const fromDetails = details ? datasetColumns(context, details, rows, ['client_ips', 'mail_froms', 'first_seen', 'last_seen'], { first_seen: { hidden: true } }) : [];
  return dataTable(context, {
    id: '',
    caption: t.detailsVolume,
    rows: sums.length,
    sort: '-messages',
    key: (row) => accountName(context, sums[row].account),
    columns: [
      textColumn('account', (row) => (sums[row].account >= 0 ? facts.accounts[sums[row].account] : null), { kind: 'name', show: (row) => nameCell(context, sums[row].account) }),
      textColumn('domain', (row) => (sums[row].domain >= 0 ? facts.domains[sums[row].domain] : null), { kind: 'spare', show: (row) => (sums[row].account === LUMPED ? '–' : domainName(context, sums[row].domain)) }),
      numberColumn('messages', (row) => sums[row].messages, format.count),
      numberColumn('percent', (row) => (100 * sums[row].messages) / all, format.percent, { plain: (row) => Math.round((10_000 * sums[row].messages) / all) / 100 }),
      numberColumn('recipients', (row) => sums[row].recipients, format.count),
      numberColumn('bytes', (row) => sums[row].bytes, format.bytes),
      numberColumn('active_days', (row) => sums[row].activeDays, format.count),
      ...fromDetails,
    ],
    detail: (row) => accountDetail(context, sums[row].account),
    notes: [context.state.from !== undefined || context.state.to !== undefined || context.state.tls.text ? t.windowOnly : null, lumpedNote(context, 'sending_volume_details')],
    file: fileName(context, 'sending_volume_details'),
  });
}

/** Where each account stands in a dataset; a row beyond its end, which holds nothing, where it does not. */
export function rowsByAccount(context: Context, dataset: string): (account: number) => number {
  const table = context.page.tables.get(dataset);
  if (!table) return () => 0;
  const { words, values } = table.column('account');
  const rowOfWord = new Map<string, number>();
  let nameless = table.rows;
  for (let row = table.rows - 1; row >= 0; row--) {
    if (values[row] >= 0) rowOfWord.set(words[values[row]], row);
    else nameless = row;
  }
  return (account) => {
    if (account === -1) return nameless;
    return account >= 0 ? (rowOfWord.get(context.facts.accounts[account]) ?? table.rows) : table.rows;
  };
}

export function lumpedNote(context: Context, file: string): Child {
  const { page, format } = context;
  if (page.lumpedAccounts === 0) return null;
  return format.say(format.t.lumped, { n: format.count(page.lumpedAccounts), file: `${file}.csv` });
}
