// TLS usage: the pivot per version, over days and as shares, and how each account connected.

import { chart } from '../chart';
import { datasetColumns, numberColumn, textColumn, versionTag } from '../columns';
import { type Context, accountName } from '../context';
import { type Child, h } from '../dom';
import { type AccountSum, SUFFIXES, UNKNOWN, VERSIONS, isLegacy } from '../facts';
import { type TableColumn, dataTable } from '../table';
import { accountDetail } from './account';
import { accountColumns, lumpedNote, rowsByAccount } from './accounts';
import { empty, fileName, segments, shownDays, showFor, versionSeries } from './parts';

const SHAPES = ['stack', 'share', 'whole'] as const;

export function tls(context: Context): Child[] {
  const { format, state, shown } = context;
  const { t } = format;
  const shape = SHAPES.find((name) => name === state.options.shape) ?? 'stack';
  const labels = { stack: t.shapeDays, share: t.shapeShares, whole: t.shapeWhole };
  const titles = { stack: t.tlsChart, share: t.tlsShares, whole: t.tlsWhole };
  const controls = h(
    'div',
    { class: 'controls' },
    showFor(context),
    segments(t.shape, SHAPES.map((value) => ({ value, label: labels[value] })), shape, (value) => context.choose('shape', value === 'stack' ? '' : value)),
  );
  if (shown.length === 0) return [controls, empty(context)];
  return [
    controls,
    chart(context, {
      title: titles[shape],
      days: shownDays(context),
      series: versionSeries(context, shown),
      value: format.count,
      tick: format.compact,
      shape,
      select: shape === 'whole' ? undefined : (day) => context.go({ from: day, to: day }),
    }),
    accounts(context),
  ];
}

/** The lowest version; unknown only where nothing else is known. */
const lowest = (sum: AccountSum): string => VERSIONS[sum.versions.findIndex((n) => n > 0)] ?? 'unknown';

function accounts(context: Context): HTMLElement {
  const { facts, format, page, shown, state } = context;
  const { t } = format;
  const sums = facts.perAccount(shown);
  const details = page.tables.get('tls_usage_details');
  const lookup = rowsByAccount(context, 'tls_usage_details');
  const rows = Uint32Array.from(sums, (sum) => lookup(sum.account));
  let asMessages = state.options.cells === 'messages';
  const rank = (row: number) => VERSIONS.indexOf(lowest(sums[row]) as (typeof VERSIONS)[number]);
  return dataTable(context, {
    id: '',
    caption: t.detailsTls,
    rows: sums.length,
    sort: '-messages',
    key: (row) => accountName(context, sums[row].account),
    controls: (show) => [
      segments(t.cells, [{ value: 'percent', label: t.asPercent }, { value: 'messages', label: t.asMessages }], asMessages ? 'messages' : 'percent', (value) => {
        asMessages = value === 'messages';
        context.keep({ cells: asMessages ? value : '' });
        show();
      }),
    ],
    columns: [
      ...accountColumns(context, sums),
      numberColumn('messages', (row) => sums[row].messages, format.count),
      ...versionColumns(context, sums, () => asMessages),
      ...(['basic', 'oauth', 'other'] as const).map((family) => numberColumn(`auth_${family}`, (row) => sums[row][family], (n) => quietZero(n, format.count(n)))),
      numberColumn('auth_unknown', (row) => sums[row].messages - sums[row].basic - sums[row].oauth - sums[row].other, format.count, { hidden: true }),
      textColumn('min_tls_version', (row) => lowest(sums[row]), { kind: 'short', show: (row) => versionTag(context, lowest(sums[row])), number: (row) => (rank(row) === UNKNOWN ? NaN : -rank(row)), plain: (row) => lowest(sums[row]) }),
      ...(details ? datasetColumns(context, details, rows, ['weak_cipher_messages']) : []),
    ],
    detail: (row) => accountDetail(context, sums[row].account),
    notes: [details && (state.from !== undefined || state.to !== undefined || state.tls.text) ? t.windowOnlyTls : null, lumpedNote(context, 'tls_usage_details')],
    file: fileName(context, 'tls_usage_details'),
  });
}

const quietZero = (n: number, text: string): Child => (n === 0 ? h('span', { class: 'zero' }, text) : text);

/** Messages and percent of all seven versions are in the CSV; one of the two is shown. */
function versionColumns(context: Context, sums: AccountSum[], asMessages: () => boolean): TableColumn[] {
  const { format, versionLabels } = context;
  return VERSIONS.flatMap((_, at) => {
    const messages = (row: number) => sums[row].versions[at];
    const percent = (row: number) => (100 * messages(row)) / sums[row].messages;
    const mark = (n: number, text: string): Child => (n === 0 ? quietZero(0, '0') : isLegacy(at) ? h('span', { class: 'legacy-figure' }, text) : text);
    const heading = versionLabels[at];
    return [
      numberColumn(`messages_${SUFFIXES[at]}`, messages, (n) => mark(n, format.count(n)), { heading, hidden: () => !asMessages() }),
      numberColumn(`percent_${SUFFIXES[at]}`, percent, (n) => mark(n, format.percent(n)), { heading, hidden: asMessages, plain: (row) => Math.round(100 * percent(row)) / 100 }),
    ];
  });
}
