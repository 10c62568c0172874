// The details table: sorted, searched, paged, with a row's details below it, and saved as CSV.
//
// A table of HTML and not a grid library: at most a page of rows is in the document, so nothing has to be
// virtual; screen readers, keyboards and printers know a <table>; and rows are indices into typed columns, so that
// sorting 100,000 of them needs no object per row.

import type { Context } from './context';
import { csv, download } from './csv';
import { type Child, append, debounced, h } from './dom';

export interface TableColumn {
  /** The column's name in the dataset, and in the CSV. */
  name: string;
  heading?: string;
  /** Numbers are set to the right, and sorted from the largest first. */
  number?(row: number): number;
  text?(row: number): string | null;
  /** How the cell is shown, if not as its text. */
  show(row: number): Child;
  /** What the CSV has, if not the number or text. */
  plain?(row: number): string | number | null;
  /** `wide` may wrap, `name` heads its row, `spare` is left out on a phone. */
  kind?: 'wide' | 'name' | 'number' | 'short' | 'spare';
  /** Only in the CSV, always or for now. */
  hidden?: boolean | (() => boolean);
}

interface TableSpec {
  /** Prefix of its options in the link; empty for a view's main table. */
  id: string;
  caption: string;
  rows: number;
  columns: TableColumn[];
  /** `-messages` is from the largest first. */
  sort: string;
  /** What names a row in the link. */
  key(row: number): string;
  detail?(row: number): Child[];
  notes?: Child[];
  /** The file's name without its end. */
  file: string;
  /** They are given what shows the columns that are not hidden now. */
  controls?(show: () => void): Child[];
}

const SIZES = [25, 50, 100, 250];

export function dataTable(context: Context, spec: TableSpec): HTMLElement {
  return new DataTable(context, spec).element;
}

class DataTable {
  readonly element: HTMLElement;
  private readonly head = h('tr');
  private readonly body = h('tbody');
  private readonly footer = h('div', { class: 'pager' });
  private readonly heads = new Map<string, HTMLTableCellElement>();
  private shownColumns: TableColumn[] = [];
  private sort: string;
  private search: string;
  private page: number;
  private size: number;
  private open: string;
  private order: Uint32Array;
  private searchable: string[] | null = null;

  constructor(private readonly context: Context, private readonly spec: TableSpec) {
    const option = (name: string) => context.state.options[spec.id + name] ?? '';
    this.sort = option('sort') || spec.sort;
    if (!spec.columns.some((column) => column.name === this.sort.replace(/^-/, ''))) this.sort = spec.sort;
    this.search = option('q');
    this.size = SIZES.find((size) => size === Number(option('size'))) ?? SIZES[0];
    this.page = Math.max(1, Math.trunc(Number(option('page'))) || 1);
    this.open = option('row');
    this.order = this.sorted();
    this.element = this.frame();
    this.show();
  }

  /** Head and rows, of the columns that are not hidden now. */
  private show(): void {
    const { columns, detail } = this.spec;
    this.shownColumns = columns.filter(({ hidden }) => !(typeof hidden === 'function' ? hidden() : hidden));
    this.heads.clear();
    const toggle = detail && h('th', { class: 'toggle', scope: 'col' }, h('span', { class: 'hidden' }, this.context.format.t.showRow.replace('{row}', '')));
    this.head.replaceChildren();
    append(this.head, [toggle, ...this.shownColumns.map((column) => this.heading(column))]);
    this.draw();
  }

