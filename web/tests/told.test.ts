// Every form of sentence and warning that the datasets have, which a test of theirs holds equal to what is written:
// whatever is said anew there has to be said anew in the languages here.

// @ts-ignore: the page's types do not know Node.
import assert from 'node:assert/strict';
// @ts-ignore: the page's types do not know Node.
import { test } from 'node:test';
import told from '../../tests/page/told.json';
import { Format } from '../src/format';
import { LANGUAGES } from '../src/texts';

/** English words, without names such as `rejected_lines` and `TLSv1.2`. */
const words = (text: string): string[] => text.match(/(?<![\w/.])[a-z]{2,}(?![\w/.])/g) ?? [];

/** Names of rules, values of settings, and words that are the same elsewhere. */
const ANYWHERE = ['volume', 'no', 'true'];

const texts = [...told.sentences, ...[...told.evidence, ...told.warnings].flatMap((text) => text.split('; '))];

for (const language of Object.keys(LANGUAGES).filter((tag) => tag !== 'en')) {
  test(`all that the datasets tell is told in ${language}`, () => {
    const format = new Format(language, []);
    for (const text of texts.filter((text) => words(text).length > 0)) {
      assert.ok(!format.isForeign(text), text);
      const left = words(format.own(text)).filter((word) => words(text).includes(word) && !ANYWHERE.includes(word));
      assert.deepEqual(left, [], `${text} → ${format.own(text)}`);
    }
  });
}
