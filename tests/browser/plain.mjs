// The page without scripts: the summary in plain tables.

import { join } from 'node:path';
import { require, same } from './checks.mjs';

export async function plain(checks, browser, published) {
  await checks.check('without scripts there is a summary that can be read', async () => {
    const report = await browser.open(join(published, 'report.html'), '', { javaScriptEnabled: false });
    const words = await report.text('.summary-page');
    for (const wanted of ['Accounts that sent', 'TLS versions', 'Sending volume', 'Legacy clients', 'Refused clients', 'Burn down', 'Unusual activity', 'Coverage']) require(words.includes(wanted), `no ${wanted}`);
    const tables = await report.page.locator('.summary-page table').count();
    require(tables >= 10, `${tables} tables`);
    same(await report.page.locator('.summary-page caption').count(), tables, 'captions');
    await report.close();
  });
}
