// Cutover: live switches, and who would fail.

import { chart } from '../chart';
import { numberColumn, textColumn } from '../columns';
import { type Context, accountName } from '../context';
import { type Outcome, REASONS, STATUSES, type Switches, whatIf } from '../cutover';
import { type Child, h } from '../dom';
import { LUMPED, UNKNOWN, VERSIONS } from '../facts';
import { isoDay } from '../format';
import { palette } from '../palette';
import { dataTable } from '../table';
import { accountDetail } from './account';
import { accountColumns } from './accounts';
import { empty, fileName, ofShownDays, segments, shownDays } from './parts';

const MINIMA = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** The switches of the link. At first it asks what most people ask: what if TLS 1.2 were the lowest? */
function switches(context: Context): Switches {
  const { options } = context.state;
  const min = options.min ?? 'TLSv1.2';
  const on = (name: string, first: boolean) => (options[name] === undefined ? first : options[name] === '1');
  return { minTls: Math.max(0, VERSIONS.indexOf(min as (typeof VERSIONS)[number])), no3des: on('no3des', false), noCleartext: on('nocleartext', true), noBasic: on('nobasic', false) };
}

export function cutover(context: Context): Child[] {
  const { facts, format, page, rows } = context;
  const { t } = format;
  const chosen = switches(context);
  if (rows.length === 0) return [h('p', { class: 'intro' }, t.cutoverIntro), controls(context, chosen), empty(context)];
  const result = whatIf(facts, rows, chosen);
  const share = (n: number) => format.percent(result.messages > 0 ? (100 * n) / result.messages : 0);
  const { failing, undetermined } = result;
  const series = [
    { name: t.wouldBreak, paint: palette.fail, values: ofShownDays(context, result.failingByDay) },
    { name: t.notTold, paint: palette.versions[UNKNOWN], values: ofShownDays(context, result.undeterminedByDay) },
    { name: t.wouldPass, paint: palette.pass, values: ofShownDays(context, result.passingByDay) },
  ];
  return [
    h('p', { class: 'intro' }, t.cutoverIntro),
    controls(context, chosen),
    h(
      'dl',
      { class: 'outcome' },
      ...STATUSES.map((status) => h('div', { class: status }, h('dt', {}, plural(context, status, result.counts[status])), h('dd', { class: 'figure' }, format.count(result.counts[status])))),
    ),
    h(
      'p',
      { class: 'would-fail', 'data-said': true },
      format.say(t.wouldFail, { n: format.count(failing), all: format.count(result.messages), percent: share(failing) }),
      ' ',
      format.say(t.wouldBeNotTold, { n: format.count(undetermined), percent: share(undetermined) }),
    ),
    result.accounts.some(({ account }) => account === LUMPED) && h('p', { class: 'note' }, format.say(t.lumpedCutover, { n: format.count(page.lumpedAccounts) })),
    chart(context, { title: t.cutoverChart, days: shownDays(context), series, value: format.count, tick: format.compact, shape: 'stack', height: 220, select: (day) => context.go({ from: day, to: day }) }),
    accounts(context, result.accounts),
  ];
}

const plural = (context: Context, status: Outcome['status'], n: number): string => context.format.many(context.format.t.statusNote[status], n);

function controls(context: Context, chosen: Switches): HTMLElement {
  const { t } = context.format;
  const minimum = chosen.minTls === 0 ? 'any' : VERSIONS[chosen.minTls];
  const toggle = (name: string, label: string, on: boolean) =>
    h('label', { class: 'switch' }, h('input', { type: 'checkbox', role: 'switch', checked: on, 'data-focus': name, onchange: () => context.choose(name, on ? '0' : '1') }), h('span', {}, label));
  return h(
    'div',
    { class: 'controls' },
    segments(t.minTls, [{ value: 'any', label: t.asToday }, ...MINIMA.map((value) => ({ value, label: value }))], minimum, (value) => context.choose('min', value)),
    h(
      'fieldset',
      { class: 'switches' },
      h('legend', {}, t.switches),
      h('div', { class: 'switch-row' }, toggle('nocleartext', t.noCleartext, chosen.noCleartext), toggle('no3des', t.no3des, chosen.no3des), toggle('nobasic', t.noBasic, chosen.noBasic)),
    ),
  );
}

function accounts(context: Context, all: Outcome[]): HTMLElement {
  const { facts, format } = context;
  const { t } = format;
  const words = { breaks: t.breaks, mixed: t.mixed, undetermined: t.undetermined, safe: t.safe };
  const reasons = (outcome: Outcome) => REASONS.filter((_, bit) => outcome.reasons & (1 << bit));
  const percent = (row: number) => (100 * all[row].failing) / all[row].messages;
  const last = (row: number) => (all[row].last < 0 ? NaN : facts.first + all[row].last);
  return dataTable(context, {
    id: '',
    caption: t.cutoverTable,
    rows: all.length,
    sort: '-failing',
    key: (row) => accountName(context, all[row].account),
    columns: [
      ...accountColumns(context, all),
      textColumn('status', (row) => words[all[row].status], { show: (row) => h('span', { class: `status ${all[row].status}` }, words[all[row].status]), plain: (row) => all[row].status }),
      numberColumn('failing', (row) => all[row].failing, format.count),
      numberColumn('failing_percent', percent, format.percent, { plain: (row) => Math.round(100 * percent(row)) / 100 }),
      numberColumn('messages', (row) => all[row].messages, format.count),
      textColumn('reason', (row) => reasons(all[row]).map((reason) => t.reasons[reason]).join(', '), { plain: (row) => reasons(all[row]).join(' ') }),
      numberColumn('last_failing', last, format.day, { plain: (row) => (Number.isNaN(last(row)) ? null : isoDay(last(row))), kind: 'short' }),
    ],
    detail: (row) => accountDetail(context, all[row].account),
    file: fileName(context, 'cutover'),
  });
}
