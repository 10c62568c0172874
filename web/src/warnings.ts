// What is wrong with the logs, once per source and cause, in the numbers of its worst day: as the program says it after
// a run (src/reports/digest.rs).

import type { Table } from './contract';

export interface Warning {
  source: string;
  text: string;
  days: number;
  /** Other days have other numbers. */
  varies: boolean;
}

export function warnings(table: Table, rows: Iterable<number>): Warning[] {
  const found = new Map<string, Warning>();
  for (const row of rows) {
    const source = table.text('source', row) ?? '';
    for (const text of table.text('warnings', row)?.split('; ') ?? []) {
      // A warning without its numbers is what it is about.
      const cause = `${source}\n${text.replace(/[0-9.]/g, '')}`;
      const known = found.get(cause);
      if (!known) found.set(cause, { source, text, days: 1, varies: false });
      else {
        known.days++;
        known.varies ||= text !== known.text;
        if (isWorse(text, known.text)) known.text = text;
      }
    }
  }
  return [...found.values()];
}

/** By the share of `1 of 20 messages`, and then by its number. */
function isWorse(text: string, other: string): boolean {
  return share(text) === share(other) ? number(text) > number(other) : share(text) > share(other);
}

function share(text: string): number {
  const [, part, all] = /^(\d+) of (\d+) /.exec(text) ?? [];
  return part ? Number(part) / Number(all) : 0;
}

const number = (text: string): number => Number(/\d+(\.\d+)?/.exec(text)?.[0] ?? 0);
