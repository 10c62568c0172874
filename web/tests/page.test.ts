// What can be tested without a browser: links, filters, CSV, formats, languages.

// @ts-ignore: the page's types do not know Node.
import assert from 'node:assert/strict';
// @ts-ignore: the page's types do not know Node.
import { test } from 'node:test';
import { page } from '../src/contract';
import type { Context } from '../src/context';
import { csv } from '../src/csv';
import { whatIf } from '../src/cutover';
import { visible } from '../src/dom';
import { Facts } from '../src/facts';
import { Format, fromIsoDay, isoDay, isoTime } from '../src/format';
import { narrowed } from '../src/narrow';
import { palette } from '../src/palette';
import { Phrases } from '../src/phrases';
import { format, initial, parse, passes, withoutPlaces } from '../src/state';
import { LANGUAGES, choose } from '../src/texts';

const LABELS = ['no TLS', 'SSLv3', 'TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3', 'unknown'];

/** Two days: alice moves from TLSv1.0 to TLSv1.3, bob has no TLS, somebody is not known. */
const facts = new Facts(
  page({
    contract: 1,
    title: 't',
    window: { start: 100, end: 101, previous_start: 98, previous_end: 99, as_of: 101 },
    tables: {
      activity: {
        total: 4,
        columns: [
          { name: 'date', kind: 'date', values: [100, 101, 101, 101] },
          { name: 'account', kind: 'text', words: ['alice@a.test', 'bob@b.test'], values: [0, 0, 1, null] },
          { name: 'domain', kind: 'text', words: ['a.test', 'b.test'], values: [0, 0, 1, null] },
          { name: 'tls_version', kind: 'text', words: ['TLSv1.0', 'TLSv1.3', 'none', 'unknown'], values: [0, 1, 2, 3] },
          { name: 'auth_family', kind: 'text', words: ['basic', 'oauth'], values: [0, 1, 0, null] },
          { name: 'triple_des', kind: 'bool', values: [1, 0, 0, null] },
          { name: 'tls_known_present', kind: 'bool', values: [1, 1, 0, null] },
          { name: 'messages', kind: 'int', values: [5, 3, 2, 1] },
          { name: 'recipients', kind: 'int', values: [5, 3, 2, 1] },
          { name: 'bytes', kind: 'int', values: [50, 30, null, 10] },
        ],
      },
    },
  }),
);
/** The days of the facts. */
const DAYS = { start: 100, end: 101 };
const MARCH = { start: fromIsoDay('2026-03-01'), end: fromIsoDay('2026-03-31') };
const all = facts.select(initial(), LABELS);

test('a state becomes a link and back', () => {
  const state = parse('#view=tls&from=2026-03-02&account=starts:a%3Ab&tls=is:TLSv1.2&show=&sort=-messages&lang=es', MARCH);
  assert.equal(state.from, fromIsoDay('2026-03-02'));
  assert.deepEqual(state.account, { operator: 'starts', text: 'a:b' });
  assert.equal(state.show, '');
  assert.deepEqual(parse(format(state), MARCH), state);
});

test('what a link does not say right is left out', () => {
  const state = parse('#from=yesterday&account=like:x', MARCH);
  assert.equal(state.from, undefined);
  assert.deepEqual(state.account, { operator: 'contains', text: 'like:x' });
});

test('a link shows the days of the window that it asks for', () => {
  const days = (fragment: string) => {
    const { from, to } = parse(fragment, MARCH);
    return [from, to].map((day) => day && isoDay(day));
  };
  assert.deepEqual(days('#from=2026-03-02&to=2026-03-05'), ['2026-03-02', '2026-03-05']);
  assert.deepEqual(days('#from=2026-02-25&to=2026-03-05'), [undefined, '2026-03-05']);
  assert.deepEqual(days('#from=2026-03-25&to=2026-04-05'), ['2026-03-25', undefined]);
  for (const elsewhere of ['#to=2026-02-28', '#from=2026-04-01', '#from=2026-04-01&to=2026-04-05', '#from=2026-03-01&to=2026-03-31']) {
    assert.deepEqual(days(elsewhere), [undefined, undefined], elsewhere);
  }
});

test('other rows begin at the first page of every table, with none open', () => {
  const options = { page: '2', row: 'a', rpage: '3', rrow: 'b', bpage: '4', rsort: '-kind', size: '50', kind: 'auth_failed' };
  assert.deepEqual(withoutPlaces(options), { rsort: '-kind', size: '50', kind: 'auth_failed' });
});

