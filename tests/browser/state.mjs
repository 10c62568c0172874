// What the reader has chosen stays chosen, whatever is chosen next, and says itself.

import { eventually, require, same } from './checks.mjs';

export async function state(checks, browser, fixtures) {
  /** On a page of its own. */
  const check = (name, fragment, test, options) => checks.check(name, async () => {
    const report = await browser.open(fixtures.month, fragment, options);
    await test(report, report.page);
    await report.close();
  });
  const linked = (report, part) => eventually(async () => require((await report.fragment()).includes(part), `${await report.fragment()} has no ${part}`));

  await check('another language keeps what was chosen', '#view=volume', async (report, page) => {
    await page.fill('#filter-account', 'printer');
    await linked(report, 'account=contains');
    await page.locator('.segments input[value=bytes]').check({ force: true });
    await page.locator('.controls select').selectOption('corp.example.com');
    await page.selectOption('#language', 'es');
    const fragment = decodeURIComponent(await report.fragment());
    for (const part of ['account=contains:printer', 'measure=bytes', 'show=corp.example.com', 'lang=es']) require(fragment.includes(part), `${fragment} has no ${part}`);
    same(await page.inputValue('#filter-account'), 'printer', 'the filter');
    same(await page.locator('.controls select').inputValue(), 'corp.example.com', 'shown');
  });

  await check('the sections are linked to with what is chosen', '#view=volume', async (report, page) => {
    await page.locator('.controls select').selectOption('corp.example.com');
    await page.locator('nav a').nth(2).click();
    await eventually(async () => same(await report.text('h2'), 'TLS usage', 'heading'));
    same(await page.locator('.controls select').inputValue(), 'corp.example.com', 'shown');
  });

  await check('other colours leave the page as it is', '#view=tls', async (report, page) => {
    await page.locator('.legend button').first().click();
    await page.selectOption('#theme', 'dark');
    same(await page.locator('.legend button').first().getAttribute('aria-pressed'), 'false', 'the series is hidden');
  });

  await check('a filter that is cleared at once stays cleared', '#view=volume&tls=is:TLSv1.2', async (report, page) => {
    await page.evaluate(() => {
      const input = document.querySelector('#filter-account');
      input.value = 'printer';
      input.dispatchEvent(new Event('input'));
      document.querySelector('#clear').click();
    });
    await page.waitForTimeout(300);
    same([await report.fragment(), await page.inputValue('#filter-account'), await page.locator('#filtered').count()], ['#view=volume', '', 0], 'filters');
  });

  await check('a search that is left at once is left', '#view=volume', async (report, page) => {
    await page.evaluate(() => {
      const input = document.querySelector('.search');
      input.value = 'fax';
      input.dispatchEvent(new Event('input'));
      document.querySelectorAll('nav a')[2].click();
    });
    await page.waitForTimeout(300);
    same([await report.fragment(), await report.text('h2')], ['#view=tls', 'TLS usage'], 'the other section');
  });

  await check('a day outside of the data becomes the first one', '#view=volume', async (report, page) => {
    const first = await page.getAttribute('#filter-from', 'min');
    await page.fill('#filter-from', '2020-01-01');
    await page.locator('#filter-to').focus();
    same(await page.inputValue('#filter-from'), first, 'from');
  });

  await check('half a page is a whole one, and a language that is none is the reader\'s', '#view=volume&page=2.5&lang=constructor', async (report) => {
    require((await report.text('.where')).startsWith('26–50 of'), await report.text('.where'));
  });

  await check('cells of another kind leave chart, row and focus alone', '#view=tls', async (report, page) => {
    await page.locator('.legend button').first().click();
    await page.locator('.expand').first().click();
    const percents = (await report.rows())[0];
    await page.locator('.table .segments input[value=messages]').focus();
    await page.keyboard.press('Space');
    const [messages] = await report.rows();
    require(percents.some((cell) => cell.includes('%')) && !messages.some((cell) => cell.includes('%')), `${percents} became ${messages}`);
    same(await page.locator('.legend button').first().getAttribute('aria-pressed'), 'false', 'the series is hidden');
    same(await page.locator('.detail').count(), 1, 'open rows');
    same(await page.evaluate(() => document.activeElement.value), 'messages', 'focus');
    require((await report.fragment()).includes('cells=messages'), 'the link');
    const other = await browser.open(fixtures.month, await report.fragment());
    same((await other.rows())[0], messages, 'the other reader sees');
    await other.close();
  });

  await check('what changes is said where it is heard', '#view=cutover', async (report, page) => {
    await page.evaluate(() => Object.assign(window, { region: document.querySelector('header .hidden[role=status]') }));
    const said = () => page.evaluate(() => (window.region.isConnected ? window.region.textContent : 'the region is gone'));
    await page.locator('.switch input').nth(2).click();
    same(await said(), await report.text('.would-fail'), 'a switch');
    await page.locator('.pager button').nth(1).click();
    same(await said(), await report.text('.where'), 'a page');
    await page.fill('.search', 'printer1');
    await eventually(async () => same([await said(), (await said()).startsWith('1–')], [await report.text('.where'), true], 'a search'));
    same(await page.locator('main [aria-live], main [role=status]').count(), 0, 'regions that are drawn anew');
  });
}
