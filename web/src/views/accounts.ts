// What the tables of accounts have in common: the columns that name an account, and where else it stands.

import { textColumn } from '../columns';
import { type Context, accountName, domainName } from '../context';
import type { Child } from '../dom';
import { LUMPED } from '../facts';
import type { TableColumn } from '../table';
import { nameParts } from './parts';

/** The account and the domain of each row. Many small accounts together are of no domain. */
export function accountColumns(context: Context, rows: readonly { account: number; domain: number }[]): TableColumn[] {
  const { accounts, domains } = context.facts;
  const name = (row: number) => accounts[rows[row].account] ?? null;
  const domain = (row: number) => (rows[row].account === LUMPED ? null : (domains[rows[row].domain] ?? null));
  const shownDomain = (row: number) => (rows[row].account === LUMPED ? '–' : domainName(context, rows[row].domain));
  return [
    textColumn('account', name, { kind: 'name', show: (row) => nameParts(accountName(context, rows[row].account)) }),
    textColumn('domain', domain, { kind: 'spare', show: shownDomain }),
  ];
}

/** Where each account stands in a dataset; a row beyond its end, which holds nothing, where it does not. */
export function rowsByAccount(context: Context, dataset: string): (account: number) => number {
  const table = context.page.tables.get(dataset);
  if (!table) return () => 0;
  const { words, values } = table.column('account');
  const rowOfWord = new Map<string, number>();
  let nameless = table.rows;
  for (let row = table.rows - 1; row >= 0; row--) {
    if (values[row] >= 0) rowOfWord.set(words[values[row]], row);
    else nameless = row;
  }
  return (account) => {
    if (account === -1) return nameless;
    return account >= 0 ? (rowOfWord.get(context.facts.accounts[account]) ?? table.rows) : table.rows;
  };
}

/** How many accounts are counted together: said under a table of accounts. */
export function lumpedNote(context: Context, file: string): Child {
  const { page, format } = context;
  if (page.lumpedAccounts === 0) return null;
  return format.say(format.t.lumped, { n: format.count(page.lumpedAccounts), file: `${file}.csv` });
}
