// The worst day of a warning, held against the examples that `src/reports/digest.rs` is held against too.

// @ts-ignore: the page's types do not know Node.
import assert from 'node:assert/strict';
// @ts-ignore: the page's types do not know Node.
import { test } from 'node:test';
import examples from '../../tests/page/warnings.json';
import { page } from '../src/contract';
import { warnings } from '../src/warnings';

test('a warning has the numbers of its worst day', () => {
  for (const { days, said } of examples) {
    const column = (name: string, at: number) => {
      const texts = days.map((day) => day[at]);
      const words = [...new Set(texts.filter((text) => text !== null))];
      return { name, kind: 'text' as const, words, values: texts.map((text) => (text === null ? null : words.indexOf(text))) };
    };
    const columns = [column('source', 0), column('warnings', 1)];
    const window = { start: 100, end: 103, previous_start: 96, previous_end: 99, as_of: 103 };
    const coverage = page({ contract: 1, title: 't', window, tables: { coverage: { total: days.length, columns } } }).tables.get('coverage')!;
    assert.deepEqual(warnings(coverage, days.keys()), said);
  }
});
