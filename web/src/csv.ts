// CSV as the datasets' own files have it: RFC 4180, and no cell that a spreadsheet would run as a formula, also where it
// splits lines at commas and semicolons.

/** A text that begins with = + - @ tab or CR gets a quote in front. */
function guarded(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return text === '' || /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of cells; text is guarded, numbers are not text, and what is not known is empty. */
export function csv(head: string[], rows: Iterable<(string | number | null)[]>): string {
  const lines = [head.join(',')];
  for (const row of rows) {
    lines.push(
      row
        .map((cell) => (cell === null ? '' : typeof cell === 'number' ? String(cell) : quoted(guarded(cell))))
        .join(','),
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
