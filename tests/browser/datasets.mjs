// The demo's page against the datasets that the same run has published.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groups, require, same } from './checks.mjs';
import { parse } from './csv.mjs';

const VERSIONS = ['none', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'unknown'];
const LABELS = { none: 'no TLS' };
const label = (version) => LABELS[version] ?? version;
const number = (text) => Number(text.replace(/[^\d.-]/g, ''));

/** Where each dataset is exported, and what tells its rows apart. */
const EXPORTS = [
  ['volume', 'sending_volume_details', ['account']],
  ['tls', 'tls_usage_details', ['account']],
  ['legacy', 'legacy_clients', ['account', 'client_ip', 'helo', 'tls_version', 'cipher', 'mechanism']],
  ['legacy&kind=all', 'refused_clients', ['client_ip', 'kind']],
  ['legacy', 'burn_down', ['week', 'domain']],
  ['unusual', 'unusual_activity', ['date', 'account', 'rule']],
  ['coverage', 'coverage', ['date', 'source']],
];

/** The switches of each scenario of the dataset `cutover`. */
const SCENARIOS = [
  ['min_tlsv1_0', 'min=TLSv1.0&nocleartext=0'],
  ['min_tlsv1_1', 'min=TLSv1.1&nocleartext=0'],
  ['min_tlsv1_2', 'min=TLSv1.2&nocleartext=0'],
  ['min_tlsv1_3', 'min=TLSv1.3&nocleartext=0'],
  ['no_3des', 'min=any&nocleartext=0&no3des=1'],
  ['no_cleartext', 'min=any&nocleartext=1'],
  ['no_basic', 'min=any&nocleartext=0&nobasic=1'],
  ['min_tlsv1_2_no_cleartext', 'min=TLSv1.2&nocleartext=1'],
];

/** What the demo's accounts do that is unusual. */
const RULES = ['volume', 'recipients', 'client_networks', 'auth_failures', 'new_network', 'new_account', 'new_mechanism', 'tls_downgrade', 'many_networks', 'failures_then_success', 'many_senders', 'odd_hours', 'dormant_wakes'];

