// On paper, and in colours that are not the page's own.

import { require, same } from './checks.mjs';

const VIEWS = ['overview', 'volume', 'tls', 'legacy', 'cutover', 'unusual', 'coverage'];

export async function media(checks, browser, fixtures) {
  await checks.check('it prints on white, without controls', async () => {
    const report = await browser.open(fixtures.month, '#view=tls', { colorScheme: 'dark' });
    await report.page.emulateMedia({ media: 'print', colorScheme: 'light' });
    same(await report.page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)', 'paper');
    same(await report.page.locator('nav').isVisible(), false, 'navigation');
    await report.page.setViewportSize({ width: 1000, height: 700 });
    await report.page.waitForTimeout(200);
    for (const view of VIEWS) {
      await report.go(`#view=${view}`);
      const width = await report.page.evaluate(() => document.documentElement.scrollWidth);
      require(width <= 1000, `${view}: ${width} px do not fit A4 in landscape`);
    }
    const pdf = await report.page.pdf({ format: 'A4', landscape: true });
    require(pdf.length > 10_000, `${pdf.length} bytes`);
    await report.close();
  });

  for (const [name, options] of [['the system', { colorScheme: 'dark' }], ['choice', {}]]) {
    await checks.check(`dark by ${name}, its charts are printed in the colours of paper, and are dark again`, async () => {
      const report = await browser.open(fixtures.month, '#view=tls', options);
      const { page } = report;
      await page.waitForSelector('.canvas svg');
      await page.evaluate(() => {
        window.fills = () => Array.from(document.querySelectorAll('.canvas svg [fill]'), (part) => part.getAttribute('fill'));
        addEventListener('beforeprint', () => Object.assign(window, { printed: window.fills() }));
      });
      const fills = () => page.evaluate(() => window.fills());
      const light = name === 'choice' ? await fills() : null;
      if (light) await page.selectOption('#theme', 'dark');
      const dark = await fills();
      await page.pdf({ format: 'A4', landscape: true });
      const printed = await page.evaluate(() => window.printed);
      require(dark.length > 20, `a chart of ${dark.length} fills`);
      same(printed?.length, dark.length, 'what is drawn');
      require(JSON.stringify(printed) !== JSON.stringify(dark), 'the colours are those of dark paper');
      if (light) same(printed, light, 'colours');
      same(await fills(), dark, 'after it');
      await report.close();
    });
  }

  await checks.check('unusual activity is printed with its days and rules', async () => {
    const report = await browser.open(fixtures.month, '#view=unusual', { width: 1000, height: 700 });
    await report.page.emulateMedia({ media: 'print' });
    const [cells] = await report.rows();
    const shown = await report.page.locator('.data tbody tr').first().locator('> *').evaluateAll((all) => all.map((cell) => cell.checkVisibility()));
    same(shown, [false, true, true, true, true, true], cells.join(' | '));
    require((await report.page.evaluate(() => document.documentElement.scrollWidth)) <= 1000, 'it does not fit the paper');
    await report.close();
  });

  await checks.check('in the system\'s own colours a switch has a state and one section is the current one', async () => {
    const report = await browser.open(fixtures.month, '#view=cutover', { forcedColors: 'active' });
    const looks = (selector, property) => report.page.locator(selector).evaluateAll((all, name) => all.map((element) => getComputedStyle(element)[name]), property);
    const pictures = await Promise.all([0, 1].map((at) => report.page.locator('.switch input').nth(at).screenshot()));
    require(!pictures[0].equals(pictures[1]), 'a switch that is on looks like one that is off');
    const borders = await looks('nav a', 'borderBottomColor');
    same(borders.filter((color) => color !== borders[0]).length, 1, `sections that look like the current one: ${borders}`);
    const choices = await looks('.segment-row span', 'backgroundColor');
    same(choices.filter((color) => color !== choices[0]).length, 1, `choices that look chosen: ${choices}`);
    await report.close();
  });
}
