/** What does the page do? It filters, and keeps the filter in its address, so that a view can be sent to somebody. */

/** Runs in browsers. Shows and hides rows, writes one line of text; makes no markup, stores and sends nothing. */
const SCRIPT = `
'use strict';
(() => {
  const form = document.getElementById('filter');
  const count = document.getElementById('count');
  const title = document.getElementById('endpoints-title');
  const rows = [...document.querySelectorAll('#matrix tbody')].map((row) => ({
    row,
    text: row.textContent.toLowerCase().replace(/\\s+/g, ' '),
  }));
  const names = ['q', 'method', 'access', 'show'];
  const field = (name) => form.elements.namedItem(name);

  function shows({ row, text }, { q, method, access, show }) {
    const { dataset } = row;
    const open = dataset.open.split(' ').filter((item) => item !== '');
    return (
      q.toLowerCase().split(/\\s+/).every((word) => text.includes(word)) &&
      (method === '' || dataset.method === method) &&
      (access === '' || dataset.access === access) &&
      (show === '' ||
        (show === 'open' && open.length > 0) ||
        (show === 'deprecated' && dataset.deprecated === 'yes') ||
        open.includes(show))
    );
  }

  function apply() {
    const wanted = Object.fromEntries(names.map((name) => [name, field(name).value]));
    let shown = 0;
    for (const each of rows) {
      const isShown = shows(each, wanted);
      each.row.hidden = !isShown;
      if (isShown) shown += 1;
    }
    count.textContent = shown + ' of ' + rows.length;
  }

  function toAddress() {
    const wanted = new URLSearchParams();
    for (const name of names) if (field(name).value !== '') wanted.set(name, field(name).value);
    const text = wanted.toString();
    history.replaceState(null, '', text === '' ? '#endpoints' : '#' + text);
  }

  function isFilter(hash) {
    return names.some((name) => hash.startsWith('#' + name + '='));
  }

  function fromAddress() {
    if (!isFilter(location.hash)) return false;
    const wanted = new URLSearchParams(location.hash.slice(1));
    for (const name of names) {
      field(name).value = wanted.get(name) ?? '';
      if (field(name).selectedIndex === -1) field(name).value = '';
    }
    apply();
    return true;
  }

  function goToRows() {
    title.scrollIntoView();
    title.focus({ preventScroll: true });
  }

  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => { apply(); toAddress(); });
  form.addEventListener('reset', () => setTimeout(() => { apply(); toAddress(); }));
  addEventListener('hashchange', () => { if (fromAddress()) goToRows(); });
  addEventListener('beforeprint', () => { for (const each of document.querySelectorAll('details[open]')) each.open = false; });
  addEventListener('keydown', (event) => {
    const isTyping = event.target.closest !== undefined && event.target.closest('input, select, textarea') !== null;
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field('q').focus();
    }
    if (event.key === 'Escape' && event.target === field('q')) form.reset();
  });
  if (fromAddress()) goToRows();
})();
`;

/** As with the style: no line starts with a space. */
export const PAGE_SCRIPT = SCRIPT.trim().replace(/\n\s+/g, '\n');
