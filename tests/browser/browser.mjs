// Chromium without a network, and the page in it as a reader sees it.

import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** What went wrong in any page since the last look: console errors, exceptions, requests, refusals of the policy. */
export class Browser {
  troubles = [];

  static async start(executable, packages) {
    const load = createRequire(join(packages, 'node_modules/'));
    const { chromium } = load('playwright-core');
    const browser = new Browser();
    browser.axe = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
    browser.engine = await chromium.launch({ executablePath: executable, args: FLAGS });
    browser.downloads = mkdtempSync(join(tmpdir(), 'mailtally-browser-'));
    return browser;
  }

  async open(file, fragment = '', options = {}) {
    const { width = 1280, height = 900, ...more } = options;
    const context = await this.engine.newContext({ viewport: { width, height }, locale: 'en-GB', offline: true, acceptDownloads: true, reducedMotion: 'reduce', ...more });
    const page = await context.newPage();
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && this.troubles.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => this.troubles.push(`exception: ${error.message}`));
    page.on('request', (request) => !/^(file|blob|data):/.test(request.url()) && this.troubles.push(`request: ${request.url()}`));
    await page.goto(pathToFileURL(file).href + fragment);
    if (more.javaScriptEnabled !== false) await page.waitForSelector('html[data-ready]', { timeout: 30_000 });
    return new Report(this, page, context);
  }

  takeTroubles() {
    return this.troubles.splice(0);
  }

  async close() {
    await this.engine.close();
    rmSync(this.downloads, { recursive: true, force: true });
  }
}

export class Report {
  constructor(browser, page, context) {
    Object.assign(this, { browser, page, context });
  }

  close() {
    return this.context.close();
  }

  text(selector) {
    return this.page.locator(selector).first().innerText();
  }

  async count(selector) {
    return Number((await this.text(selector)).replace(/[^\d-]/g, ''));
  }

  /** Goes where a link leads, without loading the page again. */
  async go(fragment) {
    await this.page.evaluate((hash) => new Promise((done) => {
      if (location.hash === hash) done();
      addEventListener('hashchange', () => setTimeout(done), { once: true });
      location.hash = hash;
    }), fragment);
  }

  fragment() {
    return this.page.evaluate(() => location.hash);
  }

  /** The figures below the n-th chart: rows of texts, the head first. */
  async figures(n = 0) {
    const details = this.page.locator('.chart .as-table').nth(n);
    if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
    await details.locator('tbody tr').first().waitFor();
    return details.locator('tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  }

  /** The rows of a details table that are shown. */
  rows(table = '.table') {
    return this.page.locator(`${table} .data tbody tr:not(.detail)`).evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim())));
  }

  /** The file that a table's export saves. */
  async exported(table = '.table') {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.locator(`${table} .export`).first().click()]);
    const path = join(this.browser.downloads, download.suggestedFilename());
    await download.saveAs(path);
    return { name: download.suggestedFilename(), text: readFileSync(path, 'utf8') };
  }

  async axe() {
    await this.page.evaluate(this.browser.axe);
    const found = await this.page.evaluate(async () => {
      const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      if (result.passes.length < 10) return ['axe has looked at nothing'];
      return result.violations.map((violation) => `${violation.id}: ${violation.nodes.slice(0, 4).map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join(' | ')} (${violation.nodes.length})`);
    });
    return found;
  }
}
