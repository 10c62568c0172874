// The README's pictures, of the demo's page.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const PICTURES = [
  ['overview', '#view=overview', { width: 1280, height: 900 }],
  ['overview-dark', '#view=overview', { width: 1280, height: 900, colorScheme: 'dark' }],
  ['volume', '#view=volume', { width: 1280, height: 900 }],
  ['tls', '#view=tls', { width: 1280, height: 900 }],
  ['cutover', '#view=cutover', { width: 1280, height: 900 }],
  ['phone', '#view=overview', { width: 390, height: 844 }],
  ['phone-dark', '#view=overview', { width: 390, height: 844, colorScheme: 'dark' }],
];

export async function screenshots(checks, browser, published, folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, fragment, options] of PICTURES) {
    await checks.check(`picture: ${name}`, async () => {
      const report = await browser.open(join(published, 'report.html'), fragment, options);
      await report.page.waitForSelector('.canvas svg');
      await report.page.screenshot({ path: join(folder, `${name}.png`) });
      await report.close();
    });
  }
}
