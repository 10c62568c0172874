// RFC 4180 back into objects: numbers where a cell is one, `null` where it is empty.

export function parse(text) {
  const rows = [[]];
  let at = 0;
  while (at < text.length) {
    const row = rows.at(-1);
    if (text[at] === '"') {
      let cell = '';
      for (at++; at < text.length; at++) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      row.push(cell);
      at++;
    } else {
      const end = text.slice(at).search(/[,\r]/);
      const cell = text.slice(at, end < 0 ? undefined : at + end);
      row.push(cell === '' ? null : /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell);
      at = end < 0 ? text.length : at + end;
    }
    if (text.startsWith('\r\n', at)) {
      at += 2;
      if (at < text.length) rows.push([]);
    } else at++;
  }
  const [head, ...body] = rows;
  return body.map((row) => Object.fromEntries(head.map((name, place) => [name, row[place] ?? null])));
}