test('contains, is and starts with ignore case, and nothing is not something', () => {
  assert.ok(passes({ operator: 'contains', text: 'LIC' }, 'alice'));
  assert.ok(!passes({ operator: 'is', text: 'lic' }, 'alice'));
  assert.ok(passes({ operator: 'starts', text: 'al' }, 'Alice'));
  assert.ok(!passes({ operator: 'contains', text: 'a' }, null));
  assert.ok(passes({ operator: 'contains', text: '' }, null));
});

test('filters narrow rows, all of them together', () => {
  const messages = (fragment: string) => facts.sum(facts.select(parse(fragment, DAYS), LABELS));
  assert.equal(messages('#'), 11);
  assert.equal(messages('#account=alice'), 8);
  assert.equal(messages('#account=alice&tls=is:TLSv1.3'), 3);
  assert.equal(messages('#tls=no tls'), 2, 'a version is found by its label too');
  assert.equal(messages('#from=1970-04-12&domain=starts:a'), 3);
  assert.equal(facts.sum(facts.select(initial(), LABELS, '')), 1, 'domain not known');
});

test('accounts are summed over days and versions', () => {
  const [alice, bob, nobody] = facts.perAccount(all);
  assert.deepEqual([alice.messages, alice.activeDays, alice.bytes, alice.basic, alice.oauth], [8, 2, 80, 5, 3]);
  assert.deepEqual([...alice.versions], [0, 0, 5, 0, 0, 3, 0]);
  assert.deepEqual([bob.bytes, nobody.account], [0, -1]);
  assert.equal(facts.distinctAccounts(all), 2);
});

test('accounts fail, fail in part, or go on', () => {
  const result = whatIf(facts, all, { minTls: 4, no3des: false, noCleartext: true, noBasic: false });
  assert.deepEqual(result.counts, { breaks: 1, mixed: 1, undetermined: 0, safe: 0 }, 'nobody is no account');
  assert.equal(result.failing, 7);
  assert.deepEqual([...result.failingByDay], [5, 2]);
  assert.deepEqual(result.accounts.map((outcome) => outcome.status), ['breaks', 'mixed', 'undetermined']);
});

test('CSV is quoted, guarded, and empty where nothing is known', () => {
  assert.equal(csv(['a', 'b'], [['=1+1', -5], ['a,"b"', null], ['', 1]]), 'a,b\r\n\'=1+1,-5\r\n"a,""b""",\r\n"",1\r\n');
});

test('days and instants are written as the datasets write them', () => {
  assert.equal(isoDay(fromIsoDay('2026-03-01')), '2026-03-01');
  assert.equal(isoTime(1_772_323_200_000_000), '2026-03-01T00:00:00Z');
  assert.equal(isoTime(1_772_323_200_123_000), '2026-03-01T00:00:00.123Z');
  assert.equal(isoTime(1_772_323_200_123_456), '2026-03-01T00:00:00.123456Z');
});

test('numbers follow the reader', () => {
  const english = new Format(undefined, ['en-GB']);
  const german = new Format('en', ['de-DE']);
  assert.equal(english.count(5973), '5,973');
  assert.equal(english.percent(53.08), '53.08 %');
  assert.equal(english.bytes(1500), '1.5 kB');
  assert.equal(german.count(5973), '5,973', 'texts and numbers are of one language');
  assert.equal(new Format(undefined, ['es-ES']).percent(46.92), '46,92 %');
  assert.equal(english.many({ one: '{n} day', other: '{n} days' }, 1), '1 day');
});

test('the first language of the reader that is here', () => {
  assert.equal(choose('es', ['en']), 'es');
  assert.equal(choose(undefined, ['de', 'es-MX']), 'es');
  assert.equal(choose('xx', []), 'en');
  assert.equal(choose('constructor', ['en']), 'en', 'no name of every object');
});

/** Every text with its place in the file, and the places that it fills. */
function places(texts: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (key === 'phrases') continue;
    if (typeof value === 'string') found.set(path + key, [...new Set(value.match(/\{\w+\}/g) ?? [])].sort().join());
    else for (const [inner, fills] of places(value, `${path}${key}.`)) found.set(inner, fills);
  }
  return found;
}

