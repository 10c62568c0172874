// The demo's page against the datasets that the same run has published.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { require, same } from './checks.mjs';
import { parse } from './csv.mjs';

const VERSIONS = ['none', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'unknown'];
const LABELS = { none: 'no TLS' };
const label = (version) => LABELS[version] ?? version;
const number = (text) => Number(text.replace(/[^\d.-]/g, ''));

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

  for (const [view, dataset] of [['volume', 'sending_volume_details'], ['tls', 'tls_usage_details'], ['coverage', 'coverage']]) {
    await checks.check(`the export of ${dataset} has the dataset's rows`, async () => {
      await report.go(`#view=${view}`);
      const { name, text } = await report.exported();
      require(name.startsWith(dataset) && name.endsWith('.csv'), `the file is called ${name}`);
      const exported = parse(text);
      const rows = read(dataset);
      same(exported.length, rows.length, 'rows');
      const key = (row) => (dataset === 'coverage' ? `${row.date} ${row.source}` : String(row.account));
      const byKey = new Map(exported.map((row) => [key(row), row]));
      for (const row of rows) {
        const own = byKey.get(key(row));
        for (const [column, value] of Object.entries(row)) {
          if (['window_start', 'window_end', 'as_of'].includes(column)) continue;
          require(own && column in own, `${key(row)} has no ${column}`);
          same(own[column], value, `${key(row)}, ${column}`);
        }
      }
    });
  }
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
  const byDay = [...grouped(rows)].sort().map(([, group]) => group.reduce((sum, row) => sum + row[measure], 0));
  same(days.map((cells) => number(cells.at(-1))).filter((n) => n > 0), byDay.filter((n) => n > 0), 'per day');
}

function grouped(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.date, [...(groups.get(row.date) ?? []), row]);
  return groups.entries();
}
