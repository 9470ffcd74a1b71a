/** How does the page look? Calm, dense, in light, in dark and on paper. */

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --raised: #ffffff; --ink: #1c1e22; --muted: #5a5f68; --line: #e3dfd6; --head: #f3f0e9;
  --good: #0b6355; --open: #9a4608; --bad: #a31528; --calm: #2b51a0; --soft: #ece8df; --none: #77736a;
  --fill-public: #5f86d6; --fill-authenticated: #8fbcae; --fill-restricted: #1d7d6c; --fill-inherited: #a9a4d6; --fill-refused: #b9b4a8; --fill-unguarded: #cf3a4b;
  --wheel-good: #1d7d6c; --wheel-open: #e29a5b; --wheel-none: #e3dfd6;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #131519; --raised: #191c21; --ink: #e8e6e1; --muted: #a2a7b0; --line: #2c3038; --head: #1e2127;
    --good: #63cdb7; --open: #f2a968; --bad: #ff8f94; --calm: #93b6ff; --soft: #262a31; --none: #8b9099;
    --fill-public: #6f97e8; --fill-authenticated: #3f7569; --fill-restricted: #55bfa9; --fill-inherited: #7d78b8; --fill-refused: #5b606a; --fill-unguarded: #ef6672;
    --wheel-good: #45a893; --wheel-open: #c97c3a; --wheel-none: #2c3038;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 3rem; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 2.5vw, 2.5rem) 3rem; max-width: 92rem;
  background: var(--paper); color: var(--ink);
  font: 0.875rem/1.45 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1 { font-size: 1.625rem; font-weight: 650; letter-spacing: -0.015em; margin: 0 0 0.125rem; }
h2 { font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.005em; margin: 2.5rem 0 0.75rem; }
p { margin: 0.25rem 0; }
ul { margin: 0; padding: 0; list-style: none; }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: 0.2em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--calm); outline-offset: 2px; border-radius: 3px; }
h2:focus { outline: none; }
bdi { overflow-wrap: break-word; }
bdi.mono { overflow-wrap: anywhere; }
.mono, .path, details, .method { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.9em; }
.muted, .small { color: var(--muted); }
.small { font-size: 0.8125rem; font-weight: 400; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--raised); padding: 0.5rem 0.75rem; z-index: 3; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.75rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 0.75rem; font-size: 0.8125rem; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); margin: 1.5rem 0 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); overflow: hidden; }
.figures li { box-shadow: -1px -1px 0 var(--line); }
.figures a { display: block; padding: 0.75rem 1rem 0.7rem; text-decoration: none; height: 100%; }
.figures a:hover span { text-decoration: underline; }
.figures a:focus-visible { outline-offset: -3px; }
.figures strong { display: block; font-size: 1.75rem; line-height: 1.15; font-weight: 600; letter-spacing: -0.02em; }
.figures span { color: var(--muted); font-size: 0.8125rem; }
.figures .open strong { color: var(--open); }
.figures .bad strong { color: var(--bad); }
.bar { display: block; width: 100%; height: 10px; border-radius: 5px; }
.legend { display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; margin-top: 0.5rem; font-size: 0.8125rem; }
.legend a { text-decoration: none; }
.legend a:hover { text-decoration: underline; }
.key { width: 0.625rem; height: 0.625rem; }
.fill-public { fill: var(--fill-public); } .fill-authenticated { fill: var(--fill-authenticated); } .fill-restricted { fill: var(--fill-restricted); }
.fill-inherited { fill: var(--fill-inherited); } .fill-refused { fill: var(--fill-refused); } .fill-unguarded { fill: var(--fill-unguarded); }

.coverage { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem 2.5rem; }
.coverage table { flex: 1 1 26rem; }
.wheel { flex: 0 0 auto; width: min(19rem, 100%); }
.sector-answered { fill: var(--wheel-good); } .sector-open { fill: var(--wheel-open); }
.sector-elsewhere { fill: none; stroke: var(--none); stroke-width: 1; stroke-dasharray: 3 3; }
.wheel text { fill: var(--ink); font-size: 13px; }
.wheel .wheel-number { font-size: 34px; font-weight: 600; letter-spacing: -0.02em; }
.wheel .wheel-words { font-size: 12px; fill: var(--muted); }
.wheel .label-open, .wheel .label-partly { fill: var(--open); font-weight: 650; }