  private frame(): HTMLElement {
    const { spec } = this;
    const { t } = this.context.format;
    const search = h('input', { type: 'search', value: this.search, 'aria-label': `${t.search}: ${spec.caption}`, placeholder: t.search, class: 'search' });
    search.addEventListener('input', debounced(search, 120, () => this.find(search.value)));
    const table = h('table', { class: 'data' }, h('caption', { class: 'hidden' }, spec.caption), h('thead', {}, this.head), this.body);
    return h(
      'section',
      { class: 'table', 'data-table': spec.file },
      h(
        'div',
        { class: 'tools' },
        h('h3', {}, spec.caption),
        h('div', { class: 'tool-row' }, spec.controls?.(() => this.show()), search, h('button', { type: 'button', class: 'export', onclick: () => this.save() }, t.exportCsv)),
      ),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': spec.caption }, table),
      this.footer,
      spec.notes?.map((note) => note && h('p', { class: 'note' }, note)),
    );
  }

  private heading(column: TableColumn): HTMLElement {
    const { format } = this.context;
    const name = column.heading ?? format.heading(column.name);
    const button = h('button', { type: 'button', title: format.say(format.t.sortBy, { column: name }), onclick: () => this.sortBy(column) }, name);
    const cell = h('th', { scope: 'col', class: column.kind ?? '' }, button);
    this.heads.set(column.name, cell);
    return cell;
  }

  private sortBy(column: TableColumn): void {
    const descending = `-${column.name}`;
    const first = column.number ? descending : column.name;
    const second = column.number ? column.name : descending;
    this.sort = this.sort === first ? second : first;
    this.page = 1;
    this.order = this.sorted();
    this.draw();
    this.keep();
  }

  private find(text: string): void {
    this.search = text;
    this.page = 1;
    this.order = this.sorted();
    this.draw();
    this.keep();
    this.tell();
  }

  private keep(): void {
    const { spec } = this;
    this.context.keep({
      [`${spec.id}sort`]: this.sort === spec.sort ? '' : this.sort,
      [`${spec.id}q`]: this.search,
      [`${spec.id}page`]: this.page === 1 ? '' : String(this.page),
      [`${spec.id}size`]: this.size === SIZES[0] ? '' : String(this.size),
      [`${spec.id}row`]: this.open,
    });
  }

