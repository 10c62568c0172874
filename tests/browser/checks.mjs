// Checks that go on behind a failure, so that one run shows all.

export class Checks {
  passed = 0;
  failed = 0;

  async check(name, test) {
    try {
      const value = await test();
      this.passed++;
      console.log(`ok   ${name}`);
      return value;
    } catch (error) {
      this.failed++;
      console.log(`FAIL ${name}\n     ${String(error?.message ?? error).slice(0, 1200).replaceAll('\n', '\n     ')}`);
      return undefined;
    }
  }

  finish() {
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed === 0 ? 0 : 1;
  }
}

export function require(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export function same(found, expected, what) {
  const [a, b] = [found, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: found ${a?.slice(0, 500)}, expected ${b?.slice(0, 500)}`);
}

/** The rows of each value of a key, in the order in which they come. */
export function groups(rows, key) {
  const found = new Map();
  for (const row of rows) found.set(row[key], [...(found.get(row[key]) ?? []), row]);
  return found;
}

/** Tries again for ten seconds: a page that is asked much of at once answers a little later. */
export async function eventually(test) {
  for (const end = Date.now() + 10_000; ; await new Promise((done) => setTimeout(done, 50))) {
    try {
      return await test();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
