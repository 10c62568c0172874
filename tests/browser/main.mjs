// tests/with-browser.sh: runs the demo with the binary given, then tries the page in Chromium.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { data, page } from '../../web/fixtures/generate.mjs';
import { Browser } from './browser.mjs';
import { Checks, same } from './checks.mjs';
import { choices } from './choices.mjs';
import { againstDatasets } from './datasets.mjs';
import { media } from './media.mjs';
import { plain } from './plain.mjs';
import { screenshots } from './screenshots.mjs';
import { shape } from './shape.mjs';
import { state } from './state.mjs';

const [binary, chromium, packages, ...flags] = process.argv.slice(2);
const project = join(dirname(fileURLToPath(import.meta.url)), '../..');
const checks = new Checks();
const folder = mkdtempSync(join(tmpdir(), 'mailtally-page-'));

const published = await checks.check('the demo runs', () => {
  for (const part of ['pipelines', 'sample_data']) cpSync(join(project, part), join(folder, part), { recursive: true });
  const out = join(folder, 'published');
  execFileSync(binary, ['run', 'pipelines/demo.toml', '--lake', join(folder, 'lake'), '--publish', out], { cwd: folder, stdio: 'pipe' });
  return out;
});
const template = readFileSync(join(project, 'web/dist/report.html'), 'utf8');
const fixtures = { folder, project };
for (const size of ['small', 'bare', 'month', 'large', 'huge']) {
  fixtures[size] = join(folder, `${size}.html`);
  writeFileSync(fixtures[size], page(data(size), template));
}

const browser = await Browser.start(chromium, packages);
if (published) {
  await againstDatasets(checks, browser, published);
  await plain(checks, browser, published);
}
await choices(checks, browser, fixtures.month);
await shape(checks, browser, fixtures, template);
await state(checks, browser, fixtures);
await media(checks, browser, fixtures);
await checks.check('no error in any console, nothing loaded, nothing refused', () => same([...new Set(browser.takeTroubles())], [], 'troubles'));
if (published && flags.includes('--screenshots')) await screenshots(checks, browser, published, join(project, 'docs/img'));
await browser.close();
rmSync(folder, { recursive: true, force: true });
process.exitCode = checks.finish();
