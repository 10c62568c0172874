// Words that come with the data: warnings about the logs and sentences about what is unusual. They are English; a
// language may list what they become. What it does not list stays English, and is marked as such.

/**
 * The English text and the language's own, with the same places: `['{n} messages', '{n} mensajes']`. `{n}` and `{days}`
 * are numbers, so that in `a day with {what} {days} days before` it is clear where one ends.
 */
export type Phrase = readonly [english: string, own: string];

const NUMBERS = ['n', 'days'];

interface Pattern {
  pattern: RegExp;
  names: string[];
  own: string;
}

export class Phrases {
  private readonly patterns: Pattern[];

  /** `number` writes a number as the reader does. */
  constructor(phrases: readonly Phrase[], private readonly number: (text: string) => string) {
    this.patterns = phrases.map(([english, own]) => ({
      pattern: new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => (NUMBERS.includes(name) ? '(\\d+(?:\\.\\d+)?)' : '(.+?)'))}$`),
      names: Array.from(english.matchAll(/\{(\w+)\}/g), ([, name]) => name),
      own,
    }));
  }

  /** The text in the reader's language; `null` where it has none for it. What stands in a place may be a phrase too. */
  say(text: string): string | null {
    for (const { pattern, names, own } of this.patterns) {
      const found = pattern.exec(text);
      if (!found) continue;
      const value = (name: string) => this.part(found[names.indexOf(name) + 1]);
      return own.replace(/\{(\w+)\}/g, (_, name: string) => value(name));
    }
    return null;
  }

  private part(text: string): string {
    return this.say(text) ?? (/^\d+(\.\d+)?$/.test(text) ? this.number(text) : text);
  }
}