test('every language fills the same places', () => {
  const english = places(LANGUAGES.en);
  for (const [tag, texts] of Object.entries(LANGUAGES)) {
    for (const [key, fills] of places(texts)) assert.equal(fills, english.get(key), `${tag}: ${key}`);
  }
});

test('a phrase says the same in the reader\'s language, whatever stands in its places', () => {
  const phrases = new Phrases([['{n} messages', '{n} mensajes'], ['{what} on {days} days (of {all}).', 'En {days} días de {all}: {what}.']], (text) => `<${text}>`);
  assert.equal(phrases.say('1843 messages on 2 days (of 28.5).'), 'En <2> días de <28.5>: <1843> mensajes.');
  assert.equal(phrases.say('192.0.2.0/24 on 2 days (of x).'), 'En <2> días de x: 192.0.2.0/24.');
  assert.equal(phrases.say('something else'), null);
});

test('phrases fill the places that they have', () => {
  const fills = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();
  for (const texts of Object.values(LANGUAGES)) {
    for (const [english, own] of texts.phrases) assert.equal(fills(own), fills(english), english);
  }
});

test('no two versions and no two domains of a chart have one pattern', () => {
  for (const paints of [palette.versions, palette.series]) assert.equal(new Set(paints.map((paint) => paint.pattern)).size, paints.length);
});

/** Relative luminance (WCAG 2.2) of `#rrggbb`. */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test('all that a chart draws stands out from its paper', () => {
  const { versions, series, rest, fail, pass, paper } = palette;
  for (const { color } of [...versions, ...series, rest, fail, pass]) {
    for (const scheme of ['light', 'dark'] as const) {
      const [darker, lighter] = [color[scheme], paper[scheme]].map(luminance).sort((a, b) => a - b);
      const ratio = (lighter + 0.05) / (darker + 0.05);
      assert.ok(ratio >= 3, `${color[scheme]} on ${paper[scheme]}: ${ratio.toFixed(2)}`);
    }
  }
});

test('controls and marks of direction are seen', () => {
  assert.equal(visible('a\u202eb\u0000c\u061cd\u2066e'), 'a\ufffdb\ufffdc\ufffdd\ufffde');
  assert.equal(visible('jürgen@münchen.example'), 'jürgen@münchen.example');
});

/** bob has no domain and has sent for two, on a day each; carol has sent nothing. */
test('an account without a domain is found by those that it counts for', () => {
  const text = (name: string, words: string[], values: number[]) => ({ name, kind: 'text' as const, words, values });
  const int = (name: string, values: number[]) => ({ name, kind: 'int' as const, values });
  const own = page({
    contract: 1,
    title: 't',
    window: { start: 100, end: 101, previous_start: 98, previous_end: 99, as_of: 101 },
    tables: {
      activity: {
        total: 2,
        columns: [
          { name: 'date', kind: 'date', values: [100, 101] },
          text('account', ['bob'], [0, 0]),
          text('domain', ['a.test', 'b.test'], [1, 0]),
          text('tls_version', ['TLSv1.0'], [0, 0]),
          text('auth_family', ['basic'], [0, 0]),
          { name: 'triple_des', kind: 'bool', values: [0, 0] },
          { name: 'tls_known_present', kind: 'bool', values: [1, 1] },
          ...['messages', 'recipients', 'bytes'].map((name) => int(name, [1, 1])),
        ],
      },
      legacy_clients: { total: 3, columns: [text('account', ['bob', 'carol', 'dave@b.test'], [0, 1, 2])] },
    },
  });
  const facts = new Facts(own);
  const rows = (fragment: string) => [...narrowed({ page: own, facts, state: parse(fragment, DAYS), format: new Format('en', []) } as unknown as Context, own.tables.get('legacy_clients')!)];
  assert.deepEqual(rows('#'), [0, 1, 2]);
  assert.deepEqual(rows('#domain=is:a.test'), [0]);
  assert.deepEqual(rows('#domain=is:b.test'), [0, 2]);
  assert.deepEqual(rows('#domain=is:c.test'), []);
  const [bob] = facts.perAccount(facts.select(initial(), LABELS));
  assert.equal(facts.domains[bob.domain], 'a.test', 'its name is the first one, as in the datasets');
  assert.equal(facts.firstDomain(-1, 1), 1);
});
