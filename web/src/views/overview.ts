// Overview: the window at a glance, and what to look at first.

import { chart } from '../chart';
import { type Context, domainName } from '../context';
import { type Child, h } from '../dom';
import { FIRST_CURRENT, SUFFIXES, UNKNOWN, VERSIONS, isLegacy } from '../facts';
import { narrowed } from '../narrow';
import { palette, swatch } from '../palette';
import { isFiltered } from '../state';
import { warnings } from '../warnings';
import { empty, firstPanel, link, ofShownDays, panel, shownDays, stackedBar, spoken } from './parts';
import { SEVERITIES, sentence, severityTag } from './unusual';

export function overview(context: Context): Child[] {
  if (context.rows.length === 0) return [empty(context), attention(context)];
  return [h('div', { class: 'columns' }, h('div', {}, byDay(context), versions(context)), h('div', {}, attention(context), domains(context)))];
}

/** Messages per day, in the three groups that decide what has to be done. */
function byDay(context: Context): HTMLElement {
  const { facts, format, rows } = context;
  const { t } = format;
  const groups = [
    { name: t.currentGroup, paint: palette.versions[5], has: (version: number) => version >= FIRST_CURRENT && version < UNKNOWN },
    { name: t.legacyGroup, paint: palette.versions[2], has: isLegacy },
    { name: t.undeterminedGroup, paint: palette.versions[UNKNOWN], has: (version: number) => version === UNKNOWN },
  ];
  const pivot = facts.pivot(rows, facts.version);
  const series = groups
    .map(({ name, paint, has }) => {
      const sum = new Float64Array(facts.days);
      for (const [version, values] of pivot) if (has(version)) values.forEach((n, day) => (sum[day] += n));
      return { name, paint, values: ofShownDays(context, sum) };
    })
    .filter((group) => group.values.some((n) => n > 0));
  return panel(t.byDay, chart(context, { title: t.byDay, days: shownDays(context), series, value: format.count, tick: format.compact, shape: 'stack', height: 240, select: (day) => context.go({ from: day, to: day }) }));
}

/** All seven versions, always: that something is zero is news too. */
function versions(context: Context): HTMLElement {
  const { facts, format, page, rows } = context;
  const { t } = format;
  const sums = new Float64Array(VERSIONS.length);
  for (const row of rows) sums[facts.version[row]] += facts.measures.messages[row];
  const all = sums.reduce((sum, n) => sum + n, 0);
  const summary = page.tables.get('summary');
  const hasBefore = summary !== undefined && !isFiltered(context.state) && summary.number('previous_messages', 0) > 0;
  const before = (at: number) => summary!.number(`previous_percent_${SUFFIXES[at]}`, 0);
  const head = [t.tlsVersion, t.kpiMessages, t.share, ...(hasBefore ? [t.before, t.change] : [])];
  const line = (label: string, at: number) => {
    const share = all > 0 ? (100 * sums[at]) / all : 0;
    // Points of what is shown, so that a reader who subtracts gets the same.
    const change = Math.round(share * 100) / 100 - before(at);
    return h(
      'tr',
      { class: sums[at] === 0 ? 'zero' : '', 'data-version': VERSIONS[at] },
      h('th', { scope: 'row' }, link(context, { view: 'tls', tls: { operator: 'is', text: VERSIONS[at] } }, swatch(palette.versions[at]), label)),
      h('td', { class: 'number' }, format.count(sums[at])),
      h('td', { class: 'number share' }, format.percent(share)),
      hasBefore && [h('td', { class: 'number quiet before' }, format.percent(before(at))), h('td', { class: 'number quiet' }, Math.abs(change) < 0.05 ? '–' : format.changePoints(change))],
    );
  };
  return panel(
    t.tlsWindow,
    stackedBar(VERSIONS.map((_, at) => ({ paint: palette.versions[at], share: sums[at] })).filter((part) => part.share > 0)),
    h(
      'div',
      { class: 'scroll bare', tabindex: 0, role: 'region', 'aria-label': t.tlsWindow },
      h(
        'table',
        { class: 'versions' },
        h('caption', { class: 'hidden' }, t.tlsWindow),
        h('thead', {}, h('tr', {}, ...head.map((name, at) => h('th', { scope: 'col', class: at === 0 ? '' : at === 3 ? 'number before' : 'number' }, name)))),
        h('tbody', {}, ...context.versionLabels.map(line)),
      ),
    ),
  );
}

const MOST_DOMAINS = 8;

