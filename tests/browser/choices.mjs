// Filters, links, sorting, paging, search, row details, cutover, languages: on invented data that has every dataset, with
// what is expected computed here from the same rows.

import { data } from '../../web/fixtures/generate.mjs';
import { eventually, groups, require, same } from './checks.mjs';
import { parse } from './csv.mjs';

const json = data('month');

/** A table of the page's data as objects. */
function rowsOf(name) {
  const { columns } = json.tables[name];
  return columns[0].values.map((_, row) => Object.fromEntries(columns.map(({ name: column, words, values }) => [column, words ? (values[row] === null ? null : words[values[row]]) : values[row]])));
}

const activity = rowsOf('activity');
const sum = (rows) => rows.reduce((total, row) => total + row.messages, 0);
const accounts = (rows) => new Set(rows.map((row) => row.account).filter(Boolean)).size;
const english = (n) => n.toLocaleString('en-GB');
const iso = (days) => new Date(days * 86_400_000).toISOString().slice(0, 10);

export async function choices(checks, browser, file) {
  const report = await browser.open(file);
  await filters(checks, report);
  await tables(checks, report);
  await links(checks, browser, report, file);
  await cutover(checks, report);
  await findings(checks, report);
  await languages(checks, browser, file);
  await report.close();
}

async function filters(checks, report) {
  const expectFiltered = (rows) => eventually(async () => {
    same(await report.text('#filtered'), `Filtered: ${english(sum(rows))} of ${english(sum(activity))} messages, ${english(accounts(rows))} account${accounts(rows) === 1 ? '' : 's'}.`, 'status');
  });
  const cases = [
    ['account contains', 'account=contains:print', (row) => row.account?.includes('print')],
    ['account starts with', 'account=starts:fax', (row) => row.account?.startsWith('fax')],
    ['domain is', 'domain=is:corp.example.com', (row) => row.domain === 'corp.example.com'],
    ['domain contains', 'domain=contains:example.org', (row) => row.domain?.includes('example.org')],
    ['TLS version is', 'tls=is:TLSv1.0', (row) => row.tls_version === 'TLSv1.0'],
    ['TLS version starts with', 'tls=starts:TLSv1', (row) => row.tls_version.startsWith('TLSv1')],
    ['TLS version none', 'tls=is:none', (row) => row.tls_version === 'none'],
  ];
  for (const [name, query, test] of cases) {
    await checks.check(`filter: ${name}`, async () => {
      await report.go(`#view=volume&${query}`);
      await expectFiltered(activity.filter(test));
    });
  }
  await checks.check('filters are typed, all of them count, and the link has them', async () => {
    await report.go('#view=tls');
    const { page } = report;
    const { start, end } = json.window;
    await page.fill('#filter-from', iso(start + 7));
    await page.locator('#filter-from').dispatchEvent('change');
    await page.fill('#filter-to', iso(end - 4));
    await page.locator('#filter-to').dispatchEvent('change');
    await page.fill('#filter-account', 'A');
    await page.selectOption('#filter-domain-operator', 'starts');
    await page.fill('#filter-domain', 'corp');
    await page.selectOption('#filter-tls-operator', 'is');
    await page.fill('#filter-tls', 'TLSv1.2');
    await expectFiltered(activity.filter((row) => row.date >= start + 7 && row.date <= end - 4 && row.account?.includes('a') && row.domain?.startsWith('corp') && row.tls_version === 'TLSv1.2'));
    same(await page.evaluate(() => document.activeElement.id), 'filter-tls', 'focus');
    const fragment = decodeURIComponent(await report.fragment());
    for (const part of [`from=${iso(start + 7)}`, `to=${iso(end - 4)}`, 'account=contains:A', 'domain=starts:corp', 'tls=is:TLSv1.2']) require(fragment.includes(part), `${fragment} has no ${part}`);
    const figures = await report.figures();
    same(figures.length - 1, end - 4 - (start + 7) + 1, 'days of the chart');
  });
  await checks.check('days outside of the data are not asked for', async () => {
    const { page } = report;
    await report.go('#view=volume');
    same([await page.getAttribute('#filter-from', 'min'), await page.getAttribute('#filter-to', 'max')], [iso(json.window.start), iso(json.window.end)], 'bounds');
    await page.fill('#filter-to', iso(json.window.start + 3));
    await page.locator('#filter-to').dispatchEvent('change');
    await page.evaluate(() => Object.assign(document.querySelector('#filter-from'), { value: '2020-01-01' }));
    await page.locator('#filter-from').dispatchEvent('change');
    same((await report.figures()).length - 1, 4, 'days of the chart');
  });
  await checks.check('a link of another window shows the days that are in this one', async () => {
    const { start } = json.window;
    await report.go(`#view=volume&from=${iso(start - 4)}&to=${iso(start + 3)}`);
    const days = (await report.figures()).slice(1);
    same(days.length, 4, 'days of the chart');
    const shown = days.reduce((all, cells) => all + Number(cells.at(-1).replaceAll(',', '')), 0);
    same(shown, sum(activity.filter((row) => row.date <= start + 3)), 'messages');
    same(await report.page.inputValue('#filter-from'), iso(start), 'from');
  });
  await checks.check('clearing the filters shows everything again', async () => {
    await report.page.click('#clear');
    same(await report.page.locator('#filtered').count(), 0, 'status');
    same(await report.page.inputValue('#filter-domain'), '', 'domain');
  });
  await checks.check('a filter that nothing passes says so', async () => {
    await report.go('#view=tls&account=is:nobody');
    require((await report.text('.empty')).includes('Nothing matches'), 'no word');
  });
  await checks.check('a click on a bar narrows the report to its day', async () => {
    await report.go('#view=volume');
    const box = await report.page.locator('.canvas').first().boundingBox();
    await report.page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.8);
    await eventually(async () => require(/from=2026-03-\d\d&to=2026-03-\d\d/.test(await report.fragment()), `the link is ${await report.fragment()}`));
  });
  await checks.check('a legend button hides a series', async () => {
    await report.go('#view=tls');
    const button = report.page.locator('.legend button').first();
    await button.click();
    same(await button.getAttribute('aria-pressed'), 'false', 'pressed');
  });
}

