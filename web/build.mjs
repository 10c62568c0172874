// Builds dist/report.html, the page without its data: one script, one style, their hashes in the content
// security policy, and the licences of all libraries inside. The same sources and lock file give the same bytes.
//
//     npm ci && node build.mjs [OUT]

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, 'dist/report.html');

async function bundle(entry, options) {
  const result = await build({
    entryPoints: [join(here, entry)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    target: ['chrome123', 'firefox120', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
    ...options,
  });
  return { text: result.outputFiles[0].text.trim(), inputs: Object.keys(result.metafile?.inputs ?? {}) };
}

const script = await bundle('src/main.ts', { format: 'iife', metafile: true, define: { 'process.env.NODE_ENV': '"production"' } });
const style = await bundle('src/style.css', {});

// A script ends at the first `</script`, wherever it stands, and places to fill are comments.
for (const forbidden of ['</script', '<!--', '@import', '</style']) {
  if (script.text.includes(forbidden) || style.text.includes(forbidden)) throw new Error(`the bundle contains ${forbidden}`);
}

// Every package that went into the bundle comes with its licence and notice.
const packages = [...new Set(script.inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean))].sort();
const licences = packages.map((name) => {
  const folder = join(here, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = ['NOTICE', 'LICENSE', 'LICENSE.txt'].flatMap((file) => {
    try {
      return [readFileSync(join(folder, file), 'utf8').trim()];
    } catch {
      return [];
    }
  });
  if (texts.length === 0) throw new Error(`${name} has no licence text`);
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}`;
});

const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const text = licences.join('\n\n----------------------------------------\n\n');
const escaped = text.replaceAll('</', '<\\/').replaceAll('<!--', '<! --');
const values = {
  'script-hash': hash(script.text),
  'style-hash': hash(style.text),
  style: style.text,
  script: script.text,
  licences: escaped,
};
const page = readFileSync(join(here, 'src/page.html'), 'utf8').replace(/@([a-z-]+)@/g, (place, name) => values[name] ?? place);

mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, page);
console.log(`${out}: ${(page.length / 1024).toFixed(0)} KiB (script ${(script.text.length / 1024).toFixed(0)}, style ${(style.text.length / 1024).toFixed(0)})`);
