// The languages: one file and one line each.

import { en, type Plural, type Texts } from './en';
import { es } from './es';

export const LANGUAGES: Record<string, Texts> = { en, es };

/** The language asked for, or the first one of the reader's that is here, or English. */
export function choose(asked: string | undefined, readers: readonly string[]): string {
  const tags = [asked ?? '', ...readers].map((tag) => tag.toLowerCase().split('-')[0]);
  return tags.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? 'en';
}

/** A text with its places filled. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in values ? String(values[name]) : place));
}

/** The text for a number, by the language's own plural rules. */
export function plural(language: string, text: Plural, n: number): string {
  const rule = new Intl.PluralRules(language).select(n) as keyof Plural;
  return text[rule] ?? text.other;
}
