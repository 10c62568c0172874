// What the page is given: one JSON document, compressed with gzip, as base64 inside the page.
//
// Rust writes it (src/reports/page/payload.rs), the fixtures write it too (fixtures/generate.mjs). Tables are written by
// column, text as a dictionary with indices: small when compressed, and no object per row when read. A dataset
// that was not built is not there, and then its section is not there either. Columns have the names of the data contract.

/** In `activity` the domain of the rows of small accounts of many domains, where all would be too many rows. */
export const SMALLER_DOMAINS = '…';

/** What a column holds. `date` is in days since 1970, `time` in microseconds since then, both UTC. */
export type Kind = 'int' | 'float' | 'bool' | 'date' | 'time' | 'text';

export interface ColumnJson {
  name: string;
  kind: Kind;
  /** The dictionary of a text column. */
  words?: string[];
  /** Values, or for text the index of each row's word. `null` is what is not known. */
  values: (number | null)[];
}

export interface TableJson {
  /** Rows in the dataset. More than are in `columns` where the page has only the first ones. */
  total: number;
  columns: ColumnJson[];
}

export interface PageJson {
  contract: 1;
  title: string;
  /** Days since 1970, all included. */
  window: { start: number; end: number; previous_start: number; previous_end: number; as_of: number };
  /** How many accounts the rows of `activity` without an account name hold together, where it was cut. */
  lumped_accounts?: number;
  tables: Record<string, TableJson>;
}

export interface Column {
  name: string;
  kind: Kind;
  words: string[];
  /** Numbers, `NaN` where nothing is known; for text the word's index, -1 where nothing is known. */
  values: Float64Array | Int32Array;
}

/** A dataset by column. */
export class Table {
  readonly rows: number;
  private readonly byName = new Map<string, Column>();

  constructor(readonly name: string, readonly total: number, readonly columns: Column[]) {
    this.rows = columns[0]?.values.length ?? 0;
    for (const column of columns) this.byName.set(column.name, column);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  column(name: string): Column {
    const column = this.byName.get(name);
    if (!column) throw new Error(`dataset ${this.name} has no column ${name}`);
    return column;
  }

  /** A number, `NaN` where it is not known or there is no such column. */
  number(name: string, row: number): number {
    return this.byName.get(name)?.values[row] ?? NaN;
  }

  /** A text, `null` where it is not known or there is no such column. */
  text(name: string, row: number): string | null {
    const column = this.byName.get(name);
    const word = column?.values[row] ?? -1;
    return column && word >= 0 ? column.words[word] : null;
  }
}

export interface Page {
  title: string;
  window: PageJson['window'];
  lumpedAccounts: number;
  tables: Map<string, Table>;
}

function column(json: ColumnJson): Column {
  const { name, kind, words = [], values } = json;
  const nothing = kind === 'text' ? -1 : NaN;
  const read = kind === 'text' ? new Int32Array(values.length) : new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) read[row] = values[row] ?? nothing;
  return { name, kind, words, values: read };
}

export function page(json: PageJson): Page {
  if (json.contract !== 1) throw new Error(`the data is of contract ${json.contract}, this page reads contract 1`);
  const tables = Object.entries(json.tables);
  return {
    title: json.title,
    window: json.window,
    lumpedAccounts: json.lumped_accounts ?? 0,
    tables: new Map(tables.map(([name, table]) => [name, new Table(name, table.total, table.columns.map(column))])),
  };
}

/** The page's data out of base64 of gzip of JSON. */
export async function unpack(base64: string): Promise<Page> {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return page((await new Response(stream).json()) as PageJson);
}