async function tables(checks, report) {
  const perAccount = new Map();
  for (const row of activity) perAccount.set(row.account, (perAccount.get(row.account) ?? 0) + row.messages);
  const sorted = [...perAccount.values()].sort((a, b) => b - a);
  const messages = async () => (await report.rows()).map((cells) => Number(cells[3].replaceAll(',', '')));
  await checks.check('the table is sorted, turned and paged', async () => {
    await report.go('#view=volume');
    same(await messages(), sorted.slice(0, 25), 'the first page');
    await report.page.locator('.pager button').nth(1).click();
    same(await messages(), sorted.slice(25, 50), 'the second page');
    require((await report.fragment()).includes('page=2'), 'the link has no page');
    await report.page.locator('.data thead button', { hasText: 'Messages' }).click();
    same(await messages(), sorted.toReversed().slice(0, 25), 'from the smallest');
    await report.page.locator('.pager select').selectOption('100');
    same((await messages()).length, 100, 'rows');
  });
  await checks.check('sorting by name', async () => {
    await report.page.locator('.data thead button', { hasText: 'Account' }).click();
    const names = (await report.rows()).map((cells) => cells[1]);
    same(names, names.toSorted(new Intl.Collator('en', { numeric: true }).compare), 'names');
  });
  await checks.check('search finds and counts', async () => {
    await report.go('#view=volume&q=printer1');
    const found = [...perAccount.keys()].filter((account) => account?.includes('printer1')).length;
    require((await report.text('.where')).endsWith(`of ${english(found)}`), `${await report.text('.where')}, expected ${found}`);
    const rows = parse((await report.exported()).text);
    same(rows.length, found, 'exported rows');
  });
  await checks.check('a row opens, by button and by link', async () => {
    await report.page.locator('.expand').first().click();
    require((await report.text('.detail')).includes('Messages per day'), 'no detail');
    require((await report.fragment()).includes('row='), 'the link has no row');
    const fragment = await report.fragment();
    await report.go('#view=overview');
    await report.go(fragment);
    same(await report.page.locator('.detail').count(), 1, 'open rows');
    await report.page.locator('.expand[aria-expanded=true]').click();
    same(await report.page.locator('.detail').count(), 0, 'open rows');
  });
  await checks.check('formulas are disarmed in exports', async () => {
    const shown = { account: activity.find((row) => row.account?.startsWith('=')).account, client_name: rowsOf('legacy_clients').find((row) => row.client_name?.startsWith('@')).client_name };
    for (const [view, column] of [['volume', 'account'], ['legacy', 'client_name']]) {
      await report.go(`#view=${view}`);
      const { text } = await report.exported();
      require(!/(^|,)"?[=+@]/m.test(text), `a formula in ${view}`);
      require(parse(text).some((row) => row[column] === `'${shown[column]}`), `${view} has no '${shown[column]}`);
    }
  });
  for (const [view, dataset, key] of [['legacy', 'legacy_clients', 'account'], ['unusual', 'unusual_activity', 'account']]) {
    await checks.check(`${dataset} is exported with all its columns`, async () => {
      await report.go(`#view=${view}`);
      const rows = parse((await report.exported()).text);
      same(rows.length, rowsOf(dataset).length, 'rows');
      for (const { name } of json.tables[dataset].columns) require(name in rows[0], `no ${name}`);
      same(rows.map((row) => row[key]).toSorted(), rowsOf(dataset).map((row) => row[key]).toSorted(), key);
    });
  }
}

async function links(checks, browser, report, file) {
  await checks.check('a link shows what its sender saw', async () => {
    await report.go('#view=tls&shape=share&domain=is%3Acorp.example.com&show=corp.example.com&sort=account&size=50&q=fax&lang=es');
    const own = [await report.rows(), await report.text('h2'), await report.text('#filtered')];
    const other = await browser.open(file, await report.fragment());
    same([await other.rows(), await other.text('h2'), await other.text('#filtered')], own, 'the other reader sees');
    same(await other.page.inputValue('#filter-domain'), 'corp.example.com', 'the filter');
    await other.close();
  });
  await checks.check('back goes back', async () => {
    await report.go('#view=overview&lang=en');
    await report.page.locator('nav a', { hasText: 'Cutover' }).click();
    await eventually(async () => same(await report.text('h2'), 'Cutover', 'heading'));
    await report.page.goBack();
    await eventually(async () => require((await report.fragment()).includes('overview'), 'the link'));
    await eventually(async () => same(await report.page.locator('nav a[aria-current]').innerText(), 'Overview', 'navigation'));
  });
  await checks.check('a link that makes no sense shows the overview', async () => {
    const other = await browser.open(file, '#view=%3Cscript%3E&from=never&sort=nothing&page=999&%%%');
    same(await other.page.locator('nav a[aria-current]').innerText(), 'Overview', 'navigation');
    await other.close();
  });
  await checks.check('the overview leads to what it names', async () => {
    await report.go('#view=overview');
    await report.page.locator('.attention a', { hasText: 'high severity' }).click();
    await eventually(async () => require((await report.fragment()).includes('severity=high'), 'the link'));
    await eventually(async () => same((await report.rows()).length, rowsOf('unusual_activity').filter((row) => row.severity === 'high').length, 'rows'));
  });
}

async function cutover(checks, report) {
  const VERSIONS = ['none', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
  const expected = ({ min, no3des, cleartext, basic }) => {
    const perAccount = new Map();
    let failing = 0;
    let untold = 0;
    for (const row of activity) {
      const at = VERSIONS.indexOf(row.tls_version);
      const fails = (at > 0 && at < VERSIONS.indexOf(min)) || (no3des && row.triple_des === 1) || (cleartext && at === 0) || (basic && row.auth_family === 'basic');
      const unknown = (min && at < 0) || (no3des && row.triple_des === null) || (cleartext && row.tls_known_present === null) || (basic && row.auth_family === null);
      const own = perAccount.get(row.account) ?? { all: 0, failing: 0, unknown: 0 };
      own.all += row.messages;
      if (fails) own.failing += row.messages;
      else if (unknown) own.unknown += row.messages;
      if (fails) failing += row.messages;
      else if (unknown) untold += row.messages;
      perAccount.set(row.account, own);
    }
    perAccount.delete(null);
    const states = [...perAccount.values()];
    return { failing, untold, breaks: states.filter((own) => own.failing === own.all).length, mixed: states.filter((own) => own.failing > 0 && own.failing < own.all).length, undetermined: states.filter((own) => own.failing === 0 && own.unknown > 0).length };
  };
  const cases = [
    ['TLS 1.2 and no cleartext, to begin with', '', { min: 'TLSv1.2', cleartext: true }],
    ['no cleartext alone', '&min=any&nocleartext=1', { cleartext: true }],
    ['TLS 1.3', '&min=TLSv1.3&nocleartext=0', { min: 'TLSv1.3' }],
    ['no 3DES alone', '&min=any&nocleartext=0&no3des=1', { no3des: true }],
    ['no passwords', '&min=any&nocleartext=0&nobasic=1', { basic: true }],
    ['all of it', '&min=TLSv1.3&nocleartext=1&no3des=1&nobasic=1', { min: 'TLSv1.3', no3des: true, cleartext: true, basic: true }],
  ];
  for (const [name, query, switches] of cases) {
    await checks.check(`cutover: ${name}`, async () => {
      await report.go(`#view=cutover${query}`);
      const { failing, untold, breaks, mixed, undetermined } = expected(switches);
      same([await report.count('.outcome .breaks .figure'), await report.count('.outcome .mixed .figure'), await report.count('.outcome .undetermined .figure')], [breaks, mixed, undetermined], 'break, mixed, undetermined');
      const told = await report.text('.would-fail');
      require(told.startsWith(`${english(failing)} of `) && told.includes(`do not tell: ${english(untold)} (`), `${told}, expected ${failing} and ${untold}`);
    });
  }
  await checks.check('cutover: a switch works, keeps its focus, and is in the link', async () => {
    await report.go('#view=cutover');
    await report.page.locator('.switch input').nth(2).focus();
    await report.page.keyboard.press('Space');
    require((await report.fragment()).includes('nobasic=1'), 'the link');
    same(await report.page.evaluate(() => document.activeElement.dataset.focus), 'nobasic', 'focus');
    same(await report.count('.outcome .breaks .figure'), expected({ min: 'TLSv1.2', cleartext: true, basic: true }).breaks, 'break');
  });
}

async function findings(checks, report) {
  await checks.check('unusual activity is listed with its sentences, the severest first', async () => {
    await report.go('#view=unusual');
    const rows = await report.rows();
    const order = rows.map((cells) => ['high', 'notice', 'info'].indexOf(cells[1]));
    same(order, order.toSorted(), 'severities');
    const sentences = new Set(rows.map((cells) => cells[5]));
    for (const row of rowsOf('unusual_activity')) require(sentences.has(row.sentence), `no sentence ${row.sentence}`);
  });
  await checks.check('filters narrow the other datasets too', async () => {
    const [first] = rowsOf('legacy_clients');
    await report.go(`#view=legacy&account=is:${encodeURIComponent(first.account)}`);
    same((await report.rows('[data-table^=legacy_clients]')).map((cells) => cells[1]), [first.account], 'accounts');
    await report.go('#view=legacy&tls=is:none');
    require((await report.text('[data-table^=legacy_clients] .where')).endsWith(`of ${rowsOf('legacy_clients').filter((row) => row.tls_version === 'none').length}`), 'rows');
  });
  await checks.check('the burn-down has the figures of its weeks', async () => {
    await report.go('#view=legacy');
    const [head, ...figures] = await report.figures();
    same(head.slice(1), ['Legacy before', 'Relapsed', 'New', 'Cured', 'Legacy'], 'columns');
    const weeks = groups(rowsOf('burn_down'), 'week');
    const total = (rows, name) => rows.reduce((all, row) => all + (row[name] ?? 0), 0);
    const expected = [...weeks.values()].map((rows) => {
      const [legacy, relapsed, fresh, cured] = ['legacy_accounts', 'relapsed_accounts', 'new_accounts', 'cured_accounts'].map((name) => total(rows, name));
      return [legacy - relapsed - fresh, relapsed, fresh, cured, legacy];
    });
    same(figures.map((cells) => cells.slice(1).map(Number)), expected, 'weeks');
    await report.go('#view=legacy&domain=is:clinic.example.net');
    same((await report.figures()).slice(1).map((cells) => Number(cells[5])), rowsOf('burn_down').filter((row) => row.domain === 'clinic.example.net').map((row) => row.legacy_accounts), 'one domain');
  });
  await checks.check('refused clients begin with those whose handshake breaks', async () => {
    const refused = rowsOf('refused_clients');
    const shown = async () => (await report.rows('[data-table^=refused_clients]')).map((cells) => cells[1]);
    const addresses = (rows) => rows.toSorted((a, b) => b.attempts - a.attempts).map((row) => row.client_ip);
    await report.go('#view=legacy');
    same(await shown(), addresses(refused.filter((row) => row.kind === 'tls_failed')), 'TLS');
    await report.page.locator('.segments input[value=all]').check({ force: true });
    same(await shown(), addresses(refused), 'all');
    require((await report.fragment()).includes('kind=all'), 'the link');
    await report.go('#view=overview');
    const clients = new Set(refused.filter((row) => row.kind === 'tls_failed').map((row) => row.client_ip)).size;
    require((await report.text('.attention')).includes(`${clients} clients already fail in the TLS handshake`), await report.text('.attention'));
  });
  for (const [view, table, wanted] of [['legacy', 'legacy_clients', 'Cipher'], ['legacy', 'refused_clients', 'Last account'], ['unusual', 'unusual_activity', 'Baseline days'], ['coverage', 'coverage', 'First line'], ['cutover', 'cutover', 'Messages per day'], ['tls', 'tls_usage_details', 'Messages per day']]) {
    await checks.check(`a row of ${table} opens`, async () => {
      await report.go(`#view=${view}`);
      await report.page.locator(`[data-table^=${table}] .expand`).first().click();
      require((await report.text(`[data-table^=${table}] .detail`)).includes(wanted), `no ${wanted}`);
      same((await report.axe()), [], 'violations');
    });
  }
  await checks.check('coverage has its warnings once per source and cause', async () => {
    await report.go('#view=coverage');
    same(await report.page.locator('.warnings li').count(), 3, 'warnings');
    same(await report.page.locator('.grid .missing').count(), 1, 'missing days');
    require((await report.text('.warnings')).includes('29 days, at worst 49 of 900 messages'), await report.text('.warnings'));
  });
}

async function languages(checks, browser, file) {
  const pairs = [['en-GB', 'Overview', '485,220'], ['en-US', 'Overview', '485,220'], ['es-ES', 'Resumen', '485.220'], ['es-MX', 'Resumen', '485,220'], ['de-DE', 'Overview', '485,220']];
  const total = sum(activity);
  for (const [locale, overview] of pairs) {
    await checks.check(`a reader of ${locale} has texts, numbers and dates`, async () => {
      const report = await browser.open(file, '', { locale });
      same(await report.page.locator('nav a').first().innerText(), overview, 'navigation');
      const language = locale.startsWith('de') ? 'en' : locale;
      same(await report.text('[data-kpi=messages] .figure'), total.toLocaleString(language), 'messages');
      const day = new Intl.DateTimeFormat(language, { timeZone: 'UTC', year: 'numeric', month: 'short', day: 'numeric' }).format(json.window.end * 86_400_000);
      require((await report.text('#window')).includes(day), `${await report.text('#window')} has no ${day}`);
      await report.close();
    });
  }
  await checks.check('the language is chosen, and the link keeps it', async () => {
    const report = await browser.open(file, '#view=tls');
    await report.page.selectOption('#language', 'es');
    same(await report.text('h2'), 'Uso de TLS', 'heading');
    same(await report.page.getAttribute('html', 'lang'), 'es', 'lang');
    require((await report.fragment()).includes('lang=es'), 'the link');
    const words = await report.page.locator('main').innerText();
    require(!/\{\w+\}/.test(words), 'a place was not filled');
    await report.close();
  });
  await checks.check('what the data says in English is said in the reader\'s language', async () => {
    const report = await browser.open(file, '', { locale: 'es-ES' });
    for (const view of ['overview', 'unusual', 'coverage']) {
      await report.go(`#view=${view}`);
      if (view !== 'overview') await report.page.locator('.expand').first().click();
      same(await report.page.locator('main [lang=en]').allInnerTexts(), [], `English in ${view}`);
    }
    require((await report.text('.warnings')).includes('no tienen una versión de TLS conocida'), await report.text('.warnings'));
    await report.go('#view=unusual&q=mediana');
    require((await report.rows()).length > 0, 'the search does not find what is shown');
    require((await report.exported()).text.includes('the median of 21 active days'), 'the export has not the dataset\'s own words');
    await report.close();
  });
}
