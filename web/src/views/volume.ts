// Sending volume: the pivot per day and domain, and what each account sent.

import { chart } from '../chart';
import { datasetColumns, numberColumn } from '../columns';
import { type Context, accountName } from '../context';
import { type Child, h } from '../dom';
import { MEASURES, type Measure } from '../facts';
import { dataTable } from '../table';
import { accountDetail } from './account';
import { accountColumns, lumpedNote, rowsByAccount } from './accounts';
import { domainSeries, empty, fileName, segments, shownDays, showFor } from './parts';

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
      ...accountColumns(context, sums),
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
