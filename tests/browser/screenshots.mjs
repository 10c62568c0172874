// The README's pictures, of the demo's page.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const PICTURES = [
  ['overview', '#view=overview', WIDE],
  ['overview-dark', '#view=overview', { ...WIDE, colorScheme: 'dark' }],
  ['volume', '#view=volume', WIDE],
  ['tls', '#view=tls', WIDE],
  ['legacy', '#view=legacy', { width: 1280, height: 1800 }],
  ['cutover', '#view=cutover', WIDE],
  ['unusual', '#view=unusual', { width: 1280, height: 1080 }],
  ['coverage', '#view=coverage', WIDE],
  ['phone', '#view=overview', PHONE],
  ['phone-dark', '#view=overview', { ...PHONE, colorScheme: 'dark' }],
];

export async function screenshots(checks, browser, published, folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, fragment, options] of PICTURES) {
    await checks.check(`picture: ${name}`, async () => {
      const report = await browser.open(join(published, 'report.html'), fragment, options);
      await report.page.waitForSelector('.canvas svg, .data, .grid');
      await report.page.waitForTimeout(200);
      await report.page.screenshot({ path: join(folder, `${name}.png`) });
      await report.close();
    });
  }
}