  /** The rows that are found, in order. What is not known comes last either way. */
  private sorted(): Uint32Array {
    const rows = this.found();
    const descending = this.sort.startsWith('-');
    const column = this.spec.columns.find(({ name }) => name === this.sort.replace(/^-/, ''))!;
    const sign = descending ? -1 : 1;
    if (column.number) {
      const values = Float64Array.from({ length: this.spec.rows }, (_, row) => column.number!(row));
      return rows.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
        return sign * (x - y) || a - b;
      });
    }
    // Each text is collated once, so that comparing rows compares numbers.
    const texts = Array.from({ length: this.spec.rows }, (_, row) => column.text?.(row) ?? null);
    const compare = this.context.format.compare();
    const ranks = new Map([...new Set(texts.filter((text): text is string => text !== null))].sort(compare).map((text, at) => [text, at]));
    const rank = Float64Array.from(texts, (text) => (text === null ? Infinity : sign * ranks.get(text)!));
    return rows.sort((a, b) => (rank[a] === rank[b] ? a - b : rank[a] - rank[b]));
  }

  private found(): Uint32Array {
    const all = Uint32Array.from({ length: this.spec.rows }, (_, row) => row);
    const wanted = this.search.trim().toLowerCase();
    if (!wanted) return all;
    const texts = this.spec.columns.filter((column) => column.text);
    this.searchable ??= Array.from(all, (row) => texts.map((column) => column.text!(row) ?? '').join('\n').toLowerCase());
    return all.filter((row) => this.searchable![row].includes(wanted));
  }

  private draw(): void {
    const { format } = this.context;
    const pages = Math.max(1, Math.ceil(this.order.length / this.size));
    this.page = Math.min(this.page, pages);
    const from = (this.page - 1) * this.size;
    const rows = Array.from(this.order.subarray(from, from + this.size));
    const width = this.shownColumns.length + (this.spec.detail ? 1 : 0);
    this.body.replaceChildren(...rows.flatMap((row) => this.row(row)));
    if (rows.length === 0) this.body.append(h('tr', {}, h('td', { colspan: width, class: 'quiet' }, format.t.noRows)));
    for (const [name, cell] of this.heads) {
      const sorted = name === this.sort ? 'ascending' : `-${name}` === this.sort ? 'descending' : null;
      if (sorted) cell.setAttribute('aria-sort', sorted);
      else cell.removeAttribute('aria-sort');
    }
    this.drawFooter(from, rows.length, pages);
  }

  private row(row: number): HTMLTableRowElement[] {
    const { spec } = this;
    const cells = this.shownColumns.map((column) => {
      const kind = column.kind ?? (column.number ? 'number' : '');
      return column.kind === 'name' ? h('th', { scope: 'row', class: 'name' }, column.show(row)) : h('td', { class: kind }, column.show(row));
    });
    if (!spec.detail) return [h('tr', {}, ...cells)];
    const key = spec.key(row);
    const isOpen = key === this.open;
    const name = this.context.format.say(this.context.format.t.showRow, { row: key });
    const toggle = h('button', { type: 'button', class: 'expand', 'aria-expanded': String(isOpen), 'aria-label': name });
    const line = h('tr', { class: isOpen ? 'open' : '' }, h('td', { class: 'toggle' }, toggle), ...cells);
    toggle.addEventListener('click', () => {
      this.open = isOpen ? '' : key;
      this.draw();
      this.keep();
      const again = [...this.body.querySelectorAll<HTMLButtonElement>('.expand')].find((button) => button.getAttribute('aria-label') === name);
      again?.focus();
    });
    if (!isOpen) return [line];
    return [line, h('tr', { class: 'detail' }, h('td', { colspan: cells.length + 1 }, h('div', { class: 'detail-box' }, ...spec.detail(row))))];
  }

  private drawFooter(from: number, shown: number, pages: number): void {
    const { format } = this.context;
    const { t } = format;
    const turn = (by: number) => () => {
      this.page += by;
      this.draw();
      this.keep();
      this.tell();
      // The button that was pressed has been drawn anew.
      const buttons = this.footer.querySelectorAll<HTMLButtonElement>('button');
      (buttons[by < 0 ? 0 : 1].disabled ? buttons[by < 0 ? 1 : 0] : buttons[by < 0 ? 0 : 1]).focus();
    };
    const size = h(
      'select',
      {
        'aria-label': t.rowsPerPage,
        onchange: (event: Event) => {
          this.size = Number((event.target as HTMLSelectElement).value);
          this.page = 1;
          this.draw();
          this.keep();
          this.tell();
        },
      },
      ...SIZES.map((n) => h('option', { value: n, selected: n === this.size }, n)),
    );
    const where = format.say(t.rowsOf, { from: format.count(shown ? from + 1 : 0), to: format.count(from + shown), n: format.count(this.order.length) });
    this.footer.replaceChildren(
      h('span', { class: 'where' }, where),
      h('button', { type: 'button', 'aria-label': t.previous, disabled: this.page <= 1, onclick: turn(-1) }, '‹'),
      h('button', { type: 'button', 'aria-label': t.next, disabled: this.page >= pages, onclick: turn(1) }, '›'),
      h('label', {}, `${t.rowsPerPage} `, size),
    );
  }

  /** Which rows are shown, to those who do not see it change. */
  private tell(): void {
    this.context.say(this.footer.querySelector('.where')!.textContent!);
  }

  /** All rows that are found, not the page alone, with the datasets' column names. */
  private save(): void {
    const { columns, file } = this.spec;
    const cell = (column: TableColumn, row: number): string | number | null => {
      if (column.plain) return column.plain(row);
      if (!column.number) return column.text?.(row) ?? null;
      const value = column.number(row);
      return Number.isNaN(value) ? null : value;
    };
    const { order } = this;
    const rows = (function* () {
      for (const row of order) yield columns.map((column) => cell(column, row));
    })();
    download(`${file}.csv`, csv(columns.map((column) => column.name), rows));
  }
}
