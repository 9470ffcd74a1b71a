/** What does the page do? It filters the endpoints. Everything is there without it. */

/** Runs in browsers. Shows and hides rows, writes one line of text; makes no markup, stores and sends nothing. */
const SCRIPT = `
'use strict';
(() => {
  const form = document.getElementById('filter');
  const count = document.getElementById('count');
  const rows = [...document.querySelectorAll('#matrix tbody')].map((row) => ({
    row,
    text: row.textContent.toLowerCase().replace(/\\s+/g, ' '),
    has: row.dataset.has.split(' '),
  }));
  const field = (name) => form.elements.namedItem(name);

  function apply() {
    const words = field('q').value.toLowerCase().split(/\\s+/);
    const wanted = ['verdicts', 'groups'].map((name) => field(name).value).filter((value) => value !== '').join('@');
    let shown = 0;
    for (const { row, text, has } of rows) {
      row.hidden = !(words.every((word) => text.includes(word)) && (wanted === '' || has.includes(wanted)));
      if (!row.hidden) shown += 1;
    }
    count.textContent = shown + ' of ' + rows.length;
  }

  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', apply);
  form.addEventListener('reset', () => setTimeout(apply));
  addEventListener('keydown', (event) => {
    const isTyping = event.target.closest !== undefined && event.target.closest('input, select, textarea') !== null;
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field('q').focus();
    }
    if (event.key === 'Escape' && isTyping) form.reset();
  });
  apply();
})();
`;

/** As with the style: no line starts with a space. */
export const REPORT_SCRIPT = SCRIPT.trim().replace(/\n\s+/g, '\n');
