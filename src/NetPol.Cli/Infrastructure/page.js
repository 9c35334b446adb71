// The common part of the pages: elements, a grid of cells with arrow-key navigation, the tip beside the current cell, and switches.
// A page adds `render`, which draws the page, and `describe`, which returns the elements of a cell's tip.
const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// The squares by row and column; each has `at`: its row and column, and the units that it is from and to.
let cells = [];

// Units have a title, a label, which is how the title ends, and the number of a group; groups stand apart. `draw` fills a square.
const drawGrid = (title, rows, columns, nothing, draw) => {
  hide();
  const table = el('table', { role: 'grid', 'aria-label': title });
  const isApart = (units, place) => place > 0 && units[place - 1].group !== units[place].group;
  const name = unit => unit.label === unit.title ? [unit.title] : [el('i', {}, unit.title.slice(0, -unit.label.length)), unit.label];
  const names = el('tr', {}, el('th', { class: 'corner' }, 'from ↓   to →'));
  columns.forEach((unit, c) => {
    if (isApart(columns, c)) names.append(el('th', { class: 'gap', 'aria-hidden': 'true' }));
    unit.head = el('th', { scope: 'col', title: unit.title }, el('span', {}, ...name(unit)));
    names.append(unit.head);
  });
  const body = el('tbody');
  cells = rows.map((from, r) => {
    if (isApart(rows, r)) body.append(el('tr', { class: 'gap', 'aria-hidden': 'true' }, el('td')));
    from.side = el('th', { scope: 'row', title: from.title }, ...name(from));
    const row = el('tr', {}, from.side);
    body.append(row);
    return columns.map((to, c) => {
      if (isApart(columns, c)) row.append(el('td', { class: 'gap', 'aria-hidden': 'true' }));
      const cell = el('td', { tabindex: r || c ? -1 : 0 });
      draw(cell, from, to);
      cell.at = { from, to, row: r, column: c };
      row.append(cell);
      return cell;
    });
  });
  table.append(el('thead', {}, names), body);
  $('grid').replaceChildren(rows.length ? table : el('p', { style: 'padding:1rem 1.5rem' }, nothing));
};

const show = cell => {
  hide();
  const tip = $('tip'), { from, to } = cell.at;
  tip.replaceChildren(...describe(cell.at));
  tip.hidden = false;
  const box = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
  // Beside the square, so that the names of its row and column stay in sight.
  const right = box.right + 14, fits = right + own.width < innerWidth - 8;
  tip.style.left = `${fits ? right : Math.max(8, box.left - own.width - 14)}px`;
  tip.style.top = `${Math.max(8, Math.min(box.top - 12, innerHeight - own.height - 8))}px`;
  cell.classList.add('hover');
  from.side.classList.add('on');
  to.head.classList.add('on');
  show.last = cell;
};
const hide = () => {
  $('tip').hidden = true;
  const cell = show.last;
  if (!cell) return;
  cell.classList.remove('hover');
  cell.at.from.side.classList.remove('on');
  cell.at.to.head.classList.remove('on');
  show.last = undefined;
};

const grid = $('grid');
const cellOf = event => { const td = event.target.closest('td'); return td?.at ? td : null; };
grid.addEventListener('pointerover', event => { const cell = cellOf(event); if (cell) show(cell); else hide(); });
grid.addEventListener('pointerleave', hide);
grid.addEventListener('focusin', event => { const cell = cellOf(event); if (cell) { show(cell); $('live').textContent = $('tip').innerText; } });
grid.addEventListener('focusout', hide);
grid.addEventListener('scroll', hide);
grid.addEventListener('keydown', event => {
  const cell = cellOf(event), step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === 'Escape') hide();
  if (!cell || !step) return;
  event.preventDefault();
  const next = cells[cell.at.row + step[0]]?.[cell.at.column + step[1]];
  if (!next) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

const choices = (box, name, items, current, choose) => items.forEach(([value, text]) => {
  const input = el('input', { type: 'radio', name, value });
  input.checked = value === current;
  input.addEventListener('change', () => { choose(value); render(); });
  box.append(el('label', {}, input, text));
});