table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
caption { text-align: left; color: var(--muted); font-size: 0.8125rem; padding: 0 0 0.375rem; }
.plain th, .plain td { padding: 0.3125rem 0.75rem 0.3125rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
.plain thead th, .matrix thead th { font-size: 0.75rem; color: var(--muted); font-weight: 600; white-space: nowrap; }
.plain tbody th { font-weight: 400; }
.plain tbody th a { text-decoration: none; }
.plain tbody th a:hover { text-decoration: underline; }
.number { text-align: right; }
th.number { text-align: right; }
.nothing { color: var(--none); }
.calm { color: var(--muted); }
.columns { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 1rem 2.5rem; margin-bottom: 1.25rem; }
@media (max-width: 60rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
time { white-space: nowrap; }
.bare li { margin-bottom: 0.125rem; }

.state { display: inline-flex; align-items: baseline; }
.state::before { content: ""; display: inline-block; flex: none; width: 0.5rem; height: 0.5rem; margin-right: 0.4rem; border: 1.5px solid currentColor; border-radius: 50%; }
.state-answered { color: var(--good); } .state-answered::before { background: currentColor; }
.state-partly { color: var(--open); } .state-partly::before { background: linear-gradient(90deg, currentColor 50%, transparent 50%); }
.state-open { color: var(--open); } .state-bad { color: var(--bad); } .state-bad::before { background: currentColor; border-radius: 1px; }
.state-elsewhere { color: var(--muted); } .state-elsewhere::before { border-style: dotted; }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: 0 0.35rem; font-size: 0.75rem; font-weight: 400; color: var(--muted); }
.tag-open { color: var(--open); border-color: currentColor; }

#filter { display: flex; flex-wrap: wrap; align-items: end; gap: 0.5rem 0.75rem; margin-bottom: 0.625rem; }
#filter[hidden] { display: none; }
label { display: flex; flex-direction: column; gap: 0.125rem; font-size: 0.75rem; color: var(--muted); }
.grow { flex: 1 1 14rem; max-width: 26rem; }
input, select, button { font: inherit; font-size: 0.875rem; color: var(--ink); background: var(--raised); border: 1px solid var(--none); border-radius: 5px; padding: 0.3125rem 0.5rem; min-height: 2.125rem; }
input::placeholder { color: var(--muted); opacity: 1; }
button { cursor: pointer; }
button:hover { background: var(--soft); }
output { align-self: center; margin-left: auto; color: var(--muted); font-size: 0.8125rem; }
.keys { display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; color: var(--muted); font-size: 0.8125rem; margin: 0 0 0.5rem; }

.matrix { table-layout: fixed; min-width: 68rem; background: var(--raised); border: 1px solid var(--line); border-collapse: separate; border-spacing: 0; border-radius: 8px; font-size: 0.8125rem; }
.matrix th, .matrix td { padding: 0.375rem 0.5rem 0; vertical-align: baseline; overflow-wrap: anywhere; }
.matrix tbody th { font-weight: 400; }
.matrix .more td { padding: 0 0.5rem 0.375rem; border-bottom: 1px solid var(--line); }
.matrix tbody:last-child .more td { border-bottom: 0; }
.matrix tbody:hover > tr > * { background: var(--head); }
.matrix thead th { position: sticky; top: 0; background: var(--head); z-index: 2; padding-bottom: 0.375rem; border-bottom: 1px solid var(--line); }
.matrix thead th:first-child { border-top-left-radius: 7px; } .matrix thead th:last-child { border-top-right-radius: 7px; }
.w-endpoint { width: 23%; } .w-who { width: 10.5%; } .w-needs { width: 12%; } .w-owner { width: 10%; } .w-limits { width: 9%; } .w-flow { width: 7%; } .w-returns { width: 11.5%; } .w-item { width: 1.7%; }
.matrix .item { text-align: center; padding-left: 0; padding-right: 0; }
abbr { text-decoration: none; }
.mark { font-size: 0.875rem; line-height: 1.3; }
.mark-answered { color: var(--good); } .mark-open { color: var(--open); font-weight: 700; } .mark-none { color: var(--none); }
.name { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.5rem; }
.path { font-size: 0.8125rem; font-weight: 550; }
.method { font-size: 0.6875rem; font-weight: 650; letter-spacing: 0.03em; min-width: 3.1rem; color: var(--muted); }
.method-get { color: var(--calm); } .method-post { color: var(--good); } .method-put, .method-patch { color: var(--open); } .method-delete { color: var(--bad); }
.access-public { color: var(--calm); font-weight: 600; } .access-unguarded { color: var(--bad); font-weight: 700; } .access-refused, .access-inherited { color: var(--muted); }
.loose { color: var(--open); }
details { font-size: 0.75rem; color: var(--muted); margin-left: 3.6rem; }
summary { cursor: pointer; width: fit-content; }
summary:hover { color: var(--ink); }
.lists { columns: 24rem; column-gap: 2rem; padding: 0.375rem 0 0.5rem; font-family: system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
.list { break-inside: avoid; padding-bottom: 0.5rem; }
.list p { font-weight: 650; margin: 0; }
.list ul { list-style: "– "; padding-left: 1em; }
.list-open { color: var(--open); }

.finding { border-left: 3px solid var(--open); padding: 0.125rem 0 0.125rem 0.875rem; margin-bottom: 0.875rem; max-width: 62rem; }
.finding-error { border-color: var(--bad); }
.fix { color: var(--muted); }
.gauge { width: 5rem; height: 0.5rem; margin-right: 0.375rem; } .gauge-all { fill: var(--soft); } .gauge-used { fill: var(--wheel-good); } .gauge-high { fill: var(--wheel-open); }
.minutes { width: 5.625rem; height: 1.25rem; margin: -0.25rem 0; vertical-align: -0.25rem; } .minute { fill: var(--none); } .minute-refused { fill: var(--fill-unguarded); }

@media (max-width: 60rem) { .sideways { overflow-x: auto; position: relative; } }
.on-paper { display: none; }
@media (max-width: 48rem) { .plain { min-width: 30rem; } .wide .plain { min-width: 46rem; } #coverage .plain { min-width: 24rem; } }
@media (max-width: 30rem) { .plain th, .plain td { padding-right: 0.375rem; font-size: 0.75rem; } }
@media (max-width: 74rem) { .wide { overflow-x: auto; position: relative; } .matrix thead th { position: static; } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
@media (forced-colors: active) { .sector-answered, .fill-restricted { fill: Highlight; } .sector-open { fill: GrayText; } }
@page { size: A4 landscape; margin: 11mm; }
@media print {
  :root { --paper: #ffffff; --raised: #ffffff; --head: #ffffff; }
  body { padding: 0; max-width: none; font-size: 8.5pt; }
  nav, #filter, .skip { display: none !important; }
  h2 { margin-top: 1.25rem; break-after: avoid; }
  a { text-decoration: none; }
  .wide, .sideways { overflow: visible; }
  .on-paper { display: block; font-size: 7.5pt; } .on-paper ul { list-style: "– "; padding-left: 1em; margin: 0; } .on-paper li { break-inside: avoid; }
  .matrix { min-width: 0; font-size: 7pt; border-radius: 0; }
  .matrix thead th { position: static; }
  .matrix th, .matrix td { padding: 1.5pt 3pt 0; }
  .matrix .more td { padding: 0 3pt 1.5pt; }
  details { font-size: 6.5pt; } details:not([open]) summary { list-style: none; }
  .path { font-size: 7.5pt; } .mark { font-size: 7.5pt; } .small { font-size: 7pt; }
  thead { display: table-header-group; }
  tr, .matrix tbody, .finding, .wheel, .figures { break-inside: avoid; }
  svg, .state::before { print-color-adjust: exact; }
}
`;

/** No line starts with a space: the document's own indentation is taken away, and this text is known by its digest. */
export const PAGE_STYLE = STYLE.trim().replace(/\n\s+/g, '\n');
