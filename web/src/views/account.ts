// What a row of an account opens: its days, its TLS versions, its legacy devices, what was unusual about it.

import { chart } from '../chart';
import { versionTag } from '../columns';
import type { Context } from '../context';
import { type Child, h } from '../dom';
import { versionSeries, link, shownDays, spoken } from './parts';

export function accountDetail(context: Context, account: number): Child[] {
  const { facts, format, page } = context;
  const { t } = format;
  const rows = context.shown.filter((row) => facts.account[row] === account);
  const name = account >= 0 ? facts.accounts[account] : null;
  const devices = name === null ? [] : rowsOf(context, 'legacy_clients', name);
  const unusual = name === null ? [] : rowsOf(context, 'unusual_activity', name);
  const legacy = page.tables.get('legacy_clients');
  const activity = page.tables.get('unusual_activity');
  const days = shownDays(context);
  return [
    h('div', { class: 'detail-main' }, h('h4', {}, t.accountDays), chart(context, { title: `${t.accountDays}: ${name ?? t.unknownAccount}`, days, series: versionSeries(context, rows), value: format.count, tick: format.compact, shape: 'stack', height: 150 })),
    devices.length > 0 &&
      h(
        'div',
        {},
        h('h4', {}, t.accountDevices),
        h(
          'ul',
          { class: 'plain' },
          ...devices.slice(0, 8).map((row) =>
            h('li', {}, versionTag(context, legacy!.text('tls_version', row)), ' ', h('code', {}, legacy!.text('client_ip', row) ?? '–'), ' ', legacy!.text('client_name', row) ?? legacy!.text('helo', row), h('span', { class: 'quiet' }, ` · ${format.count(legacy!.number('messages', row))} · ${format.time(legacy!.number('last_seen', row))}`)),
          ),
        ),
      ),
    unusual.length > 0 &&
      h('div', {}, h('h4', {}, t.accountUnusual), h('ul', { class: 'plain' }, ...unusual.slice(0, 8).map((row) => h('li', {}, h('span', { class: 'quiet' }, `${format.day(activity!.number('date', row))} · `), spoken(context, activity!.text('sentence', row)))))),
    name !== null && h('p', {}, link(context, { account: { operator: 'is', text: name } }, t.onlyThisAccount)),
  ];
}

function rowsOf(context: Context, dataset: string, account: string): number[] {
  const table = context.page.tables.get(dataset);
  if (!table?.has('account')) return [];
  const word = table.column('account').words.indexOf(account);
  if (word < 0) return [];
  return Array.from(table.column('account').values.keys()).filter((row) => table.column('account').values[row] === word);
}