export async function againstDatasets(checks, browser, published) {
  const read = (name) => parse(readFileSync(join(published, `${name}.csv`), 'utf8'));
  const [summary] = read('summary');
  const report = await browser.open(join(published, 'report.html'));

  await checks.check('the header has the figures of summary', async () => {
    same(await report.count('#widget'), summary.accounts, 'accounts');
    for (const name of ['messages', 'recipients', 'domains']) same(await report.count(`[data-kpi=${name}] .figure`), summary[name], name);
    const change = (await report.text('.widget .change')).replaceAll('−', '-');
    require(summary.change_accounts === 0 || number(change.split('(')[0]) === summary.change_accounts, `the change is ${change}`);
  });

  await checks.check('the overview has the TLS versions of summary', async () => {
    for (const version of VERSIONS) {
      const suffix = version.toLowerCase().replace('.', '_');
      const cells = await report.page.locator(`[data-version="${version}"] td`).allInnerTexts();
      same([number(cells[0]), number(cells[1])], [summary[`messages_${suffix}`], summary[`percent_${suffix}`]], version);
    }
  });

  await checks.check('the pivot of sending volume has the figures of sending_volume', async () => {
    await report.go('#view=volume');
    await comparePivot(report, read('sending_volume'), (row) => row.domain, 'messages');
    await report.go('#view=volume&measure=recipients');
    await comparePivot(report, read('sending_volume'), (row) => row.domain, 'recipients');
  });

  await checks.check('so it has for each single domain', async () => {
    for (const domain of new Set(read('sending_volume').map((row) => row.domain))) {
      await report.go(`#view=volume&show=${domain}`);
      await comparePivot(report, read('sending_volume').filter((row) => row.domain === domain), (row) => row.domain, 'messages');
    }
  });

  await checks.check('the pivot of TLS usage has the figures of tls_usage', async () => {
    await report.go('#view=tls');
    await comparePivot(report, read('tls_usage'), (row) => label(row.tls_version), 'messages');
    await report.go('#view=tls&shape=whole');
    const figures = await report.figures();
    const whole = Object.fromEntries(figures.slice(1).map(([name, total]) => [name, number(total)]));
    for (const version of VERSIONS) {
      const messages = read('tls_usage').filter((row) => row.tls_version === version).reduce((sum, row) => sum + row.messages, 0);
      same(whole[label(version)] ?? 0, messages, version);
    }
  });

  for (const [view, dataset, key] of EXPORTS) {
    await checks.check(`the export of ${dataset} has the dataset's rows`, async () => {
      await report.go(`#view=${view}`);
      const { name, text } = await report.exported(`[data-table^=${dataset}]`);
      require(name.startsWith(dataset) && name.endsWith('.csv'), `the file is called ${name}`);
      const exported = parse(text);
      const rows = read(dataset);
      same(exported.length, rows.length, 'rows');
      require(rows.length > 0, 'the demo has none');
      const nameOf = (row) => key.map((column) => row[column]).join(' ');
      const byKey = new Map(exported.map((row) => [nameOf(row), row]));
      same(byKey.size, rows.length, 'keys');
      for (const row of rows) {
        const own = byKey.get(nameOf(row));
        for (const [column, value] of Object.entries(row)) {
          if (['window_start', 'window_end', 'as_of'].includes(column)) continue;
          require(own && column in own, `${nameOf(row)} has no ${column}`);
          same(own[column], value, `${nameOf(row)}, ${column}`);
        }
      }
    });
  }

  for (const [scenario, query] of SCENARIOS) {
    await checks.check(`the cutover has the figures of ${scenario}`, async () => {
      const days = read('cutover').filter((row) => row.scenario === scenario);
      const accounts = read('cutover_details').filter((row) => row.scenario === scenario);
      require(days.length === 30, `${days.length} days`);
      await report.go(`#view=cutover&${query}`);
      const figures = (await report.figures()).slice(1).map((cells) => cells.slice(1, 4).map(number));
      same(figures, days.map((row) => [row.failing_messages, row.undetermined_messages, row.passing_messages - row.undetermined_messages]), 'messages that fail, may fail and pass, per day');
      for (const status of ['breaks', 'mixed', 'undetermined']) {
        same(await report.count(`.outcome .${status} .figure`), accounts.filter((row) => row.status === status && row.account !== null).length, status);
      }
      const exported = parse((await report.exported()).text).filter((row) => row.status !== 'safe');
      same(exported.length, accounts.length, 'accounts');
      const byName = new Map(exported.map((row) => [row.account, row]));
      for (const row of accounts) {
        const own = byName.get(row.account);
        for (const column of ['status', 'domain', 'failing', 'failing_percent', 'messages', 'reason', 'last_failing']) same(own[column], row[column], `${row.account}, ${column}`);
      }
    });
  }

  await checks.check('the burn-down has the weeks of burn_down', async () => {
    await report.go('#view=legacy');
    const weeks = groups(read('burn_down'), 'week');
    require(weeks.size >= 5, `${weeks.size} weeks`);
    const figures = (await report.figures()).slice(1).map((cells) => number(cells.at(-1)));
    same(figures, [...weeks.values()].map((rows) => rows.reduce((sum, row) => sum + row.legacy_accounts, 0)), 'legacy accounts');
  });

  await checks.check('the demo has something in every section', async () => {
    await report.go('#view=overview');
    same(await report.page.locator('nav a').allInnerTexts(), ['Overview', 'Sending volume', 'TLS usage', 'Legacy clients', 'Cutover', 'Unusual activity', 'Coverage'], 'sections');
    const findings = read('unusual_activity');
    require(findings.some((row) => row.account === 'tina@lab.example.org' && row.rule === 'volume' && row.severity === 'high'), 'the stolen account is not found');
    const rules = new Set(findings.map((row) => row.rule));
    for (const rule of RULES) require(rules.has(rule), `nothing of the rule ${rule}`);
    const refused = read('refused_clients').filter((row) => row.kind === 'tls_failed');
    for (const account of ['copier@school.example.org', 'kiosk@school.example.org']) require(refused.some((row) => row.last_account === account), `${account} is not among the refused`);
    for (const name of ['new_accounts', 'cured_accounts', 'relapsed_accounts']) require(read('burn_down').some((row) => row[name] > 0), `no ${name}`);
    require(read('coverage').some((row) => row.warnings !== null), 'no warning');
  });

  await checks.check('a Spanish reader of the demo finds no English', async () => {
    const spanish = await browser.open(join(published, 'report.html'), '', { locale: 'es-ES' });
    for (const view of ['overview', 'unusual&size=250', 'coverage&size=250']) {
      await spanish.go(`#view=${view}`);
      same([...new Set(await spanish.page.locator('main [lang=en]').allInnerTexts())], [], view);
    }
    await spanish.close();
  });
  await report.close();
}

/** Every cell of the figures below the chart against the dataset's sum. */
async function comparePivot(report, rows, series, measure) {
  const [head, ...days] = await report.figures();
  const names = head.slice(1, -1);
  const expected = new Map();
  for (const row of rows) expected.set(series(row) ?? '', (expected.get(series(row) ?? '') ?? 0) + row[measure]);
  const total = days.reduce((sum, cells) => sum + number(cells.at(-1)), 0);
  same(total, [...expected.values()].reduce((sum, n) => sum + n, 0), 'all');
  for (const [name, sum] of expected) {
    const at = names.indexOf(name === '' ? 'domain not known' : name);
    if (at < 0 && names.some((other) => /^\d+ others?$/.test(other))) continue;
    same(days.reduce((all, cells) => all + number(cells[at + 1]), 0), sum, name);
  }
  const byDay = [...groups(rows, 'date')].sort().map(([, group]) => group.reduce((sum, row) => sum + row[measure], 0));
  same(days.map((cells) => number(cells.at(-1))).filter((n) => n > 0), byDay.filter((n) => n > 0), 'per day');
}