function domains(context: Context): HTMLElement {
  const { facts, format, rows } = context;
  const sums = new Map<number, number>();
  for (const row of rows) sums.set(facts.domain[row], (sums.get(facts.domain[row]) ?? 0) + facts.measures.messages[row]);
  const all = facts.sum(rows);
  const sorted = [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const rest = sorted.slice(MOST_DOMAINS);
  const line = (name: Child, messages: number) => {
    const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
    bar.style.width = `${(100 * messages) / sorted[0][1]}%`;
    return h('li', {}, h('span', { class: 'bar-line' }, h('span', { class: 'bar-name' }, name), h('span', { class: 'number' }, format.count(messages)), h('span', { class: 'number quiet share' }, format.percent((100 * messages) / all))), h('span', { class: 'track' }, bar));
  };
  const shown = sorted.slice(0, MOST_DOMAINS).map(([domain, messages]) => line(link(context, { view: 'volume', show: domain >= 0 ? facts.domains[domain] : '' }, domainName(context, domain)), messages));
  const others = rest.length > 0 && h('li', { class: 'quiet' }, link(context, { view: 'volume' }, format.many(format.t.others, rest.length)), ` · ${format.count(rest.reduce((sum, [, n]) => sum + n, 0))}`);
  return panel(format.t.topDomains, h('ol', { class: 'bars' }, ...shown, others));
}

/** What to look at, the worst first. */
function attention(context: Context): HTMLElement {
  const { t } = context.format;
  const items = [unusualItem(context), legacyItem(context), refusedItem(context), coverageItem(context)].flat().filter(Boolean) as HTMLElement[];
  return firstPanel(t.attention, items.length ? h('ul', { class: 'attention' }, ...items) : h('p', { class: 'good' }, t.attentionNone));
}

function unusualItem(context: Context): Child[] {
  const { format, page } = context;
  const { t } = format;
  const table = page.tables.get('unusual_activity');
  if (!table) return [];
  const rows = [...narrowed(context, table)];
  const of = (severity: string) => rows.filter((row) => table.text('severity', row) === severity);
  const [high, notice] = [of(SEVERITIES[0]), of(SEVERITIES[1])];
  // Of an account's day the first finding tells enough: the others are grave together with it.
  const seen = new Set<string | null>();
  const firsts = high.sort((a, b) => table.number('date', b) - table.number('date', a)).filter((row) => !seen.has(table.text('account', row)) && seen.add(table.text('account', row)));
  const newest = firsts.slice(0, 3);
  return [
    high.length > 0 &&
      h(
        'li',
        {},
        severityTag(context, 'high'),
        h('div', {}, link(context, { view: 'unusual', options: { severity: 'high' } }, format.many(t.attentionUnusual, high.length)), ...newest.map((row) => h('p', {}, h('span', { class: 'quiet' }, `${format.shortDay(table.number('date', row))} · `), h('strong', {}, table.text('account', row)), ' ', sentence(context, table, row)))),
      ),
    notice.length > 0 && h('li', {}, severityTag(context, 'notice'), h('div', {}, link(context, { view: 'unusual', options: { severity: 'notice' } }, format.many(t.attentionNotice, notice.length)))),
  ];
}

function legacyItem(context: Context): Child {
  const { facts, format, rows, views } = context;
  const accounts = facts.distinctAccounts(rows.filter((row) => isLegacy(facts.version[row])));
  if (accounts === 0) return null;
  const change = views.includes('legacy') ? { view: 'legacy' } : { view: 'cutover' };
  return h('li', {}, h('span', { class: 'severity legacy' }, 'TLS'), h('div', {}, link(context, change, format.many(format.t.attentionLegacy, accounts))));
}

function refusedItem(context: Context): Child {
  const { format, page } = context;
  const table = page.tables.get('refused_clients');
  if (!table) return null;
  const failing = narrowed(context, table).filter((row) => table.text('kind', row) === 'tls_failed');
  const clients = new Set(Array.from(failing, (row) => table.text('client_ip', row))).size;
  return clients > 0 && h('li', {}, h('span', { class: 'severity info' }, 'TLS'), h('div', {}, link(context, { view: 'legacy' }, format.many(format.t.attentionRefused, clients))));
}

function coverageItem(context: Context): Child {
  const { format, page } = context;
  const { t } = format;
  const table = page.tables.get('coverage');
  const found = table ? warnings(table, narrowed(context, table)) : [];
  if (found.length === 0) return null;
  const first = found.slice(0, 2).map((warning) => h('p', {}, h('strong', {}, warning.source), ' ', spoken(context, warning.text)));
  return h('li', {}, h('span', { class: 'severity notice' }, 'log'), h('div', {}, link(context, { view: 'coverage' }, format.many(t.attentionCoverage, found.length)), ...first));
}
