// The cutover's rule, held against the examples that `src/reports/cutover` is held against too.

// @ts-ignore: the page's types do not know Node.
import assert from 'node:assert/strict';
// @ts-ignore: the page's types do not know Node.
import { test } from 'node:test';
import listed from '../../tests/page/cutover.json';
import { page } from '../src/contract';
import { REASONS, type Switches, whatIf } from '../src/cutover';
import { Facts, VERSIONS } from '../src/facts';
import { initial } from '../src/state';

interface Way {
  tls_version: string;
  auth_family: string | null;
  triple_des: boolean | null;
  tls_known_present: boolean | null;
}

const WAYS: Record<string, Way> = listed.ways;

/** One account, one message for each way. */
function facts(ways: Way[]): Facts {
  const words = (name: string, texts: (string | null)[]) => {
    const words = [...new Set(texts.filter((text): text is string => text !== null))];
    return { name, kind: 'text' as const, words, values: texts.map((text) => (text === null ? null : words.indexOf(text))) };
  };
  const flags = (name: string, flags: (boolean | null)[]) => ({ name, kind: 'bool' as const, values: flags.map((flag) => (flag === null ? null : Number(flag))) });
  const columns = [
    { name: 'date', kind: 'date' as const, values: ways.map(() => 100) },
    words('account', ways.map(() => 'alice@a.test')),
    words('domain', ways.map(() => 'a.test')),
    words('tls_version', ways.map((way) => way.tls_version)),
    words('auth_family', ways.map((way) => way.auth_family)),
    flags('triple_des', ways.map((way) => way.triple_des)),
    flags('tls_known_present', ways.map((way) => way.tls_known_present)),
    ...['messages', 'recipients', 'bytes'].map((name) => ({ name, kind: 'int' as const, values: ways.map(() => 1) })),
  ];
  const window = { start: 100, end: 100, previous_start: 99, previous_end: 99, as_of: 100 };
  return new Facts(page({ contract: 1, title: 't', window, tables: { activity: { total: ways.length, columns } } }));
}

test('the rule is that of the examples', () => {
  for (const { switches, ways, outcome, reason, undetermined } of listed.examples) {
    const asked: { min_tls?: string; no_3des?: boolean; no_cleartext?: boolean; no_basic?: boolean } = switches;
    const wanted: Switches = {
      minTls: Math.max(0, VERSIONS.findIndex((version) => version === asked.min_tls)),
      no3des: asked.no_3des ?? false,
      noCleartext: asked.no_cleartext ?? false,
      noBasic: asked.no_basic ?? false,
    };
    const rows = facts(ways.map((name) => WAYS[name]));
    const result = whatIf(rows, rows.select(initial(), []), wanted);
    const [found] = result.accounts;
    const reasons = REASONS.filter((_, bit) => (found.reasons & (1 << bit)) !== 0).join(' ');
    assert.deepEqual([found.status, reasons, result.undetermined], [outcome, reason, undetermined], JSON.stringify({ switches, ways }));
    // Every message is in one of the chart's three series.
    const passing = ways.length - result.failing - undetermined;
    assert.deepEqual([result.failingByDay[0], result.undeterminedByDay[0], result.passingByDay[0]], [result.failing, undetermined, passing]);
  }
});
