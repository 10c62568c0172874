// Filters on datasets that are not made of `activity`: by the columns that they have.

import type { Table } from './contract';
import type { Context } from './context';
import { rowsWhere } from './columns';
import type { Child } from './dom';
import { type Field, passes } from './state';

const MICROS_PER_DAY = 86_400_000_000;

/** The domains that an account counts for. Of accounts without messages of their own the name says what is known: what is behind the last @. */
function domainsOf(context: Context, account: string | null): (string | null)[] {
  if (account === null) return [];
  return context.facts.domainsOf(account) ?? [account.includes('@') ? account.slice(account.lastIndexOf('@') + 1) : null];
}

/** Which of the filters a dataset has no column for. */
function notNarrowed(context: Context, table: Table): Field[] {
  const has: Record<Field, boolean> = {
    account: table.has('account') || table.has('last_account'),
    domain: table.has('domain') || table.has('account') || table.has('last_account'),
    tls: table.has('tls_version') || table.has('last_tls_version'),
  };
  return (['account', 'domain', 'tls'] as const).filter((field) => context.state[field].text !== '' && !has[field]);
}

/** What a dataset is not narrowed by: said under its table. */
export function skippedNote(context: Context, dataset: Table): Child {
  const { format } = context;
  const names = notNarrowed(context, dataset).map((field) => ({ account: format.t.account, domain: format.t.domain, tls: format.t.tlsVersion })[field]);
  return names.length ? format.say(format.t.notFiltered, { fields: names.join(', ') }) : null;
}

/** The rows that pass the filters for which there is a column. Spans of time pass if they touch the days. */
export function narrowed(context: Context, table: Table): Uint32Array {
  const { state, page, format } = context;
  const from = state.from ?? -Infinity;
  const to = state.to ?? page.window.end;
  const isFiltered = state.from !== undefined || state.to !== undefined;
  const without = notNarrowed(context, table);
  const narrows = (field: Field) => state[field].text !== '' && !without.includes(field);
  const [byAccount, byDomain, byVersion] = [narrows('account'), narrows('domain'), narrows('tls')];
  const day = (row: number): [number, number] => {
    if (table.has('date')) return [table.number('date', row), table.number('date', row)];
    if (table.has('week')) return [table.number('week', row), table.number('week', row) + 6];
    return [Math.floor(table.number('first_seen', row) / MICROS_PER_DAY), Math.floor(table.number('last_seen', row) / MICROS_PER_DAY)];
  };
  return rowsWhere(table, (row) => {
    if (isFiltered) {
      const [first, last] = day(row);
      if (last < from || first > to) return false;
    }
    const account = table.text('account', row) ?? table.text('last_account', row);
    const domains = () => (table.has('domain') ? [table.text('domain', row)] : domainsOf(context, account));
    const version = table.text('tls_version', row) ?? table.text('last_tls_version', row);
    return (
      (!byAccount || passes(state.account, account)) &&
      (!byDomain || passes(state.domain, ...domains())) &&
      (!byVersion || passes(state.tls, version, format.version(version)))
    );
  });
}
